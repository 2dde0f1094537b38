/* Ops that users bring: by the public descriptor alone, in both modes. */
#include "support/weir_test.h"

/* y = scale * x^2, cut into tiles of 100 elements; f64. */
struct scale_attrs {
	double scale;
};

static weir_status
infer_same(const weir_call *call, weir_spec *out)
{
	const struct scale_attrs *attrs = call->attrs;

	if (attrs->scale == 0)
		return weir_fail(WEIR_EINVAL, "a scale of 0 is no use");
	*out = *call->in[0];
	return WEIR_OK;
}

static int64_t
count(const weir_spec *spec)
{
	int64_t n = 1;
	int i;

	for (i = 0; i < spec->rank; i++)
		n *= spec->shape[i];
	return n;
}

static int64_t
tiles(const weir_call *call)
{
	return (count(call->in[0]) + 99) / 100;
}

/* The i-th element of a view in row-major order. */
static double
element(const weir_view *view, int64_t i)
{
	const char *at = view->data;
	int axis;

	for (axis = view->spec->rank; axis-- > 0;) {
		at += i % view->spec->shape[axis] * view->strides[axis];
		i /= view->spec->shape[axis];
	}
	return *(const double *)at;
}

static weir_status
scaled_square(const weir_kernel *k, int64_t begin, int64_t end)
{
	const struct scale_attrs *attrs = k->call.attrs;
	int64_t n = count(k->in[0].spec), i;
	double *y = k->out[0].data;

	for (i = begin * 100; i < end * 100 && i < n; i++) {
		double x = element(&k->in[0], i);

		y[i] = attrs->scale * x * x;
	}
	return WEIR_OK;
}

static weir_status
scaled_square_grad(weir_scope *s, const weir_gradient *g)
{
	const struct scale_attrs *attrs = g->attrs;
	weir_tensor *two = weir_constant(s, WEIR_F64, 0, NULL,
					 2 * attrs->scale);

	if (g->wanted[0])
		g->of_in[0] = weir_mul(s, weir_mul(s, g->in[0], two),
				       g->of_out[0]);
	return weir_scope_status(s);
}

static const weir_attr scale_attrs[] = {
	{ "scale", WEIR_ATTR_F64, offsetof(struct scale_attrs, scale), NULL },
	{ NULL, 0, 0, NULL },
};

static const weir_op op = {
	.size = sizeof op, .name = "scaled_square", .doc = "scale * x^2.",
	.n_in = 1, .n_out = 1, .flags = WEIR_OP_PURE,
	.dtypes = WEIR_DTYPE_BIT(WEIR_F64), .attrs = scale_attrs,
	.attrs_size = sizeof(struct scale_attrs), .infer = infer_same,
	.tiles = tiles, .kernel = scaled_square, .grad = scaled_square_grad,
};

static weir_runtime *rt;

static void
begin(void)
{
	rt = must_runtime(2);
}

static void
end(void)
{
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
}

TestSuite(user_op, .init = begin, .fini = end);

static weir_status
use(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	struct scale_attrs attrs = { 3 };
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *x = weir_transpose(s, in[0], 0, NULL), *y, *g[1];

	(void)arg;
	if (weir_apply(s, &op, &attrs, &x, 1, &y, 1))
		return weir_scope_status(s);
	attrs.scale = -1;			/* it was copied */
	if (weir_apply(s, &op, &attrs, &y, 1, &out[0], 1))
		return weir_scope_status(s);
	weir_tape_gradients(tape, weir_sum(s, out[0], 0, NULL, false), in, 1,
			    g);
	out[1] = g[0];
	return weir_scope_status(s);
}

Test(user_op, runs_in_both_modes_with_its_gradient)
{
	enum { ROWS = 50, COLUMNS = 31 };
	weir_function *f = must_function(rt, "f", use, NULL);
	double data[ROWS * COLUMNS], y[ROWS * COLUMNS], g[ROWS * COLUMNS];
	weir_tensor *x, *out[2][2];
	int mode, i;

	for (i = 0; i < ROWS * COLUMNS; i++)
		data[i] = 1 - i / 500.0;
	x = must_tensor(rt, WEIR_F64, data, ROWS, COLUMNS);
	for (mode = 0; mode < 2; mode++) {
		double d = data[1];

		must(weir_function_call(f, both_modes[mode], &x, 1, out[mode],
					2));
		must(weir_tensor_read(out[mode][0], y, sizeof y));
		must(weir_tensor_read(out[mode][1], g, sizeof g));
		/* y is transposed: x[0,1] is y[1,0] */
		cr_expect_float_eq(y[ROWS], -9 * d * d * d * d, 1e-12);
		cr_expect_float_eq(g[1], -36 * d * d * d, 1e-12);
	}
	for (i = 0; i < 2; i++) {
		expect_same_bits(out[0][i], out[1][i]);
		weir_tensor_release(out[0][i]);
		weir_tensor_release(out[1][i]);
	}
	must(weir_function_compare(f, &x, 1, 2));
	weir_tensor_release(x);
	weir_function_release(f);
}

