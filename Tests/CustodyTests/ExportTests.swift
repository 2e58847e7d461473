import Platform
import Recorder
import SessionLog
import TestSupport
import Testing

@testable import Custody

/// A store in memory, sessions in it, and what an export of them writes.
struct ExportBox {
  let disk = FaultyFiles()
  let box: TestStore

  init() throws { box = try TestStore(on: disk) }

  func session(_ lines: [[UInt8]], _ change: (inout SessionStart) -> Void = { _ in }) throws
    -> SessionID
  {
    let id = TestStore.id(lines.count + 1)
    var start = box.start(id)
    start.columns = 80
    start.rows = 24
    change(&start)
    var writer = try SessionWriter.begin(
      in: box.store, state: box.state, start: start, clock: box.clock)
    for line in lines.dropLast() { try writer.append(line) }
    _ = try writer.close(lines: [lines[lines.count - 1]])
    return id
  }

  func export(_ id: SessionID, _ format: ExportFormat) throws -> (
    main: [UInt8], timing: [UInt8], outcome: TerminalExport.Outcome
  ) {
    var (main, timing): ([UInt8], [UInt8]) = ([], [])
    let outcome = try TerminalExport.run(id, in: box.store, log: box.log(), format: format) {
      part, bytes in
      switch part {
      case .main: main += bytes
      case .timing: timing += bytes
      }
    }
    return (main, timing, outcome)
  }

  /// Imports an export again.
  func back(
    _ export: (main: [UInt8], timing: [UInt8], outcome: TerminalExport.Outcome),
    _ format: ExportFormat
  )
    throws -> SessionID
  {
    disk.plant("/in/main", export.main)
    disk.plant("/in/timing", export.timing)
    let importer = Importer(box.store, box.state, clock: box.clock, sources: disk)
    let input: ImportRequest.Input =
      format == .typescript
      ? .typescript("/in/main", timing: "/in/timing", input: nil) : .path("/in/main")
    return try importer.run(ImportRequest(input, agent: Identity(issuer: "i", uid: "a"))).id
  }

  /// Time, kind and content of what the formats hold, from a session's lines.
  func told(_ id: SessionID, from origin: UInt64 = 0) throws -> [String] {
    var events = TerminalEvents()
    return try box.lines(of: id).compactMap { line in
      guard let (time, event) = events.next(line.span) else { return nil }
      return switch event {
      case .output(let bytes): "\(time &- origin) o \(bytes)"
      case .input(let bytes): "\(time &- origin) i \(bytes)"
      case .resize(let columns, let rows): "\(time &- origin) r \(columns)x\(rows)"
      case .marker(let label): "\(time &- origin) m \(label)"
      case .end(let code): "\(time &- origin) x \(code.map(String.init) ?? "-")"
      case .gap, .other: nil
      }
    }
  }
}

private func line(_ time: UInt64, _ type: StaticString, _ fields: (inout LineBuilder) -> Void)
  -> [UInt8]
{
  var line = LineBuilder(time: time, type: type)
  fields(&line)
  return line.finish()
}

private func data(_ time: UInt64, _ type: StaticString, _ bytes: [UInt8]) -> [UInt8] {
  line(time, type) { $0.addData(bytes.span) }
}

private let everything: [[UInt8]] = [
  TestLine.output(5, "a\u{1B}[1m\"\\\u{0}"), data(1_000_000, "terminal.input", [13]),
  line(1_000_001, "terminal.resize") {
    $0.add("cols", 100); $0.add("rows", 30)
  },
  line(2_000_000, "marker.note") { $0.add("label", "m \u{1B}") },
  TestLine.output(3_600_000_007, "żółć 🌍\r\n"),
  line(3_600_000_010, "session.end") {
    $0.add("reason", "client"); $0.add("exit_code", 3)
  },
]

@Suite struct `An export` {
  @Test(arguments: [ExportFormat.cast, .cast2, .typescript, .ttyrec])
  func `imported again gives the same bytes at the same times`(format: ExportFormat) throws {
    let box = try ExportBox()
    let id = try box.session(everything)
    let export = try box.export(id, format)
    #expect(export.outcome.findings.isEmpty)
    let again = try box.told(box.back(export, format))
    let whole = try box.told(id)
    switch format {
    case .cast: #expect(again == whole)
    case .cast2: #expect(again.dropLast() == whole.dropLast())
    case .typescript: #expect(again == whole.filter { !$0.contains(" m ") })
    case .ttyrec:
      let outputs = try box.told(id, from: 5).filter { $0.contains(" o ") }
      #expect(again.filter { $0.contains(" o ") } == outputs)
    }
  }

