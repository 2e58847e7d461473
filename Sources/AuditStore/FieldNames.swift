/// The fields that the index reads, by their names in schema/events.md.
enum FieldName: UInt8 {
  case op, target, status, code, disp, sev, rows, bytes, text, args, message, json, data, data64
  case label, reason, method, host, path, verb, command, objects, name, server, direction
  case stage, namespace, database, kind, request, dest, subject, executed, policy, rule, outcome
  case enforced, approval, found, masked, object, field, detector, trace, traceparent, resource
  case part, src, session, query, events, lines
  case durationUs, causedBy, actionDigest, isError, exitCode, sqlstate, infoType, inputDigest
  case latencyUs, auditID, apiResource, subresource, direction2, detectorVersion, fromT, toT
  case bytesIn, bytesOut, confidence, tool, at, id, fingerprint

  private static let names: [(StaticString, FieldName)] = [
    ("op", .op), ("target", .target), ("status", .status), ("code", .code), ("disp", .disp),
    ("sev", .sev), ("rows", .rows), ("bytes", .bytes), ("text", .text), ("args", .args),
    ("message", .message), ("json", .json), ("data", .data), ("data64", .data64),
    ("label", .label), ("reason", .reason), ("method", .method), ("host", .host),
    ("path", .path), ("verb", .verb), ("command", .command), ("objects", .objects),
    ("name", .name), ("server", .server), ("direction", .direction), ("stage", .stage),
    ("namespace", .namespace), ("database", .database), ("kind", .kind), ("request", .request),
    ("dest", .dest), ("subject", .subject), ("executed", .executed), ("policy", .policy),
    ("rule", .rule), ("outcome", .outcome), ("enforced", .enforced), ("approval", .approval),
    ("found", .found), ("masked", .masked), ("object", .object), ("field", .field),
    ("detector", .detector), ("trace", .trace), ("traceparent", .traceparent),
    ("resource", .resource), ("part", .part), ("src", .src), ("session", .session),
    ("query", .query), ("events", .events), ("lines", .lines), ("dur_us", .durationUs),
    ("caused_by", .causedBy), ("action_digest", .actionDigest), ("is_error", .isError),
    ("exit_code", .exitCode), ("sqlstate", .sqlstate), ("info_type", .infoType),
    ("input_digest", .inputDigest), ("latency_us", .latencyUs), ("audit_id", .auditID),
    ("api_resource", .apiResource), ("subresource", .subresource), ("dir", .direction2),
    ("detector_version", .detectorVersion), ("from_t", .fromT), ("to_t", .toT),
    ("bytes_in", .bytesIn), ("bytes_out", .bytesOut), ("confidence", .confidence),
    ("tool", .tool), ("at", .at), ("id", .id), ("fingerprint", .fingerprint),
  ]

  static let table = NameTable(names.map(\.0))

  static func find(_ line: Span<UInt8>, _ name: Range<Int>, _ table: borrowing NameTable)
    -> FieldName?
  {
    table.find(line, name).map { names[$0].1 }
  }
}

/// Finds known names in a line by a hash of their length and three letters; a match is compared in full.
struct NameTable: Sendable {
  private let names: [StaticString]
  private var slots: [Int16]
  private let mask: Int

  init(_ names: [StaticString]) {
    self.names = names
    var size = 256
    while size < names.count * 8 { size *= 2 }
    mask = size - 1
    slots = [Int16](repeating: -1, count: size)
    for (index, name) in names.enumerated() {
      var place = name.withUTF8Buffer { bytes in
        let last = bytes.count - 1
        return unsafe Self.slot(bytes.count, bytes[0], bytes[bytes.count / 2], bytes[last])
      }
      place &= mask
      while slots[place] >= 0 { place = (place + 1) & mask }
      slots[place] = Int16(index)
    }
  }

  private static func slot(_ count: Int, _ first: UInt8, _ middle: UInt8, _ last: UInt8) -> Int {
    (count &* 131 &+ Int(first) &* 31 &+ Int(middle) &* 17 &+ Int(last) &* 7)
  }

  /// The name's place in the list that the table was made from.
  func find(_ line: Span<UInt8>, _ name: Range<Int>) -> Int? {
    guard !name.isEmpty, name.count <= 32 else { return nil }
    var place =
      Self.slot(
        name.count, line[name.lowerBound], line[name.lowerBound + name.count / 2],
        line[name.upperBound - 1]) & mask
    while slots[place] >= 0 {
      let index = Int(slots[place])
      if FieldScanner.equals(line, name, names[index]) { return index }
      place = (place + 1) & mask
    }
    return nil
  }
}
