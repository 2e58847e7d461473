import SessionLog
import TestSupport
import Testing

@Suite struct `Verdicts and rules` {
  /// Rules that no walk over files or log can give, and why.
  static let notProduced: [Finding.Rule: String] = [
    .required: "a --require is the caller's; the command line makes the finding"
  ]

  private static func table(_ heading: String) throws -> [[String]] {
    let page = try readText("schema/verdicts.md")
    let section = try #require(page.split(separator: "## ").first { $0.hasPrefix(heading) })
    return section.split(separator: "\n").filter { $0.hasPrefix("| ") }.dropFirst().map { row in
      row.split(separator: "|").map { String($0.trimming(" ")) }
    }
  }

  static func readText(_ path: String) throws -> String {
    String(decoding: try TestData.read(path), as: UTF8.self)
  }

  @Test func `the page lists every rule, and each with words that exist`() throws {
    let rows = try Self.table("Rules")
    #expect(rows.map { $0[0] } == Finding.Rule.allCases.map(\.rawValue))
    for row in rows {
      let verdicts = row[1].split(separator: ",").map { String($0.trimming(" ")) }
      #expect(verdicts.allSatisfy { Finding.Verdict(rawValue: $0) != nil }, "\(row)")
      #expect(Finding.Area(rawValue: row[2]) != nil, "\(row)")
      #expect(row.count == 4)
    }
  }

  @Test func `the page lists the verdicts in their order, the answers and the facts`() throws {
    let verdicts = try Self.table("Verdicts").compactMap { Finding.Verdict(rawValue: $0[0]) }
    #expect(verdicts.count == 7 && verdicts == verdicts.sorted())
    #expect(try Self.table("Five").allSatisfy { Finding.Area(rawValue: $0[0]) != nil })
    let facts: [Fact] = [
      .open, .starting, .tail(0), .recovered(0), .withheld(0), .erased(0), .unwitnessed, .stale,
    ]
    #expect(
      try Self.table("Facts").map { $0[0] }
        == facts.map { $0.description.replacing("0", with: "k") }
    )
  }

  @Test func `every rule is expected by name in a test that makes it happen`() throws {
    let sources = try ["TamperTests", "HostileFileTests", "LogTests", "ReceiptTests"].map {
      try Self.readText("Tests/SessionLogTests/\($0).swift")
    }.joined()
    for rule in Finding.Rule.allCases {
      let isExpected =
        sources.contains(".\(rule)]") || sources.contains(".\(rule) ")
        || sources.contains(".\(rule),") || sources.contains(".\(rule))")
      #expect(isExpected == (Self.notProduced[rule] == nil), "\(rule)")
    }
  }
}

extension StringProtocol {
  func trimming(_ character: Character) -> Substring {
    var text = Substring(self)
    while text.first == character { text.removeFirst() }
    while text.last == character { text.removeLast() }
    return text
  }
}
