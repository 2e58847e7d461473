internal import Glibc

/// A file operation that the system refused.
package struct FileFailure: Error, Sendable, Equatable {
  /// What was tried, as the middle of a sentence: "open", "sync", "write".
  package var operation: String
  package var path: String
  /// The errno value.
  package var code: Int32

  package init(_ operation: String, path: String, code: Int32) {
    self.operation = operation
    self.path = path
    self.code = code
  }

  /// The system's own words for the code.
  package var reason: String {
    unsafe strerror(code).map { unsafe String(cString: $0) } ?? "error \(code)"
  }

  package var isMissing: Bool { code == ENOENT || code == ENOTDIR }
  package var alreadyExists: Bool { code == EEXIST }
  package var isPermission: Bool { code == EACCES || code == EPERM || code == EROFS }
  /// Mounted read-only.
  package var isReadOnly: Bool { code == EROFS }
  package var isInterrupted: Bool { code == EINTR }
  /// Space may return: the bytes are kept and written later (schema/session-format.md §4, Failures).
  package var isOutOfSpace: Bool { code == ENOSPC || code == EDQUOT }
  /// A symbolic link, or something else that is never followed or read.
  package var isForbiddenKind: Bool {
    code == ELOOP || code == EISDIR || code == ENXIO || code == EMLINK || code == EINVAL
  }

  // Codes that callers and stand-ins need without importing the C library.
  package static let interrupted = EINTR
  package static let noSuchFile = ENOENT
  package static let exists = EEXIST
  package static let ioError = EIO
  package static let noSpace = ENOSPC
  package static let isLink = ELOOP
  package static let notDirectory = ENOTDIR
  package static let isDirectory = EISDIR
  package static let badDescriptor = EBADF
  package static let invalid = EINVAL
  package static let wouldBlock = EAGAIN
  package static let notEmpty = ENOTEMPTY
  package static let tooManyLinks = EMLINK
  package static let brokenPipe = EPIPE
  package static let permission = EACCES
}
