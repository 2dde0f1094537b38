/* Plans that may have so much memory and no more. */
#include "support/fault.h"
#include "support/weir_test.h"

enum { BRANCHES = 12, SIDE = 256, BYTES = 4 * SIDE * SIDE,
       WORK = 10 };

static struct fault fault;
static weir_runtime *rt;
static weir_tensor *x;

static void
begin_on(const char *machine)
{
	weir_allocator allocator = fault_allocator(&fault);
	weir_runtime_options options = { .size = sizeof options, .threads = 2,
					 .synthetic_topology = machine,
					 .allocator = &allocator };
	static float data[SIDE * SIDE];
	int i;

	for (i = 0; i < SIDE * SIDE; i++)
		data[i] = (float)((i * 37) % 101) / 101;
	must(weir_runtime_create(&options, &rt));
	x = must_tensor(rt, WEIR_F32, data, SIDE, SIDE);
}

static void
begin(void)
{
	begin_on(NULL);
}

static void
begin_on_nodes(void)
{
	begin_on("numa:2 core:1 pu:1");
}

static void
end(void)
{
	weir_tensor_release(x);
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
	cr_expect_eq(fault.alive, 0);
}

TestSuite(budget, .init = begin, .fini = end);
TestSuite(budget_of_nodes, .init = begin_on_nodes, .fini = end);

/* Branches with large values that need nothing of each other. */
static weir_status
wide(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *y, *sum = NULL;
	int i, k;

	(void)arg;
	for (i = 0; i < BRANCHES; i++) {
		y = weir_mul(s, in[0], weir_constant(s, WEIR_F32, 0, NULL,
						     1.0 / (i + 1)));
		y = weir_matmul(s, weir_transpose(s, weir_exp(s, y), 0, NULL),
				in[0]);
		for (k = 0; k < WORK; k++)
			y = weir_tanh(s, y);
		y = weir_sum(s, y, 0, NULL, false);
		sum = sum ? weir_add(s, sum, y) : y;
	}
	out[0] = sum;
	return weir_scope_status(s);
}

static weir_graph *
wide_graph(void)
{
	int64_t shape[2] = { SIDE, SIDE };
	weir_tensor *in, *out;
	weir_graph *graph;

	must(weir_graph_create(rt, "wide", &graph));
	in = weir_graph_input(graph, WEIR_F32, 2, shape, "x");
	must(wide(weir_graph_scope(graph), &in, &out, NULL));
	must(weir_graph_output(graph, out));
	return graph;
}

/* The plan for so many bytes; NULL: it is refused, for want of *least. */
static weir_plan *
plan_within(size_t max_bytes, size_t *least)
{
	weir_compile_options options = { .size = sizeof options,
					 .max_bytes = max_bytes };
	weir_graph *graph = wide_graph();
	weir_plan *plan = NULL;
	unsigned long bytes = 0;
	const char *text;
	weir_status status = weir_graph_compile_with(graph, &options, &plan);

	weir_graph_release(graph);
	if (!status)
		return plan;
	cr_assert_eq(status, WEIR_ERANGE, "%s", weir_error_text());
	text = strstr(weir_error_text(), "wide: a run takes ");
	cr_assert(text && sscanf(text, "wide: a run takes %lu bytes", &bytes),
		  "%s", weir_error_text());
	*least = bytes;
	return NULL;
}

static weir_plan *
must_plan(size_t max_bytes)
{
	size_t least;
	weir_plan *plan = plan_within(max_bytes, &least);

	cr_assert(plan, "%s", weir_error_text());
	must(weir_plan_check(plan));
	return plan;
}

static weir_tensor *
run_and_release(weir_plan *plan)
{
	weir_tensor *out;

	must(weir_plan_run(plan, &x, 1, &out, 1));
	weir_plan_release(plan);
	return out;
}

static size_t
least_bytes(void)
{
	size_t least = 0;

	cr_assert_null(plan_within(1, &least));
	return least;
}

Test(budget, is_kept_with_the_same_bits)
{
	weir_plan *plan = must_plan(0);
	size_t bytes = weir_plan_get_info(plan).buffer_bytes, max_bytes;
	size_t least = least_bytes();
	weir_tensor *expected = run_and_release(plan), *result;

	for (max_bytes = least; max_bytes < bytes;
	     max_bytes += (bytes - least) / 5 + 1) {
		plan = must_plan(max_bytes);
		cr_expect_leq(weir_plan_get_info(plan).buffer_bytes,
			      max_bytes);
		result = run_and_release(plan);
		cr_expect(weir_tensor_equal_bits(result, expected, NULL));
		weir_tensor_release(result);
	}
	weir_tensor_release(expected);
}

