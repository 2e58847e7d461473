import Foundation
import Platform
import SessionLog
import StoreGenerator
import Testing

@testable import AuditStore

/// A generated store, whose every answer is known, asked through the index.
@Suite struct GeneratedTests {
  @Test func `every question and detection is answered exactly, also after a rebuild`() throws {
    let scene = try GeneratedStore(sessions: 330, events: 12_000, positives: 4)
    var wish = IndexWish()
    #expect(scene.truth.sessions == 330)
    let first = try AuditIndex.refresh(scene.store, now: 0, wish)
    #expect(first.contents.sessions == Int64(scene.truth.sessions))
    #expect(first.contents.events == Int64(scene.truth.events))
    #expect(first.text.sessions > 0)
    try scene.expectAnswers()
    let before = try scene.dump()
    wish.rebuilds = true
    wish.threads = 3
    _ = try AuditIndex.refresh(scene.store, now: 0, wish)
    try scene.expectAnswers()
    #expect(try scene.dump() == before)
  }

  @Test func `an index made in pieces by writers that die equals one made at once`() throws {
    let scene = try GeneratedStore(sessions: 220, events: 5000, positives: 2)
    _ = try AuditIndex.refresh(scene.store, now: 0)
    let whole = try scene.dump()
    for seed: UInt64 in 1...3 {
      scene.removeIndex()
      var dice = Dice(seed)
      for _ in 0..<12 { try scene.updateAndDie(&dice) }
      let reader = try Database(scene.store.indexPath, .readOnly, wait: 1000)
      #expect(try reader.value("PRAGMA quick_check(1)") == .text("ok"))
      _ = try AuditIndex.refresh(scene.store, now: 0)
      #expect(try scene.dump() == whole, "seed \(seed)")
    }
  }

  @Test func `two readers are answered while another writes`() throws {
    let scene = try GeneratedStore(sessions: 220, events: 5000, positives: 2)
    _ = try AuditIndex(scene.store, now: 0)
    let store = scene.store
    let done = Mailbox<Bool>(capacity: 16)
    let readers = (0..<2).map { _ in
      Held(
        Worker {
          var last: Int64 = 0
          var isSteady = true
          do {
            let database = try Database(store.indexPath, .readOnly, wait: 5000)
            for _ in 0..<400 {
              let count = try database.integer("SELECT count(*) FROM session")
              if count < last { isSteady = false }
              last = count
              // A session's row and its events come in one transaction.
              let torn = try database.integer(
                "SELECT count(*) FROM event WHERE sid NOT IN(SELECT sid FROM session) LIMIT 1")
              if torn > 0 { isSteady = false }
            }
          } catch { isSteady = false }
          _ = done.send(isSteady, weight: 1)
        })
    }
    _ = try AuditIndex.refresh(scene.store, now: 0)
    for reader in readers { reader.join() }
    done.close()
    #expect(done.receive(waiting: nil) == [true, true])
    try scene.expectAnswers()
  }

  @Test func `the search is made of words, left out, and made anew`() throws {
    let scene = try GeneratedStore(sessions: 220, events: 5000, positives: 2)
    var wish = IndexWish()
    wish.text = .words
    _ = try AuditIndex.refresh(scene.store, now: 0, wish)
    let database = try Database(scene.store.indexPath, .readOnly, wait: 1000)
    let hits: SQL = "SELECT count(*) FROM txt_fts WHERE txt_fts MATCH 'zebra'"
    #expect(try database.integer(hits) == 2)
    wish.text = .off
    _ = try AuditIndex.refresh(scene.store, now: 0, wish)
    let part: SQL = "SELECT count(*) FROM txt_fts WHERE body LIKE '%zebra-quartz%'"
    #expect(try database.integer(part) == 0)
    #expect(try database.integer("SELECT count(*) FROM txt WHERE body LIKE '%zebra-quartz%'") == 2)
    wish.text = .trigram
    _ = try AuditIndex.refresh(scene.store, now: 0, wish)
    try scene.expectAnswers()
  }

  private final class Held {
    private var worker: Worker?
    init(_ worker: consuming Worker?) { self.worker = worker }
    func join() { worker.take()?.join() }
  }
}

/// A store made by the generator in a directory of its own.
final class GeneratedStore {
  let root: String
  let store: Store
  let truth: Truth

  init(sessions: Int, events: Int, positives: Int) throws {
    var template = Array((access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp").utf8CString)
    template.removeLast()
    template += Array("/blackbox-made-XXXXXX".utf8CString)
    root = try #require(mkdtemp(&template).map { String(cString: $0) })
    var size = Size()
    (size.sessions, size.events, size.positives) = (sessions, events, positives)
    let generator = try Generator(at: root + "/store", state: root + "/state", size: size)
    try generator.run()
    truth = generator.truth
    store = try Store.open(root + "/store")
  }

  deinit { Fixture.remove(root) }

  func removeIndex() {
    for suffix in ["", "-wal", "-shm"] { unlink(store.indexPath + suffix) }
  }

  func dump() throws -> [String] { try Fixture.dump(store) }

  /// Begins an update and drops it in the middle of a transaction, as a killed process would.
  func updateAndDie(_ dice: inout Dice) throws {
    struct Killed: Error {}
    let stop = Int64(dice.next() % 60)
    let isTextToo = dice.next() % 2 == 0
    var index = try AuditIndex(store, now: 0)
    index.pieces = AuditIndex.Pieces(
      sessions: Int(dice.next() % 40) + 1, texts: Int64(dice.next() % 900) + 1,
      transactions: Int(stop % 7) + 1)
    do {
      try index.update()
      if isTextToo { try index.updateText() }
    } catch {
      guard error.what == AuditIndex.Pieces.stopped else { throw error }
    }
  }

  /// Asks what questions.sql asks, and compares with what the generator knows.
  func expectAnswers() throws {
    let page = try Self.statements()
    let database = try Database(store.indexPath, .readOnly, wait: 1000)
    #expect(page.count == 44)
    for (name, text) in page {
      let statement = try database.prepare(unchecked: text)
      for (key, value) in truth.parameters { try statement.set(named: ":" + key, .text(value)) }
      try statement.set(named: ":since", .integer(truth.since))
      try statement.set(named: ":until", .integer(truth.until))
      var rows: [[String]] = []
      while try statement.step() {
        rows.append(
          (0..<statement.columnCount).map {
            switch statement.value($0) {
            case .null: "-"
            case .integer(let number): String(number)
            case .text(let text): text
            case let other: "\(other)"
            }
          })
      }
      let found = rows.sorted { $0.lexicographicallyPrecedes($1) }
      let wanted = (truth.sets[name] ?? []).sorted { $0.lexicographicallyPrecedes($1) }
      if name != "Q1" { #expect(!wanted.isEmpty, "\(name) has nothing to find") }
      #expect(found == wanted, "\(name)")
    }
  }

  /// The statements of Benchmarks/index/questions.sql by name.
  private static func statements() throws -> [(String, String)] {
    let path = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "Benchmarks/index/questions.sql")
    var page: [(String, String)] = []
    for line in try String(contentsOf: path, encoding: .utf8).split(separator: "\n") {
      if line.hasPrefix("-- "), !line.dropFirst(3).contains(" ") {
        page.append((String(line.dropFirst(3)), ""))
      } else if !line.hasPrefix("--"), !page.isEmpty {
        page[page.count - 1].1 += line + "\n"
      }
    }
    return page
  }
}
