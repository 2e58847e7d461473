internal import Platform
internal import SessionLog

extension Doctor {
  /// What replay keeps of long recordings, so that the next viewer need not wait: how much, where, and how to drop it.
  mutating func examineSnapshots(_ cache: String?) {
    var found: [String] = []
    var places: [String] = []
    do throws(FileFailure) {
      for directory in [store.snapshotsPath] + (cache.map { [$0] } ?? []) {
        let (files, bytes) = try Self.content(of: directory)
        guard files > 0 else { continue }
        found.append(
          "\(files) \(files == 1 ? "file" : "files"), \(Self.megabytes(bytes)) in \(directory)")
        places.append(directory)
      }
    } catch {
      return note("snapshots", .warning, error.reason)
    }
    guard !found.isEmpty else {
      return note("snapshots", .fact, "none: replay makes them of long recordings")
    }
    note(
      "snapshots", .fact, found.joined(separator: ", "),
      "Derived, in plain words, and safe to delete: rm -r \(places.joined(separator: " "))")
  }

  private static func content(
    of directory: String
  ) throws(FileFailure) -> (files: Int, bytes: UInt64) {
    let names: [String]
    do throws(FileFailure) { names = try SystemFiles.shared.list(directory) } catch {
      if error.isMissing { return (0, 0) }
      throw error
    }
    var bytes: UInt64 = 0
    for name in names {
      // A viewer that ends now may take one away.
      do throws(FileFailure) {
        bytes += try SystemFiles.shared.status(of: Path.join(directory, name)).size
      } catch {
        guard error.isMissing else { throw error }
      }
    }
    return (names.count, bytes)
  }
}
