/* Plans by what their nodes have been measured to take. */
#include <unistd.h>

#include "support/fault.h"
#include "support/weir_test.h"

/* y = x + 1, after a while, which it may be wrong about. */
struct wait_attrs {
	int64_t microseconds;
	double expected_ns;
};

static weir_status
infer_same(const weir_call *call, weir_spec *out)
{
	*out = *call->in[0];
	return WEIR_OK;
}

static weir_status
wait_and_add(const weir_kernel *k, int64_t begin, int64_t end)
{
	const struct wait_attrs *attrs = k->call.attrs;
	const float *x = k->in[0].data;
	float *y = k->out[0].data;

	(void)begin;
	(void)end;
	if (attrs->microseconds)
		usleep((useconds_t)attrs->microseconds);
	if (*x < 0)
		return weir_fail(WEIR_ERANGE, "%g is negative", (double)*x);
	*y = *x + 1;
	return WEIR_OK;
}

static weir_cost
expected(const weir_call *call)
{
	const struct wait_attrs *attrs = call->attrs;

	return (weir_cost){ .nanoseconds = attrs->expected_ns };
}

static const weir_attr wait_attrs[] = {
	{ "microseconds", WEIR_ATTR_I64,
	  offsetof(struct wait_attrs, microseconds), NULL },
	{ "expected_ns", WEIR_ATTR_F64,
	  offsetof(struct wait_attrs, expected_ns), NULL },
	{ NULL, 0, 0, NULL },
};

static const weir_op wait_op = {
	.size = sizeof wait_op, .name = "wait", .doc = "x + 1.",
	.n_in = 1, .n_out = 1, .dtypes = WEIR_DTYPE_BIT(WEIR_F32),
	.fallible = WEIR_ANY_DTYPE, .attrs = wait_attrs,
	.attrs_size = sizeof(struct wait_attrs), .infer = infer_same,
	.kernel = wait_and_add, .cost = expected,
};

static struct fault fault;
static weir_runtime *rt;
static weir_tensor *calls;	/* a variable */
static weir_function *function;
static weir_tensor *one;

/* The sum of two waits beside each other; counts its calls. */
static weir_status
two_waits(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *a, *b;

	if (weir_apply(s, &wait_op, arg, &in[0], 1, &a, 1) ||
	    weir_apply(s, &wait_op, arg, &in[0], 1, &b, 1))
		return weir_scope_status(s);
	out[0] = weir_add(s, a, b);
	weir_assign(s, calls, weir_add(s, calls, in[0]));
	return weir_scope_status(s);
}

static void
begin(void)
{
	weir_allocator allocator = fault_allocator(&fault);

	rt = must_runtime_on(2, &allocator);
	calls = must_variable(rt, "calls", WEIR_F32, NULL, 1);
	one = must_tensor(rt, WEIR_F32, ((float[]){ 1 }), 1);
}

static void
end(void)
{
	weir_function_release(function);
	weir_tensor_release(one);
	weir_tensor_release(calls);
	weir_runtime_release(rt);
	cr_expect_eq(fault.alive, 0);
}

TestSuite(measured_plan, .init = begin, .fini = end);

static weir_plan *
must_plan(void)
{
	weir_plan *plan = NULL;

	must(weir_function_plan(function, &one, 1, 1, &plan));
	must(weir_plan_check(plan));
	return plan;
}

/* How many workers calls are planned for. */
static unsigned
workers(void)
{
	weir_plan *plan = must_plan();
	unsigned n = weir_plan_get_info(plan).workers;

	weir_plan_release(plan);
	return n;
}

static void
must_call(void)
{
	weir_tensor *out = NULL;

	must(weir_function_call(function, NULL, &one, 1, &out, 1));
	expect_f32s(out, 4);
	weir_tensor_release(out);
}

/* -- costs that are wrong ------------------------------------------------------------- */

