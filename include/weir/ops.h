/*
 * The built-in ops, one prototype each.
 *
 * All take a scope first and give a tensor owned by the scope, or NULL after
 * a failure (kept by the scope). Operands are borrowed for the call: values,
 * symbols of the recording, or variables (their current value). Operands of
 * one op have the same dtype unless said otherwise: there is no conversion
 * behind the user's back, see weir_cast(). Shapes broadcast as in NumPy.
 *
 * Each op is a macro that adds the place of the call. The plain functions,
 * for function pointers and other languages, are called as (weir_add)(...)
 * and record the return address instead.
 *
 * Threads: one at a time per scope. Cost: eager, that of the work and some
 * 100 ns; recording, O(1).
 */
#ifndef WEIR_OPS_H
#define WEIR_OPS_H

#include <weir/export.h>
#include <weir/op.h>
#include <weir/scope.h>
#include <weir/tensor.h>

WEIR_BEGIN_DECLS

/* -- attribute structs, for weir_apply() and user code -------------------- */

/** sum, mean, max: which axes. No axes: all of them. */
typedef struct weir_reduce_attrs {
	weir_ints axes;
	bool keepdims;
} weir_reduce_attrs;

/** argmax. */
typedef struct weir_argmax_attrs {
	int64_t axis;
	bool keepdims;
} weir_argmax_attrs;

/** transpose: perm[i] is the operand's axis that becomes axis i. */
typedef struct weir_transpose_attrs {
	weir_ints perm;
} weir_transpose_attrs;

/** reshape, expand: the new shape. */
typedef struct weir_shape_attrs {
	weir_ints shape;
} weir_shape_attrs;

/** slice: one entry an axis; stop exclusive. */
typedef struct weir_slice_attrs {
	weir_ints starts, stops, steps;
} weir_slice_attrs;

/** pad: zeros before, after and between the entries of each axis. */
typedef struct weir_pad_attrs {
	weir_ints before, after, between;
} weir_pad_attrs;

/** concat. */
typedef struct weir_concat_attrs {
	int64_t axis;
} weir_concat_attrs;

/** cast. */
typedef struct weir_cast_attrs {
	weir_dtype to;
} weir_cast_attrs;

/** constant. */
typedef struct weir_constant_attrs {
	weir_dtype dtype;
	weir_ints shape;
	double value;
} weir_constant_attrs;

/** uniform. */
typedef struct weir_uniform_attrs {
	weir_dtype dtype;
	weir_ints shape;
	double low, high;
} weir_uniform_attrs;

/** sgd_momentum. */
typedef struct weir_sgd_attrs {
	double momentum;
} weir_sgd_attrs;

/* -- element by element, two operands ------------------------------------- */

/**
 * a + b. f32, f64, i64 (wraps).
 */
WEIR_API weir_tensor *
weir_add(weir_scope *scope, weir_tensor *a, weir_tensor *b);
WEIR_API weir_tensor *
weir_add_at(weir_scope *scope, weir_tensor *a, weir_tensor *b,
	    const char *site);
#define weir_add(...) weir_add_at(__VA_ARGS__, WEIR_SITE)

/**
 * a - b. f32, f64, i64 (wraps).
 */
WEIR_API weir_tensor *
weir_sub(weir_scope *scope, weir_tensor *a, weir_tensor *b);
WEIR_API weir_tensor *
weir_sub_at(weir_scope *scope, weir_tensor *a, weir_tensor *b,
	    const char *site);
#define weir_sub(...) weir_sub_at(__VA_ARGS__, WEIR_SITE)

/**
 * a * b. f32, f64, i64 (wraps).
 */
WEIR_API weir_tensor *
weir_mul(weir_scope *scope, weir_tensor *a, weir_tensor *b);
WEIR_API weir_tensor *
weir_mul_at(weir_scope *scope, weir_tensor *a, weir_tensor *b,
	    const char *site);
#define weir_mul(...) weir_mul_at(__VA_ARGS__, WEIR_SITE)

/**
 * a / b. f32, f64; i64 truncates towards zero and fails (WEIR_ERANGE) on
 * division by zero, INT64_MIN / -1 wraps.
 */
