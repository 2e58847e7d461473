internal import SessionLog

/// What replay needs of an event's own fields.
enum EventFields {
  /// The window size of `terminal.resize`; nil where it has none.
  static func size(_ line: Span<UInt8>) -> (columns: Int, rows: Int)? {
    let json: JSONValue
    do { json = try JSONValue(parsing: line) } catch { return nil }
    guard let columns = json["cols"]?.integer, let rows = json["rows"]?.integer else { return nil }
    return (Int(clamping: columns), Int(clamping: rows))
  }

  /// A session's id is a ULID.
  private static let nameBytes = 26

  /// The session that a line of a merged timeline belongs to: what stands first after its type.
  static func session(_ line: Span<UInt8>, _ header: LineHeader) -> String? {
    let key = Array(",\"session\":\"".utf8)
    let start = header.end + key.count
    guard start + nameBytes <= line.count else { return nil }
    for (index, byte) in key.enumerated() where line[header.end + index] != byte { return nil }
    var name = ""
    for index in start..<start + nameBytes {
      name.unicodeScalars.append(Unicode.Scalar(line[index]))
    }
    return name
  }

  /// False for a line that holds nothing anybody said or saw: the session's random key.
  static func isSearched(_ line: Span<UInt8>) -> Bool {
    guard let header = LineHeader(line) else { return false }
    return !header.isType("session.salt", in: line)
  }

  /// A line as text to search in: its JSON as it stands, with the escapes in its strings undone.
  static func text(_ line: Span<UInt8>) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity(line.count)
    var index = 0
    while index < line.count {
      let byte = line[index]
      index += 1
      guard byte == 0x5C, index < line.count else {
        text.append(byte)
        continue
      }
      let kind = line[index]
      index += 1
      switch kind {
      case 0x6E: text.append(0x0A)
      case 0x74: text.append(0x09)
      case 0x72: text.append(0x0D)
      case 0x62, 0x66: text.append(0x20)
      case 0x75:
        var value: UInt32 = 0
        var digits = 0
        while digits < 4, index < line.count, let digit = hex(line[index]) {
          value = value << 4 | digit
          index += 1
          digits += 1
        }
        text.append(contentsOf: String(Character(Unicode.Scalar(value) ?? "\u{FFFD}")).utf8)
      default: text.append(kind)
      }
    }
    return text
  }

  private static func hex(_ byte: UInt8) -> UInt32? {
    switch byte {
    case 0x30...0x39: UInt32(byte - 0x30)
    case 0x41...0x46: UInt32(byte - 0x41 + 10)
    case 0x61...0x66: UInt32(byte - 0x61 + 10)
    default: nil
    }
  }
}
