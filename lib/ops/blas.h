/*
 * The BLAS library: never more than one thread a call, and the caller's
 * settings back afterwards. Alone includes cblas.h.
 */
#ifndef WEIR_OPS_BLAS_H
#define WEIR_OPS_BLAS_H

#include <stdbool.h>
#include <stdint.h>
#include <weir/tensor.h>

/*
 * A runtime lives (count them): where the build's thread count is
 * process-wide (pthread OpenBLAS), it is 1 from the first runtime's start to
 * the last one's end, then as before.
 */
void weir__blas_enter(void);
void weir__blas_leave(void);

/* "OpenBLAS 0.3.21 ..., OpenMP build": for weir-info. */
const char *weir__blas_describe(void);

/* Whether it is an OpenBLAS that takes this CPU, which is newer than itself, for
 * the oldest one it knows: it is several times slower then than it could be. */
bool
weir__blas_misses_the_cpu(void);

/* Whether a BLAS takes a matrix (the last two axes) as it is: one unit stride,
 * the other no less than the length it leads and within int. Strides in
 * bytes. */
bool
weir__blas_takes(const weir_spec *spec, const int64_t *strides);

/* c[m,n] = a[m,k] * b[k,n] on one thread, or false if there is something that
 * it does not take. See weir__gemm(). */
bool
weir__blas_gemm(weir_dtype dtype, int64_t m, int64_t n, int64_t k,
		const void *a, int64_t a_row, int64_t a_column,
		const void *b, int64_t b_row, int64_t b_column,
		void *c, int64_t ldc);

#endif
