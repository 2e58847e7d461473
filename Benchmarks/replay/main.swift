// The figures of replay's engine on one recording: replay-bench SESSION SNAPSHOTS [PATTERN]
// SNAPSHOTS is a file that is made where it is missing; then the run shows what the first viewer waits for, else the next.
internal import Glibc
internal import Platform
internal import Replay
internal import SessionLog
internal import Text

let clock = SystemClock()
func since(_ start: UInt64) -> Double { Double(clock.monotonic() - start) / 1000 }
func rounded(_ value: Double) -> Double { (value * 10).rounded() / 10 }

/// Peak of resident memory, in MB.
func peak() -> Int {
  guard let file = unsafe fopen("/proc/self/status", "r") else { return 0 }
  defer { unsafe fclose(file) }
  var line = [CChar](repeating: 0, count: 256)
  while unsafe fgets(&line, 256, file) != nil {
    let text = String(
      decoding: line.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    if text.hasPrefix("VmHWM:") { return (Int(text.filter(\.isNumber)) ?? 0) / 1024 }
  }
  return 0
}

func seeks(_ stage: inout Stage, _ count: Int, to last: Int) throws -> [Double] {
  var state: UInt64 = 42
  return try (0..<count).map { _ in
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    let start = clock.monotonic()
    try stage.seek(to: Int((state >> 33) % UInt64(max(1, last))))
    return since(start)
  }.sorted()
}

func tell(_ what: String, _ sorted: [Double]) {
  guard let worst = sorted.last else { return }
  print(
    what, "median", rounded(sorted[sorted.count / 2]), "p99",
    rounded(sorted[sorted.count * 99 / 100]), "worst",
    rounded(worst), "ms")
}

func find(_ stage: inout Stage, _ pattern: String) throws {
  let start = clock.monotonic()
  guard let search = stage.beginSearch(try SearchPattern(typed: pattern)) else { return }
  var first: Double?
  while !search.progress.isComplete {
    if first == nil, search.progress.count > 0 { first = since(start) }
    usleep(500)
  }
  print(
    "search", pattern, "hits", search.progress.count, "first after", rounded(first ?? since(start)),
    "ms, all after",
    rounded(since(start)), "ms")
}

func measure(_ path: String, _ snapshots: String, _ pattern: String) throws {
  let begin = clock.monotonic()
  var stage = Stage(try Recording.open(path, named: true, in: SystemFiles.shared))
  stage.loadInBackground(SnapshotPlaces([snapshots]))
  try stage.seek(to: 0)
  print("first screen after", rounded(since(begin)), "ms; memory", peak(), "MB")
  if stage.timeline.isComplete {
    tell("seeks at once, unconfirmed:", try seeks(&stage, 100, to: stage.timeline.last))
    try find(&stage, pattern)
  }
  var during: [Double] = []
  var next = 0.05
  while stage.isLoading {
    _ = try stage.readOn()
    if stage.progress > next, stage.timeline.count > 10 {
      next += 0.05
      during += try seeks(&stage, 4, to: stage.timeline.last)
    }
  }
  print("read, verified and played after", rounded(since(begin) / 1000), "s; memory", peak(), "MB")
  print(
    "events", stage.timeline.count, "keyframes", stage.keyframeCount, "of",
    stage.keyframeCost / 1024, "KiB")
  tell("seeks while loading:", during.sorted())
  tell("seeks:", try seeks(&stage, 300, to: stage.timeline.last))
  for text in [pattern, "/[0-9]+ in the hay/", "/error: [a-z]+ [0-9]{9}/"] {
    try find(&stage, text)
  }
  print("-- in nearly every row, and what no piece of three letters can pass over; each twice")
  for text in [
    "took", "e", "q", "INFO", "/took/", "/ [0-9]+ ms$/", "/^[0-9-]+T/", "/\\b[a-f]+\\b/",
    "/[0-9]{12}/",
    "/x.*y.*z/",
  ] {
    try find(&stage, text)
    try find(&stage, text)
  }
  print("memory", peak(), "MB")
  // The thread that leaves snapshots.
  usleep(1_500_000)
}

guard CommandLine.arguments.count >= 3 else {
  print("usage: replay-bench SESSION SNAPSHOTS [PATTERN]")
  exit(2)
}
do {
  try measure(
    CommandLine.arguments[1], CommandLine.arguments[2],
    CommandLine.arguments.count > 3 ? CommandLine.arguments[3] : "needle-1")
} catch {
  print("failed:", error)
  exit(1)
}
