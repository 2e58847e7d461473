/// What may be done with one scalar of recorded text.
enum ScalarVerdict: Sendable {
  /// Shows as itself and moves nothing but the cursor, by one character.
  case plain
  /// C0, DEL or C1: a command to a terminal, never text.
  case control
  /// Shows nothing, shows something else, or reorders its neighbours: bidi controls, zero-width,
  /// format and tag characters, stray variation selectors, line separators, private use, unassigned.
  case hidden
}

/// Decides scalar by scalar what every sink must make visible.
///
/// It keeps the little context a verdict needs: a combining mark is text only on a base it can
/// combine with, and only a few of them. One judge serves one run of text.
struct ScalarJudge: Sendable {
  /// Marks one base may carry; the tallest orthographies in use need five.
  static let marksPerBase = 8

  private var base: Unicode.Scalar?
  private var marks = 0

  init() {}

  mutating func judge(_ scalar: Unicode.Scalar) -> ScalarVerdict {
    let value = scalar.value
    if value < 0x7F {
      guard value >= 0x20 else { return broken(.control) }
      return started(by: scalar)
    }
    if value < 0xA0 { return broken(.control) }
    if Self.isPlainBlock(value) { return started(by: scalar) }
    if value == 0xFE0E || value == 0xFE0F { return presentation() }
    if scalar.properties.isDefaultIgnorableCodePoint { return broken(.hidden) }
    switch scalar.properties.generalCategory {
    case .control, .format, .privateUse, .surrogate, .unassigned, .lineSeparator,
      .paragraphSeparator:
      return broken(.hidden)
    case .nonspacingMark, .enclosingMark:
      guard base != nil, marks < Self.marksPerBase else { return .hidden }
      marks += 1
      return .plain
    default:
      return started(by: scalar)
    }
  }

  /// Forgets the base: what was written in its place is an escape.
  mutating func interrupt() { base = nil }

  private mutating func started(by scalar: Unicode.Scalar) -> ScalarVerdict {
    base = scalar
    marks = 0
    return .plain
  }

  private mutating func broken(_ verdict: ScalarVerdict) -> ScalarVerdict {
    base = nil
    return verdict
  }

  /// VS15 and VS16 belong after an emoji, once; anywhere else they carry hidden bits.
  private mutating func presentation() -> ScalarVerdict {
    guard let base, marks == 0, base.value > 0xFF, base.properties.isEmoji else {
      return broken(.hidden)
    }
    marks += 1
    return .plain
  }

  /// Blocks without a single mark, format or ignorable character: no table look-up needed.
  private static func isPlainBlock(_ value: UInt32) -> Bool {
    switch value {
    case 0xA0...0xAC, 0xAE...0x2FF, 0x4E00...0x9FFF, 0xAC00...0xD7A3: true
    default: false
    }
  }
}
