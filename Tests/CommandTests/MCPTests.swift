import Foundation
import Testing

/// `record --mcp` as a process between a client and small servers.
@Suite(.enabled(if: Program.path != nil, "the program is not beside its tests"))
struct MCPTests {
  /// Runs a script of bash in a place with a store; `B` is the program.
  private func bash(_ place: borrowing Place, _ script: String) throws -> (
    status: Int32, text: String, errors: String
  ) {
    let program = try #require(Program.path)
    try #require(place.run(program, ["init", "--origin", "test.example.com/mcp"]).status == 0)
    return try place.run("/bin/bash", ["-c", "B='\(program)'\n" + Self.ended + script])
  }

  /// `ended PID SECONDS` says how a process ended, and 1 if it did in time; it is killed some time after that.
  static let ended = """
    ended() {
      for i in $(seq $(($2 * 20))); do kill -0 $1 2>/dev/null || break; sleep 0.1; done
      kill -KILL $1 2>/dev/null; wait $1 2>/dev/null; echo $? $((i < $2 * 10))
    }

    """

  /// The store verifies, and its one session is closed and logged.
  private func verify(_ place: borrowing Place) throws {
    let program = try #require(Program.path)
    let verdict = try place.run(program, ["verify", "@last", "--require", "closed,logged"])
    #expect(verdict.status == 0, "\(verdict.text)")
  }

  /// The events of the one session, as jq would see them.
  private func events(_ place: borrowing Place) throws -> [[String: Any]] {
    let text = try place.run("/bin/bash", ["-c", "zstd -dcq store/sessions/*/*/*/*.zst"])
    #expect(text.status == 0, "\(text.errors)")
    return try text.text.split(separator: "\n").map {
      try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
    }
  }

