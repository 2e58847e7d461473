/// What can be typed after `:`.
package enum PlayerCommand: Sendable, Equatable {
  case action(Action)
  case go(ReplayPoint)
  case speed(Double)
  /// Microseconds; nil keeps every wait.
  case idle(UInt64?)
  case loop(Bool), mouse(Bool), follow(Bool)
  case utc(Bool)
  case search(String)

  /// Words that take something, and what.
  package static let settings: [(word: String, wants: String)] = [
    ("goto", "1:23, 12.5s, 50%, #57"), ("speed", "0.1 to 64"), ("idle", "seconds, or off"),
    ("loop", "on or off"), ("follow", "on or off"), ("mouse", "on or off"),
    ("time", "utc or start"), ("search", "an expression"),
  ]

  /// All words, in order.
  package static let words: [String] = {
    var words = Set(settings.map(\.word))
    for row in KeyTable.rows { words.formUnion(row.words.map(\.word)) }
    return words.sorted()
  }()

  /// Why a line cannot be done.
  package struct Fault: Error, Sendable, Equatable {
    package var says: String
  }

  package init(_ line: String) throws(Fault) {
    let parts = line.split(separator: " ", maxSplits: 1)
    let word = parts.first.map(String.init) ?? ""
    let rest = parts.count > 1 ? String(parts[1]) : nil
    if let point = ReplayPoint(line) {
      self = .go(point)
      return
    }
    if let wants = Self.settings.first(where: { $0.word == word })?.wants, let rest {
      guard let command = Self.setting(word, rest) else {
        throw Fault(says: "\(word) wants \(wants)")
      }
      self = command
      return
    }
    if rest == nil, let action = Self.action(word) {
      self = .action(action)
      return
    }
    if let wants = Self.settings.first(where: { $0.word == word })?.wants {
      throw Fault(says: "\(word) wants \(wants)")
    }
    throw Fault(says: "not a place or command: \(line); tab completes")
  }

  private static func action(_ word: String) -> Action? {
    if word == "q" { return .quit }
    for row in KeyTable.rows {
      if let found = row.words.first(where: { $0.word == word }) { return found.action }
    }
    return nil
  }

  private static func setting(_ word: String, _ rest: String) -> PlayerCommand? {
    let isOn: Bool? = rest == "on" ? true : rest == "off" ? false : nil
    switch word {
    case "goto": return ReplayPoint(rest).map { .go($0) }
    case "speed":
      guard let speed = Double(rest), Player.speeds.contains(speed) else { return nil }
      return .speed(speed)
    case "idle":
      if rest == "off" { return .idle(nil) }
      guard let seconds = Double(rest), seconds >= 0, seconds <= 86_400 else { return nil }
      return .idle(UInt64(seconds * 1_000_000))
    case "loop": return isOn.map { .loop($0) }
    case "follow": return isOn.map { .follow($0) }
    case "mouse": return isOn.map { .mouse($0) }
    case "time": return rest == "utc" ? .utc(true) : rest == "start" ? .utc(false) : nil
    case "search": return .search(rest)
    default: return nil
    }
  }

  /// What the words that begin like this go on with: the longest common beginning, and all of them.
  package static func complete(_ typed: String) -> (text: String, words: [String]) {
    guard !typed.contains(" ") else { return (typed, []) }
    let found = words.filter { $0.hasPrefix(typed) }
    guard var common = found.first else { return (typed, []) }
    for word in found.dropFirst() {
      while !word.hasPrefix(common) { common.removeLast() }
    }
    if found.count == 1, settings.contains(where: { $0.word == found[0] }),
      action(found[0]) == nil
    {
      common += " "
    }
    return (common, found)
  }
}
