internal import CPosix
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
    let wakes = lingers ? isUrgent || weight >= capacity / 4 : wasEmpty
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
  ///
  /// Having something, it waits up to `lingering` microseconds for more: a wake for each small piece of a flood costs
  /// more than the work on it. What weighs nothing is no part of a flood and is not kept waiting.
  package func receive(waiting microseconds: UInt64?, lingering: UInt64 = 0) -> [Element]? {
    unsafe pthread_mutex_lock(mutex)
    defer { unsafe pthread_mutex_unlock(mutex) }
    wait(microseconds) { elements.isEmpty }
    if lingering > 0, !elements.isEmpty {
      lingers = true
      wait(lingering) { weight < capacity / 4 && !isUrgent }
      lingers = false
    }
    if elements.isEmpty, isClosed { return nil }
    var taken: [Element] = []
    swap(&taken, &elements)
    weight = 0
    isUrgent = false
    unsafe pthread_cond_broadcast(changed)
    return taken
  }

  /// Waits while `condition` holds and the mailbox is open, at most `microseconds`; the mutex is held.
  private func wait(_ microseconds: UInt64?, while condition: () -> Bool) {
    guard let microseconds else {
      while condition(), !isClosed { unsafe pthread_cond_wait(changed, mutex) }
      return
    }
    guard microseconds > 0 else { return }
    var until = timespec()
    unsafe clock_gettime(CLOCK_MONOTONIC, &until)
    let nanoseconds = until.tv_nsec + Int(clamping: microseconds % 1_000_000) * 1000
    until.tv_sec += Int(clamping: microseconds / 1_000_000) + nanoseconds / 1_000_000_000
    until.tv_nsec = nanoseconds % 1_000_000_000
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

/// A thread of its own for work that blocks.
///
/// It has a second stack for signal handlers: where its own one runs out, a terminal that this program holds is still
/// given back (see `RawMode.restoreAfterCrash`).
@safe package struct Worker: ~Copyable {
  private let thread: pthread_t

  /// Starts `body` on a new thread; nil if the system has none to give.
  package init?(_ body: @escaping @Sendable () -> Void) {
    let box = unsafe Unmanaged.passRetained(Body(body))
    var thread = pthread_t()
    let started = unsafe pthread_create(
      &thread, nil,
      { argument in
        if let argument = unsafe argument {
          let body = unsafe Unmanaged<Body>.fromOpaque(argument).takeRetainedValue()
          HandlerStack.lend { body.run() }
        }
        return nil
      }, unsafe box.toOpaque())
    guard started == 0 else {
      unsafe box.release()
      return nil
    }
    self.thread = thread
  }

  /// Waits until the body has returned.
  package consuming func join() { pthread_join(thread, nil) }

  private final class Body: Sendable {
    let run: @Sendable () -> Void
    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }
}

/// Lets this thread rest.
package func pause(milliseconds: UInt32) { usleep(milliseconds * 1000) }

/// Gives the allocator's free memory back to the system.
///
/// Wraps `malloc_trim`.
package func releaseFreeMemory() { blackbox_release_free_memory() }
