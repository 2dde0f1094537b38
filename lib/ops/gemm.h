/*
 * The product of two matrices, on one thread, by what suits its shape: a kernel
 * of our own or the BLAS.
 *
 * Which one is said for a whole product and then used for all parts of it. The
 * bits of the elements are those of the whole however m and n are cut, unless
 * it is the BLAS that does it: there they are those of the part.
 */
#ifndef WEIR_OPS_GEMM_H
#define WEIR_OPS_GEMM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <weir/status.h>
#include <weir/tensor.h>
#include "ops/epilogue.h"

enum weir__product {
	WEIR__OUTER_PRODUCT,	/* k is 1 */
	WEIR__VECTOR_PRODUCT,	/* m or n is: weir__gemv() */
	WEIR__THIN_PRODUCT,	/* weir__fma_gemm() */
	WEIR__THICK_PRODUCT	/* the BLAS, or a plain loop */
};

/*
 * What a product of f32 or f64 is, here. Thick are those of which no side is
 * short; all of them are thin where the BLAS takes this processor for an old
 * one, or WEIR_MATMUL is "weir"; none where there is no kernel for it, or
 * WEIR_MATMUL is "blas". The same from first to last.
 */
enum weir__product
weir__product_of(int64_t m, int64_t n, int64_t k);

static inline bool
weir__product_has_free_parts(enum weir__product product)
{
	return product != WEIR__THICK_PRODUCT;
}

/*
 * c[m,n] (row-major, leading dimension ldc elements) = a[m,k] * b[k,n], all of
 * such a product or a part of it. Strides in elements; unless one of the two of
 * a and one of b is 1 it is slow. c lies over neither.
 */
void
weir__gemm(enum weir__product product, weir_dtype dtype,
	   int64_t m, int64_t n, int64_t k,
	   const void *a, int64_t a_row, int64_t a_column,
	   const void *b, int64_t b_row, int64_t b_column,
	   void *c, int64_t ldc);

/*
 * The same of a thin product; or, if it adds, the sums that are in c go on with
 * it: sums over k that are made part by part, in order, have the bits of the
 * whole ones.
 */
void
weir__thin_gemm(weir_dtype dtype, int64_t m, int64_t n, int64_t k,
		const void *a, int64_t a_row, int64_t a_column,
		const void *b, int64_t b_row, int64_t b_column,
		void *c, int64_t ldc, bool adds);

/* The same of a thin or an outer product, from 0 on, and what an epilogue makes
 * of it, see gemm_fma.h. */
bool
weir__finished_gemm(weir_dtype dtype, int64_t m, int64_t n, int64_t k,
		    const void *a, int64_t a_row, int64_t a_column,
		    const void *b, int64_t b_row, int64_t b_column,
		    void *c, int64_t ldc, const struct weir__epilogue *e);

/* WEIR_EINVAL, with a sentence, if WEIR_MATMUL is none of these, or auto. */
weir_status
weir__gemm_check(void);

/* "thin ones by weir's kernels for AVX2, others by the BLAS": for weir-info. */
void
weir__gemm_describe(char *text, size_t size);

#endif
