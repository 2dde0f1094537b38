#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include <weir/ops.h>
#include "ops/infer.h"
#include "ops/schema.h"
#include "ops/table.h"

/* -- descriptors ------------------------------------------------------------- */

static weir_status
infer_nothing(const weir_call *call, weir_spec *out)
{
	(void)call;
	(void)out;
	return WEIR_OK;
}

static weir_status
do_nothing(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	(void)kernel;
	(void)begin;
	(void)end;
	return WEIR_OK;
}

static weir_op
good_op(void)
{
	weir_op op = { .size = sizeof op, .name = "mine", .n_in = 1,
		       .infer = infer_nothing, .kernel = do_nothing };

	return op;
}

static void
expect_refused(const weir_op *op, const char *text)
{
	cr_expect_neq(weir__op_check(op), WEIR_OK, "%s", text);
	cr_expect(strstr(weir_error_text(), text), "%s", weir_error_text());
}

Test(schema, accepts_every_built_in_op)
{
	size_t i;

	for (i = 0; i < weir_op_count(); i++)
		cr_expect_eq(weir__op_check(weir_op_at(i)), WEIR_OK, "%s: %s",
			     weir_op_at(i)->name, weir_error_text());
}

Test(schema, refuses_a_descriptor_that_cannot_be_used)
{
	static const weir_attr no_type[] = { { "x", 99, 0, "" }, { 0 } };
	static const weir_attr too_far[] = { { "x", WEIR_ATTR_F64, 4, "" },
					     { 0 } };
	weir_op op = good_op();

	cr_expect_eq(weir__op_check(&op), WEIR_OK);
	expect_refused(NULL, "NULL");
	op.size--;
	expect_refused(&op, "sizeof(struct weir_op)");
	op = good_op();
	op.name = "";
	expect_refused(&op, "no name");
	op = good_op();
	op.n_in = 65;
	expect_refused(&op, "n_in 65");
	op.n_in = WEIR_VARIADIC;
	cr_expect_eq(weir__op_check(&op), WEIR_OK);
	op.n_out = WEIR_RESULTS_MAX + 1;
	expect_refused(&op, "n_out 17");
	op = good_op();
	op.infer = NULL;
	expect_refused(&op, "no infer");
	op = good_op();
	op.kernel = NULL;
	expect_refused(&op, "no kernel");
	op = good_op();
	op.folds = weir__op_matmul.folds;
	expect_refused(&op, "folds and no fold");
	op.fold = weir__op_matmul.fold;
	cr_expect_eq(weir__op_check(&op), WEIR_OK);
	op = good_op();
	op.parts = weir__op_matmul.parts;
	expect_refused(&op, "parts and no part");
	op.part = weir__op_matmul.part;
	expect_refused(&op, "parts and no join");
	op.join = weir__op_matmul.join;
	cr_expect_eq(weir__op_check(&op), WEIR_OK);
	op = good_op();
	op.flags = 1 << 20;
	expect_refused(&op, "flags");
	op = good_op();
	op.attrs = no_type;
	op.attrs_size = 8;
	expect_refused(&op, "unknown type");
	op.attrs = too_far;
	expect_refused(&op, "attrs_size");
	op.attrs_size = WEIR_ATTRS_MAX + 1;
	expect_refused(&op, "attrs_size");
	op.attrs = NULL;
	op.attrs_size = 8;
	expect_refused(&op, "no attrs");
}

/* -- calls -------------------------------------------------------------------- */

static weir_spec
f32(int64_t rows, int64_t columns)
{
	return (weir_spec){ WEIR_F32, 2, { rows, columns } };
}

static weir_status
infer(const weir_op *op, const void *attrs, size_t n, const weir_spec *a,
      const weir_spec *b, weir_spec *out)
{
	const weir_spec *in[3] = { a, b, a };
	weir_call call = { .op = op, .attrs = attrs, .n_in = n, .in = in };

	return weir__call_infer(&call, out);
}

