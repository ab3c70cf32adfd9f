// oneDNN's C API for Swift, with the few constants whose macros Swift cannot import
// and the OpenMP calls that set how many threads oneDNN uses.
#ifndef TPSNET_COneDNN_SHIM_H
#define TPSNET_COneDNN_SHIM_H

#include <oneapi/dnnl/dnnl.h>

/// `DNNL_MEMORY_NONE`: create a memory object without a buffer; one is set before each use.
static inline void *tpsnet_memory_none(void) { return DNNL_MEMORY_NONE; }

extern void omp_set_num_threads(int count);
extern int omp_get_max_threads(void);
extern int omp_get_num_procs(void);
extern int omp_get_thread_limit(void);
extern void omp_set_dynamic(int isDynamic);
extern int omp_get_max_active_levels(void);
extern void omp_set_max_active_levels(int count);

#endif
