extension VirtualTerminal {
  /// The terminal as bytes that `init(snapshot:)` makes the same terminal of, in less than the
  /// thousandth of a second where the scrollback is short.
  ///
  /// Screens, cursors, modes, tables, the middle of a sequence and what the search for hidden
  /// content has half seen are in it; of the scrollback the newest `scrollbackLines`. Findings not
  /// yet taken are not. Terminals that will show the same give the same bytes. Bounded by
  /// `Limits`; some 2 KB for a plain screen.
  ///
  /// For a cache: the bytes hold titles, links and text as the recorded program chose them, and
  /// another version of this program may refuse them.
  package func snapshot(scrollbackLines: Int = .max) -> [UInt8] {
    var writer = SnapshotWriter(screen)
    parser.write(to: &writer)
    screen.write(to: &writer, scrollbackLines: scrollbackLines)
    return writer.finished()
  }

  /// The terminal a snapshot was made of.
  ///
  /// Nil where the bytes are damaged, made by hand against the rules, or of another version: then
  /// the terminal is to be made from the recording again. Nothing in them can trap.
  package init?(snapshot: [UInt8]) {
    do {
      var reader = try SnapshotReader(snapshot)
      parser = try Parser(from: &reader)
      screen = try Screen(from: &reader)
      guard reader.isAtEnd else { return nil }
    } catch {
      return nil
    }
  }
}

extension Screen {
  func write(to writer: inout SnapshotWriter, scrollbackLines: Int) {
    for side in [columns, rows, top, bottom, left, right, scrollback.limit] { writer.number(side) }
    for side in [hiddenTop, hiddenBottom] { writer.number(side) }
    for flag in [isAlternate, isImageOpen, hiddenIsOrigin] { writer.flag(flag) }
    for modes in [modes, savedModes] { writer.number(UInt64(modes.rawValue)) }
    writer.plain(Self.packed(tabStops))
    for cursor in [cursor, saved, hiddenSaved] { cursor.write(to: &writer) }
    beforeVT52.charsets.write(to: &writer)
    writer.flag(beforeVT52.isOrigin)
    writer.flag(beforeVT52.isAutowrap)
    writer.content(lastPrinted ?? 0)
    writer.number(imageCount)
    writer.text(title)
    writer.number(titleStack.count)
    for title in titleStack { writer.text(title) }
    hidden.write(to: &writer)
    for grid in [grid, hiddenGrid] {
      for row in 0..<rows { grid[row].write(to: &writer) }
    }
    let count = min(max(0, scrollbackLines), scrollback.count)
    writer.number(count)
    for index in (scrollback.count - count)..<scrollback.count {
      scrollback.settled(index)?.write(to: &writer)
    }
  }

  init(from reader: inout SnapshotReader) throws(SnapshotDamage) {
    let columns = try reader.number(1...Limits.columns)
    let rows = try reader.number(1...Limits.rows)
    let top = try reader.number(0...rows - 1)
    let bottom = try reader.number(top + 1...rows)
    let left = try reader.number(0...columns - 1)
    let right = try reader.number(left + 1...columns)
    self.init(
      columns: columns, rows: rows,
      scrollbackLimit: try reader.number(0...Limits.scrollbackLines))
    (self.top, self.bottom, self.left, self.right) = (top, bottom, left, right)
    hiddenTop = try reader.number(0...rows - 1)
    hiddenBottom = try reader.number(hiddenTop + 1...rows)
    isAlternate = try reader.flag()
    isImageOpen = try reader.flag()
    hiddenIsOrigin = try reader.flag()
    modes = try Modes(from: &reader)
    savedModes = try Modes(from: &reader)
    tabStops = Self.unpacked(try reader.plain((columns + 7) / 8), columns)
    cursor = try Cursor(from: &reader, columns: columns, rows: rows)
    saved = try Cursor(from: &reader, columns: columns, rows: rows)
    hiddenSaved = try Cursor(from: &reader, columns: columns, rows: rows)
    beforeVT52.charsets = try Charsets(from: &reader)
    beforeVT52.isOrigin = try reader.flag()
    beforeVT52.isAutowrap = try reader.flag()
    let last = try reader.content()
    lastPrinted = last & PackedCell.textMask == 0 ? nil : last
    imageCount = try reader.number(0...Int.max)
    title = try reader.string(limit: Limits.titleScalars * 4)
    for _ in 0..<(try reader.number(0...Limits.titleStack)) {
      titleStack.append(try reader.string(limit: Limits.titleScalars * 4))
    }
    hidden = try HiddenFinder(from: &reader)
    for row in 0..<rows { grid[row] = try Line(from: &reader, columns: columns) }
    for row in 0..<rows { hiddenGrid[row] = try Line(from: &reader, columns: columns) }
    for _ in 0..<(try reader.number(0...scrollback.limit)) {
      scrollback.append(try SettledLine(from: &reader, limit: Limits.columns))
    }
    clusters = reader.clusters
    decorations = reader.decorations
  }

  private static func packed(_ stops: [Bool]) -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: (stops.count + 7) / 8)
    for (column, isStop) in stops.enumerated() where isStop {
      bytes[column / 8] |= 1 << UInt8(column % 8)
    }
    return bytes
  }

  private static func unpacked(_ bytes: ArraySlice<UInt8>, _ columns: Int) -> [Bool] {
    (0..<columns).map { bytes[bytes.startIndex + $0 / 8] & 1 << UInt8($0 % 8) != 0 }
  }
}

extension Modes {
  fileprivate init(from reader: inout SnapshotReader) throws(SnapshotDamage) {
    self.init(rawValue: UInt32(try reader.number(0...Int(UInt32.max))))
  }
}

extension Cursor {
  fileprivate func write(to writer: inout SnapshotWriter) {
    writer.number(row)
    writer.number(column)
    writer.flag(isWrapPending)
    writer.flag(isOrigin)
    writer.style(pen.style)
    writer.decoration(pen.decoration)
    writer.number(UInt64(pen.underlineColor.bits))
    writer.link(pen.link)
    charsets.write(to: &writer)
  }

  fileprivate init(
    from reader: inout SnapshotReader, columns: Int, rows: Int
  ) throws(SnapshotDamage) {
    row = try reader.number(0...rows - 1)
    column = try reader.number(0...columns - 1)
    isWrapPending = try reader.flag()
    isOrigin = try reader.flag()
    pen.style = try reader.style()
    pen.decoration = try reader.decoration()
    pen.underlineColor = PackedColor(bits: UInt32(try reader.number(0...(4 << 24) - 1)))
    pen.link = try reader.link()
    pen.updateWatch()
    charsets = try Charsets(from: &reader)
  }
}

extension Charsets {
  fileprivate func write(to writer: inout SnapshotWriter) {
    for number in UInt8(0)..<4 { writer.number(Int(self[number].rawValue)) }
    writer.number(Int(active))
    writer.number(Int(single ?? 0))
  }

  fileprivate init(from reader: inout SnapshotReader) throws(SnapshotDamage) {
    self.init()
    for number in UInt8(0)..<4 {
      guard let set = Charset(rawValue: UInt8(try reader.number(0...255))) else {
        throw SnapshotDamage()
      }
      self[number] = set
    }
    active = UInt8(try reader.number(0...3))
    let single = try reader.number(0...3)
    guard single != 1 else { throw SnapshotDamage() }
    self.single = single == 0 ? nil : UInt8(single)
  }
}