  private static func has(_ program: String, _ arguments: [String]) -> Bool {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [program] + arguments
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    do { try process.run() } catch { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }

  static let hasTools = has("python3", ["--version"]) && has("zstd", ["--version"])
  /// A Python that can import the reference implementation, named by `BLACKBOX_MCP_PYTHON`.
  static let python = ProcessInfo.processInfo.environment["BLACKBOX_MCP_PYTHON"] ?? "python3"
  static let hasReference = has(python, ["-c", "import mcp"])
  /// MiB each way; 16 and more by hand.
  static let size = ProcessInfo.processInfo.environment["BLACKBOX_MCP_MIB"] ?? "2"

  /// Messages, near-messages and binary junk, of very different lengths.
  static let generator = """
    import random, sys
    size, seed = int(sys.argv[1]) << 20, int(sys.argv[2])
    r = random.Random(seed)
    made = 0
    while made < size:
        kind = r.randrange(8)
        length = min(int(r.paretovariate(0.6)) * 10, 300000)
        if kind < 4:
            text = '{"jsonrpc":"2.0","id":%d,"method":"tools/call","params":{"name":"t","arguments":{"s":"%s"}}}' % (
                r.randrange(1000), r.choice(['x', '\\\\n', 'é', '€ ']) * length)
            line = text.encode()
        elif kind == 4:
            line = ('[{"jsonrpc":"2.0","id":"%d","result":{"content":[]}} , {"id":1}]' % length).encode()
        else:
            line = r.randbytes(length)
        line += r.choice([b'\\n', b'\\n', b'\\r\\n'])
        made += len(line)
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.write(b'{"no newline at the end":')
    """

  /// Gives one direction's bytes back from a session's lines, without any code of ours.
  static let reproducer = """
    import base64, json, sys
    decode = json.JSONDecoder().raw_decode
    out = sys.stdout.buffer
    for line in sys.stdin.buffer:
        text = line.decode()
        event, _ = decode(text)
        if event.get('direction') != sys.argv[1] or 'batch' in event:
            continue
        if 'message' in event:
            at, raw = 1, None
            while raw is None:
                name, at = decode(text, at)
                _, end = decode(text, at + 1)
                if name == 'message':
                    raw = text[at + 1:end]
                at = end + 1
            out.write((raw + event.get('eol', '\\n')).encode())
        elif 'json' in event:
            out.write(event['json'].encode())
            if 'part' not in event or 'last' in event:
                out.write(event.get('eol', '\\n').encode())
        elif 'data' in event:
            out.write(event['data'].encode())
        elif 'data64' in event:
            out.write(base64.b64decode(event['data64']))
    """

  @Test(.enabled(if: hasTools, "python3 or zstd is missing"))
  func `every byte passes both ways at once, and the recording gives it back`() throws {
    let place = try Place()
    defer { place.remove() }
    try Self.generator.write(toFile: place.path("make.py"), atomically: true, encoding: .utf8)
    try Self.reproducer.write(toFile: place.path("back.py"), atomically: true, encoding: .utf8)
    let ended = try bash(
      place,
      """
      set -e
      python3 make.py \(Self.size) 1 > up; python3 make.py \(Self.size) 2 > down
      "$B" record --mcp --agent t -- bash -c 'cat down & cat > up.got; wait' < up > down.got
      cmp up up.got; cmp down down.got
      zstd -dcq store/sessions/*/*/*/*.zst > lines
      python3 back.py to_server < lines | cmp - up
      python3 back.py to_client < lines | cmp - down
      """)
    #expect(ended.status == 0, "\(ended.text) \(ended.errors)")
    try verify(place)
  }

  @Test(.enabled(if: hasTools, "python3 or zstd is missing"))
  func `what is replaced in the command line is counted like what is replaced in messages`() throws
  {
    let place = try Place()
    defer { place.remove() }
    let token = "ghp_" + String(repeating: "aB3", count: 12)
    let ended = try bash(
      place,
      """
      printf '{"jsonrpc":"2.0","id":1,"method":"x","params":{"t":"\(token)"}}\\n' > up
      "$B" record --mcp --redact github_token --agent t -- sh -c 'cat; : \(token)' < up | cmp - up
      echo ${PIPESTATUS[*]}
      """)
    #expect(ended.text == "0 0\n", "\(ended.errors)")
    let events = try events(place)
    let masked = Recorded.of("masking.applied", events)
    #expect(masked.map { $0["masked"] as? Int } == [1, 1, 1])
    #expect(
      masked.first?["field"] as? String == "session.start", "\(masked.first ?? [:])")
    let lines = try place.run("/bin/bash", ["-c", "zstd -dcq store/sessions/*/*/*/*.zst"]).text
    #expect(!lines.contains("aB3aB3"))
    try verify(place)
  }

  @Test(.enabled(if: hasTools, "python3 or zstd is missing"))
  func `what is no message passes as it is, and is recorded without its secrets`() throws {
    let place = try Place()
    defer { place.remove() }
    let token = "ghp_" + String(repeating: "aB3", count: 12)
    let ended = try bash(
      place,
      """
      { printf 'INFO using token \(token) here\\n{"id":1,"method":"ping"}\\n'
        printf '%s\\n' '-----BEGIN PRIVATE KEY-----' MIIEQk1ZQk1ZQk1ZQk1ZQk1Z MIIEQk1Z '-----END PRIVATE KEY-----'
        printf 'the last \(token)'; } > up
      "$B" record --mcp --redact default --agent t -- cat < up | cmp - up
      echo ${PIPESTATUS[*]}
      """)
    #expect(ended.text == "0 0\n", "\(ended.errors)")
    let events = try events(place)
    let found = Recorded.of("masking.applied", events).compactMap { $0["found"] as? Int }
    #expect(found.reduce(0, +) == 6)
    #expect(Recorded.of("mcp.call", events).count == 2)
    let lines = try place.run("/bin/bash", ["-c", "zstd -dcq store/sessions/*/*/*/*.zst"]).text
    #expect(!lines.contains("aB3aB3") && !lines.contains("MIIE") && lines.contains("INFO using"))
    try verify(place)
  }

