// What can go wrong in oneDNN, as one typed error that names the call,
// and the check that turns every status into it.
internal import COneDNN

/// A oneDNN call that failed, or a request that this CPU cannot serve.
public struct OneDNNError: Error, Hashable, CustomStringConvertible {
  /// One line: what failed and, where there is one, the remedy.
  public let description: String
}

/// Throws where `status` is not success; `what` names the call for the reader of the error.
func check(_ status: dnnl_status_t, _ what: @autoclosure () -> String) throws {
  guard status != dnnl_success else { return }
  let reason =
    switch status {
    case dnnl_out_of_memory: "out of memory: use a smaller batch size or network"
    case dnnl_invalid_arguments: "invalid arguments"
    case dnnl_unimplemented: "not implemented on this CPU"
    case dnnl_runtime_error: "runtime error"
    default: "status \(status.rawValue)"
    }
  throw OneDNNError(description: "oneDNN: \(what()): \(reason)")
}

/// The handle that a creating call filled, or an error if it filled none.
func created(_ what: @autoclosure () -> String, _ create: (inout OpaquePointer?) -> dnnl_status_t) throws
  -> OpaquePointer
{
  var handle: OpaquePointer?
  try check(create(&handle), what())
  guard let handle else { throw OneDNNError(description: "oneDNN: \(what()): no handle") }
  return handle
}
