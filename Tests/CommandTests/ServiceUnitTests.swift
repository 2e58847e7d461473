import Foundation
import TestSupport
import Testing

/// The units in `packaging`, as systemd itself reads them.
struct ServiceUnitTests {
  private static func systemd(_ arguments: [String], in place: Place) throws -> (
    status: Int32, text: String
  ) {
    let ended = try place.run("/usr/bin/env", ["systemd-analyze"] + arguments)
    return (ended.status, ended.text + ended.errors)
  }

  private static let hasSystemd =
    (try? Place()).map { place in
      defer { place.remove() }
      let ended = try? systemd(["security", "--offline=true", "--help"], in: place)
      return ended?.status == 0
    } ?? false

  @Test(.enabled(if: hasSystemd, "systemd-analyze is missing, or too old for --offline"))
  func `systemd finds nothing wrong with the units, and little that is exposed`() throws {
    let program = try #require(Program.path)
    let place = try Place()
    defer { place.remove() }
    for name in ["blackbox.service", "blackbox-failed@.service"] {
      let text = String(decoding: try TestData.read("packaging/" + name), as: UTF8.self)
      try text.replacingOccurrences(of: "/usr/local/bin/blackbox", with: program)
        .write(toFile: place.path(name), atomically: true, encoding: .utf8)
    }
    let verified = try Self.systemd(
      [
        "verify", "--man=no", place.path("blackbox.service"),
        place.path("blackbox-failed@.service"),
      ],
      in: place)
    #expect(verified.status == 0 && verified.text.isEmpty, "\(verified.text)")
    // In tenths: 1.0 of 10 at most.
    for name in ["blackbox.service", "blackbox-failed@.service"] {
      let exposed = try Self.systemd(
        ["security", "--offline=true", "--no-pager", "--threshold=10", place.path(name)], in: place)
      #expect(exposed.status == 0, "\(exposed.text)")
    }
  }

  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `the options of the unit are those that serve knows`() throws {
    let unit = String(decoding: try TestData.read("packaging/blackbox.service"), as: UTF8.self)
    let start = try #require(unit.range(of: "ExecStart="))
    let command = unit[start.upperBound...].replacingOccurrences(of: "\\\n", with: " ")
      .split(separator: "\n")[0]
    let place = try Place()
    defer { place.remove() }
    let help = try place.run(try #require(Program.path), ["help", "serve"])
    for word in command.split(separator: " ") where word.hasPrefix("--") {
      #expect(help.text.contains(word), "\(word)")
    }
  }
}
