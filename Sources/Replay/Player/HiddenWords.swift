internal import Terminal

/// What a recorded program did behind the back of who looked at the screen, in words.
enum HiddenWords {
  static func text(_ kind: HiddenContent.Kind) -> String {
    switch kind {
    case .concealed: "concealed text"
    case .sameColor: "text in the colour of its background"
    case .overwritten: "text written over at once"
    case .clipboardWrite: "sets the clipboard"
    case .clipboardQuery: "asks for the clipboard"
    case .title: "sets the window's title"
    case .titleQuery: "asks for the title, which types it"
    case .linkMismatch: "link that leads elsewhere"
    case .linkScheme: "link that runs code"
    case .bidi: "reorders text"
    case .tags: "invisible tag characters"
    case .zeroWidth: "characters without width"
    case .mixedScript: "look-alike letters"
    case .query: "asks the terminal, which answers as typed"
    case .definition: "defines keys or glyphs"
    case .string: "string that is not shown"
    case .mediaCopy: "prints elsewhere"
    case .notification: "notifies the desktop"
    }
  }
}
