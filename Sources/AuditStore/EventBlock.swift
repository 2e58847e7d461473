internal import SessionLog

/// A text within a block's bytes; absent where there is none.
struct Piece: Sendable, Equatable {
  var start: Int32 = 0
  var count: Int32 = -1

  static let none = Piece()
  var isNone: Bool { count < 0 }
  var range: Range<Int> { Int(start)..<Int(start) + max(0, Int(count)) }
}

/// Another event: a line of this session, or one elsewhere as `ID@SEQ`.
struct EventReference: Sendable, Equatable {
  var line: Int64 = -1
  var elsewhere = Piece.none
}

/// What the index keeps of one event line; texts stand in the block.
struct EventRow: Sendable {
  var sequence: UInt64
  /// Place in its batch.
  var line: Int32
  /// Microseconds since line 0.
  var time: UInt64
  /// The number of a known type, or -1 minus the place among the block's other names.
  var type: Int32
  var isAction = false
  /// Place among the block's resources; below zero for the session's own.
  var resource: Int32 = -1
  var op = Piece.none
  var target = Piece.none
  /// 0 unknown, 1 success, 2 failure.
  var status: Int64 = 0
  /// OCSF disposition_id and severity_id.
  var disposition: Int64 = 0
  var severity: Int64 = 1
  var code = Piece.none
  var text = Piece.none
  /// First number to try for the text, and what tells two texts of one number apart.
  var textID: Int64 = 0
  var textCheck: UInt64 = 0
  var duration: Int64?
  var rows: Int64?
  var bytes: Int64?
  var cause = EventReference()
  var digest = Piece.none
  var attributes = Piece.none

  /// True for what was refused: OCSF Blocked and Rejected.
  var isDenied: Bool { disposition == 2 || disposition == 25 }
}

/// The rows of one batch of lines, ready to be written: made on one thread, written by another.
struct EventBlock: Sendable {
  /// Number of the batch.
  var number: UInt64 = 0
  var bytes: [UInt8] = []
  var rows: [EventRow] = []
  var stretches: [Stretch] = []
  /// Names of types that are not known.
  var names: [String] = []
  var policies: [PolicyReference] = []
  var resources: [ResourceFact] = []
  var decisions: [DecisionFact] = []
  var maskings: [MaskingFact] = []
  var objects: [ObjectFact] = []
  var gaps: [GapFact] = []
  var outcomes: [OutcomeFact] = []
  /// Facts of rare kinds, as they stand in their line.
  var others: [OtherFact] = []

  func text(_ piece: Piece) -> String { String(decoding: bytes[piece.range], as: UTF8.self) }
}

struct PolicyReference: Sendable, Hashable {
  var name: String
  var version: String
  var digest: String
}

/// A resource with its scopes, which SessionStart leaves out.
struct ResourceFact: Sendable, Hashable {
  var kind: String
  var uid: String
  var environment: String?
  /// Joined by spaces.
  var scope: String?

  init?(_ json: JSONValue?) {
    guard let json, let uid = json["uid"]?.string else { return nil }
    kind = json["kind"]?.string ?? ""
    self.uid = uid
    environment = json["env"]?.string
    scope = json["scope"]?.string
    if let list = json["scope"]?.array { scope = list.compactMap(\.string).joined(separator: " ") }
  }
}

struct DecisionFact: Sendable {
  var row: Int32
  var subject = EventReference()
  /// Place among the block's policies; below zero for line 0's.
  var policy: Int32 = -1
  var rule = Piece.none
  var outcome: Outcome
  var isEnforced = true
  var reason = Piece.none
  var approval = Piece.none
  var inputDigest = Piece.none
  var latency: Int64?
  /// The action's row in this block says it already, or there is no such row.
  var isFolded = false

  enum Outcome: String, Sendable, CaseIterable { case allow, mask, hold, block, error }
}

struct MaskingFact: Sendable {
  var row: Int32
  var subject = EventReference()
  var what: StaticString
  var direction = Piece.none
  var object = Piece.none
  var field = Piece.none
  var infoType = Piece.none
  var method = Piece.none
  var found: Int64 = 0
  var masked: Int64 = 0
  var detector = Piece.none
}

struct ObjectFact: Sendable {
  var row: Int32
  var object: Piece
  var access: Piece
}

struct GapFact: Sendable {
  var row: Int32
  var reason: Piece
  var lost: Int64?
  var bytes: Int64?
  var from: Int64?
  var to: Int64?
}

/// What a result says of an action that stands in an earlier block.
struct OutcomeFact: Sendable {
  var action: Int64
  var status: Int64
  var code: Piece
  var duration: Int64?
  var rows: Int64?
  var bytes: Int64?
}

struct OtherFact: Sendable {
  var row: Int32
  var type: Int32
  var json: JSONValue
}

/// The terminal's input or output within one batch.
struct Stretch: Sendable, Equatable {
  enum Stream: String, Sendable { case input, output }

  var stream: Stream
  var batch: UInt64
  var firstLine: UInt64
  var lastLine: UInt64
  var firstTime: UInt64
  var lastTime: UInt64
  var lines: UInt64 = 0
  /// Payload bytes, decoded.
  var bytes: UInt64 = 0
}
