import Foundation
import Platform
import Recorder
import SessionLog
import Synchronization
import Terminal
import TestSupport
import Testing

@testable import Replay

/// Real recordings, read where they stand; not part of the project.
private enum RealRecordings {
  /// `all`, or a part of the names of those that are gone through whole.
  static let wanted = ProcessInfo.processInfo.environment["BLACKBOX_RECORDINGS"] ?? ""
  static let root = HostileData.folder.appendingPathComponent("recordings").path

  /// Every file that a parser takes; empty, and said so, where there is none.
  static func openers() -> [(name: String, open: EventSourceOpener)] {
    guard let names = FileManager.default.enumerator(atPath: root) else {
      print("skipped: no recordings in \(root)")
      return []
    }
    return names.compactMap { $0 as? String }.sorted().compactMap { name in
      guard wanted.isEmpty || wanted == "all" || name.contains(wanted),
        let found = try? ForeignRecording.open(root + "/" + name)
      else { return nil }
      return (name, found.open)
    }
  }
}

/// What a run held.
private struct Tally: Sendable {
  var (recordings, withScreens, events, compared, withSnapshots) = (0, 0, 0, 0, 0)
  var longest: (events: Int, name: String) = (0, "")

  mutating func add(_ played: PlayedRecording) {
    recordings += 1
    events += played.last + 1
    if played.outputs > 0 { withScreens += 1 }
    if played.last + 1 > longest.events { longest = (played.last + 1, played.name) }
  }
}

private final class SharedTally: Sendable {
  let tally = Mutex(Tally())
}

/// Every way to an event of a recording leads to the same screen and the same line.
///
/// Some events of each recording as a rule; `make recordings` goes through every event of every one, optimised and on all
/// cores; BLACKBOX_RECORDINGS with a part of a name goes through those.
@Suite(.serialized) struct RealRecordingTests {
  private static let isLong = !RealRecordings.wanted.isEmpty
  private static let isWhole = RealRecordings.wanted.isEmpty || RealRecordings.wanted == "all"
  /// Events up to which each recording is held.
  private static let most = isLong ? Int.max : 120
  /// Events of a long recording that are gone to in one piece of work.
  private static let slice = 4000

  /// The events to go to: all in a long run, in slices; else the ends and some between.
  private static func slices(_ played: PlayedRecording) -> [[Int]] {
    guard isLong else {
      var random = SeededGenerator(seed: UInt64(played.last))
      let some = (0..<4).map { _ in Int(random.next() % UInt64(played.last + 1)) }
      return [Array(Set(some + [0, played.last]))]
    }
    var slices: [[Int]] = []
    for start in stride(from: 0, through: played.last, by: slice) {
      slices.append(Array(start...min(played.last, start + slice - 1)))
    }
    return slices
  }

  /// A stage that has read what is held.
  private static func stage(_ played: PlayedRecording, keyframeBudget: Int = 48 << 20) throws
    -> Stage
  {
    var stage = Stage(try Recording.open(played.source), keyframeBudget: keyframeBudget)
    while stage.timeline.last < min(most, played.last), try stage.readOn() {}
    return stage
  }

  /// Plays each recording, then does the pieces of work that `pieces` makes of it, on all cores.
  private static func hold(
    _ sources: [(name: String, source: RecordingSource)],
    _ pieces: @Sendable @escaping (PlayedRecording, [Int], inout Tally) throws -> Void
  ) async throws -> Tally {
    let shared = SharedTally()
    try await withThrowingTaskGroup(of: Void.self) { group in
      for (name, source) in sources {
        group.addTask {
          guard let played = try? PlayedRecording(name, source, most: most), played.last > 1 else {
            return
          }
          shared.tally.withLock { $0.add(played) }
          try await withThrowingTaskGroup(of: Void.self) { group in
            for events in slices(played) {
              group.addTask {
                var own = Tally()
                try pieces(played, events, &own)
                shared.tally.withLock {
                  $0.compared += own.compared
                  $0.withSnapshots += own.withSnapshots
                }
              }
            }
            try await group.waitForAll()
          }
        }
      }
      try await group.waitForAll()
    }
    return shared.tally.withLock { $0 }
  }

