/// Which store a verb works on; nothing is opened yet.
struct StoreLocation: Equatable, Sendable {
  var directory: String
  /// Where a verifier remembers what it saw; nil where nobody named a place.
  var state: String?

  init(directory: String, state: String?) { (self.directory, self.state) = (directory, state) }

  /// `--store`, else `$BLACKBOX_STORE`, else `~/.local/share/blackbox`; the state likewise, without
  /// a place of its own.
  init(_ arguments: borrowing ParsedArguments) throws(UserFailure) {
    let environment = arguments.environment
    state = arguments.value("state") ?? environment["BLACKBOX_STATE"]
    if let named = arguments.value("store") ?? environment["BLACKBOX_STORE"] {
      directory = named
    } else if let home = environment["HOME"] {
      directory = home + "/.local/share/blackbox"
    } else {
      throw UserFailure(
        .usage, "no store is named", advice: "Give --store DIR or set BLACKBOX_STORE.")
    }
  }
}
