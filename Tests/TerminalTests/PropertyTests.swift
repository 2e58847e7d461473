import Testing

@testable import Terminal

/// A generator that gives the same bytes for the same seed everywhere (SplitMix64).
struct SeededGenerator: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ value >> 30) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ value >> 27) &* 0x94D0_49BB_1331_11EB
    return value ^ value >> 31
  }
}

/// Byte strings from noise to nearly valid, made from a seed.
enum HostileBytes {
  private static let finals = Array("@ABCDEFGHIJKLMPSTXZ`abcdefghlmrstuqvwxyz{|}~^".utf8)
  private static let privateModes = [
    1, 2, 3, 5, 6, 7, 25, 40, 42, 45, 47, 66, 69, 95, 1047, 1048, 1049, 2026, 2004,
  ]
  private static let strings = [
    "\u{1B}Pq\"1;1;30;", "\u{1B}P$q", "\u{1B}_Ga=T,c=3,r=", "\u{1B}_Gm=1,a=", "\u{1B}^", "\u{1B}X",
    "\u{1B}k", "\u{1B}]1337;File=inline=1;width=", "\u{1B}P1;2|",
  ]
  private static let scalars: [UInt32] = [
    0x301, 0x200D, 0xFE0F, 0x1F468, 0x1F469, 0x1F1E6, 0x1F1FA, 0x1F3FB, 0x4E2D, 0x1100, 0x1161,
    0x11A8, 0xE9, 0x202E, 0x85, 0x9B, 0x9D, 0x9C, 0x2764, 0xE0041, 0x10FFFF, 0xAC00, 0x430,
  ]

  static func noise(seed: UInt64, count: Int) -> [UInt8] {
    var random = SeededGenerator(state: seed)
    return (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
  }

  static func sequences(seed: UInt64, count: Int) -> [UInt8] {
    var random = SeededGenerator(state: seed)
    var bytes: [UInt8] = []
    for _ in 0..<count { append(to: &bytes, &random) }
    return bytes
  }

  private static func append(to bytes: inout [UInt8], _ random: inout SeededGenerator) {
    switch Int.random(in: 0..<12, using: &random) {
    case 0, 1, 2:
      for _ in 0..<Int.random(in: 1...30, using: &random) {
        bytes.append(UInt8.random(in: 0x20...0x7E, using: &random))
      }
    case 3:
      bytes.append(UInt8.random(in: 0...0x1F, using: &random))
    case 4:
      for _ in 0..<Int.random(in: 1...6, using: &random) {
        let scalar = scalars.randomElement(using: &random) ?? 0x301
        bytes += Array(String(Unicode.Scalar(scalar) ?? "?").utf8)
      }
    case 5, 6, 7:
      bytes += Array("\u{1B}[".utf8)
      for _ in 0..<Int.random(in: 0...4, using: &random) {
        bytes += Array("\(parameter(&random))".utf8)
        bytes.append(Bool.random(using: &random) ? 0x3B : 0x3A)
      }
      if Int.random(in: 0..<6, using: &random) == 0 {
        bytes.append([0x20, 0x24, 0x27, 0x22, 0x21].randomElement(using: &random) ?? 0x20)
      }
      bytes.append(finals.randomElement(using: &random) ?? 0x6D)
    case 8:
      let mode = privateModes.randomElement(using: &random) ?? 7
      bytes += Array("\u{1B}[?\(mode)\(Bool.random(using: &random) ? "h" : "l")".utf8)
    case 9:
      switch Int.random(in: 0..<8, using: &random) {
      case 0: bytes += [0x1B, 0x23, UInt8.random(in: 0x33...0x38, using: &random)]
      case 1:
        bytes += [0x1B, [0x28, 0x29, 0x2A, 0x2B].randomElement(using: &random) ?? 0x28]
        bytes.append(Array("0ABKRYZ=4".utf8).randomElement(using: &random) ?? 0x42)
      case 2: bytes += [0x1B, 0x3C]
      default: break
      }
      bytes += [0x1B, UInt8.random(in: 0x20...0x7E, using: &random)]
    case 10:
      if Bool.random(using: &random) {
        bytes += Array((strings.randomElement(using: &random) ?? "").utf8)
        bytes += Array("\(parameter(&random))".utf8) + [0x1B, 0x5C]
        return
      }
      let number = [0, 2, 8, 52, 4].randomElement(using: &random) ?? 0
      bytes += Array("\u{1B}]\(number);;text \(parameter(&random))".utf8)
      bytes += Bool.random(using: &random) ? [0x07] : [0x1B, 0x5C]
    default:
      bytes.append(UInt8.random(in: 0...255, using: &random))
    }
  }

  private static func parameter(_ random: inout SeededGenerator) -> Int {
    switch Int.random(in: 0..<10, using: &random) {
    case 0: Int.random(in: 0...99_999_999, using: &random)
    case 1: 0
    default: Int.random(in: 0...40, using: &random)
    }
  }
}

@Suite struct PropertyTests {
  @Test(arguments: 0..<150)
  func `however the bytes are split the terminal is the same`(seed: Int) {
    let bytes =
      HostileBytes.sequences(seed: UInt64(seed), count: 200)
      + HostileBytes.noise(seed: UInt64(seed), count: 200)
    var whole = VirtualTerminal(columns: 20, rows: 6, scrollbackLimit: 30)
    whole.feed(bytes)
    var single = VirtualTerminal(columns: 20, rows: 6, scrollbackLimit: 30)
    for byte in bytes { single.feed([byte]) }
    #expect(single == whole)
    var random = SeededGenerator(state: UInt64(seed) &+ 7)
    var pieces = VirtualTerminal(columns: 20, rows: 6, scrollbackLimit: 30)
    var rest = bytes[...]
    while !rest.isEmpty {
      let count = Int.random(in: 1...min(40, rest.count), using: &random)
      pieces.feed(Array(rest.prefix(count)))
      rest = rest.dropFirst(count)
    }
    #expect(pieces == whole)
  }