WEIR_API weir_tensor *
weir_div(weir_scope *scope, weir_tensor *a, weir_tensor *b);
WEIR_API weir_tensor *
weir_div_at(weir_scope *scope, weir_tensor *a, weir_tensor *b,
	    const char *site);
#define weir_div(...) weir_div_at(__VA_ARGS__, WEIR_SITE)

/**
 * The larger one; NaN where either is NaN. f32, f64, i64. The gradient goes
 * to a where a > b, to b where b > a, half to each where they are equal.
 */
WEIR_API weir_tensor *
weir_maximum(weir_scope *scope, weir_tensor *a, weir_tensor *b);
WEIR_API weir_tensor *
weir_maximum_at(weir_scope *scope, weir_tensor *a, weir_tensor *b,
		const char *site);
#define weir_maximum(...) weir_maximum_at(__VA_ARGS__, WEIR_SITE)

/**
 * a == b as bool. Any dtype.
 */
WEIR_API weir_tensor *
weir_equal(weir_scope *scope, weir_tensor *a, weir_tensor *b);
WEIR_API weir_tensor *
weir_equal_at(weir_scope *scope, weir_tensor *a, weir_tensor *b,
	      const char *site);
#define weir_equal(...) weir_equal_at(__VA_ARGS__, WEIR_SITE)

/**
 * a > b as bool. f32, f64, i64.
 */
WEIR_API weir_tensor *
weir_greater(weir_scope *scope, weir_tensor *a, weir_tensor *b);
WEIR_API weir_tensor *
weir_greater_at(weir_scope *scope, weir_tensor *a, weir_tensor *b,
		const char *site);
#define weir_greater(...) weir_greater_at(__VA_ARGS__, WEIR_SITE)

/**
 * a where the condition (bool) holds, else b. Any dtype.
 */
WEIR_API weir_tensor *
weir_where(weir_scope *scope, weir_tensor *condition, weir_tensor *a,
	   weir_tensor *b);
WEIR_API weir_tensor *
weir_where_at(weir_scope *scope, weir_tensor *condition, weir_tensor *a,
	      weir_tensor *b, const char *site);
#define weir_where(...) weir_where_at(__VA_ARGS__, WEIR_SITE)

/* -- element by element, one operand -------------------------------------- */

/**
 * -x. f32, f64, i64 (wraps).
 */
WEIR_API weir_tensor *
weir_neg(weir_scope *scope, weir_tensor *x);
WEIR_API weir_tensor *
weir_neg_at(weir_scope *scope, weir_tensor *x, const char *site);
#define weir_neg(...) weir_neg_at(__VA_ARGS__, WEIR_SITE)

/**
 * x * x. f32, f64, i64 (wraps).
 */
WEIR_API weir_tensor *
weir_square(weir_scope *scope, weir_tensor *x);
WEIR_API weir_tensor *
weir_square_at(weir_scope *scope, weir_tensor *x, const char *site);
#define weir_square(...) weir_square_at(__VA_ARGS__, WEIR_SITE)

/**
 * The square root, correctly rounded. f32, f64.
 */
WEIR_API weir_tensor *
weir_sqrt(weir_scope *scope, weir_tensor *x);
WEIR_API weir_tensor *
weir_sqrt_at(weir_scope *scope, weir_tensor *x, const char *site);
#define weir_sqrt(...) weir_sqrt_at(__VA_ARGS__, WEIR_SITE)

/**
 * e to the x. f32, f64.
 */
WEIR_API weir_tensor *
weir_exp(weir_scope *scope, weir_tensor *x);
WEIR_API weir_tensor *
weir_exp_at(weir_scope *scope, weir_tensor *x, const char *site);
#define weir_exp(...) weir_exp_at(__VA_ARGS__, WEIR_SITE)

/**
 * The natural logarithm. f32, f64.
 */
WEIR_API weir_tensor *
weir_log(weir_scope *scope, weir_tensor *x);
WEIR_API weir_tensor *
weir_log_at(weir_scope *scope, weir_tensor *x, const char *site);
#define weir_log(...) weir_log_at(__VA_ARGS__, WEIR_SITE)

