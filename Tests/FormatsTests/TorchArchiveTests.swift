// Files of PyTorch's own (`Scripts/pytorch/torch_files.py`) and hostile ones: the first give the values that PyTorch has,
// each of the others one error that says what to do.
import Formats
import Foundation
import Testing

@Suite struct TorchArchiveTests {
  private func fixture(_ name: String) throws -> Data {
    try Data(contentsOf: fixtures.appendingPathComponent("torch/\(name)"))
  }

  private func problem(_ data: Data) -> String {
    do {
      _ = try SafetensorsFile(weights: data)
      return "no error"
    } catch {
      return "\(error)"
    }
  }

  @Test func everyTypeAndViewIsRead() throws {
    let found = try SafetensorsFile(weights: fixture("tensors.pt"))
    let expected = try SafetensorsFile(weights: fixture("tensors.safetensors"))
    #expect(Set(found.tensors.map(\.name)) == Set(expected.tensors.map(\.name)))
    for tensor in expected.tensors { #expect(found[tensor.name] == tensor, "\(tensor.name)") }
    #expect(try found.floats(named: "double") == [0.1, -2.5])
  }

  @Test func trainingCheckpointsAreRead() throws {
    let found = try SafetensorsFile(weights: fixture("network.pt"))
    #expect(found["conv1.weight"]?.shape == [8, 3, 3, 3] && found["linear.bias"]?.shape == [10])
    #expect(try found.int64s(named: "layer2.0.shortcut.1.num_batches_tracked") == [321])
    let half = try SafetensorsFile(weights: fixture("torchvision.pt"))
    #expect(Set(half.tensors.map(\.name)) == Set(found.tensors.map(\.name)))
    #expect(half["layer1.0.shortcut.0.weight"]?.type == .float16)
  }

  @Test func whatIsNoStateDictIsRefused() throws {
    #expect(try problem(fixture("module.pt")).contains("torch.nn.modules.container.Sequential"))
    #expect(try problem(fixture("scripted.pt")).contains("TorchScript"))
    #expect(try problem(fixture("legacy.pt")).contains("before 1.6"))
    #expect(problem(Data(repeating: 0, count: 257) + Data("ustar\0".utf8)).contains("before 1.6"))
    let tensor = TorchWriter.tensor()
    for (code, part) in [
      (ascii("cposix\nsystem\n(U\u{2}idtR"), "'posix.system', not weights alone (nothing was executed)"),
      (ascii("N"), "no dictionary"), (ascii("}"), "no dictionary"), (tensor, "no dictionary"),
      (TorchWriter.dictionary([("epoch", ascii("K\u{1}"))]), "no dictionary of tensors alone"),
      (
        TorchWriter.dictionary([
          ("a", TorchWriter.dictionary([("w", tensor)])), ("b", TorchWriter.dictionary([("w", tensor)])),
        ]), "several: a, b"
      ),
    ] {
      let text = problem(TorchWriter.file(code))
      #expect(text.contains(part) && text.contains("torch.save(model.state_dict(), path)"), "\(text)")
    }
  }

  @Test func theUsualKeyDecides() throws {
    let (plain, other) = (
      TorchWriter.tensor(), TorchWriter.tensor(offset: [0x4B, 0], strides: [0x28, 0x4B, 1, 0x4B, 2, 0x74])
    )
    let code = TorchWriter.dictionary([
      ("ema", TorchWriter.dictionary([("w", other)])),
      ("state_dict", TorchWriter.dictionary([("_orig_mod.module.w", plain), ("n_averaged", plain)])),
    ])
    for isLarge in [false, true] {
      let file = try SafetensorsFile(weights: TorchWriter.file(code, isLarge: isLarge))
      #expect(file.tensors.map(\.name) == ["w"])
      #expect(try file.floats(named: "w") == [1, 2, 3, 4])
    }
    let transposed = try SafetensorsFile(weights: TorchWriter.file(TorchWriter.dictionary([("w", other)])))
    #expect(try transposed.floats(named: "w") == [1, 3, 2, 4])
  }

  /// As Lightning and others save it.
  @Test func aModuleThatHoldsTheNetworkIsTakenOff() throws {
    func names(_ names: String...) throws -> [String] {
      let dictionary = TorchWriter.dictionary(names.map { ($0, TorchWriter.tensor()) })
      return try SafetensorsFile(weights: TorchWriter.file(dictionary)).tensors.map(\.name).sorted()
    }
    let plain = ["conv1.weight", "layer1.0.conv1.weight", "linear.bias"]
    #expect(try names("net.model.conv1.weight", "net.model.layer1.0.conv1.weight", "net.model.fc.bias") == plain)
    #expect(try names("conv1.weight", "layer1.0.conv1.weight", "fc.bias") == plain)
    #expect(try names("net.conv1.weight", "loss.weight") == ["loss.weight", "net.conv1.weight"])
  }

  @Test func impossibleTensorsAreRefused() {
    let huge = [0x8A, 8] + little(.max, 8)
    let negative = [0x4A] + little(-1, 4)
    for (tensor, part) in [
      (TorchWriter.tensor(shape: [0x28, 0x4B, 2, 0x4B, 3, 0x74]), "outside"),
      (TorchWriter.tensor(offset: [0x4B, 1]), "outside"), (TorchWriter.tensor(offset: negative), "outside"),
      (TorchWriter.tensor(offset: huge), "outside"),
      (TorchWriter.tensor(shape: [0x28] + huge + huge + [0x74]), "outside"),
      (TorchWriter.tensor(strides: [0x28] + huge + huge + [0x74]), "outside"),
      (TorchWriter.tensor(shape: [0x28] + negative + negative + [0x74]), "outside"),
      (TorchWriter.tensor(strides: [0x28, 0x4B, 1, 0x74]), "outside"),
      (TorchWriter.tensor(shape: [0x28] + huge + [0x4B, 1, 0x74], strides: [0x28, 0x4B, 0, 0x4B, 0, 0x74]), "memory"),
      (
        TorchWriter.tensor(shape: [0x28, 0x4D, 0xFF, 0xFF, 0x4B, 1, 0x74], strides: [0x28, 0x4B, 0, 0x4B, 0, 0x74]),
        "memory"
      ),
      (TorchWriter.tensor(count: [0x4B, 5]), "storage of 16 bytes"), (TorchWriter.tensor(count: huge), "storage of 16"),
      (TorchWriter.tensor(key: "1"), "data/1, which is missing"),
      (TorchWriter.tensor(type: "DoubleStorage"), "storage of 16 bytes"),
      (TorchWriter.tensor(type: "ComplexFloatStorage"), "'torch.ComplexFloatStorage'"),
      (TorchWriter.tensor(shape: ascii("N")), "not described"),
    ] {
      let text = problem(TorchWriter.file(TorchWriter.dictionary([("w", tensor)])))
      #expect(text.contains(part), "\(text)")
    }
    let twice = TorchWriter.dictionary([("w", TorchWriter.tensor()), ("w", TorchWriter.tensor())])
    #expect(problem(TorchWriter.file(twice)).contains("occurs twice"))
    let both = TorchWriter.dictionary([("w", TorchWriter.tensor()), ("module.w", TorchWriter.tensor())])
    #expect(problem(TorchWriter.file(both)).contains("the name is taken"))
  }

  @Test func singleElementsMayHaveAnyStride() throws {
    let huge = [0x8A, 8] + little(.max, 8)
    let tensor = TorchWriter.tensor(
      shape: [0x28, 0x4B, 2, 0x4B, 1, 0x4B, 2, 0x74], strides: [0x28, 0x4B, 1] + huge + [0x4B, 2, 0x74])
    let file = try SafetensorsFile(weights: TorchWriter.file(TorchWriter.dictionary([("w", tensor)])))
    #expect(try file.floats(named: "w") == [1, 3, 2, 4])
  }

  @Test func damagedArchivesAreErrors() throws {
    let file = TorchWriter.file(TorchWriter.dictionary([("w", TorchWriter.tensor())]))
    for end in 4..<file.count { #expect(problem(file[..<end]) != "no error", "\(end) bytes") }
    let values = try #require(file.range(of: Data(TorchWriter.values)))
    var flipped = file
    flipped[values.lowerBound] ^= 1
    #expect(problem(flipped).contains("\"w/data/0\" fails its checksum"))
    // PyTorch can be told not to compute checksums; it then writes 0.
    let check = Data(little(Int(CRC32(.ethernet, of: TorchWriter.values).value), 4))
    let recorded = try #require(flipped.range(of: check, options: .backwards))
    flipped.replaceSubrange(recorded, with: [0, 0, 0, 0])
    #expect(problem(flipped) == "no error")
    var zip = ZIPWriter()
    zip.add("w/data.pkl", [1], method: 8)
    #expect(problem(zip.data).contains("compressed"))
    zip.add("w/data.pkl", [2])
    #expect(problem(zip.data).contains("two entries"))
    var other = ZIPWriter()
    other.add("w/word.xml", [1])
    #expect(problem(other.data).contains("without PyTorch's data.pkl"))
    other.add("w/data.pkl", [0x80, 2])
    #expect(problem(other.data).contains("cut off"))
    var big = ZIPWriter()
    big.add("byteorder", ascii("big"))
    big.add("data.pkl", [])
    #expect(problem(big.data).contains("big-endian"))
  }

  @Test func everyFlippedBitIsHarmless() throws {
    for isLarge in [false, true] {
      let file = TorchWriter.file(TorchWriter.dictionary([("w", TorchWriter.tensor())]), isLarge: isLarge)
      for bit in 0..<8 * file.count {
        var damaged = file
        damaged[bit / 8] ^= 1 << (bit % 8)
        _ = problem(damaged)
      }
    }
  }
}
