internal import Glibc

/// A queue between two threads that pushes back: it takes more only while it holds less than a given weight.
///
/// The sender waits while it is full, the receiver while it is empty. Closing it from either side ends both waits.
/// A single sender that finds room never waits, and neither does what weighs nothing.
@safe package final class Mailbox<Element: Sendable>: @unchecked Sendable {
  // Sendable, because (1) every stored property but the handles is touched under `mutex` alone,
  // (2) the handles are made in init and destroyed in deinit, when no thread can hold a reference.
  private let mutex: UnsafeMutablePointer<pthread_mutex_t>
  private let changed: UnsafeMutablePointer<pthread_cond_t>
  private let capacity: Int
  private var elements: [Element] = []
  private var weight = 0
  private var isClosed = false
  /// The receiver has something and waits a little for more: only much more, or what weighs nothing, is worth waking it.
  private var lingers = false
  /// Something that weighs nothing is there.
  private var isUrgent = false
  /// The receiver's wait is to end, whatever is there.
  private var isWoken = false

  /// `capacity` is in the unit of `send`'s weights, bytes as a rule.
  package init(capacity: Int) {
    self.capacity = capacity
    unsafe mutex = .allocate(capacity: 1)
    unsafe changed = .allocate(capacity: 1)
    unsafe pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    unsafe pthread_condattr_init(&attributes)
    unsafe pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    unsafe pthread_cond_init(changed, &attributes)
    unsafe pthread_condattr_destroy(&attributes)
  }

  deinit {
    unsafe pthread_cond_destroy(changed)
    unsafe pthread_mutex_destroy(mutex)
    unsafe changed.deallocate()
    unsafe mutex.deallocate()
  }

  /// Adds an element, waiting for room; false if the mailbox is closed.
  package func send(_ element: Element, weight added: Int) -> Bool {
    send(weight: added, joining: { _ in false }, else: { element }) != .refused
  }

  /// What became of something sent.
  package enum Delivery: Sendable, Equatable {
    case added
    /// It is in the element before it.
    case joined
    /// The mailbox is closed.
    case refused
  }

  /// Puts something into the newest element, where that still waits and `join` takes it; else adds `make`'s, waiting for
  /// room.
  package func send(
    weight added: Int, joining join: (inout Element) -> Bool, else make: () -> Element
  ) -> Delivery {
    unsafe pthread_mutex_lock(mutex)
    while added > 0, weight >= capacity, !isClosed { unsafe pthread_cond_wait(changed, mutex) }
    guard !isClosed else {
      unsafe pthread_mutex_unlock(mutex)
      return .refused
    }
    let wasEmpty = elements.isEmpty
    let isJoined = !wasEmpty && join(&elements[elements.count - 1])
    if !isJoined { elements.append(make()) }
    weight += added
    if added == 0 { isUrgent = true }
    let wakes = lingers ? presses : wasEmpty
    // Unlocked first: whoever wakes would only go to sleep again on the mutex.
    unsafe pthread_mutex_unlock(mutex)
    if wakes { unsafe pthread_cond_broadcast(changed) }
    return isJoined ? .joined : .added
  }

  /// True if a sender would not have to wait now.
  package var hasRoom: Bool {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return weight < capacity || isClosed
  }

  /// Takes everything that is there, waiting at most `microseconds` for something; nil once closed and empty.
  package func receive(waiting microseconds: UInt64?) -> [Element]? {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    wait(until: Self.moment(after: microseconds)) { elements.isEmpty && !isWoken }
    isWoken = false
    if elements.isEmpty, isClosed { return nil }
    var taken: [Element] = []
    swap(&taken, &elements)
    weight = 0
    isUrgent = false
    unsafe pthread_cond_broadcast(changed)
    return taken
  }

  /// What a wait has come to.
  package enum News: Sendable, Equatable {
    case nothing
    /// There is something, and there may be more soon.
    case something
    /// There is much, or what may not be kept waiting.
    case pressing
    /// Somebody called `wake`.
    case call
  }

  /// Waits at most `microseconds` for something, and takes nothing.
  ///
  /// Having something, it waits up to `lingering` microseconds for more, within the same limit: a wake for each small
  /// piece of a flood costs more than the work on it. What weighs nothing is no part of a flood and is not kept waiting.
  package func wait(_ microseconds: UInt64?, lingering: UInt64) -> News {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    let limit = Self.moment(after: microseconds)
    wait(until: limit) { elements.isEmpty && !isWoken }
    if !elements.isEmpty {
      lingers = true
      wait(until: min(limit, Self.moment(after: lingering))) { !presses && !isWoken }
      lingers = false
    }
    defer { isWoken = false }
    if presses { return .pressing }
    if isWoken { return .call }
    return elements.isEmpty ? .nothing : .something
  }

  /// Ends the wait that the receiver is in, or else its next one.
  package func wake() {
    unsafe pthread_mutex_lock(mutex)
    let wasWoken = isWoken
    isWoken = true
    unsafe pthread_mutex_unlock(mutex)
    if !wasWoken { unsafe pthread_cond_broadcast(changed) }
  }

  /// Takes the oldest element, for one that does some of the receiver's work.
  ///
  /// Nil if it is the newest too, which may still grow, or if something is there that may not be kept waiting: the
  /// receiver takes that, with all before it. `weigh` says what an element has weighed in all.
  package func takeOldest(weighing weigh: (Element) -> Int) -> Element? {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    guard elements.count > 1, !isUrgent else { return nil }
    let wasFull = weight >= capacity
    let element = elements.removeFirst()
    weight -= weigh(element)
    if wasFull { unsafe pthread_cond_broadcast(changed) }
    return element
  }

  /// True if so much is there that a sender had better do something about it.
  package var isCrowded: Bool {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return weight >= capacity / 8
  }

  /// The receiver had better not wait for more; the mutex is held.
  private var presses: Bool { isUrgent || weight >= capacity / 4 }

  /// Microseconds on the monotonic clock; the end of time for nil, 0 for no wait at all.
  private static func moment(after microseconds: UInt64?) -> UInt64 {
    guard let microseconds else { return .max }
    guard microseconds > 0 else { return 0 }
    var now = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &now)
    let (moment, isBeyond) = (UInt64(now.tv_sec) * 1_000_000 + UInt64(now.tv_nsec) / 1000)
      .addingReportingOverflow(microseconds)
    return isBeyond ? .max : moment
  }

  /// Waits while `condition` holds and the mailbox is open, at most until `moment`; the mutex is held.
  private func wait(until moment: UInt64, while condition: () -> Bool) {
    guard moment < .max else {
      while condition(), !isClosed { unsafe pthread_cond_wait(changed, mutex) }
      return
    }
    guard moment > 0 else { return }
    var until = timespec(
      tv_sec: Int(clamping: moment / 1_000_000), tv_nsec: Int(moment % 1_000_000) * 1000)
    while condition(), !isClosed {
      if unsafe pthread_cond_timedwait(changed, mutex, &until) != 0 { return }
    }
  }

  /// True once it was closed from either side.
  package var isOver: Bool {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    return isClosed
  }

  /// Refuses further elements; those inside can still be received.
  package func close() {
    unsafe pthread_mutex_lock(mutex)
    isClosed = true
    unsafe pthread_cond_broadcast(changed)
    unsafe pthread_mutex_unlock(mutex)
  }
}
