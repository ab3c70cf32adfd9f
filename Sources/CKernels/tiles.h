// Tiles of F(4×4, 3×3): where they lie in the output, their pixels, and the first half of the input's transform. Included
// once for each instruction set, after activation.h and transforms.h: no include guard.

// A little more than a power of two, so that the 36 matrices do not fall into the same cache sets.
#define TPS_GAP 16

/// Where a tile lies: its image, and its first row and column in the output.
typedef struct {
  int image, y, x;
} TPS_NAME(place);

/// The places of the tiles from `first` on.
static void TPS_NAME(find_places)(tps_conv conv, int first, int count, TPS_NAME(place) *places) {
  const int down = (conv.height + 3) / 4, across = (conv.width + 3) / 4;
  for (int t = 0; t < count; t++) {
    int image = (first + t) / (down * across), rest = (first + t) % (down * across);
    places[t] = (TPS_NAME(place)){image, rest / across * 4, rest % across * 4};
  }
}

/// Pixels of a tile: a part of the plane, or a copy with zeros where the tile leaves the plane.
typedef struct {
  const ACT *first;
  ptrdiff_t stride;
} TPS_NAME(window);

TPS_INLINE TPS_NAME(window) TPS_NAME(window_at)(
    const int count, const ACT *plane, int height, int width, int y, int x, ACT *copy) {
  if (y >= 0 && x >= 0 && y + count <= height && x + count <= width)
    return (TPS_NAME(window)){plane + ((ptrdiff_t)y * width + x) * 16, (ptrdiff_t)width * 16};
  const int left = x < 0 ? -x : 0, right = width - x < count ? width - x : count;
  for (int r = 0; r < count; r++) {
    ACT *target = copy + r * count * 16;
    int inside = (unsigned)(y + r) < (unsigned)height;
    const ACT *source = plane + ((ptrdiff_t)(inside ? y + r : 0) * width + x) * 16;
    for (int c = 0; c < count; c++) {
      f32x16 v = 0;
      if (inside && c >= left && c < right) v = TPS_NAME(load)(source + c * 16);
      TPS_NAME(store)(target + c * 16, v);
    }
  }
  return (TPS_NAME(window)){copy, count * 16};
}

/// Bᵀ d, the first half of the transform of one tile and TPS_LANES channels from `lane` on.
TPS_INLINE void TPS_NAME(input_columns)(TPS_NAME(window) w, int lane, VEC d[6][6]) {
  TPS_UNROLL for (int c = 0; c < 6; c++) {
    VEC column[6], v[6];
    TPS_UNROLL for (int r = 0; r < 6; r++) column[r] = TPS_NAME(load_part)(w.first + r * w.stride + c * 16 + lane);
    TPS_NAME(input6)(column, v);
    TPS_UNROLL for (int r = 0; r < 6; r++) d[r][c] = v[r];
  }
}

/// Asks for the 4 × 4 pixels of a tile and a block of channels ahead of their use.
TPS_INLINE void TPS_NAME(prefetch_tile)(const int write, const ACT *plane, int height, int width, int y, int x) {
  const char *p = (const char *)(plane + ((ptrdiff_t)y * width + x) * 16);
  const int rows = height - y < 4 ? height - y : 4;
  for (int r = 0; r < rows; r++, p += (ptrdiff_t)width * 16 * sizeof(ACT))
    TPS_UNROLL for (size_t line = 0; line < 64 * sizeof(ACT); line += 64) {
      if (write) __builtin_prefetch(p + line, 1, 2);
      else __builtin_prefetch(p + line, 0, 2);
    }
}
