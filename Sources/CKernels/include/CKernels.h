// Kernels of our own where oneDNN has none or a slower one: Winograd convolutions and fused passes over memory.
// Activations are blocked by sixteen channels (oneDNN's nChw16c), padded channels zero. Nothing here allocates.
#ifndef TPS_KERNELS_H
#define TPS_KERNELS_H

#include <stddef.h>
#include <stdint.h>

/// For which instructions a kernel is compiled, and the number format of its activations.
typedef enum {
  /// What every CPU of the architecture has; float.
  TPS_BASELINE = 0,
  TPS_AVX2 = 1,
  TPS_AVX512 = 2,
  /// AVX-512 with bfloat16 products; activations are bfloat16.
  TPS_AVX512_BF16 = 3
} tps_isa;

/// Whether this program holds kernels for `isa` and this CPU runs them.
int tps_supports(tps_isa isa);

/// Runs `body(context, index)` for index 0 ..< count on the OpenMP threads that oneDNN also uses.
void tps_parallel(int count, void (*body)(void *context, int index), void *context);

/// Images of one shape; `pixels` = rows × columns.
typedef struct {
  int images, channels, pixels;
} tps_map;

// ---------------------------------------------------------------------------------------------- batch normalisation

/// Doubles of memory that the passes need for sums: two for each thread and padded channel, and some behind them.
size_t tps_sum_count(int channels, int threads);

/// Rows of the floats, each as long as the padded channels, that stand for a normalisation between its passes.
enum { TPS_MEAN = 0, TPS_INVERSE_DEVIATION = 1, TPS_SCALE = 2, TPS_SHIFT = 3, TPS_COEFFICIENT_ROWS = 4 };

/// sums ← Σ x and Σ x² of each channel.
void tps_batchnorm_sums(tps_map map, tps_isa isa, int threads, const void *x, double *sums);

/// coefficients ← the normalisation that `sums` ask for; running statistics move by `momentum` towards the batch's
/// mean and unbiased variance, as PyTorch's do.
void tps_batchnorm_coefficients(
    tps_map map, int threads, const double *sums, const float *weight, const float *bias, float epsilon,
    float momentum, float *runningMean, float *runningVariance, float *coefficients);

/// y ← x · scale + shift + residual, then max(y, 0) if `relu`. `coefficients` or `residual` may be NULL; y may be
/// either input.
void tps_affine(
    tps_map map, tps_isa isa, int threads, const void *x, const float *coefficients, const void *residual, int relu,
    void *y);

/// What stands between a normalisation's result and the gradient that arrives.
typedef enum {
  TPS_NOTHING = 0,
  /// A ReLU on the normalised value, whose sign is computed again from x.
  TPS_RELU_OF_VALUE = 1,
  /// A ReLU on a sum, whose sign is read from its result.
  TPS_RELU_OF_SUM = 2
} tps_mask;

/// The gradient of a normalisation: xGradient from yGradient, and the gradients of weight and bias.
///
/// `result`: the ReLU's result for TPS_RELU_OF_SUM, else NULL. `masked`: receives the gradient behind the ReLU, which
/// a sum's other branch needs, or NULL; may be yGradient. xGradient may be yGradient or masked.
void tps_batchnorm_backward(
    tps_map map, tps_isa isa, int threads, tps_mask mask, const void *x, const float *coefficients,
    const void *yGradient, const void *result, void *masked, double *sums, float *weightGradient, float *biasGradient,
    void *xGradient);

/// gradient where result > 0, else 0; `masked` may be `gradient`.
void tps_relu_backward(tps_map map, tps_isa isa, int threads, const void *result, const void *gradient, void *masked);

// ------------------------------------------------------------------------------------------------------- convolution

/// A 3×3 convolution of stride 1, padded by one pixel.
typedef struct {
  int images;
  /// Logical numbers of channels.
  int inputs, outputs;
  /// Rows and columns of input and output alike.
  int height, width;
} tps_conv;

/// What happens to each value of a convolution before it is stored.
typedef struct {
  /// One float for each padded output channel, or NULL.
  const float *bias;
  /// A tensor like the output that is added, or NULL; may be the output itself.
  const void *residual;
  /// Whether max(x, 0) follows.
  int relu;
  /// Receives Σ y and Σ y² of each channel, as `tps_batchnorm_sums` would; or NULL.
  double *sums;
} tps_epilogue;

/// Bytes of transformed weights, and of scratch memory for `threads` threads.
size_t tps_winograd_weight_bytes(tps_conv conv, tps_isa isa);
size_t tps_winograd_scratch_bytes(tps_conv conv, tps_isa isa, int threads);
size_t tps_winograd_gradient_scratch_bytes(tps_conv conv, tps_isa isa, int threads);

/// Transforms weights [outputs][inputs][3][3] for `tps_winograd_forward`; `transposed`: weights [inputs][outputs][3][3]
/// flipped, so that the forward kernel of this convolution yields the gradient of the input of the one that has them.
void tps_winograd_weights(
    tps_conv conv, tps_isa isa, int threads, const float *weights, int transposed, void *transformed);

/// output ← input ∗ weights, with F(4×4, 3×3) (Lavin and Gray 2016) at the points 0, ±3/4, ±3/2, ∞.
void tps_winograd_forward(
    tps_conv conv, tps_isa isa, int threads, const void *input, const void *transformed, void *output,
    tps_epilogue epilogue, void *scratch);

/// gradient [outputs][inputs][3][3] ← input ⋆ outputGradient, by the transpose of the same algorithm.
void tps_winograd_weight_gradient(
    tps_conv conv, tps_isa isa, int threads, const void *input, const void *outputGradient, float *gradient,
    void *scratch);

/// A convolution of any odd kernel, padded by ⌊kernel / 2⌋, and any stride.
typedef struct {
  int images, inputs, outputs;
  int height, width, outputHeight, outputWidth;
  int kernel, stride;
} tps_strided_conv;

/// Whether `tps_strided_weight_gradient` handles the kernel's size.
int tps_strided_supports(tps_strided_conv conv);

/// Bytes of scratch memory for `threads` threads.
size_t tps_strided_gradient_scratch_bytes(tps_strided_conv conv, tps_isa isa, int threads);

/// gradient [outputs][inputs][kernel][kernel] ← input ⋆ outputGradient, by direct sums.
void tps_strided_weight_gradient(
    tps_strided_conv conv, tps_isa isa, int threads, const void *input, const void *outputGradient, float *gradient,
    void *scratch);

#endif
