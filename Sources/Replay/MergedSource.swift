internal import Evidence
package import Platform
package import SessionLog

/// Several sessions on one timeline, by the wall clock of their first lines.
///
/// Each line is that of its session, verified as it is read, but for three things: `t` counts from the start of the earliest
/// session, `session` names its own, and `session_seq` is its number there. The order is by the wall clock, less what a session says
/// its clock is ahead (`clock.sync`). What the merged lines are is no session; each can be checked by itself.
package final class MergedSource: EventSource {
  static let kind = "trace"

  private final class Part {
    let id: String
    var reader: SessionReader
    var batch = Batch()
    var next = 0
    var isOver = false
    /// Wall clock of line 0, µs since 1970, as the session's clock had it.
    var begun: Int64 = 0
    /// µs that its clock is ahead, as it said last.
    var ahead: Int64 = 0
    var number = 0
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
        number = Int(clamping: batch.firstLine) + next
        listen(next)
        line = batch.withLine(next) { span in
          unsafe span.withUnsafeBufferPointer { unsafe Array($0) }
        }
        next += 1
        header = LineHeader(line.span)
        guard let header, number != 1 else { continue }
        let (sum, isTooLarge) = begun.addingReportingOverflow(Int64(clamping: header.time))
        let (corrected, isOff) = sum.subtractingReportingOverflow(ahead)
        wall = isTooLarge || isOff ? .max : corrected
        return
      }
      wall = .max
    }

    /// Takes what a line says of the clock.
    private func listen(_ index: Int) {
      if let said = batch.withLine(index, { MergedSource.ahead($0) }) { ahead = said }
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
      part.ahead = try Self.ahead(session.path, in: system)
      try part.advance()
      bytes &+= part.reader.fileSize
      parts.append(part)
    }
    self.parts = parts
    self.bytes = bytes
    var start = SessionStart(
      store: parts.first?.reader.start?.store ?? "",
      session: SessionID(milliseconds: 0, random: []),
      kind: Self.kind, start: parts.map(\.wall).min() ?? 0, bootID: "",
      agent: Identity(issuer: "trace", uid: trace), after: (0, .zero))
    // The first screen there is, so that a viewer has room for one.
    let screen = parts.lazy.compactMap { $0.reader.start }.first { $0.isTerminal }
    (start.columns, start.rows) = (screen?.columns, screen?.rows)
    self.start = start
  }

  /// µs that a session's clock is ahead, as a line says.
  private static func ahead(_ line: Span<UInt8>) -> Int64? {
    guard let header = LineHeader(line), header.isType("clock.sync", in: line) else { return nil }
    do throws(JSONFault) { return try JSONValue(parsing: line)["offset_us"]?.integer } catch {
      return nil
    }
  }

  /// What a session says of its clock within its first batches: that holds from its start.
  private static func ahead(
    _ path: String, in system: any FileSystem
  ) throws(SessionLogFailure) -> Int64 {
    var reader = try SessionReader(path: path, in: system)
    var batch = Batch()
    for _ in 0..<4 {
      guard try reader.next(into: &batch) != .end else { return 0 }
      for index in 0..<batch.lineCount {
        if let said = batch.withLine(index, { ahead($0) }) { return said }
      }
    }
    return 0
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
    line += Array("\",\"session\":\"\(part.id)\",\"session_seq\":\(part.number)".utf8)
    line += part.line[header.end...]
    return line
  }
}

extension Recording {
  /// The session of a merged timeline that an event belongs to; nil where the event is the timeline's own.
  mutating func member(of event: Int) throws(SessionLogFailure) -> String? {
    try withLine(event) { line in LineHeader(line).flatMap { EventFields.session(line, $0) } }
  }

  /// What line 0 of such a session says, which is this event; nil where it cannot be read.
  mutating func start(ofMember event: Int) throws(SessionLogFailure) -> SessionStart? {
    try withLine(event) { line in
      do throws(JSONFault) { return try SessionStart(parsing: line) } catch { return nil }
    }
  }
}
