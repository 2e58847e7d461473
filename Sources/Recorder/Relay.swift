internal import Glibc
internal import Platform
internal import SessionLog
internal import Synchronization

/// The loop between the user's terminal and the child's: passes bytes, signals and sizes, and hands all output to the
/// thread that writes before it waits for more.
///
/// It never waits for one side alone: a screen that takes nothing, or a child that reads nothing, leaves the other
/// directions going.
struct Relay: ~Copyable {
  static let signals = [
    SIGWINCH, SIGCHLD, SIGTERM, SIGINT, SIGQUIT, SIGHUP, SIGTSTP, SIGCONT, SIGUSR1, SIGUSR2,
  ]
  /// Bytes that wait for the screen, or for the child, at most.
  private static let waiting = 256 << 10
  /// Pieces of output that are taken at a time, and how often that is done before anything else is looked at.
  private static let burst = 16
  private static let rounds = 16
  /// Bytes that a kernel gives at a time while a terminal has more.
  private static let fullPiece = 4095
  /// Microseconds that the output of a child that ended may be quiet before its last bytes are taken as read.
  private static let quiet: UInt64 = 100_000
  /// Microseconds and bytes that are read after the child's end while others still write.
  private static let farewell: UInt64 = 1_000_000
  private static let farewellBytes = 1 << 20
  /// Microseconds from SIGTERM to a hangup, and to the end.
  private static let termination: (hangUp: UInt64, kill: UInt64) = (1_000_000, 5_000_000)

  let child: PseudoTerminal
  private let signals: SignalSource
  let state: RecordingState
  let clock: any Clock
  private let screen: Int32?
  private let output: ScreenOutput
  private let marks: MarkListener?
  let request: RecordingRequest
  private(set) var session: SessionID
  private var watch: ClockWatch

  /// Typed bytes that the child's terminal has not taken yet, shown bytes that the screen has not.
  private var typed = ByteQueue()
  private var shown = ByteQueue()
  private var buffer = [UInt8](repeating: 0, count: 64 << 10)
  private var size: WindowSize?
  private var raw: RawMode?
  private var isRaw = false
  /// False while another job has the terminal: then neither its keys nor its settings are this one's.
  private var isForeground = true

  private var status: ExitStatus?
  private var endedAt: UInt64 = 0
  private var lastOutput: UInt64 = 0
  private var bytesAfterEnd = 0
  /// All that the child wrote before its end was taken.
  private var hasLastWords = false
  /// No more is read: only what is on its way to the screen is waited for.
  private var isAllRead = false
  private var isOver = false
  private var terminatedAt: UInt64?
  private var hasHungUp = false
  private var hasInput = false
  private var hasScreen = true
  /// Why the screen was lost, until that is said.
  private var screenFailure: FileFailure?
  private let isTerminal = TerminalDevice.isTerminal(1)
  private var returns = AddedReturns()

  var secrets: SecretInput
  private var masked = (count: 0, reason: SecretInput.Reason.echoOff)
  /// Bytes that passed since the pause began; nil while there is none.
  var pausedBytes: UInt64?
  var sentBarriers: UInt64 = 0

  /// Why the recording cannot go on, once the writing thread said so.
  private(set) var failure: RecordingFailure?
  /// The child was ended because nothing may run unrecorded.
  private(set) var endedChild = false
  private(set) var closed: RecordingReceipt?
  private var waits = RecordingState.ToldWaits()

  init(
    child: consuming PseudoTerminal, signals: consuming SignalSource, state: RecordingState,
    clock: any Clock, screen: Int32?, size: WindowSize, marks: MarkListener?,
    request: RecordingRequest, session: SessionID
  ) {
    self.child = child
    self.signals = signals
    self.state = state
    self.clock = clock
    self.screen = screen
    self.size = size
    secrets = SecretInput(size)
    self.marks = marks
    self.request = request
    self.session = session
    watch = ClockWatch(clock)
    output = ScreenOutput(1)
  }