  @Test func `what a format cannot hold is counted`() throws {
    let box = try ExportBox()
    let id = try box.session(everything)
    #expect(try box.export(id, .cast).outcome.losses.all.isEmpty)
    #expect(try box.export(id, .cast2).outcome.losses.all == [.init(what: Loss.exit, count: 1)])
    #expect(
      try box.export(id, .typescript).outcome.losses.all == [.init(what: Loss.marker, count: 1)])
    let losses = try box.export(id, .ttyrec).outcome.losses
    #expect(losses.all.map(\.what) == [Loss.input, Loss.resize, Loss.marker, Loss.exit])
  }

  @Test func `a character split between two events is whole in a cast`() throws {
    let box = try ExportBox()
    let id = try box.session([
      data(1, "terminal.output", [0x61, 0xE2, 0x82]), data(2, "terminal.output", [0xAC, 0x62]),
      TestLine.end(3),
    ])
    let export = try box.export(id, .cast)
    #expect(export.outcome.losses.all.isEmpty)
    let outputs = try box.told(box.back(export, .cast)).filter { $0.contains(" o ") }
    #expect(outputs == ["1 o [97]", "2 o [226, 130, 172, 98]"])
  }

  @Test func `bytes that are no text are lost in a cast, said so, and kept in the others`() throws {
    let box = try ExportBox()
    let bytes: [UInt8] = [0x61, 0xFF, 0xFE, 0xEF, 0xBF, 0xBD, 0xC3]
    let id = try box.session([data(1, "terminal.output", bytes), TestLine.end(2)])
    #expect(try box.export(id, .cast).outcome.losses.count(of: Loss.invalidText) == 3)
    for format in [ExportFormat.typescript, .ttyrec] {
      let export = try box.export(id, format)
      #expect(export.outcome.losses.count(of: Loss.invalidText) == 0)
      let outputs = try box.told(box.back(export, format)).filter { $0.contains(" o ") }
      #expect(outputs.map { $0.drop { $0 != " " } } == [" o \(bytes)"])
    }
  }

  @Test func `parts of a long payload are one event again`() throws {
    let box = try ExportBox()
    let half = String(repeating: "x", count: 40_000)
    let id = try box.session([
      line(7, "terminal.output") {
        $0.add("data", half); $0.add("part", 0)
      },
      line(7, "terminal.output") {
        $0.add("data", "é"); $0.add("part", 1); $0.add("last", .bool(true))
      },
      TestLine.end(8),
    ])
    let text = String(decoding: try box.export(id, .cast).main, as: UTF8.self)
    #expect(text.split(separator: "\n").count == 3)
    #expect(text.contains(half + "é"))
  }

  @Test func `nothing hostile stands in the text of an export`() throws {
    let box = try ExportBox()
    let evil = "\u{1B}]0;x\u{7}\"\n] \u{202E}\u{9B}"
    let id = try box.session(everything) { start in
      start.command = [evil, evil]
      start.terminalType = evil
      var imported = Imported(
        name: evil, format: "ttyrec", sha256: .zero, bytes: 0, salvaged: false)
      imported.title = evil
      start.imported = imported
    }
    for format in [ExportFormat.cast, .cast2] {
      let text = String(decoding: try box.export(id, format).main, as: UTF8.self)
      let isInert = text.unicodeScalars.allSatisfy {
        $0 == "\n" || $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) && $0 != "\u{202E}"
      }
      #expect(isInert)
      let header = try JSONValue(parsing: Array(text.utf8.prefix { $0 != 0x0A }))
      #expect(header["title"] == .string(evil))
    }
    let export = try box.export(id, .typescript)
    let timing = String(decoding: export.timing, as: UTF8.self)
    #expect(
      timing.unicodeScalars.allSatisfy {
        $0 == "\n" || $0.value >= 0x20 && $0.value < 0x7F || $0.value > 0xA0 && $0 != "\u{202E}"
      })
    _ = try box.back(export, .typescript)
  }

  @Test func `damage ends an export before it, and is told`() throws {
    let box = try ExportBox()
    var lines = (0..<3000).map {
      TestLine.output(UInt64($0), "\($0) " + String(repeating: "y", count: 900))
    }
    lines.append(TestLine.end(3000))
    let id = try box.session(lines)
    let whole = try box.export(id, .ttyrec).main
    let path = box.box.store.sessionPath(of: id)
    var bytes = try #require(box.disk.contents(path))
    bytes[bytes.count - 600] ^= 1
    box.disk.plant(path, bytes)
    let cut = try box.export(id, .ttyrec)
    #expect(!cut.outcome.findings.isEmpty)
    #expect(cut.main.count < whole.count && !cut.main.isEmpty)
    #expect(whole.starts(with: cut.main))
  }

  @Test func `lines that no commit covers are left out and counted`() throws {
    let box = try ExportBox()
    var writer = try box.box.begin(TestStore.id(9))
    try writer.append(TestLine.output(1, "covered"))
    try writer.makeDurable(commit: true)
    try writer.append(TestLine.output(2, "not yet"))
    try writer.makeDurable()
    let export = try box.export(TestStore.id(9), .cast)
    #expect(export.outcome.uncommitted == 1)
    #expect(!String(decoding: export.main, as: UTF8.self).contains("not yet"))
  }
}
