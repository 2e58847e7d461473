// swift-tools-version: 6.3
import PackageDescription

// Fuzzing of the emulator with libFuzzer, apart from the main package because the fuzzer brings its
// own `main`. `Sources/Terminal` is a link to the sources of the main package. See fuzz.sh.
let fuzzed: [SwiftSetting] = [
  .swiftLanguageMode(.v6), .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]

let package = Package(
  name: "fuzz",
  targets: [
    .target(name: "Terminal", swiftSettings: fuzzed),
    .executableTarget(
      name: "TerminalFuzz", dependencies: ["Terminal"],
      swiftSettings: fuzzed + [.unsafeFlags(["-parse-as-library"])]),
  ]
)
