/* Which steps are run as one, and that it makes no difference. */
#include "support/fault.h"
#include "unit/plan/fuse_suite.h"

/* -- what is fused --------------------------------------------------------- */

static size_t
layer(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	out[0] = weir_relu(s, weir_add(s, weir_matmul(s, in[2], in[3]), in[1]));
	return 1;
}

Test(fuse, bias_and_activation_follow_the_rows_of_a_product)
{
	struct made m;
	weir_plan *plan = look(&m, layer);

	cr_assert_eq(plan->n_steps, 1);
	cr_expect_str_eq(plan->steps[0].call.op->name, "matmul+add+relu");
	cr_expect_eq(plan->steps[0].call.n_in, 3);
	cr_expect_eq(weir_plan_get_info(plan).nodes, 3);
	cr_expect_eq(weir_plan_get_info(plan).fused, 2);
	done(&m, plan);
	cr_expect_eq(compare(layer, 1), 1);
}

/* Of a row each chunk needs, and nobody keeps, what the others are told. */
static size_t
chain(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = in[0];
	int i;

	for (i = 0; i < 20; i++)
		y = i % 2 ? weir_mul(s, y, in[1])
			  : weir_sub(s, weir_square(s, y), in[0]);
	out[0] = y;
	return 1;
}

Test(fuse, a_long_chain_is_few_steps_and_little_memory)
{
	struct made m;
	weir_plan *plan = look(&m, chain);
	size_t whole = sizeof(float) * ROWS * COLUMNS;

	cr_expect_eq(plan->n_steps, 2);		/* 30 by 16 */
	cr_expect_lt(plan->arena_bytes, whole + whole / 4);
	done(&m, plan);
	cr_expect_eq(compare(chain, 1), 2);
}

static size_t
wanted_outside(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	out[0] = weir_square(s, in[0]);
	out[1] = weir_neg(s, out[0]);
	out[2] = weir_greater(s, weir_add(s, out[1], in[0]), out[0]);
	return 3;
}

Test(fuse, keeps_what_is_wanted_outside)
{
	cr_expect_eq(compare(wanted_outside, 3), 1);
}

/* Two chains that meet: mask and gradient, as behind a relu. */
static size_t
meeting(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *left = weir_greater(s, in[0], weir_square(s, in[1]));
	weir_tensor *right = weir_matmul(s, in[2], in[3]);

	out[0] = weir_where(s, left, right, in[0]);
	return 1;
}

Test(fuse, joins_chains_that_meet)
{
	struct made m;
	weir_plan *plan = look(&m, meeting);

	cr_expect(has_step(plan, "greater+matmul+where"));
	done(&m, plan);
	cr_expect_eq(compare(meeting, 1), 1);
}

/* -- what is not ------------------------------------------------------------- */

static size_t
through_outside(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = weir_exp(s, in[0]);

	out[0] = weir_div(s, y, weir_sum(s, y, 0, NULL, false));
	return 1;
}

Test(fuse, waits_for_what_comes_between)
{
	cr_expect_eq(compare(through_outside, 1), 0);
}

static size_t
by_way_of_groups(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *a = weir_exp(s, in[0]), *b = weir_neg(s, in[0]), *c, *sum;

	sum = weir_sum(s, a, 0, NULL, false);
	b = weir_mul(s, b, sum);		/* after a, by the sum */
	sum = weir_sum(s, b, 0, NULL, false);
	c = weir_add(s, a, b);			/* both, directly */
	out[0] = weir_mul(s, c, sum);		/* after b, by the sum */
	return 1;
}

Test(fuse, never_makes_steps_wait_for_each_other)
{
	cr_expect_geq(compare(by_way_of_groups, 1), 1);
}

static size_t
turned(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = weir_square(s, weir_matmul(
		s, weir_transpose(s, in[3], 0, NULL), in[3]));

	out[0] = weir_add(s, y, weir_transpose(s, y, 0, NULL));
	return 1;
}

Test(fuse, reads_no_view_of_what_is_not_whole)
{
	struct made m;
	weir_plan *plan = look(&m, turned);

	cr_expect(has_step(plan, "add"));
	done(&m, plan);
	compare(turned, 1);
}

