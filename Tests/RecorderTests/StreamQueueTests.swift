import SessionLog
import TestSupport
import Testing

@testable import Recorder

/// Events on their way, when the session that they were for is over and another goes on.
struct StreamQueueTests {
  /// A queue with two events that open the session, and what it was told of lines while it was filled.
  private struct Filled {
    var queue = StreamQueue()

    init() throws {
      try add("open", 1)
      try add("open", 2)
      queue.keepAsOpening()
    }

    /// Returns the number of the event's line, as whoever refers to it is told.
    @discardableResult mutating func add(
      _ type: StaticString, _ x: Int, causedBy line: UInt64? = nil
    )
      throws -> UInt64
    {
      var builder = LineBuilder(time: 0, type: type)
      builder.add("x", Int64(x))
      if let line { builder.add("caused_by", Int64(line)) }
      let number = queue.nextLine
      queue.append(builder.finish())
      return number
    }

    /// Sends all, and tells what: type, number and value, and what it refers to.
    mutating func send() throws -> [String] {
      var told: [String] = []
      while let line = queue.next() {
        queue.noteSent()
        let json = try JSONValue(parsing: Array(line.dropLast()))
        let cause =
          json["caused_by"].map { " <- \($0.integer.map { "\($0)" } ?? $0.string ?? "?")" } ?? ""
        told.append(
          "\(json["n"]?.integer ?? 0) \(json["type"]?.string ?? "")\(json["x"]?.integer ?? 0)"
            + cause)
      }
      return told
    }
  }

  @Test func `what opens a session opens each that goes on from it, and references stay right`()
    throws
  {
    var filled = try Filled()
    let call = try filled.add("call", 1)
    let other = try filled.add("call", 2)
    #expect(call == 4)
    #expect(try filled.send() == ["1 open1", "2 open2", "3 call1", "4 call2"])
    filled.queue.acknowledge(3)
    let (first, second) = (TestStore.id(1), TestStore.id(2))
    filled.queue.renumber(from: first)
    #expect(filled.queue.settled == 3 && filled.queue.newest == 4 && filled.queue.isWaiting)
    try filled.add("result", 1, causedBy: call)
    try filled.add("result", 2, causedBy: other)
    // Events are numbered from 1 after lines 0 and 1.
    #expect(
      try filled.send() == [
        "1 open1", "2 open2", "3 call2", "4 result1 <- \(first.text)@4", "5 result2 <- 4",
      ])
    // A second time, half of what opens the session acknowledged, then a third, all but the last event.
    filled.queue.acknowledge(1)
    #expect(filled.queue.settled == 3)
    filled.queue.renumber(from: second)
    #expect(
      try filled.send() == [
        "1 open1", "2 open2", "3 call2", "4 result1 <- \(first.text)@4", "5 result2 <- 4",
      ])
    filled.queue.acknowledge(4)
    #expect(filled.queue.settled == 5)
    filled.queue.renumber(from: TestStore.id(3))
    #expect(try filled.send() == ["1 open1", "2 open2", "3 result2 <- \(TestStore.id(3).text)@4"])
    filled.queue.acknowledge(3)
    #expect(filled.queue.settled == filled.queue.newest && !filled.queue.isWaiting)
    #expect(filled.queue.bytes == 0)
  }

  @Test func `a session that is over before it had what opens it repeats nothing`() throws {
    var filled = try Filled()
    try filled.add("call", 1)
    filled.queue.acknowledge(1)
    filled.queue.renumber(from: TestStore.id(1))
    #expect(try filled.send() == ["1 open1", "2 open2", "3 call1"])
    #expect(filled.queue.newest == 3)
    filled.queue.acknowledge(2)
    filled.queue.rewind()
    #expect(try filled.send() == ["3 call1"])
    filled.queue.acknowledge(3)
    #expect(filled.queue.settled == 3 && filled.queue.bytes == 0)
  }
}
