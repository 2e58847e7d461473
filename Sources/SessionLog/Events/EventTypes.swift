/// Every type of event that schema/events.md names.
package enum EventTypes {
  package static let all: [any SessionEvent.Type] = [
    SessionStart.self,
    SessionSaltEvent.self,
    SessionEndEvent.self,
    SessionJoinEvent.self,
    SessionLeaveEvent.self,
    TerminalOutputEvent.self,
    TerminalInputEvent.self,
    TerminalResizeEvent.self,
    TerminalSignalEvent.self,
    TerminalCommandEvent.self,
    ProcessStderrEvent.self,
    SSHChannelEvent.self,
    FileTransferEvent.self,
    TunnelOpenEvent.self,
    TunnelCloseEvent.self,
    DatabaseConnectEvent.self,
    DatabaseQueryEvent.self,
    DatabaseResultEvent.self,
    HTTPRequestEvent.self,
    HTTPResponseEvent.self,
    MCPCallEvent.self,
    MCPResultEvent.self,
    MCPCatalogEvent.self,
    MCPToolApprovedEvent.self,
    MCPNotificationEvent.self,
    MCPBatchEvent.self,
    MCPMalformedEvent.self,
    KubernetesRequestEvent.self,
    AuthAttemptEvent.self,
    IdentityChangeEvent.self,
    DelegationIssuedEvent.self,
    DelegationUsedEvent.self,
    DelegationRevokedEvent.self,
    DelegationRejectedEvent.self,
    PolicyLoadEvent.self,
    PolicyActivateEvent.self,
    PolicyRollbackEvent.self,
    PolicyDeactivateEvent.self,
    PolicyDecisionEvent.self,
    ApprovalRequestEvent.self,
    ApprovalVoteEvent.self,
    ApprovalGrantedEvent.self,
    ApprovalRejectedEvent.self,
    ApprovalExpiredEvent.self,
    ApprovalRevokedEvent.self,
    ApprovalCancelledEvent.self,
    ApprovalConsumedEvent.self,
    ApprovalBreakGlassEvent.self,
    MaskingAppliedEvent.self,
    MaskingMissedEvent.self,
    MaskingErrorEvent.self,
    ResourceClassifyEvent.self,
    ResourceCanaryEvent.self,
    RecorderStartEvent.self,
    RecorderStopEvent.self,
    RecorderPauseEvent.self,
    RecorderResumeEvent.self,
    RecorderRotateEvent.self,
    RecorderSealEvent.self,
    RecorderGapEvent.self,
    RecorderConfigEvent.self,
    RecorderFailEvent.self,
    RecorderRecoveredEvent.self,
    AuditQueryEvent.self,
    AuditReplayEvent.self,
    AuditExportEvent.self,
    AuditReportEvent.self,
    AuditVerifyEvent.self,
    AuditEraseEvent.self,
    ClockSyncEvent.self,
    ClockStepEvent.self,
    MarkerNoteEvent.self,
    MarkerRiskEvent.self,
    MarkerLegalHoldEvent.self,
    MarkerReviewEvent.self,
    AgentMessageEvent.self,
    AgentThoughtEvent.self,
    AgentNoteEvent.self,
    ToolCallEvent.self,
    ToolResultEvent.self,
    AsciicastEventEvent.self,
    ImportHeaderEvent.self,
    ImportSourceEvent.self,
  ]

  /// Every object that a field may hold.
  package static let objects: [any EventObject.Type] = [
    Identity.self,
    IdentityOwner.self,
    Resource.self,
    Endpoint.self,
    GatewayIdentity.self,
    PolicyReference.self,
    ObjectAccess.self,
    ToolDefinition.self,
    TraceContext.self,
    Truncation.self,
    SourceOddity.self,
    Authentication.self,
    DelegationLink.self,
    TerminalShape.self,
    PeerProcess.self,
    TreeHead.self,
    Imported.self,
    Imported.Part.self,
  ]

  private static let byName: [String: any SessionEvent.Type] = {
    var types: [String: any SessionEvent.Type] = [:]
    for type in all { types[type.typeName] = type }
    return types
  }()

  /// The Swift type of an event type; nil where schema/events.md does not name it.
  package static func type(named name: String) -> (any SessionEvent.Type)? { byName[name] }
}

/// A line as far as this version understands it; nothing is lost or refused.
package enum DecodedEvent: Sendable {
  case event(any SessionEvent)
  /// A later part of a split event.
  case part(type: String, [JSONValue.Member])
  /// A type that schema/events.md does not name.
  case unknown(type: String, [JSONValue.Member])
  /// A known type whose fields are not as they should be.
  case unfit(EventFault, [JSONValue.Member])

  package init(_ line: EventLine) {
    var members: [JSONValue.Member]?
    do { members = try line.json().members } catch {}
    guard let members else {
      self = .unfit(EventFault(type: line.type, field: "", problem: .notJSON), [])
      return
    }
    guard let type = EventTypes.type(named: line.type) else {
      self = .unknown(type: line.type, members)
      return
    }
    do throws(EventFault) { self = .event(try type.init(members)) } catch {
      self =
        error.problem == .laterPart
        ? .part(type: line.type, members) : .unfit(error, members)
    }
  }
}
