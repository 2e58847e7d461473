/// A key as the viewer's terminal sends it.
package enum Key: Sendable, Hashable {
  /// Printable ASCII.
  case character(UInt8)
  /// Any other character.
  case scalar(Unicode.Scalar)
  case enter
  case escape
  case backspace
  case delete
  case tab, backTab
  case up, down, left, right
  case shiftLeft, shiftRight
  case pageUp, pageDown, home, end
  case function(Int)
  /// With ctrl held down: the letter, lower case.
  case control(UInt8)
  case mouse(Mouse)
  /// What was pasted at once, at most `KeyDecoder.pasteLimit` bytes; no key in it is pressed.
  case paste(String)
  /// A whole sequence that means nothing here.
  case unknown

  package struct Mouse: Sendable, Hashable {
    package enum Kind: Sendable, Hashable { case press, drag, release, wheelUp, wheelDown, other }

    package var kind: Kind
    /// Counted from 0.
    package var row: Int
    package var column: Int

    package init(_ kind: Kind, row: Int, column: Int) {
      (self.kind, self.row, self.column) = (kind, row, column)
    }
  }
}

/// Turns the bytes of a keyboard into keys, escape sequences whole or not at all.
///
/// What a terminal might answer, strings included, is taken as one unknown key, so that no part of it
/// is ever read as typed. Source: ECMA-48 §5.4 for the forms, xterm for keys, mouse (1006) and paste (2004).
package struct KeyDecoder: Sendable {
  package static let pasteLimit = 4096

  private enum State: Sendable, Equatable {
    case ground
    case escape
    /// After ESC [: the parameters so far.
    case control([UInt8])
    /// After ESC O.
    case single
    /// After ESC ] P X ^ _: until BEL or ESC \.
    case string
    case stringEscape
    /// Bytes of an old mouse report that are still to come.
    case skip(Int)
    /// A character of several bytes: its bits so far, and how many bytes are to come.
    case character(UInt32, Int)
    case paste
  }

  private var state = State.ground
  private var pasted: [UInt8] = []

  package init() {}

  /// True while an escape may still be the key alone: ask again with `timeout`.
  package var isWaiting: Bool { state == .escape }

  /// No byte followed the escape in time: it was the key.
  package mutating func timeout() -> Key? {
    guard state == .escape else { return nil }
    state = .ground
    return .escape
  }

  package mutating func take(_ bytes: [UInt8]) -> [Key] { bytes.compactMap { take($0) } }

  private mutating func take(_ byte: UInt8) -> Key? {
    switch state {
    case .ground: return ground(byte)
    case .escape: return afterEscape(byte)
    case .single:
      state = .ground
      return (0x50...0x53).contains(byte) ? .function(Int(byte) - 0x4F) : Self.final(byte, [])
    case .control(let parameters): return control(byte, parameters)
    case .string:
      if byte == 0x07 || byte == 0x18 || byte == 0x1A {
        state = .ground
        return .unknown
      }
      if byte == 0x1B { state = .stringEscape }
      return nil
    case .stringEscape:
      state = byte == 0x5C ? .ground : byte == 0x1B ? .stringEscape : .string
      return state == .ground ? .unknown : nil
    case .skip(let count):
      state = count > 1 ? .skip(count - 1) : .ground
      return count > 1 ? nil : .unknown
    case .character(let bits, let count): return character(byte, bits, count)
    case .paste: return paste(byte)
    }
  }

  private mutating func control(_ byte: UInt8, _ before: [UInt8]) -> Key? {
    var parameters = before
    if byte == 0x1B {
      state = .escape
      return .unknown
    }
    if byte == 0x4D, parameters.isEmpty {
      state = .skip(3)
      return nil
    }
    // The Linux console sends ESC [ [ A for F1.
    if parameters == [0x5B], (0x41...0x45).contains(byte) {
      state = .ground
      return .function(Int(byte) - 0x40)
    }
    guard (0x40...0x7E).contains(byte), !(byte == 0x5B && parameters.isEmpty) else {
      if parameters.count < 64 { parameters.append(byte) }
      state = .control(parameters)
      return nil
    }
    state = .ground
    if byte == 0x7E, parameters == Array("200".utf8) {
      state = .paste
      pasted = []
      return nil
    }
    if parameters.first == 0x3C, byte == 0x4D || byte == 0x6D {
      return Self.mouse(parameters.dropFirst(), isRelease: byte == 0x6D)
    }
    return byte == 0x7E ? Self.numbered(parameters) : Self.final(byte, parameters)
  }

  private mutating func ground(_ byte: UInt8) -> Key? {
    switch byte {
    case 0x1B:
      state = .escape
      return nil
    case 0x09: return .tab
    case 0x0D, 0x0A: return .enter
    case 0x08, 0x7F: return .backspace
    case 0x01...0x1A: return .control(byte + 0x60)
    case 0x20...0x7E: return .character(byte)
    case 0xC2...0xDF: state = .character(UInt32(byte & 0x1F), 1)
    case 0xE0...0xEF: state = .character(UInt32(byte & 0x0F), 2)
    case 0xF0...0xF4: state = .character(UInt32(byte & 0x07), 3)
    default: return .unknown
    }
    return nil
  }

  private mutating func character(_ byte: UInt8, _ bits: UInt32, _ count: Int) -> Key? {
    guard byte & 0xC0 == 0x80 else {
      state = .ground
      return ground(byte) ?? .unknown
    }
    let bits = bits << 6 | UInt32(byte & 0x3F)
    guard count == 1 else {
      state = .character(bits, count - 1)
      return nil
    }
    state = .ground
    guard let scalar = Unicode.Scalar(bits), bits >= 0xA0 else { return .unknown }
    return .scalar(scalar)
  }

  private mutating func paste(_ byte: UInt8) -> Key? {
    // A terminal that never ends a paste must not hold the keyboard.
    if byte == 0x03 {
      state = .ground
      return .control(UInt8(ascii: "c"))
    }
    if pasted.count >= Self.pasteLimit + 8 { pasted.remove(at: Self.pasteLimit) }
    pasted.append(byte)
    guard byte == 0x7E, pasted.suffix(6) == Array("\u{1B}[201~".utf8)[...] else { return nil }
    state = .ground
    return .paste(String(decoding: pasted.dropLast(6).prefix(Self.pasteLimit), as: UTF8.self))
  }

  private mutating func afterEscape(_ byte: UInt8) -> Key? {
    switch byte {
    case 0x5B: state = .control([])
    case 0x4F: state = .single
    case 0x5D, 0x50, 0x58, 0x5E, 0x5F: state = .string
    case 0x1B: return .escape
    default:
      // Alt with a key, or a two-byte sequence.
      state = .ground
      return .unknown
    }
    return nil
  }

  private static func final(_ byte: UInt8, _ parameters: [UInt8]) -> Key {
    let isShifted = parameters == Array("1;2".utf8)
    return switch byte {
    case 0x41: .up
    case 0x42: .down
    case 0x43: isShifted ? .shiftRight : .right
    case 0x44: isShifted ? .shiftLeft : .left
    case 0x48: .home
    case 0x46: .end
    case 0x5A: .backTab
    case 0x50: .function(1)
    default: .unknown
    }
  }

  private static func numbered(_ parameters: [UInt8]) -> Key {
    switch number(parameters[...]) {
    case 1, 7: .home
    case 4, 8: .end
    case 3: .delete
    case 5: .pageUp
    case 6: .pageDown
    case 11: .function(1)
    default: .unknown
    }
  }

  /// Source: xterm's mouse mode 1006; columns and rows count from 1.
  private static func mouse(_ parameters: ArraySlice<UInt8>, isRelease: Bool) -> Key {
    let parts = parameters.split(separator: 0x3B, omittingEmptySubsequences: false)
    guard parts.count == 3, let button = number(parts[0]), let column = number(parts[1]),
      let row = number(parts[2]), column > 0, row > 0
    else { return .unknown }
    let kind: Key.Mouse.Kind =
      switch button & ~0x1C {
      case 0: isRelease ? .release : .press
      case 0x20: .drag
      case 0x40: .wheelUp
      case 0x41: .wheelDown
      default: .other
      }
    return .mouse(Key.Mouse(kind, row: row - 1, column: column - 1))
  }

  private static func number(_ digits: ArraySlice<UInt8>) -> Int? {
    guard !digits.isEmpty, digits.count <= 5 else { return nil }
    var value = 0
    for digit in digits {
      guard (0x30...0x39).contains(digit) else { return nil }
      value = value * 10 + Int(digit) - 0x30
    }
    return value
  }
}
