internal import Evidence
internal import Platform
internal import SessionLog

/// A store as verbs use it: opened, with its state directory and the key that is believed.
struct OpenStore {
  let store: Store
  let state: StateDirectory

  init(_ location: StoreLocation) throws {
    store = try Store.open(location.directory)
    state = try StateDirectory(for: store, override: location.state)
  }

  /// Whose key a verifier believes: the trust file's, else this machine's own, else the store's word.
  func trust(file path: String?) throws -> Trust {
    if let path {
      let bytes = try SystemFiles.shared.readSmallFile(path, limit: 64 << 10, named: true)
      let lines = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline)
      var keys: [VerifierKey] = []
      for line in lines where !line.hasPrefix("#") {
        keys.append(try VerifierKey(parsing: line))
      }
      guard let key = keys.first(where: { $0.name == store.origin }) ?? keys.first else {
        throw UserFailure(
          .unreadable, "the trust file names no key", place: path, found: "no line with a key",
          wanted: "a verifier key, as init prints it", advice: "Put the key on a line of its own.")
      }
      return Trust(key: key, source: .pinned(path))
    }
    do {
      let signer = try state.signer(for: store)
      return Trust(key: try signer.verifierKey, source: .ownState)
    } catch {
      // Another user's machine, or a copy of a store: only the store's own word is left, and that is said.
      return Trust(key: store.verifierKey, source: .unpinned)
    }
  }
}
