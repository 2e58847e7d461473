internal import SessionLog
internal import Text

/// Writes what `script --log-io --log-timing` writes: bytes as they are, times in the advanced format.
///
/// Typed bytes stand among the output, as the timing file tells.
struct TypescriptEncoder: TerminalEncoder {
  var main: [UInt8] = []
  var timing: [UInt8] = []
  private(set) var losses = ExportLosses()
  private let start: SessionStart
  private var last: UInt64 = 0
  private var exitCode: Int64?

  init(_ start: SessionStart) { self.start = start }

  private var moment: String {
    let time = Timestamp(microseconds: start.recordedAt)
    return "\(time.dateText) \(time.timeText(.seconds))+00:00"
  }

  mutating func begin() {
    var fields: [String] = []
    if let type = Self.plain(start.terminalType) { fields.append("TERM=\"\(type)\"") }
    if let columns = start.columns { fields.append("COLUMNS=\"\(columns)\"") }
    if let rows = start.rows { fields.append("LINES=\"\(rows)\"") }
    let facts = fields.isEmpty ? "" : " [" + fields.joined(separator: " ") + "]"
    main += Array("Script started on \(moment)\(facts)\n".utf8)
    header("START_TIME", moment)
    if let type = Self.plain(start.terminalType) { header("TERM", type) }
    if let columns = start.columns { header("COLUMNS", String(columns)) }
    if let rows = start.rows { header("LINES", String(rows)) }
    if !start.command.isEmpty {
      header("COMMAND", TerminalText.line(start.command.joined(separator: " ")))
    }
  }

  mutating func add(_ event: TerminalEvent, at time: UInt64) {
    switch event {
    case .output(let bytes): data(0x4F, bytes, at: time)
    case .input(let bytes): data(0x49, bytes, at: time)
    case .resize(let columns, let rows):
      timing += [0x53, 0x20]
      delay(time)
      timing += Array(" SIGWINCH ROWS=\(rows) COLS=\(columns)\n".utf8)
    case .end(let code):
      exitCode = code
      header("DURATION", Self.seconds(time), at: time)
      if let code { header("EXIT_CODE", String(code)) }
    case .marker: losses.add(Loss.marker)
    case .gap: losses.add(Loss.gap)
    case .other: losses.add(Loss.other)
    }
  }

  mutating func end() {
    let status = exitCode.map { " [COMMAND_EXIT_CODE=\"\($0)\"]" } ?? ""
    let time = Timestamp(microseconds: start.recordedAt).advanced(by: Int64(clamping: last))
    main += Array(
      "\nScript done on \(time.dateText) \(time.timeText(.seconds))+00:00\(status)\n".utf8)
  }

  private mutating func data(_ letter: UInt8, _ bytes: [UInt8], at time: UInt64) {
    timing += [letter, 0x20]
    delay(time)
    timing += Array(" \(bytes.count)\n".utf8)
    main += bytes
  }

  private mutating func header(_ name: String, _ value: String, at time: UInt64? = nil) {
    timing += [0x48, 0x20]
    delay(time ?? last)
    timing += Array(" \(name) \(value)\n".utf8)
  }

  private mutating func delay(_ time: UInt64) {
    appendSeconds(time - min(last, time), to: &timing)
    last = max(last, time)
  }

  private static func seconds(_ time: UInt64) -> String {
    var bytes: [UInt8] = []
    appendSeconds(time, to: &bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// A word that needs no quoting; nil for any other.
  private static func plain(_ text: String?) -> String? {
    guard let text, !text.isEmpty, text.utf8.count <= 64 else { return nil }
    for byte in text.utf8 {
      switch byte {
      case 0x2B, 0x2D, 0x2E, 0x5F, 0x30...0x39, 0x41...0x5A, 0x61...0x7A: continue
      default: return nil
      }
    }
    return text
  }
}
