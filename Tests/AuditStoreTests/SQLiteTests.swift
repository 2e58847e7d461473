import Platform
import Testing

@testable import AuditStore

@Suite struct SQLiteTests {
  @Test func `the schema in the program is the schema on the page`() throws {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let page = try SystemFiles.shared.readSmallFile("/\(root)/schema/index.sql", limit: 1 << 20)
    #expect(String(decoding: page, as: UTF8.self) == IndexSchema.text.description)
  }

  @Test(arguments: hostile)
  func `an interpolated value is bound, never parsed`(_ text: String) throws {
    let database = try Database("", .memory, wait: 0)
    try database.run("CREATE TABLE t(a TEXT) STRICT")
    try database.run("INSERT INTO t VALUES(\(text))")
    let found = try database.value("SELECT a FROM t WHERE a = \(text)")
    guard case .text(let back) = found else {
      Issue.record("no text came back")
      return
    }
    // Byte by byte: Swift's own comparison takes two spellings of é for one.
    #expect(Array(back.utf8) == Array(text.utf8))
    #expect(try database.integer("SELECT count(*) FROM t") == 1)
  }

  @Test func `values of every kind come back as they went`() throws {
    let database = try Database("", .memory, wait: 0)
    let values: [SQLValue] = [
      .null, .integer(.min), .integer(.max), .real(1.5), .text(""), .blob([]), .blob([0, 255]),
    ]
    for value in values { #expect(try database.value("SELECT \(value)") == value) }
  }

  @Test func `a failed statement names its code and leaves the statement usable`() throws {
    let database = try Database("", .memory, wait: 0)
    try database.run("CREATE TABLE t(a INTEGER PRIMARY KEY) STRICT")
    let insert = try database.prepare("INSERT INTO t VALUES(?)")
    try insert.run([.integer(1)])
    let failure = #expect(throws: SQLiteFailure.self) { try insert.run([.text("secret")]) }
    #expect(failure?.message.contains("secret") == false)
    try insert.run([.integer(2)])
    #expect(try database.integer("SELECT count(*) FROM t") == 2)
  }

  @Test func `a transaction that throws leaves nothing`() throws {
    let database = try Database("", .memory, wait: 0)
    try database.run("CREATE TABLE t(a INTEGER) STRICT")
    #expect(throws: SQLiteFailure.self) {
      try database.transaction({ $0 }) { () throws(SQLiteFailure) in
        try database.run("INSERT INTO t VALUES(1)")
        throw SQLiteFailure(code: 1, message: "stop")
      }
    }
    #expect(try database.integer("SELECT count(*) FROM t") == 0)
    try database.transaction({ $0 }) { () throws(SQLiteFailure) in
      try database.run("INSERT INTO t VALUES(1)")
    }
    #expect(try database.integer("SELECT count(*) FROM t") == 1)
  }
}
