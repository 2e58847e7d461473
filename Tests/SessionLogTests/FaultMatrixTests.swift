import TestSupport
import Testing

/// The page of crashes and faults against the tests that are there.
@Suite struct `The fault matrix` {
  static let folders = [
    "CrashTests": ["SessionLogTests"], "GroupCommitTests": ["SessionLogTests"],
    "LogTests": ["SessionLogTests"], "TamperTests": ["SessionLogTests"],
    "LineTests": ["SessionLogTests"], "FaultyFilesTests": ["PlatformTests"],
    "ServeKeeperTests": ["RecorderTests"], "ServeTests": ["CommandTests"],
    "FaultTests": ["CommandTests"], "SoakTests": ["CommandTests"],
    "OpeningTests": ["AuditStoreTests"],
  ]

  @Test func `names for each row a test that exists, or a reason`() throws {
    let page = String(decoding: try TestData.read("schema/fault-matrix.md"), as: UTF8.self)
    let rows = page.split(separator: "\n").filter { $0.hasPrefix("| ") && !$0.hasPrefix("| row") }
    #expect(rows.count == 43)
    var sources: [String: String] = [:]
    for (index, row) in rows.enumerated() {
      let cells = row.split(separator: "|").map { String($0.trimming(" ")) }
      try #require(cells.count == 3, "\(row)")
      #expect(cells[0] == "\(index + 1)", "rows are numbered in order")
      if cells[2].hasPrefix("none") {
        #expect(cells[2].count > 20, "row \(cells[0]) has no reason")
        continue
      }
      var tests = 0
      for entry in cells[2].split(separator: ";") {
        let words = entry.split(separator: "`", omittingEmptySubsequences: false)
        let suite = String(words[0].trimming(" ").split(separator: " ").last ?? "")
        guard words.count >= 3, let folders = Self.folders[suite] else { continue }
        for folder in folders where sources[suite] == nil {
          sources[suite] = String(
            decoding: try TestData.read("Tests/\(folder)/\(suite).swift"), as: UTF8.self)
        }
        // Long declarations are broken anywhere but inside a name.
        #expect(
          sources[suite]?.contains("`\(words[1])`") == true,
          "row \(cells[0]): \(suite) has no test `\(words[1])`")
        tests += 1
      }
      #expect(tests > 0, "row \(cells[0]) names no test")
    }
  }
}
