/* Gradients of the element-wise ops; g is the gradient of the result y. */
#include "ops/grad.h"

#include <weir/ops.h>
#include "tensor/tensor.h"

#define OP(scope, op, ...) EMIT_(__VA_ARGS__, EMIT2, EMIT1)(scope, op, __VA_ARGS__)
#define EMIT_(a, b, emit, ...) emit
#define EMIT1(scope, op, a) weir__emit1(scope, &weir__op_##op, NULL, a)
#define EMIT2(scope, op, a, b) weir__emit2(scope, &weir__op_##op, NULL, a, b)

/* Give operand i its gradient: x, summed over the axes that it was broadcast
 * along. */
static void
give(weir_scope *scope, const weir_gradient *gradient, size_t i,
     weir_tensor *x)
{
	gradient->of_in[i] = weir__emit_sum_to(scope, x,
					       &gradient->in[i]->layout->spec);
}

weir_status
weir__grad_add(weir_scope *scope, const weir_gradient *gradient)
{
	weir_tensor *g = gradient->of_out[0];

	if (gradient->wanted[0])
		give(scope, gradient, 0, g);
	if (gradient->wanted[1])
		give(scope, gradient, 1, g);
	return weir__grad_done(gradient, 2);
}

weir_status
weir__grad_sub(weir_scope *scope, const weir_gradient *gradient)
{
	weir_tensor *g = gradient->of_out[0];

	if (gradient->wanted[0])
		give(scope, gradient, 0, g);
	if (gradient->wanted[1])	/* negated where it is smaller */
		gradient->of_in[1] = OP(scope, neg, weir__emit_sum_to(
			scope, g, &gradient->in[1]->layout->spec));
	return weir__grad_done(gradient, 2);
}

weir_status
weir__grad_mul(weir_scope *scope, const weir_gradient *gradient)
{
	weir_tensor *g = gradient->of_out[0];

	if (gradient->wanted[0])
		give(scope, gradient, 0,
		     OP(scope, mul, g, gradient->in[1]));
	if (gradient->wanted[1])
		give(scope, gradient, 1,
		     OP(scope, mul, g, gradient->in[0]));
	return weir__grad_done(gradient, 2);
}

/* y = a / b: g / b, and -(g / b) y. */
weir_status
weir__grad_div(weir_scope *scope, const weir_gradient *gradient)
{
	weir_tensor *g = gradient->of_out[0], *y = gradient->out[0];
	weir_tensor *quotient = OP(scope, div, g, gradient->in[1]);

	if (gradient->wanted[0])
		give(scope, gradient, 0, quotient);
	if (gradient->wanted[1])
		give(scope, gradient, 1,
		     OP(scope, neg, OP(scope, mul, quotient, y)));
	return weir__grad_done(gradient, 2);
}

static weir_tensor *
emit_where(weir_scope *scope, weir_tensor *condition, weir_tensor *a,
	   weir_tensor *b)
{
	weir_tensor *in[3] = { condition, a, b };

	return weir__emit(scope, &weir__op_where, NULL, in, 3);
}

weir_status
weir__grad_maximum(weir_scope *scope, const weir_gradient *gradient)
{
	weir_tensor *g = gradient->of_out[0];
	weir_tensor *a = gradient->in[0], *b = gradient->in[1];
	weir_dtype dtype = gradient->out[0]->layout->spec.dtype;
	weir_tensor *half = OP(scope, mul, g,
			       weir__emit_number(scope, dtype, 0.5));
	weir_tensor *tied = emit_where(scope, OP(scope, equal, a, b), half,
				       weir__emit_number(scope, dtype, 0));

	if (gradient->wanted[0])
		give(scope, gradient, 0,
		     emit_where(scope, OP(scope, greater, a, b), g, tied));
	if (gradient->wanted[1])
		give(scope, gradient, 1,
		     emit_where(scope, OP(scope, greater, b, a), g, tied));
	return weir__grad_done(gradient, 2);
}

/* The condition, a bool, has no gradient. */
weir_status
weir__grad_where(weir_scope *scope, const weir_gradient *gradient)
{
	weir_tensor *g = gradient->of_out[0], *condition = gradient->in[0];
	weir_tensor *zero = weir__emit_number(
		scope, gradient->out[0]->layout->spec.dtype, 0);

	if (gradient->wanted[1])
		give(scope, gradient, 1, emit_where(scope, condition, g, zero));
	if (gradient->wanted[2])
		give(scope, gradient, 2, emit_where(scope, condition, zero, g));
	return (gradient->wanted[1] && !gradient->of_in[1]) ||
	       (gradient->wanted[2] && !gradient->of_in[2])
		? WEIR_ESTATE : WEIR_OK;
}

/* One operand x of the result's shape: its gradient is `value`. */
#define UNARY_GRADIENT(name, value)					\
weir_status								\
weir__grad_##name(weir_scope *scope, const weir_gradient *gradient)	\
{									\
	weir_tensor *g = gradient->of_out[0];				\
	weir_tensor *x = gradient->in[0], *y = gradient->out[0];	\
									\
	(void)x;							\
	(void)y;							\
	if (gradient->wanted[0])					\
		gradient->of_in[0] = value;				\
	return weir__grad_done(gradient, 1);				\
}
#define ONE weir__emit_number(scope, y->layout->spec.dtype, 1)

UNARY_GRADIENT(neg, OP(scope, neg, g))
/* x + x is 2x without a rounding. */
UNARY_GRADIENT(square, OP(scope, mul, g, OP(scope, add, x, x)))
UNARY_GRADIENT(sqrt, OP(scope, div, g, OP(scope, add, y, y)))
UNARY_GRADIENT(exp, OP(scope, mul, g, y))
UNARY_GRADIENT(log, OP(scope, div, g, x))
UNARY_GRADIENT(tanh, OP(scope, mul, g,
			OP(scope, sub, ONE, OP(scope, square, y))))
/* 1 - y is exact where y is near 1, y - y*y would not be. */
UNARY_GRADIENT(sigmoid, OP(scope, mul, g,
			   OP(scope, mul, y, OP(scope, sub, ONE, y))))

/* x > 0 just where y > 0; and y, unlike x, is mostly read by others, too. */
weir_status
weir__grad_relu(weir_scope *scope, const weir_gradient *gradient)
{
	weir_tensor *g = gradient->of_out[0], *y = gradient->out[0];
	weir_tensor *zero;

	if (!gradient->wanted[0])
		return WEIR_OK;
	zero = weir__emit_number(scope, y->layout->spec.dtype, 0);
	gradient->of_in[0] = emit_where(scope, OP(scope, greater, y, zero), g,
					zero);
	return weir__grad_done(gradient, 1);
}

weir_status
weir__grad_cast(weir_scope *scope, const weir_gradient *gradient)
{
	weir_dtype from = gradient->in[0]->layout->spec.dtype;
	weir_cast_attrs attrs = { .to = from };

	if (!gradient->wanted[0] || !(WEIR_FLOATS & WEIR_DTYPE_BIT(from)))
		return WEIR_OK;		/* an integer has no gradient */
	gradient->of_in[0] = weir__emit1(scope, &weir__op_cast, &attrs,
					 gradient->of_out[0]);
	return weir__grad_done(gradient, 1);
}
