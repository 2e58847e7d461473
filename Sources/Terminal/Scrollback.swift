/// The lines that left the top of the primary screen, oldest first.
///
/// Lines lie in chunks: a copy of the terminal shares all chunks, and what is written after the
/// copy takes a new chunk at most, not a new list of ten thousand lines.
struct Scrollback: Sendable {
  let limit: Int
  private var chunks: [[SettledLine]] = []
  /// Lines of the first chunk that are already beyond the limit.
  private var dropped = 0
  private(set) var count = 0

  private static let chunkLines = 128

  init(limit: Int) {
    self.limit = limit
  }

  /// Line 0 is the oldest.
  subscript(_ index: Int) -> Line? {
    settled(index)?.line
  }

  func settled(_ index: Int) -> SettledLine? {
    guard index >= 0, index < count else { return nil }
    let place = index + dropped
    return chunks[place / Self.chunkLines][place % Self.chunkLines]
  }

  mutating func append(_ line: Line) {
    guard limit > 0 else { return }
    append(SettledLine(line))
  }

  mutating func append(_ line: SettledLine) {
    guard limit > 0 else { return }
    if let last = chunks.indices.last, chunks[last].count < Self.chunkLines {
      chunks[last].append(line)
    } else {
      var chunk: [SettledLine] = []
      chunk.reserveCapacity(Self.chunkLines)
      chunk.append(line)
      chunks.append(chunk)
    }
    count += 1
    if count > limit { dropOldest() }
  }

  private mutating func dropOldest() {
    count -= 1
    dropped += 1
    if dropped == Self.chunkLines {
      chunks.removeFirst()
      dropped = 0
    }
  }

  /// Takes the newest line back, for a screen that grows.
  mutating func popLast() -> Line? {
    let line = settled(count - 1)?.line
    removeLast(1)
    return line
  }

  mutating func removeLast(_ lines: Int) {
    guard lines < count else { return removeAll() }
    var missing = lines
    while missing > 0, let last = chunks.indices.last {
      let here = min(missing, chunks[last].count)
      chunks[last].removeLast(here)
      if chunks[last].isEmpty { chunks.removeLast() }
      missing -= here
    }
    count -= lines
  }

  mutating func removeAll() {
    chunks = []
    dropped = 0
    count = 0
  }

  func forEach(_ body: (Line) -> Void) {
    for index in 0..<count {
      if let line = self[index] { body(line) }
    }
  }
}

extension Scrollback: Equatable {
  /// Compares the lines still held, not how they lie in chunks.
  static func == (left: Scrollback, right: Scrollback) -> Bool {
    left.limit == right.limit && left.count == right.count
      && (0..<left.count).allSatisfy { left[$0] == right[$0] }
  }
}
