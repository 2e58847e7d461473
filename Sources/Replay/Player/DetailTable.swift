internal import Evidence
internal import SessionLog
internal import Text

/// Rows of a result as aligned columns.
struct DetailTable {
  private static let widest = 40
  /// What a column keeps where all are to fit in a width.
  private static let narrowest = 8
  private static let most = 500

  let rowCount: Int
  private(set) var lines: [String] = []

  /// Nil for what is no table: it takes an array of flat objects, or of flat arrays of one length.
  ///
  /// Wide columns give way so that all fit in `width`, as far as they can.
  init?(_ value: JSONValue, width: Int = .max) {
    guard let rows = value.array, !rows.isEmpty else { return nil }
    rowCount = rows.count
    var names: [String] = []
    var cells: [[String]] = []
    for row in rows.prefix(Self.most) {
      if let members = row.members {
        guard !members.isEmpty, members.count <= 64, members.allSatisfy({ Self.isFlat($0.value) })
        else { return nil }
        for member in members where !names.contains(member.name) { names.append(member.name) }
        guard names.count <= 64 else { return nil }
        cells.append(
          names.map { name in row[name].map(Self.cell) ?? "" })
      } else if let items = row.array {
        guard !items.isEmpty, items.count <= 64, items.allSatisfy(Self.isFlat) else { return nil }
        while names.count < items.count { names.append("\(names.count + 1)") }
        cells.append(items.map(Self.cell))
      } else {
        return nil
      }
    }
    // One object alone reads better as fields, unless it has the look of a row.
    if rows.count == 1, rows[0].members?.count == 1 { return nil }
    write(
      names.map { TerminalText.line($0, limit: 60) }, cells, isNumber: Self.numbers(rows, names),
      width: width)
  }

  private mutating func write(
    _ names: [String], _ cells: [[String]], isNumber: [Bool], width room: Int
  ) {
    var widths = names.map { DisplayWidth.of($0) }
    for row in cells {
      for (column, cell) in row.enumerated() {
        widths[column] = max(widths[column], DisplayWidth.of(cell))
      }
    }
    widths = widths.map { min($0, Self.widest) }
    // One column at a time, the widest, so that narrow ones stay whole.
    var excess = widths.reduce(2 * (widths.count - 1), +) - room
    while excess > 0, let widest = widths.indices.max(by: { widths[$0] < widths[$1] }),
      widths[widest] > Self.narrowest
    {
      widths[widest] -= 1
      excess -= 1
    }
    func line(_ row: [String]) -> String {
      var text = ""
      for (column, width) in widths.enumerated() {
        let cell = DisplayWidth.truncate(row.indices.contains(column) ? row[column] : "", to: width)
        text += DisplayWidth.pad(cell, to: width, isNumber[column] ? .right : .left)
        if column + 1 < widths.count { text += "  " }
      }
      while text.last == " " { text.removeLast() }
      return text
    }
    lines = [line(names)] + cells.map(line)
    if rowCount > cells.count { lines.append("… \(rowCount - cells.count) more rows") }
  }

  private static func isFlat(_ value: JSONValue) -> Bool {
    switch value {
    case .array(let values): values.isEmpty
    case .object(let members): members.isEmpty
    case .string(let text): text.utf8.count <= 2000 && !text.utf8.contains(0x0A)
    default: true
    }
  }

  private static func cell(_ value: JSONValue) -> String {
    switch value {
    case .null: "∅"
    case .string(let text): TerminalText.line(text, limit: 200)
    default: TerminalText.line(EventWords.flat(value), limit: 200)
    }
  }

  private static func numbers(_ rows: [JSONValue], _ names: [String]) -> [Bool] {
    names.indices.map { column in
      rows.prefix(50).allSatisfy { row in
        let value =
          row.array.map { $0.indices.contains(column) ? $0[column] : .null } ?? row[names[column]]
        return switch value {
        case .integer, .number, .null, nil: true
        default: false
        }
      }
    }
  }
}

/// Lines of a width out of text that is safe already.
enum DetailWrap {
  /// Breaks at spaces where there are some.
  static func words(_ text: String, width: Int) -> [String] {
    guard DisplayWidth.of(text) > width else { return [text] }
    var lines: [String] = []
    var line = String.UnicodeScalarView()
    var (used, lastSpace) = (0, -1)
    for scalar in text.unicodeScalars {
      let columns = DisplayWidth.of(scalar)
      if used + columns > width {
        if lastSpace > width / 3 {
          let rest = String.UnicodeScalarView(line.dropFirst(lastSpace + 1))
          lines.append(String(String.UnicodeScalarView(line.prefix(lastSpace))))
          line = rest
          used = DisplayWidth.of(String(rest))
        } else {
          lines.append(String(line))
          (line, used) = (String.UnicodeScalarView(), 0)
        }
        lastSpace = -1
      }
      if scalar == " " { lastSpace = line.count }
      line.append(scalar)
      used += columns
    }
    if !line.isEmpty || lines.isEmpty { lines.append(String(line)) }
    return lines
  }

  /// Breaks wherever the width is used up.
  static func hard(_ text: String, width: Int) -> [String] {
    var lines: [String] = []
    var line = String.UnicodeScalarView()
    var used = 0
    for scalar in text.unicodeScalars {
      let columns = DisplayWidth.of(scalar)
      if used + columns > width, !line.isEmpty {
        lines.append(String(line))
        (line, used) = (String.UnicodeScalarView(), 0)
      }
      line.append(scalar)
      used += columns
    }
    if !line.isEmpty || lines.isEmpty { lines.append(String(line)) }
    return lines
  }

  static func base64(_ text: String) -> [UInt8]? { Base64.decode(text) }
}
