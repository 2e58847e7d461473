internal import SessionLog
internal import Text

/// Values in their fields, folded where they are long.
extension DetailText {
  mutating func field(_ name: String, _ value: JSONValue, path: String, depth: Int) {
    let key = Key(indent: String(repeating: "  ", count: depth), name: safe(name))
    switch value {
    case .string(let text):
      if depth < 8, let inner = Self.json(in: text) {
        return tree(key, inner, path: path, depth: depth, note: "JSON in a text")
      }
      string(key, text, path: path)
    case .array, .object: tree(key, value, path: path, depth: depth, note: nil)
    case .null: pair(key, "null", .dim)
    case .bool, .integer, .number: pair(key, EventWords.flat(value), .plain)
    }
  }

  /// A member's name, and how deep it stands.
  struct Key {
    var indent: String
    var name: String
    /// With the sign of a fold before it.
    func head(_ sign: String) -> String { indent + sign + name }
  }

  private mutating func string(_ key: Key, _ text: String, path: String) {
    let isBlock = text.unicodeScalars.contains("\n")
    let safeText =
      isBlock ? TerminalText.lines(text, limit: 1 << 20) : TerminalText.line(text, limit: 1 << 20)
    let before = max(keyWidth + 2, DisplayWidth.of(key.head("  ")) + 1)
    guard isBlock || DisplayWidth.of(safeText) > width - before else {
      return pair(key, safeText, .plain)
    }
    // A sentence or two stand beside their name, where there is room for words.
    let room = width - keyWidth - 2
    if !isBlock, key.indent.isEmpty, room >= 24, DisplayWidth.of(safeText) <= 5 * room {
      return self.wrapped(key.name, safeText, .plain)
    }
    var wrapped: [String] = []
    let margin = min(4 + key.indent.utf8.count, width / 4)
    for line in safeText.split(separator: "\n", omittingEmptySubsequences: false) {
      wrapped += DetailWrap.words(String(line), width: width - margin)
    }
    while wrapped.last?.isEmpty == true { wrapped.removeLast() }
    let isLong = wrapped.count > Self.block
    let isFolded = (self.isFolded ?? isLong) != toggled.contains(path)
    var head = DetailLine([
      .init(text: key.head(fold(isFolded && isLong, has: isLong)), tone: .dim)
    ])
    if isLong {
      head.fold = path
      head.spans.append(.init(text: "  \(wrapped.count) lines", tone: .dim))
    }
    lines.append(head)
    let shown = isLong && isFolded ? Array(wrapped.prefix(8)) : wrapped
    let space = String(repeating: " ", count: margin)
    for line in shown { lines.append(DetailLine(space + line)) }
    if shown.count < wrapped.count {
      var more = DetailLine(space + "… \(wrapped.count - shown.count) more lines", .dim)
      more.fold = path
      lines.append(more)
    }
  }

  private mutating func tree(
    _ key: Key, _ value: JSONValue, path: String, depth: Int, note: String?
  ) {
    if let table = DetailTable(value, width: width - 4 - key.indent.utf8.count) {
      lines.append(
        DetailLine([
          .init(text: key.head("  "), tone: .dim),
          .init(text: "  \(table.rowCount) row\(table.rowCount == 1 ? "" : "s")", tone: .dim),
        ]))
      for (index, line) in table.lines.enumerated() {
        lines.append(DetailLine(key.indent + "    " + line, index == 0 ? .strong : .plain))
      }
      return
    }
    let count = value.array?.count ?? value.members?.count ?? 0
    guard count > 0 else { return pair(key, value.array == nil ? "{}" : "[]", .dim) }
    let summary = Self.summary(value)
    // What was asked and answered is open as far as it is not too long.
    let most = depth == 0 && ["args", "result", "body", "sample"].contains(path) ? 200 : 24
    let isBig =
      summary != nil || Self.size(value, limit: most) >= most || depth >= 6 || path == "source"
      || path == "message"
    let isFolded = (self.isFolded ?? isBig) != toggled.contains(path)
    var head = DetailLine([.init(text: key.head(fold(isFolded, has: true)) + "  ", tone: .dim)])
    head.fold = path
    let what = value.array == nil ? "{\(count)}" : "[\(count)]"
    if summary == nil || !isFolded {
      head.spans.append(.init(text: note.map { what + " " + $0 } ?? what, tone: .dim))
    } else {
      head = DetailLine(DisplayWidth.pad(key.head("▸ "), to: keyWidth + 1, .left), .dim)
      head.fold = path
    }
    if isFolded {
      let room = width - DisplayWidth.of(head.spans.map(\.text).joined()) - 2
      if room > 8 {
        let text = DisplayWidth.truncate(safe(summary ?? EventWords.flat(value)), to: room)
        head.spans.append(.init(text: (summary == nil ? "  " : " ") + text, tone: .plain))
      }
    }
    lines.append(head)
    guard !isFolded, depth < 24 else { return }
    if let members = value.members {
      for member in members.prefix(500) {
        field(member.name, member.value, path: path + "." + member.name, depth: depth + 1)
      }
    } else {
      for (index, item) in (value.array ?? []).prefix(500).enumerated() {
        field("\(index)", item, path: path + "[\(index)]", depth: depth + 1)
      }
    }
    if count > 500 { lines.append(DetailLine("  … \(count - 500) more", .dim)) }
  }

  private func fold(_ isFolded: Bool, has: Bool) -> String { has ? (isFolded ? "▸ " : "▾ ") : "  " }

  /// JSON written into a text, as many tools hand it on.
  private static func json(in text: String) -> JSONValue? {
    guard let first = text.utf8.first, first == 0x7B || first == 0x5B, text.utf8.count < 256 << 10
    else { return nil }
    do {
      let value = try JSONValue(parsing: Array(text.utf8))
      return (value.members?.isEmpty ?? value.array?.isEmpty ?? true) ? nil : value
    } catch { return nil }
  }

  /// Somebody or something with a name in one line: an identity, a resource, a policy.
  private static func summary(_ value: JSONValue) -> String? {
    guard let members = value.members, members.count <= 16,
      let id = value["uid"]?.string ?? value["name"]?.string,
      value["uid"] != nil || value["digest"] != nil
    else { return nil }
    let name = value["name"]?.string
    var parts = [name ?? id]
    if let name, name != id { parts.append(id) }
    for other in ["model", "version", "kind", "env"] {
      if let text = value[other]?.string { parts.append(text) }
    }
    return parts.joined(separator: " · ")
  }

  /// Lines a value takes when all of it is open, counted up to a limit.
  private static func size(_ value: JSONValue, limit: Int) -> Int {
    if let rows = value.array, DetailTable(value) != nil { return rows.count + 1 }
    var count = 0
    for inner in value.array ?? value.members?.map(\.value) ?? [] {
      count += 1 + size(inner, limit: limit - count)
      if count >= limit { break }
    }
    if let text = value.string { count += text.utf8.count / 60 }
    return count
  }
}
