#include "ops/infer.h"

#include <stdio.h>

#include "base/error.h"
#include "tensor/tensor.h"

const char *
weir__operand_label(size_t i, char *buffer)
{
	if (i < 26)
		snprintf(buffer, WEIR__LABEL_SIZE, "%c", 'a' + (int)i);
	else
		snprintf(buffer, WEIR__LABEL_SIZE, "#%zu", i);
	return buffer;
}

const char *
weir__shape_text(int rank, const int64_t *shape, char *buffer)
{
	struct weir__text text;
	int i;

	weir__text_init(&text, buffer, WEIR__SHAPE_SIZE);
	weir__text_add(&text, "[");
	for (i = 0; i < rank; i++)
		weir__text_add(&text, "%s%lld", i ? "," : "",
			       (long long)shape[i]);
	weir__text_add(&text, "]");
	return buffer;
}

weir_status
weir__same_dtype(const weir_call *call, size_t first)
{
	char a[WEIR__LABEL_SIZE], b[WEIR__LABEL_SIZE];
	size_t i;

	for (i = first + 1; i < call->n_in; i++) {
		if (call->in[i]->dtype == call->in[first]->dtype)
			continue;
		return weir_fail(WEIR_EDTYPE,
				 "%s is %s and %s is %s: cast one to the other",
				 weir__operand_label(first, a),
				 weir_dtype_name(call->in[first]->dtype),
				 weir__operand_label(i, b),
				 weir_dtype_name(call->in[i]->dtype));
	}
	return WEIR_OK;
}

weir_status
weir__same_shape(const weir_call *call)
{
	char a[WEIR__SHAPE_SIZE], b[WEIR__SHAPE_SIZE], label[WEIR__LABEL_SIZE];
	const weir_spec *x = call->in[0], *y;
	size_t i;

	for (i = 1; i < call->n_in; i++) {
		y = call->in[i];
		if (weir__spec_same_shape(x, y))
			continue;
		return weir_fail(WEIR_ESHAPE,
				 "the shapes %s of a and %s of %s differ",
				 weir__shape_text(x->rank, x->shape, a),
				 weir__shape_text(y->rank, y->shape, b),
				 weir__operand_label(i, label));
	}
	return WEIR_OK;
}

weir_status
weir__infer_broadcast(const weir_call *call, size_t by, weir_spec *out)
{
	char a[WEIR__SHAPE_SIZE], b[WEIR__SHAPE_SIZE], label[WEIR__LABEL_SIZE];
	weir_spec shape, wider;
	size_t i;

	for (i = 1; i < call->n_in; i++)
		if (!weir__spec_same_shape(call->in[0], call->in[i]))
			break;
	*out = *call->in[0];
	out->dtype = call->in[by]->dtype;
	if (i == call->n_in)
		return WEIR_OK;		/* nothing to broadcast, as mostly */
	shape = *out;
	for (; i < call->n_in; i++) {
		const weir_spec *in = call->in[i];

		if (!weir__broadcast(&shape, in, &wider))
			return weir_fail(
				WEIR_ESHAPE,
				"the shape %s of %s does not broadcast "
				"against %s",
				weir__shape_text(in->rank, in->shape, b),
				weir__operand_label(i, label),
				weir__shape_text(shape.rank, shape.shape, a));
		shape = wider;
	}
	return weir__spec_init(out, call->in[by]->dtype, (size_t)shape.rank,
			       shape.shape);
}

weir_status
weir__infer_unary(const weir_call *call, weir_spec *out)
{
	*out = *call->in[0];
	return WEIR_OK;
}

weir_status
weir__infer_binary(const weir_call *call, weir_spec *out)
{
	weir_status status = weir__same_dtype(call, 0);

	return status ? status : weir__infer_broadcast(call, 0, out);
}

weir_status
weir__axis(int64_t axis, int rank, int *result)
{
	if (axis < -rank || axis >= rank)
		return weir_fail(WEIR_ERANGE, "axis %lld is out of range for "
				 "rank %d", (long long)axis, rank);
	*result = weir__axis_of(axis, rank);
	return WEIR_OK;
}

weir_status
weir__shape_of(weir_dtype dtype, const weir_ints *shape, weir_spec *out)
{
	char text[WEIR__SHAPE_SIZE];
	int i;

	if (shape->n < 0 || shape->n > WEIR_RANK_MAX)
		return weir_fail(WEIR_EINVAL, "a shape has 0 to %d entries, "
				 "not %d", WEIR_RANK_MAX, shape->n);
	for (i = 0; i < shape->n; i++)
		if (shape->v[i] < 0)
			return weir_fail(WEIR_ESHAPE, "the shape %s has a "
					 "negative length",
					 weir__shape_text(shape->n, shape->v,
							  text));
	return weir__spec_init(out, dtype, (size_t)shape->n, shape->v);
}
