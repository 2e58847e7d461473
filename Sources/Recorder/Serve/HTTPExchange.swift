/// One request of a scraper or probe, and its answer.
///
/// Source: RFC 9112, as much of it as a GET without a body needs. Paths: schema/ingest-protocol.md §8.
enum HTTPExchange {
  /// Bytes of a request's head at most.
  static let limit = 8 << 10

  enum Path: String { case metrics = "/metrics", health = "/healthz", readiness = "/readyz" }

  enum Request: Equatable {
    /// More bytes are needed.
    case unfinished
    case asks(Path, wantsBody: Bool)
    /// The status that says what is wrong with it.
    case refused(Int)
  }

  /// Reads a request from its first byte on; `isLocal`: of a TCP connection, whose `Host` must be this machine's.
  static func request(_ bytes: [UInt8], checksHost: Bool) -> Request {
    guard let end = headEnd(bytes) else {
      return bytes.count >= limit ? .refused(431) : .unfinished
    }
    guard end <= limit else { return .refused(431) }
    let lines = bytes[..<end].split(separator: 0x0A).map { line in
      String(decoding: line.last == 0x0D ? line.dropLast() : line, as: UTF8.self)
    }
    let words = (lines.first ?? "").split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 3, words[2] == "HTTP/1.1" || words[2] == "HTTP/1.0" else {
      return .refused(400)
    }
    let fields = lines.dropFirst().filter { !$0.isEmpty }
    guard fields.allSatisfy(isField) else { return .refused(400) }
    if checksHost {
      let hosts = fields.compactMap(host)
      guard hosts.count < 2 else { return .refused(400) }
      guard hosts.allSatisfy(isThisMachine) else { return .refused(421) }
    }
    guard words[0] == "GET" || words[0] == "HEAD" else { return .refused(405) }
    let path = words[1].prefix { $0 != "?" }
    guard let known = Path(rawValue: String(path)) else { return .refused(404) }
    return .asks(known, wantsBody: words[0] == "GET")
  }

  /// One past the empty line that ends the head.
  private static func headEnd(_ bytes: [UInt8]) -> Int? {
    var lineStart = 0
    for (index, byte) in bytes.enumerated() where byte == 0x0A {
      let length = index - lineStart
      if length == 0 || length == 1 && bytes[lineStart] == 0x0D { return index + 1 }
      lineStart = index + 1
    }
    return nil
  }

  /// `name: value`; neither a space before the colon nor a line that goes on in the next is let through.
  ///
  /// Source: RFC 9112 §5.
  private static func isField(_ line: String) -> Bool {
    guard let colon = line.utf8.firstIndex(of: 0x3A), colon > line.startIndex else { return false }
    return line.utf8[..<colon].allSatisfy { $0 > 0x20 && $0 < 0x7F }
  }

  /// The value of a field that is `Host`.
  private static func host(_ field: String) -> String? {
    let parts = field.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    guard parts.count == 2, parts[0].lowercased() == "host" else { return nil }
    return parts[1].filter { $0 != " " && $0 != "\t" }.lowercased()
  }

  /// False if `Host` names another machine: then a page in somebody's browser asks, under a name that leads here.
  private static func isThisMachine(_ host: String) -> Bool {
    for name in ["127.0.0.1", "localhost", "[::1]"] where host.hasPrefix(name) {
      let rest = host.dropFirst(name.count)
      return rest.isEmpty || rest.first == ":" && UInt16(rest.dropFirst()) != nil
    }
    return false
  }

  static func answer(_ status: Int, _ body: String, wantsBody: Bool = true) -> [UInt8] {
    let reasons = [
      200: "OK", 400: "Bad Request", 404: "Not Found", 405: "Method Not Allowed",
      421: "Misdirected Request", 431: "Request Header Fields Too Large",
      503: "Service Unavailable",
    ]
    var text = "HTTP/1.1 \(status) \(reasons[status] ?? "Error")\r\n"
    text += "Content-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
    text += "Content-Length: \(body.utf8.count)\r\n"
    if status == 405 { text += "Allow: GET, HEAD\r\n" }
    text += "Cache-Control: no-store\r\nConnection: close\r\n\r\n"
    return Array((wantsBody ? text + body : text).utf8)
  }
}
