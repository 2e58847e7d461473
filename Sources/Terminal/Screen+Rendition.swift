extension Screen {
  /// SGR (ECMA-48 §8.3.117; colours by ITU T.416 with `:` and the older forms with `;`).
  mutating func selectRendition(_ parameters: Parameters) {
    let decorated = cursor.pen.underlineColor
    if parameters.count == 0 { resetRendition() }
    var index = 0
    while index < parameters.count {
      index = apply(parameters, at: index)
    }
    if cursor.pen.underlineColor != decorated { updateDecoration() }
    cursor.pen.updateWatch()
  }

  private mutating func resetRendition() {
    let isProtected = cursor.pen.style.isProtected
    cursor.pen.style = PackedStyle()
    cursor.pen.style.isProtected = isProtected
    cursor.pen.underlineColor = .default
  }

  /// Takes on one rendition; the answer is the index of the next.
  private mutating func apply(_ parameters: Parameters, at index: Int) -> Int {
    var next = index + 1
    while parameters.isSubparameter(next) { next += 1 }
    let value = parameters[index]
    switch value {
    case 0: resetRendition()
    case 1: cursor.pen.style.attributes.insert(.bold)
    case 2: cursor.pen.style.attributes.insert(.dim)
    case 3: cursor.pen.style.attributes.insert(.italic)
    case 4: setUnderline(next > index + 1 ? parameters[index + 1] : 1)
    case 5, 6: cursor.pen.style.attributes.insert(.blink)
    case 7: cursor.pen.style.attributes.insert(.inverse)
    case 8: cursor.pen.style.attributes.insert(.hidden)
    case 9: cursor.pen.style.attributes.insert(.strike)
    case 21: cursor.pen.style.underline = .double
    case 22: cursor.pen.style.attributes.subtract([.bold, .dim])
    case 23: cursor.pen.style.attributes.remove(.italic)
    case 24: cursor.pen.style.underline = .none
    case 25: cursor.pen.style.attributes.remove(.blink)
    case 27: cursor.pen.style.attributes.remove(.inverse)
    case 28: cursor.pen.style.attributes.remove(.hidden)
    case 29: cursor.pen.style.attributes.remove(.strike)
    case 53: cursor.pen.style.attributes.insert(.overline)
    case 55: cursor.pen.style.attributes.remove(.overline)
    default: return applyColor(value, parameters, index, next)
    }
    return next
  }

  private mutating func setUnderline(_ kind: Int) {
    cursor.pen.style.underline = UnderlineKind(rawValue: UInt8(min(kind, 5))) ?? .single
  }

  private mutating func applyColor(
    _ value: Int, _ parameters: Parameters, _ index: Int, _ next: Int
  ) -> Int {
    switch value {
    case 30...37: cursor.pen.style.foreground = .indexed(UInt8(value - 30))
    case 39: cursor.pen.style.foreground = .default
    case 40...47: cursor.pen.style.background = .indexed(UInt8(value - 40))
    case 49: cursor.pen.style.background = .default
    case 59: cursor.pen.underlineColor = .default
    case 90...97: cursor.pen.style.foreground = .indexed(UInt8(value - 90 + 8))
    case 100...107: cursor.pen.style.background = .indexed(UInt8(value - 100 + 8))
    case 38, 48, 58:
      let isColon = next > index + 1
      let found =
        isColon
        ? Self.color(parameters, colonsFrom: index + 1, to: next)
        : Self.color(parameters, semicolonsFrom: index + 1)
      if let color = found.color { setColor(value, color) }
      return isColon ? next : found.next
    default: break
    }
    return next
  }

  private mutating func setColor(_ target: Int, _ color: PackedColor) {
    switch target {
    case 38: cursor.pen.style.foreground = color
    case 48: cursor.pen.style.background = color
    default: cursor.pen.underlineColor = color
    }
  }

  /// `5:n`, `2:r:g:b` or `2:space:r:g:b`, further fields (tolerance) dropped.
  private static func color(
    _ parameters: Parameters, colonsFrom start: Int, to end: Int
  ) -> (color: PackedColor?, next: Int) {
    switch parameters[start] {
    case 5 where end >= start + 2:
      return (component(parameters[start + 1]).map(PackedColor.numbered), end)
    case 2 where end >= start + 4:
      let first = end >= start + 5 ? start + 2 : start + 1
      return (rgb(parameters, first), end)
    default: return (nil, end)
    }
  }

  /// `5;n` or `2;r;g;b`; a form nobody knows swallows its kind alone.
  private static func color(
    _ parameters: Parameters, semicolonsFrom start: Int
  ) -> (color: PackedColor?, next: Int) {
    switch parameters[start] {
    case 5: (component(parameters[start + 1]).map(PackedColor.numbered), start + 2)
    case 2: (rgb(parameters, start + 1), start + 4)
    default: (nil, start + 1)
    }
  }

  private static func rgb(_ parameters: Parameters, _ first: Int) -> PackedColor? {
    guard let red = component(parameters[first]), let green = component(parameters[first + 1]),
      let blue = component(parameters[first + 2])
    else { return nil }
    return .rgb(red, green, blue)
  }

  private static func component(_ value: Int) -> UInt8? {
    UInt8(exactly: value)
  }
}
