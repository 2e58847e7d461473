internal import Text

/// One value of a listing, still without a form.
enum Cell: Sendable {
  case null
  case text(String)
  /// Text the table shows in a colour.
  case styled(String, Style)
  /// Text with a piece of it that the table shows in colour.
  case marked(String, String)
  case integer(Int64)
  case decimal(Double)
  case bool(Bool)
  /// Microseconds since 1970.
  case time(Timestamp)
  /// A length in microseconds.
  case duration(Int64)
  /// An amount of bytes.
  case bytes(Int64)
  case list([String])

  static func optional(_ text: String?) -> Cell { text.map { .text($0) } ?? .null }
  static func count(_ number: Int) -> Cell { .integer(Int64(number)) }
}

/// Rows with named columns that a verb hands over once and `-o` gives its form.
///
/// The first column is what `-o id` prints: by itself it must name the thing to another verb.
struct Listing: Sendable {
  struct Column: Sendable {
    /// The name in JSON and CSV, in snake case, with its unit: `duration_us`.
    var name: String
    /// What heads the table.
    var title: String {
      let bare = name.hasSuffix("_us") ? String(name.dropLast(3)) : name
      return String(bare.map { $0 == "_" ? " " : $0 }).uppercased()
    }
    /// Left out of a plain table.
    var isWide = false
    /// How far the column may shrink to fit the terminal; nil where it must stay whole.
    var minimum: Int?
    var alignment = Alignment.left

    init(
      _ name: String, _ alignment: Alignment = .left, isWide: Bool = false, minimum: Int? = nil
    ) {
      (self.name, self.alignment, self.isWide, self.minimum) = (name, alignment, isWide, minimum)
    }
  }

  let columns: [Column]
  private(set) var rows: [[Cell]] = []

  init(_ columns: [Column]) { self.columns = columns }

  /// Adds a row with one cell for each column.
  mutating func add(_ cells: [Cell]) {
    precondition(cells.count == columns.count, "a row has one cell for each column")
    rows.append(cells)
  }
}

extension Output {
  /// Writes a listing in the form that `-o` asks for; an empty table says nothing at all.
  mutating func list(_ listing: Listing, header: Bool = true) throws {
    let whole = listing
    if fields == [] {
      for column in whole.columns { try line(Line(column.name)) }
      return
    }
    let listing =
      try fields.map { names throws(ArgumentFailure) in try whole.selecting(names) } ?? whole
    switch format {
    case .table, .wide: try tabulate(listing, header: header)
    case .json:
      var json = JSONText(.pretty)
      json.array { json in
        for row in listing.rows { json.object { json in listing.write(row, to: &json) } }
      }
      try raw(json.bytes)
      try raw("\n")
    case .ndjson:
      for row in listing.rows {
        var json = JSONText(.compact)
        json.object { json in listing.write(row, to: &json) }
        try raw(json.bytes)
        try raw("\n")
      }
    case .csv:
      if header { try raw(CSVText.record(listing.columns.map(\.name))) }
      for row in listing.rows { try raw(CSVText.line(row.map(\.csv))) }
    case .id:
      for row in whole.rows {
        if let cell = row.first { try line(Line(cell.shown(inFull: true))) }
      }
    }
  }

  /// Puts colour on the first place of a piece in an encoded cell, where it was not cut off.
  private static func marked(_ cell: String, _ piece: String) -> String {
    guard !piece.isEmpty else { return cell }
    var start = cell.startIndex
    while start < cell.endIndex {
      if cell[start...].hasPrefix(piece) {
        let end = cell.index(start, offsetBy: piece.count)
        return String(cell[..<start]) + Line(encoded: piece, .red).text(colour: true)
          + String(cell[end...])
      }
      start = cell.index(after: start)
    }
    return cell
  }

