internal import Platform
internal import SessionLog

/// Reads ttyrec: frames of seconds, microseconds, length (u32 little-endian each) and output bytes.
///
/// Times count from the first frame; the format knows no size, no input and no end.
struct TTYRecordParser: SourceParser, ~Copyable {
  static let headerBytes = 12
  /// No writer of the format reads as much at once.
  static let mostBytes = 16 << 20

  private var reader: ByteReader
  private var origin: Int64?
  private var frame: UInt64 = 0

  init(_ source: SourceFile) throws(ImportFailure) { reader = try ByteReader(source) }

  mutating func finish() throws(ImportFailure) -> [SourceDigest] { [try reader.finish()] }

  mutating func step(into stream: inout EventStream) throws(ImportFailure) -> Bool {
    guard try reader.fill(1) else { return false }
    frame += 1
    let place = "frame \(frame), offset \(reader.offset)"
    guard try reader.fill(Self.headerBytes) else {
      let rest = try reader.take(Self.headerBytes)
      stream.facts.isCut = true
      stream.gap(
        "a frame header that is cut", at: place, bytes: UInt64(rest.count), source: rest.span)
      return false
    }
    let header = Self.header(reader.buffer.span, at: reader.start)
    guard header.micros < 1_000_000, header.count <= Self.mostBytes else {
      // Frames have no mark to find the next one by.
      let rest = reader.source.size &- reader.offset
      stream.gap("not a frame header; nothing behind it can be found", at: place, bytes: rest)
      stream.facts.isCut = true
      return false
    }
    let moment = Int64(header.seconds) * 1_000_000 + Int64(header.micros)
    let first = origin ?? moment
    if origin == nil {
      origin = moment
      stream.facts.at = moment
    }
    let own = stream.go(to: (moment - first) * 1000, place)
    let isWhole = try reader.fill(Self.headerBytes + header.count)
    reader.consume(Self.headerBytes)
    let count = min(header.count, reader.available)
    if count > 0 || isWhole {
      stream.data(
        .output, reader.buffer.span.extracting(reader.start..<reader.start + count),
        sourceTime: own)
    }
    reader.consume(count)
    if !isWhole {
      stream.facts.isCut = true
      stream.gap(
        "a frame that is cut: \(count) of \(header.count) bytes", at: place,
        bytes: UInt64(header.count - count))
      return false
    }
    return true
  }

  static func header(_ bytes: Span<UInt8>, at offset: Int) -> (
    seconds: UInt32, micros: UInt32, count: Int
  ) {
    func word(_ at: Int) -> UInt32 {
      var value: UInt32 = 0
      for index in 0..<4 { value |= UInt32(bytes[at + index]) << UInt32(8 * index) }
      return value
    }
    return (word(offset), word(offset + 4), Int(word(offset + 8)))
  }
}
