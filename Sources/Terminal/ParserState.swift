/// Where the parser is in a sequence; the states of `schema/vt-transitions.tsv`.
enum ParserState: UInt8, Sendable, CaseIterable {
  case ground
  case escape
  case escapeIntermediate
  case csiEntry
  case csiParameter
  case csiIntermediate
  case csiIgnore
  case oscString
  /// DCS, SOS, PM, APC and the title string of screen: nothing of them is drawn but images.
  case controlString
  /// After ESC in VT52 mode (DECANM reset), where no sequence but the cursor's address has parts.
  case escapeVT52
  case ignoreVT52
  /// ESC Y was read; the row comes next, then the column.
  case rowVT52
  case columnVT52
}

/// What the parser does with a byte on its way to the next state.
enum ParserAction: UInt8, Sendable, CaseIterable {
  case none
  /// Write the character at the cursor.
  case print
  /// Carry out a C0 or C1 control.
  case execute
  /// Forget parameters and intermediates; a sequence begins.
  case clear
  /// Keep a private marker or an intermediate.
  case collect
  /// Keep a digit or a separator of parameters.
  case parameter
  case escapeDispatch
  case csiDispatch
  case oscStart
  case oscPut
  /// Carry out the OSC string, then `clear`.
  case oscEnd
  /// Keep which of the other strings begins.
  case stringStart
  case stringPut
  /// Carry out the string, then `clear`.
  case stringEnd
  /// Carry out an escape sequence of VT52 mode.
  case dispatchVT52
  /// Keep the row of a cursor address.
  case rowVT52
  /// Carry the cursor address out.
  case addressVT52
}

/// A state to go to and what to do on the way.
struct Transition: Sendable, Equatable {
  var state: ParserState
  var action: ParserAction

  @inline(__always)
  init(_ state: ParserState, _ action: ParserAction) {
    self.state = state
    self.action = action
  }
}

extension ParserState {
  /// The next state and the action for one unit of input.
  ///
  /// UTF-8 is decoded before: 0x80...0x9F are the C1 controls U+0080...U+009F, and 0xA0...0xFF
  /// stand for every other scalar. Source: the state diagram for DEC terminals by Paul Williams;
  /// differences: of strings other than OSC the beginning is kept as it is, so DCS needs one state
  /// only; `ESC k` begins a string, as in screen and tmux; a character that cannot stand in a
  /// sequence ends it and is printed. In VT52 mode the parser goes to `escapeVT52` wherever the table
  /// says `escape`.
  @inline(__always)
  func transition(on unit: UInt8) -> Transition {
    switch self {
    case .ground: Self.ground(unit)
    case .escape: Self.escape(unit)
    case .escapeIntermediate: Self.escapeIntermediate(unit)
    case .csiEntry: Self.csiEntry(unit)
    case .csiParameter: Self.csiParameter(unit)
    case .csiIntermediate: Self.csiIntermediate(unit)
    case .csiIgnore: Self.csiIgnore(unit)
    case .oscString: Self.oscString(unit)
    case .controlString: Self.controlString(unit)
    case .escapeVT52: Self.escapeVT52(unit)
    case .ignoreVT52: Self.ignoreVT52(unit)
    // Whatever comes is taken for the number, as in xterm.
    case .rowVT52: Transition(.columnVT52, .rowVT52)
    case .columnVT52: Transition(.ground, .addressVT52)
    }
  }

  @inline(__always)
  private static func ground(_ unit: UInt8) -> Transition {
    switch unit {
    case 0x20...0x7E, 0xA0...0xFF: Transition(.ground, .print)
    case 0x7F: Transition(.ground, .none)
    default: control(unit, in: .ground)
    }
  }

  private static func escape(_ unit: UInt8) -> Transition {
    switch unit {
    case 0x20...0x2F: Transition(.escapeIntermediate, .collect)
    case 0x50, 0x58, 0x5E, 0x5F, 0x6B: Transition(.controlString, .stringStart)  // P X ^ _ k
    case 0x5B: Transition(.csiEntry, .clear)
    case 0x5D: Transition(.oscString, .oscStart)
    case 0x30...0x7E: Transition(.ground, .escapeDispatch)
    case 0x7F: Transition(.escape, .none)
    case 0xA0...0xFF: Transition(.ground, .print)
    default: control(unit, in: .escape)
    }
  }

  private static func escapeIntermediate(_ unit: UInt8) -> Transition {
    switch unit {
    case 0x20...0x2F: Transition(.escapeIntermediate, .collect)
    case 0x30...0x7E: Transition(.ground, .escapeDispatch)
    case 0x7F: Transition(.escapeIntermediate, .none)
    case 0xA0...0xFF: Transition(.ground, .print)
    default: control(unit, in: .escapeIntermediate)
    }
  }

