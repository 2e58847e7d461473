import Foundation
import Testing

/// Inputs that the fuzzer kept because each reaches something no other does.
@Suite struct CorpusTests {
  @Test func `the fuzzer's corpus breaks no promise`() throws {
    let path = JudgeData.packageRoot.appendingPathComponent("Fuzz/corpus/terminal.txt")
    let lines = try String(contentsOf: path, encoding: .utf8).split(separator: "\n")
    #expect(lines.count > 300)
    for line in lines {
      let bytes = try #require(Data(base64Encoded: String(line)))
      #expect(TerminalPromises.broken(by: Array(bytes)) == nil, "\(line)")
    }
  }
}
