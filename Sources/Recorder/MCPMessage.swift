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
  /// A member stands twice: two readers may understand two messages.
  var hasDuplicates = false
  var id: Range<Int>?
  var method: String?
  var params: Range<Int>?
  var result: Range<Int>?
  var error: Range<Int>?

  /// Reads the object that is the whole of `range`, JSON that was checked before.
  init(_ text: Span<UInt8>, in range: Range<Int>) {
    for member in MCPText.members(of: text, in: range) {
      switch member.name {
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
    if method != nil {
      kind = id == nil ? .notification : .call
    } else if id != nil, result != nil || error != nil {
      kind = .result
    }
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
    do { return try JSONValue(parsing: text.extracting(range)) } catch { return nil }
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
  /// Where the value of the last member of that name stands.
  subscript(_ name: String) -> Range<Int>? { last { $0.name == name }?.value }
}
