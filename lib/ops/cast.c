/* Conversion between dtypes. */
#include "ops/grad.h"
#include "ops/infer.h"
#include "ops/loop.h"
#include "ops/op_cost.h"

#include <weir/ops.h>
#include "base/error.h"
#include "tensor/tensor.h"

/* Towards zero, saturating, NaN to 0; C leaves all but the first undefined.
 * 2^63 is a double, and both it and -2^63 compare exactly. */
static inline int64_t
saturate(double x)
{
	if (x != x)
		return 0;
	if (x >= 0x1p63)
		return INT64_MAX;
	if (x <= -0x1p63)
		return INT64_MIN;
	return (int64_t)x;
}

WEIR__UNARY_LOOP(f32_to_f32, float, float, a)
WEIR__UNARY_LOOP(f32_to_f64, float, double, a)
WEIR__UNARY_CALL_LOOP(f32_to_i64, float, int64_t, saturate(a))
WEIR__UNARY_LOOP(f32_to_bool, float, uint8_t, a != 0)
WEIR__UNARY_LOOP(f64_to_f32, double, float, a)
WEIR__UNARY_LOOP(f64_to_f64, double, double, a)
WEIR__UNARY_CALL_LOOP(f64_to_i64, double, int64_t, saturate(a))
WEIR__UNARY_LOOP(f64_to_bool, double, uint8_t, a != 0)
WEIR__UNARY_CALL_LOOP(i64_to_f32, int64_t, float, a)
WEIR__UNARY_CALL_LOOP(i64_to_f64, int64_t, double, a)
WEIR__UNARY_LOOP(i64_to_i64, int64_t, int64_t, a)
WEIR__UNARY_LOOP(i64_to_bool, int64_t, uint8_t, a != 0)
WEIR__UNARY_LOOP(bool_to_f32, uint8_t, float, a != 0)
WEIR__UNARY_LOOP(bool_to_f64, uint8_t, double, a != 0)
WEIR__UNARY_LOOP(bool_to_i64, uint8_t, int64_t, a != 0)
WEIR__UNARY_LOOP(bool_to_bool, uint8_t, uint8_t, a != 0)

#define FROM(dtype)							\
	{								\
		[WEIR_F32] = dtype##_to_f32,				\
		[WEIR_F64] = dtype##_to_f64,				\
		[WEIR_I64] = dtype##_to_i64,				\
		[WEIR_BOOL] = dtype##_to_bool,				\
	}

static const weir__loop_fn loops[][WEIR_BOOL + 1] = {
	[WEIR_F32] = FROM(f32),
	[WEIR_F64] = FROM(f64),
	[WEIR_I64] = FROM(i64),
	[WEIR_BOOL] = FROM(bool),
};

static weir_status
cast_kernel(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	weir_dtype from = kernel->call.in[0]->dtype;
	weir_dtype to = kernel->call.out[0]->dtype;

	return weir__loop(kernel, begin, end, loops[from][to], NULL);
}

static weir_status
infer_cast(const weir_call *call, weir_spec *out)
{
	const weir_cast_attrs *attrs = call->attrs;
	const weir_spec *in = call->in[0];

	return weir__spec_init(out, attrs->to, (size_t)in->rank, in->shape);
}

WEIR__ELEMENT_COST(cast_cost, 1, 0.4, 0.4)

static const weir_attr cast_attrs[] = {
	{ "to", WEIR_ATTR_DTYPE, offsetof(weir_cast_attrs, to),
	  "the dtype of the result" },
	{ 0 }
};

const weir_op weir__op_cast = {
	.size = sizeof(weir_op), .name = "cast",
	.doc = "Convert to another dtype: to bool, x != 0; from float to i64, "
	       "towards zero, saturating, NaN to 0.",
	.n_in = 1, .n_out = 1,
	.flags = WEIR_OP_PURE | WEIR_OP_ELEMENTWISE | WEIR_OP_IN_PLACE,
	.attrs = cast_attrs, .attrs_size = sizeof(weir_cast_attrs),
	.infer = infer_cast, .tiles = weir__loop_tiles,
	.kernel = cast_kernel, .cost = cast_cost, .grad = weir__grad_cast,
	.reach = weir__loop_reach, .band = weir__loop_band,
};
