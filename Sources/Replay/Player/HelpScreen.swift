internal import Terminal
internal import Text

/// The keys, over the session; in pages where the window is too small for all of them.
package struct HelpScreen: Sendable {
  private static let keyWidth = 11
  private static let columnWidth = 56

  private enum Line: Equatable {
    case title(String)
    case key(String, String)
    case blank
  }

  /// What a key does, over several lines where the window is narrow.
  private static func lines(_ keys: String, _ says: String, width: Int) -> [Line] {
    let room = max(8, min(width, columnWidth) - keyWidth - 3)
    return DetailWrap.words(says, width: room).enumerated().map { index, part in
      .key(index == 0 ? keys : "", part)
    }
  }

  private static func lines(width: Int) -> [Line] {
    var lines: [Line] = []
    for group in KeyRow.Group.allCases {
      if !lines.isEmpty { lines.append(.blank) }
      lines.append(.title(group.rawValue))
      for row in KeyTable.rows where row.group == group {
        lines += Self.lines(row.keys, row.says, width: width)
      }
    }
    lines.append(.key("click", "timeline: go there; event: select it"))
    lines.append(.key("wheel", "scroll"))
    lines.append(.blank)
    lines.append(.title("On the timeline"))
    lines.append(.key("D A M", "denial, approval, masking"))
    lines.append(.key("U X * /", "unrecorded, hidden, marker, hit"))
    return lines
  }

  /// The lines in columns of at most so many rows; columns after those that show are of later pages.
  private static func columns(width: Int, rows: Int) -> (blocks: [[Line]], across: Int) {
    let (across, most) = (max(1, width / columnWidth), max(1, rows - 1))
    let all = lines(width: width)
    // All on one page with no group torn, where that can be.
    for height in max(1, (all.count + across - 1) / across)...max(most, all.count) {
      guard height <= most else { break }
      let blocks = whole(all, height)
      if blocks.count <= across { return (blocks, across) }
    }
    let torn = stride(from: 0, to: all.count, by: most).map {
      Array(all[$0..<min(all.count, $0 + most)])
    }
    return (torn, across)
  }

  /// Groups into columns of a height; a group that is higher itself gets more columns than there are.
  private static func whole(_ all: [Line], _ height: Int) -> [[Line]] {
    var blocks: [[Line]] = [[]]
    for group in all.split(separator: .blank) {
      let last = blocks[blocks.count - 1]
      if last.isEmpty {
        blocks[blocks.count - 1] = Array(group)
      } else if last.count + 1 + group.count <= height {
        blocks[blocks.count - 1] += [.blank] + group
      } else {
        blocks.append(Array(group))
      }
    }
    return blocks.allSatisfy { $0.count <= height } ? blocks : all.map { [$0] }
  }

  package static func pages(columns: Int, rows: Int) -> Int {
    let (blocks, across) = self.columns(width: columns, rows: rows)
    return (blocks.count + across - 1) / across
  }

  static func draw(page: Int, on frame: inout Frame, rows: Int) {
    let (blocks, across) = columns(width: frame.columns, rows: rows)
    let shown = Array(blocks.dropFirst(page * across).prefix(across))
    let width = min(frame.columns, max(1, shown.count) * columnWidth)
    let left = (frame.columns - width) / 2
    let height = min(rows, (shown.map(\.count).max() ?? 0) + 1)
    let top = max(0, (rows - height) / 2)
    var style = Style.plain
    style.attributes = .inverse
    var bold = style
    bold.attributes.insert(.bold)
    for row in top..<top + height {
      frame.fill(row: row, from: left, to: left + width, style: style)
    }
    let count = pages(columns: frame.columns, rows: rows)
    let title = count > 1 ? "Keys, page \(page + 1) of \(count); space: next" : "Keys"
    frame.put(title, row: top, column: left + 1, width: width - 2, style: bold)
    for (index, block) in shown.enumerated() {
      let column = left + 1 + index * columnWidth
      let end = min(left + width, column + columnWidth) - 1
      for (offset, line) in block.enumerated() {
        let row = top + 1 + offset
        switch line {
        case .blank: break
        case .title(let title):
          frame.put(title, row: row, column: column, width: end - column, style: bold)
        case .key(let keys, let says):
          frame.put(keys, row: row, column: column + 1, width: keyWidth - 1, style: bold)
          frame.put(
            says, row: row, column: column + 1 + keyWidth, width: end - column - 1 - keyWidth,
            style: style)
        }
      }
    }
    frame.cursor = nil
  }
}
