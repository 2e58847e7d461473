// How fast the emulator takes a stream: emulator-bench FILE ROUNDS, prints MB per second of CPU,
// best to worst, as the driver of libvterm beside it does. Screen 132 x 43, pieces of 64 KiB,
// scrollback as `VirtualTerminal` has it when nobody asks for another.
import Glibc
import Terminal

let chunk = 65_536
let arguments = CommandLine.arguments
guard arguments.count == 3, let rounds = Int(arguments[2]), (1...99).contains(rounds) else {
  print("usage: emulator-bench FILE ROUNDS")
  exit(2)
}
guard let bytes = contents(of: arguments[1]), !bytes.isEmpty else {
  print("emulator-bench: \(arguments[1]) cannot be read")
  exit(8)
}
var speeds: [Double] = []
for _ in 0..<rounds {
  var terminal = VirtualTerminal(columns: 132, rows: 43)
  let start = cpuSeconds()
  var position = 0
  while position < bytes.count {
    let end = min(position + chunk, bytes.count)
    terminal.feed(bytes.span.extracting(position..<end))
    position = end
  }
  speeds.append(Double(bytes.count) / (cpuSeconds() - start) / 1e6)
  // What was drawn is used, so that drawing it cannot be left out.
  if terminal.screenText().count != 43 { exit(1) }
}
for speed in speeds.sorted(by: >) { print(Double(Int(speed * 10)) / 10) }

func cpuSeconds() -> Double {
  var now = timespec()
  unsafe clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now)
  return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
}

func contents(of path: String) -> [UInt8]? {
  guard let file = unsafe fopen(path, "rb") else { return nil }
  defer { unsafe fclose(file) }
  var bytes: [UInt8] = []
  var buffer = [UInt8](repeating: 0, count: 1 << 20)
  while true {
    let count = unsafe fread(&buffer, 1, buffer.count, file)
    if count == 0 { return bytes }
    bytes += buffer[..<count]
  }
}
