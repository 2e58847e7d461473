internal import Glibc

/// Standard output or error could not be written.
struct OutputFailure: ReportableFailure, Equatable {
  /// The errno value.
  let code: Int32

  /// Nobody reads any more; not worth a word.
  var isReaderGone: Bool { code == EPIPE }

  var report: FailureReport {
    let reason = unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
    return FailureReport(
      isReaderGone ? .readerGone : .unreadable, "cannot write the output", found: reason)
  }
}

/// Writing to the descriptors the process was started with.
enum Descriptor {
  /// Writes all bytes, through interruptions and full pipes.
  ///
  /// Wraps `write` and `poll`.
  static func write(_ bytes: [UInt8], to descriptor: Int32) throws(OutputFailure) {
    var offset = 0
    while offset < bytes.count {
      let written = unsafe bytes.withUnsafeBufferPointer { buffer in
        let rest = unsafe UnsafeRawBufferPointer(
          rebasing: UnsafeRawBufferPointer(buffer)[offset...])
        return unsafe Glibc.write(descriptor, rest.baseAddress, rest.count)
      }
      if written >= 0 {
        offset += written
        continue
      }
      switch errno {
      case EINTR: continue
      case EAGAIN:
        var waiting = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        unsafe _ = poll(&waiting, 1, -1)
      default: throw OutputFailure(code: errno)
      }
    }
  }
}
