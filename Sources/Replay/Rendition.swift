internal import Terminal

/// Select Graphic Rendition for one style, whole: it depends on nothing written before.
///
/// Source: ECMA-48 §8.3.117; colours as xterm and ISO 8613-6 write them, with semicolons.
struct Rendition {
  let colours: TerminalProfile.Colours

  func append(_ style: Style, to bytes: inout [UInt8]) {
    bytes.append(0x1B)
    bytes.append(0x5B)
    bytes.append(0x30)
    let attributes = style.attributes
    if attributes.contains(.bold) { add(1, &bytes) }
    if attributes.contains(.dim) { add(2, &bytes) }
    if attributes.contains(.italic) { add(3, &bytes) }
    if style.underline != .none { add(4, &bytes) }
    if attributes.contains(.blink) { add(5, &bytes) }
    if attributes.contains(.inverse) { add(7, &bytes) }
    if attributes.contains(.strike) { add(9, &bytes) }
    append(style.foreground, base: 30, style.numbered.contains(.foreground), to: &bytes)
    append(style.background, base: 40, style.numbered.contains(.background), to: &bytes)
    bytes.append(0x6D)
  }

  /// A colour chosen by number stays one where the terminal has numbers: bold brightens it nowhere.
  private func append(
    _ color: Color, base: Int, _ isNumbered: Bool, to bytes: inout [UInt8]
  ) {
    switch (color, colours) {
    case (.default, _), (_, .none): return
    case (.indexed(let index), .palette), (.indexed(let index), .direct):
      if index < 16, !isNumbered { return basic(Int(index), base, &bytes) }
      add(base + 8, &bytes)
      add(5, &bytes)
      add(Int(index), &bytes)
    case (.indexed(let index), .sixteen):
      basic(index < 16 ? Int(index) : Self.nearestBasic(Self.values(index)), base, &bytes)
    case (.rgb(let red, let green, let blue), .direct):
      add(base + 8, &bytes)
      add(2, &bytes)
      add(Int(red), &bytes)
      add(Int(green), &bytes)
      add(Int(blue), &bytes)
    case (.rgb(let red, let green, let blue), .palette):
      add(base + 8, &bytes)
      add(5, &bytes)
      add(Self.nearestIndex((Int(red), Int(green), Int(blue))), &bytes)
    case (.rgb(let red, let green, let blue), .sixteen):
      basic(Self.nearestBasic((Int(red), Int(green), Int(blue))), base, &bytes)
    }
  }

  private func basic(_ index: Int, _ base: Int, _ bytes: inout [UInt8]) {
    add(index < 8 ? base + index : base + 60 + index - 8, &bytes)
  }

  private func add(_ value: Int, _ bytes: inout [UInt8]) {
    bytes.append(0x3B)
    bytes.append(decimal: value)
  }

  // MARK: nearest colours

  typealias Values = (red: Int, green: Int, blue: Int)

  private static let levels = [0, 95, 135, 175, 215, 255]
  private static let basics: [Values] = [
    (0, 0, 0), (205, 0, 0), (0, 205, 0), (205, 205, 0), (0, 0, 238), (205, 0, 205), (0, 205, 205),
    (229, 229, 229), (127, 127, 127), (255, 0, 0), (0, 255, 0), (255, 255, 0), (92, 92, 255),
    (255, 0, 255), (0, 255, 255), (255, 255, 255),
  ]

  /// The colour of an index as xterm has it.
  static func values(_ index: UInt8) -> Values {
    let index = Int(index)
    if index < 16 { return basics[index] }
    if index >= 232 {
      let grey = 8 + 10 * (index - 232)
      return (grey, grey, grey)
    }
    let cube = index - 16
    return (levels[cube / 36], levels[cube / 6 % 6], levels[cube % 6])
  }

  private static func distance(_ a: Values, _ b: Values) -> Int {
    let (red, green, blue) = (a.red - b.red, a.green - b.green, a.blue - b.blue)
    return 3 * red * red + 4 * green * green + 2 * blue * blue
  }

  private static func nearestBasic(_ wanted: Values) -> Int {
    basics.indices.min { distance(basics[$0], wanted) < distance(basics[$1], wanted) } ?? 7
  }

  private static func nearestIndex(_ wanted: Values) -> Int {
    func level(_ value: Int) -> Int {
      levels.indices.min { abs(levels[$0] - value) < abs(levels[$1] - value) } ?? 0
    }
    let cube = 16 + 36 * level(wanted.red) + 6 * level(wanted.green) + level(wanted.blue)
    let mean = (wanted.red + wanted.green + wanted.blue) / 3
    let grey = 232 + min(max((mean - 3) / 10, 0), 23)
    let (asCube, asGrey) = (values(UInt8(clamping: cube)), values(UInt8(clamping: grey)))
    return distance(asGrey, wanted) < distance(asCube, wanted) ? grey : cube
  }
}

extension [UInt8] {
  /// Appends a number in decimal digits; below 0 counts as 0.
  mutating func append(decimal value: Int) {
    let value = Swift.max(0, value)
    if value >= 10 { append(decimal: value / 10) }
    append(0x30 + UInt8(value % 10))
  }
}