/**
 * The hyperbolic tangent. f32, f64.
 */
WEIR_API weir_tensor *
weir_tanh(weir_scope *scope, weir_tensor *x);
WEIR_API weir_tensor *
weir_tanh_at(weir_scope *scope, weir_tensor *x, const char *site);
#define weir_tanh(...) weir_tanh_at(__VA_ARGS__, WEIR_SITE)

/**
 * 1 / (1 + exp(-x)), without overflow. f32, f64.
 */
WEIR_API weir_tensor *
weir_sigmoid(weir_scope *scope, weir_tensor *x);
WEIR_API weir_tensor *
weir_sigmoid_at(weir_scope *scope, weir_tensor *x, const char *site);
#define weir_sigmoid(...) weir_sigmoid_at(__VA_ARGS__, WEIR_SITE)

/**
 * x where x > 0, else 0; NaN stays. f32, f64, i64. The gradient at 0 is 0.
 */
WEIR_API weir_tensor *
weir_relu(weir_scope *scope, weir_tensor *x);
WEIR_API weir_tensor *
weir_relu_at(weir_scope *scope, weir_tensor *x, const char *site);
#define weir_relu(...) weir_relu_at(__VA_ARGS__, WEIR_SITE)

/**
 * Convert to another dtype: to bool, x != 0; from float to i64, towards zero,
 * saturating, NaN to 0; f64 to f32, round to nearest even.
 */
WEIR_API weir_tensor *
weir_cast(weir_scope *scope, weir_tensor *x, weir_dtype dtype);
WEIR_API weir_tensor *
weir_cast_at(weir_scope *scope, weir_tensor *x, weir_dtype dtype,
	     const char *site);
#define weir_cast(...) weir_cast_at(__VA_ARGS__, WEIR_SITE)

/* -- reductions ----------------------------------------------------------- */

/**
 * The sum over axes.
 *
 * @param axes      n_axes of them, negative ones count from the end; none: all
 * @param keepdims  keep reduced axes with length 1
 *
 * f32, f64, i64. Fixed blocks and a pairwise tree: the same bits always.
 */
WEIR_API weir_tensor *
weir_sum(weir_scope *scope, weir_tensor *x, size_t n_axes, const int64_t *axes,
	 bool keepdims);
WEIR_API weir_tensor *
weir_sum_at(weir_scope *scope, weir_tensor *x, size_t n_axes,
	    const int64_t *axes, bool keepdims, const char *site);
#define weir_sum(...) weir_sum_at(__VA_ARGS__, WEIR_SITE)

/**
 * The sum divided by the number of elements. f32, f64; not of nothing.
 */
WEIR_API weir_tensor *
weir_mean(weir_scope *scope, weir_tensor *x, size_t n_axes,
	  const int64_t *axes, bool keepdims);
WEIR_API weir_tensor *
weir_mean_at(weir_scope *scope, weir_tensor *x, size_t n_axes,
	     const int64_t *axes, bool keepdims, const char *site);
#define weir_mean(...) weir_mean_at(__VA_ARGS__, WEIR_SITE)

/**
 * The largest; NaN if there is one. f32, f64, i64; not of nothing. The
 * gradient is shared equally among equal maxima.
 */
WEIR_API weir_tensor *
weir_max(weir_scope *scope, weir_tensor *x, size_t n_axes, const int64_t *axes,
	 bool keepdims);
WEIR_API weir_tensor *
weir_max_at(weir_scope *scope, weir_tensor *x, size_t n_axes,
	    const int64_t *axes, bool keepdims, const char *site);
#define weir_max(...) weir_max_at(__VA_ARGS__, WEIR_SITE)

/**
 * The index of the first largest along an axis, as i64; that of the first NaN
 * if there is one.
 */
WEIR_API weir_tensor *
weir_argmax(weir_scope *scope, weir_tensor *x, int64_t axis, bool keepdims);
WEIR_API weir_tensor *
weir_argmax_at(weir_scope *scope, weir_tensor *x, int64_t axis, bool keepdims,
	       const char *site);
