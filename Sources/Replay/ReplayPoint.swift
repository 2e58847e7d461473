/// A place in a session as people type it.
package enum ReplayPoint: Sendable, Equatable {
  case event(Int)
  /// Microseconds since line 0.
  case time(UInt64)
  /// 0 to 100.
  case percent(Double)

  /// Reads `#57`, `50%`, `12.5s`, `1:23`, `1:02:03.5`, and with a `+` before a time; a bare number is seconds.
  package init?(_ text: some StringProtocol) {
    let text = String(text.trimmingSpaces)
    if text.hasPrefix("#") || text.hasPrefix("@") {
      let rest = text.dropFirst()
      if rest.hasPrefix("+") {
        guard let time = Self.time(rest.dropFirst()) else { return nil }
        self = .time(time)
        return
      }
      guard Self.isDigits(rest), let event = Int(rest) else { return nil }
      self = .event(event)
    } else if text.hasSuffix("%") {
      guard let share = Self.decimal(text.dropLast()), share <= 100 else { return nil }
      self = .percent(share)
    } else {
      guard let time = Self.time(text.hasPrefix("+") ? text.dropFirst() : text[...]) else {
        return nil
      }
      self = .time(time)
    }
  }

  /// True if an event comes after this place; a share of a session is none that an event alone could pass.
  package func isPassed(by event: Int, at time: UInt64?) -> Bool {
    switch self {
    case .event(let last): event > last
    case .time(let last): time ?? 0 > last
    case .percent: false
    }
  }

  /// Splits `ID@57` and `ID@+12.5s` at the last `@`; `@last` alone names no place.
  package static func split(_ text: String) -> (name: String, point: ReplayPoint?) {
    guard let at = text.lastIndex(of: "@"), at != text.startIndex,
      let point = ReplayPoint(text[at...])
    else { return (text, nil) }
    return (String(text[..<at]), point)
  }

  private static func time(_ text: Substring) -> UInt64? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    guard (1...3).contains(parts.count), var last = parts.last else { return nil }
    if parts.count == 1 {
      if last.hasSuffix("ms") {
        return decimal(last.dropLast(2)).flatMap { micros($0 / 1000) }
      }
      if last.hasSuffix("h") { return decimal(last.dropLast()).flatMap { micros($0 * 3600) } }
      if last.hasSuffix("m") { return decimal(last.dropLast()).flatMap { micros($0 * 60) } }
      if last.hasSuffix("s") { last = last.dropLast() }
    }
    guard var seconds = decimal(last) else { return nil }
    for (part, unit) in zip(parts.dropLast().reversed(), [60.0, 3600.0]) {
      guard isDigits(part), let value = Double(part) else { return nil }
      seconds += value * unit
    }
    return micros(seconds)
  }

  private static func micros(_ seconds: Double) -> UInt64? {
    seconds < 1e9 ? UInt64((seconds * 1_000_000).rounded()) : nil
  }

  private static func isDigits(_ text: Substring) -> Bool {
    !text.isEmpty && text.utf8.count <= 18 && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
  }

  private static func decimal(_ text: Substring) -> Double? {
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) || $0 == 0x2E }), text.count <= 20
    else { return nil }
    return Double(text)
  }
}

extension StringProtocol {
  fileprivate var trimmingSpaces: SubSequence {
    var part = self[startIndex..<endIndex]
    while part.first == " " { part = part.dropFirst() }
    while part.last == " " { part = part.dropLast() }
    return part
  }
}
