/// The list of what was found, and where in the stream and in the text the search stands.
///
/// No part of what a screen shows: two finders always count as equal, so that terminals are
/// compared by what they show and will show.
struct HiddenFinder: Sendable {
  /// What the next printed character must be looked at for.
  struct Watch: OptionSet, Sendable {
    let rawValue: UInt8
    /// The pen writes what nobody sees; kept in the pen.
    static let invisible = Watch(rawValue: 1)
    /// The pen writes the text of a link; kept in the pen.
    static let link = Watch(rawValue: 2)
    /// The word before the cursor has letters that look like Latin ones.
    static let word = Watch(rawValue: 4)
  }

  private var found: [HiddenContent] = []
  private(set) var dropped: UInt64 = 0
  /// Overwritten texts that were not looked at.
  private(set) var unexamined: UInt64 = 0
  /// Bytes of the feeds before this one.
  private var base: UInt64 = 0
  /// Of the byte being looked at, within this feed.
  var index = 0
  /// Which feed this is; rows remember in which they were written.
  private(set) var feed: UInt32 = 0
  private var examined = 0
  private var overwrites = 0

  var watch: Watch = []
  var link = LinkText()
  var word = WatchedWord()
  var invisibles = InvisibleRun()
  var overwrite = Overwrite()
  /// Where the last finding of unseen text would go on.
  private var nextPlace: (row: Int, column: Int)?

  var offset: UInt64 { base &+ UInt64(index) }

  mutating func beginFeed() {
    feed &+= 1
    examined = 0
    overwrites = 0
  }

  mutating func endFeed(_ count: Int) {
    base &+= UInt64(count)
    index = 0
  }

  mutating func take() -> [HiddenContent] {
    defer { found = [] }
    nextPlace = nil
    return found
  }

  mutating func add(
    _ kind: HiddenContent.Kind, row: Int, column: Int, offset: UInt64? = nil, _ detail: String
  ) {
    nextPlace = nil
    guard found.count < Limits.hiddenContent else {
      dropped &+= 1
      return
    }
    found.append(
      HiddenContent(
        kind: kind, row: row, column: column, offset: offset ?? self.offset,
        detail: Self.bounded(detail)))
  }

  /// Adds unseen text, to the finding before it where it goes on directly.
  mutating func add(
    unseen kind: HiddenContent.Kind, row: Int, column: Int, width: Int, _ text: String
  ) {
    if let next = nextPlace, next == (row, column), let last = found.indices.last,
      found[last].kind == kind
    {
      found[last].detail = Self.bounded(found[last].detail + text)
    } else {
      add(kind, row: row, column: column, text)
    }
    nextPlace = found.last?.kind == kind ? (row, column + width) : nil
  }

  /// A run of tags went on: all of it belongs to the finding.
  mutating func extend(tags: String) {
    guard let last = found.indices.last, found[last].kind == .tags else { return }
    found[last].detail = tags
  }

  /// Whether another overwritten text may be looked at in this feed.
  mutating func mayExamine() -> Bool {
    guard examined < Limits.overwritesExamined, overwrites < Limits.overwritesReported else {
      unexamined &+= 1
      return false
    }
    examined += 1
    return true
  }

  mutating func add(overwritten text: String, row: Int, column: Int) {
    overwrites += 1
    add(.overwritten, row: row, column: column, text)
  }

  static func bounded(_ text: String) -> String {
    // A scalar takes at least a byte: most texts need not be counted.
    guard text.utf8.count > Limits.hiddenScalars else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.prefix(Limits.hiddenScalars)))
  }
}

extension HiddenFinder: Equatable {
  static func == (left: HiddenFinder, right: HiddenFinder) -> Bool { true }
}

/// The text of the link that is open, as far as it is kept.
struct LinkText: Sendable {
  var text = ""
  var row = 0
  var column = 0

  mutating func append(_ scalar: UInt32) {
    guard text.utf8.count < Limits.hiddenScalars else { return }
    text.unicodeScalars.append(Unicode.Scalar(scalar) ?? "\u{FFFD}")
  }
}

/// A word that holds letters which look like Latin ones, while it is being written.
struct WatchedWord: Sendable {
  var row = 0
  var column = 0
  var offset: UInt64 = 0
  var text = ""
  var hasLatin = false
  /// A letter no Latin one looks like: nobody takes this word for a Latin one.
  var hasOther = false
}

/// Neighbouring characters that take no cell.
struct InvisibleRun: Sendable {
  /// Offset of its last byte.
  var last: UInt64 = 0
  var count = 0
  var isReported = false
  var tags = ""
}

/// A run of characters as it stood before something was written over it.
struct Overwrite: Sendable {
  var feed: UInt32 = 0
  var row = 0
  var column = 0
  var cells: [UInt32] = []
  /// Characters of it that are gone.
  var changed = 0
  var isReported = false
}

extension HiddenFinder {
  /// Findings not yet taken are left out, and so is what ends with a feed.
  func write(to writer: inout SnapshotWriter) {
    for value in [base, dropped, unexamined] { writer.number(value) }
    writer.flag(watch.contains(.word))
    writer.text(link.text)
    writer.number(link.row)
    writer.number(link.column)
    writer.number(word.row)
    writer.number(word.column)
    writer.number(word.offset)
    writer.text(word.text)
    writer.flag(word.hasLatin)
    writer.flag(word.hasOther)
    writer.number(invisibles.last)
    writer.number(min(invisibles.count, Int(Int32.max)))
    writer.flag(invisibles.isReported)
    writer.text(invisibles.tags)
  }

  init(from reader: inout SnapshotReader) throws(SnapshotDamage) {
    // Room for a cut of `hiddenScalars` scalars, each of which takes four bytes at most.
    let limit = Limits.hiddenScalars * 8
    base = try reader.number()
    dropped = try reader.number()
    unexamined = try reader.number()
    watch = try reader.flag() ? .word : []
    link.text = try reader.string(limit: limit)
    link.row = try reader.number(0...Limits.rows)
    link.column = try reader.number(0...Limits.columns)
    word.row = try reader.number(0...Limits.rows)
    word.column = try reader.number(0...Limits.columns)
    word.offset = try reader.number()
    word.text = try reader.string(limit: limit)
    word.hasLatin = try reader.flag()
    word.hasOther = try reader.flag()
    invisibles.last = try reader.number()
    invisibles.count = try reader.number(0...Int(Int32.max))
    invisibles.isReported = try reader.flag()
    invisibles.tags = try reader.string(limit: limit)
  }
}
