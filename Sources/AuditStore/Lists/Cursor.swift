internal import Evidence

/// A place in a list: behind one row, under one filter.
///
/// For programs to hand back, not to read: base64url of a version, the row's key and the filter's
/// digest. It survives a rebuild of the index, because all keys do.
package struct Cursor: Sendable, Equatable {
  let first: Int64
  let second: Int64
  let digest: [UInt8]

  init(first: Int64, second: Int64, digest: [UInt8]) {
    (self.first, self.second, self.digest) = (first, second, digest)
  }

  /// Reads a cursor's text; nil where it is none.
  package init?(_ text: String) {
    guard text.utf8.count == 34, let bytes = Base64.decodeURL(text), bytes.count == 25,
      bytes[0] == 1
    else { return nil }
    func number(_ place: Int) -> Int64 {
      Int64(bitPattern: bytes[place..<place + 8].reduce(0) { $0 << 8 | UInt64($1) })
    }
    self.init(first: number(1), second: number(9), digest: Array(bytes[17...]))
  }

  package var text: String {
    var bytes: [UInt8] = [1]
    for number in [first, second] {
      let bits = UInt64(bitPattern: number)
      for shift in stride(from: UInt64(56), through: 0, by: -8) {
        bytes.append(UInt8(truncatingIfNeeded: bits >> shift))
      }
    }
    return Base64.encodeURL(bytes + digest)
  }
}
