internal import AuditStore
internal import Glibc
internal import SessionLog
internal import Text

/// Runs one list over the index: all that its verbs have in common.
struct ListRunner {
  let list: RecordList
  private let arguments: ParsedArguments
  private let location: StoreLocation
  private var request = ListRequest()
  private let place: CursorPlace

  static func options(_ list: RecordList) -> [OptionDescription] {
    ListOptions.filters(list.fields) + CommonOptions.time + ListOptions.paging()
  }

  init(_ list: RecordList, _ arguments: ParsedArguments) throws {
    self.list = list
    self.arguments = arguments
    location = try arguments.store()
    request.filter = try ListOptions.filter(arguments, list.fields)
    request.limit = try ListOptions.limit(arguments)
    request.isReversed = arguments.flag("reverse")
    place = try CursorPlace(arguments)
    request.after = place.cursor
  }

  func run(_ io: inout Output) throws -> ExitCode {
    if io.fields == [] {
      try io.list(Listing(list))
      return .done
    }
    let store = try Store.open(location.directory)
    if arguments.flag("count") { return try count(store, &io) }
    if arguments.flag("follow") { return try follow(store, &io) }
    let request = request
    let page = try ask(store, &io) { (index) throws(AuditFailure) in
      try index.page(list, request)
    }
    try arguments.record(
      .query, in: store, rows: page.rows.count, sessions: list.sessions(page.rows), &io)
    try io.show(Listing(list, page.rows), arguments)
    if page.isCut { io.tellMore(after: page.rows.count, "row", arguments) }
    try tell(page.cursor, &io)
    return page.rows.isEmpty && arguments.flag("fail-empty") ? .nothingMatched : .done
  }

  private func count(_ store: Store, _ io: inout Output) throws -> ExitCode {
    let filter = request.filter
    let count = try ask(store, &io) { (index) throws(AuditFailure) in
      try index.count(list, filter)
    }
    try arguments.record(.query, in: store, rows: Int(clamping: count), &io)
    if io.format.isForPrograms {
      try io.json { $0.field("count", count) }
    } else {
      try io.line("\(count)")
    }
    return count == 0 && arguments.flag("fail-empty") ? .nothingMatched : .done
  }

  /// The last rows, then what is new, oldest first.
  private func follow(_ store: Store, _ io: inout Output) throws -> ExitCode {
    var request = request
    var isFirst = true
    // How much will be shown, nobody knows yet.
    try arguments.record(.query, in: store, &io)
    if request.after == nil {
      // As `tail -f`: where the list ends now, or a few rows before.
      var latest = request
      latest.isReversed = false
      latest.limit = (arguments.integer("limit") ?? 10) + 1
      let page = try ask(store, &io) { (index) throws(AuditFailure) in
        try index.page(list, latest)
      }
      let rows = page.rows.prefix(arguments.integer("limit") ?? 10)
      try io.list(Listing(list, Array(rows.reversed())), header: true)
      try io.flush()
      isFirst = rows.isEmpty
      latest.limit = 1
      let newest = try ask(store, &io) { (index) throws(AuditFailure) in
        try index.page(list, latest)
      }
      request.isReversed = true
      request.after = try newest.cursor?.turned(to: request, of: list)
    }
    request.isReversed = true
    request.limit = 10_000
    while true {
      let asked = request
      let page = try ask(store, &io) { (index) throws(AuditFailure) in
        try index.page(list, asked)
      }
      if !page.rows.isEmpty {
        try io.list(Listing(list, page.rows), header: isFirst)
        try io.flush()
        isFirst = false
        request.after = page.cursor
        try place.keep(page.cursor)
      }
      usleep(500_000)
    }
  }

  private func tell(_ cursor: Cursor?, _ io: inout Output) throws {
    try place.keep(cursor)
    if arguments.flag("show-cursor") {
      io.warn("cursor: \(cursor?.text ?? place.cursor?.text ?? "-")")
    }
  }

  /// Opens the index, brings it up to date unless told not to, and asks.
  private func ask<R>(
    _ store: Store, _ io: inout Output,
    _ body: (borrowing AuditIndex) throws(AuditFailure) -> R
  ) throws -> R {
    try io.asking(store, arguments, body)
  }
}

