package import Platform

/// Offsets and sizes of the frames of a session file.
///
/// Format: schema/session-format.md §4.
enum FrameLayout {
  static let dataMagic: UInt32 = 0xFD2F_B528
  static let commitMagic: UInt32 = 0x184D_2A5A
  static let encryptedMagic: UInt32 = 0x184D_2A5B
  static let withheldMagic: UInt32 = 0x184D_2A5C
  static let seekTableMagic: UInt32 = 0x184D_2A5E
  static let headerBytes = 8
  static let commitBytes = 128
  static let commitPayload: UInt32 = 120
  static let commitTag = Array("bbox-c1\0".utf8)
  static let withheldTag = Array("bbox-w1\0".utf8)
  static let saltsTag = Array("bbox-s1\0".utf8)
  static let encryptedTag = Array("bbox-e1\0".utf8)
  static let seekableMagic: UInt32 = 0x8F92_EAB1
  /// An empty last raw block: ends a data frame that a crash left open.
  ///
  /// Source: RFC 8878 §3.1.1.2.
  static let emptyLastBlock: [UInt8] = [1, 0, 0]
}

/// What a commit frame says; whether it is true is the reader's to recompute.
package struct CommitFrame: Sendable, Equatable {
  package struct Flags: OptionSet, Sendable {
    package let rawValue: UInt32
    package init(rawValue: UInt32) { self.rawValue = rawValue }
    package static let close = Flags(rawValue: 1)
    package static let recovery = Flags(rawValue: 2)
    package static let encrypted = Flags(rawValue: 4)
    package static let erased = Flags(rawValue: 8)
    static let known: Flags = [.close, .recovery, .encrypted, .erased]
  }

  /// Number of this commit, from 0.
  package var k: UInt64
  package var firstLine: UInt64
  /// Lines so far.
  package var lines: UInt64
  /// Where the batch's first part starts in the file.
  package var offset: UInt64
  /// Length of all its parts.
  package var length: UInt32
  package var flags: Flags
  /// `t` of the last line.
  package var time: UInt64
  package var root: Digest
  /// SHA-256 of the file before this frame.
  package var chain: Digest

  /// The frame's 128 bytes.
  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(FrameLayout.commitBytes)
    bytes.appendLittleEndian(FrameLayout.commitMagic)
    bytes.appendLittleEndian(FrameLayout.commitPayload)
    bytes.append(contentsOf: FrameLayout.commitTag)
    bytes.appendLittleEndian(k)
    bytes.appendLittleEndian(firstLine)
    bytes.appendLittleEndian(lines)
    bytes.appendLittleEndian(offset)
    bytes.appendLittleEndian(length)
    bytes.appendLittleEndian(flags.rawValue)
    bytes.appendLittleEndian(time)
    root.append(to: &bytes)
    chain.append(to: &bytes)
    return bytes
  }

  /// Reads the 128 bytes at `offset`; nil if magic, size, tag or flags are not a commit frame's.
  package init?(_ bytes: Span<UInt8>, at start: Int) {
    guard start >= 0, bytes.count - start >= FrameLayout.commitBytes,
      bytes.littleEndian32(at: start) == FrameLayout.commitMagic,
      bytes.littleEndian32(at: start + 4) == FrameLayout.commitPayload,
      bytes.has(FrameLayout.commitTag, at: start + 8),
      let root = Digest(bytes, at: start + 64), let chain = Digest(bytes, at: start + 96)
    else { return nil }
    k = bytes.littleEndian64(at: start + 16)
    firstLine = bytes.littleEndian64(at: start + 24)
    lines = bytes.littleEndian64(at: start + 32)
    offset = bytes.littleEndian64(at: start + 40)
    length = bytes.littleEndian32(at: start + 48)
    flags = Flags(rawValue: bytes.littleEndian32(at: start + 52))
    time = bytes.littleEndian64(at: start + 56)
    self.root = root
    self.chain = chain
    guard flags.isSubset(of: .known) else { return nil }
  }

  init(
    k: UInt64, firstLine: UInt64, lines: UInt64, offset: UInt64, length: UInt32, flags: Flags,
    time: UInt64, root: Digest, chain: Digest
  ) {
    self.k = k
    self.firstLine = firstLine
    self.lines = lines
    self.offset = offset
    self.length = length
    self.flags = flags
    self.time = time
    self.root = root
    self.chain = chain
  }
}

/// The zstd seekable table that ends a closed session: one entry per frame in file order.
struct SeekTable {
  private(set) var entries: [(stored: UInt32, content: UInt32)] = []

  mutating func add(stored: UInt64, content: UInt64) {
    entries.append((UInt32(clamping: stored), UInt32(clamping: content)))
  }

  /// The table as one skippable frame.
  ///
  /// Source: zstd seekable format, no checksums.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(entries.count * 8 + 17)
    bytes.appendLittleEndian(FrameLayout.seekTableMagic)
    bytes.appendLittleEndian(UInt32(clamping: entries.count * 8 + 9))
    for entry in entries {
      bytes.appendLittleEndian(entry.stored)
      bytes.appendLittleEndian(entry.content)
    }
    bytes.appendLittleEndian(UInt32(clamping: entries.count))
    bytes.append(0)
    bytes.appendLittleEndian(FrameLayout.seekableMagic)
    return bytes
  }
}

extension [UInt8] {
  mutating func appendLittleEndian(_ value: UInt32) {
    for shift in stride(from: 0, to: 32, by: 8) {
      append(UInt8(truncatingIfNeeded: value >> UInt32(shift)))
    }
  }
  mutating func appendLittleEndian(_ value: UInt64) {
    for shift in stride(from: 0, to: 64, by: 8) {
      append(UInt8(truncatingIfNeeded: value >> UInt64(shift)))
    }
  }
}

extension Span<UInt8> {
  /// The caller has checked that the bytes are there.
  func littleEndian32(at offset: Int) -> UInt32 {
    var value: UInt32 = 0
    for i in 0..<4 { value |= UInt32(self[offset + i]) << UInt32(8 * i) }
    return value
  }
  func littleEndian64(at offset: Int) -> UInt64 {
    var value: UInt64 = 0
    for i in 0..<8 { value |= UInt64(self[offset + i]) << UInt64(8 * i) }
    return value
  }
  func has(_ tag: [UInt8], at offset: Int) -> Bool {
    guard count - offset >= tag.count else { return false }
    for i in 0..<tag.count where self[offset + i] != tag[i] { return false }
    return true
  }
}
