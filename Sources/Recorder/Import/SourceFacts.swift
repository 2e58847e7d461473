/// What a source says of itself, and what reading it showed.
package struct SourceFacts: Sendable, Equatable {
  /// The kind of session it was, where it says so itself.
  package var kind: String?
  package var columns: Int?
  package var rows: Int?
  package var terminalType: String?
  package var command: [String] = []
  package var title: String?
  /// Where it was recorded, as it says.
  package var host: String?
  /// Its own wall clock at its first moment, microseconds since 1970.
  package var at: Int64?
  package var exitCode: Int64?
  package var signal: Int64?
  /// Its own end, microseconds from its first moment; nil where it has none.
  package var end: UInt64?
  /// Events that were read; headers and gaps are none.
  package var events: UInt64 = 0
  package var outputBytes: UInt64 = 0
  /// Stretches of the source that could not be read.
  package var gaps: UInt64 = 0
  /// The source stops in the middle of something.
  package var isCut = false
  /// What a strict reader refuses, though nothing was lost: how often, and where first.
  package var oddities: [Oddity] = []

  package struct Oddity: Sendable, Equatable {
    package var reason: String
    package var count: UInt64
    package var place: String
  }

  package init() {}

  /// True if the source is not what its format demands.
  package var isSalvaged: Bool { gaps > 0 || isCut || !oddities.isEmpty }
}
