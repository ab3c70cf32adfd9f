// The image set's checks and statistics, and the words and directories by which data is named.
import Datasets
import Foundation
import Testing

@Suite struct ImageSetTests {
  @Test func sizesAndLabelsMustFit() {
    func make(_ bytes: Int, _ labels: [Int32]) -> DatasetError? {
      failure {
        _ = try ImageSet(
          pixels: [UInt8](repeating: 0, count: bytes), labels: labels, height: 2, width: 2, classNames: ["a", "b"])
      }
    }
    #expect(make(24, [0, 1]) == nil)
    #expect(make(23, [0, 1]) != nil)
    #expect(make(24, [0, 2])?.problem.contains("label 2") == true)
    #expect(make(24, [0, -1]) != nil)
  }

  @Test func statisticsAreOfThePopulation() throws {
    let set = try ImageSet(
      pixels: [0, 255, 51, 51, 0, 0, 255, 255, 51, 51, 0, 102], labels: [0, 1], height: 1, width: 2,
      classNames: ["a", "b"])
    let statistics = set.channelStatistics
    #expect(zip(statistics.mean, [0.75, 0.2, 0.1]).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(abs(statistics.standardDeviation[0] - (3.0 / 16).squareRoot()) < 1e-12)
    #expect(statistics.standardDeviation[1] == 0)
    #expect(try set.channelStatistics(of: [1]) == set.subset([1]).channelStatistics)
    #expect(throws: DatasetError.self) { try set.channelStatistics(of: [2]) }
    #expect(set.classCounts == [1, 1])
  }

  @Test func aConstantChannelHasNoDeviation() throws {
    for value in UInt8.min...UInt8.max {
      let set = try ImageSet(
        pixels: [UInt8](repeating: value, count: 3 * 3 * 7 * 5), labels: [0, 0, 0], height: 7, width: 5,
        classNames: ["a"])
      #expect(set.channelStatistics.standardDeviation == [0, 0, 0], "\(value)")
    }
  }

  @Test func subsetsKeepTheGivenOrder() throws {
    let set = try randomSet(5, side: 2)
    let subset = try set.subset([4, 0])
    #expect(subset.labels == [4, 0])
    #expect(subset.pixels == Array(set.pixels[48..<60]) + Array(set.pixels[0..<12]))
    #expect(throws: DatasetError.self) { try set.subset([5]) }
  }
}

@Suite struct NamingTests {
  @Test func sourcesAreParsed() throws {
    #expect(try DatasetSource(parsing: "cifar10") == .cifar10)
    #expect(try DatasetSource(parsing: "fashion-mnist") == .fashionMNIST)
    #expect(try DatasetSource(parsing: "folder:/a:b") == .folder(path: "/a:b"))
    let here = FileManager.default.currentDirectoryPath
    #expect(try DatasetSource(parsing: "folder:x").description == "folder:\(here)/x")
    #expect(try DatasetSource(parsing: "folder:~/x").description == "folder:\(NSHomeDirectory())/x")
    for wrong in ["", "cifar100", "folder:", "folder"] {
      let error = failure { _ = try DatasetSource(parsing: wrong) }
      #expect(error?.kind == .usage && error?.description.contains("folder:PATH") == true)
    }
  }

  @Test func directoriesAreResolvedInOrder() {
    var environment = ["TPSNET_DATA": "/t", "XDG_DATA_HOME": "/x", "HOME": "/h"]
    #expect(DataDirectory.resolve(explicit: "/e", environment: environment).path == "/e")
    #expect(DataDirectory.resolve(environment: environment).path == "/t")
    environment["TPSNET_DATA"] = ""
    #expect(DataDirectory.resolve(environment: environment).path == "/x/tpsnet")
    environment["XDG_DATA_HOME"] = "relative"
    #expect(DataDirectory.resolve(environment: environment).path == "/h/.local/share/tpsnet")
  }

  @Test func errorsAreOneLine() throws {
    let error = failure { _ = try CIFAR10.load(from: DataDirectory(path: "/no/such\nplace")) }
    #expect(error?.description.contains("\n") == false)
    #expect(error?.description.hasPrefix("/no/such place: ") == true)
  }
}
