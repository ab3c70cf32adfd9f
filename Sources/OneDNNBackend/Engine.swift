// The CPU as oneDNN sees it: one engine, one in-order stream and the number of threads,
// shared by all plans of a backend.
internal import COneDNN

/// Owner of oneDNN's engine and stream.
final class Engine {
  let handle: OpaquePointer
  let stream: OpaquePointer
  let threads: Int

  init(threads: Int) throws {
    self.threads = threads
    let engine = try created("create engine") { dnnl_engine_create(&$0, dnnl_cpu, 0) }
    do {
      stream = try created("create stream") {
        dnnl_stream_create(&$0, engine, UInt32(dnnl_stream_default_flags.rawValue))
      }
    } catch {
      dnnl_engine_destroy(engine)
      throw error
    }
    handle = engine
  }

  deinit {
    dnnl_stream_destroy(stream)
    dnnl_engine_destroy(handle)
  }

  /// Sets the thread count for the calling thread: OpenMP keeps it for each thread apart, and kernels are
  /// generated for a count, so compiling and running both call this first.
  func claimThreads() {
    // Primitives rely on getting all of them: what a missing thread would have computed nobody does, without an error.
    omp_set_dynamic(0)
    if omp_get_max_active_levels() < 1 { omp_set_max_active_levels(1) }
    omp_set_num_threads(Int32(threads))
  }
}
