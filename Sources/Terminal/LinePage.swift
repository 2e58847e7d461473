/// Lines that will not change any more, one behind the other in a few arrays.
///
/// The page grows at its end and is dropped whole.
struct LinePage: Sendable {
  /// Lines a page holds.
  static let lines = 128

  /// Where a line ends in each of the arrays; it begins where the one before it ends.
  private struct End: Sendable {
    var ascii = 0
    var contents = 0
    var runs = 0
    var isWrapped = false
  }

  private var ends: [End] = []
  /// See `SettledLine`: a line has cells in one of the two.
  private var ascii: [UInt8] = []
  private var contents: [UInt32] = []
  private var runs: [SettledLine.Run] = []

  var count: Int { ends.count }

  private func start(of line: Int) -> End { line > 0 ? ends[line - 1] : End() }

  subscript(_ line: Int) -> SettledLine {
    let (start, end) = (start(of: line), ends[line])
    return SettledLine(
      ascii: Array(ascii[start.ascii..<end.ascii]),
      contents: Array(contents[start.contents..<end.contents]),
      runs: Array(runs[start.runs..<end.runs]), isWrapped: end.isWrapped)
  }

  mutating func append(_ line: SettledLine) {
    ascii.append(contentsOf: line.ascii)
    contents.append(contentsOf: line.contents)
    runs.append(contentsOf: line.runs)
    end(line.isWrapped)
  }

  mutating func append(_ line: Line) {
    let cells = line.cells.span
    var end = min(line.occupied, cells.count)
    while end > 0, cells[end - 1] == .blank { end -= 1 }
    if ends.isEmpty { reserve(end) }
    var mixed: UInt32 = 0
    var last = PackedCell.blank
    for column in 0..<end {
      let cell = cells[column]
      mixed |= cell.content ^ PackedCell.narrow
      if !cell.isStyled(as: last) {
        runs.append(
          SettledLine.Run(start: column, style: cell.style, decoration: cell.decoration))
        last = cell
      }
    }
    // Not through `mutableSpan`: with one for each of two arrays, in two branches, optimised code (Swift 6.3.1) then
    // appends to a third, `ends`, in place although a copy shares it.
    if mixed < 0x80 {
      let first = ascii.count
      ascii.append(contentsOf: repeatElement(0, count: end))
      unsafe ascii.withUnsafeMutableBufferPointer { target in
        for column in 0..<end {
          unsafe target[first + column] = UInt8(truncatingIfNeeded: cells[column].content)
        }
      }
    } else {
      let first = contents.count
      contents.append(contentsOf: repeatElement(0, count: end))
      unsafe contents.withUnsafeMutableBufferPointer { target in
        for column in 0..<end { unsafe target[first + column] = cells[column].content }
      }
    }
    self.end(line.isWrapped)
  }

  private mutating func end(_ isWrapped: Bool) {
    ends.append(
      End(ascii: ascii.count, contents: contents.count, runs: runs.count, isWrapped: isWrapped))
  }

  /// Lines of a session are much of one length.
  private mutating func reserve(_ cells: Int) {
    ends.reserveCapacity(Self.lines)
    ascii.reserveCapacity(max(32, cells) * Self.lines)
    runs.reserveCapacity(2 * Self.lines)
  }

  mutating func removeLast(_ lines: Int) {
    guard lines > 0 else { return }
    ends.removeLast(lines)
    let end = ends.last ?? End()
    ascii.removeLast(ascii.count - end.ascii)
    contents.removeLast(contents.count - end.contents)
    runs.removeLast(runs.count - end.runs)
  }

  /// Appends a line as UTF-8, without the blanks at its end; false where it holds clusters, which only their table knows.
  func appendText(of line: Int, to bytes: inout [UInt8]) -> Bool {
    let (start, end) = (start(of: line), ends[line])
    let first = bytes.count
    if end.contents == start.contents {
      bytes.append(contentsOf: ascii[start.ascii..<end.ascii])
      for index in first..<bytes.count where bytes[index] == 0 { bytes[index] = 0x20 }
    } else {
      for content in contents[start.contents..<end.contents]
      where content >> PackedCell.widthShift & 3 != 0 {
        let text = content & PackedCell.textMask
        if text & PackedCell.clusterBit != 0 {
          bytes.removeLast(bytes.count - first)
          return false
        }
        if let scalar = Unicode.Scalar(text == 0 ? 0x20 : text) { bytes.append(utf8: scalar.value) }
      }
    }
    while bytes.count > first, bytes[bytes.count - 1] == 0x20 { bytes.removeLast() }
    return true
  }
}
