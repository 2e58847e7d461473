import Foundation

/// Recorded attacks, read where they stand; not part of the project.
enum HostileData {
  static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["BLACKBOX_TEST_DATA"], !path.isEmpty {
      return URL(fileURLWithPath: path)
    }
    return URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("shared/data")
  }()

  /// Id and bytes of each attack; empty, and said so, where the file is not there.
  static let cases: [(id: String, bytes: [UInt8])] = {
    let file = folder.appendingPathComponent("hostile.jsonl")
    guard let data = try? Data(contentsOf: file) else {
      print("skipped: hostile.jsonl is not in \(folder.path)")
      return builtIn
    }
    return builtIn
      + data.split(separator: 0x0A).compactMap { line in
        guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any],
          let id = object["id"] as? String, let hex = object["hex"] as? String
        else { return nil }
        return (id, bytes(hex))
      }
  }()

  /// The classes that matter most, so that something is tested everywhere.
  private static let builtIn: [(id: String, bytes: [UInt8])] = [
    ("clipboard", Array("\u{1B}]52;c;eA==\u{07}after".utf8)),
    ("title", Array("\u{1B}]0;x\u{07}\u{1B}[21t".utf8)),
    ("status report", Array("\u{1B}[6n\u{1B}[c\u{05}".utf8)),
    ("c1", [0x9B, 0x36, 0x6E, 0xC2, 0x9B, 0x36, 0x6E]),
    ("bidi", Array("a\u{202E}dcb\u{2066}x".utf8)),
    ("tags", Array("a\u{E0041}\u{E007F}b".utf8)),
    ("private", Array("\u{E000}\u{F8FF}\u{100000}".utf8)),
    ("marks", Array(("a" + String(repeating: "\u{301}", count: 500)).utf8)),
    ("joined", Array("👨‍👩‍👧 ❤️ 🇩🇪 e\u{301} 漢字".utf8)),
    ("malformed", [0xC0, 0x80, 0xFF, 0xED, 0xA0, 0x80, 0xF5]),
  ]

  private static func bytes(_ hex: String) -> [UInt8] {
    let digits = hex.compactMap { $0.hexDigitValue.map(UInt8.init) }
    return stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}
