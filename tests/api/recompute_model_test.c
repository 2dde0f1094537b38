/* Models and user ops in plans that do some of them a second time. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdatomic.h>

#include "support/weir_test.h"

enum { SIDE = 32, BYTES = 4 * SIDE * SIDE };

static weir_runtime *rt;
static weir_tensor *in[2];

static void
begin_on(unsigned threads)
{
	static float data[SIDE * SIDE];
	int i;

	rt = must_runtime(threads);
	for (i = 0; i < SIDE * SIDE; i++)
		data[i] = (float)((i * 37) % 101) / 101 / SIDE;
	in[0] = must_tensor(rt, WEIR_F32, data, SIDE, SIDE);
	in[1] = must_tensor(rt, WEIR_F32, data, SIDE, SIDE);
}

static void
begin(void)
{
	begin_on(1);
}

static void
end(void)
{
	weir_tensor_release(in[0]);
	weir_tensor_release(in[1]);
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
}

TestSuite(recompute_of, .init = begin, .fini = end);

/* -- a training ----------------------------------------------------------- */

enum { LAYERS = 12, STEPS = 3, KEPT = LAYERS + 2 };

struct model {
	weir_tensor *w[LAYERS], *generator;
	weir_sgd *sgd;
};

static void
model_init(struct model *m)
{
	static float data[SIDE * SIDE];
	int i, k;

	for (i = 0; i < LAYERS; i++) {
		for (k = 0; k < SIDE * SIDE; k++)
			data[k] = (float)((k * 29 + i * 7) % 53 - 26) / 60;
		m->w[i] = must_variable(rt, "w", WEIR_F32, data, SIDE, SIDE);
	}
	must(weir_generator_create(rt, "dice", 5, &m->generator));
	must(weir_sgd_create(rt, m->w, LAYERS, 0.05, 0.9, &m->sgd));
}

static void
model_free(struct model *m)
{
	int i;

	weir_sgd_release(m->sgd);
	weir_tensor_release(m->generator);
	for (i = 0; i < LAYERS; i++)
		weir_tensor_release(m->w[i]);
}

/* With dropout: what is drawn twice must be the same twice. */
static weir_status
step(weir_scope *s, weir_tensor *const *given, weir_tensor **out, void *arg)
{
	int64_t shape[2] = { SIDE, SIDE };
	struct model *m = arg;
	weir_tensor *gradients[LAYERS], *h = given[0], *keep;
	weir_tape *tape = weir_tape_begin(s);
	int i;

	for (i = 0; i < LAYERS; i++) {
		h = weir_tanh(s, weir_matmul(s, h, m->w[i]));
		keep = weir_uniform(s, m->generator, WEIR_F32, 2, shape, 0, 1);
		keep = weir_greater(s, keep, weir_constant(s, WEIR_F32, 0,
							   NULL, 0.25));
		h = weir_mul(s, h, weir_cast(s, keep, WEIR_F32));
	}
	out[0] = weir_mean(s, weir_square(s, weir_sub(s, h, given[1])), 0, NULL,
			   false);
	weir_tape_gradients(tape, out[0], m->w, LAYERS, gradients);
	weir_sgd_step(s, m->sgd, m->w, gradients, LAYERS);
	return weir_scope_status(s);
}

static weir_function *
step_within(struct model *m, size_t max_bytes)
{
	weir_function_options options = { .size = sizeof options,
					  .max_bytes = max_bytes,
					  .recompute = true, .poison = true };
	weir_function *f;

	must(weir_function_create_with(rt, "step", step, m, &options, &f));
	return f;
}

static weir_plan_info
info_of(weir_function *f)
{
	weir_plan_info info;
	weir_plan *plan;

	must(weir_function_plan(f, in, 2, 1, &plan));
	must(weir_plan_check(plan));
	info = weir_plan_get_info(plan);
	weir_plan_release(plan);
	return info;
}

