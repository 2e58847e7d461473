internal import SessionLog
internal import Terminal

/// What is known of the event shown, with a cursor that folds and follows.
struct DetailPane: Sendable {
  private(set) var isRaw = false
  private var toggled: Set<String> = []
  /// All folded or all open; nil for what is usual.
  private var isFolded: Bool?
  private(set) var lines: [DetailLine] = []
  /// What the lines were made for.
  private var made: (event: Int, width: Int, links: Int) = (-1, 0, 0)
  private var isUnproven = false
  private var top = 0
  private var height = 1
  private(set) var cursor = 0

  mutating func toggleRaw() {
    isRaw.toggle()
    forget()
    (top, cursor) = (0, 0)
  }

  /// Makes the lines anew the next time.
  mutating func forget() { made.event = -1 }

  /// The lines are not those of this event any more.
  func isStale(event: Int, width: Int, links: Int, isUnproven: Bool) -> Bool {
    made != (event, width, links) || self.isUnproven != isUnproven
  }

  mutating func take(_ subject: DetailText.Subject, width: Int, links: Int) {
    if made.event != subject.number, made.event >= 0 {
      (top, cursor, toggled) = (0, 0, [])
      isFolded = nil
    }
    made = (subject.number, width, links)
    isUnproven = subject.isUnproven
    lines =
      isRaw
      ? DetailText.rawLines(of: subject, width: width)
      : DetailText.lines(of: subject, width: width, toggled: toggled, isFolded: isFolded)
    cursor = min(cursor, max(0, lines.count - 1))
  }

  mutating func move(_ count: Int) {
    cursor = min(max(0, cursor + count), max(0, lines.count - 1))
  }

  mutating func page(_ direction: Int) { move(direction * max(1, height - 1)) }

  mutating func scroll(_ count: Int) {
    top = min(max(0, top + count), max(0, lines.count - height))
    cursor = min(max(top, cursor), max(top, top + height - 1))
  }

  /// Puts the cursor on a row of the pane.
  mutating func point(row: Int) { move(top + row - cursor) }

  /// Folds or unfolds what is under the cursor; the event it speaks of, if it does.
  mutating func open() -> Int? {
    guard lines.indices.contains(cursor) else { return nil }
    if let event = lines[cursor].event { return event }
    if let path = lines[cursor].fold {
      toggled.formSymmetricDifference([path])
      made.width = -1
    }
    return nil
  }

  /// Folds all, or unfolds all where all was folded.
  mutating func foldAll() {
    isFolded = isFolded == true ? false : true
    toggled = []
    made.width = -1
  }

  mutating func draw(on frame: inout Frame, in rect: Rect, column offset: Int, hasFocus: Bool) {
    height = max(1, rect.rows)
    if cursor < top { top = cursor }
    if cursor >= top + height { top = cursor - height + 1 }
    top = min(top, max(0, lines.count - height))
    for row in 0..<rect.rows {
      guard lines.indices.contains(top + row) else { break }
      let isChosen = hasFocus && top + row == cursor
      if isChosen {
        frame.fill(
          row: rect.row + row, from: rect.column, to: rect.column + rect.columns,
          style: Tone.plain.chosen)
      }
      draw(lines[top + row], isChosen, offset, rect, rect.row + row, &frame)
    }
  }

  private func draw(
    _ line: DetailLine, _ isChosen: Bool, _ offset: Int, _ rect: Rect, _ row: Int,
    _ frame: inout Frame
  ) {
    var column = rect.column
    var skip = offset
    for span in line.spans {
      var text = span.text
      if skip > 0 {
        let cut = min(skip, text.count)
        text = String(text.dropFirst(cut))
        skip -= cut
      }
      let room = rect.column + rect.columns - column
      guard room > 0 else { return }
      column += frame.put(
        text, row: row, column: column, width: room,
        style: isChosen ? span.tone.chosen : span.tone.style)
    }
  }
}
