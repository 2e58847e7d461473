internal import Platform
internal import Recorder

/// The values of `--redact`.
enum RedactionOption {
  /// Nil where none is given.
  static func rules(_ values: [String]) throws -> RedactionRules? {
    guard !values.isEmpty else { return nil }
    var rules: RedactionRules?
    for value in values {
      let more = try self.rules(value)
      rules = rules.map { $0.joined(with: more) } ?? more
    }
    return rules
  }

  private static func rules(_ value: String) throws -> RedactionRules {
    if value == "default" { return .builtIn }
    if let named = RedactionRules(named: value.split(separator: ",").map(String.init)) {
      return named
    }
    let bytes: [UInt8]
    do throws(FileFailure) {
      bytes = try SystemFiles.shared.readSmallFile(value, limit: 256 << 10, named: true)
    } catch {
      throw UserFailure(
        .usage, "not a set of redaction rules", place: "--redact", found: value,
        wanted:
          "default, detectors (\(RedactionRules.builtIn.names.joined(separator: ", "))) or a file",
        advice: "Reading it as a file failed: \(error.reason).")
    }
    do throws(RedactionRules.Fault) {
      return try RedactionRules(parsing: String(decoding: bytes, as: UTF8.self))
    } catch {
      throw UserFailure(
        .unreadable, "cannot use the redaction rules", place: "\(value), line \(error.line)",
        found: error.reason, wanted: "NAME = PATTERN, include NAME, or # and a comment",
        advice: "schema/redaction.md says what a pattern may hold.")
    }
  }
}
