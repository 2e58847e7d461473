internal import Platform
internal import SessionLog

/// One session that is to be read, and how far it was.
struct ReadJob: Sendable {
  var sid: Int64
  var id: SessionID
  var leaves: [LoggedLeaf]
  /// Lines whose rows are there already, if the root over them is still `root`.
  var skip: UInt64
  var root: [UInt8]?
}

/// What reading a session gave in the end.
struct SessionReading: Sendable {
  var verdict: SessionVerdict
  /// When the file's content had last changed before it was read, ns since 1970; nil without a file.
  var changed: Int64?
  var tally: SessionTally
  var context: SessionContext
  var traceID: String?
  var sourceIP: String?
  var authMethod: String?
  var tokenID: String?
}

/// What a reading thread hands to the writing one, in order.
enum ReadPiece: Sendable {
  /// A batch's rows.
  case block(EventBlock, SessionContext)
  /// Not the beginning that was indexed: all of it comes again.
  case restart
  case finished(SessionReading)
  case failed(SessionLogFailure)

  /// Bytes that it holds, roughly.
  var weight: Int {
    if case .block(let block, _) = self { return block.bytes.count + block.rows.count * 320 + 1 }
    return 4096
  }
}

extension ReadJob {
  /// Verifies the session and gives out its rows, from where they end; false if nobody wants more.
  func run(in store: Store, _ give: (ReadPiece) -> Bool) -> Bool {
    var skip = skip
    if skip == 0, !give(.restart) { return false }
    while true {
      var walk = SessionWalk(job: self, skip: skip)
      var isWanted = true
      let changed = store.changeTime(of: id)
      let verdict: SessionVerdict
      do throws(SessionLogFailure) {
        verdict = try SessionVerifier.verify(id, in: store, leaves: leaves) {
          (batch, isCommitted) throws(SessionLogFailure) in
          guard isCommitted, walk.isOnCourse else { return }
          if let piece = walk.take(batch), !give(piece) {
            isWanted = false
            throw SessionLogFailure(.system, "the index stopped", advice: "")
          }
        }
      } catch {
        return isWanted ? give(.failed(error)) : false
      }
      if skip > 0, !walk.isOnCourse || verdict.lines < skip {
        skip = 0
        guard give(.restart) else { return false }
        continue
      }
      let context = SessionContext(id, verdict.start, leaves: leaves)
      let reader = walk.reader
      return give(
        .finished(
          SessionReading(
            verdict: verdict, changed: changed, tally: reader.tally, context: context,
            traceID: reader.traceID,
            sourceIP: reader.sourceIP, authMethod: reader.authMethod, tokenID: reader.tokenID)))
    }
  }
}

extension Store {
  /// When a session's file last changed, ns since 1970; nil where there is none.
  func changeTime(of id: SessionID) -> Int64? {
    do throws(FileFailure) { return try system.status(of: sessionPath(of: id)).modified } catch {
      return nil
    }
  }
}

/// One walk over a session's committed batches.
private struct SessionWalk {
  private let job: ReadJob
  private let skip: UInt64
  private var context: SessionContext?
  private(set) var reader = EventReader()
  private(set) var isOnCourse = true

  init(job: ReadJob, skip: UInt64) { (self.job, self.skip) = (job, skip) }

  mutating func take(_ batch: borrowing Batch) -> ReadPiece? {
    guard let commit = batch.commit else { return nil }
    if context == nil {
      var start: SessionStart?
      if batch.firstLine == 0, let line = batch.line(0) {
        do { start = try SessionStart(parsing: line.bytes.span) } catch {}
      }
      context = SessionContext(job.id, start, leaves: job.leaves)
    }
    var block = EventBlock()
    if batch.firstLine < skip {
      isOnCourse = commit.lines <= skip && (commit.lines < skip || commit.root.bytes == job.root)
      reader.take(batch, wantsRows: false, into: &block)
      return nil
    }
    reader.take(batch, wantsRows: true, into: &block)
    guard let context else { return nil }
    return .block(block, context)
  }
}

/// Threads that read sessions ahead of the one that writes; sessions come back in the order they were asked for.
struct SessionReaders: ~Copyable {
  private let tasks: [Mailbox<ReadJob>]
  private let pieces: [Mailbox<ReadPiece>]
  private var workers: [Held] = []
  private var waiting: [[ReadPiece]]
  private var nextIn = 0

  private final class Held {
    var worker: Worker?
    init(_ worker: consuming Worker?) { self.worker = worker }
    func join() { worker.take()?.join() }
  }

  /// Bytes that one thread reads ahead.
  private static let ahead = 24 << 20

  init(_ store: Store, threads: Int) {
    var tasks: [Mailbox<ReadJob>] = []
    var pieces: [Mailbox<ReadPiece>] = []
    for _ in 0..<max(1, threads) {
      let task = Mailbox<ReadJob>(capacity: .max)
      let piece = Mailbox<ReadPiece>(capacity: Self.ahead)
      let worker = Worker {
        while let jobs = task.receive(waiting: nil) {
          for job in jobs {
            guard job.run(in: store, { piece.send($0, weight: $0.weight) }) else {
              piece.close()
              return
            }
          }
        }
        piece.close()
      }
      if worker == nil { continue }
      workers.append(Held(worker))
      tasks.append(task)
      pieces.append(piece)
    }
    self.tasks = tasks
    self.pieces = pieces
    waiting = Array(repeating: [], count: pieces.count)
  }

  deinit {
    for task in tasks { task.close() }
    for piece in pieces { piece.close() }
    for worker in workers { worker.join() }
  }

  var isEmpty: Bool { tasks.isEmpty }

  /// Asks for a session; which thread reads it.
  mutating func ask(_ job: ReadJob) -> Int {
    let thread = nextIn % tasks.count
    nextIn += 1
    _ = tasks[thread].send(job, weight: 1)
    return thread
  }

  /// The next piece of what `thread` reads; nil if it ended.
  mutating func next(from thread: Int) -> ReadPiece? {
    if waiting[thread].isEmpty {
      guard let more = pieces[thread].receive(waiting: nil) else { return nil }
      waiting[thread] = more.reversed()
    }
    return waiting[thread].popLast()
  }
}
