internal import Evidence
package import Platform

/// Where a session came from that another program recorded.
///
/// It stands in line 0 as `imported`, with `at` beside it: the source's own wall time of its first moment. What the source
/// says of itself was not witnessed by this store; the digest tells which bytes it was.
package struct Imported: EventObject, Hashable {
  package static var objectName: String { "Imported" }

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
  package var other: [JSONValue.Member] = []

  package struct Part: EventObject, Hashable {
    package static var objectName: String { "ImportedPart" }
    package var name: String
    package var sha256: Digest
    package var bytes: UInt64
    package var other: [JSONValue.Member] = []

    package init(name: String, sha256: Digest, bytes: UInt64) {
      self.name = name
      self.sha256 = sha256
      self.bytes = bytes
    }

    package init(_: Blank) { self.init(name: "", sha256: .zero, bytes: 0) }

    package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor)
      throws(EventFault)
    {
      var name: String? = name
      try visitor.optional("name", &name)
      self.name = name ?? ""
      try visitor.required("sha256", &sha256)
      var bytes: Int64? = Int64(clamping: bytes)
      try visitor.optional("bytes", &bytes)
      self.bytes = UInt64(clamping: bytes ?? 0)
    }
  }

  package init(name: String, format: String, sha256: Digest, bytes: UInt64, salvaged: Bool) {
    self.name = name
    self.format = format
    self.sha256 = sha256
    self.bytes = bytes
    self.salvaged = salvaged
  }

  package init(_: Blank) {
    self.init(name: "", format: "", sha256: .zero, bytes: 0, salvaged: false)
  }

  package mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    var name: String? = name
    try visitor.optional("name", &name)
    self.name = name ?? ""
    try visitor.required("format", &format)
    try visitor.required("sha256", &sha256)
    var bytes: Int64? = Int64(clamping: bytes)
    try visitor.optional("bytes", &bytes)
    self.bytes = UInt64(clamping: bytes ?? 0)
    var salvaged: Bool? = salvaged
    try visitor.optional("salvaged", &salvaged)
    self.salvaged = salvaged ?? false
    try visitor.optional("title", &title)
    try visitor.optional("host", &host)
    var parts = parts.isEmpty ? nil : parts
    try visitor.optional("parts", &parts)
    self.parts = parts ?? []
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
