import Foundation
import Testing

/// The scripts of Examples/recipes, run as their pages say.
@Suite(.enabled(if: Program.path != nil, "the program is not beside its tests"), .serialized)
struct RecipeTests {
  private static let recipes: String? = {
    var folder = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
    while folder.path != "/" {
      let recipes = folder.appendingPathComponent("Examples/recipes").path
      if FileManager.default.fileExists(atPath: recipes) { return recipes }
      folder.deleteLastPathComponent()
    }
    return nil
  }()

  private func place() throws -> Place {
    let place = try Place()
    let made = try place.run(
      try #require(Program.path), ["init", "--origin", "test.example.com/recipe"])
    try #require(made.status == 0, "\(made.errors)")
    return place
  }

  /// Runs a script with the program's place in `BLACKBOX`; `serve` listens at `socket` meanwhile.
  private func run(_ place: Place, _ script: String, served: Bool = false) throws
    -> (status: Int32, text: String, errors: String)
  {
    let service =
      served
      ? """
      "$BLACKBOX" serve -q --socket "$PWD/socket" 2> serve.log & service=$!
      for i in $(seq 100); do [ -S socket ] && break; sleep 0.05; done
      trap 'kill $service; wait $service' EXIT
      """ : ""
    return try place.run(
      "/bin/bash",
      [
        "-c",
        """
        export BLACKBOX='\(try #require(Program.path))' BLACKBOX_SOCKET="$PWD/socket"
        export R='\(try #require(Self.recipes))'
        \(service)
        \(script)
        """,
      ])
  }

  @Test func `a CI job keeps its status, its output and its name`() throws {
    let place = try Place()
    defer { place.remove() }
    let ended = try run(
      place,
      """
      export CI_JOB_NAME=build CI_COMMIT_SHA=0123abcd
      echo input | "$R/ci-job.sh" sh -c 'read -r x; echo "got $x"; echo AKIAIOSFODNN7EXAMPLE; exit 3' > log
      echo "status $?"; od -c log | head -n 1
      """)
    #expect(ended.text.contains("status 3"), "\(ended.errors)")
    // The job's log holds what the command wrote, line ends included.
    #expect(ended.text.contains(#"i   n   p   u   t  \n"#), "\(ended.text)")
    let events = try Recorded.events(place)
    #expect((events.first?["agent"] as? [String: Any])?["uid"] as? String == "build")
    #expect(events.first?["env"] as? [String: String] == ["CI_COMMIT_SHA": "0123abcd"])
    #expect(
      String(decoding: Recorded.bytes(events), as: UTF8.self).contains("[redacted:aws_access_key]"))
  }

  @Test func `a login shell records commands and sessions`() throws {
    let place = try place()
    defer { place.remove() }
    let ended = try run(
      place,
      """
      "$R/login-shell.sh" -c 'echo one; exit 5'; echo "status $?"
      echo 'echo two; exit 6' | "$R/login-shell.sh"; echo "status $?"
      """, served: true)
    #expect(ended.text.contains("status 5") && ended.text.contains("status 6"), "\(ended.errors)")
    let text = String(decoding: Recorded.bytes(try Recorded.events(place)), as: UTF8.self)
    #expect(text.contains("one") && text.contains("two"))
    #expect(try Recorded.files(place).count == 2)
  }

  @Test func `kubectl exec is recorded with its pod, here by a stand-in for kubectl`() throws {
    let place = try Place()
    defer { place.remove() }
    let ended = try run(
      place,
      """
      mkdir bin
      cat > bin/kubectl <<'K'
      #!/bin/sh
      if [ "$1" = config ]; then echo prod-cluster; exit; fi
      while [ "$1" != -- ]; do shift; done
      shift
      echo "in the pod: $*"
      K
      chmod +x bin/kubectl
      export PATH="$PWD/bin:$PATH" BLACKBOX_AGENT=deploy-bot
      "$BLACKBOX" init --origin test.example.com/recipe > /dev/null
      "$R/kubectl-exec.sh" -n shop web-5d9c -- ls /
      """)
    #expect(ended.status == 0, "\(ended.errors)")
    #expect(ended.text.contains("in the pod: ls /"))
    let start = try #require(try Recorded.events(place).first)
    let resource = start["resource"] as? [String: Any]
    #expect(resource?["kind"] as? String == "kubernetes")
    #expect(resource?["uid"] as? String == "prod-cluster/web-5d9c")
  }

  @Test func `sshd with ForceCommand records sessions and commands`() throws {
    let tools = ["/usr/sbin/sshd", "/usr/bin/ssh", "/usr/bin/ssh-keygen"]
    guard tools.allSatisfy({ FileManager.default.isExecutableFile(atPath: $0) }) else {
      print("skipped: sshd, ssh or ssh-keygen is not installed")
      return
    }
    let place = try place()
    defer { place.remove() }
    let ended = try run(
      place,
      """
      umask 077
      ssh-keygen -q -t ed25519 -N '' -f host; ssh-keygen -q -t ed25519 -N '' -f user
      port=$((20000 + $$ % 20000))
      cat > sshd_config <<C
      Port $port
      ListenAddress 127.0.0.1
      HostKey $PWD/host
      AuthorizedKeysFile $PWD/user.pub
      PidFile $PWD/sshd.pid
      StrictModes no
      UsePAM no
      PasswordAuthentication no
      PermitUserEnvironment no
      PermitRootLogin yes
      SetEnv BLACKBOX=$BLACKBOX BLACKBOX_SOCKET=$BLACKBOX_SOCKET
      ForceCommand $R/ssh-session.sh
      C
      [ $(id -u) = 0 ] && mkdir -p /run/sshd
      /usr/sbin/sshd -D -e -f "$PWD/sshd_config" 2> sshd.log & sshd=$!
      trap 'kill $sshd $service; wait' EXIT
      for i in $(seq 100); do grep -q listening sshd.log && break; sleep 0.05; done
      go() { ssh -p $port -i user -o IdentitiesOnly=yes -o StrictHostKeyChecking=no \\
        -o UserKnownHostsFile=known -o LogLevel=ERROR "$@"; }
      go 127.0.0.1 'echo by command; exit 9' < /dev/null; echo "status $?"
      printf 'tty; echo by hand; exit 8\\n' | go -tt 127.0.0.1; echo "status $?"
      """, served: true)
    let log = (try? String(contentsOfFile: place.path("sshd.log"), encoding: .utf8)) ?? ""
    #expect(ended.text.contains("status 9"), "\(ended.text) \(ended.errors) \(log)")
    #expect(ended.text.contains("status 8"), "\(ended.text) \(ended.errors) \(log)")
    let sessions = try Recorded.sessions(place)
    let text = String(decoding: sessions.flatMap { Recorded.bytes($0) }, as: UTF8.self)
    #expect(text.contains("by command") && text.contains("by hand"))
    let start = try #require(sessions.first?.first)
    #expect((start["resource"] as? [String: Any])?["kind"] as? String == "ssh")
    #expect((start["env"] as? [String: String])?["SSH_CONNECTION"]?.hasPrefix("127.0.0.1 ") == true)
  }
}
