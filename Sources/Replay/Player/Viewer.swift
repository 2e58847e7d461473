package import Platform
package import SessionLog

/// The loop between a player and the viewer's terminal: one `poll`, no threads.
///
/// The terminal is as it was when `run` returns or throws, when the process is stopped, and when it
/// crashes. Nothing is ever asked of the terminal, so nothing is ever answered.
package struct Viewer: ~Copyable {
  package enum Ending: Sendable, Equatable {
    /// The viewer left.
    case quit
    /// All is played, and no keys are read.
    case played
    case signal(SignalPipe.Kind)
  }

  /// 60 frames a second at most; what is due meanwhile shows together.
  private static let frameInterval: UInt64 = 16_667
  /// The clock in the status line moves this often.
  private static let clockInterval: UInt64 = 100_000
  /// An escape sequence arrives in one piece, or over a slow line within this time.
  private static let escapeTimeout: UInt64 = 50_000

  /// Nil plays without reading keys.
  private let input: Int32?
  private let output: Int32
  private let clock: any Clock
  private var renderer: ScreenRenderer
  private var decoder = KeyDecoder()
  private var hasMouse = false
  /// When the escape came that may be a key or the beginning of a sequence.
  private var escapeTime: UInt64 = 0

  package init(input: Int32?, output: Int32, profile: TerminalProfile, clock: any Clock) {
    (self.input, self.output, self.clock) = (input, output, clock)
    renderer = ScreenRenderer(profile)
  }

  /// Why the loop could not go on.
  package enum Failure: Error {
    case session(SessionLogFailure)
    case terminal(FileFailure)
  }

  /// Shows `screen` until the viewer leaves; `verification` is asked now and then until it knows.
  package mutating func run(
    _ screen: inout PlayerScreen, verification: () -> Verification?
  ) throws(Failure) -> Ending {
    let signals = try onTerminal { () throws(FileFailure) in try SignalPipe() }
    RawMode.restoreAfterCrash(writing: ScreenRenderer.leave, to: output)
    let raw = try onTerminal { () throws(FileFailure) in try Self.raw(input) }
    try write(ScreenRenderer.enter)
    let result: Result<Ending, Failure>
    do throws(Failure) {
      result = .success(try loop(&screen, signals, raw, verification))
    } catch {
      result = .failure(error)
    }
    // A terminal that is gone cannot be restored, and need not be.
    do throws(Failure) { try write(ScreenRenderer.leave) } catch {}
    return try result.get()
  }

  private static func raw(_ input: Int32?) throws(FileFailure) -> RawMode? {
    guard let input else { return nil }
    return try RawMode(input)
  }

  private mutating func loop(
    _ screen: inout PlayerScreen, _ signals: borrowing SignalPipe, _ raw: borrowing RawMode?,
    _ verification: () -> Verification?
  ) throws(Failure) -> Ending {
    var lastFrame: UInt64 = 0
    while true {
      let now = clock.monotonic()
      screen.advance(to: now)
      if screen.verification == .checking, let known = verification() {
        screen.verification = known
      }
      // What came too soon after the last frame is drawn with the next one, and must not be slept over.
      let isDrawn = now &- lastFrame >= Self.frameInterval || lastFrame == 0
      if isDrawn {
        try draw(&screen)
        lastFrame = clock.monotonic()
        if input == nil, screen.isOver { return .played }
      }
      let ready = TerminalDevice.wait(
        for: [input ?? -1, signals.descriptor],
        timeout: timeout(
          screen, isDrawn: isDrawn, lastFrame: lastFrame, now: clock.monotonic()))
      if ready[1].isReadable {
        for signal in signals.received() {
          switch signal {
          case .interrupt, .terminate, .hangUp: return .signal(signal)
          case .stop: try stop(&screen, signals, raw)
          case .goOn: try enter(&screen, raw)
          case .resize: resize(&screen)
          }
        }
        lastFrame = 0
      }
      if ready[0].isReadable, let input {
        let bytes = TerminalDevice.read(input)
        if bytes.isEmpty, ready[0].isHungUp { return .signal(.hangUp) }
        for key in decoder.take(bytes) {
          guard try press(key, &screen, signals, raw) else { return .quit }
        }
        escapeTime = clock.monotonic()
        lastFrame = 0
      } else if ready[0].isHungUp {
        return .signal(.hangUp)
      } else if decoder.isWaiting, clock.monotonic() &- escapeTime >= Self.escapeTimeout,
        let key = decoder.timeout()
      {
        guard try press(key, &screen, signals, raw) else { return .quit }
        lastFrame = 0
      }
      if screen.isBusy {
        let moment = clock.monotonic()
        try onSession { () throws(SessionLogFailure) in try screen.work(now: moment) }
      }
      try setMouse(screen.wantsMouse)
    }
  }

  /// Milliseconds until something is due.
  private func timeout(
    _ screen: borrowing PlayerScreen, isDrawn: Bool, lastFrame: UInt64, now: UInt64
  ) -> Int32 {
    if screen.isWorking { return 0 }
    var due = isDrawn ? UInt64.max : lastFrame &+ Self.frameInterval
    if screen.player.isPlaying {
      let next = min(screen.deadline ?? .max, lastFrame &+ Self.clockInterval)
      due = min(due, max(next, lastFrame &+ Self.frameInterval))
    }
    // What is read elsewhere is taken as often as there is a frame to show it in.
    if screen.isBusy { due = min(due, now &+ Self.frameInterval / 2) }
    if screen.verification == .checking || screen.awaitsEnd {
      due = min(due, now &+ Self.clockInterval)
    }
    if decoder.isWaiting { due = min(due, escapeTime &+ Self.escapeTimeout) }
    guard due != .max else { return input == nil ? 0 : -1 }
    return due > now ? Int32(clamping: (due - now + 999) / 1000) : 0
  }

  /// Does what a key says; false to quit.
  private mutating func press(
    _ key: Key, _ screen: inout PlayerScreen, _ signals: borrowing SignalPipe,
    _ raw: borrowing RawMode?
  ) throws(Failure) -> Bool {
    let moment = clock.monotonic()
    let wish: PlayerScreen.Wish
    do { wish = try screen.press(key, at: moment) } catch { throw .session(error) }
    switch wish {
    case .none: break
    case .quit: return false
    case .redraw: renderer.forget()
    case .stop: try stop(&screen, signals, raw)
    }
    return true
  }

  /// Asks the terminal for mouse reports, or no longer; only where keys are read.
  private mutating func setMouse(_ wanted: Bool) throws(Failure) {
    let isOn = wanted && input != nil
    guard isOn != hasMouse else { return }
    hasMouse = isOn
    try write(isOn ? ScreenRenderer.mouseOn : ScreenRenderer.mouseOff)
  }

  private mutating func draw(_ screen: inout PlayerScreen) throws(Failure) {
    let frame: Frame
    do { frame = try screen.frame() } catch { throw .session(error) }
    let bytes = renderer.bytes(for: frame)
    if !bytes.isEmpty { try write(bytes) }
  }

  // MARK: signals

  /// Gives the terminal back, stops as the shell expects, and takes it again when the process goes on.
  private mutating func stop(
    _ screen: inout PlayerScreen, _ signals: borrowing SignalPipe, _ raw: borrowing RawMode?
  ) throws(Failure) {
    try write(ScreenRenderer.leave)
    raw?.suspend()
    signals.stop()
    try enter(&screen, raw)
  }

  private mutating func enter(
    _ screen: inout PlayerScreen, _ raw: borrowing RawMode?
  ) throws(Failure) {
    do { try raw?.resume() } catch { throw .terminal(error) }
    try write(ScreenRenderer.enter)
    hasMouse = false
    screen.resume(at: clock.monotonic())
    resize(&screen)
  }

  private mutating func resize(_ screen: inout PlayerScreen) {
    if let size = TerminalDevice.windowSize(of: output) { screen.resize(size) }
    renderer.forget()
  }

  // MARK: failures

  private func write(_ bytes: [UInt8]) throws(Failure) {
    do { try TerminalDevice.write(bytes, to: output) } catch { throw .terminal(error) }
  }

  private func onTerminal<R: ~Copyable>(
    _ body: () throws(FileFailure) -> R
  ) throws(Failure) -> R {
    do { return try body() } catch { throw .terminal(error) }
  }

  private func onSession(_ body: () throws(SessionLogFailure) -> Void) throws(Failure) {
    do { try body() } catch { throw .session(error) }
  }
}
