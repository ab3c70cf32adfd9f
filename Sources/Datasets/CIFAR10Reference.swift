// What genuine CIFAR-10 is known by: digests of its official files, and of its images in any order.
// Tests put a small data set's digests in their place.

/// The digests that a copy of CIFAR-10 is compared with.
package struct CIFAR10Reference: Sendable {
  /// SHA-256 of the records of each of the six files, by the file's name without its suffix.
  package let files: [String: String]
  /// `UnorderedDigest` of the training records.
  package let train: String
  /// `UnorderedDigest` of the test records.
  package let test: String

  /// The official binary version's.
  package static let official = CIFAR10Reference(
    files: [
      "data_batch_1": "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
      "data_batch_2": "a591ca11fa1708a91ee40f54b3da4784ccd871ecf2137de63f51ada8b3fa57ed",
      "data_batch_3": "bbe8596564c0f86427f876058170b84dac6670ddf06d79402899d93ceea26f67",
      "data_batch_4": "014e562d6e23c72197cc727519169a60359f5eccd8945ad5a09d710285ff4e48",
      "data_batch_5": "755304fc0b379caeae8c14f0dac912fbc7d6cd469eb67a1029a08a39453a9add",
      "test_batch": "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b",
    ],
    train: "d17523651dcf9c79be45e6671e5016411b15cbf5376a02d556c870e6fb6066d3",
    test: "ab21d127e2bbe1255f1588dcadf3b5002b8fedb328dd3f73bc7fa51b5ab965c0")

  package init(files: [String: String], train: String, test: String) {
    self.files = files
    self.train = train
    self.test = test
  }
}
