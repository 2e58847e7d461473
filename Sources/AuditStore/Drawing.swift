internal import Platform
internal import SessionLog

/// What drawing one session gave.
struct Drawing: Sendable {
  /// A command with its place in the file.
  struct Command: Sendable {
    var sequence: UInt64
    var time: UInt64
    var batch: UInt64
    var line: Int64
    var text: String
    var confidence: Int64
    var exitCode: Int64?
  }

  private(set) var shown: [ShownLines.Shown] = []
  private(set) var commands: [Command] = []
  private(set) var cut: UInt64 = 0
  /// Places with hidden content.
  private(set) var hidden: UInt64 = 0

  /// Draws the first `lines` lines of a session, whose bytes were verified before and are verified again on the way.
  init(of id: SessionID, in store: Store, lines: UInt64) throws(SessionLogFailure) {
    var walk = Walk(limit: lines)
    do throws(SessionLogFailure) {
      var reader = try SessionReader(path: store.sessionPath(of: id), in: store.system)
      var batch = Batch()
      while true {
        let step = try reader.next(into: &batch)
        guard step == .committed, batch.firstLine < lines else { break }
        walk.take(batch)
      }
    } catch {
      // A file that went away meanwhile shows nothing: the next update tells of it.
      guard error.kind == .missing || error.kind == .notARecording else { throw error }
    }
    guard let screen = walk.screen else { return }
    shown = screen.shown
    cut = screen.cut
    hidden = screen.hidden
    var taken: [UInt64: Int] = [:]
    for command in screen.commands {
      guard let place = walk.places[command.sequence] else { continue }
      if let known = taken[command.sequence] {
        // Two within one line of the session: one row, both texts.
        commands[known].text += "\n" + command.text
        commands[known].confidence = min(commands[known].confidence, command.confidence)
        continue
      }
      taken[command.sequence] = commands.count
      commands.append(
        Command(
          sequence: command.sequence, time: place.time, batch: place.batch, line: place.line,
          text: command.text, confidence: command.confidence, exitCode: command.exitCode))
    }
  }

  private struct Walk {
    let limit: UInt64
    var screen: ShownLines?
    /// Where lines stand at which something was entered.
    var places: [UInt64: (time: UInt64, batch: UInt64, line: Int64)] = [:]
    private var payload: [UInt8] = []
    private var commandsBefore = 0

    init(limit: UInt64) { self.limit = limit }

    mutating func take(_ batch: borrowing Batch) {
      if batch.firstLine == 0, let line = batch.line(0) {
        var (columns, rows) = (80, 24)
        do {
          let start = try SessionStart(parsing: line.bytes.span)
          (columns, rows) = (start.columns ?? 80, start.rows ?? 24)
        } catch {}
        screen = ShownLines(columns: columns, rows: rows)
      }
      let number = batch.commit?.k ?? 0
      for index in 0..<batch.lineCount where !batch.isWithheld(index) {
        let sequence = batch.firstLine &+ UInt64(index)
        guard sequence < limit else { return }
        batch.withLine(index) { line in
          guard let header = LineHeader(line) else { return }
          let isOutput = header.isType("terminal.output", in: line)
          if isOutput || header.isType("terminal.input", in: line) {
            payload.removeAll(keepingCapacity: true)
            guard Payload.append(from: line, header: header, to: &payload) else { return }
            let bytes = payload
            if isOutput {
              screen?.feed(bytes.span, sequence: sequence, time: header.time)
            } else {
              screen?.typed(bytes.span, sequence: sequence)
            }
            let holdsEnter = payload.contains(0x0D) || payload.contains(0x0A)
            let found = screen?.commands.count ?? 0
            if isOutput ? found > commandsBefore : holdsEnter {
              places[sequence] = (header.time, number, Int64(index))
            }
            commandsBefore = found
          } else if header.isType("terminal.resize", in: line) {
            do {
              let json = try JSONValue(parsing: line)
              if let columns = json["cols"]?.integer, let rows = json["rows"]?.integer {
                screen?.resize(columns: Int(clamping: columns), rows: Int(clamping: rows))
              }
            } catch {}
          } else if header.isType("session.end", in: line) {
            screen?.end()
          }
        }
      }
    }
  }
}
