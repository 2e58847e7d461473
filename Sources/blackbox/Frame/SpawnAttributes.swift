internal import Glibc

/// What a program that is started gets from this one beside its descriptors.
enum SpawnAttributes {
  /// Calls `body` with attributes under which no signal that this program ignores is ignored by the one it starts.
  ///
  /// Wraps `posix_spawnattr_setsigdefault`.
  static func withUsualSignals<R>(_ body: (UnsafePointer<posix_spawnattr_t>) -> R) -> R {
    var attributes = posix_spawnattr_t()
    unsafe _ = posix_spawnattr_init(&attributes)
    defer { unsafe _ = posix_spawnattr_destroy(&attributes) }
    var defaults = sigset_t()
    unsafe sigemptyset(&defaults)
    for number in Main.ignoredSignals { unsafe sigaddset(&defaults, number) }
    unsafe posix_spawnattr_setsigdefault(&attributes, &defaults)
    unsafe posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGDEF))
    return unsafe body(&attributes)
  }
}
