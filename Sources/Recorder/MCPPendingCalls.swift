/// A call that waits for its result.
struct MCPCall: Sendable {
  /// Line number of the call in this session.
  var line: UInt64
  var moment: UInt64
  var method: String?
  var name: String?
}

/// The calls of both directions that have no result yet.
struct MCPPendingCalls {
  /// Calls kept at most; the results of those beyond stand without `caused_by`.
  static let limit = 16_384

  private var toServer: [String: MCPCall] = [:]
  private var toClient: [String: MCPCall] = [:]

  var count: Int { toServer.count + toClient.count }

  /// Adds a call; true if one with the same id waited already, whose place it takes.
  mutating func add(_ call: MCPCall, _ id: String, _ direction: MCPDirection) -> Bool {
    guard count < Self.limit else { return false }
    switch direction {
    case .toServer: return toServer.updateValue(call, forKey: id) != nil
    case .toClient: return toClient.updateValue(call, forKey: id) != nil
    }
  }

  /// The call with that id.
  func call(_ id: String, _ direction: MCPDirection) -> MCPCall? {
    direction == .toServer ? toServer[id] : toClient[id]
  }

  /// Takes the call with that id away, because its result is here.
  mutating func take(_ id: String, _ direction: MCPDirection) -> MCPCall? {
    direction == .toServer
      ? toServer.removeValue(forKey: id) : toClient.removeValue(forKey: id)
  }
}
