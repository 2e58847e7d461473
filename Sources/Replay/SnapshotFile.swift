internal import Platform
internal import SessionLog
internal import Terminal

/// All that a loader found in a recording, so that the next viewer need not wait for it.
struct ReplayIndex: Sendable {
  var timeline = Timeline()
  var marks = Marks()
  var hidden: [HiddenStep] = []
  var hiddenDropped: UInt64 = 0
  var keyframes: [Keyframes.Keyframe] = []
  var text: [TextChunk] = []
}

/// Which bytes a snapshot file belongs to.
struct SnapshotBinding: Sendable, Equatable {
  /// Length of the session file.
  var size: UInt64
  /// SHA-256 of its last bytes, which hold the last commit: that covers all bytes before it.
  var tail: Digest

  static let tailBytes = 4096
}

/// The form of a snapshot file.
///
/// Format: schema/replay-snapshots.md.
enum SnapshotFile {
  private static let magic = Array("bbox-r1\0".utf8)
  /// Changes with the format, and with anything that a scout finds.
  static let version: UInt64 = 5
  static let mostBytes: UInt64 = 512 << 20

  static func encode(_ index: ReplayIndex, _ binding: SnapshotBinding) throws(CryptoFailure)
    -> [UInt8]
  {
    var writer = SnapshotFileWriter()
    writer.plain(magic)
    writer.number(version)
    writer.number(binding.size)
    writer.plain(binding.tail.bytes)
    index.timeline.write(to: &writer)
    index.marks.write(to: &writer)
    writer.number(index.hiddenDropped)
    writer.number(index.hidden.count)
    for step in index.hidden { write(step, &writer) }
    writer.number(index.keyframes.count)
    for frame in index.keyframes {
      writer.number(frame.event)
      writer.number(frame.output)
      writer.block(frame.packed)
    }
    writer.number(index.text.count)
    for chunk in index.text {
      writer.number(chunk.firstEvent)
      writer.number(chunk.end)
      writer.plain(chunk.digest.bytes)
      writer.number(chunk.place.map { $0.offset + 1 } ?? 0)
      writer.number(chunk.place?.stored ?? 0)
      writer.words(chunk.words)
    }
    let digest = try SHA256.hash(writer.bytes)
    writer.plain(digest.bytes)
    return writer.bytes
  }

  /// What the bytes hold; nil where they are damaged, foreign, of another version or for other bytes.
  static func decode(_ bytes: [UInt8], _ binding: SnapshotBinding) -> ReplayIndex? {
    do {
      let body = bytes.count - 32
      guard body > magic.count, bytes.starts(with: magic) else { return nil }
      let digest = try SHA256.hash(bytes.span.extracting(0..<body))
      guard digest.bytes == Array(bytes[body...]) else { return nil }
      var reader = SnapshotFileReader(bytes, from: magic.count, to: body)
      guard try reader.number() == version, try reader.number() == binding.size,
        try reader.plain(32) == binding.tail.bytes
      else { return nil }
      var index = ReplayIndex()
      index.timeline = try Timeline(from: &reader, fileSize: binding.size)
      let last = index.timeline.count - 1
      guard last >= 0 else { return nil }
      index.marks = try Marks(from: &reader, last: last)
      index.hiddenDropped = try reader.number()
      for _ in 0..<(try reader.count(6)) { index.hidden.append(try hidden(&reader, last)) }
      var before = -1
      for _ in 0..<(try reader.count(3)) {
        let event = try reader.number(before + 1...max(before + 1, last))
        guard event <= last else { return nil }
        index.keyframes.append(
          Keyframes.Keyframe(event: event, output: try reader.number(), packed: try reader.block()))
        before = event
      }
      var end = 0
      for _ in 0..<(try reader.count(TextChunk.bytes)) {
        let chunk = try chunk(&reader, from: end, last)
        index.text.append(chunk)
        end = chunk.end
      }
      guard reader.isAtEnd else { return nil }
      return index
    } catch {
      return nil
    }
  }

  private static func write(_ step: HiddenStep, _ writer: inout SnapshotFileWriter) {
    writer.number(step.event)
    writer.text(step.content.kind.rawValue)
    writer.number(step.content.row)
    writer.number(step.content.column)
    writer.number(step.content.offset)
    writer.text(step.content.detail)
  }

  private static func chunk(
    _ reader: inout SnapshotFileReader, from end: Int, _ last: Int
  ) throws(SnapshotFileReader.Damage) -> TextChunk {
    var chunk = TextChunk(firstEvent: try reader.number(end...max(end, last)))
    guard chunk.firstEvent <= last else { throw SnapshotFileReader.Damage() }
    chunk.end = try reader.number(chunk.firstEvent + 1...last + 1)
    let bytes = try reader.plain(32)
    guard let digest = Digest(bytes.span, at: 0) else { throw SnapshotFileReader.Damage() }
    chunk.digest = digest
    let offset = try reader.number()
    let stored = try reader.number(0...Int(TextStore.mostBytes))
    guard offset <= TextStore.mostBytes else { throw SnapshotFileReader.Damage() }
    if offset > 0 { chunk.place = TextChunk.Place(offset: offset - 1, stored: stored) }
    chunk.words = try reader.words(TextChunk.bits / 64)
    return chunk
  }

  private static func hidden(
    _ reader: inout SnapshotFileReader, _ last: Int
  ) throws(SnapshotFileReader.Damage) -> HiddenStep {
    let event = try reader.number(0...last)
    guard let kind = HiddenContent.Kind(rawValue: try reader.text()) else {
      throw SnapshotFileReader.Damage()
    }
    return HiddenStep(
      event: event,
      content: HiddenContent(
        kind, row: try reader.number(0...0xFFFF), column: try reader.number(0...0xFFFF),
        offset: try reader.number(), detail: try reader.text()))
  }
}
