// Pictures in, guesses out: files, folders and standard input, as text, as JSON and as a picture.
import Foundation
import TestSupport
import Testing

@Suite struct PredictTests {
  let workspace: Workspace
  let folder: TemporaryFolder
  let pictures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appendingPathComponent("Fixtures/pictures").path

  init() throws {
    workspace = try Workspace.shared.get().workspace
    folder = try TemporaryFolder()
  }

  private var run: [String] { ["--run", "shared", "--runs", workspace.runs] }

  private func predict(_ arguments: String...) throws -> Outcome { try tpsnet(["predict"] + arguments + run) }

  @Test func onePictureHasBars() throws {
    let outcome = try predict("\(pictures)/turned-6.jpg", "--top", "3")
    #expect(outcome.code == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
    let lines = outcome.output.split(separator: "\n")
    #expect(lines.count == 3 && lines.allSatisfy { $0.contains("▕") && $0.hasSuffix(" %") })
    #expect(Set(lines.map(\.count)).count == 1)
  }

  @Test func foldersAndStandardInputAreRead() throws {
    let outcome = try predict(pictures, "--json", "--top", "20")
    // The animation alone cannot be judged.
    #expect(outcome.code == 1 && outcome.errorLines.count == 1 && outcome.errors.contains("animated.webp"))
    let rows = try #require(outcome.json()["images"] as? [[String: Any]])
    #expect(rows.count == 15)
    for row in rows {
      let image = try #require(row["image"] as? String)
      guard !image.hasSuffix("animated.webp") else {
        #expect((row["error"] as? String)?.contains("an animation") == true && row["top"] == nil)
        continue
      }
      #expect(row["width"] as? Int == 24 && row["height"] as? Int == 16)
      let top = try #require(row["top"] as? [[String: Any]])
      let probabilities = top.compactMap { $0["probability"] as? Double }
      #expect(top.count == 10 && abs(probabilities.reduce(0, +) - 1) < 1e-6)
      #expect(probabilities == probabilities.sorted(by: >))
      #expect(Set(top.compactMap { $0["name"] as? String }).contains("airplane"))
    }
    // The same pixels, whatever the format and orientation.
    let tops = rows.filter { ($0["image"] as? String)?.hasSuffix(".png") == true }.compactMap {
      ($0["top"] as? [[String: Any]])?.first?["probability"] as? Double
    }
    #expect(tops.count == 9 && Set(tops).count == 1)

    let shell = "\"$TPSNET\" predict - --json \(run.joined(separator: " ")) < '\(pictures)/picture.png'"
    let piped = try Program([], shell: shell).outcome()
    let row = try #require((piped.json()["images"] as? [[String: Any]])?.first)
    #expect(row["image"] as? String == "-")
    #expect(((row["top"] as? [[String: Any]])?.first?["probability"] as? Double) == tops[0])
  }

  /// As a pipe or terminal behaves that another program has asked not to wait.
  @Test func inputThatDoesNotWaitIsWaitedFor() throws {
    let pipe = Pipe()
    try #require(fcntl(pipe.fileHandleForReading.fileDescriptor, F_SETFL, O_NONBLOCK) == 0)
    let program = try Program(["predict", "-", "--json"] + run, input: pipe.fileHandleForReading)
    let start = ContinuousClock.now
    program.wait { ContinuousClock.now - start > .milliseconds(300) }
    try pipe.fileHandleForWriting.write(contentsOf: Data(contentsOf: URL(fileURLWithPath: "\(pictures)/picture.png")))
    try pipe.fileHandleForWriting.close()
    let outcome = try program.outcome()
    #expect(outcome.code == 0 && outcome.output.contains("probability"), "\(outcome.errors)")
  }

  @Test func saliencyIsAPicture() throws {
    let map = folder.path("map.png")
    let outcome = try predict("\(pictures)/picture.png", "--saliency", map)
    #expect(outcome.code == 0, "\(outcome.errors)")
    let header = try Data(contentsOf: URL(fileURLWithPath: map)).prefix(24)
    #expect(header.starts(with: [0x89, 0x50, 0x4E, 0x47]) && Array(header[16..<24]) == [0, 0, 1, 0, 0, 0, 1, 0])
    let nowhere = try predict("\(pictures)/picture.png", "--saliency", folder.path("none/map.png"))
    #expect(nowhere.code == 1 && nowhere.output == outcome.output, "\(nowhere.errors)")
    let several = try predict(pictures, "--saliency", map)
    #expect(several.code == 2 && several.errors.contains("name one"))
    let picture = "\(pictures)/picture.png"
    let before = try Data(contentsOf: URL(fileURLWithPath: picture))
    let over = try predict(
      picture, "--saliency", "\(pictures)/../\(URL(fileURLWithPath: pictures).lastPathComponent)/picture.png")
    #expect(over.code == 2 && over.errors.contains("would overwrite"), "\(over.errors)")
    #expect(try Data(contentsOf: URL(fileURLWithPath: picture)) == before)
  }

  @Test func whatIsMissingIsSaid() throws {
    #expect(try predict().code == 2)
    #expect(try predict("\(pictures)/picture.png", "--top", "0").code == 2)
    let missing = try predict(folder.path("none.png"))
    #expect(missing.code == 1 && missing.errorLines.count == 1 && missing.errors.contains("none.png"))
    // The others are judged all the same.
    let names = [folder.path("none.png"), "\(pictures)/picture.png", folder.path("nothing.png")]
    let three = try predict(names[0], names[1], names[2], "--json")
    #expect(three.code == 1 && three.errorLines.count == 2, "\(three.errors)")
    let rows = try #require(three.json()["images"] as? [[String: Any]])
    #expect(rows.map { $0["image"] as? String } == names)
    #expect(rows[0]["error"] is String && rows[1]["top"] is [Any] && rows[2]["error"] is String)
    let two = try predict(names[1], names[2])
    #expect(two.code == 1 && two.output.hasPrefix(names[1] + "\n"), "\(two.output)")
    let empty = try predict(folder.url.path)
    #expect(empty.code == 1 && empty.errors.contains("no PNG, JPEG or WebP images"))
    #expect(try tpsnet("predict", "\(pictures)/picture.png").code == 2)
  }

  @Test func trainingWritesForTensorBoard() throws {
    let files = try FileManager.default.contentsOfDirectory(atPath: workspace.file("shared", "").path)
    let events = try #require(files.first { $0.hasPrefix("events.out.tfevents.") })
    let bytes = try Data(contentsOf: workspace.file("shared", events))
    for tag in ["loss/train", "accuracy/validation", "accuracy/test", "learning_rate", "_hparams_/session_end_info"] {
      #expect(bytes.range(of: Data(tag.utf8)) != nil, "\(tag)")
    }
  }
}
