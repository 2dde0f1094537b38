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

/* Without overflow: exp() never sees a positive number. */
static inline float
sigmoid_of_f32(float x)
{
	float e = expf(-fabsf(x));

	return (x < 0 ? e : 1.0f) / (1.0f + e);
}

static inline double
sigmoid_of_f64(double x)
{
	double e = exp(-fabs(x));

	return (x < 0 ? e : 1.0) / (1.0 + e);
}

WEIR__UNARY_CALL_LOOP(sqrt_f32, float, float, sqrtf(a))
WEIR__UNARY_CALL_LOOP(sqrt_f64, double, double, sqrt(a))
WEIR__UNARY_CALL_LOOP(exp_f32, float, float, expf(a))
WEIR__UNARY_CALL_LOOP(exp_f64, double, double, exp(a))
WEIR__UNARY_CALL_LOOP(log_f32, float, float, logf(a))
WEIR__UNARY_CALL_LOOP(log_f64, double, double, log(a))
WEIR__UNARY_CALL_LOOP(tanh_f32, float, float, tanhf(a))
WEIR__UNARY_CALL_LOOP(tanh_f64, double, double, tanh(a))
WEIR__UNARY_CALL_LOOP(sigmoid_f32, float, float, sigmoid_of_f32(a))
WEIR__UNARY_CALL_LOOP(sigmoid_f64, double, double, sigmoid_of_f64(a))

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
WEIR__ELEMENT_COST(sigmoid_cost, 15, 7, 10)

#define ROW(op, sentence)						\
const weir_op weir__op_##op = {						\
	.size = sizeof(weir_op), .name = #op, .doc = sentence,		\
	.n_in = 1, .n_out = 1,						\
	.flags = WEIR_OP_PURE | WEIR_OP_ELEMENTWISE,			\
	.dtypes = WEIR_FLOATS,						\
	.infer = weir__infer_unary, .tiles = weir__loop_tiles,		\
	.kernel = op##_kernel, .cost = op##_cost,			\
	.grad = weir__grad_##op,					\
};

ROW(sqrt, "The square root, correctly rounded.")
ROW(exp, "e to the x.")
ROW(log, "The natural logarithm.")
ROW(tanh, "The hyperbolic tangent.")
ROW(sigmoid, "1 / (1 + exp(-x)), without overflow.")
