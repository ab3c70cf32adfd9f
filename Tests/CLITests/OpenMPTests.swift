// OpenMP's variables, which people set for other programs: they may cost time, and change no result.
// Without all its threads, oneDNN would leave gradients unwritten and say nothing.
import Foundation
import Testing

@Suite struct OpenMPTests {
  @Test func itsVariablesChangeNoWeights() throws {
    let workspace = try Workspace()
    func weights(_ name: String, _ environment: [String: String]) throws -> Data {
      let outcome = try tpsnet(
        workspace.training(name, "--epochs", "1", "--threads", "2", "--precision", "fp32"), environment: environment)
      #expect(outcome.code == 0, "\(outcome.errors)")
      return try Data(contentsOf: workspace.file(name, "checkpoints/last.safetensors"))
    }
    let expected = try weights("plain", [:])
    for (variable, value) in [("OMP_MAX_ACTIVE_LEVELS", "0"), ("OMP_DYNAMIC", "true"), ("OMP_NUM_THREADS", "1")] {
      #expect(try weights(variable, [variable: value]) == expected, "\(variable)")
    }
  }
}
