internal import Platform

/// The header of a zstd frame and of its blocks, as far as recovery and the format's rules need
/// them.
///
/// Source: RFC 8878 §3.1.1.
enum ZstdFrame {
  struct Header {
    var bytes: Int
    var window: UInt64
    var hasDictionary: Bool
    var hasChecksum: Bool
  }

  /// Reads the header at `start`; nil if the bytes do not reach or are not one.
  static func header(_ bytes: Span<UInt8>, at start: Int) -> Header? {
    guard bytes.count - start >= 6, bytes.littleEndian32(at: start) == FrameLayout.dataMagic else {
      return nil
    }
    let descriptor = bytes[start + 4]
    let singleSegment = descriptor & 0x20 != 0
    guard descriptor & 0x08 == 0 else { return nil }
    let dictionaryBytes = [0, 1, 2, 4][Int(descriptor & 3)]
    var sizeBytes = [0, 2, 4, 8][Int(descriptor >> 6)]
    if descriptor >> 6 == 0, singleSegment { sizeBytes = 1 }
    let total = 5 + (singleSegment ? 0 : 1) + dictionaryBytes + sizeBytes
    guard bytes.count - start >= total else { return nil }
    var window: UInt64
    if singleSegment {
      window = 0
      for i in 0..<sizeBytes {
        window |= UInt64(bytes[start + 5 + dictionaryBytes + i]) << UInt64(8 * i)
      }
      if sizeBytes == 2 { window += 256 }
    } else {
      let byte = UInt64(bytes[start + 5])
      let base: UInt64 = 1 << (10 + byte >> 3)
      window = base + base / 8 * (byte & 7)
    }
    return Header(
      bytes: total, window: window, hasDictionary: dictionaryBytes > 0,
      hasChecksum: descriptor & 4 != 0)
  }

  /// Why a header breaks the format's rules; nil if it keeps them.
  static func fault(_ header: Header) -> String? {
    if header.hasDictionary { return "a frame with a dictionary id" }
    if header.hasChecksum { return "a frame with a content checksum" }
    if header.window > 1 << UInt64(Limits.windowLog) { return "a window of \(header.window) bytes" }
    return nil
  }

  /// Stored length of the block whose header stands at `offset`, header included, and whether it is the last;
  /// nil if the bytes do not reach or the block type is reserved.
  static func block(_ bytes: Span<UInt8>, at offset: Int) -> (length: Int, isLast: Bool)? {
    guard bytes.count - offset >= 3 else { return nil }
    let header =
      UInt32(bytes[offset]) | UInt32(bytes[offset + 1]) << 8 | UInt32(bytes[offset + 2]) << 16
    let size = Int(header >> 3)
    let length: Int
    switch header >> 1 & 3 {
    case 0, 2: length = 3 + size
    case 1: length = 4
    default: return nil
    }
    guard bytes.count - offset >= length else { return nil }
    return (length, header & 1 == 1)
  }
}
