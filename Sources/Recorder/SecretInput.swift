internal import Platform

/// Decides whether what is typed is a secret: while the terminal does not show it, or after a prompt for one.
struct SecretInput {
  enum Reason: Sendable {
    case echoOff, prompt

    var text: StaticString {
      switch self {
      case .echoOff: "echo_off"
      case .prompt: "prompt"
      }
    }
  }

  private var screen: PromptScreen
  /// A prompt was answered in part: what is typed is secret up to the line's end.
  private var isAnswering = false

  init(_ size: WindowSize) { screen = PromptScreen(columns: size.columns, rows: size.rows) }

  /// Takes what the terminal shows.
  mutating func shown(_ bytes: [UInt8]) { screen.take(bytes) }

  mutating func resize(_ size: WindowSize) { screen.resize(columns: size.columns, rows: size.rows) }

  /// Why `typed` is a secret, or nil.
  ///
  /// A terminal that neither shows what is typed nor hands it over at once asks for a password. One that hands over each
  /// key is an editor's or a shell's, which shows it itself.
  mutating func reason(for typed: [UInt8], _ mode: PseudoTerminal.LineMode?) -> Reason? {
    let isSecret = isAnswering || screen.asks
    let isEnd = typed.contains { $0 == 0x0D || $0 == 0x0A }
    // To the line's end, or until it is called off: then the screen says whether it was.
    isAnswering = isSecret && !isEnd && !typed.contains { $0 == 0x03 || $0 == 0x04 }
    if isSecret, isEnd { screen.answer() }
    if let mode, mode.isCanonical, !mode.echoes { return .echoOff }
    return isSecret ? .prompt : nil
  }

  /// Without case and accents, as `PromptScreen` has them.
  private static let words = [
    "password", "passphrase", "pass phrase", "passcode", "passwd", "secret", "token", "pin", "otp",
    "verification code", "security code", "api key", "access key", "private key", "authenticator",
    "passwort", "kennwort", "mot de passe", "contrasena", "senha", "parola", "wachtwoord",
    "passord",
    "adgangskode", "losenord", "salasana", "haslo", "heslo", "jelszo", "sifre", "пароль", "密码",
    "密碼", "パスワード", "비밀번호",
  ].map { $0.unicodeScalars.map(\.value) }

  /// True for what prompts end with: `:`, `?`, `>` and their kin.
  static func isMark(_ cell: UInt32) -> Bool { cell == 0x3A || cell == 0x3E || cell == 0x3F }

  /// True for a line with a mark behind its last word; a remark in brackets and symbols may follow.
  ///
  /// So a spinner, the asterisks of a password, a box's right side and `[hidden]` leave a prompt one.
  static func mayAsk(_ line: ArraySlice<UInt32>) -> Bool {
    var end = line.endIndex
    var isMarked = false
    while end > line.startIndex {
      let cell = line[end - 1]
      if PromptScreen.isWord(cell) { return isMarked }
      end -= 1
      if isMark(cell) {
        isMarked = true
      } else if !isMarked, cell == 0x5D || cell == 0x29 {
        let open = cell == 0x5D ? UInt32(0x5B) : 0x28
        end = line[..<end].lastIndex(of: open) ?? end
      }
    }
    return false
  }

  /// True for a line like `[sudo] password for alice: `.
  static func isPrompt(_ line: [UInt32]) -> Bool {
    guard mayAsk(line[...]) else { return false }
    // The second cells of wide characters are no characters.
    let line = line.filter { $0 != 0 }
    return words.contains { word in
      guard line.count >= word.count else { return false }
      return (0...line.count - word.count).contains { start in
        guard line[start] == word[0], line[start..<start + word.count].elementsEqual(word) else {
          return false
        }
        // `pin:` is one, `shipping:` is none; Chinese puts no spaces between words.
        let isWhole = start == 0 || !PromptScreen.isWord(line[start - 1])
        return isWhole || word.count > 5 || word[0] >= 0x2E80
      }
    }
  }
}
