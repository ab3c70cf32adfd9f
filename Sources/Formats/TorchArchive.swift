// The weights in a file that `torch.save` wrote: a ZIP file of a pickle and one entry for each storage.
// Only a plain `state_dict` is taken, also one inside a dictionary of other things; nothing in the file is executed.
import Foundation

/// A file of PyTorch's that holds no weights that can be taken from it.
public struct TorchArchiveError: Error, Equatable, Sendable, CustomStringConvertible {
  /// What is wrong and what to do about it.
  public let reason: String
  /// The file, where there is one.
  public let path: String?

  init(_ reason: String, path: String? = nil) {
    self.reason = reason
    self.path = path
  }

  /// One line.
  public var description: String { "\(path ?? "PyTorch file"): \(reason)" }
}

/// Reads the format of PyTorch since 1.6: <https://pytorch.org/docs/stable/notes/serialization.html>.
struct TorchArchive {
  /// What saves a file again as it is wanted.
  static let remedy = "save it again in PyTorch with torch.save(model.state_dict(), path)"
  /// The longest pickle that is read; that of a thousand tensors has a tenth of a mebibyte.
  private static let longestPickle = 16 << 20
  /// The elements' types by the names of PyTorch's storages.
  private static let types: [String: SafetensorsFile.DataType] = [
    "torch.FloatStorage": .float32, "torch.DoubleStorage": .float64, "torch.HalfStorage": .float16,
    "torch.BFloat16Storage": .bfloat16, "torch.LongStorage": .int64, "torch.IntStorage": .int32,
    "torch.ShortStorage": .int16, "torch.CharStorage": .int8, "torch.ByteStorage": .uint8,
    "torch.BoolStorage": .bool,
  ]
  private static let dictionary = "collections.OrderedDict"
  private static let tensor = "torch._utils._rebuild_tensor_v2"
  private static let parameter = "torch._utils._rebuild_parameter"
  /// Where training scripts put the weights, the most usual first.
  private static let usualKeys = ["state_dict", "model_state_dict", "net", "model"]

  private let archive: ZIPArchive
  private let folder: String
  private let pickle: Pickle
  private var storages: [String: Data] = [:]
  private var budget: Int

  /// The tensors in `data`, under the names that they have there.
  ///
  /// They take at most four times the memory of the file: views of one storage are copied apart.
  static func tensors(in data: Data) throws(TorchArchiveError) -> SafetensorsFile {
    var archive = try TorchArchive(data)
    var file = SafetensorsFile()
    for (name, value) in try archive.state() {
      let (type, shape, bytes) = try archive.read(value, name)
      do throws(SafetensorsError) {
        try file.add(name, type: type, shape: shape, bytes: bytes)
      } catch {
        throw TorchArchiveError("tensor \(name.debugDescription) occurs twice or has no name of its own")
      }
    }
    return file
  }

  private init(_ data: Data) throws(TorchArchiveError) {
    let bytes: Data?
    do throws(ZIPError) {
      let archive = try ZIPArchive(data)
      let name = archive.names.filter { $0 == "data.pkl" || $0.hasSuffix("/data.pkl") }.min { $0.count < $1.count }
      let folder = String((name ?? "").dropLast("data.pkl".count))
      for other in ["constants.pkl", "code/"] where archive.names.contains(where: { $0.hasPrefix(folder + other) }) {
        throw ZIPError(reason: "it is a TorchScript program, not a state_dict; \(Self.remedy)")
      }
      if let order = try archive.content(of: folder + "byteorder"), order != Data("little".utf8) {
        throw ZIPError(reason: "it was written on a big-endian machine; \(Self.remedy) on another")
      }
      bytes = try name.flatMap { name throws(ZIPError) in try archive.content(of: name) }
      (self.archive, self.folder) = (archive, folder)
    } catch {
      throw TorchArchiveError("not a usable PyTorch file: \(error.reason)")
    }
    guard let bytes else { throw TorchArchiveError("a ZIP file without PyTorch's data.pkl; \(Self.remedy)") }
    guard bytes.count <= Self.longestPickle else {
      throw TorchArchiveError("its data.pkl has \(bytes.count) bytes, more than weights need; \(Self.remedy)")
    }
    do throws(PickleError) {
      pickle = try Pickle(
        [UInt8](bytes), allowing: Set(Self.types.keys).union([Self.dictionary, Self.tensor, Self.parameter]))
    } catch {
      switch error {
      case .forbidden(let name):
        throw TorchArchiveError("it holds a '\(name)', not weights alone (nothing was executed); \(Self.remedy)")
      case .malformed(let reason): throw TorchArchiveError("its data.pkl is damaged: \(reason); \(Self.remedy)")
      }
    }
    budget = 4 * data.count
  }

