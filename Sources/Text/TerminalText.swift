/// Makes any text or bytes safe to print on a terminal.
///
/// The result holds no C0 or C1 control, no DEL, and nothing that is invisible or reorders its
/// neighbours; what is ordinary shows unchanged, emoji and CJK included. C0 shows as `^[`, C1 and
/// hidden scalars as `\u{9B}`, malformed UTF-8 byte by byte as `\x9b`. It is for reading: the text
/// `^[` and an escape look alike here; `escaped` is the unambiguous view. A joined emoji shows its
/// joiner, since the same joiner hides in ordinary words.
package enum TerminalText {
  /// Output scalars a line may have unless the caller says otherwise.
  package static let defaultLimit = 4096

  /// Returns one line; longer text ends in `…` at `limit` scalars.
  package static func line(_ text: String, limit: Int = defaultLimit) -> String {
    if text.utf8.count <= limit, isPrintableASCII(text) { return text }
    var sink = TerminalSink(form: .line, limit: limit)
    sink.walk(text)
    return sink.result
  }

  /// Returns one line; longer text ends in `…` at `limit` scalars.
  package static func line(_ bytes: Span<UInt8>, limit: Int = defaultLimit) -> String {
    var sink = TerminalSink(form: .line, limit: limit)
    sink.walk(bytes)
    return sink.result
  }

  /// Returns one line; longer text ends in `…` at `limit` scalars.
  package static func line(_ bytes: [UInt8], limit: Int = defaultLimit) -> String {
    line(bytes.span, limit: limit)
  }

  /// Returns the text with its line feeds kept and tabs widened to stops of eight.
  package static func lines(_ text: String, limit: Int = .max) -> String {
    var sink = TerminalSink(form: .lines, limit: limit)
    sink.walk(text)
    return sink.result
  }

  /// Returns the text with its line feeds kept and tabs widened to stops of eight.
  package static func lines(_ bytes: Span<UInt8>, limit: Int = .max) -> String {
    var sink = TerminalSink(form: .lines, limit: limit)
    sink.walk(bytes)
    return sink.result
  }

  /// Returns the text with its line feeds kept and tabs widened to stops of eight.
  package static func lines(_ bytes: [UInt8], limit: Int = .max) -> String {
    lines(bytes.span, limit: limit)
  }

  /// Returns the bytes as `\x1b[31m`, unambiguous: a backslash shows as `\\`.
  package static func escaped(_ bytes: Span<UInt8>, limit: Int = .max) -> String {
    var sink = TerminalSink(form: .escaped, limit: limit)
    sink.walk(bytes)
    return sink.result
  }

  /// Returns the bytes as `\x1b[31m`, unambiguous: a backslash shows as `\\`.
  package static func escaped(_ bytes: [UInt8], limit: Int = .max) -> String {
    escaped(bytes.span, limit: limit)
  }

  /// Returns the text as `\x1b[31m`, unambiguous: a backslash shows as `\\`.
  package static func escaped(_ text: String, limit: Int = .max) -> String {
    var sink = TerminalSink(form: .escaped, limit: limit)
    sink.walk(text)
    return sink.result
  }

  private static func isPrintableASCII(_ text: String) -> Bool {
    text.utf8.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
  }
}

private struct TerminalSink: ScalarSink {
  enum Form { case line, lines, escaped }

  let form: Form
  let limit: Int
  private var output = TextBuffer()
  private var count = 0
  private var column = 0
  private(set) var isFull = false

  init(form: Form, limit: Int) {
    self.form = form
    self.limit = max(limit, 0)
  }

  var result: String { output.text }

  mutating func put(_ scalar: Unicode.Scalar, _ verdict: ScalarVerdict) {
    switch verdict {
    case .plain where scalar == "\\" && form == .escaped: put("\\\\")
    case .plain: put(plain: scalar)
    case .control where form == .escaped: put(Escapes.named(scalar))
    case .control where form == .lines && scalar == "\n": put(plain: scalar)
    case .control where form == .lines && scalar == "\t":
      put(String(repeating: " ", count: 8 - column % 8))
    case .control: put(scalar.isASCII ? Escapes.caret(scalar) : Escapes.scalar(scalar))
    case .hidden: put(Escapes.scalar(scalar))
    }
  }

  mutating func put(malformed byte: UInt8) { put(Escapes.byte(byte)) }

  private mutating func put(plain scalar: Unicode.Scalar) {
    guard count < limit else { return stop() }
    output.append(scalar)
    count += 1
    if scalar == "\n" { column = 0 } else { column &+= DisplayWidth.of(scalar) }
  }

  /// An escape is written whole or not at all.
  private mutating func put(_ escape: String) {
    let length = escape.utf8.count
    guard length <= limit - count else { return stop() }
    output.append(escape)
    count += length
    column &+= length
  }

  private mutating func stop() {
    output.append("…" as Unicode.Scalar)
    isFull = true
  }
}
