/// A control or escape sequence, complete but for its meaning.
struct ControlSequence: Sendable, Equatable {
  /// `<`, `=`, `>` or `?`, 0 for none.
  private(set) var marker: UInt8 = 0
  /// 0x20...0x2F, 0 for none.
  private(set) var intermediate: UInt8 = 0
  /// The second of two, 0 for none; only some character sets have two.
  private(set) var second: UInt8 = 0
  /// It carries more than can be told apart; no sequence in use does.
  private(set) var isOverlong = false
  var parameters = Parameters()

  @inline(__always)
  mutating func clear() {
    marker = 0
    intermediate = 0
    second = 0
    isOverlong = false
    parameters.clear()
  }

  mutating func collect(_ byte: UInt8) {
    if byte >= 0x3C, marker == 0 {
      marker = byte
    } else if byte < 0x30, intermediate == 0 {
      intermediate = byte
    } else if byte < 0x30, second == 0 {
      second = byte
    } else {
      isOverlong = true
    }
  }
}

/// Turns bytes into calls on a `Screen`: decodes UTF-8, walks `ParserState`, keeps what is needed
/// of a sequence until its end.
///
/// Bounded whatever it reads; there is no byte it refuses, and none it answers.
struct Parser: Sendable {
  private var state = ParserState.ground
  private var decoder = UTF8Decoder()
  private var sequence = ControlSequence()
  /// What is kept of the OSC or other string being read.
  private var string: [UInt8] = []
  private var introducer = StringIntroducer.applicationCommand

  /// `goesOn`: the bytes belong to the feed before them.
  mutating func parse(_ bytes: Span<UInt8>, into screen: inout Screen, goesOn: Bool = false) {
    var index = 0
    let count = bytes.count
    if !goesOn { screen.hidden.beginFeed() }
    defer { screen.hidden.endFeed(count) }
    while index < count {
      let byte = bytes[index]
      if byte >= 0x80 || decoder.isPending {
        if state == .ground, !decoder.isPending {
          let whole = UTF8Decoder.whole(bytes, at: index)
          if whole.scalar >= 0xA0 {
            index += whole.length
            screen.hidden.index = index - 1
            screen.print(whole.scalar)
            continue
          }
        }
        screen.hidden.index = index
        decode(byte, into: &screen)
        index += 1
      } else if state == .ground, byte >= 0x20, byte != 0x7F {
        let start = index
        index += 1
        while index < count, bytes[index] &- 0x20 < 0x5F { index += 1 }
        screen.print(ascii: bytes, from: start, to: index)
      } else {
        screen.hidden.index = index
        take(byte, scalar: UInt32(byte), into: &screen)
        index += 1
      }
    }
  }

  private mutating func decode(_ byte: UInt8, into screen: inout Screen) {
    switch decoder.push(byte) {
    case .pending: break
    case .scalar(let scalar): take(scalar: scalar, into: &screen)
    case .invalid: take(scalar: 0xFFFD, into: &screen)
    case .cut:
      take(scalar: 0xFFFD, into: &screen)
      // Once reset, the decoder cannot answer `.cut` again: this goes one deep.
      decode(byte, into: &screen)
    }
  }

  @inline(__always)
  private mutating func take(scalar: UInt32, into screen: inout Screen) {
    take(scalar < 0xA0 ? UInt8(scalar) : 0xA0, scalar: scalar, into: &screen)
  }

  @inline(__always)
  private mutating func take(_ unit: UInt8, scalar: UInt32, into screen: inout Screen) {
    let transition = state.transition(on: unit)
    state = transition.state
    if state == .escape, screen.modes.contains(.vt52) { state = .escapeVT52 }
    switch transition.action {
    case .none: break
    case .print: screen.print(scalar)
    case .execute: screen.execute(unit)
    case .clear: sequence.clear()
    case .collect: sequence.collect(unit)
    case .parameter: sequence.parameters.collect(unit)
    case .escapeDispatch: screen.dispatch(escape: sequence, final: unit)
    case .csiDispatch: screen.dispatch(control: sequence, final: unit)
    case .oscStart: string.removeAll(keepingCapacity: true)
    case .oscPut: keep(scalar, limit: Limits.oscBytes)
    case .oscEnd:
      screen.dispatch(osc: string)
      string.removeAll(keepingCapacity: true)
      sequence.clear()
    case .stringStart:
      introducer = StringIntroducer(unit)
      string.removeAll(keepingCapacity: true)
    case .stringPut: keep(scalar, limit: Limits.stringBytes)
    case .stringEnd:
      screen.dispatch(string: introducer, string)
      string.removeAll(keepingCapacity: true)
      sequence.clear()
    case .dispatchVT52: screen.dispatch(vt52: unit)
    case .rowVT52: sequence.parameters.append(Int(unit))
    case .addressVT52: screen.moveTo(vt52Row: sequence.parameters[0], column: Int(unit))
    }
  }

  /// Adds to the string while there is room for the whole scalar.
  private mutating func keep(_ scalar: UInt32, limit: Int) {
    guard string.count + 4 <= limit else { return }
    string.append(utf8: scalar)
  }
}

extension Parser: Equatable {
  /// Between sequences nothing is left of the one before.
  static func == (left: Parser, right: Parser) -> Bool {
    guard left.state == right.state, left.decoder == right.decoder else { return false }
    return left.state == .ground
      || left.sequence == right.sequence && left.string == right.string
        && left.introducer == right.introducer
  }
}

extension Parser {
  /// Between sequences there is one number to write.
  func write(to writer: inout SnapshotWriter) {
    writer.number(Int(state.rawValue))
    decoder.write(to: &writer)
    switch state {
    case .ground: break
    case .oscString:
      writer.bytes(string)
    case .controlString:
      writer.number(Int(introducer.rawValue))
      writer.bytes(string)
    default:
      writer.number(Int(sequence.marker))
      writer.number(Int(sequence.intermediate))
      writer.number(Int(sequence.second))
      writer.flag(sequence.isOverlong)
      sequence.parameters.write(to: &writer)
    }
  }

  init(from reader: inout SnapshotReader) throws(SnapshotDamage) {
    guard let state = ParserState(rawValue: UInt8(try reader.number(0...255))) else {
      throw SnapshotDamage()
    }
    self.state = state
    decoder = try UTF8Decoder(from: &reader)
    switch state {
    case .ground: break
    case .oscString:
      string = try reader.bytes(limit: Limits.oscBytes)
    case .controlString:
      guard let introducer = StringIntroducer(rawValue: UInt8(try reader.number(0...255))) else {
        throw SnapshotDamage()
      }
      self.introducer = introducer
      string = try reader.bytes(limit: Limits.stringBytes)
    default: sequence = try ControlSequence(from: &reader)
    }
  }
}

extension ControlSequence {
  fileprivate init(from reader: inout SnapshotReader) throws(SnapshotDamage) {
    marker = UInt8(try reader.number(0...0x3F))
    intermediate = UInt8(try reader.number(0...0x2F))
    second = UInt8(try reader.number(0...0x2F))
    isOverlong = try reader.flag()
    parameters = try Parameters(from: &reader)
  }
}
