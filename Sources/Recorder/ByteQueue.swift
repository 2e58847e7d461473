/// Bytes that wait for a descriptor: appended at the end, taken from the front.
struct ByteQueue {
  private var bytes: [UInt8] = []
  private var start = 0

  var count: Int { bytes.count - start }
  var isEmpty: Bool { count == 0 }

  mutating func append(_ added: [UInt8]) { bytes.append(contentsOf: added) }

  mutating func append(_ added: [UInt8], _ range: Range<Int>) {
    bytes.append(contentsOf: added[range])
  }

  /// Calls `body` with the first bytes, `limit` at most.
  func withFirst<R>(_ limit: Int, _ body: (Span<UInt8>) -> R) -> R {
    body(bytes.span.extracting(start..<start + min(count, limit)))
  }

  /// Takes bytes from the front.
  mutating func drop(_ count: Int) {
    start += min(count, self.count)
    // Moved only when more than half is gone, so that each byte is moved once on average.
    if start == bytes.count {
      bytes.removeAll(keepingCapacity: bytes.capacity <= 1 << 20)
      start = 0
    } else if start > 64 << 10, start > bytes.count / 2 {
      bytes.removeFirst(start)
      start = 0
    }
  }

  mutating func removeAll() {
    bytes.removeAll()
    start = 0
  }
}
