internal import Platform
internal import SessionLog

/// One JSON-RPC message on its way into the session: what its event says besides the message itself.
struct MCPEvent {
  let message: MCPMessage
  let body: MCPBody
  let direction: MCPDirection
  let moment: UInt64
  /// Where it stands in a batch: the batch's line, its place in it and in the text.
  let part: (line: UInt64, index: Int, range: Range<Int>)?

  init(
    _ message: MCPMessage, _ body: MCPBody, _ direction: MCPDirection, _ moment: UInt64,
    part: (line: UInt64, index: Int, range: Range<Int>)?
  ) {
    self.message = message
    self.body = body
    self.direction = direction
    self.moment = moment
    self.part = part
  }

  /// Ends the event: the message itself, or where it stands in its batch.
  func put<Sink: EventSink & ~Copyable>(
    _ line: LineBuilder, _ type: StaticString, into sink: inout Sink
  ) throws(SessionLogFailure) {
    guard let part else { return try body.put(line, type, direction, into: &sink) }
    var line = line
    line.add("batch", Int64(clamping: part.line))
    line.add("index", Int64(clamping: part.index))
    try sink.append(line.finish())
  }

  /// The id as what calls and results are matched by: `1` and `1.0` are one.
  func key(in text: Span<UInt8>, _ secret: DigestKey) -> [UInt8]? {
    guard let range = message.id else { return nil }
    switch MCPText.small(text, range) {
    case .integer(let number)?: return Array("n\(number)".utf8)
    case .number(let written)?:
      // Beyond that two integers may be one `Double`.
      guard let number = Double(written), number.magnitude <= 9_007_199_254_740_992 else {
        return Array("t\(written)".utf8)
      }
      return Array((Int64(exactly: number).map { "n\($0)" } ?? "f\(number)").utf8)
    case .null?: return Array("null".utf8)
    default:
      // Not an id that the protocol allows, or a very long one; still the same bytes come back.
      return MCPText.identity(text, range, secret) ?? MCPText.digest(text, range, secret)
    }
  }

  /// Only a reader that is not strict takes it for this.
  private var isLenient: Bool { body.isLenient || message.isFolded }

  private var size: Int { part?.range.count ?? body.text.count }

  private func addCommon(_ line: inout LineBuilder, _ text: Span<UInt8>) {
    line.add("direction", direction.text)
    if let id = message.id, id.count <= MCPText.limit {
      if isLenient {
        if let id = MCPText.small(text, id) { line.add("jsonrpc_id", id) }
      } else if isVerbatim(text, id) {
        line.add("jsonrpc_id", verbatim: text.extracting(id))
      }
    }
    if isLenient { line.add("lenient", .bool(true)) }
    if message.hasDuplicates { line.add("duplicate_members", .bool(true)) }
  }

  /// True for a value that may stand in a line as it is.
  private func isVerbatim(_ text: Span<UInt8>, _ range: Range<Int>) -> Bool {
    if body.isVerbatim { return true }
    // An id or the like is at most a string or number in any sane message; white space inside others may be a CR.
    for index in range where text[index] == 0x0D || text[index] == 0x5B || text[index] == 0x7B {
      return false
    }
    return true
  }

  // MARK: Calls

  /// Adds what a call's event says, and returns what its result will want to know.
  func describe(
    call line: inout LineBuilder, number: UInt64, server: String, key: DigestKey,
    catalog: MCPCatalog
  ) throws(SessionLogFailure) -> MCPCall {
    let text = body.text.span
    let params = MCPText.members(of: text, in: message.params)
    let named = params["name"] ?? params["uri"]
    let name = named.flatMap { MCPText.string(text, $0) }
    addCommon(&line, text)
    if !message.hasDuplicates, params.hasTwins(of: ["name", "uri", "arguments"]) {
      line.add("duplicate_members", .bool(true))
    }
    line.add("server", server)
    if let method = message.method { line.add("method", method) }
    if let name { line.add("name", name) }
    addContext(&line, text, params)
    if let state = params["requestState"] {
      line.add("state_digest", try key.contentDigest(of: text.extracting(state)).hex)
    }
    if message.method == "tools/call", direction == .toServer,
      let digest = named.flatMap({ MCPText.identity(text, $0, key) })
        .flatMap({ catalog.definition(of: $0) })
    {
      line.add("definition_digest", digest.hex)
    }
    if let arguments = params["arguments"] {
      line.add("args_digest", try key.contentDigest(of: text.extracting(arguments)).hex)
      if body.isVerbatim, part == nil {
        line.add("args", verbatim: text.extracting(arguments))
      }
    }
    line.add("bytes", Int64(clamping: size))
    return MCPCall(line: number, moment: moment, method: message.method, name: name)
  }

