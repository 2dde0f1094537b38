/* constant: all elements equal. */
#include "ops/infer.h"
#include "ops/loop.h"
#include "ops/op_cost.h"

#include <math.h>
#include <string.h>

#include <weir/ops.h>
#include "base/error.h"
#include "tensor/tensor.h"

/* Rounding to f32 is holding it; becoming infinite is not. */
static bool
holds(weir_dtype dtype, double value)
{
	switch (dtype) {
	case WEIR_F32:
		return !isfinite(value) || isfinite((float)value);
	case WEIR_F64:
		return true;
	case WEIR_I64:	/* both bounds are doubles, 2^63 is no i64 */
		return value >= -0x1p63 && value < 0x1p63 &&
		       value == trunc(value);
	case WEIR_BOOL:
		return value == 0 || value == 1;
	}
	return false;
}

static weir_status
infer_constant(const weir_call *call, weir_spec *out)
{
	const weir_constant_attrs *attrs = call->attrs;
	weir_status status = weir__shape_of(attrs->dtype, &attrs->shape, out);

	if (status)
		return status;
	if (!holds(attrs->dtype, attrs->value))
		return weir_fail(WEIR_ERANGE, "%.17g is no %s", attrs->value,
				 weir_dtype_name(attrs->dtype));
	return WEIR_OK;
}

static weir_status
constant_kernel(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	const weir_constant_attrs *attrs = kernel->call.attrs;
	const weir_spec *spec = kernel->out[0].spec;
	void *data = kernel->out[0].data;
	int64_t first, last, i;

	weir__loop_range(spec, begin, end, &first, &last);
	switch (spec->dtype) {
	case WEIR_F32:
		for (i = first; i < last; i++)
			((float *)data)[i] = (float)attrs->value;
		break;
	case WEIR_F64:
		for (i = first; i < last; i++)
			((double *)data)[i] = attrs->value;
		break;
	case WEIR_I64:
		for (i = first; i < last; i++)
			((int64_t *)data)[i] = (int64_t)attrs->value;
		break;
	case WEIR_BOOL:
		for (i = first; i < last; i++)
			((uint8_t *)data)[i] = attrs->value != 0;
		break;
	}
	return WEIR_OK;
}

WEIR__ELEMENT_COST(constant_cost, 0, 0.08, 0.15)

static const weir_attr constant_attrs[] = {
	{ "dtype", WEIR_ATTR_DTYPE, offsetof(weir_constant_attrs, dtype),
	  "the dtype of the result" },
	{ "shape", WEIR_ATTR_INTS, offsetof(weir_constant_attrs, shape),
	  "the shape of the result" },
	{ "value", WEIR_ATTR_F64, offsetof(weir_constant_attrs, value),
	  "what all elements are" },
	{ 0 }
};

const weir_op weir__op_constant = {
	.size = sizeof(weir_op), .name = "constant",
	.doc = "All elements equal to a value, which the dtype must hold.",
	.n_in = 0, .n_out = 1, .flags = WEIR_OP_PURE,
	.attrs = constant_attrs, .attrs_size = sizeof(weir_constant_attrs),
	.infer = infer_constant, .tiles = weir__loop_tiles,
	.kernel = constant_kernel, .cost = constant_cost,
};
