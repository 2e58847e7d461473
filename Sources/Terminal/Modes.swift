/// The modes that are on (SM, DECSET); those that only a keyboard or a mouse would notice are kept
/// because a viewer may want to say so, and act on nothing.
struct Modes: OptionSet, Sendable, Equatable {
  let rawValue: UInt32

  static let insert = Modes(rawValue: 1 << 0)
  static let newLine = Modes(rawValue: 1 << 1)
  static let autowrap = Modes(rawValue: 1 << 2)
  static let origin = Modes(rawValue: 1 << 3)
  static let cursorVisible = Modes(rawValue: 1 << 4)
  static let reverseVideo = Modes(rawValue: 1 << 5)
  static let reverseWrap = Modes(rawValue: 1 << 6)
  static let columnSwitchAllowed = Modes(rawValue: 1 << 7)
  static let keepOnColumnSwitch = Modes(rawValue: 1 << 8)
  static let leftRightMargins = Modes(rawValue: 1 << 9)
  static let synchronizedOutput = Modes(rawValue: 1 << 10)
  static let applicationCursorKeys = Modes(rawValue: 1 << 11)
  static let applicationKeypad = Modes(rawValue: 1 << 12)
  static let bracketedPaste = Modes(rawValue: 1 << 13)
  static let focusEvents = Modes(rawValue: 1 << 14)
  static let mousePress = Modes(rawValue: 1 << 15)
  static let mouseClicks = Modes(rawValue: 1 << 16)
  static let mouseDrag = Modes(rawValue: 1 << 17)
  static let mouseMotion = Modes(rawValue: 1 << 18)
  static let mouseUTF8 = Modes(rawValue: 1 << 19)
  static let mouseSGR = Modes(rawValue: 1 << 20)
  static let wideColumns = Modes(rawValue: 1 << 21)
  /// DECCARA and DECRARA take a rectangle, not a stretch of text (DECSACE 2).
  static let rectangleExtent = Modes(rawValue: 1 << 22)
  /// Who protected characters last: SPA, which ED, EL and ECH heed too, or DECSCA.
  static let protectsForAll = Modes(rawValue: 1 << 23)
  static let protectsForSelective = Modes(rawValue: 1 << 24)
  static let reverseWrapAnywhere = Modes(rawValue: 1 << 25)
  /// In what XTSAVE keeps alone: the alternate screen showed.
  static let alternateScreen = Modes(rawValue: 1 << 26)

  /// DECANM is off: the escape sequences of a VT52 hold.
  static let vt52 = Modes(rawValue: 1 << 27)
  /// DECNRCM: national sets may be designated.
  static let nationalCharsets = Modes(rawValue: 1 << 28)
  /// Some line may be of double width.
  static let doubleLines = Modes(rawValue: 1 << 29)

  /// DECCOLM is allowed from the start, as on the terminals that made it; xterm waits for mode 40.
  static let initial: Modes = [.autowrap, .cursorVisible, .columnSwitchAllowed]

  /// The DECSET numbers `init(privateNumber:)` knows.
  static let switches = [
    1, 5, 7, 9, 25, 40, 45, 66, 95, 1000, 1002, 1003, 1004, 1005, 1006, 1045,
    2004, 2026,
  ]

  /// The mode a DECSET number names, unless setting it does more than set it.
  init?(privateNumber number: Int) {
    switch number {
    case 1: self = .applicationCursorKeys
    case 5: self = .reverseVideo
    case 7: self = .autowrap
    case 9: self = .mousePress
    case 25: self = .cursorVisible
    case 40: self = .columnSwitchAllowed
    case 45: self = .reverseWrap
    case 66: self = .applicationKeypad
    case 95: self = .keepOnColumnSwitch
    case 1000: self = .mouseClicks
    case 1002: self = .mouseDrag
    case 1003: self = .mouseMotion
    case 1004: self = .focusEvents
    case 1005: self = .mouseUTF8
    case 1006: self = .mouseSGR
    case 1045: self = .reverseWrapAnywhere
    case 2004: self = .bracketedPaste
    case 2026: self = .synchronizedOutput
    default: return nil
    }
  }

  init(rawValue: UInt32) {
    self.rawValue = rawValue
  }
}
