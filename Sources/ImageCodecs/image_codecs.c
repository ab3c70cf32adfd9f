// PNG by libpng's simplified interface, JPEG by TurboJPEG's, WebP by libwebp's; all report errors by value, without
// longjmp here.
// A decoder's warning of damaged or missing data counts as an error.
#include "image_codecs.h"

#include <png.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <turbojpeg.h>
#include <webp/decode.h>

static int fail(tpsnet_image *image, const char *message) {
  tpsnet_image_free(image);
  snprintf(image->message, sizeof image->message, "%s", message);
  return -1;
}

/// The same for an intact file of what is not read here; the message says what to do.
static int refuse(tpsnet_image *image, const char *message) {
  image->is_refused = 1;
  return fail(image, message);
}

/// Checks the size and takes the memory for the pixels.
static int allocate(
    tpsnet_image *image, int64_t width, int64_t height, int32_t maximum_side, int64_t maximum_pixels) {
  if (width < 1 || height < 1 || width > maximum_side || height > maximum_side || width * height > maximum_pixels) {
    char message[160];
    snprintf(
        message, sizeof message, "%lld x %lld pixels are too many; scale it down to at most %lld, none of the sides over %d",
        (long long)width, (long long)height, (long long)maximum_pixels, maximum_side);
    return refuse(image, message);
  }
  image->width = (int32_t)width;
  image->height = (int32_t)height;
  image->pixels = malloc((size_t)width * (size_t)height * 3);
  return image->pixels ? 0 : fail(image, "out of memory");
}

/// Lays 8-bit pixels with an opacity on white, value by value, as programs for pictures do.
static void lay_on_white(const uint8_t *rgba, tpsnet_image *image) {
  const size_t count = (size_t)image->width * (size_t)image->height;
  for (size_t pixel = 0; pixel < count; pixel++) {
    const unsigned alpha = rgba[pixel * 4 + 3];
    for (int channel = 0; channel < 3; channel++)
      image->pixels[pixel * 3 + channel] = (uint8_t)((rgba[pixel * 4 + channel] * alpha + 255 * (255 - alpha) + 127) / 255);
  }
}

static int decode_png(
    const uint8_t *bytes, size_t size, int32_t maximum_side, int64_t maximum_pixels, tpsnet_image *image) {
  png_image png = {.version = PNG_IMAGE_VERSION};
  if (!png_image_begin_read_from_memory(&png, bytes, size)) return fail(image, png.message);
  if (allocate(image, png.width, png.height, maximum_side, maximum_pixels)) {
    png_image_free(&png);
    return -1;
  }
  // libpng would lay it on white in linear light of 8 bits, in which dark colours are all alike.
  const int has_alpha = (png.format & PNG_FORMAT_FLAG_ALPHA) != 0;
  png.format = has_alpha ? PNG_FORMAT_RGBA : PNG_FORMAT_RGB;
  png.flags |= PNG_IMAGE_FLAG_16BIT_sRGB;
  uint8_t *target = has_alpha ? malloc((size_t)image->width * (size_t)image->height * 4) : image->pixels;
  if (!target) {
    png_image_free(&png);
    return fail(image, "out of memory");
  }
  const int status = png_image_finish_read(&png, NULL, target, 0, NULL) ? 0 : fail(image, png.message);
  if (has_alpha) {
    if (!status) lay_on_white(target, image);
    free(target);
  }
  return status;
}

/// Whether a JPEG's picture has an end. Segments are passed over, as they may hold pictures of their own; within scans
/// 0xFF is never followed by the byte of another marker than those of restarts.
static int jpeg_has_end(const uint8_t *bytes, size_t size) {
  size_t at = 2;
  int in_scan = 0;
  while (at + 3 < size) {
    const uint8_t marker = bytes[at + 1];
    if (bytes[at] != 0xFF || marker == 0xFF || marker == 0 || (marker >= 0xD0 && marker <= 0xD8)) {
      at++;
    } else if (marker == 0xD9) {
      return in_scan;
    } else {
      in_scan |= marker == 0xDA;
      at += 2 + (size_t)(bytes[at + 2] << 8 | bytes[at + 3]);
    }
  }
  while (at + 1 < size && (bytes[at] != 0xFF || bytes[at + 1] != 0xD9)) at++;
  return in_scan && at + 1 < size;
}

/// Whether a warning is of what is common in photographs and harms nothing: stray bytes between segments, and headers
/// that say what their kind of picture has no use for. TurboJPEG tells the first warning only, behind which there may
/// be others.
static int jpeg_is_harmless(tjhandle decoder, const uint8_t *bytes, size_t size) {
  static const char *const harmless[] = {
    "extraneous bytes", "Invalid SOS parameters", "unknown JFIF revision", "Unknown Adobe color transform",
  };
  if (tjGetErrorCode(decoder) != TJERR_WARNING || !jpeg_has_end(bytes, size)) return 0;
  for (size_t i = 0; i < sizeof harmless / sizeof *harmless; i++) {
    if (strstr(tjGetErrorStr2(decoder), harmless[i])) return 1;
  }
  return 0;
}

