internal import Platform
internal import Text

struct VersionVerb: Verb {
  static let description = VerbDescription(
    name: "version", group: .program,
    summary: "say which version this is, which format it writes, and what it is linked with",
    usesStore: false, outputs: OutputFormat.object,
    examples: [.init("version --json", "for a bug report")])

  init(_ arguments: ParsedArguments) {}

  func run(_ io: inout Output) throws -> ExitCode {
    let libraries = Version.libraries()
    if io.format.isForPrograms {
      try io.json { json in
        json.field("version", Version.program)
        json.field("format", Version.format)
        json.object("libraries") { json in
          for library in libraries { json.field(library.name, library.version) }
        }
      }
      return .done
    }
    try io.line("blackbox \(Version.program), session format \(Version.format)")
    for library in libraries { try io.line("  \(library.name) \(library.version)") }
    return .done
  }
}

/// What this build is.
enum Version {
  static let program = "0.1.0"
  /// The session format it writes; schema/session-format.md.
  static let format = 1

  /// The linked libraries and their own words for their versions.
  static func libraries() -> [(name: String, version: String)] {
    [("libzstd", zstdVersion), ("libcrypto", cryptoVersion)]
  }
}
