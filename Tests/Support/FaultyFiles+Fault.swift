internal import Glibc

extension FaultyFiles {
  /// The calls of `FileSystem`, as faults and counters name them.
  package enum Operation: String, Sendable, CaseIterable {
    case open, close, write, read, sync, truncate, lock, list, rename, remove
    case status, statusOfPath, makeDirectory
  }

  /// What happens to a call that a fault meets.
  package enum Effect: Sendable {
    /// The call fails with an errno value; `landing`: its effect is there all the same.
    case fail(Int32, landing: Bool)
    /// A read or write takes no more than so many bytes.
    ///
    /// Others are not touched.
    case short(Int)
    /// A sync fails with an errno value, and afterwards the pages count as clean: a later sync says
    /// yes and makes nothing of them durable. With a seed, a random part had reached the disk.
    case loseDirtyPages(Int32, seed: UInt64?)
    /// The machine or process dies in the call, of which so many bytes (of other calls: all, unless
    /// it is 0) still land. Every later call fails; see `crash(seed:)` and `kill()`.
    case die(landing: Int)
  }

  /// One entry of a fault plan.
  package struct Fault: Sendable {
    /// Nil: every operation.
    package var operation: Operation?
    /// Nil: every path; otherwise only paths that contain this.
    package var path: String?
    /// Which of the calls that fit is the first to be met, from 1.
    package var first: Int
    /// How many calls are met; `.max`: all from then on.
    package var times: Int
    package var effect: Effect
    fileprivate var seen = 0

    package init(
      _ operation: Operation? = nil, on path: String? = nil, at first: Int = 1, times: Int = 1,
      _ effect: Effect
    ) {
      self.operation = operation
      self.path = path
      self.first = first
      self.times = times
      self.effect = effect
    }

    /// Counts a call and says whether it is met.
    mutating func meets(_ operation: Operation, _ path: String) -> Bool {
      if let wanted = self.operation, wanted != operation { return false }
      if let part = self.path, !path.contains(part) { return false }
      seen += 1
      return seen >= first && seen - first < times
    }
  }

  /// Adds an entry to the plan; the first entry that meets a call decides.
  package func inject(_ fault: Fault) { state.withLock { $0.faults.append(fault) } }

  /// Ends the plan: the disk is well from now on.
  package func heal() { state.withLock { $0.faults.removeAll() } }

  /// Dies in the call with this number, counted over all operations from 1 from now on.
  package func die(atCall number: Int, landing: Int = 0) {
    inject(Fault(at: number, .die(landing: landing)))
  }

  /// How many bytes files may still grow; nil is without end.
  ///
  /// Where some room is left a write is short, where none is left it fails with ENOSPC.
  /// Cutting and removing files gives room back.
  package var space: Int? {
    get { state.withLock { $0.disk.space } }
    set { state.withLock { $0.disk.space = newValue } }
  }

  /// Whether `syncFileSystem` can be relied on, as on ext4.
  package var syncsWhole: Bool {
    get { state.withLock { $0.syncsWhole } }
    set { state.withLock { $0.syncsWhole = newValue } }
  }

  /// Calls so far, those that failed included.
  package var calls: Int { state.withLock { $0.calls.values.reduce(0, +) } }

  /// Calls of one operation so far, those that failed included.
  package func calls(of operation: Operation) -> Int {
    state.withLock { $0.calls[operation, default: 0] }
  }

  /// What was called and what came of it, like `write /s/a @0 +5 = 3` and `sync /s/a data ! EIO`.
  package var trace: [String] { state.withLock { $0.trace } }

  /// True after a death; every call fails with EIO.
  package var isDead: Bool { state.withLock { $0.isDead } }

  static func name(of code: Int32) -> String {
    switch code {
    case EIO: "EIO"
    case EINTR: "EINTR"
    case ENOSPC: "ENOSPC"
    case EDQUOT: "EDQUOT"
    case ENOENT: "ENOENT"
    case EEXIST: "EEXIST"
    case ENOTDIR: "ENOTDIR"
    case EISDIR: "EISDIR"
    case ELOOP: "ELOOP"
    case EBADF: "EBADF"
    case EINVAL: "EINVAL"
    case ENOTEMPTY: "ENOTEMPTY"
    case EACCES: "EACCES"
    case EROFS: "EROFS"
    case EMFILE: "EMFILE"
    default: "errno \(code)"
    }
  }
}
