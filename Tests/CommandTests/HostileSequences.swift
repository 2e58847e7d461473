import Foundation

/// Bytes made to act on whoever looks at them.
enum HostileSequences {
  static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["BLACKBOX_TEST_DATA"], !path.isEmpty {
      return URL(fileURLWithPath: path)
    }
    return URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("shared/data")
  }()

  /// Those of this file, and recorded ones where they are there.
  static let all: [(name: String, bytes: [UInt8])] = {
    guard let data = try? Data(contentsOf: folder.appendingPathComponent("hostile.jsonl")) else {
      print("skipped: hostile.jsonl is not in \(folder.path)")
      return own
    }
    return own
      + data.split(separator: 0x0A).compactMap { line in
        guard let object = try? JSONSerialization.jsonObject(with: Data(line)) as? [String: Any],
          let name = object["id"] as? String, let hex = object["hex"] as? String
        else { return nil }
        let digits = hex.compactMap { $0.hexDigitValue.map(UInt8.init) }
        return (
          name,
          stride(from: 0, to: digits.count - 1, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
        )
      }
  }()

  private static let own: [(name: String, bytes: [UInt8])] =
    texts.map { (name: $0.0, bytes: Array($0.1.utf8)) } + raw

  private static let raw: [(name: String, bytes: [UInt8])] = [
    ("raw C1 DSR", [0x9B, 0x36, 0x6E]), ("raw C1 OSC", [0x9D, 0x30, 0x3B, 0x78, 0x9C]),
    ("raw C1 DCS", [0x90, 0x24, 0x71, 0x6D, 0x9C]),
    ("overlong ESC", [0xC0, 0x9B, 0x5B, 0x63]),
    ("malformed", [0xFF, 0xFE, 0xED, 0xA0, 0x80, 0xF5, 0x80, 0xC3]),
    ("all C0", Array(0...0x1F) + [0x7F]), ("all C1", Array(0x80...0x9F)),
    ("truncated CSI", [0x1B, 0x5B, 0x33]), ("zero bytes", [0, 0, 0, 0x41, 0]),
  ]

  private static let texts: [(String, String)] = [
    ("set clipboard", "\u{1B}]52;c;cm0gLXJmIC8=\u{07}"), ("ask clipboard", "\u{1B}]52;c;?\u{1B}\\"),
    ("set title", "\u{1B}]0;; touch /tmp/owned;\u{07}"), ("report title", "\u{1B}[21t\u{1B}[20t"),
    ("push title", "\u{1B}[22;0t\u{1B}]2;bank\u{07}\u{1B}[23;0t"), ("DA1", "\u{1B}[c"),
    ("DA2", "\u{1B}[>c"), ("DA3", "\u{1B}[=c"), ("DSR", "\u{1B}[5n\u{1B}[6n\u{1B}[?6n"),
    ("DECRQM", "\u{1B}[?2004$p"), ("DECRQSS", "\u{1B}P$q\"p\u{1B}\\"),
    ("XTGETTCAP", "\u{1B}P+q544e\u{1B}\\"), ("XTVERSION", "\u{1B}[>0q"), ("ENQ", "\u{05}"),
    ("DECID", "\u{1B}Z"), ("DECRQCRA", "\u{1B}[1;1;1;1;24;80*y"),
    ("kitty keys", "\u{1B}[?u\u{1B}[>1u"),
    ("ask colours", "\u{1B}]4;0;?\u{07}\u{1B}]10;?\u{07}\u{1B}]11;?\u{07}"),
    ("set colours", "\u{1B}]4;1;rgb:00/00/00\u{07}\u{1B}]11;#ffffff\u{07}"),
    ("font", "\u{1B}]50;$(id)\u{07}\u{1B}]50;?\u{07}"),
    ("notify", "\u{1B}]9;hello\u{07}\u{1B}]777;notify;a;b\u{07}"),
    ("iTerm file", "\u{1B}]1337;File=name=eA==;inline=1:AAAA\u{07}"),
    ("iTerm copy", "\u{1B}]1337;CopyToClipboard=\u{07}evil\u{1B}]1337;EndCopy\u{07}"),
    ("working directory", "\u{1B}]7;file://evil/etc\u{07}"),
    ("link", "\u{1B}]8;;http://evil.example/\u{1B}\\bank.example\u{1B}]8;;\u{1B}\\"),
    ("script link", "\u{1B}]8;;javascript:alert(1)\u{07}x\u{1B}]8;;\u{07}"),
    ("kitty graphics", "\u{1B}_Gf=24,s=1,v=1;AAAA\u{1B}\\"),
    ("sixel", "\u{1B}Pq#0;2;0;0;0~~\u{1B}\\"),
    ("ReGIS", "\u{1B}PpS(E)\u{1B}\\"), ("PM and SOS", "\u{1B}^x\u{1B}\\\u{1B}Xy\u{1B}\\"),
    ("media copy", "\u{1B}[5i#!/bin/sh\n\u{1B}[4i"), ("mouse", "\u{1B}[?1000;1002;1003;1006h"),
    ("focus and paste", "\u{1B}[?1004h\u{1B}[?2004h"), ("application keys", "\u{1B}=\u{1B}[?1h"),
    ("alternate screen", "\u{1B}[?1049h\u{1B}[?47h\u{1B}[?1047h"), ("hidden cursor", "\u{1B}[?25l"),
    ("held picture", "\u{1B}[?2026h"), ("reverse", "\u{1B}[?5h"),
    ("columns", "\u{1B}[?40h\u{1B}[?3h"),
    ("resize window", "\u{1B}[8;500;500t\u{1B}[4;9999;9999t"), ("iconify", "\u{1B}[2t"),
    ("scroll region", "\u{1B}[5;6r"), ("margins", "\u{1B}[?69h\u{1B}[10;11s"),
    ("origin", "\u{1B}[?6h\u{1B}[?7l"),
    ("many repeats", "x\u{1B}[2147483647b"),
    ("huge counts", "\u{1B}[99999999999;99999999999H\u{1B}[4294967295@"),
    ("erase scrollback", "\u{1B}[3J"), ("charset", "\u{0E}\u{1B}(0qqq\u{1B})B"),
    ("conceal", "\u{1B}[8mhidden\u{1B}[28m"),
    ("same colours", "\u{1B}[30;40mhidden"), ("overwrite", "rm -rf /\rls      "),
    ("bells", "\u{07}\u{07}\u{07}"),
    ("encoded C1", "\u{9B}6n\u{9D}0;x\u{9C}\u{85}"), ("line separators", "a\u{2028}b\u{2029}c"),
    ("bidi", "a\u{202E}dcb\u{2066}x\u{2069}\u{200F}"),
    ("zero width", "pa\u{200B}y\u{200D}p\u{FEFF}al\u{2060}"),
    ("tags", "ok\u{E0041}\u{E0042}\u{E007F}"), ("variation", "x\u{FE0F}\u{E0100}"),
    ("private use", "\u{E000}\u{F8FF}\u{10FFFD}"),
    ("marks", "a" + String(repeating: "\u{301}\u{489}", count: 300)),
    ("noncharacters", "\u{FFFE}\u{FFFF}\u{1FFFF}"),
    ("unfinished OSC", "\u{1B}]0;never ends"), ("unfinished DCS", "\u{1B}Pnever ends"),
    ("markup", "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>&lt;"),
    ("formula", "=cmd|' /C calc'!A0"),
    ("JSON", "\",\"verdict\":\"OK\"}\n{\"forged\":1}"),
    ("Markdown", "[x](javascript:alert(1)) ](http://e)"),
  ]

  /// What is put into names, purposes and arguments: no zero bytes, nothing that is not UTF-8.
  static let names: [String] = texts.map(\.1)
}