static weir_tensor *
copy_of(const weir_tensor *t)
{
	const weir_spec *spec = weir_tensor_spec(t);
	size_t bytes = (size_t)weir_tensor_elements(t) *
		       weir_dtype_size(spec->dtype);
	static char data[BYTES];

	cr_assert_leq(bytes, sizeof data);
	must(weir_tensor_read(t, data, bytes));
	return must_tensor_of(rt, spec->dtype, (size_t)spec->rank, spec->shape,
			      data);
}

/* Some steps: their losses, and what the model is then. */
static void
train(struct model *m, weir_function *f, const weir_run_options *mode,
      weir_tensor **kept)
{
	weir_tensor *out;
	float loss;
	int i;

	for (i = 0; i < STEPS; i++) {
		must(weir_function_call(f, mode, in, 2, &out, 1));
		if (i == STEPS - 1)
			kept[LAYERS] = weir_tensor_retain(out);
		must(weir_tensor_read(out, &loss, sizeof loss));
		cr_expect(isfinite(loss));
		weir_tensor_release(out);
	}
	for (i = 0; i < LAYERS; i++)
		kept[i] = copy_of(m->w[i]);
	kept[LAYERS + 1] = copy_of(m->generator);
}

ParameterizedTestParameters(recompute_in, a_training_has_the_bits_of_eager)
{
	static const int threads[] = { 1, 2, 4 };

	return cr_make_param_array(int, (void *)threads, 3);
}

ParameterizedTest(int *threads, recompute_in, a_training_has_the_bits_of_eager)
{
	weir_tensor *expected[KEPT], *kept[KEPT];
	size_t plain, percent, done_twice = 0;
	weir_plan_info info;
	weir_function *f;
	struct model m;
	int i;

	begin_on((unsigned)*threads);
	model_init(&m);
	f = step_within(&m, 0);
	plain = info_of(f).live_bytes;
	train(&m, f, &in_eager_mode, expected);
	weir_function_release(f);
	model_free(&m);
	for (percent = 100; percent >= 75; percent -= 5) {
		model_init(&m);
		f = step_within(&m, plain * percent / 100);
		info = info_of(f);
		cr_expect_leq(info.buffer_bytes, plain * percent / 100);
		done_twice += info.recomputed;
		train(&m, f, &in_graph_mode, kept);
		for (i = 0; i < KEPT; i++) {
			expect_same_bits(kept[i], expected[i]);
			weir_tensor_release(kept[i]);
		}
		must(weir_function_measure(f, in, 2, 1, 1));
		cr_expect_leq(info_of(f).buffer_bytes, plain * percent / 100);
		must(weir_function_compare(f, in, 2, 1));
		weir_function_release(f);
		model_free(&m);
	}
	cr_expect_gt(done_twice, 0);
	for (i = 0; i < KEPT; i++)
		weir_tensor_release(expected[i]);
	end();
}

/* -- what is not done twice, and what fails ------------------------------- */

static atomic_int calls;
static bool is_failing;

static weir_status
same_spec(const weir_call *call, weir_spec *out)
{
	*out = *call->in[0];
	return WEIR_OK;
}

/* x + 1. */
static weir_status
counted(const weir_kernel *kernel, int64_t begin_, int64_t end_)
{
	const float *x = kernel->in[0].data;
	float *y = kernel->out[0].data;
	int i;

	(void)begin_;
	(void)end_;
	atomic_fetch_add(&calls, 1);
	for (i = 0; i < SIDE * SIDE; i++)
		y[i] = x[i] + 1;
	return WEIR_OK;
}

static weir_status
failing(const weir_kernel *kernel, int64_t begin_, int64_t end_)
{
	(void)counted(kernel, begin_, end_);
	return is_failing ? weir_fail(WEIR_EINVAL, "it is to fail") : WEIR_OK;
}

