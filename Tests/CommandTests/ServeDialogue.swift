import Foundation
import Glibc
import SessionLog

/// A client that says exactly what a test wants, waits no longer than told, and never comes back by itself.
final class ServeDialogue {
  private let descriptor: Int32
  private var input: [UInt8] = []

  /// Connects as soon as somebody listens; nil if nobody does for so many seconds.
  init?(_ path: String, patience: Double, while isAlive: () -> Bool = { true }) {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) {
      $0.copyBytes(from: path.utf8.prefix($0.count - 1))
    }
    let until = Date().addingTimeInterval(patience)
    while Date() < until, isAlive() {
      let made = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
      let connected = withUnsafeBytes(of: &address) { raw in
        Glibc.connect(
          made, raw.baseAddress?.assumingMemoryBound(to: sockaddr.self), socklen_t(raw.count))
      }
      if connected == 0 {
        descriptor = made
        var wait = timeval(tv_sec: 10, tv_usec: 0)
        setsockopt(
          made, SOL_SOCKET, SO_RCVTIMEO, &wait, socklen_t(MemoryLayout<timeval>.size))
        return
      }
      close(made)
      usleep(5000)
    }
    return nil
  }

  deinit { close(descriptor) }

  func say(_ lines: String...) {
    let bytes = Array((lines.joined(separator: "\n") + "\n").utf8)
    _ = bytes.withUnsafeBytes {
      Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
    }
  }

  /// Bytes that go out at once, without waiting for room; how many were taken.
  func push(_ bytes: [UInt8]) -> Int {
    max(
      0,
      bytes.withUnsafeBytes {
        Glibc.send(
          descriptor, $0.baseAddress, $0.count,
          Int32(MSG_NOSIGNAL) | Int32(truncatingIfNeeded: MSG_DONTWAIT))
      })
  }

  /// Waits for an answer, or for room to push; true if there is an answer.
  func waits(milliseconds: Int32, forRoom: Bool) -> Bool {
    guard !input.contains(0x0A) else { return true }
    var wait = pollfd(
      fd: descriptor, events: Int16(forRoom ? POLLIN | POLLOUT : POLLIN), revents: 0)
    poll(&wait, 1, milliseconds)
    return wait.revents & Int16(POLLIN) != 0
  }

  /// The next answer; nil if the server is gone or says nothing for ten seconds.
  func hear() -> [String: Any]? {
    while true {
      if let end = input.firstIndex(of: 0x0A) {
        let line = Data(input[..<end])
        input.removeSubrange(...end)
        return (try? JSONSerialization.jsonObject(with: line)) as? [String: Any]
      }
      var chunk = [UInt8](repeating: 0, count: 65_536)
      let count = Glibc.read(descriptor, &chunk, chunk.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return nil }
      input += chunk[..<count]
    }
  }

  /// The next answer that has this member; what comes before it is passed over, an error ends the wait.
  func hear(_ member: String) -> [String: Any]? {
    while let answer = hear() {
      if answer[member] != nil { return answer }
      if answer["error"] != nil { return nil }
    }
    return nil
  }
}

extension SessionID {
  /// Sessions of who read what carry their day's midnight; no recorder's does but by the rarest chance.
  var isOfReading: Bool { milliseconds % 86_400_000 == 0 }
}
