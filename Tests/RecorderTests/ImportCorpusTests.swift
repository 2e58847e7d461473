import Foundation
import TestSupport
import Testing

/// Inputs that the fuzzer kept because each reaches something no other does.
@Suite struct ImportCorpusTests {
  @Test func `the fuzzer's corpus breaks no promise`() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
      .deletingLastPathComponent().deletingLastPathComponent()
    let path = root.appendingPathComponent("Fuzz/corpus/import.txt")
    let lines = try String(contentsOf: path, encoding: .utf8).split(separator: "\n")
    #expect(lines.count > 300)
    let directory = TemporaryDirectory()
    defer { _ = directory.path }
    let promises = ImportPromises(in: directory.path + "/files")
    for line in lines {
      let bytes = try #require(Data(base64Encoded: String(line)))
      #expect(promises.broken(by: Array(bytes)) == nil, "\(line)")
    }
  }
}
