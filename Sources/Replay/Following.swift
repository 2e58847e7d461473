internal import SessionLog

extension RecordingSource {
  /// Reads a recording to its end, and where it is still written on until it is closed: each line once, as it comes.
  ///
  /// Committed lines were verified; those that no commit covers yet are shown as they stand, and must come again
  /// unchanged. `caughtUp` is called whenever there is nothing more for now. An error of either ends the reading.
  package func follow(
    _ visit: (Span<UInt8>) throws -> Void, caughtUp: () throws -> Void
  ) throws {
    let reader = try reader()
    var kept = DecodedBatch(index: -1)
    while true {
      var failure: (any Error)?
      let growth = try reader.next(keeping: &kept) { _, _, line, _ in
        guard failure == nil else { return false }
        do { try visit(line) } catch { failure = error }
        return false
      }
      if let failure { throw failure }
      guard growth.isLast else { continue }
      try caughtUp()
      guard growth.mayGoOn, try reader.awaitMore() else { return }
    }
  }
}