  /// Runs until the child has ended and its last output was taken.
  mutating func run(readsInput: Bool, notify: (RecordingNotice) -> Void) -> ExitStatus {
    if readsInput {
      RawMode.restoreAfterCrash(writing: [], to: 1)
      hasInput = true
      takeTerminal()
    }
    // A size that changed before signals were heard.
    resize()
    while !isOver {
      let flows = passOn()
      gatherInterests()
      interests.wait(milliseconds: flows ? 0 : patience())
      if interests.isReadable(1) { handleSignals(notify) }
      if interests.isWritable(0) { sendTyped() }
      if interests.isReadable(2) { readTyped() }
      if interests.isWritable(3) || interests.isReadable(3) { sendShown() }
      if !isForeground { takeTerminal() }
      hear(notify)
      if interests.isReadable(0) { takeOutput() }
      let asking = 4..<max(4, interests.count)
      if isAnswering || asking.contains(where: { interests.isReadable($0) }) { serviceMarks() }
      checkTime()
    }
    pass(returns.finish())
    sendShown()
    hear(notify)
    flushMasked()
    if let lost = pausedBytes { capture(.resume("the session ends", actor: nil, lost: lost, now)) }
    let end = status ?? child.exitStatus(wait: true) ?? .exited(255)
    raw = nil
    let isLeft = status != nil && lastTransfer != .over
    _ = state.capture(
      .end(EndOfSession(reason: "client", status: end, leftRunning: isLeft), now), weight: 0)
    return end
  }

  private var interests = Polling.Interests()
  private var lastTransfer = PseudoTerminal.Transfer.later
  private var hasRested = false
  /// Output came since nothing more was there to pass on.
  private var flows = false
  /// Bytes that were taken from the child, and that the screen took.
  private var moved: UInt64 = 0
  var now: UInt64 { clock.monotonic() }

  /// True unless what is typed would have to wait for the record.
  private var canRecordInput: Bool {
    request.input == .off || pausedBytes != nil || state.captured.hasRoom
  }

  private var isAnswering: Bool { marks?.isAnswering ?? false }

  /// The child, signals, the keyboard, the screen, and then the marks.
  private mutating func gatherInterests() {
    interests.removeAll()
    // What cannot be recorded now is not read now.
    let isOpen = lastTransfer != .over
    let reads = isOpen && hasRoom
    let writes = isOpen && !typed.isEmpty
    interests.add(reads || writes ? child.descriptor : -1, reads: reads, writes: writes)
    interests.add(signals.descriptor)
    interests.add(hasInput && isForeground && typed.count < Self.waiting && canRecordInput ? 0 : -1)
    interests.add(shown.isEmpty ? -1 : output.descriptor, reads: false, writes: true)
    // Marks weigh nothing, so that none makes the loop wait: they are heard while there is room.
    if let marks, state.captured.hasRoom {
      for descriptor in marks.descriptors { interests.add(descriptor) }
    }
  }

  private func patience() -> Int32 {
    if status != nil { return 20 }
    if isAnswering || !state.captured.hasRoom { return 5 }
    return terminatedAt == nil && lastTransfer != .over && isForeground ? 1000 : 100
  }

  // MARK: From the child to the screen

  /// Passes on what there is, while output flows; true if there may be more.
  ///
  /// It does not ask first what is ready: that costs as much as to try. What time is left goes to the record.
  private mutating func passOn() -> Bool {
    guard flows else { return false }
    for _ in 0..<Self.rounds {
      let before = moved
      if lastTransfer != .over, hasRoom { takeOutput() }
      sendShown()
      if moved == before, !state.help() {
        flows = false
        return false
      }
      // More than the time that is left can do.
      while state.captured.isCrowded, state.help() {}
    }
    return true
  }

