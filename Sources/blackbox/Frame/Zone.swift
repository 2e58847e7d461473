internal import Platform
internal import Text

/// Whose clocks `--tz` means.
enum Zone {
  private static let limit = 256 << 10

  /// `utc`, `local` (`$TZ`, else /etc/localtime), or a name of the zone database such as
  /// Europe/Berlin.
  static func named(_ name: String, _ environment: Environment) throws(ArgumentFailure) -> ZoneRules
  {
    switch name.lowercased() {
    case "utc", "z", "gmt": return .utc
    case "local":
      if let chosen = environment["TZ"], chosen != "local" {
        return try named(chosen.hasPrefix(":") ? String(chosen.dropFirst()) : chosen, environment)
      }
      return try rules("/etc/localtime", name)
    default:
      // No path: a name must not reach outside the database.
      let isName =
        name.utf8.count <= 64 && !name.hasPrefix("/")
        && name.utf8.allSatisfy {
          (48...57).contains($0) || (65...90).contains($0 & 0xDF) || "/_+-".utf8.contains($0)
        }
      guard isName else { throw .badZone(name) }
      return try rules("/usr/share/zoneinfo/" + name, name)
    }
  }

  private static func rules(_ path: String, _ name: String) throws(ArgumentFailure) -> ZoneRules {
    let bytes: [UInt8]
    do {
      bytes = try SystemFiles.shared.readSmallFile(path, limit: limit, named: true)
    } catch {
      // A machine without /etc/localtime runs on UTC.
      if name == "local", error.isMissing { return .utc }
      throw .badZone(name)
    }
    guard let rules = ZoneRules(parsing: bytes) else { throw .badZone(name) }
    return rules
  }
}