static size_t
broadcast(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	int64_t shape[] = { 1, ROWS, COLUMNS }, twice[] = { 3, ROWS, COLUMNS };
	weir_tensor *y = weir_exp(s, in[0]), *z;

	z = weir_expand(s, weir_reshape(s, in[0], 3, shape), 3, twice);
	out[0] = weir_mul(s, weir_square(s, z), y);
	return 1;
}

Test(fuse, leaves_alone_what_is_broadcast_over_chunks)
{
	struct made m;
	weir_plan *plan = look(&m, broadcast);

	cr_expect(has_step(plan, "exp"));
	done(&m, plan);
	compare(broadcast, 1);
}

static size_t
small(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	out[0] = weir_relu(s, weir_square(s, in[1]));
	return 1;
}

Test(fuse, leaves_small_steps_alone)
{
	cr_expect_eq(compare(small, 1), 0);
}

static size_t
may_fail(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *n = weir_cast(s, weir_exp(s, in[0]), WEIR_I64);

	out[0] = weir_square(s, weir_div(s, n, weir_add(
		s, weir_square(s, n), weir_cast(s, weir_exp(s, in[1]),
						WEIR_I64))));
	return 1;
}

Test(fuse, leaves_alone_what_may_fail)
{
	struct made m;
	weir_plan *plan = look(&m, may_fail);

	cr_expect(has_step(plan, "div"));
	done(&m, plan);
}

/* -- failures ---------------------------------------------------------------- */

/* Op 5 fails, by what op 1 has made, which is a part of op 9; and so does op 8,
 * which needs nothing of them. */
static size_t
failing(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = weir_exp(s, in[0]), *zero, *largest;

	largest = weir_cast(s, weir_max(s, y, 0, NULL, false), WEIR_I64);
	zero = weir_sub(s, largest, largest);
	out[0] = weir_div(s, largest, zero);
	largest = weir_cast(s, weir_max(s, in[1], 0, NULL, false), WEIR_I64);
	out[1] = weir_div(s, largest, weir_mul(s, largest, zero));
	out[2] = weir_relu(s, y);
	return 3;
}

Test(fuse, leaves_the_failure_of_the_lowest_op_the_one_that_is_told)
{
	static const unsigned threads[] = { 1, 2, 4 };
	size_t t, i;

	for (t = 0; t < sizeof threads / sizeof *threads; t++) {
		struct made m = must_make(threads[t]);
		weir_plan *plan = compiled(&m, failing);
		weir_tensor *in[INPUTS + 1], *out[3];

		cr_assert(has_step(plan, "exp+relu"));
		in[0] = m.zero;
		for (i = 0; i < INPUTS; i++)
			in[i + 1] = numbers(m.runtime, &specs[i]);
		for (i = 0; i < 200; i++) {
			cr_expect_eq(weir_plan_run(plan, in, INPUTS + 1, out,
						   3), WEIR_ERANGE);
			cr_expect(strstr(weir_error_text(), "b = i64[] from "
					 "g/sub"), "%s", weir_error_text());
		}
		for (i = 0; i < INPUTS; i++)
			weir_tensor_release(in[i + 1]);
		weir_plan_release(plan);
		made_free(&m);
	}
}

/* -- for how many workers ------------------------------------------------------ */

static int turns = 7;

/* One after the other, each too small to be cut. */
static size_t
in_turn(weir_scope *s, weir_tensor *const *in, weir_tensor **out)
{
	weir_tensor *y = in[0];
	int i;

	for (i = 0; i < turns; i++)
		y = weir_div(s, y, in[1]);
	out[0] = y;
	return 1;
}

static void
expect_one_step(unsigned threads)
{
	struct made m = must_make(threads);
	weir_plan *plan = compiled(&m, in_turn);

	cr_expect_eq(plan->workers, 1);
	cr_expect_eq(plan->n_steps, 1, "%u of %g us for %u threads",
		     plan->n_steps, plan->info.estimate_ns / 1000, threads);
	done(&m, plan);
}

/* Eight workers would have no two chunks each, but have nothing to do: whatever
 * elementary functions are done by. */
