/*
 * The product of a matrix and a vector. As fast as memory is, where gemm takes
 * five times as long since it packs the matrix first; and unlike the gemv of a
 * BLAS its bits depend on the elements only, not on where they lie.
 *
 * Each element of the result is a sum over k in a fixed order: some lanes, lane
 * l taking the products l, l + LANES, ..., joined in halves at the end. All
 * layouts of the matrix are summed in that order. What is not a number is always
 * the same NaN.
 */
#ifndef WEIR_OPS_GEMV_H
#define WEIR_OPS_GEMV_H

#include <stdint.h>
#include <weir/tensor.h>

/* y[m] = a[m,k] * x[k]. Strides in elements, any; f32 or f64; y lies over
 * neither. Where a's rows or columns are packed, and x is, it is fast. */
void
weir__gemv(weir_dtype dtype, int64_t m, int64_t k, const void *a, int64_t a_row,
	   int64_t a_column, const void *x, int64_t x_step, void *y,
	   int64_t y_step);

#endif
