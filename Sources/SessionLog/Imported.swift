internal import Evidence
package import Platform

/// Where a session came from that another program recorded.
///
/// It stands in line 0 as `imported`, with `at` beside it: the source's own wall time of its first moment. What the source
/// says of itself was not witnessed by this store; the digest tells which bytes it was.
package struct Imported: Sendable, Hashable {
  /// The main file's name, without its folders; "-" for standard input.
  package var name: String
  package var format: String
  package var sha256: Digest
  package var bytes: UInt64
  /// The source was damaged, or not quite of its format: gaps and the last event say where.
  package var salvaged: Bool
  /// Microseconds since 1970.
  package var at: Int64?
  package var title: String?
  /// The machine that the source says it was recorded on.
  package var host: String?
  /// Further files of the same recording.
  package var parts: [Part] = []

  package struct Part: Sendable, Hashable {
    package var name: String
    package var sha256: Digest
    package var bytes: UInt64

    package init(name: String, sha256: Digest, bytes: UInt64) {
      self.name = name
      self.sha256 = sha256
      self.bytes = bytes
    }
  }

  package init(name: String, format: String, sha256: Digest, bytes: UInt64, salvaged: Bool) {
    self.name = name
    self.format = format
    self.sha256 = sha256
    self.bytes = bytes
    self.salvaged = salvaged
  }

  /// Reads line 0; nil where it names no source.
  init?(_ line: JSONValue) {
    guard let json = line["imported"], let format = json["format"]?.string,
      let sha256 = json["sha256"]?.string.flatMap({ Digest(hex: $0) })
    else { return nil }
    name = json["name"]?.string ?? ""
    self.format = format
    self.sha256 = sha256
    bytes = UInt64(clamping: json["bytes"]?.integer ?? 0)
    salvaged = json["salvaged"]?.bool ?? false
    title = json["title"]?.string
    host = json["host"]?.string
    at = line["at"]?.string.flatMap { WallTime.parse($0) }
    for part in json["parts"]?.array ?? [] {
      guard let digest = part["sha256"]?.string.flatMap({ Digest(hex: $0) }) else { continue }
      parts.append(
        Part(
          name: part["name"]?.string ?? "", sha256: digest,
          bytes: UInt64(clamping: part["bytes"]?.integer ?? 0)))
    }
  }

  func add(to line: inout LineBuilder) {
    if let at { line.add("at", WallTime.formatMicroseconds(at)) }
    var members: [JSONValue.Member] = [
      .init("name", .string(name)), .init("format", .string(format)),
      .init("sha256", .string(sha256.hex)), .init("bytes", .integer(Int64(clamping: bytes))),
      .init("salvaged", .bool(salvaged)),
    ]
    if let title { members.append(.init("title", .string(title))) }
    if let host { members.append(.init("host", .string(host))) }
    if !parts.isEmpty {
      members.append(
        .init(
          "parts",
          .array(
            parts.map {
              .object([
                .init("name", .string($0.name)), .init("sha256", .string($0.sha256.hex)),
                .init("bytes", .integer(Int64(clamping: $0.bytes))),
              ])
            })))
    }
    line.add("imported", .object(members))
  }
}

extension WallTime {
  /// Like `format`, with microseconds where there are any: a source's time must come back as it was.
  package static func formatMicroseconds(_ microseconds: Int64) -> String {
    let text = format(microseconds)
    let rest = microseconds % 1000
    guard rest != 0 else { return text }
    let digits = String(rest < 0 ? rest + 1000 : rest)
    return text.dropLast() + String(repeating: "0", count: 3 - digits.count) + digits + "Z"
  }
}
