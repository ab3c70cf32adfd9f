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

  /// The same tensors with plain names: `module.` and `_orig_mod.` are taken off, `n_averaged` is left out, and
  /// torchvision's `downsample` and `fc` become `shortcut` and `linear`.
  func underPlainNames() throws(SafetensorsError) -> SafetensorsFile {
    var result = SafetensorsFile(metadata: metadata)
    for tensor in tensors where tensor.name != "n_averaged" {
      try result.add(
        Self.plainName(of: tensor.name), type: tensor.type, shape: tensor.shape, bytes: tensor.bytes)
    }
    return result
  }

  private static func plainName(of name: String) -> String {
    var parts = name.split(separator: ".", omittingEmptySubsequences: false)[...]
    while let first = parts.first, parts.count > 1, first == "module" || first == "_orig_mod" { parts.removeFirst() }
    return parts.map { $0 == "downsample" ? "shortcut" : $0 == "fc" ? "linear" : $0 }.joined(separator: ".")
  }
}
