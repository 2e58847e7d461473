import Foundation
import Testing

/// `serve --http` with a real curl, and with callers that behave badly.
@Suite(.enabled(if: Program.path != nil, "the program is not beside its tests"))
struct ServeHTTPTests {
  private static let hasCurl =
    (try? Place()).map { place in
      defer { place.remove() }
      return (try? place.run("/bin/sh", ["-c", "exec curl --version"]))?.status == 0
    } ?? false

  private func curl(_ place: Place, _ arguments: String...) throws -> (status: Int, text: String) {
    let ended = try place.run(
      "/usr/bin/env",
      ["curl", "-sS", "-m", "20", "-w", "\n%{http_code}", "--unix-socket", place.path("h")]
        + arguments)
    try #require(ended.status == 0, "\(ended.errors)")
    let lines = ended.text.split(separator: "\n", omittingEmptySubsequences: false)
    return (Int(lines.last ?? "") ?? 0, lines.dropLast().joined(separator: "\n"))
  }

  @Test(.enabled(if: hasCurl, "curl is missing"))
  func `a scraper and probes are answered, and none of them holds the recording up`() throws {
    let program = try #require(Program.path)
    let place = try Place()
    defer { place.remove() }
    try #require(place.run(program, ["init", "--origin", "test.example.com/http"]).status == 0)
    let server = try place.start(
      program, ["serve", "--socket", place.path("s"), "--http", place.path("h")],
      output: "/dev/null")
    let client = try #require(ServeDialogue(place.path("s"), patience: 20))
    client.say(#"{"hello":1}"#, #"{"open":"r","kind":"http","agent":{"uid":"a"}}"#)
    _ = try #require(client.hear("opened"))

    let permissions = try FileManager.default.attributesOfItem(atPath: place.path("h"))
    #expect(permissions[.posixPermissions] as? Int == 0o660)
    #expect(try curl(place, "http://x/healthz") == (200, "ok\n"))
    #expect(try curl(place, "http://x/readyz") == (200, "ok\n"))
    #expect(try curl(place, "http://x/nothing").status == 404)
    #expect(try curl(place, "-d", "x=1", "http://x/metrics").status == 405)
    let head = try curl(place, "-I", "http://x/metrics")
    #expect(head.status == 200 && head.text.contains("text/plain; version=0.0.4"))
    let metrics = try curl(place, "http://x/metrics").text
    for line in metrics.split(separator: "\n") where !line.hasPrefix("#") {
      let words = line.split(separator: " ")
      #expect(
        words.count == 2 && words[0].hasPrefix("blackbox_") && UInt64(words[1]) != nil, "\(line)")
      #expect(metrics.contains("# TYPE \(words[0]) "))
    }
    #expect(metrics.contains("\nblackbox_sessions_opened_total 1\n"))

    // Callers that say nothing, or half of something: more than are served at a time.
    let idle = (0..<40).compactMap { _ in ServeDialogue(place.path("h"), patience: 5) }
    #expect(idle.count == 40)
    for caller in idle { _ = caller.push(Array("GET /metrics HT".utf8)) }
    let began = Date()
    client.say(#"{"event":"r","n":1,"type":"http.request"}"#)
    #expect(client.hear("ack")?["n"] as? Int == 1)
    #expect(Date().timeIntervalSince(began) < 4, "the recording does not wait for them")
    // They are cut off, and whoever came behind them is served.
    #expect(try curl(place, "http://x/healthz").status == 200)
    #expect(Date().timeIntervalSince(began) > 3, "and it had to wait until they were")
    kill(server.processIdentifier, SIGTERM)
    server.waitUntilExit()
    #expect(server.terminationStatus == 0)
    #expect(!FileManager.default.fileExists(atPath: place.path("h")), "the socket is left")
  }

  @Test(.enabled(if: hasCurl, "curl is missing"))
  func `a port is this machine's alone`() throws {
    let program = try #require(Program.path)
    let place = try Place()
    defer { place.remove() }
    try #require(place.run(program, ["init", "--origin", "test.example.com/port"]).status == 0)
    let refused = try place.run(
      program, ["serve", "--socket", place.path("s"), "--http", "0.0.0.0:9000"])
    #expect(refused.status == 2 && refused.errors.contains("127.0.0.1:PORT"), "\(refused.errors)")
    let ended = try place.run(
      "/bin/bash",
      [
        "-c",
        """
        '\(program)' serve --socket s --http 127.0.0.1:0 2> words &
        for i in $(seq 200); do grep -q 'serving' words && break; sleep 0.05; done
        at=$(sed -n 's/.*answering HTTP on //p' words)
        curl -sS -m 20 ${at}readyz
        curl -sS -m 20 -o /dev/null -w '%{http_code}\\n' -H 'Host: evil.example' ${at}metrics
        kill $!; wait $!; echo $?
        """,
      ])
    #expect(ended.text == "ok\n421\n0\n", "\(ended.text)\(ended.errors)")
  }
}
