/// Links that lead elsewhere than their text says.
extension Screen {
  /// The link of the pen ends or gives way to another: its text is complete.
  mutating func closeLink() {
    let text = hidden.link
    hidden.link = LinkText()
    guard cursor.pen.link != 0, !text.text.isEmpty,
      let target = decorations.target(ofLink: Int(cursor.pen.link))
    else { return }
    let comparison = LinkComparison(text: text.text, target: target)
    if comparison.runsCode {
      hidden.add(.linkScheme, row: text.row, column: text.column, target)
    } else if comparison.isMisleading {
      hidden.add(.linkMismatch, row: text.row, column: text.column, "\(text.text) -> \(target)")
    }
  }
}

/// What the text of a link promises beside where it leads.
struct LinkComparison {
  private let text: String
  private let target: String

  /// Endings by which a word without a scheme is taken for a host; `.md` and `.rs` are files.
  private static let endings: Set<String> = [
    "com", "org", "net", "edu", "gov", "mil", "int", "info", "biz", "io", "dev", "app", "cloud",
    "ai", "co", "me", "xyz", "online", "site", "shop", "example", "test", "eu", "uk", "de", "fr",
    "nl", "it", "es", "ch", "at", "se", "no", "pl", "ru", "ua", "cn", "jp", "kr", "in", "br", "au",
    "ca", "us",
  ]

  init(text: String, target: String) {
    self.text = text
    self.target = target
  }

  var runsCode: Bool {
    let scheme = Self.scheme(target)
    return scheme == "javascript" || scheme == "data" || scheme == "vbscript"
  }

  /// The text holds an address, and it is another host than the target's.
  var isMisleading: Bool {
    let there = Self.host(ofAddress: target)
    return text.split(whereSeparator: Self.isSeparator).contains { word in
      guard let here = Self.promisedHost(String(word)) else { return false }
      guard let there else { return true }
      return here != there && !there.hasSuffix("." + here)
    }
  }

  private static func isSeparator(_ character: Character) -> Bool {
    character.isWhitespace || "<>()[]{}\"'`,;|".contains(character)
  }

  /// The host a reader sees in a word: of an address, or of a name that ends as hosts do.
  private static func promisedHost(_ word: String) -> String? {
    if scheme(word) != nil, word.contains("://") { return host(ofAddress: word) }
    let name = normalized(word.prefix { $0 != "/" && $0 != ":" && $0 != "?" && $0 != "#" })
    let labels = name.split(separator: ".", omittingEmptySubsequences: false)
    guard labels.count >= 2, labels.allSatisfy({ !$0.isEmpty }), !word.contains("@"),
      let last = labels.last, endings.contains(String(last)) || word.lowercased().hasPrefix("www.")
    else { return nil }
    return name
  }

  private static func scheme(_ address: String) -> String? {
    guard let colon = address.firstIndex(of: ":"), colon > address.startIndex else { return nil }
    let name = address[..<colon].lowercased()
    return name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || "+-.".contains($0)) }
      ? name : nil
  }

  /// Between `://` and the path, without user and port; nil where there is none.
  private static func host(ofAddress address: String) -> String? {
    guard let scheme = scheme(address) else { return nil }
    let rest = address.dropFirst(scheme.count + 1)
    guard rest.hasPrefix("//") else { return nil }
    var authority = rest.dropFirst(2).prefix { $0 != "/" && $0 != "?" && $0 != "#" && $0 != "\\" }
    if let at = authority.lastIndex(of: "@") {
      authority = authority[authority.index(after: at)...]
    }
    if !authority.hasPrefix("["), let colon = authority.lastIndex(of: ":") {
      authority = authority[..<colon]
    }
    return normalized(authority)
  }

  private static func normalized(_ host: Substring) -> String {
    var name = host.lowercased()
    if name.hasPrefix("www.") { name.removeFirst(4) }
    while name.hasSuffix(".") { name.removeLast() }
    return name
  }
}
