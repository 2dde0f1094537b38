/*
 * Elementary functions, element by element: sqrt exp log tanh sigmoid.
 *
 * All but sqrt are those of vector_math.h. The bits of a result depend on which
 * library that is, and are the same in both modes because it is the same
 * function in both.
 */
#include "ops/grad.h"
#include "ops/infer.h"
#include "ops/loop.h"
#include "ops/op_cost.h"
#include "ops/vector_math.h"

#include <math.h>

enum { RUN = 256 };		/* elements that are gathered at once */

WEIR__UNARY_LOOP(sqrt_f32, float, float, sqrtf(a))
WEIR__UNARY_LOOP(sqrt_f64, double, double, sqrt(a))

#define GATHER(name, T)							\
static void								\
name(int64_t n, const char *at, int64_t step, T *x)			\
{									\
	int64_t i;							\
									\
	for (i = 0; i < n; i++)						\
		x[i] = *(const T *)(at + i * step);			\
}

GATHER(gather_f32, float)
GATHER(gather_f64, double)

#define MATH_LOOP(op, type, T)						\
static int64_t								\
op##_##type(int64_t rows, int64_t n, const struct weir__lane *out,	\
	    const struct weir__lane *in)				\
{									\
	const struct weir__vector_math *math = weir__vector_math();	\
	const char *row = in->at;					\
	T *y = (T *)out->at, x[RUN];					\
	int64_t i, width;						\
									\
	for (; rows > 0; rows--, row += in->row, y += n) {		\
		if (in->step == (int64_t)sizeof(T)) {			\
			math->op##_##type(n, (const T *)row, y);	\
			continue;					\
		}							\
		for (i = 0; i < n; i += width) {			\
			width = weir__least(RUN, n - i);		\
			gather_##type(width, row + i * in->step,	\
				      in->step, x);			\
			math->op##_##type(width, x, y + i);		\
		}							\
	}								\
	return -1;							\
}

MATH_LOOP(exp, f32, float)
MATH_LOOP(exp, f64, double)
MATH_LOOP(log, f32, float)
MATH_LOOP(log, f64, double)
MATH_LOOP(tanh, f32, float)
MATH_LOOP(tanh, f64, double)

/*
 * With e = exp(-|x|), which cannot overflow: 1 / (1 + e), or e / (1 + e) for
 * negative x.
 */
#define SIGMOID_LOOP(type, T, abs_fn)					\
WEIR__WIDE static int64_t						\
sigmoid_##type(int64_t rows, int64_t n, const struct weir__lane *out,	\
	       const struct weir__lane *in)				\
{									\
	const struct weir__vector_math *math = weir__vector_math();	\
	const char *row = in->at;					\
	T *y = (T *)out->at, x[RUN], e[RUN];				\
	int64_t i, j, width;						\
									\
	for (; rows > 0; rows--, row += in->row, y += n)		\
		for (i = 0; i < n; i += width) {			\
			width = weir__least(RUN, n - i);		\
			gather_##type(width, row + i * in->step,	\
				      in->step, x);			\
			for (j = 0; j < width; j++)			\
				e[j] = -abs_fn(x[j]);			\
			math->exp_##type(width, e, e);			\
			WEIR__INDEPENDENT				\
			for (j = 0; j < width; j++)			\
				y[i + j] = (x[j] < 0 ? e[j] : 1) /	\
					   (1 + e[j]);			\
		}							\
	return -1;							\
}

SIGMOID_LOOP(f32, float, fabsf)
SIGMOID_LOOP(f64, double, fabs)

#define FLOAT_LOOPS(op)							\
	static const weir__loop_fn op##_loops[] = {			\
		[WEIR_F32] = op##_f32,					\
		[WEIR_F64] = op##_f64,					\
	};

FLOAT_LOOPS(sqrt)
FLOAT_LOOPS(exp)
FLOAT_LOOPS(log)
FLOAT_LOOPS(tanh)
FLOAT_LOOPS(sigmoid)

WEIR__LOOP_KERNEL(sqrt_kernel, sqrt_loops, 0)
WEIR__LOOP_KERNEL(exp_kernel, exp_loops, 0)
WEIR__LOOP_KERNEL(log_kernel, log_loops, 0)
WEIR__LOOP_KERNEL(tanh_kernel, tanh_loops, 0)
WEIR__LOOP_KERNEL(sigmoid_kernel, sigmoid_loops, 0)

/* Nanoseconds an element, by SLEEF's vectors and by the C library. */
static double
by_math(double vector, double scalar)
{
	return weir__vector_math()->is_fast ? vector : scalar;
}

WEIR__ELEMENT_COST(sqrt_cost, 1, 1, 1.9)
WEIR__ELEMENT_COST(exp_cost, 10, by_math(0.3, 3.2), by_math(0.8, 4.7))
WEIR__ELEMENT_COST(log_cost, 10, by_math(0.3, 3.2), by_math(0.8, 5))
WEIR__ELEMENT_COST(tanh_cost, 20, by_math(0.6, 16), by_math(1.6, 16))
WEIR__ELEMENT_COST(sigmoid_cost, 15, by_math(0.6, 3.3), by_math(1.4, 5.2))

#define ROW(op, sentence)						\
const weir_op weir__op_##op = {						\
	.size = sizeof(weir_op), .name = #op, .doc = sentence,		\
	.n_in = 1, .n_out = 1,						\
	.flags = WEIR_OP_PURE | WEIR_OP_ELEMENTWISE | WEIR_OP_IN_PLACE,	\
	.dtypes = WEIR_FLOATS,						\
	.infer = weir__infer_unary, .tiles = weir__loop_tiles,		\
	.kernel = op##_kernel, .cost = op##_cost,			\
	.grad = weir__grad_##op, .reach = weir__loop_reach,		\
	.band = weir__loop_band,					\
};

ROW(sqrt, "The square root, correctly rounded.")
ROW(exp, "e to the x.")
ROW(log, "The natural logarithm.")
ROW(tanh, "The hyperbolic tangent.")
ROW(sigmoid, "1 / (1 + exp(-x)), without overflow.")
