#include "api/mistakes.h"

#include <stdio.h>
#include <string.h>

/* Note the line of the call that is wrong. */
#define WRONG(call) (shop->line = __LINE__, (call))

/* Not every mistake needs all of what it is given. */
#define GIVEN								\
	__attribute__((__unused__)) struct workshop *shop,		\
	__attribute__((__unused__)) weir_scope *s,			\
	__attribute__((__unused__)) weir_tensor *const *in

/* OP(name): a mistake whose result is that of one call. */
#define OP(name)							\
	static weir_tensor *						\
	call_##name(GIVEN);						\
	static weir_status						\
	name(GIVEN, weir_tensor **out)					\
	{								\
		out[0] = call_##name(shop, s, in);			\
		return weir_scope_status(s);				\
	}								\
	static weir_tensor *						\
	call_##name(GIVEN)

/* MANY(name): any other. */
#define MANY(name)							\
	static weir_status						\
	name(GIVEN, __attribute__((__unused__)) weir_tensor **out)

#define LIST(...) ((const int64_t[]){ __VA_ARGS__ })

/* -- shapes, ranks, dtypes ------------------------------------------------------ */

OP(matmul_of_other_inner_dimensions)
{
	return WRONG(weir_matmul(s, in[X], in[W]));
}

OP(matmul_of_rank_three)
{
	return WRONG(weir_matmul(s, in[CUBE], in[X]));
}

OP(matmul_of_two_dtypes)
{
	return WRONG(weir_matmul(s, in[X], in[WIDE]));
}

OP(matmul_of_ints)
{
	return WRONG(weir_matmul(s, in[INTS], in[INTS]));
}

OP(shapes_that_do_not_broadcast)
{
	weir_tensor *h = weir_relu(s, in[X]);

	return WRONG(weir_add(s, h, in[W]));
}

OP(dtypes_mixed)
{
	return WRONG(weir_add(s, in[X], in[INTS]));
}

OP(arithmetic_on_bools)
{
	return WRONG(weir_mul(s, in[FLAGS], in[FLAGS]));
}

OP(exp_of_ints)
{
	return WRONG(weir_exp(s, in[INTS]));
}

OP(condition_that_is_no_bool)
{
	return WRONG(weir_where(s, in[X], in[X], in[X]));
}

OP(cast_to_no_dtype)
{
	return WRONG(weir_cast(s, in[X], (weir_dtype)9));
}

OP(loss_of_other_shapes)
{
	return WRONG(weir_bce_with_logits(s, in[X], in[W]));
}

OP(loss_of_two_dtypes)
{
	return WRONG(weir_mse(s, in[X], in[INTS]));
}

/* -- NULLs ------------------------------------------------------------------------ */

OP(operand_is_null)
{
	return WRONG(weir_sub(s, in[X], NULL));
}

OP(both_operands_are_null)
{
	return WRONG(weir_maximum(s, NULL, NULL));
}

OP(list_is_null)
{
	return WRONG(weir_slice(s, in[X], 2, NULL, LIST(4, 3), NULL));
}

/* The first failure is kept, however many follow it. */
OP(failure_after_a_failure)
{
	weir_tensor *bad = WRONG(weir_matmul(s, in[X], in[W]));

	return weir_relu(s, weir_add(s, bad, in[INTS]));
}

/* -- axes, bounds, attributes -------------------------------------------------------- */

OP(axis_out_of_range)
{
	return WRONG(weir_sum(s, in[X], 1, LIST(2), false));
}

OP(axis_named_twice)
{
	return WRONG(weir_max(s, in[X], 2, LIST(1, -1), false));
}

OP(mean_of_nothing)
{
	weir_tensor *none = weir_slice(s, in[X], 1, LIST(2), LIST(2), NULL);

	return WRONG(weir_mean(s, none, 0, NULL, false));
}

OP(argmax_axis_out_of_range)
{
	return WRONG(weir_argmax(s, in[CUBE], -4, false));
}

OP(permutation_that_is_none)
{
	return WRONG(weir_transpose(s, in[X], 2, LIST(1, 1)));
}