Test(schema, says_in_few_words_what_is_wrong_with_a_call)
{
	weir_spec a = f32(32, 20), b = f32(64, 1), i = a, out;
	weir_reduce_attrs axes = { { 0 }, false };

	i.dtype = WEIR_I64;
	cr_expect_eq(infer(&weir__op_matmul, NULL, 2, &a, &b, &out),
		     WEIR_ESHAPE);
	cr_expect_str_eq(weir_error_text(),
			 "the inner dimensions 20 and 64 differ");
	cr_expect_eq(infer(&weir__op_matmul, NULL, 3, &a, &b, &out),
		     WEIR_EINVAL);
	cr_expect_str_eq(weir_error_text(), "it takes 2 operands, not 3");
	cr_expect_eq(infer(&weir__op_matmul, NULL, 2, &i, &i, &out),
		     WEIR_EDTYPE);
	cr_expect_str_eq(weir_error_text(), "a is i64; it must be f32 or f64");
	cr_expect_eq(infer(&weir__op_add, NULL, 2, &a, &i, &out), WEIR_EDTYPE);
	cr_expect_str_eq(weir_error_text(),
			 "a is f32 and b is i64: cast one to the other");
	cr_expect_eq(infer(&weir__op_add, NULL, 2, &a, NULL, &out),
		     WEIR_ENULL);
	cr_expect_str_eq(weir_error_text(), "operand b is NULL");
	cr_expect_eq(infer(&weir__op_sum, NULL, 1, &a, NULL, &out), WEIR_ENULL);
	cr_expect_eq(infer(&weir__op_sum, &axes, 1, &a, NULL, &out), WEIR_OK);
	cr_expect_eq(out.rank, 0);
}

static weir_status
fail_in_silence(const weir_call *call, weir_spec *out)
{
	(void)out;
	return call->n_in == 1 ? WEIR_ERANGE : (weir_status)77;
}

Test(schema, a_users_infer_function_never_leaves_the_text_empty_or_old)
{
	weir_op op = good_op();
	weir_spec a = f32(1, 1), out;

	op.infer = fail_in_silence;
	weir_fail(WEIR_EINVAL, "old");
	cr_expect_eq(infer(&op, NULL, 1, &a, NULL, &out), WEIR_ERANGE);
	cr_expect(strstr(weir_error_text(), "WEIR_ERANGE"));
	op.n_in = 2;
	cr_expect_eq(infer(&op, NULL, 2, &a, &a, &out), WEIR_EOP);
	cr_expect(strstr(weir_error_text(), "77"));
}

/* -- attributes ---------------------------------------------------------------- */

static const char *
attrs_text(const weir_op *op, const void *attrs)
{
	static char buffer[512];
	struct weir__text text;

	weir__text_init(&text, buffer, sizeof buffer);
	weir__attrs_text(op, attrs, &text);
	return buffer;
}

Test(schema, writes_attributes_by_name)
{
	weir_reduce_attrs reduce = { { 2, { 0, -1 } }, true };
	weir_uniform_attrs uniform = { WEIR_F32, { 1, { 7 } }, 0.1, 1e300 };

	cr_expect_str_eq(attrs_text(&weir__op_sum, &reduce),
			 "axes=[0,-1], keepdims=true");
	cr_expect_str_eq(attrs_text(&weir__op_uniform, &uniform),
			 "dtype=f32, shape=[7], low=0.1, high=1e+300");
	cr_expect_str_eq(attrs_text(&weir__op_add, NULL), "");
}

