// A safetensors file to bytes: the same content always gives the same bytes,
// whatever the order in which metadata was set.
public import Foundation

extension SafetensorsFile {
  /// Writes the file at `url`, atomically.
  public func write(to url: URL) throws(SafetensorsError) {
    do throws(FileError) {
      try AtomicFile.write(serialized(), to: url)
    } catch {
      throw SafetensorsError(.file(error), path: url.path)
    }
  }

  /// The bytes of the file, with the checksum among its metadata.
  public func serialized() -> Data {
    let layout = layout
    var begins = [Int](repeating: 0, count: tensors.count)
    var end = 0
    for index in layout {
      begins[index] = end
      end += tensors[index].bytes.count
    }

    let header = header(begins: begins)
    var data = Data(capacity: 8 + header.count + end)
    withUnsafeBytes(of: UInt64(header.count).littleEndian) { data.append(contentsOf: $0) }
    data.append(header)
    for index in layout { data.append(tensors[index].bytes) }
    return data
  }

  /// The JSON header, padded with spaces so that the tensors' bytes start at a multiple of eight.
  private func header(begins: [Int]) -> Data {
    let metadata = sortedMetadata + [(key: Self.checksumKey, value: checksum)]
    let pairs = metadata.map { $0.key.jsonQuoted + ":" + $0.value.jsonQuoted }.joined(separator: ",")
    var entries = ["\"\(Self.metadataName)\":{\(pairs)}"]
    for (tensor, begin) in zip(tensors, begins) {
      let shape = tensor.shape.map(String.init).joined(separator: ",")
      let offsets = "\(begin),\(begin + tensor.bytes.count)"
      entries.append(
        tensor.name.jsonQuoted
          + ":{\"dtype\":\"\(tensor.type.rawValue)\",\"shape\":[\(shape)],\"data_offsets\":[\(offsets)]}")
    }
    var header = Data("{\(entries.joined(separator: ","))}".utf8)
    header.append(contentsOf: repeatElement(UInt8(ascii: " "), count: (8 - header.count % 8) % 8))
    return header
  }
}
