import Testing

@testable import Text

/// Whatever goes in, nothing that acts or hides comes out.
struct InertnessTests {
  /// Each encoder with the raw scalars it may keep.
  enum Encoder: String, CaseIterable {
    case line, lines, escaped, html, attribute, csv, markdown, code, json

    func encode(_ text: String) -> String {
      switch self {
      case .line: TerminalText.line(text, limit: .max)
      case .lines: TerminalText.lines(text)
      case .escaped: TerminalText.escaped(text)
      case .html: HTMLText.text(text)
      case .attribute: HTMLText.attribute(text)
      case .csv: CSVText.cell(text)
      case .markdown: MarkdownText.text(text)
      case .code: MarkdownText.code(text)
      case .json: Self.json { $0.value(text) }
      }
    }

    func encode(_ bytes: [UInt8]) -> String? {
      switch self {
      case .line: TerminalText.line(bytes, limit: .max)
      case .lines: TerminalText.lines(bytes)
      case .escaped: TerminalText.escaped(bytes)
      case .html: HTMLText.text(bytes)
      case .json: Self.json { $0.value(json: bytes.span) }
      case .attribute, .csv, .markdown, .code: nil
      }
    }

    var allowed: Set<Unicode.Scalar> {
      switch self {
      case .lines: ["\n"]
      case .html: ["\n", "\t"]
      default: []
      }
    }

    private static func json(_ body: (inout JSONText) -> Void) -> String {
      var json = JSONText()
      body(&json)
      return json.text
    }
  }

  @Test(arguments: Encoder.allCases)
  func `no scalar of all Unicode passes that acts or hides`(encoder: Encoder) {
    for run in Samples.allScalars {
      let shown = encoder.encode(run)
      #expect(Forbidden.first(in: shown, allowing: encoder.allowed) == nil)
    }
  }

  @Test(arguments: Encoder.allCases, UInt64(1)...60)
  func `no sequence of scalars passes that acts or hides`(encoder: Encoder, seed: UInt64) {
    let text = Samples.random(seed)
    #expect(Forbidden.first(in: encoder.encode(text), allowing: encoder.allowed) == nil)
  }

  @Test(arguments: Encoder.allCases, UInt64(1)...60)
  func `no sequence of bytes passes that acts or hides`(encoder: Encoder, seed: UInt64) {
    let bytes = Samples.randomBytes(seed)
    guard let shown = encoder.encode(bytes) else {
      let text = String(decoding: bytes, as: UTF8.self)
      return #expect(Forbidden.first(in: encoder.encode(text), allowing: encoder.allowed) == nil)
    }
    #expect(Forbidden.first(in: shown, allowing: encoder.allowed) == nil)
  }

  @Test(
    .enabled(if: !HostileSamples.all.isEmpty, "hostile.jsonl is not here"),
    arguments: HostileSamples.all)
  func `a recorded attack is inert in every sink`(sample: HostileSamples.Sample) {
    #expect(!sample.bytes.isEmpty)
    let text = String(decoding: sample.bytes, as: UTF8.self)
    for encoder in Encoder.allCases {
      let shown = [encoder.encode(text), encoder.encode(sample.bytes)].compactMap(\.self)
      for shown in shown {
        #expect(Forbidden.first(in: shown, allowing: encoder.allowed) == nil, "\(encoder)")
      }
    }
    let html = HTMLText.text(sample.bytes)
    #expect(!html.contains("<") && !html.contains("\""))
  }

  @Test(arguments: UInt64(1)...40)
  func `encoding twice changes nothing on a terminal`(seed: UInt64) {
    let once = TerminalText.line(Samples.random(seed), limit: .max)
    #expect(TerminalText.line(once, limit: .max) == once)
  }

  @Test(arguments: UInt64(1)...40)
  func `text and its bytes show alike`(seed: UInt64) {
    let text = Samples.random(seed)
    #expect(TerminalText.lines(text) == TerminalText.lines(Array(text.utf8)))
    #expect(HTMLText.text(text) == HTMLText.text(Array(text.utf8)))
  }

  @Test(arguments: UInt64(1)...60)
  func `the escaped view can be read back to the very bytes`(seed: UInt64) {
    let bytes = Samples.randomBytes(seed) + Array(Samples.random(seed).utf8)
    #expect(unescaped(TerminalText.escaped(bytes)) == bytes)
  }

  private func unescaped(_ text: String) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = Array(text.unicodeScalars)[...]
    while let scalar = rest.popFirst() {
      guard scalar == "\\", let kind = rest.popFirst() else {
        bytes += Array(String(scalar).utf8)
        continue
      }
      switch kind {
      case "n": bytes.append(0x0A)
      case "r": bytes.append(0x0D)
      case "t": bytes.append(0x09)
      case "x":
        bytes.append(UInt8(String(String.UnicodeScalarView(rest.prefix(2))), radix: 16) ?? 0)
        rest = rest.dropFirst(2)
      case "u":
        let hex = rest.dropFirst().prefix { $0 != "}" }
        let value = UInt32(String(String.UnicodeScalarView(hex)), radix: 16) ?? 0
        bytes += Unicode.Scalar(value).map { Array(String($0).utf8) } ?? []
        rest = rest.dropFirst(hex.count + 2)
      default: bytes += Array(String(kind).utf8)
      }
    }
    return bytes
  }
}
