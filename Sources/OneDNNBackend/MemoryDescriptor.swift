// Extents, number format and layout of a tensor in oneDNN's terms; a value type in spirit,
// immutable once made, so it can be shared freely.
internal import COneDNN

/// Owner of an immutable `dnnl_memory_desc_t`.
final class MemoryDescriptor {
  let handle: OpaquePointer

  private init(adopting handle: OpaquePointer) {
    self.handle = handle
  }

  /// A descriptor of `dimensions` in the layout that `tag` names (`dnnl_format_tag_any`: the primitive's choice).
  convenience init(_ dimensions: [Int], _ type: dnnl_data_type_t, _ tag: dnnl_format_tag_t) throws {
    let extents = dimensions.map(Int64.init)
    self.init(
      adopting: try created("describe memory \(dimensions)") {
        dnnl_memory_desc_create_with_tag(&$0, Int32(extents.count), extents, type, tag)
      })
  }

  /// Memory without a layout.
  static func bytes(_ count: Int) throws -> MemoryDescriptor {
    try MemoryDescriptor([max(count, 1)], dnnl_u8, dnnl_a)
  }

  /// A copy of a descriptor that a primitive descriptor owns.
  convenience init(copying other: OpaquePointer) throws {
    self.init(adopting: try created("copy memory descriptor") { dnnl_memory_desc_clone(&$0, other) })
  }

  deinit { dnnl_memory_desc_destroy(handle) }

  /// Size in bytes, padding included; zero for an absent tensor.
  var byteCount: Int { dnnl_memory_desc_get_size(handle) }

  /// The number format.
  var dataType: dnnl_data_type_t {
    var type = dnnl_data_type_undef
    dnnl_memory_desc_query(handle, dnnl_query_data_type, &type)
    return type
  }

  /// Logical extents.
  var dimensions: [Int] {
    var count: Int32 = 0
    var extents: UnsafeMutablePointer<Int64>?
    guard dnnl_memory_desc_query(handle, dnnl_query_ndims_s32, &count) == dnnl_success,
      dnnl_memory_desc_query(handle, dnnl_query_dims, &extents) == dnnl_success, let extents
    else { return [] }
    return (0..<Int(count)).map { Int(extents[$0]) }
  }

  /// Whether both describe the same bytes.
  func isEqual(to other: MemoryDescriptor) -> Bool {
    self === other || dnnl_memory_desc_equal(handle, other.handle) != 0
  }
}
