/// One input of libFuzzer; see `TerminalPromises`.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzTerminal(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let start else { return 0 }
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  if let broken = TerminalPromises.broken(by: bytes) { fatalError(broken) }
  return 0
}
