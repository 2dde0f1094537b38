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

/* Products of no more multiply-adds than this are done by kernels that copy
 * nothing, so that many small ones are as fast as one or faster; 0: there are
 * none for this CPU. The same from first to last. */
int64_t
weir__blas_small(void);

/* Whether gemm takes a matrix (the last two axes) as it is: one unit stride,
 * the other no less than the length it leads and within int. Strides in
 * bytes. Others are copied first, or weir__gemm() falls back on a plain loop. */
bool
weir__blas_takes(const weir_spec *spec, const int64_t *strides);

/*
 * c[m,n] (row-major, leading dimension ldc elements) = a[m,k] * b[k,n].
 * Strides in elements; one of the two of a and of b is 1. On one thread.
 */
void
weir__gemm(weir_dtype dtype, int64_t m, int64_t n, int64_t k,
	   const void *a, int64_t a_row, int64_t a_column,
	   const void *b, int64_t b_row, int64_t b_column,
	   void *c, int64_t ldc);

#endif