  private static func tell(_ what: String, _ tally: Tally, since start: ContinuousClock.Instant) {
    print(
      "\(what): \(tally.recordings) recordings, \(tally.withScreens) with screens, \(tally.events) events,",
      "\(tally.compared) screens compared, longest \(tally.longest.name) with \(tally.longest.events)",
      "events, \(ContinuousClock.now - start)")
  }

  @Test func `every way to an event of a real recording shows what playing to it shows`()
    async throws
  {
    let start = ContinuousClock.now
    let recordings = RealRecordings.openers()
    guard !recordings.isEmpty else { return }
    let tally = try await Self.hold(
      recordings.map { ($0.name, .events(name: $0.name, $0.open)) }
    ) { played, events, tally in
      var ways = RecordingWays(played, seed: UInt64(events.count))
      var stage = try Self.stage(played)
      try ways.go(&stage, to: events, "with keyframes")
      tally.compared += ways.compared
      guard Self.isLong else { return }
      // Without any: from the beginning each time, which jumps would take for ever to do.
      var bare = try Self.stage(played, keyframeBudget: 0)
      #expect(bare.keyframeCount == 0)
      ways = RecordingWays(played, seed: 1)
      try ways.go(&bare, to: events, "without keyframes", [.forward, .backward])
      tally.compared += ways.compared
    }
    Self.tell("as they are", tally, since: start)
    #expect(
      tally.recordings >= (Self.isWhole ? 20 : 1),
      "only \(tally.recordings) of \(recordings.count) recordings were played")
    #expect(tally.withScreens >= (Self.isWhole ? 5 : 1))
  }

  @Test func `imported, they show the same with snapshots, before they are checked, and without`()
    async throws
  {
    let start = ContinuousClock.now
    let recordings = RealRecordings.openers()
    guard !recordings.isEmpty else { return }
    let directory = TemporaryDirectory()
    let box = try TestStore(on: SystemFiles.shared, at: directory.path)
    let importer = Importer(box.store, box.state, clock: box.clock)
    var sources: [(name: String, source: RecordingSource)] = []
    for (place, recording) in recordings.enumerated() where Self.isLong || place % 8 == 0 {
      let request = ImportRequest(
        .path(RealRecordings.root + "/" + recording.name), agent: Identity(issuer: "t", uid: "a"))
      guard let session = try? importer.run(request) else { continue }
      let path = box.store.sessionPath(of: session.id)
      sources.append((recording.name, .file(path: path, named: false, system: SystemFiles.shared)))
    }
    let tally = try await Self.hold(sources) { played, events, tally in
      let kept = directory.path + "/\(played.source.path.hash)-\(events[0])"
      // However short it is.
      let places = SnapshotPlaces([kept], leastKeyframes: 0, leastOutput: 0)
      var ways = RecordingWays(played, seed: UInt64(events.count))
      var first = Stage(try Recording.open(played.source))
      first.loadInBackground(places)
      while first.isLoading { _ = try first.readOn() }
      try ways.go(&first, to: events, "the first viewer", [.jump])
      let hasSnapshots = first.recording.binding() != nil && first.recording.findings.isEmpty
      if hasSnapshots {
        for _ in 0..<1000 where !FileManager.default.fileExists(atPath: kept) {
          usleep(10_000)
        }
        var second = Stage(try Recording.open(played.source))
        second.loadInBackground(places)
        #expect(second.timeline.count == first.timeline.count, "\(played.name): no snapshots")
        try ways.go(&second, to: events, "with snapshots")
        let isChecked = second.isConfirmed(second.timeline.last)
        #expect(!isChecked)
        while second.isLoading { _ = try second.readOn() }
        let isGood = second.isConfirmed(second.timeline.last)
        #expect(isGood)
        #expect(second.marks == first.marks)
        #expect(second.keyframes.frames == first.keyframes.frames)
        try ways.go(&second, to: events, "with snapshots that are checked", [.jump])
        try FileManager.default.removeItem(atPath: kept)
        tally.withSnapshots += 1
      }
      var third = try Self.stage(played)
      try ways.go(&third, to: events, "without snapshots", [.jump, .thereAndBack])
      tally.compared += ways.compared
    }
    Self.tell("imported, \(tally.withSnapshots) pieces with snapshots", tally, since: start)
    #expect(tally.recordings >= (!Self.isWhole ? 1 : Self.isLong ? 20 : 3))
    #expect(tally.withSnapshots > 0)
  }
}
