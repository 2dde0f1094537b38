/* Calls by descriptor, and kernels that fail when they run. */
#include "api/mistake_macros.h"

static weir_status
same_as_operand(const weir_call *call, weir_spec *out)
{
	*out = *call->in[0];
	return WEIR_OK;
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

/* -- the table ---------------------------------------------------------------- */

const struct mistake mistakes_of_kernels[] = {
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
	{ .what = NULL },
};