  /// Takes output in the pieces that the kernel gives, and shows each before it takes the next: so whoever reads the
  /// screen and the child work at the same time.
  private mutating func takeOutput() {
    for _ in 0..<Self.burst {
      lastTransfer = PseudoTerminal.read(child.descriptor, into: &buffer)
      // `over`: nobody has the terminal open now; a child that lives on may open it again.
      guard case .bytes(let count) = lastTransfer, take(count) else { return }
      // A short piece was the last one for now; to ask again would cost a call.
      guard count >= Self.fullPiece, hasRoom else { return }
    }
  }

  /// Records and shows the first bytes of the buffer; false where the record refuses.
  private mutating func take(_ count: Int) -> Bool {
    lastOutput = now
    // Small pieces are the last ones for now, as a rule.
    if count >= Self.fullPiece { flows = true }
    moved &+= UInt64(count)
    if status != nil { bytesAfterEnd += count }
    if request.input == .masked { secrets.shown(Array(buffer[..<count])) }
    // The record first, then the screen; where the record refuses, nothing more is let through.
    if pausedBytes != nil {
      pausedBytes? += UInt64(count)
    } else if !state.capture(output: buffer.span.extracting(..<count), at: lastOutput) {
      stop()
      return false
    }
    guard hasScreen else { return true }
    if isTerminal {
      pass(bufferTo: count)
    } else {
      // A file or pipe gets what the program wrote, not what its terminal made of it.
      pass(returns.remove(from: Array(buffer[..<count]), child.lineMode?.addsReturns ?? false))
    }
    return true
  }

  /// True if one more piece of output can be recorded and kept for the screen.
  ///
  /// At an end that was asked for, the last output is recorded whether or not the screen takes it.
  private var hasRoom: Bool {
    !isAllRead && state.captured.hasRoom
      && (shown.count < Self.waiting || terminatedAt != nil && status != nil)
  }

  /// Shows the first bytes of the buffer.
  private mutating func pass(bufferTo end: Int) {
    guard shown.isEmpty else {
      shown.append(buffer, 0..<end)
      return sendShown()
    }
    switch output.write(buffer.span.extracting(..<end)) {
    case .bytes(let count): shown.append(buffer, count..<end)
    case .later: shown.append(buffer, 0..<end)
    case .over: loseScreen()
    }
  }

  private mutating func pass(_ bytes: [UInt8]) {
    guard !bytes.isEmpty else { return }
    shown.append(bytes)
    sendShown()
  }

  private mutating func sendShown() {
    while !shown.isEmpty {
      let offered = min(shown.count, Self.waiting)
      switch shown.withFirst(offered, { output.write($0) }) {
      case .bytes(let count):
        shown.drop(count)
        moved &+= UInt64(count)
        // To ask again what is full would cost a call.
        guard count == offered else { return }
      case .later: return
      case .over: return loseScreen()
      }
    }
  }

  /// The reader is gone, or nothing more can be written: a hangup is the nearest to what the child would hear without a
  /// recorder between.
  private mutating func loseScreen() {
    hasScreen = false
    screenFailure = output.failure
    shown.removeAll()
    if status == nil { child.hangUp() }
  }

  // MARK: From the keyboard to the child

  private mutating func readTyped() {
    switch PseudoTerminal.read(0, into: &buffer) {
    case .bytes(let count):
      let bytes = Array(buffer[..<count])
      record(typed: bytes)
      typed.append(bytes)
      sendTyped()
    case .later: break
    case .over:
      // The terminal is gone; what the child does about a hangup is its own affair.
      hasInput = false
      if status == nil { child.hangUp() }
    }
  }

  private mutating func sendTyped() {
    while !typed.isEmpty {
      switch typed.withFirst(64 << 10, { child.write($0) }) {
      case .bytes(let count): typed.drop(count)
      case .later: return
      case .over: return typed.removeAll()
      }
    }
  }

