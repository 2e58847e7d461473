import TestSupport

/// Terminal output that uses everything, by chance.
enum Noise {
  private static let texts = [
    "hello", " ", "\r\n", "漢字", "e\u{301}", "🙂", "\t", "x", "────", "\u{8}", "\u{200B}", "👩‍💻",
    "\u{FFFD}", "ß",
  ]
  private static let sequences = [
    "\u{1B}[H", "\u{1B}[2J", "\u{1B}[K", "\u{1B}[3;5H", "\u{1B}[1m", "\u{1B}[0m", "\u{1B}[31m",
    "\u{1B}[48;5;120m", "\u{1B}[38;2;1;200;3m", "\u{1B}[?1049h", "\u{1B}[?1049l", "\u{1B}[L",
    "\u{1B}[2P", "\u{1B}[3@", "\u{1B}[7m", "\u{1B}[?5h", "\u{1B}[?5l", "\u{1B}[?25l",
    "\u{1B}[?25h", "\u{1B}[2;4r", "\u{1B}[r", "\u{1B}D", "\u{1B}M", "\u{1B}[8m", "\u{1B}c",
    "\u{1B}]8;;http://x.example/\u{1B}\\", "\u{1B}[4:3m", "\u{1B}7", "\u{1B}8", "\u{1B}[",
  ]

  static func output(_ random: inout SeededGenerator, pieces: Int = 12) -> [UInt8] {
    var bytes: [UInt8] = []
    for _ in 0..<Int.random(in: 1...pieces, using: &random) {
      switch Int.random(in: 0..<10, using: &random) {
      case 0..<6: bytes += Array((texts.randomElement(using: &random) ?? "").utf8)
      case 6..<9: bytes += Array((sequences.randomElement(using: &random) ?? "").utf8)
      default: bytes += random.bytes(3)
      }
    }
    return bytes
  }
}
