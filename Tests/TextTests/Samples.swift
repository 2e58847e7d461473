internal import Glibc
import Testing

/// A small generator with a seed, so that a failure can be repeated.
struct SeededGenerator: RandomNumberGenerator {
  private var state: UInt64

  init(seed: UInt64) { state = seed &+ 0x9E37_79B9_7F4A_7C15 }

  mutating func next() -> UInt64 {
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return state &* 0x2545_F491_4F6C_DD1D
  }
}

/// What no sink may ever see as itself, listed by hand and not taken from the module.
enum Forbidden {
  static let ranges: [ClosedRange<UInt32>] = [
    0x00...0x1F, 0x7F...0x9F, 0xAD...0xAD, 0x34F...0x34F, 0x61C...0x61C, 0x115F...0x1160,
    0x17B4...0x17B5, 0x180B...0x180F, 0x200B...0x200F, 0x2028...0x202E, 0x2060...0x206F,
    0x3164...0x3164, 0xE000...0xF8FF, 0xFE00...0xFE0D, 0xFEFF...0xFEFF, 0xFFA0...0xFFA0,
    0xFFF0...0xFFFB, 0xFFFE...0xFFFF, 0x1BCA0...0x1BCA3, 0x1D173...0x1D17A,
    0xE0000...0xE0FFF, 0xF0000...0x10FFFF,
  ]

  private static let table: [Bool] = {
    var table = [Bool](repeating: false, count: 0x110000)
    for range in ranges { for value in range { table[Int(value)] = true } }
    return table
  }()

  /// Returns the first scalar that should have been made visible.
  static func first(
    in text: String, allowing allowed: Set<Unicode.Scalar> = []
  ) -> Unicode.Scalar? {
    let table = table
    for scalar in text.unicodeScalars where table[Int(scalar.value)] {
      if !allowed.contains(scalar) { return scalar }
    }
    return nil
  }
}

/// Texts that try everything.
enum Samples {
  /// Every scalar there is, in runs of 4096.
  static var allScalars: [String] {
    stride(from: UInt32(0), through: 0x10FFFF, by: 4096).map { start in
      var run = String.UnicodeScalarView()
      for value in start..<start + 4096 { if let it = Unicode.Scalar(value) { run.append(it) } }
      return String(run)
    }
  }

  /// Sequences dense in what is dangerous.
  static func random(_ seed: UInt64, count: Int = 300) -> String {
    var generator = SeededGenerator(seed: seed)
    var text = String.UnicodeScalarView()
    for _ in 0..<count {
      let value: UInt32
      switch UInt32.random(in: 0..<8, using: &generator) {
      case 0: value = .random(in: 0...0x1F, using: &generator)
      case 1: value = .random(in: 0x20...0x7E, using: &generator)
      case 2: value = .random(in: 0x7F...0x9F, using: &generator)
      case 3: value = .random(in: 0x300...0x36F, using: &generator)
      case 4: value = .random(in: 0x2000...0x2070, using: &generator)
      case 5: value = .random(in: 0xFE00...0xFEFF, using: &generator)
      case 6: value = .random(in: 0x1F300...0x1FAFF, using: &generator)
      default: value = .random(in: 0...0x10FFFF, using: &generator)
      }
      if let scalar = Unicode.Scalar(value) { text.append(scalar) }
    }
    return String(text)
  }

  static func randomBytes(_ seed: UInt64, count: Int = 400) -> [UInt8] {
    var generator = SeededGenerator(seed: seed)
    return (0..<count).map { _ in
      Bool.random(using: &generator)
        ? .random(in: 0...255, using: &generator) : .random(in: 0x80...0xC3, using: &generator)
    }
  }
}

/// Recorded attacks from outside the package; tests pass without them and say so.
enum HostileSamples {
  struct Sample: Sendable, CustomTestStringConvertible {
    let name: String
    let bytes: [UInt8]
    var testDescription: String { name }
  }

  static let all: [Sample] = load()

  private static func load() -> [Sample] {
    let root = #filePath.components(upTo: "/Tests/")
    let folder =
      getenv("BLACKBOX_TEST_DATA").map { String(cString: $0) } ?? root + "/../shared/data"
    guard let file = fopen(folder + "/hostile.jsonl", "r") else { return [] }
    defer { fclose(file) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 65_536)
    while case let count = fread(&buffer, 1, buffer.count, file), count > 0 {
      bytes += buffer[..<count]
    }
    return bytes.split(separator: 0x0A).map { line in
      let text = String(decoding: line, as: UTF8.self)
      return Sample(name: field("id", in: text), bytes: unhex(field("hex", in: text)))
    }
  }

  private static func field(_ name: String, in line: String) -> String {
    guard let range = line.firstRange(of: "\"\(name)\": \"") else { return "" }
    return String(line[range.upperBound...].prefix { $0 != "\"" })
  }

  private static func unhex(_ text: String) -> [UInt8] {
    let digits = text.utf8.compactMap { UInt8(String(Unicode.Scalar($0)), radix: 16) }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}

extension String {
  /// The part before the first occurrence of a mark.
  func components(upTo mark: String) -> String {
    firstRange(of: mark).map { String(self[..<$0.lowerBound]) } ?? self
  }

  fileprivate func firstRange(of needle: String) -> Range<String.Index>? {
    var start = startIndex
    while start < endIndex {
      if self[start...].hasPrefix(needle) {
        return start..<index(start, offsetBy: needle.count)
      }
      start = index(after: start)
    }
    return nil
  }
}
