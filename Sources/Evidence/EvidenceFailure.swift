/// A piece of evidence that is not what it has to be.
package struct EvidenceFailure: Error, Sendable, Equatable, CustomStringConvertible {
  /// What was looked at, like "checkpoint size".
  package var what: String
  /// What stood there.
  ///
  /// Untrusted text, at most 120 characters; it needs an encoder before it is shown.
  package var found: String
  /// What should have stood there.
  package var wanted: String

  package init(_ what: String, found: String, wanted: String) {
    self.what = what
    // Input may be hostile and long; an error need not carry all of it.
    self.found = found.count > 120 ? String(found.prefix(119)) + "…" : found
    self.wanted = wanted
  }

  init(_ what: String, found: some Sequence<UInt8>, wanted: String) {
    let head = Array(found.prefix(480))
    self.init(what, found: String(decoding: head, as: UTF8.self), wanted: wanted)
  }

  package var description: String { "\(what): found \(found), wanted \(wanted)" }
}