  /// The names and values of the weights: the pickle's whole dictionary, or the one in it that holds tensors alone.
  private func state() throws(TorchArchiveError) -> [(key: String, value: Pickle.Value)] {
    guard let items = pickle.items(of: pickle.root), !items.isEmpty else {
      throw TorchArchiveError("it holds no dictionary of weights; \(Self.remedy)")
    }
    if items.allSatisfy({ isTensor($0.value) }) { return items }
    // Each value once: a small file may name one large dictionary very often.
    var verdicts: [Pickle.Value: Bool] = [:]
    let candidates = items.filter { item in
      if let known = verdicts[item.value] { return known }
      let inner = pickle.items(of: item.value) ?? []
      let verdict = !inner.isEmpty && inner.allSatisfy { isTensor($0.value) }
      verdicts[item.value] = verdict
      return verdict
    }
    let usual = Self.usualKeys.lazy.compactMap { key in candidates.first { $0.key == key } }.first
    guard let chosen = candidates.count == 1 ? candidates[0] : usual else {
      let found =
        candidates.isEmpty
        ? "no dictionary of tensors alone" : "several: " + candidates.map(\.key).sorted().joined(separator: ", ")
      throw TorchArchiveError("which of its values are the weights is unclear (\(found)); \(Self.remedy)")
    }
    return pickle.items(of: chosen.value) ?? []
  }

  private func isTensor(_ value: Pickle.Value) -> Bool {
    pickle.call(value).map { $0.name == Self.tensor || $0.name == Self.parameter } ?? false
  }

  // MARK: Tensors

  private mutating func read(
    _ value: Pickle.Value, _ name: String
  ) throws(TorchArchiveError) -> (SafetensorsFile.DataType, [Int], Data) {
    let refusal = { (reason: String) in TorchArchiveError("tensor \(name.debugDescription) \(reason); \(Self.remedy)") }
    // A parameter is the call (tensor, requires_grad, hooks), a tensor (storage, offset, shape, strides, …).
    var call = pickle.call(value)
    if call?.name == Self.parameter { call = call?.arguments.first.flatMap(pickle.call) }
    guard let call, call.name == Self.tensor, call.arguments.count >= 4,
      let storage = pickle.external(call.arguments[0]), case .integer(let offset) = call.arguments[1],
      let shape = integers(call.arguments[2]), let strides = integers(call.arguments[3])
    else { throw refusal("is not described as PyTorch does") }
    // The storage is ('storage', type, key, device, count).
    guard storage.count == 5, case .name(let typeName) = storage[1], let type = Self.types[typeName],
      let key = pickle.string(storage[2]), case .integer(let count) = storage[4]
    else { throw refusal("has a storage of an unknown kind") }

    guard let view = StridedView(shape: shape, strides: strides, offset: offset), view.end <= count else {
      throw refusal("has shape \(shape), strides \(strides) and offset \(offset), outside of its \(count) values")
    }
    guard let size = type.byteCount(of: shape), size <= budget else {
      throw refusal("would take more memory than four times the file's size")
    }
    budget -= size
    let bytes = try storageBytes(key, refusal)
    guard type.byteCount(of: [count]) == bytes.count else {
      throw refusal("has \(count) values in a storage of \(bytes.count) bytes")
    }
    return (type, shape, view.elements(of: bytes, size: type.size))
  }

  private func integers(_ value: Pickle.Value) -> [Int]? {
    pickle.elements(of: value)?.reduce(into: [Int]?.some([])) { numbers, element in
      if case .integer(let number) = element { numbers?.append(number) } else { numbers = nil }
    }
  }

  private mutating func storageBytes(
    _ key: String, _ refusal: (String) -> TorchArchiveError
  ) throws(TorchArchiveError) -> Data {
    if let known = storages[key] { return known }
    let content: Data?
    do throws(ZIPError) {
      content = try archive.content(of: folder + "data/" + key)
    } catch {
      throw TorchArchiveError("not a usable PyTorch file: \(error.reason)")
    }
    guard let content else { throw refusal("has its values in data/\(key), which is missing") }
    storages[key] = content
    return content
  }
}