/// Says what in some bytes may not be shown; knows nothing of the code that wrote them.
enum SafeBytes {
  enum Medium {
    /// Standard output or error that goes anywhere.
    case plain
    /// The same with colours asked for.
    case coloured
    /// A terminal that a player draws on.
    case player
  }

  static func violation(_ bytes: [UInt8], _ medium: Medium) -> String? {
    guard let text = String(validating: bytes, as: UTF8.self) else { return "malformed UTF-8" }
    var scalars = Array(text.unicodeScalars)[...]
    while let scalar = scalars.popFirst() {
      if scalar == "\u{1B}" {
        guard medium != .plain else { return "an escape" }
        guard scalars.popFirst() == "[" else { return "ESC without [" }
        var parameters = ""
        while let next = scalars.first, (0x20...0x3F).contains(next.value) {
          parameters.unicodeScalars.append(next)
          scalars.removeFirst()
        }
        guard let final = scalars.popFirst() else { return "an unfinished sequence" }
        guard isAllowed(parameters, final, medium) else { return "CSI \(parameters)\(final)" }
      } else if scalar == "\n", medium != .player {
        continue
      } else if let name = hidden(scalar) {
        return name
      }
    }
    return nil
  }

  private static func isAllowed(
    _ parameters: String, _ final: Unicode.Scalar, _ medium: Medium
  ) -> Bool {
    let isNumbers = parameters.allSatisfy { ("0"..."9").contains($0) || $0 == ";" }
    switch final {
    case "m": return isNumbers
    case "H": return isNumbers && medium == .player
    case "J", "K": return isNumbers && medium == .player
    case "h", "l":
      return medium == .player
        && ["?1049", "?25", "?7", "?2004", "?1002", "?1006"].contains(parameters)
    default: return false
    }
  }

  private static func hidden(_ scalar: Unicode.Scalar) -> String? {
    let name = "U+" + String(scalar.value, radix: 16, uppercase: true)
    switch scalar.properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator:
      return name
    default: return scalar.properties.isDefaultIgnorableCodePoint ? name : nil
    }
  }
}
