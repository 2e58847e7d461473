// swift-tools-version: 6.3
import PackageDescription

let house: [SwiftSetting] = [
  .swiftLanguageMode(.v6), .treatAllWarnings(as: .error), .strictMemorySafety(),
  .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
]
let tests: [SwiftSetting] = [
  .swiftLanguageMode(.v6), .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"), .enableUpcomingFeature("InternalImportsByDefault"),
]

// The house, bottom floor first. Imports point down only; siblings never import each other.
let package = Package(
  name: "blackbox",
  products: [.executable(name: "blackbox", targets: ["blackbox"])],
  targets: [
    .systemLibrary(name: "CZstd", pkgConfig: "libzstd", providers: [.apt(["libzstd-dev"])]),
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CSQLite", pkgConfig: "sqlite3", providers: [.apt(["libsqlite3-dev"])]),
    .target(name: "CPosix"),
    .target(name: "Platform", dependencies: ["CZstd", "CCrypto", "CPosix"], swiftSettings: house),

    .target(name: "Evidence", dependencies: ["Platform"], swiftSettings: house),

    .target(name: "SessionLog", dependencies: ["Evidence", "Platform"], swiftSettings: house),
    .target(name: "Terminal", swiftSettings: house),
    .target(name: "Text", swiftSettings: house),

    .target(
      name: "Recorder", dependencies: ["SessionLog", "Evidence", "Platform"], swiftSettings: house),
    .target(
      name: "AuditStore",
      dependencies: ["SessionLog", "Terminal", "Text", "Evidence", "Platform", "CSQLite"],
      swiftSettings: house),
    .target(
      name: "Replay", dependencies: ["SessionLog", "Terminal", "Text", "Evidence", "Platform"],
      swiftSettings: house),
    .target(
      name: "Custody", dependencies: ["SessionLog", "Text", "Evidence", "Platform"],
      swiftSettings: house),

    .executableTarget(
      name: "blackbox",
      dependencies: [
        "Recorder", "AuditStore", "Replay", "Custody", "SessionLog", "Terminal", "Text", "Evidence",
        "Platform",
      ],
      swiftSettings: house),

    .executableTarget(
      name: "emulator-bench", dependencies: ["Terminal"], path: "Benchmarks/emulator",
      exclude: ["casts.py", "doors.sh", "libvterm.c", "run.sh", "streams.py"], swiftSettings: house),

    .target(
      name: "StoreGenerator", dependencies: ["SessionLog", "Platform"],
      path: "Benchmarks/index/Generator", swiftSettings: house),
    .executableTarget(
      name: "generate-store", dependencies: ["StoreGenerator", "SessionLog", "Platform"],
      path: "Benchmarks/index/generate", swiftSettings: house),

    .executableTarget(
      name: "replay-bench", dependencies: ["Replay", "SessionLog", "Text", "Platform"],
      path: "Benchmarks/replay", exclude: ["drive.py", "run.sh", "session.py"],
      swiftSettings: house),

    .target(
      name: "TestSupport", dependencies: ["SessionLog", "Evidence", "Platform"],
      path: "Tests/Support", swiftSettings: tests),
    .testTarget(
      name: "PlatformTests", dependencies: ["Platform", "TestSupport"], swiftSettings: tests),
    .testTarget(
      name: "EvidenceTests", dependencies: ["Evidence", "TestSupport"], swiftSettings: tests),
    .testTarget(
      name: "SessionLogTests", dependencies: ["SessionLog", "TestSupport"], swiftSettings: tests),
    .testTarget(name: "TerminalTests", dependencies: ["Terminal"], swiftSettings: tests),
    .testTarget(name: "TextTests", dependencies: ["Text"], swiftSettings: tests),
    .testTarget(
      name: "RecorderTests", dependencies: ["Recorder", "TestSupport"], swiftSettings: tests),
    .testTarget(
      name: "AuditStoreTests", dependencies: ["AuditStore", "StoreGenerator", "TestSupport"],
      swiftSettings: tests),
    .testTarget(
      name: "ReplayTests", dependencies: ["Recorder", "Replay", "Terminal", "TestSupport"],
      swiftSettings: tests),
    .testTarget(
      name: "CustodyTests", dependencies: ["Custody", "Recorder", "TestSupport"],
      swiftSettings: tests),
    .testTarget(
      name: "CommandTests",
      dependencies: [
        "blackbox", "Replay", "TestSupport", "Terminal", "Platform", "SessionLog",
      ],
      exclude: ["Golden"],
      swiftSettings: tests),
  ]
)
