import Testing

@testable import Terminal

/// Screens alacritty drew from recordings of real programs.
@Suite struct AlacrittyJudgeTests {
  /// All but `underline`: there SGR 21 takes bold away; here it underlines twice, as in ECMA-48.
  private static let attributeFloor = 22

  @Test func `the text of every case is what alacritty shows`() throws {
    guard let cases = try JudgeData.objects("vt/alacritty.jsonl.gz") else { return }
    for value in cases {
      let terminal = Self.played(value)
      #expect(
        terminal.screenText() == value["text"] as? [String] ?? [],
        "\(value["case"] as? String ?? "")")
    }
    #expect(cases.count == 23)
  }

  @Test func `colours and attributes are what alacritty shows`() throws {
    guard let cases = try JudgeData.objects("vt/alacritty.jsonl.gz") else { return }
    var passed = 0
    for value in cases {
      let terminal = Self.played(value)
      let differences = Self.differences(terminal, value["screen"] as? [[String: Any]] ?? [])
      if differences.isEmpty {
        passed += 1
      } else {
        print(value["case"] ?? "", differences.count, differences.prefix(3))
      }
    }
    print("alacritty attributes: \(passed) of \(cases.count)")
    #expect(passed >= Self.attributeFloor)
  }

  @Test func `the scrollback holds what alacritty keeps`() throws {
    guard let cases = try JudgeData.objects("vt/alacritty.jsonl.gz") else { return }
    for value in cases where (value["history"] as? Int ?? 0) > 0 {
      let terminal = Self.played(value)
      let expected = (value["history_text"] as? [String] ?? []).drop { $0.isEmpty }
      let kept = (0..<terminal.scrollbackCount).map { terminal.scrollbackRow($0).text() }
      #expect(
        Array(kept.drop { $0.isEmpty }) == Array(expected), "\(value["case"] as? String ?? "")")
    }
  }

  private static func played(_ value: [String: Any]) -> VirtualTerminal {
    var terminal = VirtualTerminal(
      columns: value["cols"] as? Int ?? 80, rows: value["rows"] as? Int ?? 24,
      scrollbackLimit: value["history"] as? Int ?? 0)
    terminal.feed(JudgeData.bytes(value["feed"]))
    return terminal
  }

  private static func differences(
    _ terminal: VirtualTerminal, _ screen: [[String: Any]]
  ) -> [String] {
    var found: [String] = []
    for (index, expected) in screen.enumerated() {
      let row = terminal.row(index)
      if row.isWrapped != (expected["wrap"] as? Bool ?? false) {
        found.append("row \(index) wrap \(row.isWrapped)")
      }
      var column = 0
      for run in expected["runs"] as? [[String: Any]] ?? [] {
        let wanted = "\(color(run["fg"])) \(color(run["bg"])) \(flags(run["f"]))"
        for _ in 0..<(run["n"] as? Int ?? 0) {
          let style = row.cell(column).style
          let had = "\(style.foreground) \(style.background) \(flags(style))"
          if had != wanted { found.append("\(index),\(column): \(had) for \(wanted)") }
          column += 1
        }
      }
    }
    return found
  }

  private static let names = [
    "Black", "Red", "Green", "Yellow", "Blue", "Magenta", "Cyan", "White",
  ]

  private static func color(_ value: Any?) -> String {
    guard let value else { return "\(Color.default)" }
    if let index = value as? Int { return "\(Color.indexed(UInt8(index)))" }
    guard let name = value as? String else { return "?" }
    if name.hasPrefix("#") {
      let bytes = JudgeData.bytes(hex: String(name.dropFirst()))
      return "\(Color.rgb(bytes[0], bytes[1], bytes[2]))"
    }
    if let index = names.firstIndex(of: name) { return "\(Color.indexed(UInt8(index)))" }
    if let index = names.firstIndex(where: { "Bright" + $0 == name }) {
      return "\(Color.indexed(UInt8(index + 8)))"
    }
    return name
  }

  private static func flags(_ value: Any?) -> String {
    (value as? [String] ?? []).sorted().joined(separator: "|")
  }

  private static func flags(_ style: Style) -> String {
    let attributes: [(Attributes, String)] = [
      (.bold, "BOLD"), (.dim, "DIM"), (.italic, "ITALIC"), (.inverse, "INVERSE"),
      (.hidden, "HIDDEN"), (.strike, "STRIKEOUT"),
    ]
    var names = attributes.filter { style.attributes.contains($0.0) }.map(\.1)
    switch style.underline {
    case .none: break
    case .single: names.append("UNDERLINE")
    case .double: names.append("DOUBLE_UNDERLINE")
    case .curly: names.append("UNDERCURL")
    case .dotted: names.append("DOTTED_UNDERLINE")
    case .dashed: names.append("DASHED_UNDERLINE")
    }
    return names.sorted().joined(separator: "|")
  }
}
