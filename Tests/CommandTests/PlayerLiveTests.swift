import Foundation
import Testing

/// A session that is watched while it is recorded.
@Suite(
  .enabled(if: OracleTmux.path != nil && Program.path != nil, "tmux or the program is missing"))
struct PlayerLiveTests {
  @Test
  func `a live session can be stepped back in, searched and left, and is verified once it ends`()
    async throws
  {
    let place = try Place()
    defer { place.remove() }
    let (program, gate) = (try #require(Program.path), place.path("gate"))
    try #require(try place.bash("'\(program)' init --origin test.example.com/live") == 0)
    let session = try OuterTerminal(recordingUntil: gate, place)
    let tmux = try OracleTmux(
      place, columns: 80, rows: 24, running: [program, "replay", "-f", "@last"])
    defer { tmux.stop() }
    try await tmux.wait(for: "said-first")
    try await tmux.wait(for: "LIVE")
    // What may still come is waited for, and no longer once one leaves that.
    try tmux.press(.init(name: "d", presses: [.key(.character(UInt8(ascii: "d")))]))
    try await tmux.wait(for: "no denial after this so far; waits for one, esc stops")
    try tmux.press(.init(name: "esc", presses: [.key(.escape)]))
    try await tmux.wait(for: "?: help")
    // Who went back to look at something is left there.
    try tmux.press(.init(name: "g", presses: [.key(.character(UInt8(ascii: "g")))]))
    try await tmux.wait(for: " #0/")
    try Data("said-later\n".utf8).write(to: URL(fileURLWithPath: gate), options: .atomic)
    #expect(session.status() == 0)
    try await tmux.wait(for: "VERIFIED")
    let shown = try tmux.screen()
    #expect(shown.contains { $0.contains(" #0/") } && !shown.contains { $0.contains("said-later") })
    try tmux.press(.init(name: "G", presses: [.key(.character(UInt8(ascii: "G")))]))
    try await tmux.wait(for: "said-later")
    try tmux.press(.init(name: "q", presses: [.key(.character(UInt8(ascii: "q")))]))
    try await tmux.waitForEnd()
  }
}
