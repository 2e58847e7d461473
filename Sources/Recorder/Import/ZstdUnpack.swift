internal import Platform

/// Takes the zstd wrapping off a source, piece by piece.
///
/// Frames may follow each other. What was unpacked before damage stays; the damage is told.
struct ZstdUnpack: ~Copyable {
  /// The largest window that is allocated for: 128 MiB, as `zstd -d` takes without being asked.
  private static let windowLog: Int32 = 27
  /// So many bytes at a time: a block of four stands for 128 KiB at most, so that a bomb takes 32 MiB.
  private static let piece = 1024
  private static let mostOfPiece = 64 << 20

  private var reader: ByteReader
  private let decompressor: Decompressor
  private let limit: UInt64

  static func isWrapped(_ head: [UInt8]) -> Bool { head.starts(with: [0x28, 0xB5, 0x2F, 0xFD]) }

  init(_ source: SourceFile, limit: UInt64) throws(ImportFailure) {
    let reader = try ByteReader(source)
    do { decompressor = try Decompressor(windowLog: Self.windowLog) } catch {
      throw .refuse("cannot unpack this", source.path, found: error.reason)
    }
    self.reader = reader
    self.limit = limit
  }

  /// Unpacks all frames into `file`, from its start.
  mutating func unpack(into file: borrowing File) throws(ImportFailure) -> Gunzip.Outcome {
    var written: UInt64 = 0
    var fault: String?
    var isInFrame = false
    while fault == nil, written <= limit, try reader.fill(1) {
      let input = try reader.take(Self.piece)
      var position = 0
      while fault == nil, position < input.count, written <= limit {
        var output: [UInt8] = []
        let before = position
        do throws(ZstdFailure) {
          isInFrame = try !decompressor.decompress(
            input.span, from: &position, into: &output, limit: Self.mostOfPiece)
        } catch {
          fault = "the zstd data is damaged: \(error.reason)"
        }
        try write(output, to: file, at: &written)
        if position == before, output.isEmpty { break }
      }
    }
    if fault == nil, isInFrame { fault = "the zstd data is cut" }
    return Gunzip.Outcome(
      bytes: written, fault: fault, digest: try reader.finish(), isTooLarge: written > limit)
  }

  private func write(
    _ bytes: [UInt8], to file: borrowing File, at written: inout UInt64
  ) throws(ImportFailure) {
    guard !bytes.isEmpty else { return }
    do { try file.write(bytes.span, at: written) } catch { throw .source(error) }
    written += UInt64(bytes.count)
  }
}
