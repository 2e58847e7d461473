import Foundation
import Testing

/// The server as a process, with the clients of `Examples/`.
struct ServeTests {
  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `a second server, a stop and the client in Python do what the protocol says`() throws {
    let program = try #require(Program.path)
    let place = try Place()
    defer { place.remove() }
    try #require(place.run(program, ["init", "--origin", "test.example.com/serve"]).status == 0)
    let socket = place.path("s")
    let server = try place.start(program, ["serve", "--socket", socket], output: "/dev/null")
    let client = try RecorderClient(socket)
    let second = try place.run(program, ["serve", "--socket", place.path("t")])
    #expect(second.status == 6)
    #expect(second.errors.contains("another server has this store"))

    let session = try client.open(["kind": "http", "agent": ["uid": "a"]])
    try session.event("http.response", ["status": 200])
    kill(server.processIdentifier, SIGTERM)
    server.waitUntilExit()
    #expect(server.terminationStatus == 0)
    let again = try place.start(program, ["serve", "--socket", socket], output: "/dev/null")
    // The stop closed the session; what it had not taken goes on in another that names it.
    try session.flush()
    _ = try session.close()
    if try place.run("/bin/sh", ["-c", "command -v python3"]).status == 0 {
      let file = try #require(Self.example("python/client.py"))
      let python = try place.run(
        "/bin/sh", ["-c", "BLACKBOX_SOCKET='\(socket)' exec python3 '\(file)'"])
      #expect(python.status == 0, "\(python.errors)")
      #expect(python.text.split(separator: " ").count == 2)
    } else {
      print("skipped: the client in Python, there is no python3 here")
    }
    kill(again.processIdentifier, SIGTERM)
    again.waitUntilExit()
    #expect(again.terminationStatus == 0)
    let verdict = try place.run(program, ["verify", "--all"])
    #expect(verdict.status == 0, "\(verdict.text)")
  }

  @Test(.enabled(if: Program.path != nil, "the program is not beside its tests"))
  func `the service manager hears when it is ready and when it stops, and the counters count`()
    throws
  {
    let program = try #require(Program.path)
    let place = try Place()
    defer { place.remove() }
    try #require(place.run(program, ["init", "--origin", "test.example.com/serve"]).status == 0)
    let manager = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    defer { close(manager) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: place.path("n").utf8) }
    let bound = withUnsafeBytes(of: &address) { raw in
      bind(manager, raw.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
    }
    try #require(bound == 0)
    var patience = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(manager, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    func heard() -> String {
      var bytes = [UInt8](repeating: 0, count: 256)
      let count = recv(manager, &bytes, bytes.count, 0)
      return String(decoding: bytes.prefix(max(0, count)), as: UTF8.self)
    }
    let server = place.process(
      program, ["serve", "--quiet", "--socket", place.path("s"), "--metrics", place.path("m")])
    server.environment?["NOTIFY_SOCKET"] = place.path("n")
    server.environment?["WATCHDOG_USEC"] = "300000"
    server.standardError = FileHandle.nullDevice
    try server.run()
    #expect(heard() == "READY=1")
    // A sign of life and a status line, in either order.
    let signs = [heard(), heard()].sorted()
    #expect(signs[0].hasPrefix("STATUS=ok: ") && signs[1] == "WATCHDOG=1", "\(signs)")
    let well = try place.run(program, ["serve", "--status", place.path("s")])
    #expect(well.status == 0 && well.text.hasPrefix("health ok\n"), "\(well.text)\(well.errors)")
    #expect(well.text.contains("\nsessions 0\n") && well.text.contains("\nhealthy 1\n"))
    let session = try RecorderClient(place.path("s")).open(["kind": "http", "agent": ["uid": "a"]])
    try session.event("http.request", [:])
    try session.flush()
    kill(server.processIdentifier, SIGTERM)
    var word = heard()
    while word.hasPrefix("WATCHDOG=1") || word.hasPrefix("STATUS=") { word = heard() }
    #expect(word == "STOPPING=1")
    server.waitUntilExit()
    #expect(server.terminationStatus == 0)
    let counters = try String(contentsOfFile: place.path("m"), encoding: .utf8)
    #expect(counters.contains("\nblackbox_events_total 1\n"))
    #expect(counters.contains("\nblackbox_sessions_closed_total 1\n"))
    #expect(!FileManager.default.fileExists(atPath: place.path("s")), "the socket is left")
    #expect(try place.run(program, ["serve", "--status", place.path("s")]).status == 6)
  }

  static func example(_ name: String) -> String? {
    var folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    for _ in 0..<4 {
      let file = folder.appendingPathComponent("Examples/" + name).path
      if FileManager.default.fileExists(atPath: file) { return file }
      folder.deleteLastPathComponent()
    }
    return nil
  }
}
