/// The numeric parameters of one control sequence (ECMA-48 §5.4.2), with `:` sub-parameters.
///
/// At most `Limits.parameters`; what comes after is dropped. Values saturate at 65535; an empty
/// parameter is 0, which no sequence tells from its default.
struct Parameters: Sendable, Equatable {
  private var values = InlineArray<32, UInt16>(repeating: 0)
  /// Bit n: parameter n followed a colon.
  private var subparameters: UInt32 = 0
  private(set) var count = 0
  private var isFull = false

  mutating func clear() {
    count = 0
    subparameters = 0
    isFull = false
  }

  /// Takes a digit, `;` or `:`.
  mutating func collect(_ byte: UInt8) {
    if count == 0 { begin(isSubparameter: false) }
    switch byte {
    case 0x30...0x39:
      guard !isFull else { return }
      let value = UInt32(values[count - 1]) * 10 + UInt32(byte - 0x30)
      values[count - 1] = UInt16(min(value, UInt32(UInt16.max)))
    case 0x3A: begin(isSubparameter: true)
    default: begin(isSubparameter: false)
    }
  }

  /// Adds a parameter that did not come as digits.
  mutating func append(_ value: Int) {
    begin(isSubparameter: false)
    guard !isFull else { return }
    values[count - 1] = UInt16(clamping: value)
  }

  private mutating func begin(isSubparameter: Bool) {
    guard count < Limits.parameters else {
      isFull = true
      return
    }
    values[count] = 0
    if isSubparameter { subparameters |= 1 << UInt32(count) }
    count += 1
  }

  /// The value as sent, 0 where there is none.
  @inline(__always)
  subscript(_ index: Int) -> Int {
    index >= 0 && index < count ? Int(values[index]) : 0
  }

  var hasSubparameters: Bool { subparameters != 0 }

  func isSubparameter(_ index: Int) -> Bool {
    index >= 0 && index < count && subparameters & (1 << UInt32(index)) != 0
  }

  /// The value, or 1 where it is missing or 0: what most sequences mean.
  @inline(__always)
  func amount(_ index: Int = 0) -> Int {
    max(1, self[index])
  }

  static func == (left: Parameters, right: Parameters) -> Bool {
    guard left.count == right.count, left.subparameters == right.subparameters,
      left.isFull == right.isFull
    else { return false }
    return (0..<left.count).allSatisfy { left.values[$0] == right.values[$0] }
  }
}

extension Parameters {
  func write(to writer: inout SnapshotWriter) {
    writer.number(count)
    writer.number(UInt64(subparameters))
    writer.flag(isFull)
    for index in 0..<count { writer.number(Int(values[index])) }
  }

  init(from reader: inout SnapshotReader) throws(SnapshotDamage) {
    count = try reader.number(0...Limits.parameters)
    subparameters = UInt32(try reader.number(0...Int(UInt32.max)))
    isFull = try reader.flag()
    for index in 0..<count { values[index] = UInt16(try reader.number(0...Int(UInt16.max))) }
  }
}