/* Two values of a branch, and some small ones. */
Test(budget, below_the_least_is_refused_with_the_figure)
{
	size_t least = least_bytes(), again = 0;
	weir_plan *plan;

	cr_expect_geq(least, 2 * BYTES);
	cr_expect_lt(least, 3 * BYTES);
	cr_expect_null(plan_within(least - 1, &again));
	cr_expect_eq(again, least);
	plan = must_plan(least);
	cr_expect_leq(weir_plan_get_info(plan).buffer_bytes, least);
	weir_plan_release(plan);
}

Test(budget, leaves_as_much_to_be_done_at_one_time_as_it_has_room_for)
{
	static const size_t more[3] = { 0, 3, 9 };
	size_t least = least_bytes(), bytes[3], i;

	for (i = 0; i < 3; i++) {
		weir_plan *plan = must_plan(least + more[i] * BYTES);
		weir_plan_info info = weir_plan_get_info(plan);

		bytes[i] = info.buffer_bytes;
		cr_expect_eq(info.workers, 2);
		weir_plan_release(plan);
	}
	cr_expect_lt(bytes[0] + BYTES, bytes[1]);
	cr_expect_lt(bytes[1] + BYTES, bytes[2]);
}

Test(budget_of_nodes, is_kept_by_their_workers)
{
	weir_plan *plan = must_plan(0);
	size_t bytes = weir_plan_get_info(plan).buffer_bytes;

	weir_plan_release(plan);
	plan = must_plan(bytes / 2);
	cr_expect_eq(weir_plan_get_info(plan).workers, 2);
	cr_expect_leq(weir_plan_get_info(plan).buffer_bytes, bytes / 2);
	weir_tensor_release(run_and_release(plan));
}

static weir_plan_info
info_of(weir_function *f)
{
	weir_plan_info info;
	weir_plan *plan;

	must(weir_function_plan(f, &x, 1, 1, &plan));
	info = weir_plan_get_info(plan);
	weir_plan_release(plan);
	return info;
}

Test(budget, of_a_function_is_kept_when_it_has_been_measured)
{
	size_t least = least_bytes();
	weir_function_options options = { .size = sizeof options,
					  .max_bytes = least };
	weir_function *f;

	must(weir_function_create_with(rt, "wide", wide, NULL, &options, &f));
	cr_expect_leq(info_of(f).buffer_bytes, least);
	must(weir_function_measure(f, &x, 1, 1, 1));
	cr_expect_leq(info_of(f).buffer_bytes, least);
	weir_function_release(f);
}

Test(budget, of_a_function_holds_for_plans_alone)
{
	weir_function_options options = { .size = sizeof options,
					  .max_bytes = BYTES };
	weir_run_options eagerly = { .size = sizeof eagerly,
				     .mode = WEIR_MODE_EAGER };
	weir_tensor *out;
	weir_function *f;

	must(weir_function_create_with(rt, "wide", wide, NULL, &options, &f));
	cr_expect_eq(weir_function_call(f, NULL, &x, 1, &out, 1), WEIR_ERANGE);
	must(weir_function_call(f, &eagerly, &x, 1, &out, 1));
	weir_tensor_release(out);
	must(weir_function_compare(f, &x, 1, 1));
	weir_function_release(f);
}

Test(budget, survives_every_allocation_that_fails)
{
	weir_compile_options options = { .size = sizeof options,
					 .max_bytes = 4 * BYTES };
	weir_graph *graph = wide_graph();
	weir_plan *plan = NULL;
	weir_status status = WEIR_ENOMEM;
	long k;

	for (k = 1; status; k++) {
		fault_arm(&fault, k);
		status = weir_graph_compile_with(graph, &options, &plan);
		fault_arm(&fault, 0);
		cr_assert(!status || status == WEIR_ENOMEM, "%s",
			  weir_error_text());
	}
	cr_expect_gt(k, 50);
	must(weir_plan_check(plan));
	weir_plan_release(plan);
	weir_graph_release(graph);
}