  @Test func `a slow reader and a server that answers before it has read all do not block`() throws
  {
    let place = try Place()
    defer { place.remove() }
    let ended = try bash(
      place,
      """
      yes '{"jsonrpc":"2.0","id":1,"method":"ping"}' | head -n 20000 > up
      "$B" record --mcp --agent t -- cat < up | dd bs=100 of=down status=none
      cmp up down; echo ${PIPESTATUS[0]}
      """)
    #expect(ended.text == "0\n", "\(ended.text) \(ended.errors)")
    try verify(place)
  }

  @Test(.enabled(if: hasTools, "python3 or zstd is missing"))
  func `a server that gets a call finds it on the disk already`() throws {
    let place = try Place()
    defer { place.remove() }
    try """
    import glob, json, subprocess, sys
    for line in sys.stdin:
        call = json.loads(line)
        if 'id' not in call:
            continue
        path, = glob.glob('store/sessions/*/*/*/*.zst')
        # An open file ends in zstd's own complaint; what was flushed is there.
        text = subprocess.run(['zstd', '-dcq', path], capture_output=True).stdout
        events = [json.loads(l) for l in text.splitlines() if l.endswith(b'}')]
        found = [e for e in events if e['type'] == 'mcp.call' and e.get('jsonrpc_id') == call['id']]
        answer = {'jsonrpc': '2.0', 'id': call['id'], 'result': {'found': len(found)}}
        print(json.dumps(answer), flush=True)
    """.write(toFile: place.path("server.py"), atomically: true, encoding: .utf8)
    try """
    import json, subprocess, sys
    server = subprocess.Popen(sys.argv[1:], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for i in range(20):
        for m in [{'jsonrpc': '2.0', 'method': 'n'}, {'jsonrpc': '2.0', 'id': 'c%d' % i, 'method': 'x'}]:
            server.stdin.write(json.dumps(m).encode() + b'\\n')
        server.stdin.flush()
        print(json.loads(server.stdout.readline())['result']['found'], end=' ')
    server.stdin.close()
    print(server.wait())
    """.write(toFile: place.path("client.py"), atomically: true, encoding: .utf8)
    let ended = try bash(
      place, "python3 client.py \"$B\" record --mcp --agent t -- python3 server.py")
    #expect(
      ended.text == String(repeating: "1 ", count: 20) + "0\n", "\(ended.text) \(ended.errors)")
    try verify(place)
  }

  @Test(
    arguments: [
      ("exit 7", 7), ("kill -9 $$", 137), ("exec 1>&-; read -r x; exit 4", 4), ("true", 0),
      ("exec 0<&-; echo late; exit 5", 5),
    ] as [(String, Int32)])
  func `the status is the server’s, and the session ends with it`(script: String, status: Int32)
    throws
  {
    let place = try Place()
    defer { place.remove() }
    let ended = try bash(
      place,
      """
      printf '{"jsonrpc":"2.0","id":1,"method":"x"}\\n{"jsonrpc":"2.0","id":2,"method":"x"}\\n' |
        "$B" record --mcp --agent t -- bash -c 'read -r x; echo out; echo err >&2; \(script)' > out
      echo ${PIPESTATUS[1]}; cat out
      """)
    let rest = script.contains("late") ? "late\n" : ""
    #expect(ended.text == "\(status)\nout\n" + rest, "\(ended.errors)")
    #expect(ended.errors == "err\n")
    try verify(place)
    guard Self.hasTools else { return }
    let events = try events(place)
    #expect(events.last?["type"] as? String == "session.end")
    #expect(events.last?["exit_code"] as? Int == Int(status))
    #expect(events.last?["unanswered"] as? Int == 2)
    #expect(events.contains { $0["type"] as? String == "process.stderr" })
  }

  @Test func `a client that ends its input gets all that the server still says`() throws {
    let place = try Place()
    defer { place.remove() }
    let ended = try bash(
      place,
      """
      printf 'last words' | "$B" record --mcp --agent t -- \\
        bash -c 'cat > got; seq 100000' > out
      echo $?; seq 100000 | cmp - out; cat got
      """)
    #expect(ended.text == "0\nlast words", "\(ended.errors)")
    try verify(place)
  }

  @Test func `a client that stops reading ends a server that never stops writing`() throws {
    let place = try Place()
    defer { place.remove() }
    let ended = try bash(
      place,
      """
      mkfifo input; exec 9<>input
      "$B" record --mcp --agent t -- yes '{"jsonrpc":"2.0","method":"n"}' <&9 | head -n 1
      echo ${PIPESTATUS[0]}
      """)
    #expect(ended.text == "{\"jsonrpc\":\"2.0\",\"method\":\"n\"}\n141\n", "\(ended.errors)")
    try verify(place)
  }

  @Test func `a signal reaches the server, and its last words reach the client`() throws {
    let place = try Place()
    defer { place.remove() }
    let ended = try bash(
      place,
      """
      mkfifo input output; exec 9<>input
      "$B" record --mcp --agent t -- \\
        bash -c 'trap "echo bye; exit 3" TERM; echo ready; while read -r x; do :; done' <&9 >output &
      exec 8<output
      read -r word <&8; echo $word
      kill -TERM $!; cat <&8; wait $!; echo $?
      """)
    #expect(ended.text == "ready\nbye\n3\n", "\(ended.errors)")
    try verify(place)
  }

  @Test(arguments: ["--mcp", "-q"])
  func `the recorder ignores a limit of file size for itself, not for the command`(option: String)
    throws
  {
    let place = try Place()
    defer { place.remove() }
    let ended = try bash(
      place,
      """
      "$B" record \(option) --agent t -- bash -c 'ulimit -f 4; (head -c 100000 /dev/zero > big); echo $?' \
        </dev/null 2>words | tr -d '\\r' | tail -n 1
      """)
    #expect(ended.text == "\(128 + SIGXFSZ)\n", "\(ended.text)")
  }

  @Test(arguments: ["TERM", "INT", "HUP"], [1, 2])
  func `a signal is not kept waiting by a client that does not read`(signal: String, stream: Int)
    throws
  {
    let place = try Place()
    defer { place.remove() }
    // The pipes to the client are held open, and full.
    let ended = try bash(
      place,
      """
      mkfifo input output errors; exec 9<>input 8<>output 7<>errors
      "$B" record --mcp --agent t -- bash -c 'head -c 200000 /dev/zero | tr "\\0" y >&\(stream); touch said' \
        <&9 >&8 2>&7 & recorder=$!
      until [ -e store/sessions ] && [ -n "$(ls store/sessions)" ]; do sleep 0.05; done
      sleep 1; kill -\(signal) $recorder
      ended $recorder 5
      """)
    #expect(ended.text.hasSuffix(" 1\n") && !ended.text.hasPrefix("137"), "\(ended.text)")
    try verify(place)
    guard Self.hasTools else { return }
    let events = try events(place)
    // What the server said before it ended is there, taken or not.
    let said = events.filter { $0["direction"] as? String == "to_client" || stream == 2 }
      .compactMap { ($0["data"] ?? $0["json"]) as? String }.joined()
    #expect(said.utf8.count > 100_000 && said.utf8.allSatisfy { $0 == UInt8(ascii: "y") })
    let end = try #require(events.last)
    #expect(end["type"] as? String == "session.end" && end["reason"] as? String == "client")
    if stream == 1 {
      #expect(end["bytes_out"] as? Int == said.utf8.count)
      #expect(end["bytes_undelivered"] as? Int ?? 0 >= said.utf8.count - 65_536)
    }
  }

  @Test func `a client that does not read its standard error keeps no failure waiting`() throws {
    let place = try Place()
    defer { place.remove() }
    let ended = try bash(
      place,
      """
      mkfifo input errors; exec 9<>input 7<>errors
      "$B" record --mcp --agent t -- bash -c 'head -c 60000 /dev/zero >&2; head -c 6000 /dev/zero >&2; mv store gone' \
        <&9 >output 2>&7 & recorder=$!
      until [ -e gone ]; do sleep 0.05; done
      sleep 0.5; kill -TERM $recorder
      ended $recorder 15
      """)
    #expect(ended.text == "0 1\n", "\(ended.text)\(ended.errors)")
  }

  @Test func `what the server may hear as a signal of its own, it does`() throws {
    let place = try Place()
    defer { place.remove() }
    let ended = try bash(
      place,
      """
      mkfifo input output; exec 9<>input
      "$B" record --mcp --agent t -- \
        bash -c 'trap "echo one" USR1; trap "echo two; exit 0" USR2; echo ready; while :; do read -r -t 0.1 x; done' <&9 >output &
      exec 8<output
      read -r word <&8; echo $word
      kill -USR1 $!; read -r word <&8; echo $word
      kill -USR2 $!; cat <&8; wait $!; echo $?
      """)
    #expect(ended.text == "ready\none\ntwo\n0\n", "\(ended.text)\(ended.errors)")
    try verify(place)
  }

  @Test(
    arguments: [
      ["--allow-pause"], ["--input", "off"], ["--input", "masked"], ["--on-failure", "continue"],
    ], [[], ["--to", "s"]])
  func `an option that it does not have is refused`(option: [String], place target: [String]) throws
  {
    let place = try Place()
    defer { place.remove() }
    let program = try #require(Program.path)
    let ended = try place.run(
      program, ["record", "--mcp", "--agent", "t"] + target + option + ["--", "touch", "ran"])
    #expect(ended.status == 2)
    #expect(
      ended.errors.contains("--mcp and \(option.joined(separator: " ").prefix(13))")
        || ended.errors.contains("--mcp and --input exclude each other"), "\(ended.errors)")
    #expect(!FileManager.default.fileExists(atPath: place.path("ran")))
  }

  @Test func `all other options tell line 0 what they tell a terminal's`() throws {
    let place = try Place()
    defer { place.remove() }
    let ended = try bash(
      place,
      """
      SHOWN=yes "$B" record -q --mcp --agent i#t --on-behalf-of bob --resource db:orders --purpose why \
        --title name --env SHOWN,NOT_SET --redact jwt --on-failure block --disk-full-wait 5 -- cat </dev/null
      echo $?
      """)
    #expect(ended.text == "0\n", "\(ended.errors)")
    let events = try Recorded.events(place)
    let start = try #require(events.first)
    #expect((start["agent"] as? [String: Any])?["issuer"] as? String == "i")
    #expect((start["principal"] as? [String: Any])?["uid"] as? String == "bob")
    #expect((start["resource"] as? [String: Any])?["uid"] as? String == "orders")
    #expect(start["purpose"] as? String == "why" && start["title"] as? String == "name")
    #expect(start["env"] as? [String: String] == ["SHOWN": "yes"])
    let settings = Recorded.of("recorder.config", events).last?["value"] as? [String: [String]]
    #expect(settings == ["redact": ["jwt"]])
  }

  @Test func `a store that was moved away leaves a server that had ended its status`() throws {
    let place = try Place()
    defer { place.remove() }
    let ended = try bash(
      place,
      "\"$B\" record --mcp --agent t -- sh -c 'mv store gone; exit 3' </dev/null; echo $?")
    #expect(ended.text == "3\n", "\(ended.text)")
    #expect(ended.errors.contains("the session is not closed"), "\(ended.errors)")
  }

  @Test func `a recorder that is killed leaves no server behind, and its session is recovered`()
    throws
  {
    let place = try Place()
    defer { place.remove() }
    let ended = try bash(
      place,
      """
      mkfifo input alive output; exec 9<>input
      "$B" record --mcp --agent t -- bash -c 'exec 7>alive; echo ready; read -r x' <&9 >output &
      exec 8<output 6<alive
      read -r word <&8
      kill -KILL $!; cat <&6; wait $! 2>/dev/null; echo $word $?
      "$B" recover > recovered; echo $?
      """)
    // The read of `alive` ends when nobody holds its other end: the server is gone.
    #expect(ended.text == "ready 137\n0\n", "\(ended.errors)")
    try verify(place)
  }

  @Test func `when nothing can be written any more nothing passes, and the server ends`() throws {
    let place = try Place()
    defer { place.remove() }
    let ended = try bash(
      place,
      """
      for i in $(seq 300); do
        printf '{"jsonrpc":"2.0","id":%d,"method":"%s"}\\n' $i $(head -c 3000 /dev/urandom | base64 -w0)
      done > up
      # Beyond this size a write fails, and not for want of space: that poisons the file.
      (ulimit -f 200; exec "$B" record --mcp --agent t -- tee got < up > out 2> words)
      test $? -eq 6 && grep -q 'File too large' words && echo failed
      cmp -n $(stat -c %s got) up got && cmp -n $(stat -c %s out) up out && echo prefix
      test $(stat -c %s got) -lt $(stat -c %s up) && echo shorter
      "$B" recover > recovered && echo recovered
      """)
    #expect(ended.text == "failed\nprefix\nshorter\nrecovered\n", "\(ended.errors)")
    try verify(place)
  }

  @Test(arguments: ["<&-", ">&- < /dev/null", "2>&- < /dev/null", "<&- >&- 2>&-"])
  func `a standard descriptor that is closed becomes no file of the store`(closed: String) throws {
    let place = try Place()
    defer { place.remove() }
    let ended = try bash(
      place,
      """
      ("$B" record --mcp --agent t -- bash -c 'echo out; echo err >&2; cat > got' \(closed)) | cat
      echo ${PIPESTATUS[0]}; cat got
      """)
    #expect(ended.text.hasSuffix("0\n"), "\(ended.text) \(ended.errors)")
    try verify(place)
  }

  @Test func `a server that cannot be started is told as a shell tells it, and recorded`() throws {
    let place = try Place()
    defer { place.remove() }
    let ended = try bash(
      place,
      "\"$B\" record --mcp --agent t -- ./nothing < /dev/null; echo $?; : > file; "
        + "\"$B\" record --mcp --agent t -- ./file < /dev/null; echo $?")
    #expect(ended.text == "127\n126\n")
    try verify(place)
  }

  @Test(.enabled(if: hasReference, "the Python package mcp is missing"))
  func `a real client and a real server talk through it`() throws {
    let place = try Place()
    defer { place.remove() }
    try """
    try:
        from mcp.server.mcpserver import MCPServer as Server
    except ImportError:
        from mcp.server.fastmcp import FastMCP as Server
    server = Server('demo')
    @server.tool()
    def add(a: int, b: int) -> int:
        'Adds two numbers.'
        return a + b
    @server.tool()
    def fail() -> str:
        'Fails.'
        raise ValueError('no')
    server.run()
    """.write(toFile: place.path("server.py"), atomically: true, encoding: .utf8)
    try """
    import asyncio, os, sys
    from mcp import ClientSession, StdioServerParameters
    from mcp.client.stdio import stdio_client
    async def main():
        server = StdioServerParameters(command=sys.argv[1], args=sys.argv[2:], env=dict(os.environ))
        async with stdio_client(server) as (reads, writes):
            async with ClientSession(reads, writes) as session:
                await session.initialize()
                print(*sorted(tool.name for tool in (await session.list_tools()).tools))
                sum = await session.call_tool('add', {'a': 40, 'b': 2})
                print(sum.content[0].text)
                await session.call_tool('fail', {})
    asyncio.run(main())
    """.write(toFile: place.path("client.py"), atomically: true, encoding: .utf8)
    let ended = try bash(
      place,
      "'\(Self.python)' client.py \"$B\" record --mcp --agent t -- '\(Self.python)' server.py")
    #expect(ended.text == "add fail\n42\n", "\(ended.errors)")
    try verify(place)
    let events = try events(place)
    let results = events.filter { $0["type"] as? String == "mcp.result" }
    #expect(results.count == 4 && results.allSatisfy { $0["caused_by"] is Int })
    #expect(results.map { $0["is_error"] as? Bool } == [false, false, false, true])
    let catalog = events.first { $0["type"] as? String == "mcp.catalog" }
    #expect((catalog?["tools"] as? [Any])?.count == 2)
    let calls = events.filter { $0["method"] as? String == "tools/call" && $0["args"] != nil }
    #expect(calls.count == 2 && calls.allSatisfy { $0["definition_digest"] is String })
  }
}