static const weir_op pure = {
	.size = sizeof(weir_op), .name = "pure", .doc = "x + 1.", .n_in = 1,
	.n_out = 1, .flags = WEIR_OP_PURE, .infer = same_spec,
	.kernel = counted,
}, impure = {
	.size = sizeof(weir_op), .name = "impure", .doc = "x + 1.", .n_in = 1,
	.n_out = 1, .infer = same_spec, .kernel = counted,
}, fallible = {
	.size = sizeof(weir_op), .name = "fallible", .doc = "x + 1.",
	.n_in = 1, .n_out = 1, .flags = WEIR_OP_PURE,
	.fallible = WEIR_ANY_DTYPE, .infer = same_spec, .kernel = failing,
};

enum { LINKS = 12 };

/* Each op's result is read by the next one, and again in the other order. */
static weir_status
there_and_back(weir_scope *s, weir_tensor *const *given, weir_tensor **out,
	       void *arg)
{
	const weir_op *const *op = arg;
	weir_tensor *h[LINKS], *sum = given[1];
	int i;

	for (i = 0; i < LINKS; i++)
		weir_apply(s, op[0], NULL, i ? &h[i - 1] : &given[0], 1, &h[i],
			   1);
	for (i = LINKS; i-- > 0;) {
		sum = weir_tanh(s, weir_matmul(s, sum, h[i]));
		if (i == LINKS / 2 || i == 1)
			weir_apply(s, op[1], NULL, &sum, 1, &sum, 1);
	}
	out[0] = sum;
	return weir_scope_status(s);
}

/* Whether it can be made to take half of what it takes, and how often the ops
 * are done then. */
static bool
is_halved(const weir_op *op, int *times)
{
	const weir_op *ops[2] = { op, &fallible };
	weir_function_options options = { .size = sizeof options,
					  .recompute = true };
	weir_tensor *out, *expected;
	weir_function *f;
	weir_status status;

	must(weir_function_create(rt, "f", there_and_back, ops, &f));
	options.max_bytes = info_of(f).live_bytes / 2 + BYTES;
	must(weir_function_call(f, NULL, in, 2, &expected, 1));
	weir_function_release(f);
	must(weir_function_create_with(rt, "f", there_and_back, ops, &options,
				       &f));
	atomic_store(&calls, 0);
	status = weir_function_call(f, NULL, in, 2, &out, 1);
	*times = atomic_load(&calls);
	if (!status) {
		expect_same_bits(out, expected);
		weir_tensor_release(out);
	}
	cr_expect(!status || status == WEIR_ERANGE, "%s", weir_error_text());
	weir_tensor_release(expected);
	weir_function_release(f);
	return !status;
}

Test(recompute_of, user_ops_is_of_those_that_are_pure_and_cannot_fail)
{
	int times;

	cr_expect(is_halved(&pure, &times));
	cr_expect_gt(times, LINKS + 2);
	cr_expect_not(is_halved(&impure, &times));
	cr_expect_not(is_halved(&fallible, &times));
}

/* What is done again serves those before the failure, and they must not fail
 * for want of it. */
Test(recompute_of, user_ops_leaves_failures_as_they_are)
{
	const weir_op *ops[2] = { &pure, &fallible };
	weir_function_options options = { .size = sizeof options,
					  .recompute = true };
	char expected[2048];
	weir_tensor *out;
	weir_function *f;

	must(weir_function_create(rt, "f", there_and_back, ops, &f));
	options.max_bytes = info_of(f).live_bytes / 2 + BYTES;
	is_failing = true;
	cr_expect_eq(weir_function_call(f, &in_eager_mode, in, 2, &out, 1),
		     WEIR_EINVAL);
	snprintf(expected, sizeof expected, "%s", weir_error_text());
	weir_function_release(f);
	must(weir_function_create_with(rt, "f", there_and_back, ops, &options,
				       &f));
	cr_expect_gt(info_of(f).recomputed, 0);
	cr_expect_eq(weir_function_call(f, NULL, in, 2, &out, 1), WEIR_EINVAL);
	cr_expect_str_eq(weir_error_text(), expected);
	is_failing = false;
	must(weir_function_call(f, NULL, in, 2, &out, 1));
	weir_tensor_release(out);
	weir_function_release(f);
}
