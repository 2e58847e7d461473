internal import Platform

/// The lines between one commit and the next, or behind the last one.
package struct Batch: Sendable {
  /// Line number of the first line.
  package internal(set) var firstLine: UInt64 = 0
  /// The commit that covers the batch; nil for lines behind the last commit, which nothing covers yet.
  package internal(set) var commit: CommitFrame?
  /// Bytes of the file through this batch's commit frame.
  package internal(set) var fileBytes: UInt64 = 0

  var content: [UInt8] = []
  /// Place of each line in `content`.
  var places: [Place] = []
  var withheldLeaves: [Digest] = []

  struct Place: Sendable {
    var start: UInt32
    var count: UInt32
    /// Stands for a line of which only the leaf is here; an empty line is another thing, and malformed.
    static let withheld = Place(start: .max, count: 0)
  }

  package init() {}

  package var lineCount: Int { places.count }

  /// True if line `index` of the batch is withheld: only its leaf hash is here.
  package func isWithheld(_ index: Int) -> Bool { places[index].start == .max }

  /// Calls `body` with the bytes of line `index` of the batch, without LF; empty if withheld.
  package func withLine<R, E: Error>(_ index: Int, _ body: (Span<UInt8>) throws(E) -> R)
    throws(E) -> R
  {
    let place = places[index]
    let start = place.start == .max ? 0 : Int(place.start)
    return try body(content.span.extracting(start..<start + Int(place.count)))
  }

  /// Line `index` of the batch as a value; nil if withheld or malformed.
  package func line(_ index: Int) -> EventLine? {
    guard !isWithheld(index) else { return nil }
    let bytes = withLine(index) { span in
      var bytes: [UInt8] = []
      bytes.append(span, 0..<span.count)
      return bytes
    }
    return EventLine(sequence: firstLine + UInt64(index), bytes: bytes)
  }

  mutating func reset(firstLine: UInt64) {
    self.firstLine = firstLine
    commit = nil
    fileBytes = 0
    content.removeAll(keepingCapacity: true)
    places.removeAll(keepingCapacity: true)
    withheldLeaves.removeAll(keepingCapacity: true)
  }

  /// Notes the lines of `content` from `start` on; false if it does not end in LF.
  mutating func split(from start: Int) -> Bool {
    var lineStart = start
    for index in start..<content.count where content[index] == 0x0A {
      places.append(Place(start: UInt32(lineStart), count: UInt32(index - lineStart)))
      lineStart = index + 1
    }
    return lineStart == content.count
  }
}