Test(measured_plan, gives_another_worker_what_takes_longer_than_expected)
{
	struct wait_attrs attrs = { 3000, 10 };
	weir_plan *plan, *recompiled;
	double ns[4];
	char *text;

	function = must_function(rt, "f", two_waits, &attrs);
	plan = must_plan();
	cr_expect_eq(weir_plan_get_info(plan).workers, 1);
	cr_assert_eq(weir_plan_get_info(plan).nodes, 4);
	must(weir_plan_measure(plan, &one, 1, 2, ns));
	cr_expect(ns[0] >= 3e6 && ns[1] >= 3e6, "%g, %g", ns[0], ns[1]);
	cr_expect(ns[2] > 0 && ns[3] > 0);
	expect_f32s(calls, 0);		/* nothing is kept */
	ns[2] = ns[3] = 100;		/* a machine may have been busy */
	must(weir_plan_recompile(plan, ns, 4, &recompiled));
	must(weir_plan_check(recompiled));
	cr_expect_eq(weir_plan_get_info(recompiled).workers, 2);
	cr_expect_eq(weir_plan_get_info(recompiled).estimate_ns,
		     ns[0] + ns[1] + ns[2] + ns[3]);
	must(weir_plan_describe(recompiled, &text));
	cr_assert(strstr(text, "worker 1"), "%s", text);
	expect_text(strstr(text, "worker 1"), "/wait");
	*strstr(text, "worker 1") = '\0';
	expect_text(text, "/wait");
	weir_text_release(text);
	weir_plan_release(recompiled);
	weir_plan_release(plan);
}

Test(measured_plan, takes_no_second_worker_for_what_is_over_at_once)
{
	struct wait_attrs attrs = { 0, 1e9 };

	function = must_function(rt, "f", two_waits, &attrs);
	cr_expect_eq(workers(), 2);
	must(weir_function_measure(function, &one, 1, 1, 5));
	cr_expect_eq(workers(), 1);
	must_call();
}

Test(measured_plan, is_what_a_function_calls_from_then_on)
{
	struct wait_attrs attrs = { 3000, 10 };

	function = must_function(rt, "f", two_waits, &attrs);
	must_call();
	cr_expect_eq(workers(), 1);
	must(weir_function_measure(function, &one, 1, 1, 1));
	cr_expect_eq(workers(), 2);
	expect_f32s(calls, 1);
	must_call();
	expect_f32s(calls, 2);
	must(weir_function_compare(function, &one, 1, 1));
	cr_expect_eq(weir_function_recordings(function), 1);
}

/* -- the same bits -------------------------------------------------------------------- */

enum { ROWS = 300, COLUMNS = 1000 };

static weir_status
some_math(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *y = weir_tanh(s, weir_exp(s, in[0]));

	(void)arg;
	out[0] = weir_sum(s, weir_mul(s, y, in[0]), 0, NULL, false);
	return weir_scope_status(s);
}

Test(measured_plan, has_the_same_bits_however_ops_are_cut)
{
	static float data[ROWS * COLUMNS];
	static const double costs[] = { 0, 1, 1e4, 1e6, 1e12 };
	weir_tensor *x, *wanted, *out;
	weir_plan *plan, *recompiled;
	double ns[16];
	size_t i, k, nodes, cut = 0;
	char *text;

	for (i = 0; i < ROWS * COLUMNS; i++)
		data[i] = (float)(i * 2654435761u % 1000) / 300 - 1;
	x = must_tensor(rt, WEIR_F32, data, ROWS, COLUMNS);
	function = must_function(rt, "g", some_math, NULL);
	must(weir_function_call(function, &in_eager_mode, &x, 1, &wanted, 1));
	must(weir_function_plan(function, &x, 1, 1, &plan));
	nodes = weir_plan_get_info(plan).nodes;
	cr_assert_leq(nodes, 16);
	for (k = 0; k < sizeof costs / sizeof *costs; k++) {
		for (i = 0; i < nodes; i++)
			ns[i] = costs[(k + i) % 5];
		must(weir_plan_recompile(plan, ns, nodes, &recompiled));
		must(weir_plan_check(recompiled));
		must(weir_plan_describe(recompiled, &text));
		cut += strstr(text, "  tiles ") != NULL;
		weir_text_release(text);
		must(weir_plan_run(recompiled, &x, 1, &out, 1));
		expect_same_bits(out, wanted);
		weir_tensor_release(out);
		weir_plan_release(recompiled);
	}
	cr_expect_gt(cut, 0);
	weir_plan_release(plan);
	weir_tensor_release(wanted);
	weir_tensor_release(x);
}