#define weir_argmax(...) weir_argmax_at(__VA_ARGS__, WEIR_SITE)

/* -- linear algebra and layout -------------------------------------------- */

/**
 * The product of a [m,k] and b [k,n]: [m,n]. f32, f64. Operands transposed by
 * weir_transpose() are used as they are, without a copy.
 *
 * Where m, n or k is at most 64 and the processor has AVX2 and FMA, each element
 * is, from 0 on, fma(a[i,l], b[l,j], sum) for one l after the other, so its bits
 * are the same on all such processors; unless k is 1, where that is 0 plus the
 * product, or m or n is, where the order is another one, but fixed. Other
 * products are done by the BLAS, a block at a time. The environment variable
 * WEIR_MATMUL makes one or the other do all that it can (weir, blas).
 */
WEIR_API weir_tensor *
weir_matmul(weir_scope *scope, weir_tensor *a, weir_tensor *b);
WEIR_API weir_tensor *
weir_matmul_at(weir_scope *scope, weir_tensor *a, weir_tensor *b,
	       const char *site);
#define weir_matmul(...) weir_matmul_at(__VA_ARGS__, WEIR_SITE)

/**
 * Permute the axes; n_axes 0: reverse them. A view.
 */
WEIR_API weir_tensor *
weir_transpose(weir_scope *scope, weir_tensor *x, size_t n_axes,
	       const int64_t *perm);
WEIR_API weir_tensor *
weir_transpose_at(weir_scope *scope, weir_tensor *x, size_t n_axes,
		  const int64_t *perm, const char *site);
#define weir_transpose(...) weir_transpose_at(__VA_ARGS__, WEIR_SITE)

/**
 * The same elements in row-major order under another shape; one entry may be
 * -1. A view where strides allow, else a copy.
 */
WEIR_API weir_tensor *
weir_reshape(weir_scope *scope, weir_tensor *x, size_t rank,
	     const int64_t *shape);
WEIR_API weir_tensor *
weir_reshape_at(weir_scope *scope, weir_tensor *x, size_t rank,
		const int64_t *shape, const char *site);
#define weir_reshape(...) weir_reshape_at(__VA_ARGS__, WEIR_SITE)

/**
 * Broadcast to a shape. A view.
 */
WEIR_API weir_tensor *
weir_expand(weir_scope *scope, weir_tensor *x, size_t rank,
	    const int64_t *shape);
WEIR_API weir_tensor *
weir_expand_at(weir_scope *scope, weir_tensor *x, size_t rank,
	       const int64_t *shape, const char *site);
#define weir_expand(...) weir_expand_at(__VA_ARGS__, WEIR_SITE)

/**
 * x[start:stop:step] on the first n_axes axes, as in Python but that bounds
 * outside the axis are an error (WEIR_ERANGE). Negative starts and stops count
 * from the end; the step (NULL: 1) is positive. A view.
 */
WEIR_API weir_tensor *
weir_slice(weir_scope *scope, weir_tensor *x, size_t n_axes,
	   const int64_t *starts, const int64_t *stops, const int64_t *steps);
WEIR_API weir_tensor *
weir_slice_at(weir_scope *scope, weir_tensor *x, size_t n_axes,
	      const int64_t *starts, const int64_t *stops,
	      const int64_t *steps, const char *site);
#define weir_slice(...) weir_slice_at(__VA_ARGS__, WEIR_SITE)

/**
 * Zeros before, after and between (NULL: none) the entries of each axis.
 */
WEIR_API weir_tensor *
weir_pad(weir_scope *scope, weir_tensor *x, size_t n_axes,
	 const int64_t *before, const int64_t *after, const int64_t *between);
WEIR_API weir_tensor *
weir_pad_at(weir_scope *scope, weir_tensor *x, size_t n_axes,
	    const int64_t *before, const int64_t *after,
	    const int64_t *between, const char *site);
#define weir_pad(...) weir_pad_at(__VA_ARGS__, WEIR_SITE)

/**
 * Join n tensors, 1 to WEIR_OPERANDS_MAX, along an axis.
 */
