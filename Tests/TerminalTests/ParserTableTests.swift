import Foundation
import Testing

@testable import Terminal

/// The switch in the code against the table in `schema/`, which is the specification.
@Suite struct ParserTableTests {
  private struct Row {
    var state: ParserState
    var bytes: ClosedRange<UInt8>
    var next: Transition
  }

  @Test func `every state takes every byte as the table says`() throws {
    var covered: [ParserState: Set<UInt8>] = [:]
    for row in try table() {
      for byte in row.bytes {
        #expect(row.state.transition(on: byte) == row.next, "\(row.state) \(byte)")
        #expect(
          covered[row.state, default: []].insert(byte).inserted,
          "\(row.state) \(byte) stands twice in the table")
      }
    }
    for state in ParserState.allCases { #expect(covered[state]?.count == 256, "\(state)") }
  }

  private func table() throws -> [Row] {
    let file = JudgeData.packageRoot.appendingPathComponent("schema/vt-transitions.tsv")
    let lines = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
    let rows = lines.filter { !$0.hasPrefix("#") && !$0.hasPrefix("state\t") }.map { line in
      let fields = line.split(separator: "\t").map(String.init)
      return row(fields)
    }
    return try rows.map { try #require($0) }
  }

  private func row(_ fields: [String]) -> Row? {
    guard fields.count == 4, let state = self.state(named: fields[0]),
      let next = self.state(named: fields[2]),
      let action = ParserAction.allCases.first(where: { "\($0)" == fields[3] })
    else { return nil }
    let ends = fields[1].split(separator: "-").compactMap { UInt8($0, radix: 16) }
    guard let first = ends.first, let last = ends.last, first <= last else { return nil }
    return Row(state: state, bytes: first...last, next: Transition(next, action))
  }

  private func state(named name: String) -> ParserState? {
    ParserState.allCases.first { "\($0)" == name }
  }
}
