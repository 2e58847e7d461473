/// Something a recorded program sent that a person before the screen did not see, or saw as other
/// than it is.
package struct HiddenContent: Sendable, Equatable {
  /// What was found; the raw value is its name in data.
  package enum Kind: String, Sendable, CaseIterable {
    /// Text under SGR 8.
    case concealed
    /// Text in the colour of its background, or one that cannot be told from it.
    case sameColor = "same-color"
    /// Letters or digits drawn and gone again within one feed.
    ///
    /// Found where the text replaced was the last run of characters written to its row, and four
    /// or more of them changed; at most `Limits.overwritesExamined` texts are looked at in one
    /// feed and `Limits.overwritesReported` told of, the rest counts in `hiddenUnexamined`.
    case overwritten
    /// The clipboard set (OSC 52, 5522 and 1337), the detail decoded.
    case clipboardWrite = "clipboard-write"
    case clipboardQuery = "clipboard-query"
    case title
    /// The title asked for: an answer types it into the shell.
    case titleQuery = "title-query"
    /// A link whose text names another host than the one it leads to.
    case linkMismatch = "link-mismatch"
    /// A link that runs code or carries its own content: `javascript:`, `data:`, `vbscript:`.
    case linkScheme = "link-scheme"
    /// Embeddings, overrides and isolates of the bidirectional algorithm (CVE-2021-42574).
    case bidi
    /// Tag characters outside a flag; the detail is the ASCII text they spell.
    case tags
    /// Three or more characters without width in a row that are not marks, or nine that are.
    case zeroWidth = "zero-width"
    /// A word of Latin letters and of others that look like Latin ones (CVE-2021-42694).
    case mixedScript = "mixed-script"
    /// A question to the terminal whose answer would come as input; the detail names it.
    case query
    /// Keys, macros or glyphs defined (DECUDK, DECDMAC, DECDLD).
    case definition
    /// The text of an APC, PM or SOS string, or of a DCS string nobody knows.
    case string
    /// Text for a printer or another device (media copy).
    case mediaCopy = "media-copy"
    case notification
  }

  package var kind: Kind
  /// The cell it concerns, or where the cursor stood; counted from 0 on the screen of that moment.
  package var row: Int
  package var column: Int
  /// Of the byte that gave it away, counted from the first byte ever fed.
  package var offset: UInt64
  /// At most `Limits.hiddenScalars` scalars as the recorded program chose them: encode before use.
  package var detail: String
}

extension VirtualTerminal {
  /// What was found since the last call, in order of the stream; the list is empty afterwards.
  ///
  /// At most `Limits.hiddenContent` findings are kept, the oldest ones.
  package mutating func takeHidden() -> [HiddenContent] {
    screen.endWatches()
    return screen.hidden.take()
  }

  /// Findings that had no room, ever.
  package var hiddenDropped: UInt64 { screen.hidden.dropped }

  /// Texts written over within one feed that were not looked at, ever; see `.overwritten`.
  package var hiddenUnexamined: UInt64 { screen.hidden.unexamined }

  /// Images the program sent in a form it can be told by: sixel, kitty, iTerm2.
  ///
  /// None is decoded; each shows as a field of `▒` with the word `image` in it.
  package var imageCount: Int { screen.imageCount }
}
