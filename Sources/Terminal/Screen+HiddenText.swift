/// Looks at text on its way to the cells; called only where there is something to look for.
extension Screen {
  /// Where the next character goes.
  private var place: (row: Int, column: Int) {
    cursor.isWrapPending ? (min(cursor.row + 1, rows - 1), left) : (cursor.row, cursor.column)
  }

  /// A run of 0x20...0x7E is about to be written.
  @inline(never)
  mutating func look(at bytes: Span<UInt8>, from start: Int, to end: Int) {
    let place = place
    hidden.index = start
    if cursor.pen.watch.contains(.invisible) { conceal(bytes, start, end, place) }
    if cursor.pen.watch.contains(.link) {
      noteLink(at: place)
      for index in start..<min(end, start + Limits.hiddenScalars) {
        hidden.link.append(UInt32(bytes[index]))
      }
    }
    guard hidden.watch.contains(.word) else { return }
    var index = start
    while index < end, Lookalikes.isLatin(UInt32(bytes[index])) {
      extendWord(UInt32(bytes[index]))
      index += 1
    }
    if index < end { endWord() }
  }

  private mutating func conceal(
    _ bytes: Span<UInt8>, _ start: Int, _ end: Int, _ place: (row: Int, column: Int)
  ) {
    var first = start
    while first < end, bytes[first] == 0x20 { first += 1 }
    guard first < end else { return }
    var text = ""
    for index in first..<min(end, first + Limits.hiddenScalars) {
      text.unicodeScalars.append(Unicode.Scalar(bytes[index]))
    }
    hidden.index = first
    hidden.add(
      unseen: cursor.pen.style.attributes.contains(.hidden) ? .concealed : .sameColor,
      row: place.row, column: place.column + first - start, width: end - first, text)
  }

  /// One character with cells of its own is about to be written.
  @inline(never)
  mutating func look(at scalar: UInt32, width: Int) {
    let place = place
    if cursor.pen.watch.contains(.invisible), Lookalikes.isText(scalar) {
      hidden.add(
        unseen: cursor.pen.style.attributes.contains(.hidden) ? .concealed : .sameColor,
        row: place.row, column: place.column, width: width,
        String(Character(Unicode.Scalar(scalar) ?? "\u{FFFD}")))
    }
    if cursor.pen.watch.contains(.link) {
      noteLink(at: place)
      hidden.link.append(scalar)
    }
    if Lookalikes.isLatin(scalar) || Lookalikes.isOtherLetter(scalar) {
      if hidden.watch.contains(.word) {
        extendWord(scalar)
      } else if Lookalikes.isLookalike(scalar) {
        beginWord(scalar, place)
      }
    } else {
      endWord()
    }
  }

  private mutating func noteLink(at place: (row: Int, column: Int)) {
    guard hidden.link.text.isEmpty else { return }
    hidden.link.row = place.row
    hidden.link.column = place.column
  }

  // MARK: - Words

  private mutating func beginWord(_ scalar: UInt32, _ place: (row: Int, column: Int)) {
    var word = WatchedWord()
    word.row = place.row
    word.column = place.column
    word.offset = hidden.offset
    // What stands before it in the row is the beginning of the word.
    let line = grid[place.row]
    while word.column > 0, place.column - word.column < 64,
      Lookalikes.isLatin(line[word.column - 1].text)
        || Lookalikes.isOtherLetter(line[word.column - 1].text)
    {
      word.column -= 1
    }
    hidden.word = word
    hidden.watch.insert(.word)
    for column in word.column..<place.column { extendWord(line[column].text) }
    extendWord(scalar)
  }

  private mutating func extendWord(_ scalar: UInt32) {
    if Lookalikes.isLatin(scalar) {
      hidden.word.hasLatin = true
    } else if !Lookalikes.isLookalike(scalar) {
      hidden.word.hasOther = true
    }
    if hidden.word.text.utf8.count < Limits.hiddenScalars {
      hidden.word.text.unicodeScalars.append(Unicode.Scalar(scalar) ?? "\u{FFFD}")
    }
  }

  /// The word before the cursor is over: anything but a letter came.
  mutating func endWord() {
    guard hidden.watch.contains(.word) else { return }
    hidden.watch.remove(.word)
    let word = hidden.word
    guard word.hasLatin, !word.hasOther else { return }
    hidden.add(.mixedScript, row: word.row, column: word.column, offset: word.offset, word.text)
  }

  /// Tells of what is found but not yet over.
  mutating func endWatches() {
    endWord()
  }

  // MARK: - Characters without width

  @inline(never)
  mutating func look(atInvisible scalar: UInt32) {
    if Lookalikes.isBidiControl(scalar) {
      hidden.add(
        .bidi, row: cursor.row, column: cursor.column, "U+" + String(scalar, radix: 16).uppercased()
      )
      return
    }
    var run = hidden.invisibles
    let length: UInt64 = scalar < 0x800 ? 2 : scalar < 0x10000 ? 3 : 4
    if hidden.offset != run.last &+ length { run = InvisibleRun() }
    run.last = hidden.offset
    // Marks are letters' own: it takes a heap of them to hide anything.
    run.count += Lookalikes.isMark(scalar) ? 1 : 3
    if (0xE0020...0xE007E).contains(scalar) {
      if run.tags.utf8.count < Limits.hiddenScalars {
        run.tags.unicodeScalars.append(Unicode.Scalar(UInt8(scalar - 0xE0000)))
      }
    }
    if !run.isReported, run.count >= 9, !isFlag(run) {
      run.isReported = true
      hidden.add(
        run.tags.isEmpty ? .zeroWidth : .tags, row: cursor.row, column: cursor.column, run.tags)
    } else if run.isReported, !run.tags.isEmpty {
      hidden.extend(tags: run.tags)
    }
    hidden.invisibles = run
  }

  /// The tags of a flag such as Scotland's: at most six after a black flag.
  private func isFlag(_ run: InvisibleRun) -> Bool {
    guard !run.tags.isEmpty, run.tags.utf8.count <= 6, run.count <= 3 * 7 else { return false }
    let column = cursor.isWrapPending ? cursor.column : cursor.column - 1
    guard column >= 0 else { return false }
    let cell = grid[cursor.row][column]
    let head = cell.isTail && column > 0 ? grid[cursor.row][column - 1] : cell
    return clusters.first(of: head.text) == 0x1F3F4
  }
}