WEIR_API weir_tensor *
weir_concat(weir_scope *scope, weir_tensor *const *tensors, size_t n,
	    int64_t axis);
WEIR_API weir_tensor *
weir_concat_at(weir_scope *scope, weir_tensor *const *tensors, size_t n,
	       int64_t axis, const char *site);
#define weir_concat(...) weir_concat_at(__VA_ARGS__, WEIR_SITE)

/**
 * A contiguous copy.
 */
WEIR_API weir_tensor *
weir_copy(weir_scope *scope, weir_tensor *x);
WEIR_API weir_tensor *
weir_copy_at(weir_scope *scope, weir_tensor *x, const char *site);
#define weir_copy(...) weir_copy_at(__VA_ARGS__, WEIR_SITE)

/* -- losses --------------------------------------------------------------- */

/**
 * The mean binary cross-entropy of sigmoid(logits) against targets in [0, 1],
 * as one number, without overflow where z is finite:
 * max(z,0) - z*t + log(1 + exp(-|z|)). f32, f64; equal shapes; not of nothing.
 */
WEIR_API weir_tensor *
weir_bce_with_logits(weir_scope *scope, weir_tensor *logits,
		     weir_tensor *targets);
WEIR_API weir_tensor *
weir_bce_with_logits_at(weir_scope *scope, weir_tensor *logits,
			weir_tensor *targets, const char *site);
#define weir_bce_with_logits(...) weir_bce_with_logits_at(__VA_ARGS__, WEIR_SITE)

/**
 * The mean of (a - b) squared, as one number. f32, f64; equal shapes; not of
 * nothing.
 */
WEIR_API weir_tensor *
weir_mse(weir_scope *scope, weir_tensor *a, weir_tensor *b);
WEIR_API weir_tensor *
weir_mse_at(weir_scope *scope, weir_tensor *a, weir_tensor *b,
	    const char *site);
#define weir_mse(...) weir_mse_at(__VA_ARGS__, WEIR_SITE)

/* -- making tensors, variables -------------------------------------------- */

/**
 * All elements equal to a value, which the dtype must hold.
 */
WEIR_API weir_tensor *
weir_constant(weir_scope *scope, weir_dtype dtype, size_t rank,
	      const int64_t *shape, double value);
WEIR_API weir_tensor *
weir_constant_at(weir_scope *scope, weir_dtype dtype, size_t rank,
		 const int64_t *shape, double value, const char *site);
#define weir_constant(...) weir_constant_at(__VA_ARGS__, WEIR_SITE)

/**
 * Uniform numbers, low <= x < high, f32 or f64. Advances the generator (see
 * weir_generator_create()), so each call gives new numbers, the same ones in
 * both modes. WEIR_ERANGE where no number of the dtype is so, or high - low is
 * not finite.
 */
WEIR_API weir_tensor *
weir_uniform(weir_scope *scope, weir_tensor *generator, weir_dtype dtype,
	     size_t rank, const int64_t *shape, double low, double high);
WEIR_API weir_tensor *
weir_uniform_at(weir_scope *scope, weir_tensor *generator, weir_dtype dtype,
		size_t rank, const int64_t *shape, double low, double high,
		const char *site);
#define weir_uniform(...) weir_uniform_at(__VA_ARGS__, WEIR_SITE)

/**
 * A snapshot of a variable.
 */
WEIR_API weir_tensor *
weir_read(weir_scope *scope, weir_tensor *variable);
WEIR_API weir_tensor *
weir_read_at(weir_scope *scope, weir_tensor *variable, const char *site);
#define weir_read(...) weir_read_at(__VA_ARGS__, WEIR_SITE)

/**
 * Give a variable a new value of the same dtype and shape.
 *
 * @return the value
 */
WEIR_API weir_tensor *
weir_assign(weir_scope *scope, weir_tensor *variable, weir_tensor *value);
WEIR_API weir_tensor *
weir_assign_at(weir_scope *scope, weir_tensor *variable, weir_tensor *value,
	       const char *site);
#define weir_assign(...) weir_assign_at(__VA_ARGS__, WEIR_SITE)

WEIR_END_DECLS

#endif /* WEIR_OPS_H */
