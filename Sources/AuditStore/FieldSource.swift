internal import Platform
internal import SessionLog

/// Gives out a line's fields as the kinds that are wanted, and counts what is of another kind.
struct FieldSource {
  let fields: FieldSet
  var odd: UInt64
  var cut: UInt64

  /// The longest name or verb, and the longest text, that the index keeps whole.
  static let nameLimit = 4096
  static let textLimit = 256 << 10

  func has(_ name: FieldName) -> Bool {
    guard let field = fields[name] else { return false }
    return field.kind != .null
  }

  mutating func integer(_ name: FieldName, _ line: Span<UInt8>) -> Int64? {
    guard let field = fields[name], field.kind != .null else { return nil }
    guard field.kind == .number, let number = FieldScanner.integer(line, field.value) else {
      odd &+= 1
      return nil
    }
    return number
  }

  /// A count, a size or a duration: below zero there is none.
  mutating func amount(_ name: FieldName, _ line: Span<UInt8>) -> Int64? {
    guard let number = integer(name, line) else { return nil }
    if number < 0 { odd &+= 1 }
    return number < 0 ? nil : number
  }

  mutating func bool(_ name: FieldName, _ line: Span<UInt8>) -> Bool? {
    guard let field = fields[name], field.kind != .null else { return nil }
    guard field.kind == .bool else {
      odd &+= 1
      return nil
    }
    return field.value.count == 4
  }

  /// A string, or a number as it is written, put into the block's bytes.
  mutating func word(
    _ name: FieldName, _ line: Span<UInt8>, _ block: inout EventBlock,
    limit: Int = FieldSource.nameLimit
  ) -> Piece {
    guard let field = fields[name], field.kind != .null else { return .none }
    guard field.kind == .string || field.kind == .number else {
      odd &+= 1
      return .none
    }
    return piece(field, line, &block, limit: limit)
  }

  /// A value's own bytes, whatever its kind: strings decoded, the rest as JSON.
  mutating func raw(_ name: FieldName, _ line: Span<UInt8>, _ block: inout EventBlock) -> Piece {
    guard let field = fields[name], field.kind != .null else { return .none }
    return piece(field, line, &block, limit: Self.textLimit)
  }

  mutating func piece(
    _ field: FieldScanner.Field, _ line: Span<UInt8>, _ block: inout EventBlock, limit: Int
  ) -> Piece {
    let start = block.bytes.count
    guard start < Int(Int32.max) - (64 << 20) else {
      cut &+= 1
      return .none
    }
    if field.kind == .string, field.isEscaped {
      let quoted = field.value.lowerBound - 1..<field.value.upperBound + 1
      do {
        guard case .string(let text) = try JSONValue(parsing: line.extracting(quoted)) else {
          return .none
        }
        block.bytes.append(contentsOf: text.utf8)
      } catch {
        odd &+= 1
        return .none
      }
    } else {
      block.bytes.append(line, field.value)
    }
    trim(&block.bytes, from: start, limit: limit)
    return Piece(start: Int32(start), count: Int32(block.bytes.count - start))
  }

  /// Cuts what was appended at a character's boundary.
  private mutating func trim(_ bytes: inout [UInt8], from start: Int, limit: Int) {
    guard bytes.count - start > limit else { return }
    cut &+= 1
    var end = start + limit
    while end > start, bytes[end] & 0xC0 == 0x80 { end -= 1 }
    bytes.removeLast(bytes.count - end)
  }

  mutating func reference(
    _ name: FieldName, _ line: Span<UInt8>, _ block: inout EventBlock
  ) -> EventReference? {
    guard let field = fields[name], field.kind != .null else { return nil }
    if field.kind == .number, let number = FieldScanner.integer(line, field.value), number >= 0 {
      return EventReference(line: number)
    }
    if field.kind == .string {
      return EventReference(elsewhere: piece(field, line, &block, limit: 64))
    }
    odd &+= 1
    return nil
  }

