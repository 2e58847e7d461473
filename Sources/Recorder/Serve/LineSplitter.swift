internal import Glibc
internal import SessionLog

/// Cuts what is read from a connection into lines, wherever the reads were cut.
struct LineSplitter {
  /// The beginning of a line whose end was not read yet.
  private var held: [UInt8] = []

  /// Bytes of that line so far.
  var unfinished: Int { held.count }

  /// Hands each whole line to `body`, without its LF; false from it stops.
  ///
  /// Returns how many bytes were used up.
  ///
  /// - Throws: `too_long` as soon as a line cannot end within the limit any more.
  @discardableResult
  mutating func add(_ bytes: Span<UInt8>, _ body: (Span<UInt8>) -> Bool) throws(Refusal) -> Int {
    var start = 0
    while let end = Self.lineFeed(in: bytes, from: start) {
      guard held.count + end - start <= Limits.lineBytes else { throw Self.tooLong }
      let goesOn: Bool
      if held.isEmpty {
        goesOn = body(bytes.extracting(start..<end))
      } else {
        held.append(bytes, start..<end)
        goesOn = body(held.span)
        held.removeAll(keepingCapacity: held.capacity <= 1 << 16)
      }
      start = end + 1
      guard goesOn else { return start }
    }
    guard held.count + bytes.count - start <= Limits.lineBytes else { throw Self.tooLong }
    held.append(bytes, start..<bytes.count)
    return bytes.count
  }

  private static var tooLong: Refusal {
    Refusal(.tooLong, "a line is longer than \(Limits.lineBytes) bytes")
  }

  private static func lineFeed(in bytes: Span<UInt8>, from start: Int) -> Int? {
    unsafe bytes.withUnsafeBufferPointer { buffer in
      guard start < buffer.count, let base = buffer.baseAddress,
        let found = unsafe memchr(base + start, 0x0A, buffer.count - start)
      else { return nil }
      return unsafe UnsafePointer(found.assumingMemoryBound(to: UInt8.self)) - base
    }
  }
}
