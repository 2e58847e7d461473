import Foundation
import Platform
import Recorder
import SessionLog
import TestSupport
import Testing

@testable import Custody

@Suite struct `Real recordings, there and back` {
  /// Terminal recordings, read where they stand; empty, and said so, where there are none.
  private static let files: [String] = {
    var data = URL(fileURLWithPath: #filePath)
      .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appendingPathComponent("shared/data")
    if let path = ProcessInfo.processInfo.environment["BLACKBOX_TEST_DATA"], !path.isEmpty {
      data = URL(fileURLWithPath: path)
    }
    let root = data.appendingPathComponent("recordings").path
    guard let names = FileManager.default.enumerator(atPath: root) else {
      print("skipped: no recordings in \(root)")
      return []
    }
    // The packed ones are the largest: they take minutes in a debug build.
    return names.compactMap { $0 as? String }.sorted().filter {
      $0.hasSuffix(".cast") || $0.hasPrefix("cast-fixtures") && $0.hasSuffix(".json")
        || $0.hasSuffix("short.ttyrec")
    }.map { root + "/" + $0 }
  }()

  /// Moment and bytes of each output and input, joined where they stand at one moment.
  private func streams(_ box: ExportBox, _ id: SessionID) throws -> [[UInt8]] {
    var events = TerminalEvents()
    return try box.box.lines(of: id).compactMap { line in
      guard let (time, event) = events.next(line.span) else { return nil }
      return switch event {
      case .output(let bytes): Array("\(time) o ".utf8) + bytes
      case .input(let bytes): Array("\(time) i ".utf8) + bytes
      case .resize(let columns, let rows): Array("\(time) r \(columns)x\(rows)".utf8)
      default: nil
      }
    }
  }

  @Test func `every format that holds a recording gives it back`() throws {
    for path in Self.files {
      let box = try ExportBox()
      let importer = Importer(box.box.store, box.box.state, clock: box.box.clock)
      let session = try importer.run(
        ImportRequest(.path(path), agent: Identity(issuer: "i", uid: "a")))
      let whole = try streams(box, session.id)
      #expect(outputs(whole) == fromSource(path) ?? outputs(whole), "\(path): the source itself")
      for format in [ExportFormat.cast, .cast2, .typescript] {
        let export = try box.export(session.id, format)
        // Where a cast loses bytes it says so; then it need not come back.
        if export.outcome.losses.count(of: Loss.invalidText) > 0 { continue }
        let again = try streams(box, box.back(export, format))
        #expect(again == whole, "\(path): \(format)")
      }
      guard session.facts.outputBytes > 0 else { continue }
      let again = try streams(box, box.back(box.export(session.id, .ttyrec), .ttyrec))
      #expect(outputs(again) == outputs(whole), "\(path): ttyrec")
    }
  }

  private func outputs(_ streams: [[UInt8]]) -> [UInt8] {
    streams.flatMap { event -> [UInt8] in
      let parts = event.split(separator: 0x20, maxSplits: 2, omittingEmptySubsequences: false)
      return parts.count == 3 && parts[1].elementsEqual([0x6F]) ? Array(parts[2]) : []
    }
  }

  /// The output of an asciicast v2 or v3 as another parser reads it; nil where that parser cannot.
  private func fromSource(_ path: String) -> [UInt8]? {
    guard path.hasSuffix(".cast"), let text = try? String(contentsOfFile: path, encoding: .utf8)
    else { return nil }
    var bytes: [UInt8] = []
    for line in text.split(separator: "\n").dropFirst() where !line.hasPrefix("#") {
      guard let event = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [Any],
        event.count >= 3, event[0] is NSNumber, let data = event[2] as? String,
        let code = event[1] as? String
      else { return nil }
      if code == "o" { bytes += Array(data.utf8) }
    }
    return bytes
  }
}
