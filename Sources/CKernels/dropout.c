// Dropout: the kernels for each instruction set, the division of values among threads, and the last few values.
#include "CKernels.h"
#include "division.h"
#define KERNEL_FILE "dropout.inl.h"
#include "isa.h"

typedef void (*kernel)(size_t, size_t, uint64_t, uint16_t, float, void *);

#define TPS_KERNELS(suffix) dropout_##suffix

static const kernel table[] = TPS_TABLE(TPS_KERNELS);

typedef struct {
  tps_isa isa;
  int threads;
  size_t groups;
  uint64_t key;
  uint16_t threshold;
  float scale;
  void *values;
} job;

static void dropout_thread(void *context, int index) {
  const job *j = context;
  const size_t first = j->groups * index / j->threads, end = j->groups * (index + 1) / j->threads;
  table[j->isa](
      first, end, j->key, j->threshold, j->scale, (char *)j->values + first * 16 * tps_element_bytes(j->isa));
}

void tps_dropout(
    size_t count, tps_isa isa, int threads, uint64_t key, uint16_t threshold, float scale, void *values) {
  job j = {isa, threads, count / 16, key, threshold, scale, values};
  tps_parallel(threads, dropout_thread, &j);
  const size_t done = count / 16 * 16, size = tps_element_bytes(isa);
  if (done == count) return;
  // What is left, in a group of its own.
  char rest[64] = {0};
  memcpy(rest, (char *)values + done * size, (count - done) * size);
  table[isa](j.groups, j.groups + 1, key, threshold, scale, rest);
  memcpy((char *)values + done * size, rest, (count - done) * size);
}
