internal import Terminal

/// Rows of text as they come to stand on a screen.
///
/// A row is new where the screen held no such row before. Output is looked at whenever one screen of lines at most has
/// come, so that nothing passes unseen but what is overwritten at once.
struct ShownRows: Sendable {
  private var known = RowHashes()
  private var next = RowHashes()
  private var text: [UInt8] = []

  /// Feeds the output of one event and shows each new row to `visit`.
  mutating func feed(
    _ bytes: Span<UInt8>, to terminal: inout VirtualTerminal,
    _ visit: (_ row: Int, _ text: Span<UInt8>) -> Void
  ) {
    var start = 0
    while start < bytes.count {
      let end = Self.piece(bytes, start, rows: terminal.rows, columns: terminal.columns)
      let part = bytes.extracting(start..<end)
      if start == 0 { terminal.feed(part) } else { terminal.feed(continuing: part) }
      look(at: terminal, visit)
      start = end
    }
  }

  /// The end of a piece that scrolls no more than a screen away.
  private static func piece(_ bytes: Span<UInt8>, _ start: Int, rows: Int, columns: Int) -> Int {
    let end = min(bytes.count, start + max(64, (rows - 1) * columns))
    var lines = max(1, rows - 1)
    var index = start
    while index < end {
      if bytes[index] == 0x0A {
        lines -= 1
        if lines == 0 { return index + 1 }
      }
      index += 1
    }
    return end
  }

  mutating func look(
    at terminal: VirtualTerminal, _ visit: (_ row: Int, _ text: Span<UInt8>) -> Void
  ) {
    next.empty(rows: terminal.rows)
    for row in 0..<terminal.rows {
      text.removeAll(keepingCapacity: true)
      terminal.appendText(ofRow: row, to: &text)
      guard !text.isEmpty else { continue }
      let hash = RowHashes.hash(text.span)
      if next.insert(hash), !known.contains(hash) { visit(row, text.span) }
    }
    swap(&known, &next)
  }

  /// Takes the rows that stand there as known.
  mutating func begin(with terminal: VirtualTerminal) {
    known = RowHashes()
    look(at: terminal) { _, _ in }
  }
}

/// Hashes of the rows of one screen: a table with open addresses, emptied and filled for each look.
struct RowHashes: Sendable {
  /// A power of two; 0 stands for nothing.
  private var slots: [UInt64] = [0]

  /// Another in each process, so that no recording can be made whose rows collide.
  private static let seed = UInt64.random(in: .min ... .max)
  private static let factor: UInt64 = 0x9E37_79B9_7F4A_7C15

  /// Makes room for at most so many.
  mutating func empty(rows: Int) {
    var size = 16
    while size < rows * 2 { size *= 2 }
    if slots.count == size {
      for index in slots.indices { slots[index] = 0 }
    } else {
      slots = [UInt64](repeating: 0, count: size)
    }
  }

  /// False where it is there already.
  mutating func insert(_ hash: UInt64) -> Bool {
    let mask = slots.count - 1
    var place = Int(truncatingIfNeeded: hash >> 32) & mask
    while slots[place] != 0 {
      if slots[place] == hash { return false }
      place = (place + 1) & mask
    }
    slots[place] = hash
    return true
  }

  func contains(_ hash: UInt64) -> Bool {
    let mask = slots.count - 1
    var place = Int(truncatingIfNeeded: hash >> 32) & mask
    while slots[place] != 0 {
      if slots[place] == hash { return true }
      place = (place + 1) & mask
    }
    return false
  }

  /// Never 0.
  static func hash(_ text: Span<UInt8>) -> UInt64 {
    var hash = seed ^ UInt64(text.count) &* factor
    unsafe text.withUnsafeBytes { raw in
      var offset = 0
      while offset + 8 <= raw.count {
        let word = unsafe raw.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
        hash = mix(hash, word)
        offset += 8
      }
      var rest: UInt64 = 0
      while offset < raw.count {
        rest = unsafe rest << 8 | UInt64(raw[offset])
        offset += 1
      }
      hash = mix(hash, rest)
    }
    return hash == 0 ? 1 : hash
  }

  @inline(__always)
  private static func mix(_ hash: UInt64, _ word: UInt64) -> UInt64 {
    let (high, low) = (hash ^ word).multipliedFullWidth(by: factor)
    return high ^ low &+ seed
  }
}
