/// A key as the viewer's terminal sends it.
package enum Key: Sendable, Equatable {
  case character(UInt8)
  case enter
  case escape
  case backspace
  case up, down, left, right
  case pageUp, pageDown, home, end
  /// With ctrl held down: the letter, lower case.
  case control(UInt8)
  /// A whole sequence that means nothing here.
  case unknown
}

/// Turns the bytes of a keyboard into keys, escape sequences whole or not at all.
///
/// What a terminal might answer, strings included, is taken as one unknown key, so that no part of it
/// is ever read as typed. Source: ECMA-48 §5.4 for the forms, xterm for the keys.
package struct KeyDecoder: Sendable {
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
    /// Bytes of an old mouse report or of one character that are still to come.
    case skip(Int)
  }

  private var state = State.ground

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
      return Self.final(byte)
    case .control(var parameters):
      if byte == 0x1B {
        state = .escape
        return .unknown
      }
      if byte == 0x4D, parameters.isEmpty {
        state = .skip(3)
        return nil
      }
      // The Linux console sends ESC [ [ A for F1.
      guard (0x40...0x7E).contains(byte), !(byte == 0x5B && parameters.isEmpty) else {
        if parameters.count < 64 { parameters.append(byte) }
        state = .control(parameters)
        return nil
      }
      state = .ground
      return byte == 0x7E ? Self.numbered(parameters) : Self.final(byte)
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
    }
  }

  private mutating func ground(_ byte: UInt8) -> Key? {
    switch byte {
    case 0x1B:
      state = .escape
      return nil
    case 0x0D, 0x0A: return .enter
    case 0x08, 0x7F: return .backspace
    case 0x01...0x1A: return .control(byte + 0x60)
    case 0x20...0x7E: return .character(byte)
    case 0xC2...0xDF: state = .skip(1)
    case 0xE0...0xEF: state = .skip(2)
    case 0xF0...0xF4: state = .skip(3)
    default: return .unknown
    }
    return nil
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

  private static func final(_ byte: UInt8) -> Key {
    switch byte {
    case 0x41: .up
    case 0x42: .down
    case 0x43: .right
    case 0x44: .left
    case 0x48: .home
    case 0x46: .end
    default: .unknown
    }
  }

  private static func numbered(_ parameters: [UInt8]) -> Key {
    switch parameters.first {
    case 0x31, 0x37: parameters.count == 1 ? .home : .unknown
    case 0x34, 0x38: parameters.count == 1 ? .end : .unknown
    case 0x35: .pageUp
    case 0x36: .pageDown
    default: .unknown
    }
  }
}
