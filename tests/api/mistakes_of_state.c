/* Variables, scopes, tapes and optimizers used wrongly. */
#include <stdio.h>
#include <string.h>

#include "api/mistake_macros.h"

/* -- variables -------------------------------------------------------------------------- */

OP(assign_of_another_shape)
{
	return WRONG(weir_assign(s, shop->variable, in[X]));
}

OP(assign_of_another_dtype)
{
	return WRONG(weir_assign(s, shop->counter, in[X]));
}

OP(assign_to_no_variable)
{
	return WRONG(weir_assign(s, in[X], in[X]));
}

/* -- scopes -------------------------------------------------------------------------------- */

MANY(scope_is_closed)
{
	weir_graph *graph = NULL;
	weir_plan *plan = NULL;
	weir_scope *closed;
	weir_status status;

	if (weir_graph_create(shop->rt, "mistakes", &graph) ||
	    weir_graph_compile(graph, &plan))
		return WEIR_OK;		/* which the test will not like */
	weir_plan_release(plan);
	closed = weir_graph_scope(graph);
	weir_scope_push(closed, "layer");
	out[0] = WRONG(weir_relu(closed, in[X]));
	status = weir_scope_status(closed);
	snprintf(shop->said, sizeof shop->said, "%s",
		 weir_scope_error(closed));
	weir_graph_release(graph);
	return status;
}

OP(tensor_of_another_runtime)
{
	return WRONG(weir_relu(s, weir_add(s, in[X], shop->foreign)));
}

OP(symbol_of_another_recording)
{
	return WRONG(weir_mul(s, shop->symbol, in[X]));
}

/* The other recording, whose symbol was asked for its value, for which the
 * thread's text is the same; it is of use again then. */
static weir_status
recording_fails(struct workshop *shop)
{
	weir_scope *scope = weir_graph_scope(shop->other);
	weir_status status = weir_scope_status(scope);

	snprintf(shop->said, sizeof shop->said, "%s", weir_error_text());
	if (strcmp(weir_scope_error(scope), shop->said) != 0)
		status = WEIR_OK;	/* which the test will not like */
	weir_scope_clear(scope);
	return status;
}

MANY(value_of_a_symbol)
{
	const double item = WRONG(weir_item_f64(shop->symbol));

	return item != item ? recording_fails(shop) : WEIR_OK;
}

MANY(elements_of_a_symbol)
{
	const void *data = WRONG(weir_tensor_data(shop->symbol));

	return data ? WEIR_OK : recording_fails(shop);
}

MANY(copy_of_a_symbol)
{
	float elements[12];

	if (!WRONG(weir_tensor_read(shop->symbol, elements, sizeof elements)))
		return WEIR_OK;
	return recording_fails(shop);
}

MANY(pop_without_push)
{
	weir_scope_pop(s);	/* the frame "layer" */
	out[0] = weir_relu(s, in[X]);
	WRONG(weir_scope_pop(s));
	return weir_scope_status(s);
}

MANY(result_is_missing)
{
	out[0] = NULL;
	return WEIR_OK;
}

MANY(status_of_its_own)
{
	out[0] = in[X];
	return weir_fail(WEIR_EFORMAT, "the moon is not full");
}

/* -- gradients -------------------------------------------------------------------------------- */

static weir_status
same_as_operand(const weir_call *call, weir_spec *out)
{
	*out = *call->in[0];
	return WEIR_OK;
}

static weir_status
copy_floats(const weir_kernel *k, int64_t begin, int64_t end)
{
	(void)begin;
	(void)end;
	memcpy(k->out[0].data, k->in[0].data, 12 * sizeof(float));
	return WEIR_OK;
}

static const weir_op mystery = {
	.size = sizeof mystery, .name = "mystery",
	.doc = "An op that has no gradient.", .n_in = 1, .n_out = 1,
	.dtypes = WEIR_DTYPE_BIT(WEIR_F32), .infer = same_as_operand,
	.kernel = copy_floats,
};

static weir_status
grad_in_vain(weir_scope *s, const weir_gradient *g)
{
	(void)s;
	(void)g;
	return weir_fail(WEIR_EOP, "the chain rule is broken");
}

static const weir_op vain = {
	.size = sizeof vain, .name = "vain",
	.doc = "An op whose gradient fails.", .n_in = 1, .n_out = 1,
	.dtypes = WEIR_DTYPE_BIT(WEIR_F32), .infer = same_as_operand,
	.kernel = copy_floats, .grad = grad_in_vain,
};

MANY(tape_used_twice)
{
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *loss = weir_sum(s, in[X], 0, NULL, false), *g[1];

	weir_tape_gradients(tape, loss, &in[X], 1, g);
	return WRONG(weir_tape_gradients(tape, loss, &in[X], 1,
					 shop->results));
}

MANY(loss_that_is_no_scalar)
{
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *loss = weir_square(s, in[X]);

	return WRONG(weir_tape_gradients(tape, loss, &in[X], 1,
					 shop->results));
}

MANY(loss_is_null)
{
	weir_tape *tape = weir_tape_begin(s);

	return WRONG(weir_tape_gradients(tape, NULL, &in[X], 1,
					 shop->results));
}

MANY(gradient_for_another_dtype)
{
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *loss = weir_sum(s, in[X], 0, NULL, false);
	weir_tensor *with[] = { in[X], in[INTS] };

	return WRONG(weir_tape_gradients(tape, loss, with, 2, shop->results));
}

