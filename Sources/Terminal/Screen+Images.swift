/// Images are recognised and counted, never decoded: a field of their size stands in their place.
extension Screen {
  /// Pixels of one cell, for images that tell their size in pixels (the VT340 had as many).
  private static let cell = (width: 10, height: 20)

  /// A sixel image: the raster attributes `"pan;pad;width;height` give its size, if it has any.
  mutating func showSixel(_ data: ArraySlice<UInt8>) {
    var size: (width: Int, height: Int)?
    if data.first == 0x22 {
      let end = data.firstIndex { $0 != 0x22 && $0 != 0x3B && !(0x30...0x39).contains($0) }
      let fields = data[..<(end ?? data.endIndex)].dropFirst()
        .split(separator: 0x3B, omittingEmptySubsequences: false).map(Self.number)
      if fields.count >= 4, fields[2] > 0, fields[3] > 0 { size = (fields[2], fields[3]) }
    }
    let columns = size.map { ($0.width + Self.cell.width - 1) / Self.cell.width }
    let rows = size.map { ($0.height + Self.cell.height - 1) / Self.cell.height }
    let start = cursor.column
    showImage(columns: columns ?? 0, rows: rows ?? 0)
    // Text goes on below the image.
    cursor.column = min(start, self.columns - 1)
    cursor.isWrapPending = false
    index()
  }

  /// `key=value,…;data` after the `G` of a kitty graphics command.
  mutating func kittyGraphics(_ text: ArraySlice<UInt8>) {
    var keys: [UInt8: ArraySlice<UInt8>] = [:]
    let control = text[..<(text.firstIndex(of: 0x3B) ?? text.endIndex)]
    for field in control.split(separator: 0x2C).prefix(64) where field.count > 2 {
      if field[field.startIndex + 1] == 0x3D { keys[field[field.startIndex]] = field.dropFirst(2) }
    }
    let isContinued = keys[0x6D]?.first == 0x31  // m=1
    defer { isImageOpen = isContinued }
    guard !isImageOpen else { return }
    let action = keys[0x61]?.first ?? 0x74
    if action == 0x71 { note(query: "kitty graphics") }  // a=q
    // A file of the viewer's machine would be shown.
    if let medium = keys[0x74]?.first, medium != 0x64 { note(query: "kitty graphics file") }
    guard action == 0x54 || action == 0x70 else {  // a=T, a=p
      if action == 0x74 { imageCount &+= 1 }
      return
    }
    if action == 0x54 { imageCount &+= 1 }
    guard keys[0x55]?.first != 0x31 else { return }  // U=1: placed by text
    let before = cursor
    place(columns: keys[0x63].map(Self.number) ?? 0, rows: keys[0x72].map(Self.number) ?? 0)
    if keys[0x43]?.first == 0x31 { cursor = before }  // C=1
  }

  /// `key=value;…:data` of an iTerm2 file; only `inline=1` is shown.
  mutating func showITermImage(_ text: ArraySlice<UInt8>) {
    let control = text[..<(text.firstIndex(of: 0x3A) ?? text.endIndex)]
    var columns = 0
    var rows = 0
    var isInline = false
    for field in control.split(separator: 0x3B).prefix(64) {
      guard let equals = field.firstIndex(of: 0x3D) else { continue }
      let value = field[(equals + 1)...]
      switch String(decoding: field[..<equals], as: UTF8.self) {
      case "width": columns = Self.cells(value, Self.cell.width)
      case "height": rows = Self.cells(value, Self.cell.height)
      case "inline": isInline = value.elementsEqual([0x31])
      default: break
      }
    }
    if isInline {
      showImage(columns: columns, rows: rows)
    } else {
      note(.string, "file download")
    }
  }

  /// `N` cells or `Npx` pixels; a share of the screen or `auto` is 0, not known.
  private static func cells(_ text: ArraySlice<UInt8>, _ pixels: Int) -> Int {
    if text.last == 0x25 { return 0 }
    let number = number(text)
    return text.reversed().starts(with: Array("xp".utf8))
      ? (number + pixels - 1) / pixels : number
  }

  /// The number at the beginning of the text, at most 65535; 0 for none.
  private static func number(_ text: ArraySlice<UInt8>) -> Int {
    var number = 0
    for digit in text {
      guard (0x30...0x39).contains(digit) else { break }
      number = min(number * 10 + Int(digit - 0x30), 65_535)
    }
    return number
  }

  private mutating func showImage(columns: Int, rows: Int) {
    imageCount &+= 1
    place(columns: columns, rows: rows)
  }

  /// Fills a field at the cursor, scrolling where it has no room; 0 is a size nobody told.
  ///
  /// The cursor ends behind the lowest row of it.
  private mutating func place(columns: Int, rows: Int) {
    let label = Array("image".utf8)
    let width = columns > 0 ? columns : label.count + 2
    let height = min(max(1, rows), self.rows)
    let start = cursor.column
    for row in 0..<height {
      cursor.column = start
      cursor.isWrapPending = false
      let limit = cursor.column < right ? right : self.columns
      let end = min(limit, start + width)
      for column in start..<end {
        let isLabel = row == 0 && column > start && column <= start + label.count
        let scalar = isLabel ? UInt32(label[column - start - 1]) : 0x2592
        let cell = PackedCell(
          content: PackedCell.narrow | scalar, decoration: 0, style: PackedStyle())
        grid[cursor.row].split(column, column + 1)
        grid[cursor.row].write(cell, at: column, columns: self.columns)
      }
      if end == self.columns { grid[cursor.row].isWrapped = false }
      cursor.column = min(end, limit - 1)
      if row + 1 < height { index() }
    }
  }
}
