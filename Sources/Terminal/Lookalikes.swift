/// What kind of letter a scalar is, as far as the search for hidden text asks.
enum Lookalikes {
  /// Cyrillic, Greek, Armenian and Cherokee letters that many typefaces draw as they draw a Latin
  /// letter (the pairs of one letter each in the confusables of Unicode UTS #39), the phonetic `ɑ`
  /// and `ɡ`, and the Latin letters of mathematics, which are whole alphabets in other type.
  static let scalars: [UInt32] =
    "аеорсухіјѕһԁԛԝѵӏԍАВЕЗКМНОРСТУХІЈЅҮҺԌԚԜѴӀοανρυιχΑΒΕΖΗΙΚΜΝΟΡΤΥΧϳϲɑɡօոսհզցԼՏՍՕᎠᎡᎢᎥᎩᎪᎫᎬᎳᎷᎻᏀᏃᏎᏒᏔᏙᏚᏞᏟᏢᏦᏧ"
    .unicodeScalars.map(\.value) + mathematical

  private static let mathematical = Array(UInt32(0x1D400)...0x1D6A3)

  static func isLookalike(_ scalar: UInt32) -> Bool {
    CharacterTable.shared[scalar].isLookalike
  }

  @inline(__always)
  static func isLatin(_ scalar: UInt32) -> Bool {
    let lower = scalar | 0x20
    return lower >= 0x61 && lower <= 0x7A && scalar < 0x80
      || scalar >= 0xC0 && scalar < 0x250 && scalar != 0xD7 && scalar != 0xF7
  }

  /// A letter of a script with lookalikes, or one that is clearly none of Latin.
  static func isOtherLetter(_ scalar: UInt32) -> Bool {
    scalar >= 0x250 && scalar < 0x2B0
      || scalar >= 0x370 && scalar < 0x590 && scalar != 0x37E
        && scalar != 0x387
      || scalar >= 0x13A0 && scalar < 0x1400 || scalar >= 0x1D400 && scalar < 0x1D6A4
  }

  /// Shows a shape of its own; blanks, blocks and dots of a picture do not count.
  @inline(__always)
  static func isText(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0...0x20, 0x7F...0xA0, 0x2500...0x259F, 0x2800...0x28FF, 0x3000, 0xE0A0...0xE0D7,
      0x1FB00...0x1FBFF:
      false
    default: true
    }
  }

  /// Embeddings, overrides and isolates.
  static func isBidiControl(_ scalar: UInt32) -> Bool {
    (0x202A...0x202E).contains(scalar) || (0x2066...0x2069).contains(scalar)
  }

  /// A mark of a written language, not a character made to be unseen.
  static func isMark(_ scalar: UInt32) -> Bool {
    switch scalar {
    case 0xAD, 0x34F, 0x61C, 0x180B...0x180F, 0x200B...0x200F, 0x2060...0x206F, 0xFE00...0xFE0F,
      0xFEFF, 0xFFF0...0xFFFB, 0x1BCA0...0x1BCA3, 0x1D173...0x1D17A, 0xE0000...0xE0FFF:
      false
    default: true
    }
  }
}
