/// The underline colours and links of cells, by number; 0 is neither.
///
/// Bounded like `ClusterTable`: when it is full of numbers in use, new ones are refused and the
/// text goes without.
struct DecorationTable: Sendable, Equatable {
  private struct Decoration: Sendable, Equatable, Hashable {
    var underlineColor: PackedColor
    var link: UInt32
  }

  private struct Link: Sendable, Equatable, Hashable {
    /// Cells of one link share its id; a link without id gets a number of its own (OSC 8).
    var id: String
    var target: String
  }

  private var decorations: [Decoration] = [Decoration(underlineColor: .default, link: 0)]
  private var numbers: [Decoration: UInt32] = [:]
  private var freeDecorations: [UInt32] = []
  private var links: [Link?] = [nil]
  private var linkNumbers: [Link: UInt32] = [:]
  private var freeLinks: [UInt32] = []
  private var refused = 0

  var wantsSweep: Bool {
    let full =
      freeDecorations.isEmpty && decorations.count >= Limits.decorations
      || freeLinks.isEmpty && links.count >= Limits.links
    return full && (refused == 0 || refused >= Limits.links)
  }

  mutating func number(underlineColor: PackedColor, link: UInt32) -> UInt32 {
    if underlineColor == .default, link == 0 { return 0 }
    let decoration = Decoration(underlineColor: underlineColor, link: link)
    if let number = numbers[decoration] { return number }
    let number: UInt32
    if let reused = freeDecorations.popLast() {
      number = reused
      decorations[Int(number)] = decoration
    } else if decorations.count < Limits.decorations {
      number = UInt32(decorations.count)
      decorations.append(decoration)
    } else {
      refused += 1
      return 0
    }
    numbers[decoration] = number
    return number
  }

  /// The number of a link; 0 when the table is full.
  mutating func link(id: String, target: String) -> UInt32 {
    let link = Link(id: id, target: target)
    if let number = linkNumbers[link] { return number }
    let number: UInt32
    if let reused = freeLinks.popLast() {
      number = reused
      links[Int(number)] = link
    } else if links.count < Limits.links {
      number = UInt32(links.count)
      links.append(link)
    } else {
      refused += 1
      return 0
    }
    linkNumbers[link] = number
    return number
  }

  func target(ofLink number: Int) -> String? {
    number > 0 && number < links.count ? links[number]?.target : nil
  }

  func id(ofLink number: Int) -> String? {
    number > 0 && number < links.count ? links[number]?.id : nil
  }

  func values(_ number: UInt32) -> (underlineColor: PackedColor, link: UInt32) {
    guard Int(number) < decorations.count else { return (.default, 0) }
    let decoration = decorations[Int(number)]
    return (decoration.underlineColor, decoration.link)
  }

  /// Frees what none of `used` names; `pens` are the links open for the next text.
  mutating func sweep(keeping used: Set<UInt32>, pens: Set<UInt32>) {
    var liveLinks = pens
    for number in used { liveLinks.insert(values(number).link) }
    numbers = numbers.filter { used.contains($0.value) }
    freeDecorations = decorations.indices.dropFirst().reversed().map(UInt32.init)
      .filter { !used.contains($0) }
    linkNumbers = linkNumbers.filter { liveLinks.contains($0.value) }
    freeLinks = []
    for index in links.indices.dropFirst().reversed() where !liveLinks.contains(UInt32(index)) {
      links[index] = nil
      freeLinks.append(UInt32(index))
    }
    refused = freeDecorations.isEmpty || freeLinks.isEmpty ? 1 : 0
  }
}
