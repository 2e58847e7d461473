import Testing

@testable import Recorder

@Suite struct `HTTP of serve` {
  private func ask(_ text: String, checksHost: Bool = false) -> HTTPExchange.Request {
    HTTPExchange.request(Array(text.utf8), checksHost: checksHost)
  }

  @Test(
    arguments: [
      ("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n", .asks(.metrics, wantsBody: true)),
      ("GET /healthz?verbose=1 HTTP/1.0\n\n", .asks(.health, wantsBody: true)),
      ("HEAD /readyz HTTP/1.1\r\n\r\nrest", .asks(.readiness, wantsBody: false)),
      ("GET /metrics HTTP/1.1\r\nHost: x\r\n", .unfinished), ("", .unfinished),
      ("GET / HTTP/1.1\r\n\r\n", .refused(404)), ("POST /metrics HTTP/1.1\r\n\r\n", .refused(405)),
      ("GET /metrics HTTP/2\r\n\r\n", .refused(400)),
      ("GET  /metrics HTTP/1.1\r\n\r\n", .refused(400)),
      ("{\"hello\":1}\n\n", .refused(400)), ("\r\n\r\n", .refused(400)),
    ] as [(String, HTTPExchange.Request)])
  func `requests are read as they are meant`(text: String, wanted: HTTPExchange.Request) {
    #expect(ask(text) == wanted)
  }

  @Test func `a head that is too long is refused before it ends, and whatever ends it`() {
    let long = "GET /metrics HTTP/1.1\r\nX: " + String(repeating: "x", count: HTTPExchange.limit)
    #expect(ask(long) == .refused(431) && ask(long + "\r\n\r\n") == .refused(431))
  }

  @Test(
    arguments: [
      ("127.0.0.1:9", true), ("localhost", true), ("[::1]:80", true), ("evil.example:9", false),
      ("localhost:evil.example", false), ("localhost:", false), ("localhost:80:80", false),
      ("localhost.evil.example", false), ("127.0.0.1.evil.example:9", false),
    ])
  func `over TCP a name that leads here by trickery is turned away`(host: String, isTaken: Bool) {
    let request = "GET /healthz HTTP/1.1\r\nhOsT: \(host)\r\n\r\n"
    let wanted: HTTPExchange.Request =
      isTaken ? .asks(.health, wantsBody: true) : .refused(421)
    #expect(ask(request, checksHost: true) == wanted)
    #expect(ask(request) == .asks(.health, wantsBody: true))
  }

  @Test(
    arguments: [
      "Host : evil.example", "Host: localhost\r\nHost: evil.example",
      "Host: localhost\r\n evil.example",
      "Host", ": localhost",
    ])
  func `a head that can be read in two ways is no request`(fields: String) {
    let request = "GET /healthz HTTP/1.1\r\n\(fields)\r\n\r\n"
    #expect(ask(request, checksHost: true) == .refused(400))
  }

  @Test func `addresses are paths, or ports of this machine`() {
    #expect(HTTPAddress("/run/x.sock") == .path("/run/x.sock"))
    #expect(HTTPAddress("127.0.0.1:0") == .loopback(isSix: false, port: 0))
    #expect(HTTPAddress("[::1]:9000") == .loopback(isSix: true, port: 9000))
    for text in ["0.0.0.0:80", "10.0.0.1:80", ":80", "80", "localhost:70000", "example.com:80", ""]
    {
      #expect(HTTPAddress(text) == nil, "\(text)")
    }
  }
}
