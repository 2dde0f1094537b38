/*
 * The product of a matrix and a vector. As fast as memory is, where gemm takes
 * five times as long since it packs the matrix first; and unlike the gemv of a
 * BLAS its bits depend on the elements only, not on where they lie.
 *
 * Each element of the result is a sum over k in a fixed order: part by part, and
 * the sums of the parts added up from the first on. In a part there are some
 * lanes, lane l taking the products l, l + LANES, ..., joined in halves at the
 * end. All layouts of the matrix are summed in that order. What is not a number is
 * always the same NaN.
 */
#ifndef WEIR_OPS_GEMV_H
#define WEIR_OPS_GEMV_H

#include <stdint.h>
#include <weir/tensor.h>

enum {
	WEIR__GEMV_ONE_PART = 512,	/* what is shorter is one */
	WEIR__GEMV_PART = 64,		/* the shortest one */
	WEIR__GEMV_PARTS = 16		/* at most: so 8 at least, for workers
					   to share */
};

/* The products of a part, but for the last one, where k are summed up: all, or a
 * power of two. */
static inline int64_t
weir__gemv_part(int64_t k)
{
	int64_t part = WEIR__GEMV_PART;

	if (k < WEIR__GEMV_ONE_PART)
		return k > 1 ? k : 1;
	while (part * WEIR__GEMV_PARTS < k)
		part *= 2;
	return part;
}

/* y[m] = a[m,k] * x[k], in parts of so many products. Strides in elements, any;
 * f32 or f64; y lies over neither. Where a's rows or columns are packed, and x
 * is, it is fast. */
void
weir__gemv(weir_dtype dtype, int64_t m, int64_t k, int64_t part, const void *a,
	   int64_t a_row, int64_t a_column, const void *x, int64_t x_step,
	   void *y, int64_t y_step);

/* y[m] = the sums of parts that are in rows: sums[parts,m], one part at least. */
void
weir__gemv_join(weir_dtype dtype, int64_t m, int64_t parts, const void *sums,
		void *y);

#endif
