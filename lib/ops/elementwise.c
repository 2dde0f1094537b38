/* Arithmetic, element by element: add sub mul div maximum neg square relu. */
#include "ops/grad.h"
#include "ops/infer.h"
#include "ops/loop.h"
#include "ops/op_cost.h"

#include "base/error.h"

/* i64 wraps: computed as unsigned, where overflow is defined. */
WEIR__BINARY_LOOP(add_f32, float, float, a + b)
WEIR__BINARY_LOOP(add_f64, double, double, a + b)
WEIR__BINARY_LOOP(add_i64, uint64_t, uint64_t, a + b)
WEIR__BINARY_LOOP(sub_f32, float, float, a - b)
WEIR__BINARY_LOOP(sub_f64, double, double, a - b)
WEIR__BINARY_LOOP(sub_i64, uint64_t, uint64_t, a - b)
WEIR__BINARY_LOOP(mul_f32, float, float, a * b)
WEIR__BINARY_LOOP(mul_f64, double, double, a * b)
WEIR__BINARY_LOOP(mul_i64, uint64_t, uint64_t, a * b)
WEIR__BINARY_LOOP(div_f32, float, float, a / b)
WEIR__BINARY_LOOP(div_f64, double, double, a / b)
/* The first NaN of the two, else the larger one, else a. */
WEIR__BINARY_LOOP(maximum_f32, float, float, ((a >= b) | (a != a)) ? a : b)
WEIR__BINARY_LOOP(maximum_f64, double, double, ((a >= b) | (a != a)) ? a : b)
WEIR__BINARY_LOOP(maximum_i64, int64_t, int64_t, a >= b ? a : b)

WEIR__UNARY_LOOP(neg_f32, float, float, -a)
WEIR__UNARY_LOOP(neg_f64, double, double, -a)
WEIR__UNARY_LOOP(neg_i64, uint64_t, uint64_t, -a)
WEIR__UNARY_LOOP(square_f32, float, float, a * a)
WEIR__UNARY_LOOP(square_f64, double, double, a * a)
WEIR__UNARY_LOOP(square_i64, uint64_t, uint64_t, a * a)
/* NaN is not <= 0 and stays. */
WEIR__UNARY_LOOP(relu_f32, float, float, a <= 0 ? 0 : a)
WEIR__UNARY_LOOP(relu_f64, double, double, a <= 0 ? 0 : a)
WEIR__UNARY_LOOP(relu_i64, int64_t, int64_t, a <= 0 ? 0 : a)

static int64_t
div_i64(int64_t rows, int64_t n, const struct weir__lane *out,
	const struct weir__lane *in)
{
	const char *pa = in[0].at, *pb = in[1].at;
	int64_t *y = (int64_t *)out->at, row, i;

	for (row = 0; row < rows; row++) {
		for (i = 0; i < n; i++) {
			int64_t a = *(const int64_t *)(pa + i * in[0].step);
			int64_t b = *(const int64_t *)(pb + i * in[1].step);

			if (b == 0)
				return row * n + i;
			/* INT64_MIN / -1 traps: negate as unsigned */
			y[i] = b == -1 ? (int64_t)-(uint64_t)a : a / b;
		}
		pa += in[0].row;
		pb += in[1].row;
		y += n;
	}
	return -1;
}

#define NUMBER_LOOPS(op)						\
	static const weir__loop_fn op##_loops[] = {			\
		[WEIR_F32] = op##_f32,					\
		[WEIR_F64] = op##_f64,					\
		[WEIR_I64] = op##_i64,					\
	};

NUMBER_LOOPS(add)
NUMBER_LOOPS(sub)
NUMBER_LOOPS(mul)
NUMBER_LOOPS(div)
NUMBER_LOOPS(maximum)
NUMBER_LOOPS(neg)
NUMBER_LOOPS(square)
NUMBER_LOOPS(relu)

WEIR__LOOP_KERNEL(add_kernel, add_loops, 0)
WEIR__LOOP_KERNEL(sub_kernel, sub_loops, 0)
WEIR__LOOP_KERNEL(mul_kernel, mul_loops, 0)
WEIR__LOOP_KERNEL(maximum_kernel, maximum_loops, 0)
WEIR__LOOP_KERNEL(neg_kernel, neg_loops, 0)
WEIR__LOOP_KERNEL(square_kernel, square_loops, 0)
WEIR__LOOP_KERNEL(relu_kernel, relu_loops, 0)

static weir_status
div_kernel(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	return weir__loop(kernel, begin, end,
			  div_loops[kernel->call.in[0]->dtype],
			  "division by zero");
}

WEIR__ELEMENT_COST(add_cost, 1, 0.08, 0.16)

static weir_cost
div_cost(const weir_call *call)
{
	double n = (double)weir__elements(call->out[0]);

	switch (call->in[0]->dtype) {
	case WEIR_F32: return weir__streaming_cost(call, n, 1, 0.15);
	case WEIR_F64: return weir__streaming_cost(call, n, 1, 0.4);
	default: return weir__streaming_cost(call, n, 1, 3.2);
	}
}

#define BINARY_ROW(op, sentence, may_fail, cost_fn)			\
const weir_op weir__op_##op = {						\
	.size = sizeof(weir_op), .name = #op, .doc = sentence,		\
	.n_in = 2, .n_out = 1,						\
	.flags = WEIR_OP_PURE | WEIR_OP_ELEMENTWISE | WEIR_OP_IN_PLACE,	\
	.dtypes = WEIR_NUMBERS, .fallible = may_fail,			\
	.infer = weir__infer_binary, .tiles = weir__loop_tiles,		\
	.kernel = op##_kernel, .cost = cost_fn,				\
	.grad = weir__grad_##op, .reach = weir__loop_reach,		\
	.band = weir__loop_band_of_vectors,				\
};
#define UNARY_ROW(op, sentence)						\
const weir_op weir__op_##op = {						\
	.size = sizeof(weir_op), .name = #op, .doc = sentence,		\
	.n_in = 1, .n_out = 1,						\
	.flags = WEIR_OP_PURE | WEIR_OP_ELEMENTWISE | WEIR_OP_IN_PLACE,	\
	.dtypes = WEIR_NUMBERS,						\
	.infer = weir__infer_unary, .tiles = weir__loop_tiles,		\
	.kernel = op##_kernel, .cost = add_cost,			\
	.grad = weir__grad_##op, .reach = weir__loop_reach,		\
	.band = weir__loop_band,					\
};

BINARY_ROW(add, "a + b; i64 wraps.", 0, add_cost)
BINARY_ROW(sub, "a - b; i64 wraps.", 0, add_cost)
BINARY_ROW(mul, "a * b; i64 wraps.", 0, add_cost)
BINARY_ROW(div, "a / b; i64 truncates towards zero and fails on division by "
	   "zero.", WEIR_DTYPE_BIT(WEIR_I64), div_cost)
BINARY_ROW(maximum, "The larger of a and b; NaN where either is NaN.", 0,
	   add_cost)
UNARY_ROW(neg, "-x; i64 wraps.")
UNARY_ROW(square, "x * x; i64 wraps.")
UNARY_ROW(relu, "x where x > 0, else 0; NaN stays.")
