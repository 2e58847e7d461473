/// Reads what was written to a viewer's terminal, and knows nothing of the code that wrote it.
enum OutputAlphabet {
  /// The first thing that may not be there; nil if all may.
  ///
  /// Without escapes it is text on lines, in which an emoji may name its presentation (VS15, VS16).
  static func violation(_ bytes: [UInt8], allowsEscapes: Bool = true) -> String? {
    guard let text = String(validating: bytes, as: UTF8.self) else { return "malformed UTF-8" }
    var scalars = Array(text.unicodeScalars)[...]
    var last: Unicode.Scalar = " "
    while let scalar = scalars.popFirst() {
      if scalar.value == 0x1B {
        guard allowsEscapes else { return "an escape" }
        guard scalars.popFirst()?.value == 0x5B else { return "ESC without [" }
        var parameters = ""
        while let next = scalars.first, (0x30...0x3F).contains(next.value) {
          parameters.unicodeScalars.append(next)
          scalars.removeFirst()
        }
        guard let final = scalars.popFirst() else { return "an unfinished sequence" }
        guard isAllowed(parameters, final) else { return "CSI \(parameters)\(final)" }
        continue
      }
      defer { last = scalar }
      if !allowsEscapes, scalar == "\n" { continue }
      if !allowsEscapes, scalar.value & ~1 == 0xFE0E, last.properties.isEmoji { continue }
      if let reason = hidden(scalar) { return reason }
    }
    return nil
  }

  private static func isAllowed(_ parameters: String, _ final: Unicode.Scalar) -> Bool {
    let numbers = parameters.split(separator: ";", omittingEmptySubsequences: false)
    switch final {
    case "m": return numbers.allSatisfy { Int($0).map { $0 <= 255 } ?? false }
    case "H": return numbers.count == 2 && numbers.allSatisfy { Int($0).map { $0 > 0 } ?? false }
    case "J": return parameters == "2"
    case "K": return parameters.isEmpty
    case "h", "l": return ["?1049", "?25", "?7", "?2004", "?1002", "?1006"].contains(parameters)
    default: return false
    }
  }

  private static func hidden(_ scalar: Unicode.Scalar) -> String? {
    let name = "U+" + String(scalar.value, radix: 16, uppercase: true)
    let properties = scalar.properties
    switch properties.generalCategory {
    case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator,
      .paragraphSeparator:
      return name
    default: break
    }
    if properties.isDefaultIgnorableCodePoint || properties.isBidiControl
      || properties.isVariationSelector
    {
      return name
    }
    return nil
  }
}
