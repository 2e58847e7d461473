internal import Glibc

/// The three descriptors that a process is started with.
package enum StandardDescriptors {
  /// Fills those that are closed, so that no file of ours is ever opened under such a number and then read or written
  /// as standard input or output.
  ///
  /// Reading and writing them fails as before. To be called before anything is opened.
  package static func occupy() {
    for number in [STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO] {
      guard fcntl(number, F_GETFD) < 0 else { continue }
      // The lowest free number is taken: this one, because those below are open by now.
      _ = unsafe open("/dev/null", number == STDIN_FILENO ? O_WRONLY : O_RDONLY)
    }
  }

  /// Ends one of them for whoever is at its other end; its number goes to no other file.
  package static func leave(_ number: Int32) {
    let nowhere = unsafe open("/dev/null", O_RDWR | O_CLOEXEC)
    guard nowhere >= 0 else { return }
    _ = dup2(nowhere, number)
    close(nowhere)
  }
}
