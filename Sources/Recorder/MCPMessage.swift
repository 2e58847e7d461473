internal import Platform
internal import SessionLog

/// What one JSON-RPC message says, by where its parts stand in its text.
///
/// Source: JSON-RPC 2.0; MCP specification, revisions 2024-11-05 to 2026-07-28.
struct MCPMessage {
  enum Kind: Equatable {
    case call, result, notification
    /// JSON, but none of the three.
    case other
  }

  var kind = Kind.other
  /// Its members' names were taken in small letters.
  var isFolded = false
  /// A member stands twice: two readers may understand two messages.
  var hasDuplicates = false
  var id: Range<Int>?
  var method: String?
  var params: Range<Int>?
  var result: Range<Int>?
  var error: Range<Int>?

  /// Reads the object that is the whole of `range`.
  ///
  /// With `folding` names count in small letters, as Go's readers take them.
  init(_ text: Span<UInt8>, in range: Range<Int>, folding: Bool = false) {
    isFolded = folding
    let members = MCPText.members(of: text, in: range)
    for member in members {
      switch folding ? member.name.lowercased() : member.name {
      // Of members of one name the last counts, as in the readers that servers use.
      case "id":
        hasDuplicates = hasDuplicates || id != nil
        id = member.value
      case "method":
        hasDuplicates = hasDuplicates || method != nil
        method = MCPText.string(text, member.value) ?? ""
      case "params":
        hasDuplicates = hasDuplicates || params != nil
        params = member.value
      case "result":
        hasDuplicates = hasDuplicates || result != nil
        result = member.value
      case "error":
        hasDuplicates = hasDuplicates || error != nil
        error = member.value
      default: continue
      }
    }
    if !folding, members.contains(where: { Self.isVariant($0.name) }) { hasDuplicates = true }
    if method != nil {
      kind = id == nil ? .notification : .call
    } else if id != nil, result != nil || error != nil {
      kind = .result
    }
  }
}

extension MCPMessage {
  private static let names: Set<String> = ["id", "method", "params", "result", "error"]

  /// True for a name that some readers take for one of a message's own, written as it is not.
  private static func isVariant(_ name: String) -> Bool {
    name.utf8.count <= 8 && !names.contains(name) && names.contains(name.lowercased())
  }
}

/// Small readings of JSON text by place.
enum MCPText {
  /// Names, ids and the like beyond this many bytes are not repeated outside their message.
  static let limit = 1024

  /// The string at `range`; nil if another value stands there, or one too long to repeat.
  static func string(_ text: Span<UInt8>, _ range: Range<Int>) -> String? {
    guard range.count <= limit, case .string(let value)? = small(text, range) else { return nil }
    return value
  }

  /// The value at `range`; nil if it is too long to repeat.
  static func small(_ text: Span<UInt8>, _ range: Range<Int>) -> JSONValue? {
    guard range.count <= limit else { return nil }
    let bytes = text.extracting(range)
    do { return try JSONValue(parsing: bytes) } catch {}
    // What is not UTF-8 reads as replacement characters, as in readers that go on.
    var copy: [UInt8] = []
    copy.append(text, range)
    let repaired = Array(String(decoding: copy, as: UTF8.self).utf8)
    do { return repaired == copy ? nil : try JSONValue(parsing: repaired) } catch { return nil }
  }

  /// What tells the string at `range` from others, byte by byte; nil if another value stands there.
  ///
  /// Two `String`s are equal where both show the same, `é` and `e` with an accent behind it.
  static func identity(_ text: Span<UInt8>, _ range: Range<Int>, _ secret: DigestKey) -> [UInt8]? {
    guard range.count > 1, text[range.lowerBound] == 0x22 else { return nil }
    if !hasLoneSurrogate(text, range), let string = string(text, range) {
      return [0x73] + Array(string.utf8)
    }
    return digest(text, range, secret)
  }

  /// What tells a value from others that are written otherwise.
  static func digest(_ text: Span<UInt8>, _ range: Range<Int>, _ secret: DigestKey) -> [UInt8]? {
    do { return [0x64] + Array(try secret.digest(of: text.extracting(range)).bytes) } catch {
      return nil
    }
  }

  /// True if an escape stands for half a character, which no `String` can hold.
  static func hasLoneSurrogate(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    var offset = range.lowerBound
    var isHigh = false
    while offset < range.upperBound {
      guard text[offset] == 0x5C, offset + 1 < range.upperBound else {
        if isHigh { return true }
        offset += 1
        continue
      }
      let unit = text[offset + 1] == 0x75 ? self.unit(text, offset + 2, range.upperBound) : nil
      switch unit {
      case (0xD800...0xDBFF)?:
        if isHigh { return true }
        isHigh = true
      case (0xDC00...0xDFFF)?:
        if !isHigh { return true }
        isHigh = false
      default: if isHigh { return true }
      }
      offset += unit == nil ? 2 : 6
    }
    return isHigh
  }

  /// The number that four hexadecimal digits say.
  private static func unit(_ text: Span<UInt8>, _ start: Int, _ end: Int) -> Int? {
    guard start + 4 <= end else { return nil }
    var unit = 0
    for index in start..<start + 4 {
      switch text[index] {
      case let digit where (0x30...0x39).contains(digit): unit = unit * 16 + Int(digit - 0x30)
      case let digit where (0x41...0x46).contains(digit & 0xDF):
        unit = unit * 16 + Int(digit & 0xDF) - 0x37
      default: return nil
      }
    }
    return unit
  }

  /// The members of the object at `range`; none if another value stands there.
  static func members(of text: Span<UInt8>, in range: Range<Int>?) -> [MCPScanner.Member] {
    guard let range else { return [] }
    do { return try MCPScanner.members(of: text, in: range) ?? [] } catch { return [] }
  }

  /// The elements of the array at `range`; none if another value stands there.
  static func elements(of text: Span<UInt8>, in range: Range<Int>?, limit: Int) -> (
    first: [Range<Int>], count: Int
  )? {
    guard let range else { return nil }
    do { return try MCPScanner.elements(of: text, in: range, limit: limit) } catch { return nil }
  }
}

extension [MCPScanner.Member] {
  /// Where the value of the last member of that name stands, or else of one that some readers take for it.
  subscript(_ name: String) -> Range<Int>? {
    (last { $0.name == name } ?? last { $0.name.lowercased() == name.lowercased() })?.value
  }

  /// True if a member of one of these names stands twice, in whatever letters.
  func hasTwins(of names: [String]) -> Bool {
    names.contains { name in count { $0.name == name || $0.name.lowercased() == name } > 1 }
  }
}
