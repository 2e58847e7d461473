// swift-tools-version: 6.3
import PackageDescription

// Fuzzing of the emulator and of the importers with libFuzzer, apart from the main package because
// the fuzzer brings its own `main`. The modules in `Sources` are links to those of the main package.
// See fuzz.sh.
let fuzzed: [SwiftSetting] = [
  .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]
// A fuzzer may look into a module as a test does.
let open = fuzzed + [.unsafeFlags(["-enable-testing"])]
let fuzzer = fuzzed + [.unsafeFlags(["-parse-as-library"])]

let package = Package(
  name: "fuzz",
  targets: [
    .target(name: "Terminal", swiftSettings: fuzzed),
    .executableTarget(
      name: "TerminalFuzz", dependencies: ["Terminal"], swiftSettings: fuzzer),

    .systemLibrary(name: "CZstd", pkgConfig: "libzstd"),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto"),
    .target(name: "CPosix"),
    .target(name: "Platform", dependencies: ["CZstd", "CCrypto", "CPosix"], swiftSettings: fuzzed),
    .target(name: "Evidence", dependencies: ["Platform"], swiftSettings: fuzzed),
    .target(name: "SessionLog", dependencies: ["Evidence", "Platform"], swiftSettings: fuzzed),
    .target(
      name: "Recorder", dependencies: ["SessionLog", "Evidence", "Platform"], swiftSettings: open),
    .executableTarget(
      name: "ImportFuzz", dependencies: ["Recorder", "SessionLog", "Evidence", "Platform"],
      swiftSettings: fuzzer),
  ]
)
