internal import CPosix
internal import Glibc

/// A child process whose standard input, output and error are pipes; this side holds their other ends.
///
/// Reads and writes on them do not block.
package struct PipedProcess: ~Copyable {
  package let processID: Int32
  /// The end that writes to the child's standard input; -1 once closed.
  package private(set) var input: Int32
  /// The end that reads the child's standard output; -1 once closed.
  package private(set) var output: Int32
  /// The end that reads the child's standard error; -1 once closed.
  package private(set) var errors: Int32

  /// Starts `command`, looked up in PATH, with this process's environment, as the leader of its own session.
  ///
  /// The child dies with the thread that calls this.
  package init(command: [String]) throws(SpawnFailure) {
    var arguments = unsafe command.map { unsafe strdup($0) } + [nil]
    defer {
      unsafe arguments.forEach { unsafe free($0) }
    }
    var child: pid_t = -1
    var ends: [Int32] = [-1, -1, -1]
    var step: UnsafePointer<CChar>?
    let code = unsafe blackbox_spawn_on_pipes(&arguments, &child, &ends, &step)
    guard code == 0 else {
      throw SpawnFailure(step: unsafe step.map { unsafe String(cString: $0) } ?? "", code: code)
    }
    processID = child
    (input, output, errors) = (ends[0], ends[1], ends[2])
  }

  deinit {
    for end in [input, output, errors] where end >= 0 { Glibc.close(end) }
  }

  /// The child reads the end of its standard input.
  package mutating func closeInput() {
    if input >= 0 { Glibc.close(input) }
    input = -1
  }

  /// The child can write no more to its standard output.
  package mutating func closeOutput() {
    if output >= 0 { Glibc.close(output) }
    output = -1
  }

  /// The child can write no more to its standard error.
  package mutating func closeErrors() {
    if errors >= 0 { Glibc.close(errors) }
    errors = -1
  }

  /// Sends a signal to the child's process group.
  package func signal(_ number: Int32) { ChildProcess(processID).signal(number) }

  /// How the child ended, or nil while it runs and `wait` is false.
  package func exitStatus(wait: Bool) -> ExitStatus? {
    ChildProcess(processID).exitStatus(wait: wait)
  }

  /// Writes once to any descriptor, as much as it takes.
  ///
  /// To a pipe that blocks, at most `safeWrite` bytes after a poll that said yes never wait.
  package static func write(_ descriptor: Int32, _ bytes: Span<UInt8>) -> PseudoTerminal.Transfer {
    while true {
      let count = unsafe bytes.withUnsafeBufferPointer { buffer in
        unsafe Glibc.write(descriptor, buffer.baseAddress, buffer.count)
      }
      if count >= 0 { return .bytes(count) }
      if errno == EINTR { continue }
      return errno == EAGAIN ? .later : .over
    }
  }

  /// Bytes that a pipe with room takes whole.
  ///
  /// Source: PIPE_BUF in pipe(7).
  package static let safeWrite = 4096
}

/// A child that leads its own session.
struct ChildProcess {
  let processID: Int32

  init(_ processID: Int32) { self.processID = processID }

  /// Sends a signal to the child's process group.
  func signal(_ number: Int32) {
    // The group is the child's own: it leads its session.
    if kill(-processID, number) != 0 { _ = kill(processID, number) }
  }

  /// How the child ended, or nil while it runs and `wait` is false.
  func exitStatus(wait: Bool) -> ExitStatus? {
    var status: Int32 = 0
    while true {
      let found = unsafe waitpid(processID, &status, wait ? 0 : WNOHANG)
      if found == processID {
        let number = status & 0x7F
        return number == 0 ? .exited(status >> 8 & 0xFF) : .signalled(number)
      }
      if found < 0, errno == EINTR { continue }
      return found < 0 ? .exited(255) : nil
    }
  }
}

/// Lets one thread wake another that polls.
package final class WakeUp: Sendable {
  /// Readable after `ring`.
  package let descriptor: Int32
  private let sender: Int32

  /// Wraps `pipe` and `fcntl`; nil if the system has no descriptors left.
  package init?() {
    var ends: [Int32] = [-1, -1]
    guard unsafe pipe(&ends) == 0 else { return nil }
    for end in ends {
      _ = fcntl(end, F_SETFD, FD_CLOEXEC)
      _ = fcntl(end, F_SETFL, O_NONBLOCK)
    }
    (descriptor, sender) = (ends[0], ends[1])
  }

  deinit {
    Glibc.close(descriptor)
    Glibc.close(sender)
  }

  package func ring() {
    var byte: UInt8 = 1
    // A full pipe has woken the other side already.
    unsafe _ = Glibc.write(sender, &byte, 1)
  }

  /// Takes all rings so far.
  package func clear() { while TerminalDevice.read(descriptor, limit: 64).count == 64 {} }
}
