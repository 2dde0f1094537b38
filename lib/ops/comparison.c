/* Comparison and choice, element by element: equal greater where. */
#include "ops/grad.h"
#include "ops/infer.h"
#include "ops/loop.h"
#include "ops/op_cost.h"

#include "base/error.h"

WEIR__BINARY_LOOP(equal_f32, float, uint8_t, a == b)
WEIR__BINARY_LOOP(equal_f64, double, uint8_t, a == b)
WEIR__BINARY_LOOP(equal_i64, int64_t, uint8_t, a == b)
/* Wrapped memory may hold other bytes than 0 and 1. */
WEIR__BINARY_LOOP(equal_bool, uint8_t, uint8_t, (a != 0) == (b != 0))
WEIR__BINARY_LOOP(greater_f32, float, uint8_t, a > b)
WEIR__BINARY_LOOP(greater_f64, double, uint8_t, a > b)
WEIR__BINARY_LOOP(greater_i64, int64_t, uint8_t, a > b)

static const weir__loop_fn equal_loops[] = {
	[WEIR_F32] = equal_f32,
	[WEIR_F64] = equal_f64,
	[WEIR_I64] = equal_i64,
	[WEIR_BOOL] = equal_bool,
};

static const weir__loop_fn greater_loops[] = {
	[WEIR_F32] = greater_f32,
	[WEIR_F64] = greater_f64,
	[WEIR_I64] = greater_i64,
};

WEIR__LOOP_KERNEL(equal_kernel, equal_loops, 0)
WEIR__LOOP_KERNEL(greater_kernel, greater_loops, 0)

static weir_status
infer_compare(const weir_call *call, weir_spec *out)
{
	weir_status status = weir__infer_binary(call, out);

	if (!status)
		out->dtype = WEIR_BOOL;
	return status;
}

/* Which bits are chosen does not depend on what they mean: one loop a size. */
#define WHERE_LOOP(name, T)						\
WEIR__WIDE static int64_t						\
name(int64_t rows, int64_t n, const struct weir__lane *out,		\
     const struct weir__lane *in)					\
{									\
	const int64_t size = sizeof(T);					\
	const int64_t sc = in[0].step, sa = in[1].step, sb = in[2].step; \
	const char *pc = in[0].at, *pa = in[1].at, *pb = in[2].at;	\
	T *y = (T *)out->at;						\
	int64_t i;							\
									\
	for (; rows > 0; rows--, pc += in[0].row, pa += in[1].row,	\
			 pb += in[2].row, y += n) {			\
		const uint8_t *c = (const uint8_t *)pc;			\
		const T *u = (const T *)pa, *v = (const T *)pb;		\
									\
		if (sc == 1 && sa == size && sb == size) {		\
			WEIR__INDEPENDENT				\
			for (i = 0; i < n; i++) {			\
				const T a = u[i], b = v[i];		\
				y[i] = c[i] ? a : b;			\
			}						\
		} else if (sc == 1 && sa == size && sb == 0) {		\
			const T b = *v;					\
									\
			WEIR__INDEPENDENT				\
			for (i = 0; i < n; i++) {			\
				const T a = u[i];			\
				y[i] = c[i] ? a : b;			\
			}						\
		} else if (sc == 1 && sa == 0 && sb == size) {		\
			const T a = *u;					\
									\
			WEIR__INDEPENDENT				\
			for (i = 0; i < n; i++) {			\
				const T b = v[i];			\
				y[i] = c[i] ? a : b;			\
			}						\
		} else {						\
			for (i = 0; i < n; i++)				\
				y[i] = pc[i * sc]			\
				     ? *(const T *)(pa + i * sa)	\
				     : *(const T *)(pb + i * sb);	\
		}							\
	}								\
	return -1;							\
}

WHERE_LOOP(where_1, uint8_t)
WHERE_LOOP(where_4, uint32_t)
WHERE_LOOP(where_8, uint64_t)

static const weir__loop_fn where_loops[] = {
	[WEIR_F32] = where_4,
	[WEIR_F64] = where_8,
	[WEIR_I64] = where_8,
	[WEIR_BOOL] = where_1,
};

WEIR__LOOP_KERNEL(where_kernel, where_loops, 1)

static weir_status
infer_where(const weir_call *call, weir_spec *out)
{
	weir_status status = weir__same_dtype(call, 1);

	return status ? status : weir__infer_broadcast(call, 1, out);
}

WEIR__ELEMENT_COST(compare_cost, 1, 0.09, 0.25)

const weir_op weir__op_equal = {
	.size = sizeof(weir_op), .name = "equal", .doc = "a == b as bool.",
	.n_in = 2, .n_out = 1,
	.flags = WEIR_OP_PURE | WEIR_OP_ELEMENTWISE | WEIR_OP_IN_PLACE,
	.infer = infer_compare, .tiles = weir__loop_tiles,
	.kernel = equal_kernel, .cost = compare_cost,
	.reach = weir__loop_reach, .band = weir__loop_band,
};

const weir_op weir__op_greater = {
	.size = sizeof(weir_op), .name = "greater", .doc = "a > b as bool.",
	.n_in = 2, .n_out = 1,
	.flags = WEIR_OP_PURE | WEIR_OP_ELEMENTWISE | WEIR_OP_IN_PLACE,
	.dtypes = WEIR_NUMBERS, .infer = infer_compare,
	.tiles = weir__loop_tiles, .kernel = greater_kernel,
	.cost = compare_cost,
	.reach = weir__loop_reach, .band = weir__loop_band,
};

const weir_op weir__op_where = {
	.size = sizeof(weir_op), .name = "where",
	.doc = "b where the condition a (bool) holds, else c.",
	.n_in = 3, .n_out = 1,
	.flags = WEIR_OP_PURE | WEIR_OP_ELEMENTWISE | WEIR_OP_IN_PLACE,
	.dtypes = WEIR_DTYPE_BIT(WEIR_BOOL), .infer = infer_where,
	.tiles = weir__loop_tiles, .kernel = where_kernel,
	.cost = compare_cost, .grad = weir__grad_where,
	.reach = weir__loop_reach, .band = weir__loop_band,
};
