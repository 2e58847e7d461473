/// A call that waits for its result.
struct MCPCall: Sendable {
  /// Line number of the call in this session.
  var line: UInt64
  var moment: UInt64
  var method: String?
  var name: String?
}

/// The calls of both directions that have no result yet.
///
/// Calls that nobody answers (cancelled ones, say) are forgotten in favour of new ones.
struct MCPPendingCalls {
  /// Calls remembered at least, in each direction; twice as many at most.
  static let limit = 8192

  private var toServer = Waiting()
  private var toClient = Waiting()

  /// Calls without a result, those that are forgotten among them.
  var count: Int { toServer.count + toClient.count }

  /// Adds a call; true if one with the same id waited already, whose place it takes.
  mutating func add(_ call: MCPCall, _ id: [UInt8], _ direction: MCPDirection) -> Bool {
    switch direction {
    case .toServer: toServer.add(call, id)
    case .toClient: toClient.add(call, id)
    }
  }

  /// The call with that id.
  func call(_ id: [UInt8], _ direction: MCPDirection) -> MCPCall? {
    let waiting = direction == .toServer ? toServer : toClient
    return waiting.call(id) ?? Self.otherForm(id).flatMap { waiting.call($0) }
  }

  /// Takes the call with that id away, because its result is here.
  mutating func take(_ id: [UInt8], _ direction: MCPDirection) -> MCPCall? {
    let other = Self.otherForm(id)
    switch direction {
    case .toServer: return toServer.take(id) ?? other.flatMap { toServer.take($0) }
    case .toClient: return toClient.take(id) ?? other.flatMap { toClient.take($0) }
    }
  }

  /// `1` for `"1"` and the other way round: clients take one for the other where only one is there.
  private static func otherForm(_ id: [UInt8]) -> [UInt8]? {
    let text = String(decoding: id.dropFirst(), as: UTF8.self)
    guard let number = Int64(text), String(number).utf8.elementsEqual(id.dropFirst()) else {
      return nil
    }
    switch id.first {
    case 0x6E: return [0x73] + id.dropFirst()
    case 0x73: return [0x6E] + id.dropFirst()
    default: return nil
    }
  }

  /// One direction's: the older half goes when the newer is full.
  private struct Waiting {
    private var newer: [[UInt8]: MCPCall] = [:]
    private var older: [[UInt8]: MCPCall] = [:]
    private var forgotten = 0

    var count: Int { newer.count + older.count + forgotten }

    mutating func add(_ call: MCPCall, _ id: [UInt8]) -> Bool {
      let former = older.removeValue(forKey: id)
      if newer.count >= MCPPendingCalls.limit, newer[id] == nil {
        forgotten += older.count
        older = newer
        newer = [:]
      }
      return newer.updateValue(call, forKey: id) != nil || former != nil
    }

    func call(_ id: [UInt8]) -> MCPCall? { newer[id] ?? older[id] }

    mutating func take(_ id: [UInt8]) -> MCPCall? {
      newer.removeValue(forKey: id) ?? older.removeValue(forKey: id)
    }
  }
}
