import Platform
import Testing

/// The queue between a loop that must not wait and a thread that may.
struct MailboxTests {
  @Test func `a sender that finds room does not wait, whatever it sends`() {
    let box = Mailbox<Int>(capacity: 100)
    #expect(box.send(1, weight: 99))
    #expect(box.hasRoom)
    #expect(box.send(2, weight: 64))
    #expect(!box.hasRoom)
    #expect(box.receive(waiting: 0) == [1, 2])
    #expect(box.hasRoom)
  }

  @Test func `what weighs nothing never waits`() {
    let box = Mailbox<Int>(capacity: 100)
    #expect(box.send(1, weight: 500))
    for number in 2..<50 { #expect(box.send(number, weight: 0)) }
    #expect(box.receive(waiting: 0) == Array(1..<50))
  }

  @Test func `a full mailbox holds its sender back until something is taken`() {
    let box = Mailbox<Int>(capacity: 10)
    #expect(box.send(0, weight: 10))
    let started = Worker({
      for number in 1...200 { _ = box.send(number, weight: 10) }
      box.close()
    })
    guard let sender = started else {
      Issue.record("no thread")
      return
    }
    var all: [Int] = []
    while let some = box.receive(waiting: nil) {
      // One may be taken while another waits for its room.
      #expect(some.count <= 1)
      all += some
    }
    sender.join()
    #expect(all == Array(0...200))
  }

  @Test func `what joins the newest element is no element of its own, and counts all the same`() {
    let box = Mailbox<[Int]>(capacity: 10)
    func send(_ number: Int) -> Mailbox<[Int]>.Delivery {
      box.send(weight: 4) { newest in
        guard newest.count < 2 else { return false }
        newest.append(number)
        return true
      } else: {
        [number]
      }
    }
    #expect(send(1) == .added)
    #expect(send(2) == .joined)
    #expect(box.hasRoom)
    #expect(send(3) == .added)
    #expect(!box.hasRoom)
    #expect(box.receive(waiting: 0) == [[1, 2], [3]])
    // What was taken is out of reach.
    #expect(send(4) == .added)
    box.close()
    #expect(send(5) == .refused)
    #expect(box.receive(waiting: nil) == [[4]])
    #expect(box.receive(waiting: nil) == nil)
  }

  /// With a patience of seconds it would take them all, did nothing end it.
  @Test(arguments: [false, true])
  func `what weighs nothing is not kept waiting for a flood to go on`(comesLater: Bool) {
    let box = Mailbox<Int>(capacity: 1 << 20)
    #expect(box.send(1, weight: 1))
    if !comesLater { #expect(box.send(2, weight: 0)) }
    let started = Worker({
      guard comesLater else { return }
      pause(milliseconds: 30)
      _ = box.send(2, weight: 0)
    })
    guard let sender = started else {
      Issue.record("no thread")
      return
    }
    let clock = SystemClock()
    let before = clock.monotonic()
    #expect(box.receive(waiting: nil, lingering: 20_000_000) == [1, 2])
    #expect(clock.monotonic() - before < 10_000_000)
    sender.join()
    // And only once: what comes next may wait again.
    #expect(box.send(3, weight: 1))
    let next = clock.monotonic()
    #expect(box.receive(waiting: nil, lingering: 20_000) == [3])
    #expect(clock.monotonic() - next >= 20_000)
  }
}
