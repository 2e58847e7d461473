internal import CPosix
internal import Glibc

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
