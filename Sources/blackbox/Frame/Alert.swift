internal import Glibc

/// Runs a program with something on its standard input: no shell, no arguments from outside.
enum Alert {
  /// Its exit status; 128 and the signal where one ended it.
  static func run(_ program: String, input: [UInt8]) throws(UserFailure) -> Int32 {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { throw failure(program, errno) }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    var actions = unsafe posix_spawn_file_actions_t()
    unsafe _ = posix_spawn_file_actions_init(&actions)
    defer { unsafe _ = posix_spawn_file_actions_destroy(&actions) }
    unsafe _ = posix_spawn_file_actions_adddup2(&actions, ends[0], STDIN_FILENO)
    var process: pid_t = 0
    let name = unsafe strdup(program)
    defer { unsafe free(name) }
    let arguments: [UnsafeMutablePointer<CChar>?] = unsafe [name, nil]
    let code = unsafe SpawnAttributes.withUsualSignals { attributes in
      unsafe posix_spawn(&process, program, &actions, attributes, arguments, environ)
    }
    close(ends[0])
    guard code == 0 else {
      close(ends[1])
      throw failure(program, code)
    }
    // A program that reads nothing breaks the pipe, and may.
    do throws(OutputFailure) { try Descriptor.write(input, to: ends[1]) } catch {}
    close(ends[1])
    var status: Int32 = 0
    while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status & 0x7F == 0 ? status >> 8 & 0xFF : 128 + (status & 0x7F)
  }

  private static func failure(_ program: String, _ code: Int32) -> UserFailure {
    let reason = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    return UserFailure(
      .unreadable, "cannot run the program", place: program, found: reason,
      advice: "Check the path and its permissions; the findings are kept.")
  }
}
