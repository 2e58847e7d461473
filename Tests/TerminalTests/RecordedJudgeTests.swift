import Testing

@testable import Terminal

/// Screens other terminals drew from small scripts, each made to show one thing.
@Suite struct RecordedJudgeTests {
  /// Where the judges contradict each other or today's xterm, and which side was taken.
  private static let knownDifferences: Set<String> = [
    // ICH forgets it, as in xterm (t0050-ICH).
    "ich_dch_ech 10",
    // BS from a pending wrap goes to the last column but one, as in xterm.
    "combining 13",
    // DECSTBM puts the cursor at home, not at the top margin, as in xterm.
    "decstbm 3", "origin_mode 0",
    // IL puts the cursor at the left margin, as in xterm.
    "decstbm 9",
    // The second cell of a wide character has the attributes of the first.
    "ich_dch_ech 14",
  ]

  @Test func `xterm shows the same text`() throws {
    guard let cases = try JudgeData.objects("vt/xtermjs.jsonl.gz") else { return }
    var failed: [String] = []
    for value in cases {
      var terminal = VirtualTerminal(
        columns: value["cols"] as? Int ?? 80, rows: value["rows"] as? Int ?? 25)
      var bytes: [UInt8] = []
      for byte in JudgeData.bytes(value["feed"]) {
        // The pairs were taken behind a terminal driver that turns LF into CR LF.
        if byte == 0x0A { bytes.append(0x0D) }
        bytes.append(byte)
      }
      terminal.feed(bytes)
      let expected = value["text"] as? [String] ?? []
      if terminal.screenText() != expected {
        let name = value["case"] as? String ?? ""
        failed.append(name)
        for (had, wanted) in zip(terminal.screenText(), expected) where had != wanted {
          print("\(name)\n  had    \(had.debugDescription)\n  wanted \(wanted.debugDescription)")
        }
      }
    }
    print("xterm.js: \(cases.count - failed.count) of \(cases.count), not \(failed)")
    #expect(Set(failed).isSubset(of: Self.knownDifferences))
  }

  @Test func `each step of the vt100 scripts shows the same`() throws {
    guard let cases = try JudgeData.objects("vt/vt100.jsonl.gz") else { return }
    var steps = 0
    var failed: [String] = []
    for value in cases {
      var terminal = VirtualTerminal(
        columns: value["cols"] as? Int ?? 80, rows: value["rows"] as? Int ?? 24)
      for (index, step) in (value["steps"] as? [[String: Any]] ?? []).enumerated() {
        steps += 1
        terminal.feed(JudgeData.bytes(step["feed"]))
        let differences = Self.differences(terminal, step["expect"] as? [String: Any] ?? [:])
        if !differences.isEmpty {
          failed.append("\(value["case"] ?? "") \(index)")
          print(value["case"] ?? "", index, differences.prefix(4))
        }
      }
    }
    print("vt100: \(steps - failed.count) of \(steps), not \(failed)")
    #expect(steps == 181)
    #expect(Set(failed).isSubset(of: Self.knownDifferences))
  }

  private static func differences(
    _ terminal: VirtualTerminal, _ expected: [String: Any]
  ) -> [String] {
    var found: [String] = []
    if let position = expected["cursor_position"] as? [Int] {
      let cursor = terminal.cursor
      let column = cursor.column + (cursor.isWrapPending ? 1 : 0)
      if [cursor.row, column] != position { found.append("cursor \(cursor) for \(position)") }
    }
    if expected["hide_cursor"] as? Bool ?? false == terminal.cursor.isVisible {
      found.append("cursor visibility")
    }
    let cells = expected["cells"] as? [String: [String: Any]] ?? [:]
    for row in 0..<terminal.rows {
      let shown = terminal.row(row)
      for column in 0..<terminal.columns {
        let cell = shown.cell(column)
        let wanted = cells["\(row),\(column)"] ?? [:]
        let isTail = wanted["is_wide_continuation"] as? Bool ?? false
        var text = wanted["contents"] as? String ?? " "
        if text.isEmpty, !isTail { text = " " }
        let width = isTail ? 0 : wanted["is_wide"] as? Bool ?? false ? 2 : 1
        let background =
          (wanted["bgcolor"] as? String).flatMap { UInt8($0) }.map(Color.indexed) ?? .default
        let bold = wanted["bold"] as? Bool ?? false
        if cell.text != text || cell.width != width {
          found.append(
            "\(row),\(column): \(cell.text.debugDescription) for \(text.debugDescription)")
        } else if cell.style.background != background {
          found.append("\(row),\(column): \(cell.style.background) for \(wanted)")
        } else if cell.style.attributes.contains(.bold) != bold {
          found.append("\(row),\(column): bold")
        }
      }
    }
    return found
  }
}
