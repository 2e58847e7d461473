/// Finds where a match could begin, by its first two bytes and what stands before it.
///
/// This is all that most of a stream meets, so it is one table look-up a byte.
struct CandidateFilter {
  /// What stands before a byte.
  enum Context: UInt8, Sendable {
    /// Anything that a word does not go on from: also the end of a control sequence, which is how colours begin.
    case boundary
    case word
    /// After ESC.
    case escape
    /// Inside a control sequence (ECMA-48 §5.4), where nothing can begin.
    case control
  }

  /// For each byte: 1 it is of a word, 2 a match may begin with it at a boundary, 4 anywhere, 8 it is ESC.
  private var first = [UInt8](repeating: 0, count: 256)
  /// For each pair of bytes: 2 and 4 as above.
  private var pairs = [UInt8](repeating: 0, count: 65_536)

  /// Bytes of a candidate that are looked at here.
  private static let probe = 24

  init(_ automaton: inout PatternAutomaton) {
    for byte in UInt8.min...UInt8.max {
      if ByteSet.word.contains(byte) { first[Int(byte)] |= 1 }
    }
    first[0x1B] |= 8
    // Bytes of one column go the same way, so each pair of columns is tried once.
    var samples: [UInt8: UInt8] = [:]
    for byte in UInt8.min...UInt8.max {
      if samples[automaton.column[Int(byte)]] == nil { samples[automaton.column[Int(byte)]] = byte }
    }
    var viable = [UInt8](repeating: 0, count: 65_536)
    for (column, sample) in samples {
      for (bit, isBoundary) in [(UInt8(2), true), (4, false)] {
        let start = isBoundary ? automaton.startAtBoundary : automaton.startAnywhere
        let state = automaton.step(start, sample)
        guard state != PatternAutomaton.dead else { continue }
        for byte in UInt8.min...UInt8.max where automaton.column[Int(byte)] == column {
          first[Int(byte)] |= bit
        }
        for (next, sample) in samples
        where automaton.step(state, sample) != PatternAutomaton.dead {
          viable[Int(column) << 8 | Int(next)] |= bit
        }
      }
    }
    for index in 0..<65_536 {
      let (a, b) = (automaton.column[index >> 8], automaton.column[index & 255])
      pairs[index] = viable[Int(a) << 8 | Int(b)]
    }
  }

  func isWord(_ byte: UInt8) -> Bool { first[Int(byte)] & 1 != 0 }

  /// The context after `byte`.
  func context(after byte: UInt8, in context: Context) -> Context {
    switch context {
    case .control:
      return (0x40...0x7E).contains(byte) ? .boundary : byte == 0x1B ? .escape : .control
    case .escape: return byte == 0x5B ? .control : byte == 0x1B ? .escape : .boundary
    case .boundary, .word:
      if byte == 0x1B { return .escape }
      return isWord(byte) ? .word : .boundary
    }
  }

  /// The first index from `start` on where a match may begin, or the count; `context` is moved along to it.
  func next(
    in bytes: [UInt8], from start: Int, context: inout Context, _ automaton: PatternAutomaton
  ) -> Int {
    let (bytes, first, pairs) = (bytes.span, first.span, pairs.span)
    let (table, column) = (automaton.table.span, automaton.column.span)
    let accepting = automaton.isAccepting.span
    let columns = automaton.columns
    var index = start
    let count = bytes.count
    while index < count {
      if context == .escape || context == .control {
        context = self.context(after: bytes[index], in: context)
        index += 1
        continue
      }
      // 6 at a boundary, 4 after a byte of a word.
      var wanted: UInt8 = context == .word ? 4 : 6
      while index < count {
        let byte = bytes[index]
        let facts = first[Int(byte)]
        if facts & (wanted | 8) != 0 {
          if facts & wanted != 0,
            index + 1 == count
              || pairs[Int(byte) << 8 | Int(bytes[index + 1])] & wanted != 0
          {
            // A few bytes through what is known of the automaton: most candidates end there.
            var state = Int(wanted == 6 ? automaton.startAtBoundary : automaton.startAnywhere)
            let end = min(count, index + Self.probe)
            var place = index
            repeat {
              state = Int(table[state &* columns &+ Int(column[Int(bytes[place])])])
              place += 1
            } while state > 0 && place < end && !accepting[state]
            if state != Int(PatternAutomaton.dead) {
              context = wanted == 4 ? .word : .boundary
              return index
            }
          }
          if facts & 8 != 0 { break }
        }
        wanted = 6 &- (facts & 1) &* 2
        index += 1
      }
      context = wanted == 4 ? .word : .boundary
      if index < count {
        context = .escape
        index += 1
      }
    }
    return index
  }
}