/* -- mistakes ------------------------------------------------------------------------- */

Test(measured_plan, leaves_all_as_it_was_after_a_failure)
{
	struct wait_attrs attrs = { 0, 10 };
	weir_tensor *negative = must_tensor(rt, WEIR_F32, ((float[]){ -1 }),
					    1);
	double ns[4] = { -1, -1, -1, -1 };
	weir_plan *plan, *now;

	function = must_function(rt, "f", two_waits, &attrs);
	plan = must_plan();
	cr_expect_eq(weir_plan_measure(plan, &negative, 1, 3, ns),
		     WEIR_ERANGE);
	expect_text(weir_error_text(), "-1 is negative");
	cr_expect_eq(ns[0], -1);
	cr_expect_eq(weir_function_measure(function, &negative, 1, 1, 3),
		     WEIR_ERANGE);
	expect_f32s(calls, 0);
	now = must_plan();
	cr_expect_eq(now, plan);
	weir_plan_release(now);
	weir_plan_release(plan);
	weir_tensor_release(negative);
}

Test(measured_plan, refuses_what_is_missing)
{
	struct wait_attrs attrs = { 0, 10 };
	double ns[4] = { 0 };
	weir_plan *plan, *other = NULL;

	function = must_function(rt, "f", two_waits, &attrs);
	plan = must_plan();
	cr_expect_eq(weir_plan_measure(NULL, &one, 1, 1, ns), WEIR_ENULL);
	cr_expect_eq(weir_plan_measure(plan, NULL, 1, 1, ns), WEIR_ENULL);
	cr_expect_eq(weir_plan_measure(plan, &one, 1, 1, NULL), WEIR_ENULL);
	cr_expect_eq(weir_plan_measure(plan, &one, 0, 1, ns), WEIR_EINVAL);
	cr_expect_eq(weir_plan_measure(plan, &one, 1, 0, ns), WEIR_EINVAL);
	cr_expect_eq(weir_plan_recompile(NULL, ns, 4, &other), WEIR_ENULL);
	cr_expect_eq(weir_plan_recompile(plan, NULL, 4, &other), WEIR_ENULL);
	cr_expect_eq(weir_plan_recompile(plan, ns, 4, NULL), WEIR_ENULL);
	cr_expect_eq(weir_plan_recompile(plan, ns, 3, &other), WEIR_ERANGE);
	cr_expect_str_eq(weir_error_text(), "weir_plan_recompile: 3 costs of "
			 "4 nodes");
	ns[2] = -1;
	cr_expect_eq(weir_plan_recompile(plan, ns, 4, &other), WEIR_EINVAL);
	cr_expect_eq(weir_function_measure(NULL, &one, 1, 1, 1), WEIR_ENULL);
	cr_expect_eq(weir_function_measure(function, NULL, 1, 1, 1),
		     WEIR_ENULL);
	cr_expect_eq(weir_function_measure(function, &one, 1, 1, 0),
		     WEIR_EINVAL);
	cr_expect_null(other);
	weir_plan_release(plan);
}

Test(measured_plan, says_so_without_memory)
{
	struct wait_attrs attrs = { 0, 10 };
	weir_status status = WEIR_ENOMEM;
	long k;

	function = must_function(rt, "f", two_waits, &attrs);
	must_call();
	for (k = 1; status; k++) {
		fault_arm(&fault, k);
		status = weir_function_measure(function, &one, 1, 1, 1);
		fault_arm(&fault, 0);
		cr_assert(!status || status == WEIR_ENOMEM);
	}
	cr_expect_gt(k, 10);
	must_call();
}
