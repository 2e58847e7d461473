package import Platform
internal import SessionLog

/// Where snapshots of a recording may lie: all of it can be deleted at any time, and nothing depends on it.
package struct SnapshotPlaces: Sendable {
  /// Paths of files, the best first.
  private let paths: [String]
  private let system: any FileSystem
  /// A recording with fewer is read again sooner than its snapshots would be.
  let leastKeyframes: Int

  /// Each path names a file in a directory that may have to be made, or cannot be.
  package init(
    _ paths: [String], in system: any FileSystem = SystemFiles.shared, leastKeyframes: Int = 8
  ) {
    self.leastKeyframes = leastKeyframes
    self.paths = paths
    self.system = system
  }

  /// What was kept of a recording before; nil where there is nothing that belongs to these bytes.
  func read(_ binding: SnapshotBinding) -> ReplayIndex? {
    for path in paths {
      do throws(FileFailure) {
        let file = try File(path, .read, in: system)
        let status = try file.status()
        guard status.kind == .regular, status.size <= SnapshotFile.mostBytes else { continue }
        let bytes = try file.read(Int(clamping: status.size), at: 0)
        if let index = SnapshotFile.decode(bytes, binding) { return index }
      } catch {
        continue
      }
    }
    return nil
  }

  /// Writes to the first place that takes it, whole or not at all; false where none does.
  @discardableResult
  func write(_ index: ReplayIndex, _ binding: SnapshotBinding) -> Bool {
    let bytes: [UInt8]
    let random: [UInt8]
    do {
      bytes = try SnapshotFile.encode(index, binding)
      random = try randomBytes(6)
    } catch {
      return false
    }
    let suffix = random.map { String($0, radix: 16) }.joined()
    return paths.contains { path in
      do throws(FileFailure) {
        try write(bytes, path, "\(path).\(suffix).tmp")
        return true
      } catch {
        return false
      }
    }
  }

  private func write(_ bytes: [UInt8], _ path: String, _ temporary: String) throws(FileFailure) {
    makeDirectories(path)
    let file = try File(temporary, .createNew(0o600), in: system)
    do throws(FileFailure) {
      try file.write(bytes.span, at: 0)
      // Derived data: after a power cut its own digest tells whether it is whole.
      try system.rename(temporary, to: path)
    } catch {
      do { try system.remove(temporary) } catch {}
      throw error
    }
  }

  /// Makes the directory of a path and those above it that are missing; what cannot be made shows when the file is.
  private func makeDirectories(_ path: String) {
    var missing: [String] = []
    var directory = Self.directory(path)
    while !directory.isEmpty, missing.count < 4 {
      do {
        _ = try system.status(of: directory)
        break
      } catch {
        missing.append(directory)
        directory = Self.directory(directory)
      }
    }
    for directory in missing.reversed() {
      do { try system.makeDirectory(directory, permissions: 0o700) } catch { return }
    }
  }

  private static func directory(_ path: String) -> String {
    path.lastIndex(of: "/").map { String(path[..<$0]) } ?? ""
  }
}
