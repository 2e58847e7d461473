import Foundation
import Testing

@testable import Terminal

/// Screens that xterm drew from 750 generated streams, each of one mix of sequences.
///
/// `Tests/Oracles/README.md` says how they were made and how to make others.
@Suite struct XtermJudgeTests {
  /// Where another terminal was followed, and why.
  private static let knownDifferences: [(reason: String, cases: [String])] = [
    (
      "erasing leaves a pending wrap and its character alone, as in tmux and alacritty",
      [
        "c0-cup-move-erase-edit-stbm 13", "c0-cup-move-erase-edit-stbm 36",
        "rect2-cup-erase 38", "rect2-cup-erase 47",
      ]
    ),
    (
      "HT right of the right margin goes on to the right; xterm jumps back to the margin",
      ["c0-tabs-move-edit-slrm 25", "xts-om-slrm-awm-cup-c0-rw 42"]
    ),
    (
      "leaving an alternate screen that is not there restores the cursor only once it was saved",
      ["c0-cup-move-alt-sc-om-str 33", "c0-cup-move-alt-sc-om-str 37"]
    ),
    (
      "half a wide character never stays; what xterm prints of it is no cell's text",
      [
        "c0-irm-awm-edit-slrm-wide 25", "wide-erase-edit-cup-awm-irm 45",
      ]
    ),
    (
      "xterm loses what is written beyond the middle of a line of double width",
      ["c0-move-dwl-erase-edit-cup 4", "c0-move-dwl-erase-edit-cup 36"]
    ),
    (
      "xterm cuts the line after one of double width at the middle too, within one run of text",
      ["c0-move-dwl-erase-edit-cup 15"]
    ),
  ]

  @Test func `each screen is what xterm drew`() throws {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("Oracles/xterm-cases.jsonl")
    let lines = try Data(contentsOf: path).split(separator: 0x0A)
    #expect(lines.count == 750)
    let known = Set(Self.knownDifferences.flatMap(\.cases))
    var differing: Set<String> = []
    for line in lines {
      let value = try #require(try JSONSerialization.jsonObject(with: line) as? [String: Any])
      let name = value["case"] as? String ?? ""
      var terminal = VirtualTerminal(
        columns: value["cols"] as? Int ?? 0, rows: value["rows"] as? Int ?? 0)
      // What was begun and not ended is dropped, as it was before xterm was asked.
      terminal.feed(Array((value["feed"] as? String ?? "").utf8) + [0x18])
      let text = terminal.screenText().map(\.precomposedStringWithCanonicalMapping)
      let cursor = (value["cursor"] as? [Int]) ?? [terminal.cursor.row, terminal.cursor.column]
      if text != value["text"] as? [String]
        || cursor != [terminal.cursor.row, terminal.cursor.column]
      {
        differing.insert(name)
        if !known.contains(name) {
          Issue.record("\(name): \(text) at \(terminal.cursor) for \(value)")
        }
      }
    }
    // A difference that is gone must leave the list too.
    #expect(differing == known)
  }
}
