// PNG, JPEG and WebP from memory to 8-bit RGB and RGB to PNG, behind one call each: the libraries' macros and error handling stay in C.
// Sizes are checked before any pixel memory is taken.
#ifndef TPSNET_IMAGE_CODECS_H
#define TPSNET_IMAGE_CODECS_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  uint8_t *pixels;  // height × width × 3, owned by the receiver: tpsnet_image_free
  int32_t width;
  int32_t height;
  int32_t is_refused;  // whether decoding failed though the file is intact; the message says what helps
  char message[200];  // why decoding failed
} tpsnet_image;

/// Decodes a PNG, a JPEG or a WebP (told apart by their first bytes). Returns 0 and fills the image, or returns -1 and
/// leaves the reason in `message`. Transparent pixels are laid on white.
int tpsnet_image_decode(
    const uint8_t *bytes, size_t size, int32_t maximum_side, int64_t maximum_pixels, tpsnet_image *image);

void tpsnet_image_free(tpsnet_image *image);

/// Encodes height × width × 3 bytes as a PNG. Returns its bytes, to be freed with free(), or NULL.
uint8_t *tpsnet_png_encode(const uint8_t *pixels, int32_t width, int32_t height, size_t *size);

#endif
