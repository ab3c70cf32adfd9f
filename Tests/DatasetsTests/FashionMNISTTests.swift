// IDX files, gzipped and plain, on generated images; Debian's files where they are installed.
import Datasets
import Foundation
import Testing

@Suite struct FashionMNISTTests {
  private func images(_ count: Int, seed: UInt64) -> [UInt8] {
    big(0x803, 4) + big(count, 4) + big(28, 4) + big(28, 4) + randomBytes(count * 784, seed: seed)
  }

  private func labels(_ count: Int) -> [UInt8] { big(0x801, 4) + big(count, 4) + (0..<count).map { UInt8($0 % 10) } }

  private func writeSet(_ folder: String) throws {
    try write(gzip(images(12, seed: 1)), folder + "/train-images-idx3-ubyte.gz")
    try write(gzip(labels(12)), folder + "/train-labels-idx1-ubyte.gz")
    try write(images(3, seed: 2), folder + "/t10k-images-idx3-ubyte")
    try write(labels(3), folder + "/t10k-labels-idx1-ubyte")
  }

  @Test func imagesArePaddedAndRepeated() throws {
    try withFolder { folder in
      try writeSet(folder + "/fashion-mnist")
      let data = try DatasetSource.fashionMNIST.load(from: DataDirectory(path: folder))
      #expect(data.name == "fashion-mnist")
      #expect(data.train.count == 12 && data.test.labels == [0, 1, 2])
      let grey = images(12, seed: 1).dropFirst(16)
      let padded = (0..<12 * 3072).map { index -> UInt8 in
        let (image, y, x) = (index / 3072, index / 32 % 32 - 2, index % 32 - 2)
        let isInside = (0..<28).contains(y) && (0..<28).contains(x)
        return isInside ? grey[16 + image * 784 + y * 28 + x] : 0
      }
      #expect(data.train.pixels == padded)
    }
  }

  /// A picture of the set's own size becomes the image that the set has of it; one in colour becomes grey.
  @Test func picturesBecomeLikeTheSetsImages() throws {
    try withFolder { folder in
      try writeSet(folder)
      let set = try FashionMNIST.load(fromFolder: folder).train
      let framing = PictureFraming(dataset: "fashion-mnist")
      for index in 0..<12 {
        let grey = images(12, seed: 1).dropFirst(16 + index * 784).prefix(784)
        let picture = try DecodedImage(pixels: grey.flatMap { [$0, $0, $0] }, width: 28, height: 28)
        #expect(try framing.image(of: picture, side: 32) == Array(set.pixels[index * 3072..<(index + 1) * 3072]))
        #expect(try PictureFraming(dataset: "cifar10").image(of: picture, side: 32) == picture.fitted(toSide: 32))
      }
      let own = try DecodedImage(pixels: (0..<3072).map { UInt8($0 % 251) }, width: 32, height: 32)
      #expect(try framing.forPicture(own, side: 32).image(of: own, side: 32) == own.fitted(toSide: 32))
      let blue = try DecodedImage(pixels: Array(repeating: [0, 0, 200], count: 64).flatMap { $0 }, width: 8, height: 8)
      let image = try framing.image(of: blue, side: 32)
      #expect(image.filter { $0 == 23 }.count == 3 * 784 && image.filter { $0 == 0 }.count == 3 * 240)
    }
  }

  @Test func damagesAreNamed() throws {
    let right = images(12, seed: 1)
    var magic = right
    magic[3] = 1
    var side = right
    side[11] = 27
    let huge = big(0x803, 4) + big(0x7FFF_FFFF, 4) + big(28, 4) + big(28, 4)
    let damaged = [
      gzip(magic), gzip(side), gzip(huge), gzip(Array(right.dropLast())), gzip(right + [0]), gzip([]), [],
      Array(gzip(right).dropLast(5000)), Array(right.prefix(10)),
    ]
    for bytes in damaged {
      try withFolder { folder in
        try writeSet(folder)
        try write(bytes, folder + "/train-images-idx3-ubyte.gz")
        let error = failure { _ = try FashionMNIST.load(fromFolder: folder) }
        #expect(error?.kind == .invalid && error?.path == folder + "/train-images-idx3-ubyte.gz")
      }
    }
  }

  @Test func labelsMustFit() throws {
    try withFolder { folder in
      try writeSet(folder)
      try write(labels(4), folder + "/t10k-labels-idx1-ubyte")
      #expect(failure { _ = try FashionMNIST.load(fromFolder: folder) }?.problem.contains("4 labels") == true)
      try write(Array(labels(3).dropLast()) + [10], folder + "/t10k-labels-idx1-ubyte")
      #expect(failure { _ = try FashionMNIST.load(fromFolder: folder) }?.problem.contains("is 10") == true)
      try FileManager.default.removeItem(atPath: folder + "/t10k-labels-idx1-ubyte")
      let error = failure { _ = try FashionMNIST.load(fromFolder: folder) }
      #expect(error?.kind == .missing && error?.remedy?.contains("dataset-fashion-mnist") == true)
    }
  }

  @Test(
    .enabled(
      if: FileManager.default.fileExists(atPath: FashionMNIST.debianFolder + "/train-images-idx3-ubyte.gz"),
      "Debian's package dataset-fashion-mnist is not installed"))
  func debiansFilesAreComplete() throws {
    let info = DataInfo(try FashionMNIST.load())
    #expect(info.train.classCounts == Array(repeating: 6000, count: 10))
    #expect(info.test.classCounts == Array(repeating: 1000, count: 10))
    // The known mean of the 28 × 28 images is 0.2860; padding to 32 × 32 thins it by (28 / 32)².
    #expect(info.train.mean.allSatisfy { abs($0 - 0.2860 * 0.765625) < 1e-4 })
  }
}