Test(schema, compares_attributes_by_field_not_by_padding)
{
	weir_reduce_attrs a, b;
	weir_constant_attrs x = { WEIR_F64, { 0 }, NAN }, y = x;

	memset(&a, 0, sizeof a);
	memset(&b, 0xff, sizeof b);
	a.axes.n = b.axes.n = 1;
	a.axes.v[0] = b.axes.v[0] = 3;
	a.keepdims = b.keepdims = true;
	cr_expect(weir__attrs_equal(&weir__op_sum, &a, &b));
	cr_expect_eq(weir__attrs_hash(&weir__op_sum, &a),
		     weir__attrs_hash(&weir__op_sum, &b));
	b.axes.v[0] = 2;
	cr_expect_not(weir__attrs_equal(&weir__op_sum, &a, &b));
	cr_expect_neq(weir__attrs_hash(&weir__op_sum, &a),
		      weir__attrs_hash(&weir__op_sum, &b));
	cr_expect(weir__attrs_equal(&weir__op_constant, &x, &y), "NaN");
	x.value = 0.0;
	y.value = -0.0;
	cr_expect_not(weir__attrs_equal(&weir__op_constant, &x, &y));
}

/* -- sentences ------------------------------------------------------------------- */

Test(schema, tells_the_whole_of_a_failed_call_in_one_line)
{
	const struct weir__path train = { .text = "train" };
	const struct weir__path here = { .text = "train/layer1" };
	weir_spec a = f32(32, 20), b = f32(64, 1);
	struct weir__operand operands[3] = {
		{ .spec = &a, .name = "",
		  .origin = { &train, "relu", "model.c:41" } },
		{ .spec = &b, .name = "w2", .is_variable = true },
		{ .spec = NULL },
	};
	weir_reduce_attrs axes = { { 1, { 3 } }, false };
	char buffer[1024];
	struct weir__text text;

	weir__text_init(&text, buffer, sizeof buffer);
	weir__call_text(&weir__op_matmul, NULL,
			"the inner dimensions 20 and 64 differ", &here,
			"model.c:42", operands, 2, &text);
	cr_expect_str_eq(buffer, "matmul: the inner dimensions 20 and 64 "
			 "differ; in train/layer1/matmul, called at "
			 "model.c:42, with a = f32[32,20] from train/relu "
			 "(model.c:41), b = f32[64,1], variable w2");

	weir__text_init(&text, buffer, sizeof buffer);
	weir__call_text(&weir__op_add, NULL, "operand b is NULL", NULL, "",
			operands + 1, 2, &text);
	cr_expect_str_eq(buffer, "add: operand b is NULL, with a = f32[64,1], "
			 "variable w2, b = NULL");

	weir__text_init(&text, buffer, sizeof buffer);
	weir__call_text(&weir__op_sum, &axes, "axis 3 is out of range for "
			"rank 2", &here, NULL, operands, 1, &text);
	cr_expect_str_eq(buffer, "sum: axis 3 is out of range for rank 2; in "
			 "train/layer1/sum, with a = f32[32,20] from "
			 "train/relu (model.c:41), axes=[3], keepdims=false");
}

Test(schema, writes_the_shapes_of_a_call)
{
	weir_spec a = f32(32, 20), b = f32(20, 64), c = f32(32, 64);
	const weir_spec *in[] = { &a, &b }, *out[] = { &c };
	weir_call call = { .op = &weir__op_matmul, .n_in = 2, .n_out = 1,
			   .in = in, .out = out };
	char buffer[128];
	struct weir__text text;

	weir__text_init(&text, buffer, sizeof buffer);
	weir__shapes_text(&call, &text);
	cr_expect_str_eq(buffer, "f32[32,20] f32[20,64] -> f32[32,64]");
}

/* -- costs ------------------------------------------------------------------------- */

static weir_cost
flops_alone(const weir_call *call)
{
	weir_cost cost = { 4000, 8000, 0 };

	(void)call;
	return cost;
}

Test(schema, fills_in_the_cost_that_an_op_does_not_say)
{
	weir_op op = good_op();
	weir_call call = { .op = &op };

	cr_expect_eq(weir__call_cost(&call).nanoseconds, 100e3, "heavy");
	op.cost = flops_alone;
	cr_expect_float_eq(weir__call_cost(&call).nanoseconds, 2020, 1e-6);
}
