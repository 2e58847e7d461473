import Foundation
import Platform
import SessionLog
import Testing

/// What a child writes comes out as it went in, and the recording gives it back.
///
/// `BLACKBOX_EXACT_BYTES` sets how many random bytes go through (`make soak`: 1 GB).
@Suite(.enabled(if: Program.path != nil, "the program is not beside its tests"))
struct ExactnessTests {
  private static let amount =
    ProcessInfo.processInfo.environment["BLACKBOX_EXACT_BYTES"].flatMap { Int($0) } ?? 4 << 20

  /// Shows a file through a recorded terminal that changes nothing, and holds screen and recording to its bytes.
  private func check(_ file: String, _ name: String) throws {
    let place = try Place()
    defer { place.remove() }
    let script = """
      export B='\(try #require(Program.path))'
      "$B" init --origin test.example.com/exact > /dev/null
      "$B" record -q --agent a -- sh -c 'stty raw < /dev/tty; cat "\(file)"' < /dev/null | cmp - "\(file)"
      echo "same ${PIPESTATUS[*]}"
      """
    let ended = try place.run("/bin/bash", ["-c", script])
    #expect(ended.text == "same 0 0\n", "\(name): \(ended.text) \(ended.errors)")
    let recorded = try #require(try Recorded.files(place).first)
    let original = try #require(FileHandle(forReadingAtPath: file))
    var place64: UInt64 = 0
    var isSame = true
    let verdict = try SessionVerifier.verify(file: recorded, in: SystemFiles.shared) { batch, _ in
      for index in 0..<batch.lineCount {
        guard let line = batch.line(index), line.type == "terminal.output" else { continue }
        var bytes: [UInt8] = []
        isSame = isSame && Payload.append(from: line.bytes.span, header: line.header, to: &bytes)
        let wanted = (try? original.read(upToCount: bytes.count)) ?? Data()
        isSame = isSame && Array(wanted) == bytes
        place64 += UInt64(bytes.count)
      }
    }
    #expect(isSame, "\(name): the recording holds other bytes")
    #expect(
      try original.read(upToCount: 1)?.isEmpty ?? true,
      "\(name): only \(place64) bytes are recorded")
    #expect(verdict.findings.isEmpty)
  }

  @Test func `random bytes`() throws {
    let place = try Place()
    defer { place.remove() }
    let made = try place.run(
      "/bin/bash", ["-c", "head -c \(Self.amount) /dev/urandom > random"])
    try #require(made.status == 0)
    try check(place.path("random"), "\(Self.amount) random bytes")
  }

  @Test func `random bytes both ways through a pipe that should carry messages`() throws {
    let place = try Place()
    defer { place.remove() }
    let script = """
      export B='\(try #require(Program.path))'
      head -c \(Self.amount) /dev/urandom > random
      "$B" init --origin test.example.com/exact > /dev/null
      "$B" record --mcp --agent a -- cat < random | cmp - random
      echo "same ${PIPESTATUS[*]}"
      """
    let ended = try place.run("/bin/bash", ["-c", script])
    #expect(ended.text == "same 0 0\n", "\(ended.text) \(ended.errors)")
    let recorded = try #require(try Recorded.files(place).first)
    let directions = ["to_server", "to_client"]
    let marks = directions.map { Array("\"direction\":\"\($0)\"".utf8) }
    let originals = try directions.map { _ in
      try #require(FileHandle(forReadingAtPath: place.path("random")))
    }
    var (sizes, isSame) = ([0, 0], true)
    let verdict = try SessionVerifier.verify(file: recorded, in: SystemFiles.shared) { batch, _ in
      for index in 0..<batch.lineCount {
        guard let line = batch.line(index), line.type.hasPrefix("mcp.") else { continue }
        // After the payload, where neither could stand: a quote is escaped there.
        guard let way = marks.firstIndex(where: { Array(line.bytes.suffix(160)).contains($0) })
        else {
          isSame = false
          continue
        }
        var bytes: [UInt8] = []
        isSame = isSame && Payload.append(from: line.bytes.span, header: line.header, to: &bytes)
        let wanted = (try? originals[way].read(upToCount: bytes.count)) ?? Data()
        isSame = isSame && Array(wanted) == bytes
        sizes[way] += bytes.count
      }
    }
    #expect(isSame, "the recording holds other bytes")
    #expect(sizes == [Self.amount, Self.amount])
    #expect(verdict.findings.isEmpty)
  }

  @Test func `recorded terminals of others`() throws {
    guard let root = ProcessInfo.processInfo.environment["BLACKBOX_TEST_DATA"] else {
      print("skipped: no $BLACKBOX_TEST_DATA")
      return
    }
    let folder = root + "/recordings"
    let files = (FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? [])
      .filter { ["cast", "typescript", "ttyrec", "log"].contains(($0 as NSString).pathExtension) }
      .sorted()
    let small = files.filter { name in
      let size = try? FileManager.default.attributesOfItem(atPath: folder + "/" + name)[.size]
      return (size as? Int ?? 0) < 2 << 20
    }
    print("\(min(12, small.count)) of \(files.count) recordings")
    for name in small.prefix(12) { try check(folder + "/" + name, name) }
  }
}
