package import Platform

// Fields: schema/events.md.

/// Fields that every event may carry.
package struct CommonFields: Sendable, Equatable {
  /// The source's own time: RFC 3339, or in an import as the source wrote it.
  package var at: String?
  /// What led to this: a result names its request.
  package var causedBy: EventReference?
  /// Who acts, where that is not line 0's.
  package var agent: Identity?
  /// For whom, where that is not line 0's.
  package var principal: Identity?
  /// Uid of the delegation, where that is not line 0's.
  package var delegationUID: String?
  /// Who observed, where that is not line 0's.
  package var gateway: GatewayIdentity?
  /// What is reached, where that is not line 0's.
  package var resource: Resource?
  /// Where it came from, where that is not line 0's `source`.
  package var sourceEndpoint: Endpoint?
  /// Where it went.
  package var destinationEndpoint: Endpoint?
  /// Verb of the protocol, where the type's own fields do not say it.
  package var operation: String?
  /// Name of the object, never data; likewise.
  package var target: String?
  /// OCSF status_id: 0 unknown, 1 success, 2 failure.
  package var status: Int64?
  /// Native code: SQLSTATE, exit status, HTTP status.
  package var code: NativeCode?
  /// Short text on the outcome.
  package var detail: String?
  /// OCSF disposition_id.
  package var disposition: Int64?
  /// OCSF severity_id, 1 to 6; absent: 1.
  package var severity: Int64?
  /// Binds decision, approval and execution to one action, below.
  package var actionDigest: Digest?
  /// Trace that this belongs to.
  package var trace: TraceContext?
  /// The same as W3C writes it.
  package var traceparent: String?
  /// Rows or items given out.
  package var rows: Int64?
  /// Bytes of the message or content.
  package var bytes: Int64?
  /// Μs that it took.
  package var duration: Int64?
  /// Imports: the source's own line.
  package var source: String?
  /// Imports: the same in base64.
  package var source64: String?
  /// Imports: `source` was cut.
  package var sourceTruncation: Truncation?
  /// Imports: the source's own µs, where time went back.
  package var sourceTime: Int64?
  /// Number of a part, from 0: a payload that was split; later parts carry nothing but payload.
  package var part: Int64?
  /// This is the last part.
  package var isLastPart: Bool?
  /// A limit forced a cut.
  package var truncation: Truncation?
  /// What `serve --redact` replaced in this event: how many of each name.
  package var redacted: JSONValue?
  /// Fields that neither the type nor this names, kept in their order.
  package var other: [JSONValue.Member] = []

  package init() {}

  mutating func visit<Visitor: FieldVisitor>(_ visitor: inout Visitor) throws(EventFault) {
    try visitor.optional("at", &at)
    try visitor.optional("caused_by", &causedBy)
    try visitor.optional("agent", &agent)
    try visitor.optional("principal", &principal)
    try visitor.optional("delegation", &delegationUID)
    try visitor.optional("gateway", &gateway)
    try visitor.optional("resource", &resource)
    try visitor.optional("src", &sourceEndpoint)
    try visitor.optional("dst", &destinationEndpoint)
    try visitor.optional("op", &operation)
    try visitor.optional("target", &target)
    try visitor.optional("status", &status)
    try visitor.optional("code", &code)
    try visitor.optional("detail", &detail)
    try visitor.optional("disp", &disposition)
    try visitor.optional("sev", &severity)
    try visitor.optional("action_digest", &actionDigest)
    try visitor.optional("trace", &trace)
    try visitor.optional("traceparent", &traceparent)
    try visitor.optional("rows", &rows)
    try visitor.optional("bytes", &bytes)
    try visitor.optional("dur_us", &duration)
    try visitor.optional("source", &source)
    try visitor.optional("source64", &source64)
    try visitor.optional("source_truncated", &sourceTruncation)
    try visitor.optional("source_t", &sourceTime)
    try visitor.optional("part", &part)
    try visitor.optional("last", &isLastPart)
    try visitor.optional("truncated", &truncation)
    try visitor.optional("redacted", &redacted)
  }

  /// As schema/events.md lists them.
  package static var fields: [FieldDescription] {
    var blank = CommonFields()
    var describer = FieldDescriber()
    do { try blank.visit(&describer) } catch {
      // The describer never refuses.
    }
    return describer.fields
  }
}