extension Output {
  /// Opens the index, brings it up to date unless `--no-index`, asks, and says what must be said.
  mutating func asking<R>(
    _ store: Store, _ arguments: ParsedArguments,
    _ body: (borrowing AuditIndex) throws(AuditFailure) -> R
  ) throws -> R {
    var told: [IndexNote] = []
    let looksForText =
      arguments.description.name == "search"
      && !(arguments.values("grep") + arguments.values("regex")).isEmpty
      // Only drawing a terminal finds what it hid.
      || arguments.description.options.contains { $0.name == "has" }
        && arguments.list("has").contains { $0.hasSuffix("hidden") }
    let answer = try AuditIndex.using(
      store, now: Environment.now.microseconds, updates: !arguments.flag("no-index"),
      text: looksForText,
      progress: { progress("reading sessions", done: $0.sessions, of: $0.due) }
    ) { (index, notes) throws(AuditFailure) in
      told = notes
      return try body(index)
    }
    for note in told { warn(note.line) }
    return answer
  }

  /// Says that more follow: always where the limit is ours, and to somebody who watches where it is theirs.
  mutating func tellMore(after count: Int, _ noun: StaticString, _ arguments: ParsedArguments) {
    if arguments.value("limit") == nil {
      warn("cut after \(count, of: noun); --all shows the rest")
    } else if errorIsTerminal {
      note("more follow; --all shows them")
    }
  }

  /// Writes a list, through a pager where it is a table longer than the terminal.
  mutating func show(_ listing: Listing, _ arguments: ParsedArguments) throws {
    guard let pager = startsPager(rows: listing.rows.count, arguments) else {
      try list(listing)
      return try flush()
    }
    var failure: (any Error)?
    do {
      try list(listing)
      try flush()
    } catch { failure = error }
    // The shell found no such program, and nobody has seen anything.
    if pager.finish() == 127 {
      try list(listing)
      return try flush()
    }
    // Whoever leaves the pager early has seen enough.
    if let failure, !((failure as? OutputFailure)?.isReaderGone ?? false) { throw failure }
  }

  /// Starts a pager for a table that is longer than the terminal.
  private func startsPager(rows: Int, _ arguments: ParsedArguments) -> Pager.Running? {
    guard isTerminal, !format.isForPrograms, !arguments.flag("no-pager") else { return nil }
    var size = winsize()
    guard unsafe ioctl(STDOUT_FILENO, UInt(TIOCGWINSZ), &size) == 0, rows >= Int(size.ws_row)
    else { return nil }
    return Pager.start(arguments.environment)
  }
}

extension RecordList {
  /// The sessions that rows of a list of sessions name.
  fileprivate func sessions(_ rows: [[SQLValue]]) -> [SessionID] {
    guard name == RecordList.sessions.name else { return [] }
    return rows.compactMap { row in
      if case .text(let id)? = row.first { SessionID(id) } else { nil }
    }
  }
}

extension Listing {
  /// The rows of a list over the index.
  init(_ list: RecordList, _ rows: [[SQLValue]] = []) {
    self.init(
      list.columns.map { column in
        let isNumber =
          switch column.kind {
          case .integer, .decimal, .duration, .bytes: true
          default: false
          }
        return Column(
          column.name, isNumber ? .right : .left, isWide: column.isWide, minimum: column.minimum)
      })
    for row in rows {
      add(zip(list.columns, row).map { column, value in Cell(value, column.kind) })
    }
  }
}

extension Cell {
  init(_ value: SQLValue, _ kind: RecordList.Kind) {
    switch (value, kind) {
    case (.null, _): self = .null
    case (.integer(let number), .time): self = .time(Timestamp(microseconds: number))
    case (.integer(let number), .duration): self = .duration(number)
    case (.integer(let number), .bytes): self = .bytes(number)
    case (.integer(let number), .bool): self = .bool(number != 0)
    case (.text(let text), .word): self = .styled(text, Self.style(text))
    case (.text(let text), .words):
      self = .list(text.split(separator: " ").map(String.init))
    default: self = Cell(value)
    }
  }

  /// A value of which nothing more is known.
  init(_ value: SQLValue) {
    switch value {
    case .null: self = .null
    case .integer(let number): self = .integer(number)
    case .real(let number): self = .decimal(number)
    case .text(let text): self = .text(text)
    case .blob(let bytes): self = .text(bytes.hexText)
    }
  }

  private static func style(_ word: String) -> Style {
    switch word {
    case "OK", "success", "allow", "approved", "applied", "dismissed": .green
    case "block", "failure", "rejected", "revoked", "error", "missed", "new", "ALTERED",
      "TRUNCATED", "MISSING", "UNLOGGED", "DIVERGED", "BADSIG", "MALFORMED":
      .red
    case "unknown": .dim
    default: .yellow
    }
  }
}

extension [UInt8] {
  /// Lower-case hexadecimal.
  fileprivate var hexText: String {
    reduce(into: "") { text, byte in
      text += byte < 16 ? "0" + String(byte, radix: 16) : String(byte, radix: 16)
    }
  }
}
