internal import Glibc

/// A thread's second stack, on which signal handlers run that ask for it (`SA_ONSTACK`).
///
/// Each thread has its own or none. Wraps `sigaltstack`.
enum HandlerStack {
  /// Enough for what the kernel saves of the widest registers, and for handlers that only write.
  private static let bytes = 64 << 10
  nonisolated(unsafe) private static var isMade = false

  /// Gives the calling thread one for as long as the program runs; the second call does nothing.
  static func make() {
    guard unsafe !isMade else { return }
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 16)
    unsafe isMade = use(memory)
  }

  /// Calls `body` on a thread that has one meanwhile.
  static func lend(_ body: () -> Void) {
    let memory = UnsafeMutableRawPointer.allocate(byteCount: bytes, alignment: 16)
    let isUsed = unsafe use(memory)
    body()
    if isUsed {
      var none = unsafe stack_t()
      unsafe none.ss_flags = Int32(SS_DISABLE)
      unsafe _ = sigaltstack(&none, nil)
    }
    unsafe memory.deallocate()
  }

  private static func use(_ memory: UnsafeMutableRawPointer) -> Bool {
    var stack = unsafe stack_t()
    unsafe stack.ss_sp = memory
    unsafe stack.ss_size = bytes
    return unsafe sigaltstack(&stack, nil) == 0
  }
}
