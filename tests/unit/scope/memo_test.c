/* What an eager scope remembers must not show: every call has the answer that
 * a fresh scope would give. */
#include <criterion/criterion.h>
#include <string.h>

#include "scope/scope.h"
#include "support/scope.h"

TestSuite(memo, .init = begin_scope, .fini = end_scope);

static void
expect_shape(const weir_tensor *t, int64_t rows, int64_t columns)
{
	cr_assert_not_null(t, "%s", weir_scope_error(s));
	cr_expect_eq(weir_tensor_rank(t), 2);
	cr_expect_eq(weir_tensor_shape(t)[0], rows);
	cr_expect_eq(weir_tensor_shape(t)[1], columns);
}

/* One place that calls with all sorts of operands. */
static weir_tensor *
product(weir_tensor *a, weir_tensor *b)
{
	return weir_matmul(s, a, b);
}

Test(memo, tells_shapes_from_one_place_apart)
{
	weir_tensor *a = counting_matrix(runtime, 4, 6, 1);
	weir_tensor *b = counting_matrix(runtime, 6, 3, 1);
	weir_tensor *c = counting_matrix(runtime, 6, 5, 1);
	int i;

	for (i = 0; i < 3; i++) {
		weir_scope_push(s, "step");
		expect_shape(product(a, b), 4, 3);
		expect_shape(product(a, c), 4, 5);
		cr_expect_null(product(b, c));
		cr_expect_eq(weir_scope_status(s), WEIR_ESHAPE);
		weir_scope_clear(s);
		weir_scope_pop(s);
	}
	weir_tensor_release(a);
	weir_tensor_release(b);
	weir_tensor_release(c);
}

Test(memo, tells_attributes_apart)
{
	weir_tensor *a = counting_matrix(runtime, 4, 6, 1);
	int64_t axis, i;

	for (i = 0; i < 3; i++)
		for (axis = 0; axis < 2; axis++)
			expect_shape(weir_sum(s, a, 1, &axis, true),
				     axis ? 4 : 1, axis ? 1 : 6);
	weir_tensor_release(a);
}

Test(memo, tells_strides_apart)
{
	weir_tensor *a = counting_matrix(runtime, 4, 4, 0);
	weir_tensor *turned = weir_transpose(s, a, 0, NULL);
	weir_tensor *in[2] = { a, turned };
	int i;

	/* of one shape, and element [0,1] is another */
	for (i = 0; i < 6; i++) {
		weir_tensor *first = weir_reshape(s, in[i & 1], 1,
						  (int64_t[]){ 16 });
		weir_tensor *one = weir_slice(s, first, 1, (int64_t[]){ 1 },
					      (int64_t[]){ 2 }, NULL);

		cr_assert_not_null(one);
		cr_expect_eq(weir_item_f64(one), i & 1 ? 4 : 1);
	}
	weir_tensor_release(a);
}

Test(memo, is_right_for_more_shapes_than_are_kept)
{
	int64_t i, round;

	for (round = 0; round < 2; round++)
		for (i = 1; i < 6000; i++) {
			weir_tensor *t;

			weir_scope_push(s, "step");
			t = weir_constant(s, WEIR_BOOL, 1, &i, 1);
			t = weir_cast(s, t, WEIR_F64);
			cr_assert_not_null(t);
			cr_assert_eq(weir_tensor_shape(t)[0], i);
			weir_scope_pop(s);
		}
}

/* -- an op whose kernel calls ops itself, in the same scope ------------------- */

static weir_status
infer_two(const weir_call *call, weir_spec *out)
{
	out[0] = *call->in[0];
	out[1] = *call->in[0];
	return WEIR_OK;
}

static weir_status
call_others(const weir_kernel *k, int64_t begin, int64_t end)
{
	const size_t bytes = sizeof(double) * (size_t)k->in[0].spec->shape[0];
	int64_t i;

	(void)begin;
	(void)end;
	for (i = 1; i < 3000; i++)
		weir_constant(s, WEIR_F64, 1, &i, 2);
	memcpy(k->out[0].data, k->in[0].data, bytes);
	memcpy(k->out[1].data, k->in[0].data, bytes);
	return weir_scope_status(s);
}

Test(memo, survives_a_kernel_that_calls_ops)
{
	static const weir_op op = {
		.size = sizeof op, .name = "calls_others", .doc = "-",
		.n_in = 1, .n_out = 2, .infer = infer_two,
		.kernel = call_others,
	};
	int64_t three = 3;
	weir_tensor *x = weir_constant(s, WEIR_F64, 1, &three, 7), *out[2];
	int i;

	for (i = 0; i < 2; i++) {
		cr_assert_eq(weir_apply(s, &op, NULL, &x, 1, out, 2), WEIR_OK,
			     "%s", weir_scope_error(s));
		cr_expect_eq(weir_tensor_shape(out[1])[0], 3);
		cr_expect_eq(((const double *)weir_tensor_data(out[1]))[2], 7);
	}
}

/* -- infer functions that fill in nonsense ------------------------------------- */

static weir_spec nonsense;

static weir_status
infer_nonsense(const weir_call *call, weir_spec *out)
{
	(void)call;
	*out = nonsense;
	return WEIR_OK;
}

static weir_status
never(const weir_kernel *k, int64_t begin, int64_t end)
{
	(void)k;
	(void)begin;
	(void)end;
	cr_assert_fail("a kernel without a result was called");
	return WEIR_OK;
}

Test(memo, does_not_believe_every_infer_function)
{
	static const weir_op op = {
		.size = sizeof op, .name = "nonsense", .doc = "-",
		.n_in = 0, .n_out = 1, .infer = infer_nonsense,
		.kernel = never,
	};
	const weir_spec cases[] = {
		{ .dtype = WEIR_F32, .rank = 9 },
		{ .dtype = WEIR_F32, .rank = -1 },
		{ .dtype = (weir_dtype)77, .rank = 0 },
		{ .dtype = WEIR_F32, .rank = 1, .shape = { -4 } },
		{ .dtype = WEIR_F32, .rank = 2,
		  .shape = { (int64_t)1 << 40, (int64_t)1 << 40 } },
	};
	weir_tensor *out = NULL;
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		nonsense = cases[i];
		cr_expect_eq(weir_apply(s, &op, NULL, NULL, 0, &out, 1),
			     WEIR_EOP);
		cr_expect(strstr(weir_scope_error(s),
				 "nonsense: its infer function made result 0 "
				 "wrong: "), "%s", weir_scope_error(s));
		cr_expect_null(out);
		weir_scope_clear(s);
	}
}

static weir_status
infer_three(const weir_call *call, weir_spec *out)
{
	(void)call;
	*out = (weir_spec){ .dtype = WEIR_F64, .rank = 1, .shape = { 3 } };
	return WEIR_OK;
}

static int64_t
fewer_than_none(const weir_call *call)
{
	(void)call;
	return -3;
}

Test(memo, does_not_believe_every_number_of_tiles)
{
	static const weir_op op = {
		.size = sizeof op, .name = "nonsense", .doc = "-",
		.n_in = 0, .n_out = 1, .infer = infer_three,
		.tiles = fewer_than_none, .kernel = never,
	};
	weir_tensor *out = NULL;
	int i;

	for (i = 0; i < 3; i++) {
		cr_expect_eq(weir_apply(s, &op, NULL, NULL, 0, &out, 1),
			     WEIR_EOP);
		cr_expect(strstr(weir_scope_error(s),
				 "nonsense: its tiles function says -3"), "%s",
			  weir_scope_error(s));
		cr_expect_null(out);
		weir_scope_clear(s);
	}
}
