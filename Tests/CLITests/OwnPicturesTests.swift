// A folder of one's own pictures, from the first guess at a command to a training:
// what is seen, what is passed over, and what is refused with sizes that would do.
import Foundation
import TestSupport
import Testing

@Suite struct OwnPicturesTests {
  private let workspace: Workspace
  private let photos: String

  init() throws {
    workspace = try Workspace.shared.get().workspace
    let folder = workspace.folder
    let picture = try Data(contentsOf: Fixture.folder.appendingPathComponent("pictures/picture.png"))
    let name = "photos-\(UUID().uuidString.prefix(8))"
    for kind in ["cat", "dog"] {
      for number in 0..<12 { _ = try folder.write("\(name)/\(kind)/\(number).png", picture) }
    }
    for number in 0..<3 { _ = try folder.write("\(name)/cat/\(number).HEIC", picture) }
    _ = try folder.write("\(name)/dog/more/1.png", picture)
    photos = folder.path(name)
  }

  @Test func theFirstGuessesNameTheWay() throws {
    let asData = try tpsnet("train", "--data", photos)
    #expect(asData.code == 1 && asData.errors.contains("--dataset folder:\(photos)"), "\(asData.errors)")
    let bare = try tpsnet("train", "--dataset", photos)
    #expect(bare.code != 0 && bare.errors.contains("folder:\(photos)"), "\(bare.errors)")
    // All that is too large for so few is said at once.
    let plain = try tpsnet("train", "--dataset", "folder:\(photos)")
    #expect(plain.code == 2 && plain.errors.contains("2 classes: cat, dog\n"), "\(plain.errors)")
    #expect(plain.errors.contains("become 32×32 pixels"))
    let last = try #require(plain.errorLines.last)
    #expect(
      last.contains("2000 held out") && last.contains("batches of 500") && last.contains("--batch-size 1"), "\(last)")
  }

  @Test func whatIsPassedOverIsSaid() throws {
    let info = try tpsnet("data", "info", "--dataset", "folder:\(photos)")
    #expect(info.code == 0 && info.errors.contains("cat: 3 files (.heic) passed over"), "\(info.errors)")
    #expect(info.errors.contains("dog: 1 folder passed over"), "\(info.errors)")
  }

  @Test func aFewPicturesAreTrainedOn() throws {
    let settings = [
      "--dataset", "folder:\(photos)", "--batch-size", "4", "--epochs", "1", "--set", "data.validation=4", "--set",
      "data.mean=[0.5,0.5,0.5]", "--set", "data.std=[0.5,0.5,0.5]",
    ]
    let name = "photos-\(UUID().uuidString.prefix(8))"
    let outcome = try tpsnet(workspace.training(name) + settings)
    #expect(outcome.code == 0 && outcome.errors.contains(" in all are few: --epochs "), "\(outcome.errors)")
    #expect(outcome.output.contains("with 95 % confidence the accuracy on others like them is "), "\(outcome.output)")
    let test = try tpsnet("test", "--run", name, "--runs", workspace.runs, "--json").json()
    let mistakes = try #require(test["mistakes"] as? [[String: Any]])
    let files = mistakes.compactMap { $0["file"] as? String }
    #expect(files.count == mistakes.count && files.allSatisfy { $0.hasPrefix("cat/") || $0.hasPrefix("dog/") })
    let named = try tpsnet(workspace.training(name + "-3") + settings + ["--set", "model.classes=3"])
    #expect(named.code == 2 && named.errors.contains("model.classes: the network has 3 classes, the data set 2"))
  }

  /// A picture more in the folder, and nobody knows any more which were held out.
  @Test func changedFoldersAreNotHeldOutFrom() throws {
    let folder = try TemporaryFolder()
    let picture = Fixture.folder.appendingPathComponent("pictures/picture.png")
    func add(_ name: String) throws { _ = try folder.write("images/\(name).png", Data(contentsOf: picture)) }
    for part in ["train/a", "train/b", "test/a", "test/b"] {
      for number in 0..<8 { try add("\(part)/\(number)") }
    }
    let trained = try tpsnet(
      workspace.training(
        "pictures", "--dataset", "folder:\(folder.path("images"))", "--set", "model.classes=2", "--set",
        "data.validation=4", "--set", "data.mean=[0.5,0.5,0.5]", "--set", "data.std=[0.5,0.5,0.5]", "--batch-size", "4",
        "--epochs", "1"))
    #expect(trained.code == 0, "\(trained.errors)")
    let judge = ["test", "--run", "pictures", "--runs", workspace.runs, "--json", "--split"]
    #expect(try tpsnet(judge + ["validation"]).json()["images"] as? Int == 4)
    // Elsewhere they are the same images.
    try FileManager.default.copyItem(atPath: folder.path("images"), toPath: folder.path("moved"))
    let moved = try tpsnet(
      "train", "--weights", workspace.file("pictures", "checkpoints/best.safetensors").path, "--dataset",
      "folder:\(folder.path("moved"))", "--set", "data.validation=8", "--runs", workspace.runs)
    #expect(moved.code == 2 && moved.errors.contains("of the 8 images held out"), "\(moved.errors)")
    try add("train/a/more")
    let refused = try tpsnet(judge + ["validation"])
    #expect(refused.code == 2 && refused.errors.contains("has other training images"), "\(refused.errors)")
    #expect(try tpsnet(judge + ["test"]).json()["images"] as? Int == 16)
  }
}
