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
    if checksHost, !isThisMachine(lines.dropFirst()) { return .refused(421) }
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

  /// False if `Host` names another machine: then a page in somebody's browser asks, under a name that leads here.
  private static func isThisMachine(_ fields: ArraySlice<String>) -> Bool {
    for field in fields {
      let parts = field.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      guard parts.count == 2, parts[0].lowercased() == "host" else { continue }
      let host = parts[1].filter { $0 != " " && $0 != "\t" }.lowercased()
      let names = ["127.0.0.1", "localhost", "[::1]"]
      return names.contains { host == $0 || host.hasPrefix($0 + ":") }
    }
    return true
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