  /// True where the field is that very string.
  func isWord(_ name: FieldName, _ word: StaticString, _ line: Span<UInt8>) -> Bool {
    guard let field = fields[name], field.kind == .string else { return false }
    return FieldScanner.equals(line, field.value, word)
  }

  mutating func json(_ name: FieldName, _ line: Span<UInt8>) -> JSONValue? {
    guard let field = fields[name], field.kind == .object || field.kind == .array else {
      return nil
    }
    do { return try JSONValue(parsing: line.extracting(field.value)) } catch {
      odd &+= 1
      return nil
    }
  }
}

extension EventBlock {
  /// Puts a text of the program's own into the block.
  mutating func piece(_ text: StaticString) -> Piece {
    let start = bytes.count
    text.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) }
    return Piece(start: Int32(clamping: start), count: Int32(clamping: bytes.count - start))
  }

  /// Joins texts that are there, with a separator between them.
  mutating func join(_ pieces: [Piece], _ separator: StaticString) -> Piece {
    let start = bytes.count
    var isFirst = true
    for piece in pieces where !piece.isNone {
      if !isFirst { separator.withUTF8Buffer { unsafe bytes.append(contentsOf: $0) } }
      isFirst = false
      for index in piece.range { bytes.append(bytes[index]) }
    }
    guard !isFirst else { return .none }
    return Piece(start: Int32(clamping: start), count: Int32(clamping: bytes.count - start))
  }

  /// Gives results to the actions they name: to their rows where these are here, else by `outcomes`.
  mutating func foldOutcomes() {
    guard let first = rows.first?.sequence else { return }
    for index in rows.indices where rows[index].isOutcome {
      let result = rows[index]
      let line = result.cause.line
      guard line >= 0, UInt64(line) < result.sequence else { continue }
      if UInt64(line) < first {
        outcomes.append(
          OutcomeFact(
            action: line, status: result.status, code: result.code, duration: result.duration,
            rows: result.rows, bytes: result.bytes))
      } else if let place = row(at: UInt64(line)) {
        guard rows[place].isAction else { continue }
        if result.status != 0 { rows[place].status = result.status }
        if !result.code.isNone { rows[place].code = result.code }
        rows[place].duration = result.duration ?? rows[place].duration
        rows[place].rows = Self.sum(rows[place].rows, result.rows)
        rows[place].bytes = Self.sum(rows[place].bytes, result.bytes)
      } else {
        continue
      }
      rows[index].rows = nil
      rows[index].bytes = nil
    }
    foldDecisions(first)
  }

  /// Gives decisions to the actions they are on, where their rows are here: behind the results, as `SessionRows` does
  /// it with actions of earlier blocks.
  private mutating func foldDecisions(_ first: UInt64) {
    for index in decisions.indices {
      let fact = decisions[index]
      let line = fact.subject.line
      guard line >= 0, UInt64(line) >= first, UInt64(line) < rows[Int(fact.row)].sequence else {
        continue
      }
      decisions[index].isFolded = true
      guard let place = row(at: UInt64(line)), rows[place].isAction else { continue }
      rows[place].disposition = fact.disposition
      if fact.isEnforced, fact.outcome == .block, rows[place].status == 0 { rows[place].status = 2 }
    }
  }

  private static func sum(_ a: Int64?, _ b: Int64?) -> Int64? {
    guard let a else { return b }
    guard let b else { return a }
    let (sum, over) = a.addingReportingOverflow(b)
    return over ? Int64.max : sum
  }

  /// Place of the row with a line number.
  func row(at sequence: UInt64) -> Int? {
    var (low, high) = (0, rows.count)
    while low < high {
      let middle = (low + high) / 2
      if rows[middle].sequence < sequence { low = middle + 1 } else { high = middle }
    }
    return low < rows.count && rows[low].sequence == sequence ? low : nil
  }
}