static int decode_jpeg(
    const uint8_t *bytes, size_t size, int32_t maximum_side, int64_t maximum_pixels, tpsnet_image *image) {
  tjhandle decoder = tjInitDecompress();
  if (!decoder) return fail(image, "TurboJPEG cannot start");
  int width = 0, height = 0, subsampling = 0, space = 0, status = 0;
  // A rare sampling has no name in TurboJPEG, which decodes it all the same.
  if (tjDecompressHeader3(decoder, bytes, size, &width, &height, &subsampling, &space) &&
      !jpeg_is_harmless(decoder, bytes, size) &&
      !(width > 0 && height > 0 && strstr(tjGetErrorStr2(decoder), "determine subsampling"))) {
    status = fail(image, tjGetErrorStr2(decoder));
  } else if (space == TJCS_CMYK || space == TJCS_YCCK) {
    status = refuse(image, "a CMYK image; convert it to RGB");
  } else if (allocate(image, width, height, maximum_side, maximum_pixels)) {
    status = -1;
  } else if (tjDecompress2(
                 decoder, bytes, size, image->pixels, width, 0, height, TJPF_RGB,
                 TJFLAG_ACCURATEDCT | TJFLAG_LIMITSCANS)) {
    if (!jpeg_is_harmless(decoder, bytes, size)) {
      // The first warning may be harmless, and what is missing another.
      const int is_cut = tjGetErrorCode(decoder) == TJERR_WARNING && !jpeg_has_end(bytes, size);
      status = fail(image, is_cut ? "damaged or missing JPEG data" : tjGetErrorStr2(decoder));
    }
  }
  tjDestroy(decoder);
  return status;
}

static int decode_webp(
    const uint8_t *bytes, size_t size, int32_t maximum_side, int64_t maximum_pixels, tpsnet_image *image) {
  WebPBitstreamFeatures features;
  if (WebPGetFeatures(bytes, size, &features) != VP8_STATUS_OK) return fail(image, "a damaged WebP header");
  if (features.has_animation) return refuse(image, "an animation; choose one of its pictures");
  if (allocate(image, features.width, features.height, maximum_side, maximum_pixels)) return -1;
  const size_t count = (size_t)image->width * (size_t)image->height;
  if (!features.has_alpha)
    return WebPDecodeRGBInto(bytes, size, image->pixels, count * 3, image->width * 3)
               ? 0
               : fail(image, "damaged or missing WebP data");
  uint8_t *rgba = malloc(count * 4);
  if (!rgba) return fail(image, "out of memory");
  if (!WebPDecodeRGBAInto(bytes, size, rgba, count * 4, image->width * 4)) {
    free(rgba);
    return fail(image, "damaged or missing WebP data");
  }
  lay_on_white(rgba, image);
  free(rgba);
  return 0;
}

int tpsnet_image_decode(
    const uint8_t *bytes, size_t size, int32_t maximum_side, int64_t maximum_pixels, tpsnet_image *image) {
  static const uint8_t png_start[] = {0x89, 'P', 'N', 'G'}, jpeg_start[] = {0xFF, 0xD8, 0xFF};
  memset(image, 0, sizeof *image);
  if (size >= sizeof png_start && !memcmp(bytes, png_start, sizeof png_start))
    return decode_png(bytes, size, maximum_side, maximum_pixels, image);
  if (size >= sizeof jpeg_start && !memcmp(bytes, jpeg_start, sizeof jpeg_start))
    return decode_jpeg(bytes, size, maximum_side, maximum_pixels, image);
  if (size >= 12 && !memcmp(bytes, "RIFF", 4) && !memcmp(bytes + 8, "WEBP", 4))
    return decode_webp(bytes, size, maximum_side, maximum_pixels, image);
  return fail(image, "neither PNG nor JPEG nor WebP");
}

uint8_t *tpsnet_png_encode(const uint8_t *pixels, int32_t width, int32_t height, size_t *size) {
  png_image png = {.version = PNG_IMAGE_VERSION, .format = PNG_FORMAT_RGB};
  png.width = (png_uint_32)width;
  png.height = (png_uint_32)height;
  png_alloc_size_t bytes = PNG_IMAGE_PNG_SIZE_MAX(png);
  uint8_t *target = malloc(bytes);
  if (!target) return NULL;
  if (!png_image_write_to_memory(&png, target, &bytes, 0, pixels, 0, NULL)) {
    free(target);
    return NULL;
  }
  *size = bytes;
  return target;
}

void tpsnet_image_free(tpsnet_image *image) {
  free(image->pixels);
  image->pixels = NULL;
}
