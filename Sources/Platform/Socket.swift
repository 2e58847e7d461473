internal import CPosix
internal import Glibc

/// Who is at the other end of a Unix socket, as the kernel tells it.
///
/// Source: unix(7), SO_PEERCRED.
package struct PeerCredentials: Sendable, Equatable {
  package var user: UInt32
  package var process: Int32

  package init(user: UInt32, process: Int32) {
    self.user = user
    self.process = process
  }
}

/// A stream socket that waits for connections; a path is removed when this value ends.
package struct SocketListener: ~Copyable {
  /// For `poll`; owned by this value.
  package let descriptor: Int32
  private let path: String
  /// What it made at that path, so that it removes nothing else there.
  private let made: FileStatus?

  /// Listens at `path` with these permission bits; a socket that nobody listens on any more is replaced.
  ///
  /// Wraps `socket`, `bind`, `chmod` and `listen`.
  package init(_ path: String, permissions: UInt32) throws(FileFailure) {
    let made = unsafe blackbox_listen(path, permissions, 128)
    guard made >= 0 else { throw FileFailure("listen", path: path, code: -made) }
    descriptor = made
    self.path = path
    self.made = Self.status(of: path)
  }

  /// Listens on a TCP port that only this machine reaches; `port` 0 becomes one that is free.
  ///
  /// Wraps `socket`, `bind` and `listen`.
  package init(loopbackSix isSix: Bool, port: inout UInt16) throws(FileFailure) {
    let made = unsafe blackbox_listen_loopback(isSix ? 1 : 0, &port, 128)
    guard made >= 0 else {
      throw FileFailure("listen", path: "\(isSix ? "[::1]" : "127.0.0.1"):\(port)", code: -made)
    }
    descriptor = made
    path = ""
    self.made = nil
  }

  private static func status(of path: String) -> FileStatus? {
    do throws(FileFailure) { return try SystemFiles.shared.status(of: path) } catch { return nil }
  }

  deinit {
    Glibc.close(descriptor)
    // Another server may have put its own socket there since.
    guard let made, let found = Self.status(of: path), found.inode == made.inode,
      found.device == made.device
    else { return }
    unsafe _ = unlink(path)
  }

  /// The next connection, or nil if none waits.
  ///
  /// Wraps `accept4`.
  /// - Throws: the system has no descriptor to give, for one.
  package func accept() throws(FileFailure) -> Socket? {
    var user: uid_t = 0
    var process: pid_t = 0
    let made = unsafe blackbox_accept(descriptor, &user, &process)
    guard made >= 0 else {
      if [EAGAIN, EINTR, ECONNABORTED].contains(-made) { return nil }
      throw FileFailure("accept", path: path, code: -made)
    }
    return Socket(made, PeerCredentials(user: user, process: process))
  }
}

/// One connection; the socket closes with its last reference.
package final class Socket: Sendable {
  /// For `poll`; owned by this value.
  package let descriptor: Int32
  package let peer: PeerCredentials

  fileprivate init(_ descriptor: Int32, _ peer: PeerCredentials) {
    self.descriptor = descriptor
    self.peer = peer
  }

  /// Connects to a listener, which has five seconds to make room for it; reads and writes block.
  ///
  /// Wraps `connect`.
  package init(connectingTo path: String) throws(FileFailure) {
    let made = unsafe blackbox_connect(path)
    guard made >= 0 else { throw FileFailure("connect", path: path, code: -made) }
    descriptor = made
    peer = PeerCredentials(user: 0, process: 0)
  }

  deinit { Glibc.close(descriptor) }

  /// From now on reads and writes say `.later` where they would wait.
  ///
  /// Wraps `fcntl`.
  package func stopBlocking() {
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
  }

  /// Reads into `buffer` from index `start` on.
  package func read(into buffer: inout [UInt8], from start: Int = 0) -> PseudoTerminal.Transfer {
    while true {
      let count = unsafe buffer.withUnsafeMutableBufferPointer { buffer in
        let rest = unsafe UnsafeMutableBufferPointer(rebasing: buffer.dropFirst(start))
        return unsafe Glibc.read(descriptor, rest.baseAddress, rest.count)
      }
      if count > 0 { return .bytes(count) }
      if count == 0 { return .over }
      if errno == EINTR { continue }
      return errno == EAGAIN ? .later : .over
    }
  }

  /// Sends as much of `bytes` as the connection takes.
  ///
  /// Wraps `send`.
  package func write(_ bytes: Span<UInt8>) -> PseudoTerminal.Transfer {
    while true {
      let count = unsafe bytes.withUnsafeBufferPointer { buffer in
        unsafe send(descriptor, buffer.baseAddress, buffer.count, Int32(MSG_NOSIGNAL))
      }
      if count >= 0 { return .bytes(count) }
      if errno == EINTR { continue }
      return errno == EAGAIN ? .later : .over
    }
  }
}

/// Lets one thread wake another that polls.
package final class WakeSource: Sendable {
  /// Readable after `wake()`, until `rest()`.
  package let descriptor: Int32

  package init() throws(FileFailure) {
    let made = blackbox_wake_source()
    guard made >= 0 else { throw FileFailure("make", path: "event source", code: -made) }
    descriptor = made
  }

  deinit { Glibc.close(descriptor) }

  package func wake() {
    var one: UInt64 = 1
    unsafe _ = Glibc.write(descriptor, &one, 8)
  }

  package func rest() {
    var count: UInt64 = 0
    unsafe _ = Glibc.read(descriptor, &count, 8)
  }
}

/// Speaks to the service manager that started this process; silent where there is none.
///
/// Source: sd_notify(3).
package enum ServiceManager {
  /// Sends a state such as `READY=1`; `socket` is the value of `NOTIFY_SOCKET`.
  package static func notify(_ state: String, socket: String?) {
    guard let socket, !socket.isEmpty else { return }
    unsafe _ = blackbox_notify(socket, state, state.utf8.count)
  }

  /// Raises the limit of open descriptors as far as allowed; returns what it is now.
  package static func raiseDescriptorLimit() -> Int {
    Int(clamping: blackbox_raise_descriptor_limit())
  }
}

/// The user this process runs as.
package var effectiveUser: UInt32 { geteuid() }

/// The user who started this process.
package var realUser: UInt32 { getuid() }

/// Runs `body` as another user, where this process is root; its files are then that user's.
///
/// Wraps `seteuid`, for all threads.
package func asUser<R, E: Error>(_ user: UInt32, _ body: () throws(E) -> R) throws(E) -> R {
  guard user != 0, geteuid() == 0, seteuid(user) == 0 else { return try body() }
  defer { _ = seteuid(0) }
  return try body()
}
