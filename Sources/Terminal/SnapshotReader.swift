/// The bytes are no snapshot this version can take.
struct SnapshotDamage: Error {}

/// Takes a snapshot apart; whatever the bytes are, it traps on none and believes none.
struct SnapshotReader {
  private let all: [UInt8]
  private var position: Int
  private let end: Int

  private var styles: [PackedStyle] = []
  private(set) var clusters = ClusterTable()
  private(set) var decorations = DecorationTable()
  private var clusterCount = 0
  private var linkCount = 0
  private var decorationCount = 0

  init(_ bytes: [UInt8]) throws(SnapshotDamage) {
    let header = SnapshotFormat.magic.count + 1
    guard bytes.count >= header + SnapshotFormat.sumBytes,
      bytes.starts(with: SnapshotFormat.magic), bytes[header - 1] == SnapshotFormat.version
    else { throw SnapshotDamage() }
    all = bytes
    position = header
    end = bytes.count - SnapshotFormat.sumBytes
    var sum: UInt64 = 0
    for index in (end..<bytes.count).reversed() { sum = sum << 8 | UInt64(bytes[index]) }
    guard sum == SnapshotFormat.sum(bytes, count: end) else { throw SnapshotDamage() }
    try readTables()
  }

  private mutating func readTables() throws(SnapshotDamage) {
    for _ in 0..<(try number(0...(end - position) / 8)) {
      var bits: UInt64 = 0
      for (shift, byte) in try plain(8).enumerated() { bits |= UInt64(byte) << UInt64(8 * shift) }
      styles.append(PackedStyle(bits: bits))
    }
    let entries = try number(0...Limits.clusters)
    for number in 0..<entries {
      let prefix = try text()
      let scalar = try scalar()
      guard prefix != 0,
        clusters.appending(scalar, to: prefix) == UInt32(number) | PackedCell.clusterBit
      else { throw SnapshotDamage() }
      clusterCount = number + 1
    }
    linkCount = try number(0...Limits.links - 1)
    for number in 0..<linkCount {
      let id = try string(limit: Limits.linkBytes)
      let target = try string(limit: Limits.oscBytes)
      guard decorations.link(id: id, target: target) == UInt32(number + 1) else {
        throw SnapshotDamage()
      }
    }
    decorationCount = try number(0...Limits.decorations - 1)
    for number in 0..<decorationCount {
      let color = PackedColor(bits: UInt32(try self.number(0...(4 << 24) - 1)))
      let link = try link()
      guard decorations.number(underlineColor: color, link: link) == UInt32(number + 1) else {
        throw SnapshotDamage()
      }
    }
  }

  var isAtEnd: Bool { position == end }

  mutating func number() throws(SnapshotDamage) -> UInt64 {
    var value: UInt64 = 0
    var shift: UInt64 = 0
    while position < end, shift < 64 {
      let byte = all[position]
      position += 1
      value |= UInt64(byte & 0x7F) << shift
      if byte < 0x80 { return value }
      shift += 7
    }
    throw SnapshotDamage()
  }

  mutating func number(_ range: ClosedRange<Int>) throws(SnapshotDamage) -> Int {
    guard let value = Int(exactly: try number()), range.contains(value) else {
      throw SnapshotDamage()
    }
    return value
  }

  mutating func flag() throws(SnapshotDamage) -> Bool { try number(0...1) == 1 }

  mutating func plain(_ count: Int) throws(SnapshotDamage) -> ArraySlice<UInt8> {
    guard count >= 0, count <= end - position else { throw SnapshotDamage() }
    defer { position += count }
    return all[position..<(position + count)]
  }

  mutating func bytes(limit: Int) throws(SnapshotDamage) -> [UInt8] {
    Array(try plain(try number(0...limit)))
  }

  mutating func string(limit: Int) throws(SnapshotDamage) -> String {
    String(decoding: try plain(try number(0...limit)), as: UTF8.self)
  }

  /// A scalar that may stand in a cell.
  mutating func scalar() throws(SnapshotDamage) -> UInt32 {
    let value = UInt32(try number(0x20...0x10FFFF))
    guard Self.isShown(value) else { throw SnapshotDamage() }
    return value
  }

  private static func isShown(_ scalar: UInt32) -> Bool {
    scalar >= 0x20 && scalar != 0x7F && !(0x80...0x9F).contains(scalar)
      && Unicode.Scalar(scalar) != nil
  }

  mutating func style() throws(SnapshotDamage) -> PackedStyle {
    guard !styles.isEmpty else { throw SnapshotDamage() }
    return styles[try number(0...styles.count - 1)]
  }

  mutating func decoration() throws(SnapshotDamage) -> UInt32 {
    UInt32(try number(0...decorationCount))
  }

  mutating func link() throws(SnapshotDamage) -> UInt32 {
    UInt32(try number(0...linkCount))
  }

  /// `PackedCell.content`.
  mutating func content() throws(SnapshotDamage) -> UInt32 {
    let value = try number()
    let text = try text(value >> 2)
    let width = UInt32(value & 3)
    guard width < 3, width > 0 || text == 0, width < 2 || text != 0 else { throw SnapshotDamage() }
    return width << PackedCell.widthShift | text
  }

  private mutating func text() throws(SnapshotDamage) -> UInt32 { try text(try number()) }

  private func text(_ value: UInt64) throws(SnapshotDamage) -> UInt32 {
    guard let text = UInt32(exactly: value >> 1) else { throw SnapshotDamage() }
    if value & 1 == 1 {
      guard text < clusterCount else { throw SnapshotDamage() }
      return text | PackedCell.clusterBit
    }
    guard text == 0 || Self.isShown(text) else { throw SnapshotDamage() }
    return text
  }
}
