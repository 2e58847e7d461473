/// The lines that left the top of the primary screen, oldest first.
///
/// Lines lie in pages, each a few arrays and not one for each line: most of what a long session prints is kept only to
/// be dropped. A copy of the terminal shares all pages; what is written after the copy takes a new page at most.
struct Scrollback: Sendable {
  let limit: Int
  /// Pages before `firstPage` are empty: their lines are beyond the limit.
  private var pages: [LinePage] = []
  private var firstPage = 0
  /// Lines of the first page that are already beyond the limit.
  private var dropped = 0
  private(set) var count = 0

  init(limit: Int) {
    self.limit = limit
  }

  /// Line 0 is the oldest.
  subscript(_ index: Int) -> Line? {
    settled(index)?.line
  }

  func settled(_ index: Int) -> SettledLine? {
    guard let (page, line) = place(of: index) else { return nil }
    return pages[page][line]
  }

  /// Appends a line as UTF-8, without the blanks at its end; false where it holds clusters, which only their table knows.
  func appendText(of index: Int, to bytes: inout [UInt8]) -> Bool {
    guard let (page, line) = place(of: index) else { return true }
    return pages[page].appendText(of: line, to: &bytes)
  }

  private func place(of index: Int) -> (page: Int, line: Int)? {
    guard index >= 0, index < count else { return nil }
    let place = index + dropped
    return (firstPage + place / LinePage.lines, place % LinePage.lines)
  }

  mutating func append(_ line: Line) {
    guard limit > 0 else { return }
    openPage()
    pages[pages.count - 1].append(line)
    count += 1
    if count > limit { dropOldest() }
  }

  mutating func append(_ line: SettledLine) {
    guard limit > 0 else { return }
    openPage()
    pages[pages.count - 1].append(line)
    count += 1
    if count > limit { dropOldest() }
  }

  /// Makes the last page one with room.
  private mutating func openPage() {
    if pages.count > firstPage, pages[pages.count - 1].count < LinePage.lines { return }
    pages.append(LinePage())
  }

  private mutating func dropOldest() {
    count -= 1
    dropped += 1
    guard dropped == LinePage.lines else { return }
    pages[firstPage] = LinePage()
    firstPage += 1
    dropped = 0
    // Moved down now and then, not for each page.
    guard firstPage >= 64, firstPage * 2 >= pages.count else { return }
    pages.removeFirst(firstPage)
    firstPage = 0
  }

  /// Takes the newest line back, for a screen that grows.
  mutating func popLast() -> Line? {
    let line = settled(count - 1)?.line
    removeLast(1)
    return line
  }

  mutating func removeLast(_ lines: Int) {
    guard lines < count else { return removeAll() }
    var missing = lines
    while missing > 0, pages.count > firstPage {
      let here = min(missing, pages[pages.count - 1].count)
      pages[pages.count - 1].removeLast(here)
      if pages[pages.count - 1].count == 0 { pages.removeLast() }
      missing -= here
    }
    count -= lines
  }

  mutating func removeAll() {
    pages = []
    firstPage = 0
    dropped = 0
    count = 0
  }

  func forEach(_ body: (Line) -> Void) {
    for index in 0..<count {
      if let line = self[index] { body(line) }
    }
  }
}

extension Scrollback: Equatable {
  /// Compares the lines still held, not how they lie in pages.
  static func == (left: Scrollback, right: Scrollback) -> Bool {
    left.limit == right.limit && left.count == right.count
      && (0..<left.count).allSatisfy { left.settled($0) == right.settled($0) }
  }
}
