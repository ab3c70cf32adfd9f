// Loops on the threads that oneDNN already runs: GNU OpenMP's own entry points, called directly, because a compiler's
// `-fopenmp` would bring a second runtime with a second set of threads.
#include "CKernels.h"

extern void GOMP_parallel(void (*body)(void *), void *data, unsigned threads, unsigned flags);
extern int omp_get_thread_num(void);
extern int omp_get_num_threads(void);
extern int omp_get_max_threads(void);

typedef struct {
  int count;
  void (*body)(void *, int);
  void *context;
} loop;

static void run(void *data) {
  const loop *l = data;
  // Whatever number of threads there is, the work is done.
  for (int i = omp_get_thread_num(); i < l->count; i += omp_get_num_threads()) l->body(l->context, i);
}

void tps_parallel(int count, void (*body)(void *, int), void *context) {
  loop l = {count, body, context};
  if (count == 1) body(context, 0);
  else if (count > 1) {
    // Threads that a smaller team leaves out would end, and be made again for the next one.
    const int usual = omp_get_max_threads();
    GOMP_parallel(run, &l, (unsigned)(count > usual ? count : usual), 0);
  }
}