  private static func csiEntry(_ unit: UInt8) -> Transition {
    switch unit {
    case 0x20...0x2F: Transition(.csiIntermediate, .collect)
    case 0x30...0x3B: Transition(.csiParameter, .parameter)
    case 0x3C...0x3F: Transition(.csiParameter, .collect)
    case 0x40...0x7E: Transition(.ground, .csiDispatch)
    case 0x7F: Transition(.csiEntry, .none)
    case 0xA0...0xFF: Transition(.ground, .print)
    default: control(unit, in: .csiEntry)
    }
  }

  private static func csiParameter(_ unit: UInt8) -> Transition {
    switch unit {
    case 0x20...0x2F: Transition(.csiIntermediate, .collect)
    case 0x30...0x3B: Transition(.csiParameter, .parameter)
    case 0x3C...0x3F: Transition(.csiIgnore, .none)
    case 0x40...0x7E: Transition(.ground, .csiDispatch)
    case 0x7F: Transition(.csiParameter, .none)
    case 0xA0...0xFF: Transition(.ground, .print)
    default: control(unit, in: .csiParameter)
    }
  }

  private static func csiIntermediate(_ unit: UInt8) -> Transition {
    switch unit {
    case 0x20...0x2F: Transition(.csiIntermediate, .collect)
    case 0x30...0x3F: Transition(.csiIgnore, .none)
    case 0x40...0x7E: Transition(.ground, .csiDispatch)
    case 0x7F: Transition(.csiIntermediate, .none)
    case 0xA0...0xFF: Transition(.ground, .print)
    default: control(unit, in: .csiIntermediate)
    }
  }

  private static func csiIgnore(_ unit: UInt8) -> Transition {
    switch unit {
    case 0x20...0x3F, 0x7F: Transition(.csiIgnore, .none)
    case 0x40...0x7E: Transition(.ground, .none)
    case 0xA0...0xFF: Transition(.ground, .print)
    default: control(unit, in: .csiIgnore)
    }
  }

  private static func oscString(_ unit: UInt8) -> Transition {
    switch unit {
    case 0x07, 0x9C: Transition(.ground, .oscEnd)
    case 0x1B: Transition(.escape, .oscEnd)
    case 0x18, 0x1A: Transition(.ground, .none)
    case 0x00...0x1F: Transition(.oscString, .none)
    case 0x20...0x7F, 0xA0...0xFF: Transition(.oscString, .oscPut)
    default: control(unit, in: .oscString)
    }
  }

  private static func controlString(_ unit: UInt8) -> Transition {
    switch unit {
    case 0x18, 0x1A: Transition(.ground, .none)
    case 0x1B: Transition(.escape, .stringEnd)
    case 0x9C: Transition(.ground, .stringEnd)
    case 0x00...0x1F: Transition(.controlString, .none)
    case 0x20...0x7F, 0xA0...0xFF: Transition(.controlString, .stringPut)
    default: control(unit, in: .controlString)
    }
  }

  private static func escapeVT52(_ unit: UInt8) -> Transition {
    switch unit {
    case 0x20...0x2F: Transition(.ignoreVT52, .none)
    case 0x59: Transition(.rowVT52, .clear)  // Y
    case 0x30...0x7E: Transition(.ground, .dispatchVT52)
    case 0x7F: Transition(.escapeVT52, .none)
    case 0xA0...0xFF: Transition(.ground, .print)
    default: control(unit, in: .escapeVT52)
    }
  }

  private static func ignoreVT52(_ unit: UInt8) -> Transition {
    switch unit {
    case 0x20...0x2F, 0x7F: Transition(.ignoreVT52, .none)
    case 0x30...0x7E: Transition(.ground, .none)
    case 0xA0...0xFF: Transition(.ground, .print)
    default: control(unit, in: .ignoreVT52)
    }
  }

  /// C0 and C1, which mean the same in nearly every state.
  @inline(__always)
  private static func control(_ unit: UInt8, in state: ParserState) -> Transition {
    switch unit {
    case 0x18, 0x1A: Transition(.ground, .execute)  // CAN, SUB
    case 0x1B: Transition(.escape, .clear)
    case 0x00...0x1F: Transition(state, .execute)
    case 0x90, 0x98, 0x9E, 0x9F: Transition(.controlString, .stringStart)  // DCS SOS PM APC
    case 0x9B: Transition(.csiEntry, .clear)
    case 0x9C: Transition(.ground, .none)  // ST
    case 0x9D: Transition(.oscString, .oscStart)
    case 0x80...0x9F: Transition(.ground, .execute)
    default: Transition(state, .none)
    }
  }
}
