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
    #expect(box.wait(nil, lingering: 20_000_000) == .pressing)
    #expect(box.receive(waiting: 0) == [1, 2])
    #expect(clock.monotonic() - before < 10_000_000)
    sender.join()
    // And only once: what comes next may wait again.
    #expect(box.send(3, weight: 1))
    let next = clock.monotonic()
    #expect(box.wait(nil, lingering: 20_000) == .something)
    #expect(clock.monotonic() - next >= 20_000)
    // But not beyond what it may wait in all.
    let last = clock.monotonic()
    #expect(box.wait(10_000, lingering: 20_000_000) == .something)
    #expect(clock.monotonic() - last < 10_000_000)
    #expect(box.receive(waiting: 0) == [3])
  }

  @Test func `a helper takes the oldest, never the newest, and makes room for a sender that waits`()
  {
    let box = Mailbox<Int>(capacity: 100)
    #expect(box.takeOldest { _ in 60 } == nil)
    for number in 1...2 { #expect(box.send(number, weight: 60)) }
    #expect(!box.hasRoom)
    let started = Worker({ _ = box.send(3, weight: 60) })
    guard let sender = started else {
      Issue.record("no thread")
      return
    }
    #expect(box.takeOldest { _ in 60 } == 1)
    sender.join()
    #expect(box.takeOldest { _ in 60 } == 2)
    #expect(box.hasRoom)
    #expect(box.takeOldest { _ in 60 } == nil)
    #expect(box.receive(waiting: 0) == [3])
  }

  @Test func `what may not be kept waiting is the receiver's, with all before it`() {
    let box = Mailbox<Int>(capacity: 100)
    for number in 1...2 { #expect(box.send(number, weight: 1)) }
    #expect(box.send(3, weight: 0))
    #expect(box.takeOldest { _ in 1 } == nil)
    #expect(box.wait(nil, lingering: 20_000_000) == .pressing)
    #expect(box.receive(waiting: 0) == [1, 2, 3])
    for number in 4...5 { #expect(box.send(number, weight: 1)) }
    #expect(box.takeOldest { _ in 1 } == 4)
  }

  @Test func `a wait takes nothing, and says what it came to`() {
    let box = Mailbox<Int>(capacity: 80)
    #expect(box.wait(1_000, lingering: 1_000) == .nothing)
    #expect(box.send(1, weight: 1))
    #expect(box.wait(nil, lingering: 1_000) == .something)
    #expect(!box.isCrowded)
    #expect(box.send(2, weight: 9))
    #expect(box.isCrowded)
    #expect(box.wait(nil, lingering: 1_000) == .something)
    #expect(box.send(3, weight: 10))
    #expect(box.wait(nil, lingering: 20_000_000) == .pressing)
    #expect(box.receive(waiting: 0) == [1, 2, 3])
  }

  @Test(arguments: [false, true])
  func `a call ends the wait, or the next one, and only that`(comesLater: Bool) {
    let box = Mailbox<Int>(capacity: 80)
    if !comesLater { box.wake() }
    let started = Worker({
      guard comesLater else { return }
      pause(milliseconds: 30)
      box.wake()
    })
    guard let caller = started else {
      Issue.record("no thread")
      return
    }
    #expect(box.wait(nil, lingering: 0) == .call)
    caller.join()
    #expect(box.wait(1_000, lingering: 1_000) == .nothing)
    // One that takes is ended as well, with what is there.
    box.wake()
    #expect(box.receive(waiting: nil) == [])
  }
}
