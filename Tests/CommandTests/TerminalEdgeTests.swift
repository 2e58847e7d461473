import Foundation
import Testing

/// `record` on the binary where signals, jobs and full outputs meet: it does as the command would without it.
@Suite(.enabled(if: Program.path != nil, "the program is not beside its tests"))
struct TerminalEdgeTests {
  private func place() throws -> Place {
    let place = try Place()
    let made = try place.run(
      try #require(Program.path), ["init", "--origin", "test.example.com/edges"])
    try #require(made.status == 0, "\(made.errors)")
    return place
  }

  /// Runs a script in which `$R` records what follows.
  private func run(_ place: Place, _ script: String) throws -> (
    status: Int32, text: String, errors: String
  ) {
    let record = "R='\(try #require(Program.path)) record -q --agent edge --'\n"
    return try place.run("/bin/bash", ["-c", record + script])
  }

  private func shell(_ place: Place, _ arguments: [String]) throws -> OuterTerminal {
    let program = try #require(Program.path)
    return try OuterTerminal(
      place, arguments, program: "/bin/bash",
      environment: ["R": "\(program) record -q --agent edge --", "D": place.directory.path])
  }

  /// Types a word for a command that says it again, and waits for the shell: what is typed before that is the command's.
  private func answer(_ outer: OuterTerminal) {
    let mark = outer.shown.count
    outer.type("word\n")
    #expect(outer.wait(for: "gotword", after: mark), "\(outer.text)")
    // The shell's next prompt: on a busy machine the one before comes late, and keys would still be the recorder's.
    let shown = Data(outer.shown)
    let end = shown.range(of: Data("gotword".utf8), in: mark..<shown.count)?.upperBound ?? mark
    #expect(outer.wait(for: "$ ", after: end), "\(outer.text)")
  }

  private func content(_ place: Place, _ name: String) -> String {
    FileManager.default.contents(atPath: place.path(name)).map {
      String(decoding: $0, as: UTF8.self)
    } ?? ""
  }

  @Test func `what a command left unread in a full terminal is neither lost nor forgotten`() throws
  {
    let place = try place()
    defer { place.remove() }
    guard try place.run("/bin/sh", ["-c", "command -v python3"]).status == 0 else {
      return print("skipped: there is no python3 to fill a terminal")
    }
    // Writes until nothing is taken for a second, and says how much was; the reader begins when the command is long gone,
    // and has room for all that waits at once.
    try Data(
      """
      import os, time
      os.set_blocking(1, False)
      count, last = 0, time.time()
      while time.time() - last < 1:
        try:
          count += os.write(1, b'x' * 1024)
          last = time.time()
        except BlockingIOError:
          time.sleep(0.01)
      open('count', 'w').write(str(count))
      """.utf8
    ).write(to: URL(fileURLWithPath: place.path("fill.py")))
    try Data(
      """
      import fcntl, os, subprocess, sys, time
      ours, theirs = os.pipe()
      fcntl.fcntl(theirs, 1031, 1 << 20)
      recorder = subprocess.Popen(sys.argv[1].split() + ['python3', 'fill.py'], stdout=theirs)
      os.close(theirs)
      while not os.path.exists('count'):
        time.sleep(0.05)
      time.sleep(1)
      shown = 0
      while True:
        piece = os.read(ours, 1 << 20)
        if not piece:
          break
        shown += len(piece)
      print(recorder.wait(), shown)
      """.utf8
    ).write(to: URL(fileURLWithPath: place.path("read.py")))
    let ended = try run(place, "python3 read.py \"$R\"")
    let count = content(place, "count")
    #expect(Int(count) ?? 0 > 1 << 20)
    #expect(ended.text == "0 \(count)\n", "\(ended.errors)")
    #expect(Recorded.bytes(try Recorded.events(place)).count == Int(count))
  }

  @Test func `the last words through a terminal that was opened again are kept`() throws {
    let place = try place()
    defer { place.remove() }
    let script = "exec < /dev/null > /dev/null 2>&1; sleep 0.4; echo LAST > /dev/tty; exit 6"
    let ended = try run(
      place, "for i in 1 2 3 4 5 6; do $R sh -c '\(script)'; echo $?; done")
    #expect(ended.text == String(repeating: "LAST\n6\n", count: 6))
    let bytes = Recorded.bytes(try Recorded.events(place))
    #expect(String(decoding: bytes, as: UTF8.self) == String(repeating: "LAST\r\n", count: 6))
  }

  @Test func `signals that were ignored from the start stay so, for recorder and command`() throws {
    let place = try place()
    defer { place.remove() }
    let child = "kill -HUP $PPID; kill -INT $PPID; kill -INT $$; sleep 0.5; echo alive; exit 6"
    let ended = try run(
      place,
      "env --ignore-signal=HUP --ignore-signal=INT $R sh -c '\(child)'; echo $?")
    #expect(ended.text == "alive\n6\n", "\(ended.errors)")
  }

  @Test func `a recorder that was started to ignore its children's ends hears them`() throws {
    let place = try place()
    defer { place.remove() }
    let ended = try run(
      place, "timeout -k 1 20 env --ignore-signal=CHLD $R sh -c 'echo hi; exit 3'; echo $?")
    #expect(ended.text == "hi\n3\n", "\(ended.errors)")
  }

  @Test func `SIGTERM ends a recorder whose terminal takes nothing`() throws {
    let place = try place()
    defer { place.remove() }
    let outer = try OuterTerminal(place, ["record", "--agent", "edge", "--", "yes"])
    #expect(outer.wait(for: "y\r\ny\r\n"))
    usleep(1_500_000)
    kill(outer.processID, SIGTERM)
    #expect(outer.statusWithoutReading(20) == 143)
    let end = try #require(Recorded.of("session.end", try Recorded.events(place)).first)
    #expect(end["signal"] as? Int == 15)
  }

  @Test func `an output that cannot be written is named, and ends with 8`() throws {
    let place = try place()
    defer { place.remove() }
    let ended = try run(place, "$R sh -c 'echo some; sleep 20' > /dev/full; echo $?")
    #expect(ended.text == "8\n")
    #expect(ended.errors.contains("No space left on device"), "\(ended.errors)")
    let bytes = Recorded.bytes(try Recorded.events(place))
    #expect(String(decoding: bytes, as: UTF8.self) == "some\r\n")
  }

  @Test func `other programs of a pipeline keep their line ends`() throws {
    let place = try place()
    defer { place.remove() }
    let outer = try shell(
      place,
      [
        "-c",
        """
        $R sh -c 'until test -s "$D/modes"; do sleep 0.05; done; echo end' | (
          until stty -a < /dev/tty | grep -q -e -icanon; do sleep 0.05; done
          stty -a < /dev/tty > "$D/modes"
          cat)
        """,
      ])
    #expect(outer.status() == 0)
    #expect(!content(place, "modes").contains("-opost"), "\(content(place, "modes"))")
    #expect(outer.text.contains("end\r\n"))
  }

  @Test func `a recorder in the background has a terminal for programs, and fg gives it the keys`()
    throws
  {
    let place = try place()
    defer { place.remove() }
    let outer = try shell(place, ["--norc", "--noprofile", "-i"])
    #expect(outer.wait(for: "$ "))
    let child = "stty -a > $D/new; mv $D/new $D/modes; read x; echo got$x"
    outer.type("$R sh -c '\(child)' &\n")
    #expect(outer.read { !content(place, "modes").isEmpty }, "\(outer.text)")
    let modes = content(place, "modes")
    #expect(!modes.contains("-icanon") && !modes.contains("-echo "), "\(modes)")
    outer.type("fg\n")
    usleep(700_000)
    answer(outer)
    outer.type("exit 7\n")
    #expect(outer.status() == 7, "\(outer.text)")
  }

  @Test func `a recorder that was stopped for good and goes on takes the terminal again`() throws {
    let place = try place()
    defer { place.remove() }
    let outer = try shell(place, ["--norc", "--noprofile", "-i"])
    #expect(outer.wait(for: "$ "))
    let child = "stty -echo; echo $PPID > $D/new; mv $D/new $D/pid; read x; echo got$x"
    outer.type("$R sh -c '\(child)'\n")
    #expect(outer.read { !content(place, "pid").isEmpty }, "\(outer.text)")
    let process = try #require(
      Int32(content(place, "pid").trimmingCharacters(in: .whitespacesAndNewlines)))
    usleep(300_000)
    kill(process, SIGSTOP)
    #expect(outer.wait(for: "Stopped"), "\(outer.text)")
    let mark = outer.shown.count
    outer.type("fg\n")
    usleep(700_000)
    answer(outer)
    let shown = String(decoding: outer.shown[mark...], as: UTF8.self)
    #expect(shown.components(separatedBy: "word").count == 2, "\(shown)")
    outer.type("exit 7\n")
    #expect(outer.status() == 7, "\(outer.text)")
  }
}
