/// How results are written.
enum OutputFormat: String, CaseIterable, Sendable {
  case table
  case wide
  case json
  case ndjson
  case csv
  case id

  /// For verbs that print a list.
  static let list: [OutputFormat] = [.table, .wide, .json, .ndjson, .csv, .id]
  /// For verbs that print one thing.
  static let object: [OutputFormat] = [.table, .json, .ndjson]

  /// True for what programs read: never coloured, never truncated.
  var isForPrograms: Bool { self != .table && self != .wide }
}

/// Options that mean the same in every verb that has them.
enum CommonOptions {
  static let store: [OptionDescription] = [
    .value(
      "store", nil, "DIR", .directory,
      help: "the store; else $BLACKBOX_STORE, else ~/.local/share/blackbox"),
    .value(
      "state", nil, "DIR", .directory,
      help: "where the log's key and guard are; else $BLACKBOX_STATE, else below the owner's home"),
  ]

  static let reading: [OptionDescription] = [
    .value(
      "purpose", nil, "TEXT",
      help: "why you read, for the store's own record; else $BLACKBOX_PURPOSE"),
    .flag("no-audit", help: "leave no record of reading, where the store allows that"),
  ]

  private static let fields: [OptionDescription] = [
    .value(
      "fields", nil, "NAMES", isValueOptional: true,
      help: "only these columns, separated by commas, in this order; without names: lists them"),
    .flag("precise", help: "times to the microsecond in tables too"),
  ]

  static func output(_ formats: [OutputFormat]) -> [OptionDescription] {
    let names = formats.map(\.rawValue)
    return [
      .value("output", "o", "FORMAT", .choice(names), help: names.joined(separator: ", "))
    ] + (formats.contains(.json) ? [.flag("json", help: "short for -o json")] : [])
      + (formats.contains(.csv) ? fields : [])
  }

  static let always: [OptionDescription] = [
    .flag("quiet", "q", help: "no notes and no progress on standard error"),
    .value(
      "color", nil, "WHEN", .choice(["auto", "always", "never"]),
      help: "colour on a terminal (auto), always, or never"),
    .flag("help", "h", help: "show this"),
  ]

  /// Shared by all lists: how much, and whether nothing is a failure.
  static let amount: [OptionDescription] = [
    .value("limit", "n", "N", .integer(1...1_000_000), help: "at most so many rows"),
    .flag("fail-empty", help: "end with code 1 where nothing matches"),
  ]

  /// Shared by all lists: which sessions or events.
  static let time: [OptionDescription] = [
    .value("since", "S", "TIME", .moment, help: "from this moment on: 2h ago, today, 2026-11-22"),
    .value("until", "U", "TIME", .moment, help: "up to, not including, this moment"),
    .value("last", nil, "SPAN", .span, help: "the last 36h, 7d, 2h30min; instead of --since"),
    .value(
      "tz", nil, "ZONE",
      help: "read and show times by these clocks: local, Europe/Berlin; else UTC. Formats for "
        + "programs stay in UTC"),
  ]
}
