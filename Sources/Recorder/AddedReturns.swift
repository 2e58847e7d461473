/// Takes out the carriage returns that a terminal puts before line feeds.
///
/// The terminal adds one to each line feed, so taking one away from each gives back exactly what was written.
struct AddedReturns {
  /// The last byte was a carriage return; the next one decides.
  private var isHolding = false

  /// Returns `bytes` without them; all of it if the terminal adds none now.
  mutating func remove(from bytes: [UInt8], _ areAdded: Bool) -> [UInt8] {
    guard areAdded || isHolding else { return bytes }
    var result: [UInt8] = []
    result.reserveCapacity(bytes.count + 1)
    for byte in bytes {
      if isHolding {
        isHolding = false
        if byte != 0x0A { result.append(0x0D) }
      }
      if byte == 0x0D, areAdded {
        isHolding = true
      } else {
        result.append(byte)
      }
    }
    return result
  }

  /// A carriage return that nothing followed.
  mutating func finish() -> [UInt8] {
    defer { isHolding = false }
    return isHolding ? [0x0D] : []
  }
}
