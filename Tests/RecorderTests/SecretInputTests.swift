import TestSupport
import Testing

@testable import Platform
@testable import Recorder

/// Which prompts make what is typed a secret, however a program draws them.
struct SecretInputTests {
  private static let raw = PseudoTerminal.LineMode(
    echoes: false, isCanonical: false, addsReturns: false)

  private func asks(_ shown: String, typed: String = "x", columns: Int = 80) -> Bool {
    var input = SecretInput(WindowSize(columns: columns, rows: 24))
    // Whatever the pieces it comes in.
    for byte in shown.utf8 { input.shown([byte]) }
    return input.reason(for: Array(typed.utf8), Self.raw) != nil
  }

  @Test(arguments: [
    "Password:", "[sudo] password for alice: ", "PASSPHRASE? ", "Enter pass phrase for key.pem:",
    // What terminfo's sgr0 is on many terminals, and other sequences with intermediate bytes.
    "\u{1B}[1mPassword:\u{1B}(B\u{1B}[m ", "Password:\u{1B}%G \u{1B}#5",
    "Password:\u{1B})0\u{1B}[0 q ",
    "\u{1B}cPassword: \u{1B}=", "\u{1B}7Password: \u{1B}>", "\u{1B}[!pPassword: ",
    "Password: \u{1B}]0;title here\u{07}", "Password: \u{1B}]0;title\u{1B}\\",
    "Password: \u{1B}P1$r0m\u{1B}\\",
    "Password: \u{1B}_Gi=1;abc\u{1B}\\", "\u{1B}kbash\u{1B}\\Password: ",
    "Password: \u{9D}0;title\u{9C}",
    "Password: \u{9B}0m", "Password: \u{90}abc\u{9C}", "\u{1B}]RPassword: ",
    "\u{1B}]P0000000Password: ",
    "\u{1B}[1\u{18}Password: ", "\u{1B}[1\u{1B}[mPassword: ",
    // Spinners, masks, remarks.
    "Password: |\u{8} \u{8}", "Password: |", "Password: \u{280B}", "Password: ***",
    "\r\u{1B}[KPassword: /\u{8}",
    "Token (hidden): ", "API key: [hidden]", "? Password \u{203A} ",
    "Password: (will not be shown) ",
    // Case, accents, other scripts.
    "CONTRASEÑA:", "Contraseña: ", "contrasen\u{303}a:", "Пароль: ", "ПАРОЛЬ:", "パスワード：", "请输入密码：",
    "Mot de passe : ", "Hasło: ", "Lösenord: ",
    // A field below its question.
    "\u{2502} Enter password:   \u{2502}\r\n\u{2502} ", "Password:\r\n",
    "lqqqq\r\n\u{1B}(0x\u{1B}(B Token: \u{1B}(0x\r\nx",
    // A clock that is drawn before the first key, with and without a way back.
    "Password: \u{1B}[24;70H12:34\u{1B}[1;11H",
    "\u{1B}[5;1HPassword: \u{1B}[24;60H\"host\" 12:34 clock",
    "Password: \u{1B}7\u{1B}[1;70H12:34\u{1B}8", "Password: \u{1B}[1;70H12:34",
    "Password: \u{1B}[24;1H\u{1B}[K[0] 0:bash*",
    "Password: \u{1B}[s\u{1B}[2;1Hbusy 50%\u{1B}[u", "Password: \u{1B}[5Bother words",
    "\u{1B}[?1049h\u{1B}[3;3HPassword: \u{1B}[10;1Hfooter",
  ])
  func `a prompt is one however it is drawn`(shown: String) {
    #expect(asks(shown))
  }

  @Test(arguments: [
    "Password: |wrong|\u{1B}[5;11H\u{1B}[K", "\u{1B}7|no|\u{1B}8\u{1B}[K", "|again|\u{1B}[5;11H",
  ])
  func `a field that is asked for again is one, though its label is not drawn anew`(script: String)
  {
    let parts = script.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
    var input = SecretInput(WindowSize(columns: 80, rows: 24))
    input.shown(
      Array("\u{1B}[2J\u{1B}[5;1HPassword: \(parts[0].hasPrefix("\u{1B}7") ? "\u{1B}7" : "")".utf8))
    #expect(input.reason(for: Array("first\r".utf8), Self.raw) != nil)
    input.shown(Array("\u{1B}[8;1H\(parts[1])\(parts[2])".utf8))
    #expect(input.reason(for: Array("x".utf8), Self.raw) != nil)
  }

  @Test func `a window that gets narrower behind a full-screen program breaks nothing`() {
    var input = SecretInput(WindowSize(columns: 80, rows: 24))
    input.shown(Array((String(repeating: "0", count: 70) + "\u{1B}[?1049h").utf8))
    input.resize(WindowSize(columns: 40, rows: 10))
    input.shown(Array("\u{1B}[?1049l\u{1B}[K\u{1B}[J\u{1B}[PPassword: ".utf8))
    #expect(input.reason(for: Array("x".utf8), Self.raw) != nil)
    // Whatever comes.
    var random = SeededGenerator(seed: 7)
    let pieces = Array("\u{1B}[]()0123456789;?hlHJKLMPX@Sabrsu78c\u{8}\r\n\t: Password".utf8)
    for round in 0..<3000 {
      input.shown((0..<40).map { _ in pieces.randomElement(using: &random) ?? 0 })
      if round % 7 == 0 {
        input.resize(
          WindowSize(
            columns: Int.random(in: 0...90, using: &random),
            rows: Int.random(in: 0...40, using: &random)))
      }
      _ = input.reason(for: [0x78, 0x0D], Self.raw)
    }
  }

