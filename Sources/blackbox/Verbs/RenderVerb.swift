internal import Glibc
internal import Replay
internal import Terminal

struct RenderVerb: Verb {
  static let description = VerbDescription(
    name: "render", group: .see, summary: "turn any bytes into the screen they draw, safely",
    details: [
      "Reads standard input or FILE, feeds all of it to the emulator, and writes what a terminal "
        + "would show: as text (scrollback, then screen), as JSON, or as an SVG picture of the "
        + "screen. No byte of the input reaches your terminal.",
      "Bytes are taken as a terminal gets them, where a line feed alone does not go back to the "
        + "first column; --onlcr takes them as they lie in a text file.",
    ],
    operands: [
      OperandDescription("FILE", .file, isOptional: true, help: "the bytes; - is standard input")
    ],
    options: [
      .value("size", nil, "COLSxROWS", help: "the terminal's size, up to 1000x1000; else 80x24"),
      .value("at", nil, "OFFSET", .integer(0...Int.max), help: "the screen after so many bytes"),
      .value(
        "scrollback", nil, "LINES", .integer(0...1_000_000),
        help: "lines kept above the screen, else 10000"),
      .flag("onlcr", help: "a line feed begins the next line, as in text files"),
      .value(
        "output", "o", "FORMAT", .choice(["text", "json", "svg"]), help: "text, json or svg"),
      .flag("json", help: "short for -o json"),
    ],
    usesStore: false,
    examples: [
      .init("render --onlcr build.log", "a log that may hold anything"),
      .init("render --size 160x40 -o svg output.raw", "a picture of the screen at the end"),
      .init("render --size 80x25 --at 4096 -o json output.raw", "the screen after 4096 bytes"),
    ])

  private static let usualScrollback = 10_000

  private let arguments: ParsedArguments
  private let columns: Int
  private let rows: Int

  init(_ arguments: ParsedArguments) throws {
    self.arguments = arguments
    (columns, rows) = try Self.size(arguments.value("size") ?? "80x24")
    if arguments.flag("json"), arguments.value("output") != nil {
      throw ArgumentFailure.excludesEachOther("--json", "--output")
    }
  }

  private static func size(_ text: String) throws(UserFailure) -> (Int, Int) {
    let sides = text.split(separator: "x", omittingEmptySubsequences: false).map { side in
      side.utf8.allSatisfy { (0x30...0x39).contains($0) } ? Int(side) : nil
    }
    if sides.count == 2, let columns = sides[0], let rows = sides[1],
      (1...Limits.columns).contains(columns), (1...Limits.rows).contains(rows)
    {
      return (columns, rows)
    }
    throw UserFailure(
      .usage, "not a size", place: "--size", found: text,
      wanted: "columns x rows, each 1 to \(Limits.columns)", advice: "For example: --size 80x25")
  }

  func run(_ io: inout Output) throws -> ExitCode {
    var terminal = VirtualTerminal(
      columns: columns, rows: rows,
      scrollbackLimit: arguments.integer("scrollback") ?? Self.usualScrollback)
    try feed(&terminal)
    let still = Still(terminal)
    switch arguments.flag("json") ? "json" : arguments.value("output") ?? "text" {
    case "json": try still.json { bytes in try io.raw(bytes) }
    case "svg": try still.svg { text in try io.raw(text) }
    default: try still.text { text in try io.raw(text) }
    }
    return .done
  }

  /// Feeds the input up to `--at`, piece by piece.
  private func feed(_ terminal: inout VirtualTerminal) throws {
    let path = arguments.operand(0) ?? "-"
    if path == "-", isatty(STDIN_FILENO) == 1 {
      throw UserFailure(
        .usage, "nothing to render", wanted: "a file, or bytes on standard input",
        advice: "For example: blackbox render output.raw")
    }
    var input = try InputBytes(path)
    var left = arguments.integer("at") ?? .max
    let isText = arguments.flag("onlcr")
    var lines: [UInt8] = []
    while left > 0 {
      let count = min(left, try input.next())
      guard count > 0 else { break }
      left -= count
      let bytes = input.buffer.span.extracting(0..<count)
      guard isText else {
        terminal.feed(bytes)
        continue
      }
      lines.removeAll(keepingCapacity: true)
      for index in 0..<count {
        if bytes[index] == 0x0A { lines.append(0x0D) }
        lines.append(bytes[index])
      }
      terminal.feed(lines.span)
    }
  }
}

/// A file or standard input, read in order.
private struct InputBytes: ~Copyable {
  private let descriptor: Int32
  private let path: String
  private(set) var buffer = [UInt8](repeating: 0, count: 256 << 10)

  /// Opens a path; `-` is standard input.
  ///
  /// Wraps `open`.
  init(_ path: String) throws(UserFailure) {
    self.path = path == "-" ? "standard input" : path
    guard path != "-" else {
      descriptor = STDIN_FILENO
      return
    }
    descriptor = unsafe open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY)
    if descriptor < 0 { throw failure("cannot open the input") }
  }

  deinit {
    if descriptor != STDIN_FILENO { close(descriptor) }
  }

  /// Fills the front of `buffer` and returns how far, 0 at the end.
  ///
  /// Wraps `read` and `poll`.
  mutating func next() throws(UserFailure) -> Int {
    while true {
      let got = unsafe buffer.withUnsafeMutableBytes { bytes in
        unsafe read(descriptor, bytes.baseAddress, bytes.count)
      }
      if got >= 0 { return got }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        unsafe _ = poll(&waiting, 1, -1)
      default: throw failure("cannot read the input")
      }
    }
  }

  private func failure(_ what: String) -> UserFailure {
    let code = errno
    let reason = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    return UserFailure(
      code == EACCES || code == EPERM ? .refused : .unreadable, what, place: path, found: reason)
  }
}
