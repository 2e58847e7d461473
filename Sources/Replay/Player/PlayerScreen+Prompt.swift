internal import SessionLog

extension PlayerScreen {
  mutating func ask(_ kind: Prompt.Kind) {
    prompt = Prompt(kind, history: history[kind] ?? [])
  }

  mutating func type(_ key: Key, at now: UInt64) throws(SessionLogFailure) -> Wish {
    guard var prompt else { return .none }
    if key == .tab, prompt.kind == .command {
      let (text, words) = PlayerCommand.complete(prompt.string)
      prompt.replace(with: text)
      self.prompt = prompt
      if words.count > 1 { navigator.notice = words.joined(separator: " ") }
      return .none
    }
    switch prompt.press(key) {
    case .open: self.prompt = prompt
    case .cancelled: self.prompt = nil
    case .entered(let text):
      self.prompt = nil
      if !text.isEmpty, history[prompt.kind]?.last != text {
        history[prompt.kind, default: []].append(text)
        if history[prompt.kind, default: []].count > 100 { history[prompt.kind]?.removeFirst() }
      }
      return try enter(text, prompt.kind, at: now)
    }
    return .none
  }

  private mutating func enter(
    _ text: String, _ kind: Prompt.Kind, at now: UInt64
  ) throws(SessionLogFailure) -> Wish {
    switch kind {
    case .search, .searchBack:
      // An empty one goes on with the last, as in less.
      if text.isEmpty {
        navigator.find(.hit, forward: kind == .search)
      } else {
        navigator.search(text, forward: kind == .search)
      }
      return .none
    case .command:
      guard !text.isEmpty else { return .none }
      let command: PlayerCommand
      do throws(PlayerCommand.Fault) { command = try PlayerCommand(text) } catch {
        navigator.notice = error.says
        return .none
      }
      return try run(command, at: now)
    }
  }

  private mutating func run(
    _ command: PlayerCommand, at now: UInt64
  ) throws(SessionLogFailure) -> Wish {
    switch command {
    case .go(let point): navigator.go(point)
    case .speed(let speed): navigator.setSpeed(speed, at: now)
    case .idle(let limit): navigator.setIdleLimit(limit)
    case .loop(let isOn): navigator.loops = isOn
    case .follow(let isOn): follow(isOn)
    case .mouse(let isOn): wantsMouse = isOn
    case .utc(let isUTC):
      clock.isUTC = isUTC
      details.forget()
    case .search(let text): navigator.search(text, forward: true)
    case .action(let action): return try perform(action, at: now)
    }
    return .none
  }
}