OP(reshape_to_another_count)
{
	return WRONG(weir_reshape(s, in[X], 2, LIST(5, 2)));
}

OP(reshape_with_two_unknowns)
{
	return WRONG(weir_reshape(s, in[X], 2, LIST(-1, -1)));
}

OP(expand_of_a_length_that_is_not_one)
{
	return WRONG(weir_expand(s, in[X], 2, LIST(8, 3)));
}

OP(slice_out_of_range)
{
	return WRONG(weir_slice(s, in[X], 2, LIST(0, 0), LIST(5, 3), NULL));
}

OP(slice_without_a_step)
{
	return WRONG(weir_slice(s, in[X], 1, LIST(0), LIST(4), LIST(0)));
}

OP(slice_of_more_axes_than_there_are)
{
	return WRONG(weir_slice(s, in[X], 3, LIST(0, 0, 0), LIST(1, 1, 1),
				NULL));
}

OP(negative_padding)
{
	return WRONG(weir_pad(s, in[X], 2, LIST(0, -1), LIST(0, 0), NULL));
}

OP(concat_of_shapes_that_do_not_fit)
{
	weir_tensor *both[] = { in[X], in[W] };

	return WRONG(weir_concat(s, both, 2, 0));
}

OP(concat_of_two_dtypes)
{
	weir_tensor *both[] = { in[X], in[INTS] };

	return WRONG(weir_concat(s, both, 2, 1));
}

OP(too_many_operands)
{
	weir_tensor *all[WEIR_OPERANDS_MAX + 1];
	size_t i;

	for (i = 0; i <= WEIR_OPERANDS_MAX; i++)
		all[i] = in[X];
	return WRONG(weir_concat(s, all, WEIR_OPERANDS_MAX + 1, 0));
}

OP(no_operands)
{
	return WRONG(weir_concat(s, NULL, 0, 0));
}

OP(value_that_the_dtype_does_not_hold)
{
	return WRONG(weir_constant(s, WEIR_I64, 1, LIST(3), 0.5));
}

OP(too_many_axes)
{
	return WRONG(weir_constant(s, WEIR_F32, 9,
				   LIST(1, 1, 1, 1, 1, 1, 1, 1, 1), 0));
}

OP(shape_that_no_memory_holds)
{
	return WRONG(weir_constant(s, WEIR_F64, 2,
				   LIST(INT64_MAX / 2, INT64_MAX / 2), 0));
}

OP(uniform_numbers_between_nothing)
{
	return WRONG(weir_uniform(s, shop->generator, WEIR_F32, 1, LIST(4), 1,
				  1));
}

OP(uniform_numbers_from_no_generator)
{
	return WRONG(weir_uniform(s, shop->variable, WEIR_F32, 1, LIST(4), 0,
				  1));
}

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

MANY(value_of_a_symbol)
{
	const double item = weir_item_f64(shop->symbol);

	if (!(item != item))
		return WEIR_OK;
	snprintf(shop->said, sizeof shop->said, "%s", weir_error_text());
	return WEIR_ESYMBOLIC;
}

