internal import Glibc

/// Long tables on a terminal go through a pager: `$BLACKBOX_PAGER`, else `$PAGER`, else less.
///
/// What passes is already safe to show; less need only let our colours through.
enum Pager {
  /// Puts a pager behind standard output; without one that starts, nothing changes.
  static func start(_ environment: Environment) -> Pager.Running? {
    let command = environment["BLACKBOX_PAGER"] ?? environment["PAGER"] ?? "less"
    guard command != "cat" else { return nil }
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { return nil }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = unsafe posix_spawn_file_actions_t()
    guard unsafe posix_spawn_file_actions_init(&actions) == 0 else { return nil }
    defer { unsafe _ = posix_spawn_file_actions_destroy(&actions) }
    unsafe _ = posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
    // Quit if it fits one screen, let colours through, leave the text where it is.
    if environment["LESS"] == nil { unsafe _ = setenv("LESS", "FRX", 1) }
    var process: pid_t = 0
    let (shell, option, text) = unsafe (strdup("/bin/sh"), strdup("-c"), strdup(command))
    defer {
      unsafe free(shell)
      unsafe free(option)
      unsafe free(text)
    }
    let arguments: [UnsafeMutablePointer<CChar>?] = unsafe [shell, option, text, nil]
    let code = unsafe SpawnAttributes.withUsualSignals { attributes in
      unsafe posix_spawn(&process, "/bin/sh", &actions, attributes, arguments, environ)
    }
    close(ends[0])
    guard code == 0 else {
      close(ends[1])
      return nil
    }
    let old = dup(STDOUT_FILENO)
    dup2(ends[1], STDOUT_FILENO)
    close(ends[1])
    return Running(process: process, terminal: old)
  }

  struct Running {
    fileprivate let process: pid_t
    fileprivate let terminal: Int32

    /// Tells the pager that all was said, and waits until it is left; its exit status, 127 where there was none.
    func finish() -> Int32 {
      dup2(terminal, STDOUT_FILENO)
      close(terminal)
      var status: Int32 = 0
      while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
      return status & 0x7F == 0 ? status >> 8 & 0xFF : 0
    }
  }
}