  /// Protocol version, client and trace: in `_meta` of each request, or once in `initialize`.
  private func addContext(
    _ line: inout LineBuilder, _ text: Span<UInt8>, _ params: [MCPScanner.Member]
  ) {
    let meta = MCPText.members(of: text, in: params["_meta"])
    let prefix = "io.modelcontextprotocol/"
    let isFirst = message.method == "initialize"
    let version = meta[prefix + "protocolVersion"] ?? (isFirst ? params["protocolVersion"] : nil)
    let client = meta[prefix + "clientInfo"] ?? (isFirst ? params["clientInfo"] : nil)
    if let version = version.flatMap({ MCPText.string(text, $0) }) {
      line.add("protocol_version", version)
    }
    if let client = client.flatMap({ MCPText.small(text, $0) }) {
      line.add("client_info", client)
    }
    if let trace = meta["traceparent"].flatMap({ MCPText.string(text, $0) }) {
      line.add("traceparent", trace)
    }
  }

  // MARK: Results

  /// Adds what a result's event says.
  func describe(result line: inout LineBuilder, of call: MCPCall?, key: DigestKey)
    throws(SessionLogFailure)
  {
    let text = body.text.span
    let result = MCPText.members(of: text, in: message.result)
    addCommon(&line, text)
    if let call {
      line.add("caused_by", Int64(clamping: call.line))
      if let method = call.method { line.add("method", method) }
      if let name = call.name { line.add("name", name) }
      line.add("dur_us", Int64(clamping: moment > call.moment ? moment - call.moment : 0))
    } else {
      line.add("unmatched", .bool(true))
    }
    let error = MCPText.members(of: text, in: message.error)
    let said = result["resultType"].flatMap { MCPText.string(text, $0) }
    line.add("result_type", message.error != nil ? "error" : said ?? "complete")
    let isError = result["isError"].flatMap { MCPText.small(text, $0)?.bool } ?? false
    line.add("is_error", .bool(message.error != nil || isError))
    if let code = error["code"].flatMap({ MCPText.small(text, $0)?.integer }) {
      line.add("code", code)
    }
    let types = contentTypes(text, result)
    if !types.isEmpty { line.add("content_types", .array(types.map { .string($0) })) }
    let meta = MCPText.members(of: text, in: result["_meta"])
    if let state = result["requestState"] {
      line.add("state_digest", try key.contentDigest(of: text.extracting(state)).hex)
    }
    if let version = result["protocolVersion"].flatMap({ MCPText.string(text, $0) }) {
      line.add("protocol_version", version)
    }
    let peer = meta["io.modelcontextprotocol/serverInfo"] ?? result["serverInfo"]
    if let info = peer.flatMap({ MCPText.small(text, $0) }) { line.add("server_info", info) }
    line.add("bytes", Int64(clamping: size))
    if let content = message.error ?? message.result {
      line.add("result_digest", try key.contentDigest(of: text.extracting(content)).hex)
    }
  }

  /// The types of a result's content blocks, each once, in order.
  private func contentTypes(_ text: Span<UInt8>, _ result: [MCPScanner.Member]) -> [String] {
    let key = result["content"] ?? result["contents"]
    var types: [String] = []
    for block in MCPText.elements(of: text, in: key, limit: 256)?.first ?? [] {
      let members = MCPText.members(of: text, in: block)
      guard
        let type = (members["type"] ?? members["mimeType"]).flatMap({ MCPText.string(text, $0) }),
        types.count < 16, !types.contains(type)
      else { continue }
      types.append(type)
    }
    return types
  }

  // MARK: Notifications

  /// Adds what a notification's event says; a cancellation names the call that it ends, by what was `sent`.
  func describe(
    notification line: inout LineBuilder, sent: MCPEvent, pending: MCPPendingCalls,
    _ key: DigestKey
  ) {
    let text = body.text.span
    addCommon(&line, text)
    if let method = message.method { line.add("method", method) }
    if message.method == "notifications/cancelled" {
      let said = sent.body.text.span
      var request = sent.message
      request.id = MCPText.members(of: said, in: request.params)["requestId"]
      let cancelled = MCPEvent(request, sent.body, direction, moment, part: part)
      if let call = cancelled.key(in: said, key).flatMap({ pending.call($0, direction) }) {
        line.add("caused_by", Int64(clamping: call.line))
      }
    }
    line.add("bytes", Int64(clamping: size))
  }
}
