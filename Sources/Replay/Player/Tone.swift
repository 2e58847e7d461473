internal import Terminal

/// How something is said: colours of the sixteen that every theme has, with a word beside each.
enum Tone: Sendable, Equatable {
  case plain, dim, strong, good, warn, bad, info

  var style: Style {
    var style = Style.plain
    switch self {
    case .plain: break
    case .dim: style.attributes = .dim
    case .strong: style.attributes = .bold
    case .good: style.foreground = .indexed(2)
    case .warn: style.foreground = .indexed(3)
    case .bad:
      style.foreground = .indexed(1)
      style.attributes = .bold
    case .info: style.foreground = .indexed(6)
    }
    return style
  }

  /// The same on the line that is chosen.
  var chosen: Style {
    var style = style
    style.attributes.remove(.dim)
    style.attributes.formUnion([.inverse])
    return style
  }
}