  private mutating func record(typed bytes: [UInt8]) {
    guard request.input != .off else { return }
    guard pausedBytes == nil else {
      pausedBytes? += UInt64(bytes.count)
      return
    }
    if request.input == .masked, let reason = secrets.reason(for: bytes, child.lineMode) {
      if reason != masked.reason { flushMasked() }
      masked = (masked.count + bytes.count, reason)
      // One count for the whole answer: not even the rhythm of the keys is kept.
      if bytes.contains(where: { $0 == 0x0D || $0 == 0x0A }) { flushMasked() }
      return
    }
    flushMasked()
    if !state.capture(.input(bytes, now), weight: bytes.count) { stop() }
  }

  private mutating func flushMasked() {
    guard masked.count > 0 else { return }
    capture(.masked(masked.count, masked.reason.text, now))
    masked.count = 0
  }

  // MARK: Signals and time

  private mutating func handleSignals(_ notify: (RecordingNotice) -> Void) {
    while let number = signals.next() {
      switch number {
      case SIGWINCH: resize()
      case SIGCHLD:
        guard status == nil else { continue }
        status = child.exitStatus(wait: false)
        if status != nil, endedAt == 0 { endedAt = now }
      case SIGTSTP: suspend()
      // The shell may have set the terminal for itself meanwhile.
      case SIGCONT: takeTerminal()
      case SIGUSR1: pause("asked by a signal", nil)
      case SIGUSR2: resume("asked by a signal", nil)
      case SIGHUP: if status == nil { child.hangUp() }
      case SIGINT, SIGQUIT: if status == nil { child.signalForeground(number) }
      default:
        // Once politely; then with the hangup that a shell cannot ignore; then for good.
        if status == nil { child.signal(SIGTERM) }
        if terminatedAt == nil { terminatedAt = now }
      }
    }
  }

  private mutating func resize() {
    guard let found = screen.flatMap({ TerminalDevice.windowSize(of: $0) }), found != size else {
      return
    }
    size = found
    secrets.resize(found)
    child.resize(columns: found.columns, rows: found.rows)
    capture(.resize(columns: found.columns, rows: found.rows, now))
  }

  /// Stops with the shell that this runs in; the child stands still as soon as it has something to show.
  private mutating func suspend() {
    capture(.pause("suspended: nothing passes until the recorder is continued", actor: nil, now))
    sentBarriers += 1
    let until = now + 1_000_000
    while state.barriers.load(ordering: .acquiring) < sentBarriers, now < until {
      Platform.pause(milliseconds: 2)
    }
    raw?.suspend()
    stopThisProcess()
    takeTerminal()
    capture(.resume("continued", actor: nil, lost: 0, now))
    sentBarriers += 1
    resize()
  }

  /// Makes the terminal raw where it is this job's.
  private mutating func takeTerminal() {
    guard hasInput else {
      isForeground = true
      return
    }
    isForeground = TerminalDevice.isForeground(0)
    guard isForeground else { return }
    do throws(FileFailure) {
      guard !isRaw else {
        try raw?.resume()
        return
      }
      // Where output goes elsewhere, others show theirs on this terminal: the next one of a pipeline.
      raw = try RawMode(0, keepsOutput: !TerminalDevice.isSame(0, 1))
      isRaw = true
    } catch {
      // A terminal that cannot be made raw is still a terminal: the session goes on with line editing.
    }
  }

  private mutating func checkTime() {
    let moment = now
    if let step = watch.look(at: moment) { capture(.clockStep(step, moment)) }
    if let terminatedAt, status == nil {
      if !hasHungUp, moment &- terminatedAt > Self.termination.hangUp {
        hasHungUp = true
        child.hangUp()
      }
      if moment &- terminatedAt > Self.termination.kill { stop() }
    }
    guard status != nil else {
      // Asked again after a pause: a terminal that nobody has open is always ready to say so.
      if lastTransfer == .over {
        if hasRested { lastTransfer = .later }
        hasRested.toggle()
      }
      return
    }
    // A screen that was stopped is waited for, as any program would; not when this one was told to end.
    // Not asked again: others may write on for ever.
    if !isAllRead { isAllRead = isRead(moment) }
    isOver = isAllRead && (shown.isEmpty || terminatedAt != nil)
  }