  private mutating func tabulate(_ listing: Listing, header: Bool) throws {
    if listing.rows.isEmpty { return }
    let isWide = format == .wide
    let shown = listing.columns.indices.filter { isWide || !listing.columns[$0].isWide }
    var table = Table(
      shown.map { index in
        let column = listing.columns[index]
        return Table.Column(
          column.title, column.alignment, minimum: column.minimum)
      })
    let (zone, isPrecise) = (zone, isPrecise)
    for row in listing.rows {
      table.add(shown.map { row[$0].shown(inFull: isWide, isPrecise: isPrecise, zone: zone) })
    }
    let colour = self.colour
    let lines = table.lines(width: isWide ? nil : width, header: header) { row, column, cell in
      guard colour else { return cell }
      if row < 0 { return Line(encoded: cell, .bold).text(colour: true) }
      switch listing.rows[row][shown[column]] {
      case .styled(_, let style): return Line(encoded: cell, style).text(colour: true)
      case .marked(_, let piece): return Self.marked(cell, TerminalText.line(piece))
      default: return cell
      }
    }
    for line in lines { try raw(line + "\n") }
  }
}

extension Listing {
  /// The same rows with the named columns only, none of them wide any more.
  fileprivate func selecting(_ names: [String]) throws(ArgumentFailure) -> Listing {
    var places: [Int] = []
    for name in names {
      guard let place = columns.firstIndex(where: { $0.name == name }) else {
        let known = columns.map(\.name)
        throw .notAChoice("--fields", name, known, nearest: Spelling.nearest(to: name, in: known))
      }
      places.append(place)
    }
    var selected = Listing(
      places.map { place in
        var column = columns[place]
        column.isWide = false
        return column
      })
    for row in rows { selected.add(places.map { row[$0] }) }
    return selected
  }

  /// Writes the rows as elements of the open array.
  func writeRows(to json: inout JSONText) {
    for row in rows { json.object { json in write(row, to: &json) } }
  }

  fileprivate func write(_ row: [Cell], to json: inout JSONText) {
    for (column, cell) in zip(columns, row) { cell.write(column.name, to: &json) }
  }
}

extension Cell {
  /// The cell for people; `inFull` keeps what a narrow table rounds.
  fileprivate func shown(
    inFull: Bool, isPrecise: Bool = false, zone: ZoneRules? = nil
  ) -> String {
    switch self {
    case .null: "-"
    case .text(let text), .styled(let text, _), .marked(let text, _): text
    case .integer(let number): String(number)
    case .decimal(let number): number.description
    case .bool(let isTrue): isTrue ? "yes" : "no"
    case .time(let time): time.text(inFull || isPrecise ? .microseconds : .milliseconds, in: zone)
    case .duration(let micros): DurationText.text(microseconds: micros)
    case .bytes(let count): inFull ? String(count) : ByteCountText.text(count)
    case .list(let texts): texts.isEmpty ? "-" : texts.joined(separator: ", ")
    }
  }

  /// An encoded CSV cell; numbers are ours and need no guard.
  fileprivate var csv: String {
    switch self {
    case .null: ""
    case .text(let text), .styled(let text, _), .marked(let text, _): CSVText.cell(text)
    case .integer(let number), .duration(let number), .bytes(let number): String(number)
    case .decimal(let number): number.description
    case .bool(let isTrue): isTrue ? "true" : "false"
    case .time(let time): time.text(.microseconds)
    case .list(let texts): CSVText.cell(texts.joined(separator: "; "))
    }
  }

  fileprivate func write(_ name: String, to json: inout JSONText) {
    switch self {
    case .null: json.null(name)
    case .text(let text), .styled(let text, _), .marked(let text, _): json.field(name, text)
    case .integer(let number), .duration(let number), .bytes(let number): json.field(name, number)
    case .decimal(let number): json.field(name, number)
    case .bool(let isTrue): json.field(name, isTrue)
    case .time(let time): json.field(name, time.text(.microseconds))
    case .list(let texts): json.field(name, texts)
    }
  }
}
