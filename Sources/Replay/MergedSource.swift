internal import Evidence
package import Platform
package import SessionLog

/// Several sessions on one timeline, by the wall clock of their first lines.
///
/// Each line is that of its session, verified as it is read, but for two things: `t` counts from the start of the earliest
/// session, and `session` names its own. What the merged lines are is no session; each can be checked by itself.
package final class MergedSource: EventSource {
  private final class Part {
    let id: String
    var reader: SessionReader
    var batch = Batch()
    var next = 0
    var isOver = false
    /// Wall clock of line 0, µs since 1970.
    var begun: Int64 = 0
    /// Time of the next line, on the wall clock.
    var wall: Int64 = .max
    var line: [UInt8] = []
    var header: LineHeader?

    init(_ id: String, _ reader: consuming SessionReader) {
      self.id = id
      self.reader = reader
    }

    /// Goes to the next line that is there, but for the salt.
    func advance() throws(SessionLogFailure) {
      while !isOver {
        if next >= batch.lineCount {
          guard try reader.next(into: &batch) != .end else {
            isOver = true
            break
          }
          if begun == 0 { begun = reader.start?.start ?? 0 }
          next = 0
          continue
        }
        let number = Int(clamping: batch.firstLine) + next
        line = batch.withLine(next) { span in
          unsafe span.withUnsafeBufferPointer { unsafe Array($0) }
        }
        next += 1
        header = LineHeader(line.span)
        guard let header, number != 1 else { continue }
        let (sum, isTooLarge) = begun.addingReportingOverflow(Int64(clamping: header.time))
        wall = isTooLarge ? .max : sum
        return
      }
      wall = .max
    }
  }

  package let start: SessionStart
  private let parts: [Part]
  private var salts = 0
  private let bytes: UInt64

  /// Opens each session file; ids stand in the merged lines.
  package init(
    _ trace: String, _ sessions: [(id: String, path: String)], in system: any FileSystem
  ) throws(SessionLogFailure) {
    var parts: [Part] = []
    var bytes: UInt64 = 0
    for session in sessions {
      let part = Part(session.id, try SessionReader(path: session.path, in: system))
      try part.advance()
      bytes &+= part.reader.fileSize
      parts.append(part)
    }
    self.parts = parts
    self.bytes = bytes
    start = SessionStart(
      store: parts.first?.reader.start?.store ?? "",
      session: SessionID(milliseconds: 0, random: []),
      kind: "trace", start: parts.map(\.begun).min() ?? 0, bootID: "",
      agent: Identity(issuer: "trace", uid: trace), after: (0, .zero))
  }

  package var isSalvaged: Bool { parts.contains { !$0.reader.findings.isEmpty } }

  package var progress: Double {
    let read = parts.reduce(UInt64(0)) { $0 &+ $1.reader.verifiedBytes }
    return bytes == 0 ? 1 : min(0.99, Double(read) / Double(bytes))
  }

  package func next(_ take: (Span<UInt8>) -> Void) throws(SessionLogFailure) -> Bool {
    if salts == 0 {
      salts = 1
      take(start.line().span)
      take(LineBuilder(time: 0, type: "session.salt").finish().span)
      return true
    }
    // Some lines at a time: the earliest of all parts each time.
    for _ in 0..<256 {
      guard let part = parts.filter({ !$0.isOver }).min(by: { $0.wall < $1.wall }) else {
        return false
      }
      take(line(of: part).span)
      try part.advance()
    }
    return true
  }

  /// The line with its time on the common timeline and its session's id.
  private func line(of part: Part) -> [UInt8] {
    guard let header = part.header else { return part.line }
    let time = part.wall > start.start ? part.wall - start.start : 0
    var line = Array("{\"t\":\(min(time, Int64(Limits.time) - 1)),\"type\":\"".utf8)
    line += part.line[header.type]
    line += Array("\",\"session\":\"\(part.id)\"".utf8)
    line += part.line[header.end...]
    return line
  }
}
