/* Gradients of sum, mean and max. */
#include <weir/ops.h>
#include "ops/grad.h"
#include "ops/reduce.h"
#include "tensor/tensor.h"

/* The operand's shape with length 1 along the reduced axes. */
static weir_spec
kept_shape(const weir_gradient *gradient)
{
	weir_spec shape = gradient->in[0]->layout->spec;
	const weir_spec *in[1] = { &shape };
	weir_call call = { .op = gradient->op, .attrs = gradient->attrs,
			   .n_in = 1, .in = in };
	unsigned axes = weir__reduced_axes(&call);
	int axis;

	for (axis = 0; axis < shape.rank; axis++)
		if (weir__is_axis_in(axes, axis))
			shape.shape[axis] = 1;
	return shape;
}

static weir_tensor *
emit_expand(weir_scope *scope, weir_tensor *x, const weir_spec *to)
{
	weir_shape_attrs attrs = { .shape.n = to->rank };
	int i;

	for (i = 0; i < to->rank; i++)
		attrs.shape.v[i] = to->shape[i];
	return weir__emit1(scope, &weir__op_expand, &attrs, x);
}

weir_status
weir__grad_sum(weir_scope *scope, const weir_gradient *gradient)
{
	weir_spec kept = kept_shape(gradient);

	if (gradient->wanted[0])
		gradient->of_in[0] = emit_expand(
			scope, weir__emit_reshape(scope, gradient->of_out[0],
						  &kept),
			&gradient->in[0]->layout->spec);
	return weir__grad_done(gradient, 1);
}

weir_status
weir__grad_mean(weir_scope *scope, const weir_gradient *gradient)
{
	const weir_spec *in = &gradient->in[0]->layout->spec;
	weir_spec kept = kept_shape(gradient);
	double count = (double)weir__elements(in) /
		       (double)weir__elements(&kept);
	weir_tensor *share;

	if (!gradient->wanted[0])
		return WEIR_OK;
	if (!weir__elements(in))
		count = 1;	/* of an empty gradient, whatever */
	share = weir__emit2(scope, &weir__op_div, NULL, gradient->of_out[0],
			    weir__emit_number(scope, in->dtype, count));
	gradient->of_in[0] = emit_expand(
		scope, weir__emit_reshape(scope, share, &kept), in);
	return weir__grad_done(gradient, 1);
}

/* Shared equally among the elements that equal the maximum. */
weir_status
weir__grad_max(weir_scope *scope, const weir_gradient *gradient)
{
	const weir_reduce_attrs *attrs = gradient->attrs;
	weir_reduce_attrs keep = { .axes = attrs->axes, .keepdims = true };
	weir_tensor *x = gradient->in[0], *g, *y, *is_max, *share;
	weir_spec kept = kept_shape(gradient);
	weir_cast_attrs to = { .to = x->layout->spec.dtype };
	weir_tensor *choice[3];

	if (!gradient->wanted[0])
		return WEIR_OK;
	g = weir__emit_reshape(scope, gradient->of_out[0], &kept);
	y = weir__emit_reshape(scope, gradient->out[0], &kept);
	is_max = weir__emit2(scope, &weir__op_equal, NULL, x, y);
	share = weir__emit2(scope, &weir__op_div, NULL, g,
			    weir__emit1(scope, &weir__op_sum, &keep,
					weir__emit1(scope, &weir__op_cast, &to,
						    is_max)));
	choice[0] = is_max;
	choice[1] = share;
	choice[2] = weir__emit_number(scope, x->layout->spec.dtype, 0);
	gradient->of_in[0] = weir__emit(scope, &weir__op_where, NULL, choice,
					3);
	return weir__grad_done(gradient, 1);
}
