package import Platform

/// Why the session log could not do its work.
///
/// Damage found in evidence is not a failure: it is a `Finding`.
package struct SessionLogFailure: Error, Sendable {
  /// What kind of obstacle it is; the command line turns it into an exit code.
  package enum Kind: Sendable, Equatable {
    /// No store at that path.
    case storeMissing
    /// Made by a later version of this program.
    case newerFormat
    /// A part of the store that is never made anew is missing or unlike what it must be.
    case storeUnusable
    /// The log contradicts what was signed here before; nothing more may be signed.
    case diverged
    /// A file that must be there is not.
    case missing
    case unknownSession
    case ambiguousSession
    /// Not a Blackbox recording, or one that cannot be read at all.
    case notARecording
    /// Someone else holds the lock.
    case busy
    case permission
    case outOfSpace
    /// Any other failure of the file system or a library.
    case system
    /// The caller asked for something that the format forbids.
    case refused
  }

  package var kind: Kind
  /// What could not be done, as a sentence without its full stop.
  package var what: String
  /// The file or session concerned; empty where there is none.
  package var place: String
  package var found: String?
  package var wanted: String?
  /// What to do next.
  package var advice: String

  package init(
    _ kind: Kind, _ what: String, at place: String = "", found: String? = nil,
    wanted: String? = nil, advice: String
  ) {
    self.kind = kind
    self.what = what
    self.place = place
    self.found = found
    self.wanted = wanted
    self.advice = advice
  }

  /// Wraps a refusal of the file system.
  package init(_ failure: FileFailure) {
    what = "cannot \(failure.operation)"
    place = failure.path
    found = failure.reason
    if failure.isPermission {
      kind = .permission
      advice = "Run as the user who owns the store, or ask them for access."
    } else if failure.isOutOfSpace {
      kind = .outOfSpace
      advice = "Free space on this file system; what was acknowledged is safe."
    } else if failure.isMissing {
      kind = .missing
      advice = "Check the path."
    } else if failure.isForbiddenKind {
      kind = .notARecording
      advice = "Nothing in a store is ever a link, a directory or a device in place of a file."
    } else {
      kind = .system
      advice = "Check the path and the disk; nothing acknowledged has been lost."
    }
  }

  package init(_ failure: CryptoFailure) {
    self.init(
      .system, "libcrypto failed", found: failure.reason,
      advice: "Check that libcrypto is installed whole.")
  }

  package init(_ failure: ZstdFailure) {
    self.init(
      .system, "libzstd failed", found: failure.reason,
      advice: "Check memory and that libzstd is installed whole.")
  }
}

/// Runs file operations and turns their failures into this module's.
@inline(always)
func onDisk<R: ~Copyable>(_ body: () throws(FileFailure) -> R) throws(SessionLogFailure) -> R {
  do { return try body() } catch { throw SessionLogFailure(error) }
}

/// Makes libcrypto's values and turns its failures into this module's.
@inline(always)
func crypto<R: ~Copyable>(_ body: () throws(CryptoFailure) -> R) throws(SessionLogFailure) -> R {
  do { return try body() } catch { throw SessionLogFailure(error) }
}

/// Runs libzstd and turns its failures into this module's.
@inline(always)
func zstd<R: ~Copyable>(_ body: () throws(ZstdFailure) -> R) throws(SessionLogFailure) -> R {
  do { return try body() } catch { throw SessionLogFailure(error) }
}
