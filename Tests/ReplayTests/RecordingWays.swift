import Platform
import SessionLog
import Terminal
import TestSupport
import Testing

@testable import Replay

/// What each event of a recording shows to somebody who plays it from its beginning, and what its line says: as hashes,
/// because whole screens of a long recording would fill the memory.
struct PlayedRecording: Sendable {
  let name: String
  let source: RecordingSource
  private(set) var screens: [Int] = []
  private(set) var lines: [Int] = []
  /// Events that are terminal output.
  private(set) var outputs = 0

  /// Plays at most so many events, on terminals of its own and out of a reader of its own.
  init(_ name: String, _ source: RecordingSource, most: Int = .max) throws {
    (self.name, self.source) = (name, source)
    let reader = try source.reader()
    var kept = DecodedBatch(index: -1)
    var terminals: TerminalSet?
    var payload: [UInt8] = []
    var isOver = false
    while !isOver, lines.count < most {
      let growth = try reader.next(keeping: &kept) { _, kind, line, _ in
        guard lines.count < most else { return false }
        var played = terminals ?? TerminalSet(reader.facts.start)
        terminals = nil
        let did = played.apply(line, kind, &payload)
        _ = played.feed { $0.takeHidden() }
        if kind == .output { outputs += 1 }
        // Where nothing was drawn, the screen is the one before.
        let isSame = did == 0 && !played.isMerged
        screens.append(
          isSame ? screens.last ?? Self.hash(played.terminal) : Self.hash(played.terminal))
        lines.append(Self.hash(line))
        terminals = played
        return false
      }
      isOver = growth.isLast
    }
  }

  var last: Int { screens.count - 1 }

  static func hash(_ terminal: VirtualTerminal) -> Int {
    var hasher = Hasher()
    terminal.snapshot().withUnsafeBytes { hasher.combine(bytes: $0) }
    return hasher.finalize()
  }

  static func hash(_ line: Span<UInt8>) -> Int {
    var hasher = Hasher()
    line.withUnsafeBufferPointer { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
    return hasher.finalize()
  }
}

/// How to come to an event.
enum Way: Sendable, CaseIterable {
  /// One by one from the first.
  case forward
  /// One by one from the last.
  case backward
  /// From anywhere.
  case jump
  /// From there some events back and as many forward, one by one.
  case thereAndBack
}

/// Goes to events of a recording and compares.
struct RecordingWays {
  let played: PlayedRecording
  var random: SeededGenerator
  private(set) var compared = 0

  init(_ played: PlayedRecording, seed: UInt64) {
    self.played = played
    random = SeededGenerator(seed: seed)
  }

  /// Comes to every event in each way; `what` stands in what is said of a difference.
  mutating func go(
    _ stage: inout Stage, to events: [Int], _ what: String, _ ways: [Way] = Way.allCases
  ) throws {
    for way in ways {
      let order =
        switch way {
        case .forward: events.sorted()
        case .backward: events.sorted(by: >)
        case .jump, .thereAndBack: events.shuffled(using: &random)
        }
      for event in order {
        try stage.seek(to: event)
        guard way == .thereAndBack else {
          try compare(&stage, event, "\(what) \(way)")
          continue
        }
        // Mostly a few, now and then beyond the copies that are kept for stepping back.
        let most = random.next() % 64 == 0 ? 150 : 8
        let back = min(event + 1, Int(random.next() % UInt64(most)) + 1)
        for _ in 0..<back { try stage.seek(to: stage.event - 1) }
        if stage.event >= 0 { try compare(&stage, event - back, "\(what) \(back) back") }
        for _ in 0..<back { try stage.seek(to: stage.event + 1) }
        try compare(&stage, event, "\(what) \(back) back and forward")
      }
    }
  }

  private mutating func compare(_ stage: inout Stage, _ event: Int, _ what: String) throws {
    let line = try stage.recording.withLine(event) { PlayedRecording.hash($0) }
    let isSame =
      stage.event == event && line == played.lines[event]
      && PlayedRecording.hash(stage.terminal) == played.screens[event]
    // Said only where it fails: there are millions of them.
    if !isSame { Issue.record("\(played.name) at \(event), \(what)") }
    compared += 1
  }
}