static weir_status
twice(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	struct scale_attrs attrs = { 2 };
	weir_tensor *again;

	(void)arg;
	weir_apply(s, &op, &attrs, in, 1, &out[0], 1);
	weir_apply(s, &op, &attrs, in, 1, &again, 1);
	out[0] = weir_add(s, out[0], again);
	return weir_scope_status(s);
}

Test(user_op, a_pure_one_is_merged_with_an_equal_call)
{
	weir_function *f = must_function(rt, "f", twice, NULL);
	weir_tensor *x = must_tensor(rt, WEIR_F64, ((double[]){ 1, 3 }), 2);
	weir_plan *plan = NULL;

	must(weir_function_plan(f, &x, 1, 1, &plan));
	cr_expect_eq(weir_plan_get_info(plan).merged, 1);
	weir_plan_release(plan);
	weir_tensor_release(x);
	weir_function_release(f);
}

Test(user_op, its_own_reason_for_a_refusal_is_in_the_sentence)
{
	weir_scope *s = must_scope(rt, "test");
	struct scale_attrs attrs = { 0 };
	weir_tensor *x = must_tensor(rt, WEIR_F64, NULL, 2), *y = x;

	cr_expect_eq(weir_apply(s, &op, &attrs, &x, 1, &y, 1), WEIR_EINVAL);
	expect_text(weir_scope_error(s), "scaled_square: a scale of 0 is no "
		    "use; in test/scaled_square, called at ");
	expect_text(weir_scope_error(s), "scale=0");
	cr_expect_eq(y, x);
	weir_tensor_release(x);
	weir_scope_release(s);
}

/* -- several results, scratch and a last step ------------------------------------------------ */

/* The sum of each tile in scratch; then the total and the number of tiles. */
static weir_status
infer_total(const weir_call *call, weir_spec *out)
{
	out[0] = (weir_spec){ .dtype = call->in[0]->dtype };
	out[1] = (weir_spec){ .dtype = WEIR_I64 };
	return WEIR_OK;
}

static size_t
one_double_a_tile(const weir_call *call)
{
	return (size_t)tiles(call) * sizeof(double);
}

static weir_status
add_up(const weir_kernel *k, int64_t begin_tile, int64_t end_tile)
{
	double *sums = k->scratch;
	int64_t n = count(k->in[0].spec), t, i;

	for (t = begin_tile; t < end_tile; t++) {
		sums[t] = 0;
		for (i = t * 100; i < (t + 1) * 100 && i < n; i++)
			sums[t] += element(&k->in[0], i);
	}
	return WEIR_OK;
}

static weir_status
add_tiles(const weir_kernel *k)
{
	const double *sums = k->scratch;
	int64_t n = tiles(&k->call), t;
	double total = 0;

	for (t = 0; t < n; t++)
		total += sums[t];
	*(double *)k->out[0].data = total;
	*(int64_t *)k->out[1].data = n;
	return WEIR_OK;
}

static const weir_op total_op = {
	.size = sizeof total_op, .name = "total", .doc = "The sum.",
	.n_in = 1, .n_out = 2, .flags = WEIR_OP_PURE,
	.dtypes = WEIR_DTYPE_BIT(WEIR_F64), .infer = infer_total,
	.tiles = tiles, .scratch = one_double_a_tile, .kernel = add_up,
	.finish = add_tiles,
};

static weir_status
sum_up(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	return weir_apply(s, &total_op, NULL, in, 1, out, 2);
}

Test(user_op, may_have_scratch_a_last_step_and_several_results)
{
	enum { MANY = 100000 };
	static double data[MANY];
	weir_function *f = must_function(rt, "f", sum_up, NULL);
	weir_tensor *x, *out[2][2];
	int mode, i;

	for (i = 0; i < MANY; i++)
		data[i] = 1.0 / (i + 1);
	x = must_tensor(rt, WEIR_F64, data, MANY);
	for (mode = 0; mode < 2; mode++) {
		must(weir_function_call(f, both_modes[mode], &x, 1, out[mode],
					2));
		cr_expect_float_eq(weir_item_f64(out[mode][0]), 12.0901461,
				   1e-6);
		cr_expect_eq(weir_item_f64(out[mode][1]), MANY / 100);
	}
	for (i = 0; i < 2; i++) {
		expect_same_bits(out[0][i], out[1][i]);
		weir_tensor_release(out[0][i]);
		weir_tensor_release(out[1][i]);
	}
	weir_tensor_release(x);
	weir_function_release(f);
}
