internal import Platform
internal import SessionLog

/// The tools that a server said it has, by the digest of each definition.
struct MCPCatalog {
  /// Tools remembered for comparison; those beyond are digested and listed, not compared.
  static let limit = 10_000
  /// Tools listed from one result; the result itself is recorded whole.
  static let listed = 10_000
  /// A definition longer than this is digested as it stands, without bringing it into canonical form.
  static let canonicalLimit = 1 << 20

  let server: String
  let key: DigestKey
  /// By what tells the tool's name from others.
  private var definitions: [[UInt8]: Known] = [:]
  /// How often the client was sent what nobody here could read.
  private var doubts = 0

  private struct Known {
    var digest: Digest
    /// The count of doubts at which the client asked for it and was shown it; nil if it did not ask.
    var doubts: Int?
  }

  init(server: String, key: DigestKey) {
    (self.server, self.key) = (server, key)
  }

  /// The digest of the tool's definition that the client was shown last, as far as that is certain.
  func definition(of tool: [UInt8]) -> Digest? {
    definitions[tool].flatMap { $0.doubts == doubts ? $0.digest : nil }
  }

  /// The client was sent what it may have read as other definitions: nothing is certain until they are listed again.
  mutating func doubt() { doubts += 1 }

  /// Records the tools of a `tools/list` result; `number` is the result's line.
  ///
  /// Of a result that no call asked for (`isAsked` false) nobody knows whether the client took it.
  mutating func record<Sink: EventSink & ~Copyable>(
    _ event: MCPEvent, number: UInt64, time: UInt64, isAsked: Bool, into sink: inout Sink
  ) throws(SessionLogFailure) {
    let text = event.body.text.span
    let result = MCPText.members(of: text, in: event.message.result)
    guard
      let tools = MCPText.elements(of: text, in: result["tools"], limit: Self.listed)
    else { return }
    var entries: [JSONValue] = []
    var bytes = 0
    var rest = tools.first[...]
    repeat {
      if let tool = rest.popFirst() {
        let entry = try entry(text, tool, isAsked)
        entries.append(entry.0)
        bytes += entry.bytes
      }
      guard rest.isEmpty || bytes > MCPTranscript.payload / 2 else { continue }
      var line = LineBuilder(time: time, type: "mcp.catalog")
      line.add("caused_by", Int64(clamping: number))
      line.add("server", server)
      if !isAsked { line.add("unmatched", .bool(true)) }
      if tools.count > tools.first.count {
        line.add("not_listed", Int64(clamping: tools.count - tools.first.count))
      }
      if entries.contains(where: { $0["changed"] != nil }) { line.add("changed", .bool(true)) }
      line.add("tools", .array(entries))
      try sink.append(line.finish())
      entries.removeAll()
      bytes = 0
    } while !rest.isEmpty
  }

  private mutating func entry(_ text: Span<UInt8>, _ tool: Range<Int>, _ isAsked: Bool)
    throws(SessionLogFailure) -> (JSONValue, bytes: Int)
  {
    let named = MCPText.members(of: text, in: tool)["name"]
    let name = named.flatMap { MCPText.string(text, $0) }
    let digest = try key.contentDigest(
      of: Self.canonical(text.extracting(tool)).span)
    var members: [JSONValue.Member] = []
    if let name { members.append(.init("name", .string(name))) }
    members.append(.init("definition_digest", .string(digest.hex)))
    if let id = named.flatMap({ MCPText.identity(text, $0, key) }) {
      let former = definitions[id]
      if let former, former.digest != digest {
        members.append(.init("changed", .bool(true)))
        members.append(.init("former_digest", .string(former.digest.hex)))
      }
      if isAsked {
        if former != nil || definitions.count < Self.limit {
          definitions[id] = Known(digest: digest, doubts: doubts)
        }
      } else if former?.digest != digest, former != nil || definitions.count < Self.limit {
        definitions[id] = Known(digest: digest, doubts: nil)
      }
    }
    return (.object(members), 256 + (name?.utf8.count ?? 0))
  }

  /// The definition with members in the order of their names and no white space, so that a server that only writes
  /// it otherwise has not changed it.
  static func canonical(_ definition: Span<UInt8>) -> [UInt8] {
    var bytes: [UInt8] = []
    let isWhole = !MCPText.hasLoneSurrogate(definition, 0..<definition.count)
    if isWhole, definition.count <= canonicalLimit {
      do {
        let value = try JSONValue(parsing: definition)
        JSONLine.value(sorted(value), into: &bytes)
        return bytes
      } catch {}  // Too deep for a tree, or no JSON: as it stands, then.
    }
    bytes.reserveCapacity(definition.count)
    for index in 0..<definition.count { bytes.append(definition[index]) }
    return bytes
  }

  private static func sorted(_ value: JSONValue) -> JSONValue {
    switch value {
    case .array(let values): return .array(values.map(sorted))
    case .object(let members):
      let ordered = members.enumerated().sorted { a, b in
        let (left, right) = (Array(a.element.name.utf8), Array(b.element.name.utf8))
        return left == right ? a.offset < b.offset : left.lexicographicallyPrecedes(right)
      }
      return .object(ordered.map { .init($0.element.name, sorted($0.element.value)) })
    default: return value
    }
  }
}

extension DigestKey {
  /// The keyed digest of content that stands in an event.
  func contentDigest(of bytes: Span<UInt8>) throws(SessionLogFailure) -> Digest {
    do { return try digest(of: bytes) } catch { throw SessionLogFailure(error) }
  }
}
