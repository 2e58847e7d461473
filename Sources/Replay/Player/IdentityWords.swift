internal import SessionLog
internal import Text

/// Who acted, for whom, on what: the chain from the person to the agent to the resource.
///
/// Its texts come from the recording as they are.
struct IdentityWords: Sendable, Equatable {
  private struct Part: Sendable, Equatable {
    var text: String
    /// The lowest goes first when there is no room; none goes that is 9.
    var rank: Int
  }

  private var parts: [Part] = []
  /// The agent and the person alone.
  private(set) var who = ""

  init(_ start: SessionStart?) {
    guard let start else {
      parts = [Part(text: "(who acted cannot be read)", rank: 9)]
      return
    }
    guard !start.isMerged else {
      parts = [Part(text: start.merged, rank: 9)]
      return
    }
    func name(_ identity: Identity) -> String { identity.name ?? identity.uid }
    // That nobody is named is a thing to know.
    let principal = start.principal.map { " for " + name($0) } ?? " (no principal)"
    who = name(start.agent) + principal
    parts.append(Part(text: name(start.agent), rank: 9))
    if let model = start.agent.model { parts.append(Part(text: " (" + model + ")", rank: 1)) }
    parts.append(Part(text: principal, rank: 9))
    parts += Self.delegation(start.json["delegation"]?.array ?? [])
    guard let resource = start.resource else { return }
    parts.append(Part(text: " → " + resource.uid, rank: 9))
    if let environment = resource.environment {
      parts.append(Part(text: " (" + environment + ")", rank: 8))
    }
  }

  private static func delegation(_ links: [JSONValue]) -> [Part] {
    guard !links.isEmpty else { return [] }
    // The first actor of the first link is the agent itself; who stands between shows.
    let between = (links.first?["act"]?.array ?? []).dropFirst().compactMap(EventFacts.name)
    let text = between.isEmpty ? " by delegation" : " via " + between.joined(separator: ", ")
    var parts = [Part(text: text, rank: 3)]
    if links.count > 1 { parts.append(Part(text: " (\(links.count) links)", rank: 2)) }
    if links.contains(where: { $0["proof"]?.string == "missing" }) {
      parts.append(Part(text: " UNPROVEN", rank: 9))
    }
    return parts
  }

  var text: String { parts.map(\.text).joined() }

  /// Without what counts least, as far as that is needed to fit so many columns.
  func text(fitting columns: Int) -> String {
    var parts = parts
    func width() -> Int { DisplayWidth.of(TerminalText.line(parts.map(\.text).joined())) }
    while width() > columns,
      let least = parts.indices.filter({ parts[$0].rank < 9 })
        .min(by: { parts[$0].rank < parts[$1].rank })
    {
      parts.remove(at: least)
    }
    return parts.map(\.text).joined()
  }
}

extension SessionStart {
  /// What a merged timeline is made of.
  var merged: String { "trace " + agent.uid }
}
