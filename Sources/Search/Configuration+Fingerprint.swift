// By what two trials are known to be the same: a digest of everything that decides a run but chance.
import Datasets
import Foundation
public import Training

extension Configuration {
  /// SHA-256 of the configuration without its seed, 32 hexadecimal digits of it.
  public func fingerprint() throws -> String {
    var configuration = self
    configuration.training.seed = 0
    // Trials that are older than growth are the same as those without it.
    let text = try configuration.canonicalJSON().replacingOccurrences(of: "\"growth\":[],", with: "")
    return String(try SHA256.of(Array(text.utf8)).prefix(32))
  }
}
