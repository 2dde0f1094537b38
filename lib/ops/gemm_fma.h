/*
 * The product of two matrices on processors with multiply-adds that round once
 * (x86-64 with AVX2 and FMA, or AVX-512).
 *
 * Each element of the result is
 *
 *	fma(a[i,k-1], b[k-1,j], ... fma(a[i,1], b[1,j], fma(a[i,0], b[0,j], 0)))
 *
 * so its bits depend on nothing but its row and its column: not on the strides,
 * on what else is asked for with them, on the vectors' length, nor on the
 * processor. What is not a number is always the same NaN.
 *
 * As far as it goes it is the method of K. Goto and R. van de Geijn, Anatomy of
 * high-performance matrix multiplication, ACM TOMS 34 (2008): a panel of b that
 * the first cache holds is multiplied by rows of a, a few at a time, whose sums
 * are in registers. But a is read where it is: what that saves is what makes
 * products fast that have few rows, few columns, or a short sum.
 */
#ifndef WEIR_OPS_GEMM_FMA_H
#define WEIR_OPS_GEMM_FMA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "ops/epilogue.h"

/*
 * c[m,n] (row-major, leading dimension ldc) = a[m,k] * b[k,n], or the sums that
 * are in c go on with that; all strides in elements, those of a and b any. c lies
 * over neither. With an epilogue c is what that makes of the sums, and is over
 * nothing that it reads. False: some of that is NaN, or something is infinite
 * beside columns that are no whole vectors; there is nothing of use in c then, nor
 * in what the epilogue stores.
 */
struct weir__fma_gemm {
	const char *vectors;		/* "AVX-512" */
	bool (*runs_here)(void);
	bool (*f32)(int64_t m, int64_t n, int64_t k,
		    const float *a, int64_t a_row, int64_t a_column,
		    const float *b, int64_t b_row, int64_t b_column,
		    float *c, int64_t ldc, bool adds,
		    const struct weir__epilogue *epilogue);
	bool (*f64)(int64_t m, int64_t n, int64_t k,
		    const double *a, int64_t a_row, int64_t a_column,
		    const double *b, int64_t b_row, int64_t b_column,
		    double *c, int64_t ldc, bool adds,
		    const struct weir__epilogue *epilogue);
};

/* All that were compiled, the fastest first; then one without functions. */
extern const struct weir__fma_gemm weir__fma_gemms[];

/* The fastest one that runs here, or NULL. The same from first to last. */
const struct weir__fma_gemm *
weir__fma_gemm(void);

#endif
