internal import Platform
internal import SessionLog

/// Counts over a session's verified lines.
package struct SessionTally: Sendable, Equatable {
  var lines: UInt64 = 0
  /// Bytes of all lines with their LFs.
  var bytes: UInt64 = 0
  var denied: UInt64 = 0
  var held: UInt64 = 0
  var masked: UInt64 = 0
  var gaps: UInt64 = 0
  var inputBytes: UInt64 = 0
  var outputBytes: UInt64 = 0
  /// `t` of the last line counted.
  var lastTime: UInt64 = 0
  /// Values of a wrong kind that were passed over, and texts that were cut.
  var odd: UInt64 = 0
  var cut: UInt64 = 0

  fileprivate var known = [UInt64](repeating: 0, count: IndexedTypes.all.count + 1)
  fileprivate var others: [String: UInt64] = [:]

  /// Lines by type.
  var types: [String: UInt64] {
    var types = others
    for (index, type) in IndexedTypes.all.enumerated() where known[index + 1] > 0 {
      types[type.name.description] = known[index + 1]
    }
    return types
  }
}

/// Reads a session's committed batches, in order, into rows and counts.
///
/// What lines say of the session itself (trace, address, login) is gathered on the way, because line 0 may lack it.
struct EventReader {
  var tally = SessionTally()
  /// What events say where line 0 says nothing.
  var traceID: String?
  var sourceIP: String?
  var authMethod: String?
  var tokenID: String?
  /// The session's own resource; an event that names the same one names none.
  var resource: ResourceFact?

  var fields = FieldSet()
  var scratch: [UInt8] = []
  /// First line of each Kubernetes audit id, by its hash: its later stages are its outcome.
  var auditIDs: [Int: Int64] = [:]
  private let types = IndexedTypes.table
  private let names = FieldName.table

  /// Reads one batch; rows are added only where `wantsRows`.
  mutating func take(_ batch: borrowing Batch, wantsRows: Bool, into block: inout EventBlock) {
    block.number = batch.commit?.k ?? 0
    tally.lines &+= UInt64(batch.lineCount)
    if batch.firstLine == 0, !batch.isWithheld(0) {
      batch.withLine(0) { line in
        do { resource = ResourceFact(try JSONValue(parsing: line)["resource"]) } catch {}
      }
    }
    for index in 0..<batch.lineCount where !batch.isWithheld(index) {
      let sequence = batch.firstLine &+ UInt64(index)
      batch.withLine(index) { line in
        tally.bytes &+= UInt64(line.count + 1)
        guard let header = LineHeader(line) else { return }
        tally.lastTime = header.time
        let place = types.find(line, header.type)
        let type = place.map { Int32($0 + 1) } ?? 0
        if type > 0 {
          tally.known[Int(type)] &+= 1
        } else {
          tally.others[header.typeName(in: line), default: 0] &+= 1
        }
        if type == IndexedTypes.output || type == IndexedTypes.input {
          count(line, header, type == IndexedTypes.output ? .output : .input, sequence, &block)
        } else {
          read(line, header, type, sequence, index, &block)
        }
      }
    }
    for part in block.stretches {
      if part.stream == .input {
        tally.inputBytes &+= part.bytes
      } else {
        tally.outputBytes &+= part.bytes
      }
    }
    if wantsRows { block.foldOutcomes() } else { block = EventBlock() }
  }

  /// Counts one batch.
  mutating func count(_ batch: borrowing Batch) {
    var block = EventBlock()
    take(batch, wantsRows: false, into: &block)
  }

  /// Counts a line of a terminal's stream, which gets no row of its own.
  private mutating func count(
    _ line: Span<UInt8>, _ header: LineHeader, _ stream: Stretch.Stream, _ sequence: UInt64,
    _ block: inout EventBlock
  ) {
    let known = block.stretches.firstIndex { $0.stream == stream }
    let place = known ?? block.stretches.count
    if known == nil {
      block.stretches.append(
        Stretch(
          stream: stream, batch: block.number, firstLine: sequence, lastLine: sequence,
          firstTime: header.time, lastTime: header.time))
    }
    let payload: Int
    if let count = Self.payloadCount(line, header) {
      payload = count
    } else {
      scratch.removeAll(keepingCapacity: true)
      _ = Payload.append(from: line, header: header, to: &scratch)
      payload = scratch.count
    }
    block.stretches[place].lastLine = sequence
    block.stretches[place].lastTime = header.time
    block.stretches[place].lines &+= 1
    block.stretches[place].bytes &+= UInt64(payload)
  }

  /// Bytes of a payload of the usual shape, without decoding it; nil for another shape.
  private static func payloadCount(_ line: Span<UInt8>, _ header: LineHeader) -> Int? {
    let start = header.end + 9
    guard line.count > start,
      FieldScanner.equals(line, header.end..<start, ",\"data\":\"")
    else { return nil }
    var offset = start
    var count = 0
    while offset < line.count {
      switch line[offset] {
      case 0x22: return count
      case 0x5C:
        // \uXXXX may be one to four bytes, or a half of a pair: let the decoder count.
        guard offset + 1 < line.count else { return nil }
        if line[offset + 1] == 0x75 {
          guard offset + 5 < line.count, line[offset + 2] == 0x30, line[offset + 3] == 0x30,
            line[offset + 4] < 0x38
          else { return nil }
          offset += 6
        } else {
          offset += 2
        }
      default: offset += 1
      }
      count += 1
    }
    return nil
  }

  private mutating func read(
    _ line: Span<UInt8>, _ header: LineHeader, _ type: Int32, _ sequence: UInt64, _ index: Int,
    _ block: inout EventBlock
  ) {
    // A line beyond 2^32 has no number here; the session's counts still tell of it.
    guard sequence <= UInt64(UInt32.max) else { return }
    fields.read(line, from: header.end, names)
    var row = EventRow(
      sequence: sequence, line: Int32(truncatingIfNeeded: index), time: header.time, type: type)
    if type == 0 {
      let name = header.typeName(in: line)
      let place = block.names.firstIndex(of: name) ?? block.names.count
      if place == block.names.count { block.names.append(name) }
      row.type = -1 - Int32(truncatingIfNeeded: place)
    }
    var source = FieldSource(fields: fields, odd: 0, cut: 0)
    describe(&row, line, header, &source, &block)
    tally.odd &+= source.odd
    tally.cut &+= source.cut
    if row.isDenied { tally.denied &+= 1 }
    block.rows.append(row)
  }
}

/// The members of one line that have known names: the first of each name.
struct FieldSet {
  private var places = [UInt8](repeating: .max, count: 96)
  private(set) var found: [(name: FieldName, field: FieldScanner.Field)] = []
  private(set) var isWhole = true

  mutating func read(_ line: Span<UInt8>, from offset: Int, _ names: borrowing NameTable) {
    for entry in found { places[Int(entry.name.rawValue)] = .max }
    found.removeAll(keepingCapacity: true)
    var scanner = FieldScanner(from: offset, to: line.count)
    while let field = scanner.next(line) {
      guard let name = FieldName.find(line, field.name, names),
        places[Int(name.rawValue)] == .max, found.count < 255
      else { continue }
      places[Int(name.rawValue)] = UInt8(found.count)
      found.append((name, field))
    }
    isWhole = scanner.isWhole
  }

  subscript(_ name: FieldName) -> FieldScanner.Field? {
    let place = places[Int(name.rawValue)]
    return place == .max ? nil : found[Int(place)].field
  }
}
