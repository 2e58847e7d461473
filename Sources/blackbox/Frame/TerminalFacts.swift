internal import Glibc

/// What is known of the terminal: its width, and whether it may be coloured.
enum TerminalFacts {
  /// Columns: `$COLUMNS`, else what the terminal says, else 80.
  static func width(_ environment: Environment, descriptor: Int32) -> Int {
    if let columns = environment["COLUMNS"].flatMap({ Int($0) }), (1...10_000).contains(columns) {
      return columns
    }
    var size = winsize()
    guard unsafe ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return 80 }
    return Int(size.ws_col)
  }

  /// `--color` first, then `NO_COLOR`, `CLICOLOR_FORCE`, `TERM=dumb`, then whether it is a terminal.
  static func colour(_ environment: Environment, flag: String?, isTerminal: Bool) -> Bool {
    switch flag {
    case "always": return true
    case "never": return false
    default: break
    }
    if environment["NO_COLOR"] != nil { return false }
    if let force = environment["CLICOLOR_FORCE"], force != "0" { return true }
    return isTerminal && environment["TERM"] != "dumb"
  }
}
