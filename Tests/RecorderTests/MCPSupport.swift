import Evidence
import Platform
import SessionLog
import TestSupport
import Testing

@testable import Recorder

/// Events in a list instead of a session.
struct ListSink: EventSink {
  var lines: [[UInt8]] = []
  var last: UInt64 = 0

  // Lines 0 and 1 stand before them in a session.
  var nextLine: UInt64 { UInt64(lines.count) + 2 }
  func time(of moment: UInt64) -> UInt64 { max(last, moment) }

  mutating func append(_ line: [UInt8]) throws(SessionLogFailure) {
    guard let header = LineHeader(line.span), header.time >= last else {
      throw SessionLogFailure(.refused, "a line breaks the format", advice: "")
    }
    last = header.time
    lines.append(line)
  }

  func json() throws -> [JSONValue] { try lines.map { try JSONValue(parsing: $0) } }
}

/// The bytes of both directions, as the events of a session give them back.
struct Reproduction {
  var toServer: [UInt8] = []
  var toClient: [UInt8] = []
  var errors: [UInt8] = []

  init(_ lines: [[UInt8]]) throws {
    for line in lines {
      let json = try JSONValue(parsing: line)
      guard let type = json["type"]?.string else { continue }
      var bytes: [UInt8] = []
      if json["batch"] != nil {
        continue
      } else if let value = MCPText.members(of: line.span, in: line.indices)["message"] {
        bytes = line[value] + Array((json["eol"]?.string ?? "\n").utf8)
      } else if let text = json["json"]?.string {
        bytes = Array(text.utf8)
        if json["part"] == nil || json["last"] != nil {
          bytes += Array((json["eol"]?.string ?? "\n").utf8)
        }
      } else {
        guard let header = LineHeader(line.span) else { continue }
        _ = Payload.append(from: line.span, header: header, to: &bytes)
      }
      switch (type, json["direction"]?.string) {
      case ("process.stderr", _): errors += bytes
      case (_, "to_server"): toServer += bytes
      case (_, "to_client"): toClient += bytes
      default: continue
      }
    }
  }
}

/// A transcript with its list, fed in chunks.
struct Script {
  var transcript = MCPTranscript(server: "demo", key: Script.key)
  var sink = ListSink()
  var framers = [
    MCPDirection.toServer: MCPFramer(limit: 1 << 20), .toClient: MCPFramer(limit: 1 << 20),
  ]
  var moment: UInt64 = 100

  static let key = DigestKey([UInt8](repeating: 7, count: 32))
  static func digest(_ text: String) throws -> String {
    try key.digest(of: Array(text.utf8)).hex
  }

  mutating func feed(_ bytes: [UInt8], _ direction: MCPDirection) throws {
    moment += 10
    var framer = framers[direction] ?? MCPFramer(limit: 0)
    var pieces: [MCPFramer.Piece] = []
    framer.add(bytes) { (piece: MCPFramer.Piece) throws(Never) in pieces.append(piece) }
    framers[direction] = framer
    for piece in pieces { try transcript.record(piece, direction, moment, into: &sink) }
  }

  mutating func client(_ text: String) throws { try feed(Array((text + "\n").utf8), .toServer) }
  mutating func server(_ text: String) throws { try feed(Array((text + "\n").utf8), .toClient) }

  /// Ends both directions and returns the events.
  mutating func end() throws -> [JSONValue] {
    for direction in [MCPDirection.toServer, .toClient] {
      var pieces: [MCPFramer.Piece] = []
      framers[direction]?.end { (piece: MCPFramer.Piece) throws(Never) in pieces.append(piece) }
      for piece in pieces { try transcript.record(piece, direction, moment, into: &sink) }
    }
    try transcript.flush(into: &sink)
    return try sink.json()
  }
}
