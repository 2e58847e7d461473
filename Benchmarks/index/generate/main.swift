// Makes a store of many agents' sessions and the answers to all questions about it:
//   generate-store [--sessions N] [--events N] [--seed N] [--days N] [--positives N]
//     [--only terminals|rows] DIRECTORY
// DIRECTORY gets `store`, `state` and `expected.json`; it must not hold them already.
import Glibc
import Platform
import SessionLog
import StoreGenerator

var size = Size()
var directory: String?
var arguments = CommandLine.arguments.dropFirst()[...]
func usage() -> Never {
  print(
    "usage: generate-store [--sessions N] [--events N] [--seed N] [--days N] [--positives N]"
      + " [--only terminals|rows] DIRECTORY")
  exit(2)
}
while let word = arguments.popFirst() {
  guard word.hasPrefix("--") else {
    directory = word
    continue
  }
  guard let value = arguments.popFirst() else { usage() }
  if word == "--only" {
    (size.onlyTerminals, size.onlyRows) = (value == "terminals", value == "rows")
    continue
  }
  guard let number = Int(value), number > 0 else { usage() }
  switch word {
  case "--sessions": size.sessions = number
  case "--events": size.events = number
  case "--seed": size.seed = UInt64(number)
  case "--days": size.days = Int64(number)
  case "--positives": size.positives = number
  default: usage()
  }
}
guard let directory else { usage() }
do {
  let generator = try Generator(at: directory + "/store", state: directory + "/state", size: size) {
    done in
    if done % 2000 < 200 { print("\(done) sessions") }
  }
  try generator.run()
  guard let file = unsafe fopen(directory + "/expected.json", "w") else { exit(8) }
  unsafe fputs(generator.truth.page(), file)
  unsafe fclose(file)
  print("\(generator.truth.sessions) sessions, \(generator.truth.events) events")
} catch {
  print("generate-store: \(error.what): \(error.found ?? "") \(error.place)")
  exit(1)
}
