import Glibc

/// In memory where there is such a place; one directory a process, as libFuzzer may run several.
private let promises = ImportPromises(in: "/dev/shm/blackbox-fuzz-\(getpid())")

/// One input of libFuzzer; see `ImportPromises`.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzImport(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  guard let start else { return 0 }
  let bytes = Array(UnsafeBufferPointer(start: start, count: count))
  if let broken = promises.broken(by: bytes) { fatalError(broken) }
  return 0
}
