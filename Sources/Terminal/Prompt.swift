/// What a shell shows where it waits for a command.
extension VirtualTerminal {
  /// The text up to the cursor where it looks like a prompt: a sign that shells end theirs with, and room behind it.
  ///
  /// Nil where it does not. A guess from looks: other programs ask with `>` or `:` as well.
  package var prompt: String? {
    let cursor = cursor
    guard cursor.column > 0,
      cursor.column < 3 || row(cursor.row).cell(cursor.column - 1).text == " "
    else { return nil }
    let text = text(ofRow: cursor.row, upTo: cursor.column)
    let bare = text.drop { $0 == " " }
    guard let sign = bare.last(where: { $0 != " " }), "$#%>❯»λ➜".contains(sign), bare.count <= 120
    else { return nil }
    return text
  }

  /// The text of a row's first cells, blanks included.
  package func text(ofRow index: Int, upTo column: Int) -> String {
    let line = row(index)
    return (0..<column).map { line.cell($0).text }.joined()
  }
}