MANY(pop_without_push)
{
	weir_scope_pop(s);	/* the frame "layer" */
	out[0] = weir_relu(s, in[X]);
	weir_scope_pop(s);
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

/* -- calls by descriptor ---------------------------------------------------------------- */

MANY(attributes_are_missing)
{
	return WRONG(weir_apply(s, weir_op_find("sum"), NULL, &in[X], 1,
				shop->results, 1));
}

MANY(too_few_operands)
{
	return WRONG(weir_apply(s, weir_op_find("add"), NULL, &in[X], 1,
				shop->results, 1));
}

MANY(too_many_results)
{
	return WRONG(weir_apply(s, weir_op_find("relu"), NULL, &in[X], 1,
				shop->results, 2));
}

MANY(op_is_null)
{
	return WRONG(weir_apply(s, NULL, NULL, &in[X], 1, shop->results, 1));
}

MANY(descriptor_of_another_size)
{
	static const weir_op small = { .size = 8, .name = "small" };

	return WRONG(weir_apply(s, &small, NULL, &in[X], 1, shop->results,
				1));
}

MANY(attributes_that_make_no_sense)
{
	weir_reduce_attrs attrs = { .axes = { .n = -3 } };

	return WRONG(weir_apply(s, weir_op_find("sum"), &attrs, &in[X], 1,
				shop->results, 1));
}

MANY(attributes_with_too_long_a_list)
{
	weir_shape_attrs attrs = { .shape = { .n = 1000 } };

	return WRONG(weir_apply(s, weir_op_find("reshape"), &attrs, &in[X], 1,
				shop->results, 1));
}

/* -- failures of kernels, found when they run ------------------------------------------- */

static weir_status
fail_at_run_time(const weir_kernel *k, int64_t begin, int64_t end)
{
	(void)k;
	(void)begin;
	(void)end;
	return weir_fail(WEIR_ERANGE, "row 2 is out of its mind");
}

static weir_status
fail_silently(const weir_kernel *k, int64_t begin, int64_t end)
{
	(void)k;
	(void)begin;
	(void)end;
	return WEIR_EOP;
}

#define FAULTY(op, function)						\
	static const weir_op op = {					\
		.size = sizeof op, .name = #op, .doc = "It fails.",	\
		.n_in = 1, .n_out = 1, .fallible = WEIR_ANY_DTYPE,	\
		.infer = same_as_operand, .kernel = function,		\
	}

FAULTY(faulty, fail_at_run_time);
FAULTY(taciturn, fail_silently);

MANY(kernel_that_fails)
{
	weir_tensor *h = weir_relu(s, in[X]);

	if (!WRONG(weir_apply(s, &faulty, NULL, &h, 1, out, 1)))
		out[0] = weir_relu(s, out[0]);
	return weir_scope_status(s);
}

MANY(kernel_that_fails_and_says_not_why)
{
	return WRONG(weir_apply(s, &taciturn, NULL, &in[X], 1, out, 1));
}

OP(division_by_zero)
{
	weir_tensor *h = weir_neg(s, in[INTS]);

	return WRONG(weir_div(s, h, in[ZEROS]));
}

OP(division_by_zero_that_nobody_uses)
{
	WRONG(weir_div(s, in[INTS], in[ZEROS]));
	return weir_relu(s, in[X]);
}

OP(division_of_constants_by_zero)
{
	weir_tensor *one = weir_constant(s, WEIR_I64, 1, LIST(3), 1);
	weir_tensor *zero = weir_sub(s, one, one);

	return WRONG(weir_div(s, one, zero));
}

OP(two_divisions_by_zero)
{
	weir_tensor *first = WRONG(weir_div(s, in[ZEROS], in[ZEROS]));
	weir_tensor *second = weir_div(s, in[INTS], in[ZEROS]);

	return weir_add(s, second, first);
}

OP(division_by_a_variable_that_is_zero)
{
	weir_tensor *counts = weir_slice(s, in[INTS], 1, LIST(1), LIST(2),
					 NULL);

	return WRONG(weir_div(s, counts, shop->counter));
}

OP(division_by_a_variable_just_assigned)
{
	weir_tensor *zero = weir_sub(s, shop->counter, shop->counter);

	weir_assign(s, shop->counter, zero);
	return WRONG(weir_div(s, in[INTS], shop->counter));
}

/* Several workers fail at once; the first element is the one to name. */
OP(many_divisions_by_zero)
{
	weir_tensor *rows = weir_slice(s, in[INTS], 1, LIST(0), LIST(1), NULL);

	rows = weir_expand(s, rows, 2, LIST(300000, 3));
	return WRONG(weir_div(s, rows, in[ZEROS]));
}

/* -- the table ---------------------------------------------------------------------------- */

#define DOES(function) .what = #function, .make = function

const struct mistake mistakes[] = {
	{ DOES(matmul_of_other_inner_dimensions), WEIR_ESHAPE,
	  { "matmul: ", "a = f32[4,3]", "b = f32[5,2]" } },
	{ DOES(matmul_of_rank_three), WEIR_ESHAPE,
	  { "matmul: ", "f32[2,3,4]", "f32[4,3]" } },
	{ DOES(matmul_of_two_dtypes), WEIR_EDTYPE,
	  { "matmul: ", "f32[4,3]", "f64[3,6]" } },
	{ DOES(matmul_of_ints), WEIR_EDTYPE, { "matmul: ", "i64[4,3]" } },
	{ DOES(shapes_that_do_not_broadcast), WEIR_ESHAPE,
	  { "add: ", "a = f32[4,3] from mistakes/layer/relu (",
	    "b = f32[5,2]" } },
	{ DOES(dtypes_mixed), WEIR_EDTYPE,
	  { "add: ", "a = f32[4,3]", "b = i64[4,3]" } },
	{ DOES(arithmetic_on_bools), WEIR_EDTYPE, { "mul: ", "bool[4,3]" } },
	{ DOES(exp_of_ints), WEIR_EDTYPE, { "exp: ", "i64[4,3]" } },
	{ DOES(condition_that_is_no_bool), WEIR_EDTYPE,
	  { "where: ", "f32[4,3]" } },
	{ DOES(cast_to_no_dtype), WEIR_EINVAL, { "cast: ", "f32[4,3]" } },
	{ DOES(loss_of_other_shapes), WEIR_ESHAPE,
	  { "bce_with_logits: ", "f32[4,3]", "f32[5,2]" } },
	{ DOES(loss_of_two_dtypes), WEIR_EDTYPE,
	  { "mse: ", "f32[4,3]", "i64[4,3]" } },
	{ DOES(operand_is_null), WEIR_ENULL,
	  { "sub: ", "operand b is NULL", "a = f32[4,3]", "b = NULL" } },
	{ DOES(both_operands_are_null), WEIR_ENULL,
	  { "maximum: ", "operand a is NULL" } },
	{ DOES(list_is_null), WEIR_ENULL, { "slice: ", "f32[4,3]" } },
	{ DOES(failure_after_a_failure), WEIR_ESHAPE,
	  { "matmul: ", "f32[4,3]", "f32[5,2]" } },
	{ DOES(axis_out_of_range), WEIR_ERANGE,
	  { "sum: ", "axis 2", "f32[4,3]", "axes=[2]" } },
	{ DOES(axis_named_twice), WEIR_EINVAL, { "max: ", "f32[4,3]" } },
	{ DOES(mean_of_nothing), WEIR_ESHAPE,
	  { "mean: ", "f32[0,3] from mistakes/layer/slice" } },
	{ DOES(argmax_axis_out_of_range), WEIR_ERANGE,
	  { "argmax: ", "axis -4", "f32[2,3,4]" } },
	{ DOES(permutation_that_is_none), WEIR_EINVAL,
	  { "transpose: ", "f32[4,3]", "perm=[1,1]" } },
	{ DOES(reshape_to_another_count), WEIR_ESHAPE,
	  { "reshape: ", "f32[4,3]", "shape=[5,2]" } },
	{ DOES(reshape_with_two_unknowns), WEIR_EINVAL,
	  { "reshape: ", "f32[4,3]" } },
	{ DOES(expand_of_a_length_that_is_not_one), WEIR_ESHAPE,
	  { "expand: ", "f32[4,3]", "[8,3]" } },
	{ DOES(slice_out_of_range), WEIR_ERANGE,
	  { "slice: ", "5", "f32[4,3]" } },
	{ DOES(slice_without_a_step), WEIR_ERANGE,
	  { "slice: ", "step 0", "f32[4,3]" } },
	{ DOES(slice_of_more_axes_than_there_are), WEIR_ESHAPE,
	  { "slice: ", "f32[4,3]" } },
	{ DOES(negative_padding), WEIR_ERANGE, { "pad: ", "f32[4,3]" } },
	{ DOES(concat_of_shapes_that_do_not_fit), WEIR_ESHAPE,
	  { "concat: ", "f32[4,3]", "f32[5,2]" } },
	{ DOES(concat_of_two_dtypes), WEIR_EDTYPE,
	  { "concat: ", "f32[4,3]", "i64[4,3]" } },
	{ DOES(too_many_operands), WEIR_EINVAL,
	  { "concat: ", "65", "64", "f32[4,3]" } },
	{ DOES(no_operands), WEIR_EINVAL, { "concat: ", "1 to 64" } },
	{ DOES(value_that_the_dtype_does_not_hold), WEIR_ERANGE,
	  { "constant: ", "0.5", "i64" } },
	{ DOES(too_many_axes), WEIR_ESHAPE, { "constant: ", "9", "8" } },
	{ DOES(shape_that_no_memory_holds), WEIR_EINVAL, { "constant: " } },
	{ DOES(uniform_numbers_between_nothing), WEIR_ERANGE,
	  { "uniform: ", "low 1", "variable dice" } },
	{ DOES(uniform_numbers_from_no_generator), WEIR_EINVAL,
	  { "uniform: ", "f32[2,2]", "variable v" } },
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
	  { "weir_item_f64: ", "f32[4,3]" }, ELSEWHERE | NO_SITE },
	{ DOES(pop_without_push), WEIR_ESTATE,
	  { "weir_scope_pop", "in mistakes" }, NO_SITE },
	{ DOES(result_is_missing), WEIR_ENULL,
	  { "result 0", "in mistakes" }, NO_SITE | IN_A_FUNCTION },
	{ DOES(status_of_its_own), WEIR_EFORMAT,
	  { "mistakes: ", "WEIR_EFORMAT", "the moon is not full" },
	  NO_SITE | IN_A_FUNCTION },
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
	{ DOES(attributes_are_missing), WEIR_EINVAL,
	  { "sum: ", "attributes", "f32[4,3]" } },
	{ DOES(too_few_operands), WEIR_EINVAL,
	  { "add: ", "2 operands", "f32[4,3]" } },
	{ DOES(too_many_results), WEIR_EINVAL,
	  { "relu: ", "results", "f32[4,3]" } },
	{ DOES(op_is_null), WEIR_ENULL, { "weir_apply: " } },
	{ DOES(descriptor_of_another_size), WEIR_EINVAL, { "size" } },
	{ DOES(attributes_that_make_no_sense), WEIR_EINVAL,
	  { "sum: ", "f32[4,3]" } },
	{ DOES(attributes_with_too_long_a_list), WEIR_EINVAL,
	  { "reshape: ", "f32[4,3]" } },
	{ DOES(kernel_that_fails), WEIR_ERANGE,
	  { "faulty: ", "row 2 is out of its mind",
	    "f32[4,3] from mistakes/layer/relu" } },
	{ DOES(kernel_that_fails_and_says_not_why), WEIR_EOP,
	  { "taciturn: ", "said not why", "f32[4,3]" } },
	{ DOES(division_by_zero), WEIR_ERANGE,
	  { "div: ", "zero", "a = i64[4,3] from mistakes/layer/neg",
	    "b = i64[1,3]" } },
	{ DOES(division_by_zero_that_nobody_uses), WEIR_ERANGE,
	  { "div: ", "zero", "i64[4,3]", "i64[1,3]" } },
	{ DOES(division_of_constants_by_zero), WEIR_ERANGE,
	  { "div: ", "zero", "i64[3]" } },
	{ DOES(two_divisions_by_zero), WEIR_ERANGE,
	  { "div: ", "zero", "a = i64[1,3]" } },
	{ DOES(division_by_a_variable_that_is_zero), WEIR_ERANGE,
	  { "div: ", "zero", "b = i64[3], variable counter" } },
	{ DOES(division_by_a_variable_just_assigned), WEIR_ERANGE,
	  { "div: ", "zero", "a = i64[4,3]", "b = i64[3], variable counter" } },
	{ DOES(many_divisions_by_zero), WEIR_ERANGE,
	  { "div: ", "zero at element [0,0]", "i64[300000,3]" } },
};
const size_t n_mistakes = sizeof mistakes / sizeof *mistakes;

weir_status
make_mistake(weir_scope *scope, weir_tensor *const *in, weir_tensor **out,
	     void *arg)
{
	struct workshop *shop = arg;
	weir_status status;

	weir_scope_push(scope, "layer");
	status = shop->mistake->make(shop, scope, in, out);
	return status;
}

const char *
mistakes_file(void)
{
	return __FILE__;
}
