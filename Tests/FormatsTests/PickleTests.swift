// Pickles as programs: what is read, and that everything else is an error which runs nothing and takes little memory.
import Formats
import Testing

@Suite struct PickleTests {
  /// The pickle with the program `code` after the mark of protocol 2.
  private func pickle(_ code: [UInt8], allowing names: Set<String> = []) throws(PickleError) -> Pickle {
    try Pickle([0x80, 2] + code, allowing: names)
  }

  private func reason(_ code: [UInt8], allowing names: Set<String> = []) -> String {
    do throws(PickleError) {
      _ = try pickle(code, allowing: names)
      return "no error"
    } catch {
      return error.reason
    }
  }

  @Test func numbersAreRead() throws {
    let code =
      ascii("(K\u{7}M\u{1}\u{2}J") + [0xFE, 0xFF, 0xFF, 0xFF, 0x8A, 0, 0x8A, 2, 0x00, 0x80]
      + [0x8A, 8, 0, 0, 0, 0, 0, 0, 0, 0x40] + ascii("G") + [0x40, 0x09, 0x21, 0xFB, 0x54, 0x44, 0x2D, 0x18]
      + ascii("t.")
    let pickle = try pickle(code)
    let values = try #require(pickle.elements(of: pickle.root))
    let integers = values.compactMap { if case .integer(let number) = $0 { number } else { nil } }
    #expect(integers == [7, 513, -2, 0, -32768, 1 << 62])
    guard case .real(let pi)? = values.last else { throw Failure() }
    #expect(pi == .pi)
  }

  @Test func dictionariesAndCallsAreRead() throws {
    let code = "}(X\u{1}\0\0\0aca\nf\n)R(U\u{1}bK\u{1}uU\u{1}cNu."
    let pickle = try pickle(ascii(code), allowing: ["a.f"])
    let items = try #require(pickle.items(of: pickle.root))
    #expect(items.map(\.key) == ["a", "c"])
    let call = try #require(pickle.call(items[0].value))
    #expect(call.name == "a.f" && call.arguments.isEmpty && call.state == nil)
    #expect(pickle.items(of: items[0].value)?.map(\.key) == ["b"])
  }

  @Test func namesOutsideTheListAreRefused() throws {
    for (name, code) in [
      ("posix.system", "cposix\nsystem\n(U\u{2}lstR."), ("a.g", "ca\ng\n."), ("a.f.f", "ca.f\nf\n."),
    ] {
      #expect(reason(ascii(code), allowing: ["a.f"]) == "the name '\(name)' is not allowed")
    }
    #expect(reason(ascii("ca\u{1B}[2J\nf\n.")) == "an unreadable name")
    #expect(reason(ascii("c" + String(repeating: "a", count: 1000))) == "a name without an end")
  }

  @Test(arguments: [
    "i", "o", "P", "\u{1}", "I1\n", "S'a'\n", "0", "1", "2", "l", "d", "p1\n", "g1\n", "V1\n", "B", "C",
  ])
  func otherOpcodesAreRefused(opcode: String) {
    #expect(reason(ascii(opcode)).contains("opcode"))
  }

  @Test func classesAndExtensionsAreRefused() {
    for opcode in [0x81, 0x82, 0x83, 0x84, 0x8B, 0x8C, 0x90, 0x92, 0x93, 0x94, 0x96, 0x98] as [UInt8] {
      #expect(reason([opcode]).contains("opcode \(opcode)"))
    }
  }

  @Test func otherProtocolsAreRefused() {
    #expect(reason([0x80, 4, 0x95]) == "protocol 4 instead of 2")
  }

  @Test func underflowsAreErrors() {
    for code in ["a", "s", "u", "e", "t", "R", "b", "Q", "q\0", "h\0", ".", "(.", "NN.", "(Na", "]Ns", "}Na", "}(Nu"] {
      #expect(reason(ascii(code)) != "no error", "\(code)")
    }
    #expect(reason([0x8A, 9] + [UInt8](repeating: 1, count: 9)).contains("9 bytes"))
  }

  @Test func nestingAndFloodsAreBounded() {
    let million = 1_100_000
    for flood in [
      ascii("N") + [UInt8](repeating: 0x85, count: million), [UInt8](repeating: UInt8(ascii: "N"), count: million),
      [UInt8](repeating: UInt8(ascii: "("), count: million), [UInt8](repeating: UInt8(ascii: "}"), count: million),
      ascii("]") + (0..<million).flatMap { _ in ascii("Na") },
    ] {
      #expect(reason(flood).contains("too many"))
    }
    // A list that holds itself is a value like any other; nobody follows it.
    #expect(reason(ascii("]q\u{1}h\u{1}a.")) == "no error")
    // A string that announces four gigabytes.
    #expect(reason(ascii("X") + [0xFF, 0xFF, 0xFF, 0xFF]).contains("cut off"))
  }

  private struct Failure: Error {}
}