/* op in a sum of squares, and its gradient. */
static weir_status
differentiate(struct workshop *shop, weir_scope *s, const weir_op *op,
	      weir_tensor *x)
{
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *y, *loss;

	if (WRONG(weir_apply(s, op, NULL, &x, 1, &y, 1)))
		return weir_scope_status(s);
	loss = weir_sum(s, weir_square(s, y), 0, NULL, false);
	return weir_tape_gradients(tape, loss, &x, 1, shop->results);
}

MANY(op_without_a_gradient)
{
	return differentiate(shop, s, &mystery, in[X]);
}

MANY(gradient_that_fails)
{
	return differentiate(shop, s, &vain, in[X]);
}

MANY(sgd_with_other_parameters)
{
	weir_tensor *params[] = { shop->counter }, *grads[] = { in[X] };

	return WRONG(weir_sgd_step(s, shop->sgd, params, grads, 1));
}

MANY(sgd_with_more_parameters)
{
	weir_tensor *params[] = { shop->variable, shop->counter };

	return WRONG(weir_sgd_step(s, shop->sgd, params, in, 2));
}

MANY(sgd_gradient_is_null)
{
	weir_tensor *params[] = { shop->variable }, *grads[] = { NULL };

	return WRONG(weir_sgd_step(s, shop->sgd, params, grads, 1));
}

MANY(sgd_gradient_of_another_shape)
{
	weir_tensor *params[] = { shop->variable }, *grads[] = { in[X] };

	return WRONG(weir_sgd_step(s, shop->sgd, params, grads, 1));
}

/* -- the table ---------------------------------------------------------------- */

const struct mistake mistakes_of_state[] = {
	{ DOES(assign_of_another_shape), WEIR_ESHAPE,
	  { "assign: ", "a = f32[2,2], variable v", "b = f32[4,3]" } },
	{ DOES(assign_of_another_dtype), WEIR_EDTYPE,
	  { "assign: ", "a = i64[3], variable counter", "b = f32[4,3]" } },
	{ DOES(assign_to_no_variable), WEIR_EINVAL,
	  { "assign: ", "operand a is no variable", "f32[4,3]" } },
	{ DOES(scope_is_closed), WEIR_ESTATE,
	  { "relu: ", "closed", "f32[4,3]" }, ELSEWHERE },
	{ DOES(tensor_of_another_runtime), WEIR_EFOREIGN,
	  { "add: ", "operand b", "another runtime", "f32[4,3]" } },
	{ DOES(symbol_of_another_recording), WEIR_EFOREIGN,
	  { "mul: ", "operand a", "recording", "f32[4,3]" } },
	{ DOES(value_of_a_symbol), WEIR_ESYMBOLIC,
	  { "weir_item_f64: ", "f32[4,3]", "weir_cond()", "weir_while()" },
	  ELSEWHERE },
	{ DOES(elements_of_a_symbol), WEIR_ESYMBOLIC,
	  { "weir_tensor_data: ", "f32[4,3]", "weir_cond()" }, ELSEWHERE },
	{ DOES(copy_of_a_symbol), WEIR_ESYMBOLIC,
	  { "weir_tensor_read: ", "f32[4,3]", "weir_cond()" }, ELSEWHERE },
	{ DOES(pop_without_push), WEIR_ESTATE,
	  { "weir_scope_pop() without a matching weir_scope_push()" },
	  IN_NO_LAYER },
	/* These two are what a function returns: there is no call of weir's. */
	{ DOES(result_is_missing), WEIR_ENULL,
	  { "result 0", "in mistakes" }, NO_CALL | IN_A_FUNCTION },
	{ DOES(status_of_its_own), WEIR_EFORMAT,
	  { "mistakes: ", "WEIR_EFORMAT", "the moon is not full" },
	  NO_CALL | IN_A_FUNCTION },
	{ DOES(tape_used_twice), WEIR_ESTATE, { "weir_tape_gradients: " } },
	{ DOES(loss_that_is_no_scalar), WEIR_ESHAPE,
	  { "weir_tape_gradients: ", "f32[4,3]" } },
	{ DOES(loss_is_null), WEIR_ENULL, { "weir_tape_gradients: " } },
	{ DOES(gradient_for_another_dtype), WEIR_EDTYPE,
	  { "weir_tape_gradients: ", "i64[4,3]", "f32[]" } },
	{ DOES(op_without_a_gradient), WEIR_ENOGRAD,
	  { "mystery: ", "gradient", "f32[4,3]" } },
	{ DOES(gradient_that_fails), WEIR_EOP,
	  { "vain: ", "the chain rule is broken", "f32[4,3]" } },
	{ DOES(sgd_with_other_parameters), WEIR_EINVAL,
	  { "weir_sgd_step: ", "counter" } },
	{ DOES(sgd_with_more_parameters), WEIR_EINVAL,
	  { "weir_sgd_step: ", "2 parameters" } },
	{ DOES(sgd_gradient_is_null), WEIR_ENULL,
	  { "operand b is NULL", "variable v" } },
	{ DOES(sgd_gradient_of_another_shape), WEIR_ESHAPE,
	  { "sgd", "f32[2,2], variable v", "f32[4,3]" } },
	{ .what = NULL },
};
