/// What `doctor` found about one thing.
package struct Diagnosis: Sendable, Equatable {
  package enum State: String, Sendable {
    /// As it should be.
    case ok
    /// A fact to know; nothing has to be done.
    case fact
    /// Something is off, or will be; recording works.
    case warning
    /// Recording does not work, or not as promised.
    case broken
    /// The log contradicts what was signed here before.
    case diverged
  }

  /// A short name, stable for scripts.
  package var name: String
  package var state: State
  package var found: String
  /// What to do; nil where nothing has to be done.
  package var advice: String?

  package init(_ name: String, _ state: State, _ found: String, advice: String? = nil) {
    (self.name, self.state, self.found, self.advice) = (name, state, found, advice)
  }
}
