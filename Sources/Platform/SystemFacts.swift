internal import CPosix
internal import Glibc

/// What the file system that a path is on is and has.
package struct FileSystemFacts: Sendable {
  /// Bytes that this user may still write.
  package var freeBytes: UInt64
  package var allBytes: UInt64
  /// `ext4`, `tmpfs`, …; the type as a number where the name is not known.
  package var name: String
  /// What a sync promises there.
  package var durability: Durability

  package enum Durability: Sendable {
    /// A disk of this machine, with a sync of the whole file system that reports errors.
    case wholeFileSystem
    /// A disk of this machine; each file is synced by itself.
    case singleFiles
    /// Nothing survives a power cut.
    case none
    /// Another machine's disk: its word has to be taken, and locks may not hold.
    case remote
    case unknown
  }

  /// Wraps `statfs`.
  package init(of path: String) throws(FileFailure) {
    var type: UInt = 0
    var (free, all): (UInt64, UInt64) = (0, 0)
    let code = unsafe blackbox_file_system_facts(path, &type, &free, &all)
    guard code == 0 else { throw FileFailure("look at the file system of", path: path, code: code) }
    freeBytes = free
    allBytes = all
    (name, durability) =
      switch UInt32(truncatingIfNeeded: type) {
      case 0xEF53: ("ext4", .wholeFileSystem)
      case 0x5846_5342: ("XFS", .wholeFileSystem)
      case 0x9123_683E: ("Btrfs", .wholeFileSystem)
      case 0xF2F5_2010: ("F2FS", .singleFiles)
      case 0x2FC1_2FC1: ("ZFS", .singleFiles)
      case 0x794C_7630: ("overlayfs", .singleFiles)
      case 0x0102_1994: ("tmpfs", .none)
      case 0x8584_58F6: ("ramfs", .none)
      case 0x6969: ("NFS", .remote)
      case 0xFF53_4D42, 0xFE53_4D42, 0x517B: ("SMB", .remote)
      case 0x6573_5546: ("FUSE", .unknown)
      case 0x0102_1997: ("9p", .remote)
      default: ("type 0x" + String(type, radix: 16), .unknown)
      }
  }

  /// True if one sync serves all files and reports their errors: the kernel must be Linux 5.17 or later too.
  ///
  /// Wraps `uname` and `statfs`.
  package static func syncsWhole(_ path: String) -> Bool {
    let descriptor = unsafe open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return blackbox_can_sync_file_system(descriptor) == 1
  }
}

/// True if the kernel holds the wall clock to be synchronised; nil if it does not say.
///
/// Wraps `adjtimex`.
package func isClockSynchronised() -> Bool? {
  let answer = blackbox_clock_is_synchronised()
  return answer < 0 ? nil : answer == 1
}