  @Test(arguments: 0..<150)
  func `no bytes and no sizes break the screen`(seed: Int) {
    var random = SeededGenerator(state: UInt64(seed))
    var terminal = VirtualTerminal(
      columns: Int.random(in: 0...40, using: &random), rows: Int.random(in: 0...12, using: &random),
      scrollbackLimit: Int.random(in: 0...50, using: &random))
    for round in 0..<12 {
      let bytes =
        round % 4 == 3
        ? HostileBytes.noise(seed: random.next(), count: 400)
        : HostileBytes.sequences(seed: random.next(), count: 120)
      terminal.feed(bytes)
      expectSound(terminal)
      terminal.resize(
        columns: Int.random(in: -1...40, using: &random),
        rows: Int.random(in: -1...12, using: &random))
      expectSound(terminal)
    }
  }

  private func expectSound(_ terminal: VirtualTerminal) {
    #expect((0..<terminal.rows).contains(terminal.cursor.row))
    #expect((0..<terminal.columns).contains(terminal.cursor.column))
    #expect(terminal.screenText().count == terminal.rows)
    #expect(terminal.scrollbackCount <= 50)
    for index in 0..<terminal.rows {
      let cells = terminal.row(index).cells
      #expect(cells.count == terminal.columns)
      for (column, cell) in cells.enumerated() {
        let isTail = column > 0 && cells[column - 1].width == 2
        #expect((cell.width == 0) == isTail, "row \(index) column \(column)")
        #expect(cell.width < 2 || column + 1 < cells.count)
        #expect(cell.text.unicodeScalars.count <= Limits.scalarsPerCell)
        #expect(cell.text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F })
        #expect(!cell.text.unicodeScalars.contains { (0x80...0x9F).contains($0.value) })
      }
    }
  }

  @Test func `a copy keeps what it showed`() {
    var terminal = VirtualTerminal(columns: 30, rows: 5, scrollbackLimit: 400)
    var copies: [(VirtualTerminal, [String])] = []
    for seed in 0..<20 {
      terminal.feed(HostileBytes.sequences(seed: UInt64(seed), count: 60))
      copies.append((terminal, terminal.fullText()))
    }
    for (copy, text) in copies { #expect(copy.fullText() == text) }
  }

  @Test func `hostile sequences draw nothing but text and never trap`() throws {
    guard let cases = try JudgeData.objects("hostile.jsonl") else { return }
    for value in cases {
      let bytes = JudgeData.bytes(hex: value["hex"] as? String ?? "")
      #expect(!bytes.isEmpty)
      var terminal = VirtualTerminal(columns: 80, rows: 24)
      terminal.feed(bytes)
      expectSound(terminal)
      var single = VirtualTerminal(columns: 80, rows: 24)
      for byte in bytes { single.feed([byte]) }
      #expect(single == terminal)
    }
  }
}
