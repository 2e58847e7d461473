import Foundation
import Testing

/// `record --mcp --to` with the real `serve`.
@Suite(.enabled(if: Program.path != nil, "the program is not beside its tests"))
struct MCPStreamTests {
  /// Runs a script of bash in a place with a store; `B` is the program, `serve` starts a server and waits for it.
  private func bash(_ place: borrowing Place, _ script: String) throws -> (
    status: Int32, text: String, errors: String
  ) {
    let program = try #require(Program.path)
    try #require(place.run(program, ["init", "--origin", "test.example.com/mcp"]).status == 0)
    let start = """
      B='\(program)'
      serve() {
        rm -f s; "$B" serve -q --socket s 2>>served & server=$!
        until [ -S s ]; do sleep 0.02; done
      }
      # Neither store nor key is at hand for whoever records.
      record() {
        env -u BLACKBOX_STORE -u BLACKBOX_STATE HOME=/nonexistent \\
          "$B" record -q --mcp --agent t --to s "$@"
      }

      """
    return try place.run("/bin/bash", ["-c", start + MCPTests.ended + script])
  }

  private func verifies(_ place: borrowing Place) throws {
    let program = try #require(Program.path)
    let verdict = try place.run(program, ["verify", "--all", "--require", "closed,logged"])
    #expect(verdict.status == 0, "\(verdict.text)")
  }

  /// A server that answers each call with how often the store holds it at that moment.
  private static let looker = """
    import glob, json, subprocess, sys, time
    for line in sys.stdin:
        call = json.loads(line)
        if 'id' not in call:
            continue
        found = 0
        for path in glob.glob('store/sessions/*/*/*/*.zst'):
            # An open file ends in zstd's own complaint; what was flushed is there.
            text = subprocess.run(['zstd', '-dcq', path], capture_output=True).stdout
            for l in text.splitlines():
                e = json.loads(l) if l.endswith(b'}') else {}
                found += e.get('type') == 'mcp.call' and e.get('jsonrpc_id') == call['id']
        print(json.dumps({'jsonrpc': '2.0', 'id': call['id'], 'result': {'found': found}}), flush=True)
    """

  /// A client that makes calls one after the other, prints what it hears, and runs a command before some of them.
  private static let caller = """
    import json, os, subprocess, sys
    calls, before = int(sys.argv[1]), sys.argv[2]
    server = subprocess.Popen(sys.argv[3:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for i in range(calls):
        if i == calls // 2 and before:
            os.kill(int(open('pid').read()), int(before))
            open('killed', 'w').close()
        for m in [{'jsonrpc': '2.0', 'method': 'n'}, {'jsonrpc': '2.0', 'id': 'c%d' % i, 'method': 'x'}]:
            server.stdin.write(json.dumps(m).encode() + b'\\n')
        server.stdin.flush()
        print(json.loads(server.stdout.readline())['result']['found'], end=' ', flush=True)
    server.stdin.close()
    print(server.wait())
    """

  private func write(_ place: borrowing Place) throws {
    try Self.looker.write(toFile: place.path("server.py"), atomically: true, encoding: .utf8)
    try Self.caller.write(toFile: place.path("client.py"), atomically: true, encoding: .utf8)
  }

