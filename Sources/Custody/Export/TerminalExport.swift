package import SessionLog

/// Hands out a terminal session in a format of other programs, from verified bytes alone.
///
/// Only lines under a commit that recomputes are written; what follows damage, or the last commit, is not.
package enum TerminalExport {
  /// What was written.
  package struct Outcome: Sendable {
    /// All findings, the log's first; empty if the session and the log are whole.
    package var findings: [Finding]
    package var losses: ExportLosses
    /// Events that were read for it, lost ones included.
    package var events: UInt64
    /// Lines behind the last commit: not written.
    package var uncommitted: UInt64
    package var start: SessionStart?
    package var hasOutput: Bool
  }

  /// Walks the session and hands its bytes to `emit` as they are verified.
  ///
  /// - Throws: what the disk refuses, or `emit`'s own failure. Damage is in the outcome; all bytes before it are out.
  package static func run(
    _ id: SessionID, in store: Store, log: LogView, format: ExportFormat,
    emit: (ExportPart, [UInt8]) throws -> Void
  ) throws -> Outcome {
    switch format {
    case .cast:
      return try run(id, store, log, { CastEncoder($0, isRelative: true) }, emit)
    case .cast2:
      return try run(id, store, log, { CastEncoder($0, isRelative: false) }, emit)
    case .typescript: return try run(id, store, log, { TypescriptEncoder($0) }, emit)
    case .ttyrec: return try run(id, store, log, { TTYRecordEncoder($0) }, emit)
    }
  }

  private static func run<Encoder: TerminalEncoder>(
    _ id: SessionID, _ store: Store, _ log: LogView, _ make: (SessionStart) -> Encoder,
    _ emit: (ExportPart, [UInt8]) throws -> Void
  ) throws -> Outcome {
    var encoder: Encoder?
    var events = TerminalEvents()
    var outcome = Outcome(
      findings: [], losses: ExportLosses(), events: 0, uncommitted: 0, start: nil,
      hasOutput: false)
    var failure: (any Error)?
    func flush(_ encoder: inout Encoder) {
      guard failure == nil else { return }
      do {
        if !encoder.main.isEmpty { try emit(.main, encoder.main) }
        if !encoder.timing.isEmpty { try emit(.timing, encoder.timing) }
      } catch { failure = error }
      encoder.main.removeAll(keepingCapacity: true)
      encoder.timing.removeAll(keepingCapacity: true)
    }
    let verdict = try StoreVerifier.verify(id, in: store, log: log) {
      (batch, isCommitted) throws(SessionLogFailure) in
      guard isCommitted else {
        outcome.uncommitted &+= UInt64(batch.lineCount)
        return
      }
      guard failure == nil else { return }
      if encoder == nil {
        // Line 0 stands in the first batch, which is lines 0 and 1 alone.
        guard batch.lineCount > 0, !batch.isWithheld(0) else { return }
        let start: SessionStart
        do {
          start = try batch.withLine(0) { line throws(JSONFault) in try SessionStart(parsing: line)
          }
        } catch { return }
        outcome.start = start
        var made = make(start)
        made.begin()
        encoder = made
      }
      guard var encoding = encoder else { return }
      encoder = nil
      for index in 0..<batch.lineCount where !batch.isWithheld(index) {
        guard let (time, event) = batch.withLine(index, { line in events.next(line) }) else {
          continue
        }
        outcome.events &+= 1
        if case .output = event { outcome.hasOutput = true }
        encoding.add(event, at: time)
        if encoding.main.count > 1 << 20 { flush(&encoding) }
      }
      flush(&encoding)
      encoder = encoding
    }
    if var encoding = encoder {
      encoding.end()
      flush(&encoding)
      outcome.losses = encoding.losses
    }
    if let failure { throw failure }
    outcome.findings = log.findings + verdict.findings
    return outcome
  }
}
