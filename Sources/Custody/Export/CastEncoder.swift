internal import SessionLog
internal import Text

/// Writes asciicast: text only, times to the microsecond.
///
/// Source: asciicast v2 and v3. Bytes that are no character yet wait for the next output; what never becomes one is
/// U+FFFD and counted.
struct CastEncoder: TerminalEncoder {
  var main: [UInt8] = []
  var timing: [UInt8] = []
  private(set) var losses = ExportLosses()
  private let start: SessionStart
  private let isRelative: Bool
  private var last: UInt64 = 0
  private var held: [UInt8] = []

  init(_ start: SessionStart) { self.init(start, isRelative: true) }

  init(_ start: SessionStart, isRelative: Bool) {
    self.start = start
    self.isRelative = isRelative
  }

  mutating func begin() {
    var json = JSONText()
    json.object { json in
      json.field("version", isRelative ? 3 : 2)
      if isRelative {
        json.object("term") { json in
          json.field("cols", start.columns ?? 80)
          json.field("rows", start.rows ?? 24)
          json.field(ifPresent: "type", start.terminalType)
        }
      } else {
        json.field("width", start.columns ?? 80)
        json.field("height", start.rows ?? 24)
      }
      // Rounded down, as a moment that has not come yet would be wrong.
      let (seconds, rest) = start.recordedAt.quotientAndRemainder(dividingBy: 1_000_000)
      json.field("timestamp", rest < 0 ? seconds - 1 : seconds)
      if !start.command.isEmpty {
        json.field("command", start.command.joined(separator: " "))
      }
      json.field(ifPresent: "title", start.name)
      if !isRelative, let type = start.terminalType {
        json.object("env") { json in json.field("TERM", type) }
      }
    }
    main += json.bytes
    main.append(0x0A)
  }

  mutating func add(_ event: TerminalEvent, at time: UInt64) {
    switch event {
    case .output(let bytes): output(bytes, at: time)
    case .input(let bytes):
      let (text, replaced) = Self.text(bytes[...])
      if replaced > 0 { losses.add(Loss.invalidText, replaced) }
      write("i", text, at: time)
    case .resize(let columns, let rows): write("r", "\(columns)x\(rows)", at: time)
    case .marker(let label): write("m", label, at: time)
    case .end(let code):
      flush(at: time)
      guard let code else { return }
      if isRelative { write("x", String(code), at: time) } else { losses.add(Loss.exit) }
    case .gap: losses.add(Loss.gap)
    case .other: losses.add(Loss.other)
    }
  }

  mutating func end() { flush(at: last) }

  private mutating func output(_ bytes: [UInt8], at time: UInt64) {
    let all = held.isEmpty ? bytes : held + bytes
    let tail = Self.incompleteTail(all)
    held = Array(all.suffix(tail))
    let whole = all.dropLast(tail)
    // An empty output is an event too, but one that waits for its end is none yet.
    guard !whole.isEmpty || bytes.isEmpty else { return }
    let (text, replaced) = Self.text(whole)
    if replaced > 0 { losses.add(Loss.invalidText, replaced) }
    write("o", text, at: time)
  }

  private mutating func flush(at time: UInt64) {
    guard !held.isEmpty else { return }
    losses.add(Loss.invalidText, UInt64(held.count))
    write("o", String(decoding: held, as: UTF8.self), at: time)
    held = []
  }

  private mutating func write(_ code: StaticString, _ text: String, at time: UInt64) {
    main.append(0x5B)
    appendSeconds(isRelative ? time - min(last, time) : time, to: &main)
    last = max(last, time)
    main += [0x2C, 0x20, 0x22]
    code.withUTF8Buffer { unsafe main.append(contentsOf: $0) }
    main += [0x22, 0x2C, 0x20]
    var json = JSONText()
    json.value(text)
    main += json.bytes
    main += [0x5D, 0x0A]
  }

  /// Text, and how many bytes of it had to be replaced.
  private static func text(_ bytes: ArraySlice<UInt8>) -> (String, UInt64) {
    let text = String(decoding: bytes, as: UTF8.self)
    guard !text.utf8.elementsEqual(bytes) else { return (text, 0) }
    var valid = 0
    var recorded = 0
    // U+FFFD itself may stand in the recording.
    for scalar in text.unicodeScalars where scalar != "\u{FFFD}" {
      valid += scalar.utf8.count
    }
    recorded = Self.replacementCharacters(bytes) * 3
    return (text, UInt64(max(1, bytes.count - valid - recorded)))
  }

  private static func replacementCharacters(_ bytes: ArraySlice<UInt8>) -> Int {
    var count = 0
    var at = bytes.startIndex
    while at + 2 < bytes.endIndex {
      if bytes[at] == 0xEF, bytes[at + 1] == 0xBF, bytes[at + 2] == 0xBD {
        count += 1
        at += 3
      } else {
        at += 1
      }
    }
    return count
  }

  /// How many bytes at the end begin a character that is not whole: 0 to 3.
  private static func incompleteTail(_ bytes: [UInt8]) -> Int {
    for back in 1...3 {
      guard bytes.count >= back else { return 0 }
      switch bytes[bytes.count - back] {
      case 0x80...0xBF: continue
      case 0xC2...0xDF: return back < 2 ? back : 0
      case 0xE0...0xEF: return back < 3 ? back : 0
      case 0xF0...0xF4: return back < 4 ? back : 0
      default: return 0
      }
    }
    return 0
  }
}
