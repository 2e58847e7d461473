import Foundation
import Platform
import SessionLog
import TestSupport
import Testing

@testable import Recorder

/// Real recordings, read where they stand; not part of the project.
enum RecordingData {
  static let folder: URL = {
    if let path = ProcessInfo.processInfo.environment["BLACKBOX_TEST_DATA"], !path.isEmpty {
      return URL(fileURLWithPath: path)
    }
    return URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("shared/data")
  }()

  /// Every file below `recordings/` + `part`; empty, and said so, where there is none.
  static func files(_ part: String = "") -> [String] {
    let root = folder.appendingPathComponent("recordings/" + part).path
    guard let names = FileManager.default.enumerator(atPath: root) else {
      print("skipped: no recordings in \(root)")
      return []
    }
    return names.compactMap { $0 as? String }.sorted().map { root + "/" + $0 }.filter {
      var isDirectory: ObjCBool = false
      return FileManager.default.fileExists(atPath: $0, isDirectory: &isDirectory)
        && !isDirectory.boolValue
    }
  }
}

@Suite struct `The world's recordings` {
  /// What is no recording, and why: no other file may be refused.
  private static let refusals: [(suffix: String, reason: String)] = [
    ("MANIFEST.tsv", "text of another kind"), ("content_hash.txt", "text of another kind"),
    ("prompt.txt", "text of another kind"), ("context.md", "text of another kind"),
    ("metadata.json", "metadata of a checkpoint"),
    ("base_state.json", "the state of a conversation"),
    ("empty.ttyrec", "an empty file"),
  ]

  private struct Refused: Error { var found: String? }

  private static func outcome(_ importer: Importer, _ path: String) throws
    -> Result<ImportedSession, Refused>
  {
    let request = ImportRequest(.path(path), agent: Identity(issuer: "i", uid: "a"))
    do { return .success(try importer.run(request)) } catch ImportFailure.unreadable(let refusal) {
      return .failure(Refused(found: refusal.found))
    }
  }

  @Test func `each imports, or is refused with a reason that is right`() throws {
    let disk = FaultyFiles()
    let box = try TestStore(on: disk)
    let importer = Importer(box.store, box.state, clock: box.clock)
    for path in RecordingData.files() {
      let expected = Self.refusals.first { path.hasSuffix($0.suffix) }?.reason
      let name = path.split(separator: "/").suffix(2).joined(separator: "/")
      switch try Self.outcome(importer, path) {
      case .success(let session):
        #expect(expected == nil, "\(name) should have been refused")
        let mark = session.imported.salvaged ? "salvaged" : "whole"
        print("\(session.format.rawValue)\t\(session.facts.events)\t\(mark)\t\(name)")
        #expect(session.facts.events > 0 || name.hasSuffix("no-events.cast"))
      case .failure(let refusal):
        let found = refusal.found ?? ""
        print("refused\t\(found)\t\t\(name)")
        let isRight = expected.map { found.contains($0) } ?? false
        #expect(isRight, "\(name): \(found)")
      }
    }
    #expect(try box.findings().isEmpty)
  }

  /// The fixtures of asciinema's server: what it accepts comes in whole, what it rejects is salvaged and marked.
  @Test func `asciinema's own accept and reject lists hold`() throws {
    let disk = FaultyFiles()
    let box = try TestStore(on: disk)
    let importer = Importer(box.store, box.state, clock: box.clock)
    for path in RecordingData.files("cast-fixtures") {
      let name = path.split(separator: "/").last.map(String.init) ?? ""
      let isBad =
        name.hasPrefix("invalid") || name.hasPrefix("broken") || name.hasPrefix("wrong")
      let session = try importer.run(
        ImportRequest(.path(path), agent: Identity(issuer: "i", uid: "a")))
      #expect(session.imported.salvaged == isBad, "\(path)")
      var strict = ImportRequest(.path(path), agent: Identity(issuer: "i", uid: "a"))
      strict.isStrict = true
      if isBad {
        #expect(throws: ImportFailure.self) { try importer.run(strict) }
      } else {
        _ = try importer.run(strict)
      }
    }
  }
}
