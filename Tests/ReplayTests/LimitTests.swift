import Platform
import SessionLog
import TestSupport
import Testing
import Text

@testable import Replay

/// Beyond what is listed or kept: it is counted, said, and nothing else changes.
@Suite struct LimitTests {
  private let fixture = SessionFixture()

  init() {
    for directory in ["/cache", "/cache/snapshots"] { fixture.files.plantDirectory(directory) }
  }

  private func loaded(_ path: String, _ places: SnapshotPlaces) throws -> Stage {
    var stage = Stage(try fixture.open(path))
    stage.loadInBackground(places)
    while stage.isLoading { _ = try stage.readOn() }
    return stage
  }

  private func awaitFile(_ name: String) {
    for _ in 0..<1000 where fixture.files.contents(name) == nil { pause(milliseconds: 10) }
  }

  @Test func `hidden content beyond the list is counted, marked and told, snapshots or not`() throws
  {
    // 22,000 findings in 220 outputs, and one output with more than the emulator keeps of one.
    var random = SeededGenerator(seed: 5)
    let thick = String(repeating: "\u{1B}]52;c;eA==\u{7}", count: 300)
    var events: [SessionFixture.Event] = [.text(1, thick)]
    for number in 0..<220 {
      // A file too short has no snapshots: something that does not pack.
      let noise = String(random.next(), radix: 36)
      events.append(
        .text(
          UInt64(number) + 2,
          String(repeating: "\u{1B}]52;c;eA==\u{7}", count: 100) + noise + "\r\n"))
    }
    let path = try fixture.write(events, columns: 60, rows: 5)
    let places = SnapshotPlaces(["/cache/snapshots/x"], in: fixture.files, leastKeyframes: 0)
    let first = try loaded(path, places)
    awaitFile("/cache/snapshots/x")
    let second = try loaded(path, places)
    try check(first)
    try check(second)
    let isConfirmed = second.isConfirmed(second.timeline.last)
    #expect(isConfirmed)

    // Printed, each is there but those of the thick output, which says how many.
    var playback = Playback()
    var (listed, dropped) = (0, UInt64(0))
    var bare = try fixture.stage(path)
    for event in 0...first.timeline.last {
      _ = try bare.recording.withLine(event) { line in
        guard playback.take(line) else { return }
        let (found, more) = playback.takeHidden()
        listed += found.count
        dropped += more
        #expect(more == (event == 2 ? 44 : 0))
      }
    }
    #expect((listed, dropped) == (22_256, 44))
  }

  private func check(_ stage: borrowing Stage) throws {
    #expect(stage.hidden.count == Stage.hiddenLimit)
    #expect(stage.hiddenDropped == 22_300 - UInt64(Stage.hiddenLimit))
    #expect(stage.marks.count(.hidden) == 221)
    // The thick one, one in the middle, the one where the list ends, and one behind it.
    let listed = [2, 100, 3 + (Stage.hiddenLimit - 256) / 100, 222].map {
      stage.hidden(at: $0).count
    }
    #expect(listed == [256, 100, 44, 0])
    let isWhole = [2, 100, 3 + (Stage.hiddenLimit - 256) / 100, 222].map {
      stage.isHiddenListed(at: $0)
    }
    #expect(isWhole == [false, true, false, false])
  }

  @Test func `text kept in several chunks is found as playing finds it, one damaged or not`() throws
  {
    var random = SeededGenerator(seed: 9)
    var events: [SessionFixture.Event] = []
    for number in 0..<100 {
      let lines = (0..<330).map { line in
        "\(number)-\(line) \(String(random.next(), radix: 36)) some words that stand in every row of this session, one after the other, here"
      }
      events.append(.text(UInt64(number), lines.joined(separator: "\r\n") + "\r\n"))
    }
    let path = try fixture.write(events, columns: 110, rows: 40)
    let places = SnapshotPlaces(
      ["/cache/snapshots/x"], in: fixture.files, leastKeyframes: 0, leastOutput: 0)
    var first = try loaded(path, places)
    #expect(first.text.count >= 3)
    let isKept = first.text.allSatisfy { $0.place != nil }
    #expect(isKept)
    let patterns = ["words", "/^50-1?7 /", "9-299 ", "z", "/\\bhere$/"]
    let wanted = try patterns.map { try hits(&first, $0) }
    #expect(wanted[0].count == 33_000)
    #expect(wanted[1].map(\.event) == [52, 52])
    #expect(wanted[2].count == 10)
    #expect(wanted[4].count == 33_000)
    // Asked again, what came to its end is at hand.
    let again = try #require(first.beginSearch(try SearchPattern(typed: "9-299 ")))
    #expect(again.progress.isComplete && again.progress.count == 10)
    first.endSearch()
    awaitFile("/cache/snapshots/x")

    // Without the text all is played, which takes long: the rarest alone.
    for change in 0..<3 {
      if change > 0, let place = first.text[change].place {
        fixture.files.tamper("/cache/snapshots/x.text") {
          $0[Int(place.offset) + place.stored / 2] ^= 0x10
        }
      }
      var next = try loaded(path, places)
      for (pattern, wanted) in zip(patterns, wanted).dropFirst(change > 0 ? 1 : 0) {
        let found = try hits(&next, pattern)
        #expect(found == wanted, "\(pattern), \(change) damaged")
        if change > 0 { break }
      }
    }
  }

  private func hits(_ stage: inout Stage, _ pattern: String) throws -> [SearchHit] {
    let search = try #require(stage.beginSearch(try SearchPattern(typed: pattern)))
    for _ in 0..<6000 where !search.progress.isComplete { pause(milliseconds: 5) }
    #expect(search.progress.isComplete && search.progress.failure == nil)
    return search.hits()
  }

  @Test func `what was kept longest ago goes where the directory grows too large`() throws {
    for name in ["a", "a.text", "b", "c"] {
      fixture.files.plant("/cache/snapshots/" + name, [UInt8](repeating: 1, count: 1000))
    }
    fixture.files.plant("/cache/other", [1])
    let places = SnapshotPlaces(
      ["/cache/snapshots/x"], in: fixture.files, leastKeyframes: 0, mostBeside: 2500)
    let binding = SnapshotBinding(size: 1, tail: .zero)
    #expect(places.write(ReplayIndex(), binding))
    #expect(try fixture.files.list("/cache/snapshots") == ["b", "c", "x"])
    #expect(fixture.files.contents("/cache/other") != nil)
  }
}
