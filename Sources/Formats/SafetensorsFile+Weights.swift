// Weights from either kind of file, under the names of tpsnet's networks: what programs put around a network
// (data-parallel or compiled wrappers, an average of weights) and torchvision's names for its parts are taken off.
public import Foundation

extension SafetensorsFile {
  /// Reads the weights in `url`, a safetensors file or one that `torch.save` wrote, and renames them as
  /// `underPlainNames()` does.
  ///
  /// Throws `SafetensorsError` or `TorchArchiveError` with its path.
  public init(weightsAt url: URL) throws {
    let data: Data
    do throws(FileError) {
      data = try AtomicFile.read(url)
    } catch {
      throw SafetensorsError(.file(error), path: url.path)
    }
    do {
      self = try Self(weights: data)
    } catch let error as SafetensorsError {
      throw SafetensorsError(error.problem, path: url.path)
    } catch let error as TorchArchiveError {
      throw TorchArchiveError(error.reason, path: url.path)
    }
  }

  /// Reads the weights in the bytes of a file; see `init(weightsAt:)`.
  public init(weights data: Data) throws {
    if ZIPArchive.isOne(data) {
      self = try TorchArchive.tensors(in: data).underPlainNames()
    } else if Self.isOldTorch(data) {
      throw TorchArchiveError("PyTorch's format of before 1.6, or another pickle; \(TorchArchive.remedy)")
    } else {
      self = try SafetensorsFile(data).underPlainNames()
    }
  }

  /// Whether `data` is a bare pickle or one of the tar files of the first versions of PyTorch. What could be the length
  /// of a safetensors header is followed by that header.
  private static func isOldTorch(_ data: Data) -> Bool {
    let isPickle = data.count > 8 && data.first == 0x80 && data[data.startIndex + 8] != UInt8(ascii: "{")
    return isPickle || data.dropFirst(257).starts(with: "ustar".utf8)
  }

  /// The same tensors with plain names: `module.`, `_orig_mod.` and the name of a module that holds the whole network
  /// are taken off, `n_averaged` is left out, and torchvision's `downsample` and `fc` become `shortcut` and `linear`.
  func underPlainNames() throws(SafetensorsError) -> SafetensorsFile {
    var result = SafetensorsFile(metadata: metadata)
    let tensors = tensors.filter { $0.name != "n_averaged" }
    let names = tensors.map { Self.plainName(of: $0.name) }
    let holder = Self.holder(of: names)
    for (tensor, name) in zip(tensors, names) {
      try result.add(
        String(name.dropFirst(holder.count)), type: tensor.type, shape: tensor.shape, bytes: tensor.bytes)
    }
    return result
  }

  /// What stands before all names where one module holds the network, as `model.` of `model.conv1.weight`.
  private static func holder(of names: [String]) -> Substring {
    let first = "conv1.weight"
    guard let shortest = names.filter({ $0 == first || $0.hasSuffix(".\(first)") }).min(by: { $0.count < $1.count })
    else { return "" }
    let holder = shortest.dropLast(first.count)
    return names.allSatisfy { $0.hasPrefix(holder) } ? holder : ""
  }

  private static func plainName(of name: String) -> String {
    var parts = name.split(separator: ".", omittingEmptySubsequences: false)[...]
    while let first = parts.first, parts.count > 1, first == "module" || first == "_orig_mod" { parts.removeFirst() }
    return parts.map { $0 == "downsample" ? "shortcut" : $0 == "fc" ? "linear" : $0 }.joined(separator: ".")
  }
}
