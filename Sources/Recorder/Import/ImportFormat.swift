/// A foreign format that can become a session.
///
/// What each is read from and becomes: schema/import.md.
package enum ImportFormat: String, CaseIterable, Sendable {
  case asciicast1 = "asciicast-v1"
  case asciicast2 = "asciicast-v2"
  case asciicast3 = "asciicast-v3"
  case typescript
  case ttyrec
  case tlog
  case sudo
  case claudeCode = "claude-code"
  case codex
  case sweAgent = "swe-agent"
  case miniSWEAgent = "mini-swe-agent"
  case chat = "chat-messages"
  case openHands = "openhands"
  case gemini = "gemini-cli"
  case openCode = "opencode"
  case mcp
  /// Event lines of Blackbox itself.
  case ndjson = "blackbox-ndjson"

  /// The kind of the session that an import makes.
  package var sessionKind: String {
    switch self {
    case .asciicast1, .asciicast2, .asciicast3, .typescript, .ttyrec, .tlog, .sudo: "terminal"
    case .mcp: "mcp"
    // Unless its own first line says otherwise.
    case .ndjson: "transcript"
    default: "transcript"
    }
  }
}