  /// True once all output of a child that ended was taken, and of others on its terminal as much as they are given.
  ///
  /// That nothing more is there is known only by asking, since the end: an answer from before may be out of date, and
  /// without room none is got.
  private mutating func isRead(_ moment: UInt64) -> Bool {
    guard hasRoom else { return false }
    takeOutput()
    switch lastTransfer {
    case .over: return true
    case .later: hasLastWords = true
    case .bytes: break
    }
    if bytesAfterEnd > Self.farewellBytes { return true }
    guard hasLastWords else { return false }
    let isSilent =
      lastTransfer == .later && moment &- min(moment, max(lastOutput, endedAt)) > Self.quiet
    return isSilent || moment &- endedAt > Self.farewell && bytesAfterEnd > 0
  }

  // MARK: The recording

  /// Hands over what is no stream of bytes: that never waits, or a full disk would keep signals from being heard.
  private mutating func capture(_ item: Captured) {
    if !state.capture(item, weight: 0) { stop() }
  }

  /// Nothing may run unrecorded.
  private mutating func stop() {
    guard status == nil else { return }
    endedChild = true
    child.signalForeground(SIGKILL)
    child.signal(SIGKILL)
  }

  /// Hears what the writing thread has to say.
  private mutating func hear(_ notify: (RecordingNotice) -> Void) {
    if let failure = screenFailure {
      screenFailure = nil
      notify(.outputLost(failure))
    }
    if let changes = state.changes.receive(waiting: 0) { hear(changes, notify) }
  }

  /// Hears the writing thread out, once the child has ended.
  mutating func hearOut(notify: (RecordingNotice) -> Void) {
    while let changes = state.changes.receive(waiting: nil) { hear(changes, notify) }
  }

  private mutating func hear(
    _ changes: [RecordingState.Change], _ notify: (RecordingNotice) -> Void
  ) {
    for change in changes {
      if let receipt = change.closed {
        closed = receipt
        continue
      }
      if let failure = change.failure {
        self.failure = failure
        stop()
        continue
      }
      if let reason = change.failing {
        notify(.failing(reason))
        continue
      }
      if let id = change.session, id != session {
        session = id
        notify(.began(id))
      }
      waits.tell(change, notify)
    }
  }

  /// Stops recording, if whoever started the recorder allowed it; the answer says so.
  @discardableResult
  mutating func pause(_ reason: String, _ actor: Identity?) -> String? {
    guard request.allowsPause else {
      capture(.pauseRefused(actor: actor, now))
      sentBarriers += 1
      return "refused pauses are not allowed in this session (record --allow-pause)"
    }
    guard pausedBytes == nil else { return nil }
    flushMasked()
    pausedBytes = 0
    capture(.pause(reason, actor: actor, now))
    sentBarriers += 1
    return nil
  }

  /// Records again.
  mutating func resume(_ reason: String, _ actor: Identity?) {
    guard let lost = pausedBytes else { return }
    pausedBytes = nil
    capture(.resume(reason, actor: actor, lost: lost, now))
    sentBarriers += 1
  }

  private mutating func serviceMarks() {
    guard let marks else { return }
    marks.service(barriers: state.barriers.load(ordering: .acquiring)) { request, author in
      switch request {
      case .note(let text):
        capture(.mark(text, author: author, now))
        sentBarriers += 1
      case .pause(let reason):
        if let refusal = pause(reason, author) { return (refusal, sentBarriers) }
      case .resume(let reason): resume(reason, author)
      }
      return ("ok \(session.text)", sentBarriers)
    }
  }
}