  @Test(.enabled(if: MCPTests.hasTools, "python3 or zstd is missing"))
  func `a call is on the service's disk before the server gets it, and every byte comes back`()
    throws
  {
    let place = try Place()
    defer { place.remove() }
    try write(place)
    try MCPTests.generator.write(toFile: place.path("make.py"), atomically: true, encoding: .utf8)
    try MCPTests.reproducer.write(toFile: place.path("back.py"), atomically: true, encoding: .utf8)
    let ended = try bash(
      place,
      """
      serve
      export -f record; export B
      python3 client.py 12 '' bash -c 'record -- python3 server.py'
      python3 make.py 1 1 > up; python3 make.py 1 2 > down
      record --resource mcp:files --redact jwt -- bash -c 'cat down & cat > up.got; echo end >&2; wait' < up > down.got
      cmp up up.got && cmp down down.got && echo same
      kill $server; wait $server
      zstd -dcq $(ls store/sessions/*/*/*/*.zst | tail -n 1) > lines
      python3 back.py to_server < lines | cmp - up && python3 back.py to_client < lines | cmp - down && echo back
      """)
    #expect(
      ended.text == String(repeating: "1 ", count: 12) + "0\nsame\nback\n",
      "\(ended.text)\(ended.errors)")
    #expect(ended.errors == "end\n")
    let events = try Recorded.sessions(place).last ?? []
    #expect(events.first?["kind"] as? String == "mcp")
    #expect((events.first?["resource"] as? [String: Any])?["uid"] as? String == "files")
    #expect(Recorded.of("recorder.config", events).first?["digest"] as? String == "hmac-sha256")
    #expect(Recorded.of("process.stderr", events).first?["data"] as? String == "end\n")
    let end = try #require(Recorded.of("session.end", events).first)
    #expect(end["exit_code"] as? Int == 0 && end["bytes_in"] as? Int ?? 0 > 1 << 20)
    try verifies(place)
  }

  @Test(
    .enabled(if: MCPTests.hasTools, "python3 or zstd is missing"), arguments: [SIGTERM, SIGKILL])
  func `a service that ends and comes back holds calls up, loses none, and results find theirs`(
    number: Int32
  ) throws {
    let place = try Place()
    defer { place.remove() }
    try write(place)
    let ended = try bash(
      place,
      """
      serve; echo $server > pid
      export -f record; export B
      python3 client.py 20 \(number) bash -c 'record --disk-full-wait 60 --redact jwt -- python3 server.py' > said &
      client=$!
      until [ -e killed ]; do sleep 0.02; done
      wait $server; sleep 0.5; wc -w < said; serve
      wait $client; cat said
      kill $server; wait $server
      """)
    let lines = ended.text.split(separator: "\n").map(String.init)
    // While it was away no call passed.
    #expect(
      lines.first?.trimmingCharacters(in: .whitespaces) == "10", "\(ended.text)\(ended.errors)")
    #expect(lines.last == String(repeating: "1 ", count: 20) + "0", "\(ended.text)\(ended.errors)")
    let sessions = try Recorded.sessions(place).filter { $0.first?["kind"] as? String == "mcp" }
    try #require(sessions.count == 2)
    let first = try #require(sessions[0].first?["session"] as? String)
    #expect(sessions[1].first?["continues"] as? String == first)
    // Both say which key their digests are made with, and it is the same, and which detectors were on.
    let settings = sessions.map { Recorded.of("recorder.config", $0) }
    #expect(settings.map(\.count) == [2, 2])
    let keys = settings.compactMap { $0.first?["digest_key"] as? String }
    #expect(keys.count == 2 && Set(keys).count == 1)
    for value in settings.compactMap({ $0.last?["value"] as? [String: [String]] }) {
      #expect(value == ["redact": ["jwt"]])
    }
    var calls: [String: (session: Int, line: Int)] = [:]
    var answered: Set<String> = []
    for (session, events) in sessions.enumerated() {
      for (line, event) in events.enumerated() {
        guard let id = event["jsonrpc_id"] as? String else { continue }
        if event["type"] as? String == "mcp.call" {
          #expect(calls.updateValue((session, line), forKey: id) == nil, "\(id) stands twice")
        } else if event["type"] as? String == "mcp.result" {
          let call = try #require(calls[id])
          #expect(answered.insert(id).inserted)
          let isHere = event["caused_by"] as? Int == call.line && call.session == session
          let isThere =
            event["caused_by"] as? String == "\(first)@\(call.line)" && call.session != session
          #expect(isHere || isThere, "\(id): \(event["caused_by"] ?? "") for \(call)")
        }
      }
    }
    #expect(calls.count == 20 && answered.count == 20)
    try verifies(place)
  }

  @Test func `without the service no server starts, and one that runs is ended`() throws {
    let place = try Place()
    defer { place.remove() }
    let ended = try bash(
      place,
      """
      record -- touch ran < /dev/null; echo $?
      serve
      mkfifo input output; exec 9<>input
      record --disk-full-wait 1 -- bash -c 'echo ready; while read -r x; do echo "$x"; done; touch ran' <&9 >output &
      exec 8<output
      read -r word <&8; echo $word
      kill -KILL $server; wait $server 2>/dev/null
      printf '{"jsonrpc":"2.0","id":1,"method":"x"}\\n' >&9
      wait $!; echo $?
      cat <&8; test -e ran || echo none
      "$B" recover > recovered; echo $?
      """)
    #expect(ended.text.hasPrefix("6\nready\n"), "\(ended.text)\(ended.errors)")
    #expect(ended.text.hasSuffix("6\nnone\n0\n"), "\(ended.text)\(ended.errors)")
    #expect(ended.errors.contains("cannot reach the recording service"))
  }

  @Test(arguments: [false, true])
  func `a service that acknowledges nothing is told once, and then is as good as away`(
    signals: Bool
  ) throws {
    let place = try Place()
    defer { place.remove() }
    let ended = try bash(
      place,
      """
      serve
      mkfifo input output; exec 9<>input
      record --disk-full-wait 3 -- bash -c 'trap "" TERM; echo ready; while read -r x; do echo "$x"; done; touch ran' <&9 >output 2>words &
      recorder=$!
      exec 8<output
      read -r word <&8; echo $word
      kill -STOP $server
      printf '{"jsonrpc":"2.0","id":1,"method":"x"}\\n' >&9
      \(signals ? "kill -TERM $recorder" : ":")
      ended $recorder 10
      kill -CONT $server; kill $server; wait $server
      cat <&8; test -e ran || echo none
      grep -c 'does not answer' words; grep -c 'gone for 3 s' words
      """)
    #expect(ended.text == "ready\n6 1\nnone\n1\n1\n", "\(ended.text)\(ended.errors)")
    let events = try Recorded.events(place)
    #expect(Recorded.of("mcp.result", events).isEmpty)
    try verifies(place)
  }

  @Test func `a service that was silent for less than the patience goes on where it was`() throws {
    let place = try Place()
    defer { place.remove() }
    let ended = try bash(
      place,
      """
      serve
      for i in $(seq 10); do echo '{"jsonrpc":"2.0","id":'$i',"method":"x"}'; done > up
      while read -r line; do
        if grep -q '"id":4,' <<< "$line"; then
          until [ -s down ]; do sleep 0.02; done
          kill -STOP $server; (sleep 4; kill -CONT $server) &
        fi
        echo "$line"
      done < up | record --disk-full-wait 30 -- cat > down 2> words
      echo ${PIPESTATUS[1]}; cmp up down; grep -c 'does not answer' words
      kill $server; wait $server
      """)
    #expect(ended.text == "0\n1\n", "\(ended.text)\(ended.errors)")
    let calls = Recorded.of("mcp.call", try Recorded.events(place))
    #expect(calls.count { $0["direction"] as? String == "to_server" } == 10)
    try verifies(place)
  }

  @Test func `a signal ends the wait for a service that does not answer`() throws {
    let place = try Place()
    defer { place.remove() }
    let ended = try bash(
      place,
      """
      serve; kill -STOP $server
      "$B" record -q --mcp --agent t --to s --disk-full-wait 300 -- touch ran < /dev/null & recorder=$!
      sleep 1; kill -TERM $recorder; wait $recorder; echo $?
      kill -CONT $server; kill $server; wait $server
      test -e ran || echo none
      """)
    #expect(ended.text == "143\nnone\n", "\(ended.text)\(ended.errors)")
    try verifies(place)
  }
}