  @Test func `a prompt that runs over the row's end is one`() {
    #expect(asks("Enter the password for the account at this host: ", columns: 24))
  }

  @Test(arguments: [
    "shipping: ", "name: ", "$ ", "a password is asked for here", "Password: wrong\r\n$ ",
    "Password: \r\nSorry.\r\n", "Password: \r\n# ", "Password: \r\n>>> ", "token:\r\nname: ",
    "Password: \u{1B}[2J\u{1B}[H", "Password: \r\u{1B}[Kok ",
    "Password: \u{1B}[24;1Hclock\u{1B}[1;1Hname: ",
    "Password: \u{1B}[5;1Hx\u{1B}[1;1H\u{1B}[K\u{1B}[5;2H", "\u{1B}]0;Password: \u{07}$ ",
    "\u{1B}[?1049hPassword: \u{1B}[9;1H\u{1B}[?1049l$ ",
  ])
  func `what asks for nothing leaves what is typed alone`(shown: String) {
    #expect(!asks(shown))
  }

  @Test func `a prompt stays one until Enter, key by key, whatever is drawn meanwhile`() {
    var input = SecretInput(WindowSize(columns: 80, rows: 24))
    input.shown(Array("Password: \u{1B}[24;70H12:34\u{1B}[1;11H".utf8))
    for key in "secret" {
      #expect(input.reason(for: Array(String(key).utf8), Self.raw) == .prompt)
      input.shown(Array("\u{1B}[24;70H12:35 clock".utf8))
    }
    #expect(input.reason(for: [0x0D], Self.raw) == .prompt)
    // The old prompt still stands on the screen, and is answered.
    input.shown(Array("\u{1B}[2;1Hgot\u{1B}[3;1H$ ".utf8))
    #expect(input.reason(for: Array("ls\r".utf8), Self.raw) == nil)
    input.shown(Array("\r\n\rPassword: ".utf8))
    #expect(input.reason(for: Array("again".utf8), Self.raw) == .prompt)
    #expect(input.reason(for: [0x03], Self.raw) == .prompt)
    input.shown(Array("^C\r\n$ ".utf8))
    #expect(input.reason(for: Array("ls".utf8), Self.raw) == nil)
    // Not every program takes ^C for an end.
    input.shown(Array("\r\nPassword: ".utf8))
    #expect(input.reason(for: [0x61, 0x03], Self.raw) == .prompt)
    #expect(input.reason(for: Array("b".utf8), Self.raw) == .prompt)
    #expect(input.reason(for: [0x0D], Self.raw) == .prompt)
    // In the same row once more.
    input.shown(Array("\r\u{1B}[KPassword: ".utf8))
    #expect(input.reason(for: Array("no\r".utf8), Self.raw) == .prompt)
    input.shown(Array("\r\u{1B}[KPassword: ".utf8))
    #expect(input.reason(for: Array("yes\r".utf8), Self.raw) == .prompt)
  }

  @Test func `a prompt is found again on a screen that changed its size`() {
    var input = SecretInput(WindowSize(columns: 80, rows: 24))
    input.shown(Array(String(repeating: "line\r\n", count: 40).utf8) + Array("Password: ".utf8))
    input.resize(WindowSize(columns: 40, rows: 5))
    #expect(input.reason(for: [0x61], Self.raw) == .prompt)
  }

  @Test func `no output traps or loses the next prompt`() {
    var random = SystemRandomNumberGenerator()
    let alphabet = Array(
      "\u{1B}\u{1B}\u{1B}[[[();?0123456789;;HABCDJKLMPSTXrsuhlcb@]P_\u{07}\r\n\u{8}\té字: pin".utf8)
    for round in 0..<300 {
      let size = WindowSize(columns: Int.random(in: 0...90), rows: Int.random(in: 0...30))
      var input = SecretInput(size)
      for _ in 0..<20 {
        let bytes = (0..<200).map { _ in
          round % 3 == 0 ? UInt8.random(in: 0...255) : alphabet.randomElement(using: &random) ?? 0
        }
        input.shown(bytes)
        _ = input.reason(for: [round % 2 == 0 ? 0x0D : 0x61], Self.raw)
        input.resize(WindowSize(columns: Int.random(in: 0...90), rows: Int.random(in: 0...30)))
      }
      input.resize(WindowSize(columns: 80, rows: 24))
      input.shown(Array("\u{18}\u{1B}c\r\nPassword: ".utf8))
      #expect(input.reason(for: [0x61], Self.raw) == .prompt)
    }
  }
}
