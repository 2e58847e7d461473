import Foundation
import Recorder
import SessionLog
import Terminal
import TestSupport
import Testing

@testable import Replay

/// Real recordings, read where they stand; not part of the project.
private enum RealRecordings {
  /// Every file that a parser takes; empty, and said so, where there is none.
  static func openers() -> [(name: String, open: EventSourceOpener)] {
    let root = HostileData.folder.appendingPathComponent("recordings").path
    guard let names = FileManager.default.enumerator(atPath: root) else {
      print("skipped: no recordings in \(root)")
      return []
    }
    return names.compactMap { $0 as? String }.sorted().compactMap { name in
      guard let found = try? ForeignRecording.open(root + "/" + name) else { return nil }
      return (name, found.open)
    }
  }
}

/// Every way to an event of a recording leads to the same screen.
///
/// Part of each recording as a rule; `BLACKBOX_RECORDINGS=all swift test --filter RealRecordingTests` goes through every
/// event of every one, which takes long in a debug build.
@Suite struct RealRecordingTests {
  private static let isLong = ProcessInfo.processInfo.environment["BLACKBOX_RECORDINGS"] == "all"
  /// Events up to which each recording is held.
  private static let most = isLong ? Int.max : 120

  @Test func `every way to an event of a real recording shows what playing to it shows`() throws {
    let recordings = RealRecordings.openers()
    var (played, withScreens) = (0, 0)
    for (name, open) in recordings {
      guard let recording = try? Recording.open(.events(name: name, open)) else { continue }
      var stage = Stage(recording)
      while stage.timeline.count < Self.most, try stage.readOn() {}
      let last = min(stage.timeline.last, Self.most)
      guard last > 1 else { continue }
      var random = SeededGenerator(seed: UInt64(last))
      let sample =
        Self.isLong
        ? (0...last).shuffled(using: &random)
        : Array(Set((0..<6).map { _ in Int(random.next() % UInt64(last + 1)) } + [0, last]))
      let isWanted = Set(sample)

      // What playing shows, by a terminal of the test's own.
      var terminal = Stage.blank(stage.recording.start)
      var payload: [UInt8] = []
      // Of the snapshots their hashes: all of a long recording's would fill the memory.
      var wanted: [Int: Int] = [:]
      var outputs = 0
      for event in 0...last {
        let kind = stage.timeline.kind(of: event)
        if kind == .output { outputs += 1 }
        _ = try stage.recording.withLine(event) { Stage.apply($0, kind, to: &terminal, &payload) }
        if isWanted.contains(event) { wanted[event] = terminal.snapshot().hashValue }
      }
      for event in sample.sorted(by: >) + sample {
        try stage.seek(to: event)
        #expect(stage.terminal.snapshot().hashValue == wanted[event], "\(name) at \(event)")
        let back = Int(random.next() % UInt64(event + 1))
        for _ in 0..<min(back, 5) { try stage.seek(to: stage.event - 1) }
        try stage.seek(to: event)
        #expect(
          stage.terminal.snapshot().hashValue == wanted[event],
          "\(name): back and forward to \(event)")
      }
      played += 1
      if outputs > 0 { withScreens += 1 }
    }
    guard !recordings.isEmpty else { return }
    #expect(played >= 20, "only \(played) of \(recordings.count) recordings were played")
    #expect(withScreens >= 5)
  }
}
