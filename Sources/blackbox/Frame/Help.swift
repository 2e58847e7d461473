internal import Text

/// Words the verbs' descriptions for people.
enum Help {
  static func overview(to io: inout Output) throws {
    try io.line("\("blackbox", .bold) — the flight recorder for AI agents")
    try io.line()
    try io.line("\("usage", .bold)  blackbox VERB [OPTIONS] …")
    let verbs = Registry.verbs.map { $0.description }
    let column = verbs.map(\.name.count).max() ?? 0
    for group in VerbGroup.allCases {
      let members = verbs.filter { $0.group == group }
      if members.isEmpty { continue }
      try io.line()
      try io.line(Line(group.rawValue, .bold))
      for verb in members {
        let name = DisplayWidth.pad(verb.name, to: column, .left)
        try io.line("  \(name, .cyan)  \(verb.summary)")
      }
    }
    try io.line()
    try io.line("`blackbox help VERB` shows a verb’s options and examples.")
  }

  static func verb(_ verb: VerbDescription, to io: inout Output) throws {
    try io.line("\("blackbox " + verb.name, .bold) — \(verb.summary)")
    try io.line()
    try io.line("\("usage", .bold)  \(usage(verb))")
    for paragraph in verb.details {
      try io.line()
      for line in wrap(paragraph, to: textWidth(io.width)) { try io.line(Line(line)) }
    }
    try entries("arguments", arguments(verb), to: &io)
    try entries("options", verb.options.map(entry), to: &io)
    let shared = verb.allOptions.dropFirst(verb.options.count)
    try entries("everywhere", shared.map(entry), to: &io)
    if !verb.examples.isEmpty {
      try io.line()
      try io.line(Line("examples", .bold))
      for example in verb.examples {
        try io.line("  \("# " + example.says, .dim)")
        try io.line("  blackbox \(example.arguments)")
      }
    }
  }

  static func usage(_ verb: VerbDescription) -> String {
    var usage = "blackbox " + verb.name
    if !verb.allOptions.isEmpty { usage += " [OPTIONS]" }
    for operand in verb.operands { usage += " " + operand.shown }
    if let command = verb.command { usage += " -- " + command.shown }
    return usage
  }

  private static func arguments(_ verb: VerbDescription) -> [(String, String)] {
    (verb.operands + (verb.command.map { [$0] } ?? [])).map { ($0.name, $0.help) }
  }

  private static func entry(_ option: OptionDescription) -> (String, String) {
    var left = option.short.map { "-\($0), " } ?? "    "
    left += "--" + option.name
    if let value = option.value { left += " " + value }
    return (left, option.isRepeated ? option.help + " (may be repeated)" : option.help)
  }

  private static func entries(
    _ title: String, _ entries: [(String, String)], to io: inout Output
  ) throws {
    if entries.isEmpty { return }
    try io.line()
    try io.line(Line(title, .bold))
    let column = min(entries.map { DisplayWidth.of($0.0) }.max() ?? 0, 28)
    for (left, right) in entries {
      let lines = wrap(right, to: max(textWidth(io.width) - column - 4, 24))
      let isLong = DisplayWidth.of(left) > column
      let name = DisplayWidth.pad(left, to: column, .left)
      let first = isLong ? "" : lines.first ?? ""
      try io.line("  \(name, .cyan)\(first.isEmpty ? "" : "  " + first)")
      let indent = String(repeating: " ", count: column + 4)
      for line in isLong ? lines[...] : lines.dropFirst() { try io.line("\(indent)\(line)") }
    }
  }

  private static func textWidth(_ terminal: Int?) -> Int { min(max(terminal ?? 100, 50), 100) }

  static func wrap(_ text: String, to width: Int) -> [String] {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      if !line.isEmpty, DisplayWidth.of(line) + 1 + DisplayWidth.of(String(word)) > width {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? String(word) : " " + word
    }
    return line.isEmpty ? lines : lines + [line]
  }
}
