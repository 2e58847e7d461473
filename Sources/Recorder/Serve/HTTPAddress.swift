/// Where scrapers and probes ask: a Unix socket, or a port of this machine alone.
///
/// Format: schema/ingest-protocol.md §8.
package enum HTTPAddress: Sendable, Equatable {
  case path(String)
  case loopback(isSix: Bool, port: UInt16)

  /// A path has a slash; nil for an address that others could reach, and for anything else.
  package init?(_ text: String) {
    if text.contains("/") {
      self = .path(text)
      return
    }
    guard let mark = text.lastIndex(of: ":"), let port = UInt16(text[text.index(after: mark)...])
    else { return nil }
    switch text[..<mark] {
    case "127.0.0.1", "localhost": self = .loopback(isSix: false, port: port)
    case "[::1]": self = .loopback(isSix: true, port: port)
    default: return nil
    }
  }

  /// As it is said to people.
  func description(port bound: UInt16) -> String {
    switch self {
    case .path(let path): path
    case .loopback(let isSix, _): "http://\(isSix ? "[::1]" : "127.0.0.1"):\(bound)/"
    }
  }
}
