#include "ops/grad.h"

#include <weir/ops.h>
#include "tensor/tensor.h"

weir_status
weir__grad_done(const weir_gradient *gradient, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (gradient->wanted[i] && !gradient->of_in[i])
			return WEIR_ESTATE;	/* the scope knows why */
	return WEIR_OK;
}

weir_tensor *
weir__emit_number(weir_scope *scope, weir_dtype dtype, double value)
{
	weir_constant_attrs attrs = { .dtype = dtype, .value = value };

	return weir__emit(scope, &weir__op_constant, &attrs, NULL, 0);
}

weir_tensor *
weir__emit_reshape(weir_scope *scope, weir_tensor *x, const weir_spec *like)
{
	weir_shape_attrs attrs = { .shape.n = like->rank };
	int i;

	if (x && weir__spec_same_shape(&x->layout->spec, like))
		return x;
	for (i = 0; i < like->rank; i++)
		attrs.shape.v[i] = like->shape[i];
	return weir__emit1(scope, &weir__op_reshape, &attrs, x);
}

weir_tensor *
weir__emit_sum_to(weir_scope *scope, weir_tensor *x, const weir_spec *like)
{
	weir_reduce_attrs attrs = { .keepdims = false };
	int skipped, axis;

	if (!x)
		return NULL;
	skipped = x->layout->spec.rank - like->rank;
	for (axis = 0; axis < x->layout->spec.rank; axis++) {
		bool is_stretched = axis < skipped ||
				    like->shape[axis - skipped] == 1;

		if (is_stretched && x->layout->spec.shape[axis] != 1)
			attrs.axes.v[attrs.axes.n++] = axis;
	}
	if (attrs.axes.n)
		x = weir__emit1(scope, &weir__op_sum, &attrs, x);
	return weir__emit_reshape(scope, x, like);
}
