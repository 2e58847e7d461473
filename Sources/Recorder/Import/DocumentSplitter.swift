internal import SessionLog

/// Takes one large JSON document apart into its members and the elements of its arrays, without holding it.
///
/// It finds where values begin and end; whether they are well formed is for whoever parses them. Nothing below the second
/// level is looked at.
struct DocumentSplitter: ~Copyable {
  enum Piece {
    /// A member of the document that is no array.
    case member(String, [UInt8])
    /// An element of the array that is the member of this name; of the document itself where it is "".
    case element(String, [UInt8])
    /// A value of more than 8 MiB: its place and size.
    case tooLong(String, at: UInt64, bytes: UInt64)
    /// The document stops being one here; nothing behind it can be told apart.
    case damage(StaticString, at: UInt64)
    case end
  }

  private enum Place {
    case start
    case object(isFirst: Bool)
    case array(String, isFirst: Bool, isNested: Bool)
    case over
  }

  private(set) var reader: ByteReader
  private var place = Place.start

  init(_ source: SourceFile) throws(ImportFailure) {
    var reader = try ByteReader(source)
    try reader.skipMark()
    self.reader = reader
  }

  static func optional(_ source: SourceFile?) throws(ImportFailure) -> DocumentSplitter? {
    guard let source else { return nil }
    return try DocumentSplitter(source)
  }

  mutating func finish() throws(ImportFailure) -> SourceDigest { try reader.finish() }

  mutating func next() throws(ImportFailure) -> Piece {
    while true {
      try skipSpace()
      switch place {
      case .over: return .end
      case .start:
        switch try reader.peek() {
        case 0x7B: place = .object(isFirst: true)
        case 0x5B: place = .array("", isFirst: true, isNested: false)
        default: return try damage("neither an object nor an array")
        }
        reader.consume(1)
      case .object(let isFirst):
        guard let byte = try reader.peek() else { return try damage("the document does not end") }
        if byte == 0x7D { return try close() }
        if !isFirst {
          guard byte == 0x2C else { return try damage("no comma between members") }
          reader.consume(1)
          try skipSpace()
        }
        place = .object(isFirst: false)
        guard try reader.peek() == 0x22 else { return try damage("no member name") }
        var name: [UInt8] = []
        guard try value(into: &name, limit: 4096) == .whole else {
          return try damage("a member name that does not end")
        }
        try skipSpace()
        guard try reader.peek() == 0x3A else { return try damage("no colon") }
        reader.consume(1)
        try skipSpace()
        let text = AsciicastParser.text(name.span.extracting(1..<name.count - 1))
        if try reader.peek() == 0x5B {
          reader.consume(1)
          place = .array(text, isFirst: true, isNested: true)
          continue
        }
        return try piece {
          .member(text, $0)
        } name: {
          text
        }
      case .array(let name, let isFirst, let isNested):
        guard let byte = try reader.peek() else { return try damage("the document does not end") }
        if byte == 0x5D {
          guard isNested else { return try close() }
          reader.consume(1)
          place = .object(isFirst: false)
          continue
        }
        if !isFirst {
          guard byte == 0x2C else { return try damage("no comma between values") }
          reader.consume(1)
          try skipSpace()
        }
        place = .array(name, isFirst: false, isNested: isNested)
        return try piece {
          .element(name, $0)
        } name: {
          name
        }
      }
    }
  }

  private mutating func piece(_ make: ([UInt8]) -> Piece, name: () -> String)
    throws(ImportFailure) -> Piece
  {
    let start = reader.offset
    var bytes: [UInt8] = []
    switch try value(into: &bytes, limit: Limits.lineBytes) {
    case .whole: return make(bytes)
    case .tooLong: return .tooLong(name(), at: start, bytes: reader.offset - start)
    case .none: return try damage("no value")
    case .cut: return try damage("a value that does not end", at: start)
    }
  }

  private mutating func close() throws(ImportFailure) -> Piece {
    reader.consume(1)
    place = .over
    try skipSpace()
    guard try reader.peek() == nil else { return try damage("something follows the document") }
    return .end
  }

  private mutating func damage(_ reason: StaticString, at offset: UInt64? = nil)
    throws(ImportFailure) -> Piece
  {
    place = .over
    return .damage(reason, at: offset ?? reader.offset)
  }

  private mutating func skipSpace() throws(ImportFailure) {
    while let byte = try reader.peek(), byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09
    {
      reader.consume(1)
    }
  }

  private enum Extent { case whole, tooLong, cut, none }

  /// Passes over one value, keeping it where it is no longer than `limit`.
  private mutating func value(into bytes: inout [UInt8], limit: Int) throws(ImportFailure)
    -> Extent
  {
    guard let first = try reader.peek() else { return .cut }
    switch first {
    case 0x7B, 0x5B, 0x22: break
    case 0x2D, 0x30...0x39, 0x61...0x7A: break
    default: return .none
    }
    var depth = 0
    var inString = false
    var isEscaped = false
    var count = 0
    while let byte = try reader.peek() {
      if !inString, depth == 0, count > 0 {
        // A scalar ends before what cannot belong to it.
        switch byte {
        case 0x2B, 0x2D, 0x2E, 0x30...0x39, 0x45, 0x61...0x7A: break
        default: return count > limit ? .tooLong : .whole
        }
      }
      reader.consume(1)
      count += 1
      if count <= limit { bytes.append(byte) }
      if inString {
        if isEscaped {
          isEscaped = false
        } else if byte == 0x5C {
          isEscaped = true
        } else if byte == 0x22 {
          inString = false
          if depth == 0 { return count > limit ? .tooLong : .whole }
        }
        continue
      }
      switch byte {
      case 0x22: inString = true
      case 0x7B, 0x5B: depth += 1
      case 0x7D, 0x5D:
        depth -= 1
        if depth == 0 { return count > limit ? .tooLong : .whole }
        if depth < 0 { return .none }
      default: break
      }
    }
    return .cut
  }
}
