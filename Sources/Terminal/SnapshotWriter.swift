/// Collects the parts of a snapshot: numbers as LEB128, texts and tables as far as they are used.
///
/// Styles, clusters, links and decorations get new numbers in the order of their first use, so that
/// terminals that show the same give the same bytes, whatever they held before.
struct SnapshotWriter {
  private let clusters: ClusterTable
  private let decorations: DecorationTable
  private var body = SnapshotBytes()

  private var styles = SnapshotBytes()
  private var styleNumbers: [PackedStyle: UInt64] = [:]
  private var clusterEntries = SnapshotBytes()
  private var clusterNumbers: [UInt32: UInt64] = [:]
  private var links = SnapshotBytes()
  private var linkNumbers: [UInt32: UInt64] = [0: 0]
  private var decorationEntries = SnapshotBytes()
  private var decorationNumbers: [UInt32: UInt64] = [0: 0]

  init(_ screen: Screen) {
    clusters = screen.clusters
    decorations = screen.decorations
  }

  mutating func number(_ value: Int) { body.append(UInt64(max(0, value))) }

  mutating func number(_ value: UInt64) { body.append(value) }

  mutating func flag(_ value: Bool) { body.append(value ? 1 : 0) }

  mutating func text(_ text: String) { body.append(Array(text.utf8)) }

  mutating func bytes(_ bytes: [UInt8]) { body.append(bytes) }

  /// Bytes whose number the reader knows.
  mutating func plain(_ bytes: [UInt8]) { body.bytes += bytes }

  mutating func style(_ style: PackedStyle) {
    if let number = styleNumbers[style] { return body.append(number) }
    let number = UInt64(styleNumbers.count)
    styleNumbers[style] = number
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      styles.bytes.append(UInt8(truncatingIfNeeded: style.bits >> shift))
    }
    body.append(number)
  }

  mutating func decoration(_ number: UInt32) { body.append(renumbered(decoration: number)) }

  mutating func link(_ number: UInt32) { body.append(renumbered(link: number)) }

  /// `PackedCell.content`: the width in two bits, then whether it is a cluster, then its text.
  mutating func content(_ content: UInt32) {
    let text = content & PackedCell.textMask
    let width = UInt64(content >> PackedCell.widthShift & 3)
    body.append(renumbered(text: text) << 2 | width)
  }

  private mutating func renumbered(text: UInt32) -> UInt64 {
    guard text & PackedCell.clusterBit != 0 else { return UInt64(text) << 1 }
    if let number = clusterNumbers[text] { return number << 1 | 1 }
    // At most `Limits.scalarsPerCell` deep.
    let prefix = renumbered(text: clusters.prefix(of: text))
    let number = UInt64(clusterNumbers.count)
    clusterNumbers[text] = number
    clusterEntries.append(prefix)
    clusterEntries.append(UInt64(clusters.last(of: text)))
    return number << 1 | 1
  }

  private mutating func renumbered(link: UInt32) -> UInt64 {
    if let number = linkNumbers[link] { return number }
    let number = UInt64(linkNumbers.count)
    linkNumbers[link] = number
    links.append(Array((decorations.id(ofLink: Int(link)) ?? "").utf8))
    links.append(Array((decorations.target(ofLink: Int(link)) ?? "").utf8))
    return number
  }

  private mutating func renumbered(decoration: UInt32) -> UInt64 {
    if let number = decorationNumbers[decoration] { return number }
    let values = decorations.values(decoration)
    let link = renumbered(link: values.link)
    let number = UInt64(decorationNumbers.count)
    decorationNumbers[decoration] = number
    decorationEntries.append(UInt64(values.underlineColor.bits))
    decorationEntries.append(link)
    return number
  }

  /// Header, tables, what was written, check sum.
  func finished() -> [UInt8] {
    var whole = SnapshotBytes(bytes: SnapshotFormat.magic + [SnapshotFormat.version])
    whole.append(UInt64(styleNumbers.count))
    whole.bytes += styles.bytes
    whole.append(UInt64(clusterNumbers.count))
    whole.bytes += clusterEntries.bytes
    whole.append(UInt64(linkNumbers.count - 1))
    whole.bytes += links.bytes
    whole.append(UInt64(decorationNumbers.count - 1))
    whole.bytes += decorationEntries.bytes
    whole.bytes += body.bytes
    let sum = SnapshotFormat.sum(whole.bytes, count: whole.bytes.count)
    for shift in stride(from: UInt64(0), to: 64, by: 8) {
      whole.bytes.append(UInt8(truncatingIfNeeded: sum >> shift))
    }
    return whole.bytes
  }
}

/// What writer and reader agree on.
enum SnapshotFormat {
  static let magic = Array("BBVT".utf8)
  /// Raised whenever the bytes mean something else; other versions are refused.
  static let version: UInt8 = 2
  static let sumBytes = 8

  /// Tells torn and rotten bytes from whole ones; no protection against anybody.
  static func sum(_ bytes: [UInt8], count: Int) -> UInt64 {
    var sum: UInt64 = 0xCBF2_9CE4_8422_2325 ^ UInt64(count)
    var word: UInt64 = 0
    var index = 0
    while index < count {
      word = word << 8 | UInt64(bytes[index])
      index += 1
      guard index & 7 == 0 || index == count else { continue }
      sum = (sum ^ word) &* 0x9E37_79B9_7F4A_7C15
      sum ^= sum >> 29
      word = 0
    }
    return sum
  }
}

/// Bytes with the two forms all parts are made of.
struct SnapshotBytes {
  var bytes: [UInt8] = []

  mutating func append(_ value: UInt64) { bytes.append(leb128: value) }

  /// Their number, then they themselves.
  mutating func append(_ part: [UInt8]) {
    append(UInt64(part.count))
    bytes += part
  }
}