Test(fuse, knows_who_has_nothing_to_do)
{
	struct made m = must_make(8);
	weir_plan *plan;

	set_extents(52, 512);
	plan = compiled(&m, in_turn);
	cr_expect(plan->info.estimate_ns > 24000, "for two at least: %g",
		  plan->info.estimate_ns);
	done(&m, plan);
	expect_one_step(1);
	expect_one_step(2);
	expect_one_step(8);
	compare(in_turn, 1);
	turns = 2;			/* or too little for anybody else */
	expect_one_step(1);
	expect_one_step(8);
}

/* -- other things that hold --------------------------------------------------- */

static void
expect_to_survive(program_fn fn, unsigned threads)
{
	struct fault fault = { 0 };
	weir_allocator allocator = fault_allocator(&fault);
	weir_runtime_options options = { .size = sizeof options,
					 .threads = threads,
					 .allocator = &allocator };
	weir_runtime *runtime;
	long fails_at, failed = 0;

	cr_assert_eq(weir_runtime_create(&options, &runtime), WEIR_OK);

	for (fails_at = 1;; fails_at++) {
		struct made m = must_make_on(runtime);
		weir_tensor *in[INPUTS], *out[1];
		weir_plan *plan = NULL;
		weir_status status;
		size_t i;

		for (i = 0; i < INPUTS; i++)
			in[i] = weir_graph_input(
				m.graph, specs[i].dtype,
				(size_t)specs[i].rank, specs[i].shape, NULL);
		fn(m.scope, in, out);
		cr_assert_eq(weir_graph_output(m.graph, out[0]), WEIR_OK);
		fault_arm(&fault, fails_at);
		status = weir_graph_compile(m.graph, &plan);
		fault_arm(&fault, 0);
		if (!status)
			cr_expect_eq(fused_steps(plan), 1);
		else
			cr_expect_eq(status, WEIR_ENOMEM);
		failed += status != WEIR_OK;
		weir_plan_release(plan);
		weir_tensor_release(m.zero);
		weir_graph_release(m.graph);
		if (!status)
			break;
	}
	cr_expect_gt(failed, 20);
	weir_runtime_release(runtime);
	cr_expect_eq(fault.alive, 0);
}

Test(fuse, survives_want_of_memory_at_any_point)
{
	expect_to_survive(layer, 2);
	set_extents(52, 512);		/* fused for eight, then for one */
	expect_to_survive(in_turn, 8);
}

Test(fuse, says_which_pass_there_is_not)
{
	weir_runtime_options options = { .size = sizeof options,
					 .skip_passes = "cse,fusion" };
	weir_runtime *runtime;

	cr_expect_eq(weir_runtime_create(&options, &runtime), WEIR_EINVAL);
	cr_expect_str_eq(weir_error_text(), "weir_runtime_create: "
			 "options->skip_passes: \"fusion\" is no pass: there "
			 "are algebra, cse, fold, dce, hoist, fuse and "
			 "recompute");
}

/* They are run, as nothing is dropped; and leave nothing. */
Test(fuse, what_nobody_wants_may_be_fused)
{
	weir_runtime_options options = { .size = sizeof options, .threads = 1,
					 .skip_passes = "dce" };
	int64_t shape[2] = { ROWS, COLUMNS }, axis = 0;
	weir_runtime *runtime;
	weir_tensor *x;
	weir_graph *graph;
	weir_scope *s;
	weir_plan *plan;

	cr_assert_eq(weir_runtime_create(&options, &runtime), WEIR_OK);
	cr_assert_eq(weir_graph_create(runtime, "g", &graph), WEIR_OK);
	s = weir_graph_scope(graph);
	x = weir_graph_input(graph, WEIR_F32, 2, shape, NULL);
	weir_exp(s, weir_neg(s, x));
	weir_sum(s, weir_exp(s, weir_square(s, x)), 1, &axis, false);
	cr_assert_eq(weir_graph_output(graph, weir_relu(s, x)), WEIR_OK);
	cr_assert_eq(weir_graph_compile(graph, &plan), WEIR_OK, "%s",
		     weir_error_text());
	cr_expect_eq(fused_steps(plan), 2);
	cr_expect_eq(weir_plan_check(plan), WEIR_OK);
	weir_plan_release(plan);
	weir_graph_release(graph);
	weir_runtime_release(runtime);
}
