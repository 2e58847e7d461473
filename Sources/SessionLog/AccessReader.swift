internal import Platform

/// One reading as an audit session tells it.
package struct RecordedReading: Sendable {
  package var session: SessionID
  package var sequence: UInt64
  /// Microseconds since 1970.
  package var time: Int64
  /// `query`, `replay`, `export`, `report`, `verify`, `erase`.
  package var kind: String
  package var reading: Reading
  /// The user that the kernel named, where `serve` wrote it down for them.
  package var peer: Int64?
  /// A commit covers it.
  package var isCommitted: Bool

  /// Who read, by the best evidence there is: a peer's uid is the kernel's word, `who` the reader's program's.
  package var user: String { peer.map { String($0) } ?? reading.reader.uid }
}

/// Reads audit sessions from their verified bytes.
package enum AccessReader {
  /// Gives out all readings of one session in order, and what is damaged.
  package static func readings(
    of id: SessionID, in store: Store, visit: (RecordedReading) -> Void
  ) throws(SessionLogFailure) -> [Finding] {
    var reader = try SessionReader(path: store.sessionPath(of: id), in: store.system)
    var batch = Batch()
    while true {
      let step = try reader.next(into: &batch)
      guard step != .end else { break }
      let start = reader.start
      for index in 0..<batch.lineCount {
        guard let line = batch.line(index), let reading = reading(line) else { continue }
        visit(
          RecordedReading(
            session: id, sequence: line.sequence,
            time: (start?.start ?? 0) &+ Int64(clamping: line.time),
            kind: String(line.type.dropFirst(6)), reading: reading, peer: start?.peer?.uid,
            isCommitted: step == .committed))
      }
      if step == .tail { break }
    }
    return reader.findings
  }

  private static func reading(_ line: EventLine) -> Reading? {
    guard case .event(let event) = DecodedEvent(line) else { return nil }
    switch event {
    case let event as AuditQueryEvent: return event.reading
    case let event as AuditReplayEvent: return event.reading
    case let event as AuditExportEvent: return event.reading
    case let event as AuditReportEvent: return event.reading
    case let event as AuditVerifyEvent: return event.reading
    case let event as AuditEraseEvent: return event.reading
    default: return nil
    }
  }
}
