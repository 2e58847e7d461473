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

  /// Bytes of a line that a prompt is looked for in.
  private static let tail = 160

  /// The end of what the terminal shows, without control sequences and line ends.
  private var line: [UInt8] = []
  private var context = Context.text
  /// A prompt was answered in part: what is typed is secret up to the line's end.
  private var isAnswering = false

  private enum Context { case text, escape, control, string, stringEnd }

  /// Takes what the terminal shows.
  mutating func shown(_ bytes: [UInt8]) {
    // Only the end can be a prompt.
    for byte in bytes.suffix(4 * Self.tail) {
      switch context {
      case .text:
        switch byte {
        case 0x1B: context = .escape
        case 0x0A, 0x0D: line.removeAll(keepingCapacity: true)
        case 0x20...0x7E, 0x80...0xFF: line.append(byte)
        default: break
        }
      case .escape:
        switch byte {
        case 0x5B: context = .control
        case 0x5D, 0x50, 0x5E, 0x5F, 0x58: context = .string
        default: context = .text
        }
      case .control: if (0x40...0x7E).contains(byte) { context = .text }
      case .string:
        if byte == 0x07 { context = .text }
        if byte == 0x1B { context = .stringEnd }
      case .stringEnd: context = .text
      }
    }
    if line.count > Self.tail { line.removeFirst(line.count - Self.tail) }
  }

  /// Why `typed` is a secret, or nil.
  ///
  /// A terminal that neither shows what is typed nor hands it over at once asks for a password. One that hands over each
  /// key is an editor's or a shell's, which shows it itself.
  mutating func reason(for typed: [UInt8], _ mode: PseudoTerminal.LineMode?) -> Reason? {
    if let mode, mode.isCanonical, !mode.echoes { return .echoOff }
    guard isAnswering || Self.isPrompt(line) else { return nil }
    // To the line's end, or until it is called off.
    isAnswering = !typed.contains { $0 == 0x0D || $0 == 0x0A || $0 == 0x03 || $0 == 0x04 }
    if !isAnswering { line.removeAll(keepingCapacity: true) }
    return .prompt
  }

  private static let words = [
    "password", "passphrase", "passcode", "passwort", "mot de passe", "contraseña", "senha",
    "secret", "token", "pin", "otp", "verification code", "security code", "api key", "access key",
    "private key", "authenticator",
  ].map { Array($0.utf8) }

  /// True for a line like `[sudo] password for alice: `.
  static func isPrompt(_ line: [UInt8]) -> Bool {
    var text = line[...]
    while text.last == 0x20 { text.removeLast() }
    guard let last = text.last, last == 0x3A || last == 0x3F || last == 0x3E else { return false }
    let lowered = text.map { (0x41...0x5A).contains($0) ? $0 + 0x20 : $0 }
    return words.contains { word in
      guard lowered.count >= word.count else { return false }
      return (0...lowered.count - word.count).contains { start in
        guard lowered[start..<start + word.count].elementsEqual(word) else { return false }
        // `pin:` is one, `shipping:` is none.
        let isWhole = start == 0 || !ByteSet.word.contains(lowered[start - 1])
        return isWhole || word.count > 5
      }
    }
  }
}
