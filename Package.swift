// swift-tools-version: 6.2
// The package: one library target an idea, dependencies pointing one way, and the executable `tpsnet`.
import PackageDescription

// `Scripts/bootstrap` puts oneDNN's headers and library here (copies, or links to the system's), so the
// manifest never has to look at the machine; the run path lets executables start without variables.
let oneDNN = Context.packageDirectory + "/.deps/onednn"

// A warning that a later compiler brings is for us to mend, and no reason why a newcomer's build should fail.
let warnings: [SwiftSetting] =
  Context.environment["TPSNET_STRICT"] == nil ? [] : [.treatAllWarnings(as: .error)]
let strict: [SwiftSetting] =
  warnings + [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
  ]
let linkOneDNN: [LinkerSetting] = [
  .unsafeFlags(["-L\(oneDNN)/lib", "-Xlinker", "-rpath", "-Xlinker", "\(oneDNN)/lib"])
]

let package = Package(
  name: "tpsnet",
  products: [
    .library(
      name: "TPSNet", targets: ["Models", "Compute", "OneDNNBackend", "Datasets", "Formats", "Search", "Training"]),
    .executable(name: "tpsnet", targets: ["tpsnet"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/jpsim/Yams", from: "6.0.0"),
  ],
  targets: [
    .systemLibrary(name: "CArchive"),
    .systemLibrary(name: "CCairo"),
    .systemLibrary(name: "CCrypto"),
    .systemLibrary(name: "CPostgreSQL"),
    .systemLibrary(name: "CSQLite"),
    // Not CImageCodecs: C files are compiled in the reverse order of their paths, and after all Swift that is ready, but
    // Datasets, with most of the build behind it, waits for this one.
    .target(
      name: "ImageCodecs",
      linkerSettings: [.linkedLibrary("png"), .linkedLibrary("turbojpeg"), .linkedLibrary("webp")]),

    // Its folder of headers has a link to those of `.deps`.
    .target(name: "COneDNN"),

    .target(
      name: "CKernels", cSettings: [.unsafeFlags(["-O3", "-Wno-pass-failed"])],
      linkerSettings: [.unsafeFlags(["-l:libgomp.so.1"])]),

    .target(name: "Randomness"),
    .target(name: "Models"),
    .target(name: "Compute", dependencies: ["Models", "Randomness"]),
    .target(
      name: "OneDNNBackend", dependencies: ["CKernels", "COneDNN", "Compute", "Models", "Randomness"],
      linkerSettings: linkOneDNN),
    .target(
      name: "Datasets", dependencies: ["CArchive", "CCrypto", "Formats", "ImageCodecs", "Randomness"]),
    .target(name: "Formats"),
    .target(
      name: "Training",
      dependencies: ["Compute", "Datasets", "Formats", "Models", .product(name: "Yams", package: "Yams")]),
    .target(
      name: "Search",
      dependencies: [
        "CPostgreSQL", "CSQLite", "Compute", "Datasets", "Formats", "Models", "Randomness", "Training",
        .product(name: "Yams", package: "Yams"),
      ]),
    .target(name: "Plots", dependencies: ["CCairo"]),
    .target(
      name: "Reports", dependencies: ["Compute", "Datasets", "Formats", "Models", "Plots", "Search", "Training"]),
    .executableTarget(
      name: "tpsnet",
      dependencies: [
        "Compute", "Datasets", "Formats", "Models", "OneDNNBackend", "Randomness", "Reports", "Search", "Training",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),

    .executableTarget(
      name: "example-train", dependencies: ["Datasets", "Models", "OneDNNBackend", "Training"], path: "Examples/Train"),
    .executableTarget(
      name: "example-search", dependencies: ["Datasets", "Models", "OneDNNBackend", "Search", "Training"],
      path: "Examples/Search"),
    .executableTarget(
      name: "example-album", dependencies: ["Datasets", "OneDNNBackend", "Training"], path: "Examples/Album"),
    .executableTarget(name: "results-figures", dependencies: ["Plots"], path: "Experiments/Figures"),

    // What several test targets share; no product contains it. The parser of arguments is none of it, but would be
    // compiled after all tests, and the program after that alone.
    .target(
      name: "TestSupport",
      dependencies: [
        "Compute", "Formats", "Models", "Randomness",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Tests/TestSupport"),
    .testTarget(name: "CKernelsTests", dependencies: ["CKernels", "Randomness"]),
    .testTarget(name: "RandomnessTests", dependencies: ["Randomness"]),
    .testTarget(name: "ModelsTests", dependencies: ["Models"]),
    .testTarget(name: "ComputeTests", dependencies: ["Compute", "Models", "TestSupport"]),
    .testTarget(
      name: "OneDNNBackendTests", dependencies: ["Compute", "Models", "OneDNNBackend", "Randomness", "TestSupport"]),
    .testTarget(name: "DatasetsTests", dependencies: ["Datasets", "Formats", "Randomness", "TestSupport"]),
    .testTarget(name: "FormatsTests", dependencies: ["Formats", "TestSupport"]),
    .testTarget(
      name: "TrainingTests",
      dependencies: [
        "Compute", "Datasets", "Formats", "Models", "OneDNNBackend", "Randomness", "Reports", "TestSupport", "Training",
      ]),
    .testTarget(
      name: "ReportsTests",
      dependencies: ["Datasets", "Models", "Plots", "Reports", "Search", "TestSupport", "Training"]),
    .testTarget(name: "PlotsTests", dependencies: ["ImageCodecs", "Plots", "Randomness"]),
    // These two run the program and the examples; as dependencies, which `swift test` builds anyway, those would have to
    // be linked before the tests are compiled.
    .testTarget(
      name: "SearchTests",
      dependencies: ["CSQLite", "Compute", "Datasets", "Models", "Randomness", "Search", "TestSupport", "Training"]),
    .testTarget(name: "CLITests", dependencies: ["Formats", "Randomness", "Search", "TestSupport", "Training"]),
    .executableTarget(
      name: "tpsnet-fuzz",
      dependencies: [
        "Datasets", "Formats", "Models", "Randomness",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ], path: "Tests/Fuzzer"),
  ]
)

// What leaves computing to other modules. The three that are no tests compile in a quarter of the time, and what they do
// takes as long as before to within a second; optimizing the tests would take longer than it saves.
let unoptimized = [
  "Plots", "Reports", "tpsnet",
  "CLITests", "ComputeTests", "DatasetsTests", "FormatsTests", "ModelsTests", "OneDNNBackendTests", "PlotsTests",
  "RandomnessTests", "ReportsTests", "SearchTests", "TrainingTests",
]
// No second job for a module that nobody imports, no index of the system's modules.
let quickly = ["-Onone", "-no-emit-module-separately-wmo", "-index-ignore-system-modules"]

for target in package.targets where target.type != .system && target.type != .plugin {
  let isSwift = !target.name.hasPrefix("C") || target.name == "Compute" || target.name.hasSuffix("Tests")
  guard isSwift, target.name != "ImageCodecs" else { continue }
  target.swiftSettings =
    (target.swiftSettings ?? []) + strict + (unoptimized.contains(target.name) ? [.unsafeFlags(quickly)] : [])
}
