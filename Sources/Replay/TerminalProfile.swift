/// What the viewer's terminal can show, as its environment says.
package struct TerminalProfile: Sendable, Equatable {
  package enum Colours: Sendable, Equatable {
    case none
    /// SGR 30–37 and 90–97.
    case sixteen
    /// SGR 38;5.
    case palette
    /// SGR 38;2.
    case direct
  }

  package var colours: Colours
  /// It cannot place its cursor: text is written line by line.
  package var isDumb: Bool

  package init(colours: Colours, isDumb: Bool = false) {
    (self.colours, self.isDumb) = (colours, isDumb)
  }

  /// Reads `TERM`, `COLORTERM` and `NO_COLOR`; nil stands for a variable that is not set.
  package init(term: String?, colorTerm: String?, noColor: String?) {
    let term = term ?? "dumb"
    isDumb = term == "dumb" || term == "unknown" || term.isEmpty
    // Source: no-color.org: set, and not to nothing.
    if noColor.map({ !$0.isEmpty }) ?? false || isDumb {
      colours = .none
    } else if colorTerm == "truecolor" || colorTerm == "24bit" || term.hasSuffix("-direct")
      || ["xterm-kitty", "xterm-ghostty", "alacritty", "foot", "wezterm"].contains(term)
    {
      colours = .direct
    } else if term.hasSuffix("256color") {
      colours = .palette
    } else if term.hasPrefix("vt1") || term.hasPrefix("vt2") || term.hasSuffix("-mono")
      || term.hasSuffix("-m")
    {
      colours = .none
    } else {
      colours = .sixteen
    }
  }
}
