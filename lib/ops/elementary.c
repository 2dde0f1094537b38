/*
 * Elementary functions, element by element: sqrt exp log tanh sigmoid.
 *
 * They are the C library's scalar functions: the bits of a result depend on
 * the library and on the CPU it was chosen for, and are the same in both
 * modes because it is the same function in both.
 */
#include "ops/grad.h"
#include "ops/infer.h"
#include "ops/loop.h"
#include "ops/op_cost.h"

#include <math.h>

WEIR__UNARY_CALL_LOOP(sqrt_f32, float, float, sqrtf(a))
WEIR__UNARY_CALL_LOOP(sqrt_f64, double, double, sqrt(a))
WEIR__UNARY_CALL_LOOP(exp_f32, float, float, expf(a))
WEIR__UNARY_CALL_LOOP(exp_f64, double, double, exp(a))
WEIR__UNARY_CALL_LOOP(log_f32, float, float, logf(a))
WEIR__UNARY_CALL_LOOP(log_f64, double, double, log(a))
WEIR__UNARY_CALL_LOOP(tanh_f32, float, float, tanhf(a))
WEIR__UNARY_CALL_LOOP(tanh_f64, double, double, tanh(a))

/*
 * With e = exp(-|x|), which cannot overflow: 1 / (1 + e), or e / (1 + e) for
 * negative x. In runs, so that all but exp() is done in vectors.
 */
#define SIGMOID_LOOP(name, T, exp_fn, abs_fn)				\
WEIR__WIDE static int64_t						\
name(int64_t rows, int64_t n, const struct weir__lane *out,		\
     const struct weir__lane *in)					\
{									\
	enum { RUN = 256 };						\
	const char *row = in->at;					\
	T *y = (T *)out->at, x[RUN], e[RUN];				\
	int64_t i, j, width;						\
									\
	for (; rows > 0; rows--, row += in->row, y += n)		\
		for (i = 0; i < n; i += width) {			\
			width = weir__least(RUN, n - i);		\
			for (j = 0; j < width; j++) {			\
				x[j] = *(const T *)(row +		\
						    (i + j) * in->step); \
				e[j] = exp_fn(-abs_fn(x[j]));		\
			}						\
			WEIR__INDEPENDENT				\
			for (j = 0; j < width; j++)			\
				y[i + j] = (x[j] < 0 ? e[j] : 1) /	\
					   (1 + e[j]);			\
		}							\
	return -1;							\
}

SIGMOID_LOOP(sigmoid_f32, float, expf, fabsf)
SIGMOID_LOOP(sigmoid_f64, double, exp, fabs)

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

WEIR__ELEMENT_COST(sqrt_cost, 1, 1, 1.9)
WEIR__ELEMENT_COST(exp_cost, 10, 3.2, 4.7)
WEIR__ELEMENT_COST(log_cost, 10, 3.2, 5)
WEIR__ELEMENT_COST(tanh_cost, 20, 16, 16)
WEIR__ELEMENT_COST(sigmoid_cost, 15, 3.3, 5.2)

#define ROW(op, sentence)						\
const weir_op weir__op_##op = {						\
	.size = sizeof(weir_op), .name = #op, .doc = sentence,		\
	.n_in = 1, .n_out = 1,						\
	.flags = WEIR_OP_PURE | WEIR_OP_ELEMENTWISE | WEIR_OP_IN_PLACE,	\
	.dtypes = WEIR_FLOATS,						\
	.infer = weir__infer_unary, .tiles = weir__loop_tiles,		\
	.kernel = op##_kernel, .cost = op##_cost,			\
	.grad = weir__grad_##op, .reach = weir__loop_reach,		\
};

ROW(sqrt, "The square root, correctly rounded.")
ROW(exp, "e to the x.")
ROW(log, "The natural logarithm.")
ROW(tanh, "The hyperbolic tangent.")
ROW(sigmoid, "1 / (1 + exp(-x)), without overflow.")
