internal import Evidence

/// One event line as read: its place, its first fields, and its bytes on request.
package struct EventLine: Sendable {
  /// Line number in the session, from 0: the event's `seq`.
  package let sequence: UInt64
  package let bytes: [UInt8]
  package let header: LineHeader

  package init?(sequence: UInt64, bytes: [UInt8]) {
    guard let header = LineHeader(bytes.span) else { return nil }
    self.sequence = sequence
    self.bytes = bytes
    self.header = header
  }

  /// Microseconds since line 0.
  package var time: UInt64 { header.time }
  package var type: String { header.typeName(in: bytes.span) }

  /// The whole line as JSON.
  package func json() throws(JSONFault) -> JSONValue { try JSONValue(parsing: bytes.span) }
}

/// The payload of `terminal.output`, `terminal.input` and other events that carry `data` or `data64`.
package enum Payload {
  /// Appends the payload's raw bytes; false if the line carries none that can be decoded.
  ///
  /// The usual shape, `data` first after the type, is decoded without parsing the rest.
  package static func append(from line: Span<UInt8>, header: LineHeader, to output: inout [UInt8])
    -> Bool
  {
    let start = output.count
    if LineHeader.starts(line, header.end, ",\"data\":\"") {
      var parser = JSONParser()
      parser.offset = header.end + 8
      do {
        try parser.unescape(line, into: &output)
        return true
      } catch {
        output.removeLast(output.count - start)
        return false
      }
    }
    do {
      let value = try JSONValue(parsing: line)
      if let text = value["data"]?.string {
        output.append(contentsOf: text.utf8)
        return true
      }
      if let text = value["data64"]?.string, let bytes = Base64.decode(text) {
        output.append(contentsOf: bytes)
        return true
      }
    } catch {}
    return false
  }
}
