/// Cuts one direction of an MCP pipe into messages, each ended by LF.
///
/// Every byte that goes in comes out once, in order. Source: MCP specification, stdio transport.
struct MCPFramer {
  /// How a message ended, so that its bytes can be written again.
  enum Ending: Sendable, Equatable {
    case lineFeed
    case carriageReturnLineFeed
    /// The stream ended in the middle of a line.
    case none

    /// The bytes as text.
    var text: String {
      switch self {
      case .lineFeed: "\n"
      case .carriageReturnLineFeed: "\r\n"
      case .none: ""
      }
    }
  }

  enum Piece: Sendable, Equatable {
    /// A message without its ending; may be empty.
    case message([UInt8], Ending)
    /// A part of a message that is longer than can be held: all its bytes, its LF included, come so.
    case overlong([UInt8], isFirst: Bool, isLast: Bool)
  }

  /// Bytes held at most while a message has no end.
  let limit: Int
  private var held: [UInt8] = []
  private var isOverlong = false
  /// Bytes of the stream that came out as pieces.
  private(set) var released: UInt64 = 0

  init(limit: Int) { self.limit = limit }

  /// True if part of a message waits for the rest.
  var isHolding: Bool { !held.isEmpty }

  /// Takes the bytes of a read and passes on every piece that is whole now.
  mutating func add<E: Error>(_ bytes: [UInt8], _ emit: (Piece) throws(E) -> Void) throws(E) {
    var start = 0
    while start < bytes.count {
      let end = bytes[start...].firstIndex(of: 0x0A)
      let stop = end.map { $0 + 1 } ?? bytes.count
      defer { start = stop }
      if isOverlong {
        released += UInt64(stop - start)
        isOverlong = end == nil
        try emit(.overlong(Array(bytes[start..<stop]), isFirst: false, isLast: end != nil))
      } else if let end {
        held.append(contentsOf: bytes[start..<end])
        try release(with: .lineFeed, emit)
      } else {
        held.append(contentsOf: bytes[start...])
      }
      if held.count > limit {
        var first: [UInt8] = []
        swap(&first, &held)
        released += UInt64(first.count)
        isOverlong = true
        try emit(.overlong(first, isFirst: true, isLast: false))
      }
    }
  }

  /// The stream has ended: passes on what is left of it.
  mutating func end<E: Error>(_ emit: (Piece) throws(E) -> Void) throws(E) {
    if isOverlong {
      isOverlong = false
      try emit(.overlong([], isFirst: false, isLast: true))
    } else if !held.isEmpty {
      try release(with: .none, emit)
    }
  }

  private mutating func release<E: Error>(
    with ending: Ending, _ emit: (Piece) throws(E) -> Void
  ) throws(E) {
    var whole: [UInt8] = []
    swap(&whole, &held)
    released += UInt64(whole.count) + (ending == .none ? 0 : 1)
    var ending = ending
    if ending == .lineFeed, whole.last == 0x0D {
      whole.removeLast()
      ending = .carriageReturnLineFeed
    }
    try emit(.message(whole, ending))
  }
}
