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

/// What stands behind a layer.
typedef enum {
  TPS_IDENTITY = 0,
  /// max(v, 0).
  TPS_RELU = 1,
  /// v · ½ (1 + tanh(√(2/π) (v + 0.044715 v³))).
  TPS_GELU = 2,
  /// v / (1 + e^−v).
  TPS_SILU = 3
} tps_activation;

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

/// y ← activation(x · scale + shift + residual). `coefficients` or `residual` may be NULL; y may be either input.
void tps_affine(
    tps_map map, tps_isa isa, int threads, const void *x, const float *coefficients, const void *residual,
    tps_activation activation, void *y);

/// The gradient of a normalisation with an activation behind it: xGradient from yGradient, and the gradients of weight
/// and bias.
///
/// `other`: NULL where the activation is of the normalised value itself. Where it is of the value's sum with another
/// tensor, that tensor; or for a ReLU, whose sign the result says as well, the result.
/// `weightGradient` may be NULL where nobody trains the weight.
/// `behind`: receives the gradient behind the activation, which a sum's other branch needs, or NULL; may be yGradient.
/// xGradient may be yGradient or behind.
void tps_batchnorm_backward(
    tps_map map, tps_isa isa, int threads, tps_activation activation, const void *x, const float *coefficients,
    const void *yGradient, const void *other, void *behind, double *sums, float *weightGradient, float *biasGradient,
    void *xGradient);

/// biasGradient ← Σ yGradient · activation′(x) of each channel, with memory for `sums`: the gradient of a bias that
/// has been added in x.
void tps_bias_gradient(
    tps_map map, tps_isa isa, int threads, tps_activation activation, const void *x, const void *yGradient,
    double *sums, float *biasGradient);

/// xGradient ← yGradient · activation′(x); xGradient may be yGradient. For a ReLU, x may be the result as well.
void tps_activation_backward(
    tps_map map, tps_isa isa, int threads, tps_activation activation, const void *x, const void *yGradient,
    void *xGradient);

// ----------------------------------------------------------------------------------------------------------- dropout

/// Values in any order: value i ← value · scale where bits 16·(i mod 4) … of element i / 4 of the random stream `key`
/// (Randomness/CounterRandom.swift) are at least `threshold`, else 0.
void tps_dropout(
    size_t count, tps_isa isa, int threads, uint64_t key, uint16_t threshold, float scale, void *values);

// ----------------------------------------------------------------------------------------------------------- pooling

/// Square windows of `kernel` pixels a side, `stride` pixels apart, without padding; rows and columns that no whole
/// window reaches are left out.
typedef struct {
  int images, channels, height, width, kernel, stride;
} tps_pool;

/// y ← activation(scale · maximum of each window + shift). `coefficients` may be NULL. `places` receives the place of
/// each maximum in its window, row by row, the first of equals; or NULL. `sums` receives Σ y and Σ y² of each channel,
/// as `tps_batchnorm_sums` would; or NULL.
void tps_maxpool_forward(
    tps_pool pool, tps_isa isa, int threads, const void *x, const float *coefficients, tps_activation activation,
    void *y, uint16_t *places, double *sums);

/// xGradient ← yGradient at the places of the maxima, summed where windows overlap, and 0 elsewhere.
void tps_maxpool_backward(
    tps_pool pool, tps_isa isa, int threads, const uint16_t *places, const void *yGradient, void *xGradient);

/// y ← the mean of each window.
void tps_averagepool_forward(tps_pool pool, tps_isa isa, int threads, const void *x, void *y);

/// xGradient ← for each pixel its share of yGradient of all windows that it is in.
void tps_averagepool_backward(tps_pool pool, tps_isa isa, int threads, const void *yGradient, void *xGradient);

// ------------------------------------------------------------------------------------------ squeeze-and-excitation

/// Maps of `pixels` = rows × columns, whose channels are weighted by way of `hidden` features.
typedef struct {
  int images, channels, pixels, hidden;
} tps_squeeze;

/// Floats that the forward pass keeps for the backward pass; as many serve the latter as scratch memory.
size_t tps_squeeze_count(tps_squeeze shape);

/// y ← x · gates, gates = σ(W₂ max(W₁ mean(x) + b₁, 0) + b₂), with `weights` W₁ [hidden][channels], b₁,
/// W₂ [channels][hidden], b₂; y may be x.
void tps_squeeze_forward(
    tps_squeeze shape, tps_isa isa, int threads, const void *x, const float *const weights[4], float *state, void *y);

/// xGradient from yGradient, and the gradients of the weights in the same order; xGradient may be yGradient.
void tps_squeeze_backward(
    tps_squeeze shape, tps_isa isa, int threads, const void *x, const void *yGradient, const float *const weights[4],
    const float *state, float *scratch, float *const weightGradients[4], void *xGradient);

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
  /// What follows that.
  tps_activation activation;
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
