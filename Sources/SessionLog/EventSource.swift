/// Event lines that stand in no session file: what a parser makes of a recording in a foreign format.
///
/// Whoever reads formats hands one to whoever shows sessions; neither needs to know the other. Nothing it gives is
/// evidence: no commit covers it.
package protocol EventSource: AnyObject {
  /// What line 0 would say; the id in it is no session's.
  var start: SessionStart { get }
  /// Share of the source that was read, 0 to 1.
  var progress: Double { get }
  /// True once something in the source could not be read, and was passed over.
  var isSalvaged: Bool { get }
  /// Shows the next lines to `take`, in order, each without LF; false at the end.
  ///
  /// The first ones are lines 0 and 1, as in a session file.
  func next(_ take: (Span<UInt8>) -> Void) throws(SessionLogFailure) -> Bool
}

/// Opens a source from its beginning; as often as it is called.
package typealias EventSourceOpener = @Sendable () throws(SessionLogFailure) -> any EventSource
