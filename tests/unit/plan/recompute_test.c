/* Which steps are done twice, in which order, and who reads which results. */
#include <criterion/criterion.h>

#include "function/function.h"
#include "plan/plan.h"
#include "stress/random_program.h"
#include "support/tasks.h"

#define must(call) \
	cr_assert_eq((call), WEIR_OK, "%s: %s", #call, weir_error_text())

enum { SIDE = 24, LAYERS = 20, PROGRAMS = 150 };

/* A chain, and what is made of its links in the other order. */
static weir_graph *
chain(weir_runtime *rt)
{
	int64_t shape[2] = { SIDE, SIDE };
	weir_tensor *x, *h[LAYERS], *sum;
	weir_graph *graph;
	weir_scope *s;
	int i;

	must(weir_graph_create(rt, "chain", &graph));
	s = weir_graph_scope(graph);
	x = sum = weir_graph_input(graph, WEIR_F32, 2, shape, "x");
	for (i = 0; i < LAYERS; i++)
		h[i] = weir_matmul(s, i ? h[i - 1] : x, x);
	for (i = LAYERS; i-- > 0;)
		sum = weir_matmul(s, sum, h[i]);
	must(weir_graph_output(graph, sum));
	return graph;
}

static weir_plan *
chain_within(weir_runtime *rt, size_t max_bytes)
{
	weir_compile_options options = { .size = sizeof options,
					 .max_bytes = max_bytes,
					 .recompute = true };
	weir_graph *graph = chain(rt);
	weir_plan *plan = NULL;

	must(weir_graph_compile_with(graph, &options, &plan));
	weir_graph_release(graph);
	return plan;
}

/* The step that first does what this one does again. */
static uint32_t
first_of(const weir_plan *plan, uint32_t again)
{
	uint32_t i;

	for (i = 0; i < again; i++)
		if (plan->steps[i].node == plan->steps[again].node &&
		    !plan->steps[i].again)
			return i;
	cr_assert_fail("step %u is done for the first time", again);
	return 0;
}

/* A step is done again after those that read what it made first, of which none
 * comes later but those that read what outlives the run. Returns how many are.
 */
static size_t
check_order(const weir_plan *plan)
{
	uint32_t i, j, k, first;
	size_t n = 0;

	for (i = 0; i < plan->n_steps; i++) {
		const struct weir__step *step = &plan->steps[i];

		cr_expect_eq(step->again != 0, step->again >
			     plan->graph->ordinals);
		if (!step->again)
			continue;
		n++;
		first = first_of(plan, i);
		cr_expect(step->node->op->flags & WEIR_OP_PURE);
		cr_expect_eq(step->first_ordinal,
			     plan->steps[first].first_ordinal);
		for (j = i + 1; j < plan->n_steps; j++)
			for (k = 0; k < plan->steps[j].call.n_in; k++) {
				const struct weir__slot *slot = &plan->slots[
					plan->steps[j].first_slot + k];

				cr_expect(slot->maker != first ||
					  slot->where != WEIR__AT_ARENA,
					  "step %u reads %u, not %u", j,
					  first, i);
			}
	}
	return n;
}

/* One worker does them in this order. */
static void
check_schedule(const weir_plan *plan)
{
	uint32_t i;

	for (i = 1; i < plan->schedule->n_items; i++)
		cr_expect_leq(plan->work[i - 1].step, plan->work[i].step);
}

Test(recompute, is_late_and_read_from_then_on)
{
	weir_runtime *rt = must_runtime(1);
	weir_plan *plan = chain_within(rt, 0);
	size_t bytes = plan->arena_bytes, before = 0, n, i;

	cr_expect_eq(check_order(plan), 0);
	weir_plan_release(plan);
	for (i = 1; i <= 5; i++) {
		plan = chain_within(rt, bytes - bytes * i / 10);
		must(weir__plan_check(plan));
		n = check_order(plan);
		cr_expect_geq(n, before);
		cr_expect_eq(plan->info.recomputed, n);
		check_schedule(plan);
		before = n;
		weir_plan_release(plan);
	}
	cr_expect_gt(before, LAYERS / 4);
	cr_expect_lt(before, LAYERS);
	weir_runtime_release(rt);
}

/* What a node that runs has become is its first time. */
Test(recompute, leaves_the_parts_of_nodes_where_they_are)
{
	weir_runtime *rt = must_runtime(1);
	weir_plan *plan = chain_within(rt, 0), *tight;
	size_t i;

	tight = chain_within(rt, plan->arena_bytes * 6 / 10);
	cr_expect_eq(tight->info.nodes, plan->info.nodes);
	cr_expect_gt(tight->n_steps, plan->n_steps);
	for (i = 0; i < plan->info.nodes; i++) {
		const struct weir__step *a = &plan->steps[plan->parts[i].step];
		const struct weir__step *b =
			&tight->steps[tight->parts[i].step];

		cr_expect_eq(a->node->ordinal, b->node->ordinal);
		cr_expect_eq(b->again, 0);
	}
	weir_plan_release(tight);
	weir_plan_release(plan);
	weir_runtime_release(rt);
}

Test(recompute, keeps_its_order_in_random_programs)
{
	weir_runtime *rt = must_runtime(1);
	size_t n = 0, i;

	for (i = 0; i < PROGRAMS; i++) {
		struct instance instance;
		struct program p;
		weir_plan *plan;

		program_init(&p, 4000 + i);
		p.percent = 1 + (int)(i % 90);
		instance_init(&instance, &p, rt);
		must(weir_function_plan(instance.function, instance.in, p.n_in,
					p.n_out, &plan));
		n += check_order(plan) > 0;
		check_schedule(plan);
		weir_plan_release(plan);
		instance_free(&instance);
	}
	cr_expect_gt(n, PROGRAMS / 10);
	weir_runtime_release(rt);
}

/* -- before anything is done twice ----------------------------------------- */

enum { SUMS = 12 };

/* Products, then the sum of each: all of them are there at once, unless each is
 * summed up as soon as it is there. In between ops that are not pure. */
static weir_graph *
sums(weir_runtime *rt)
{
	struct task_attrs task = { .id = 0 };
	int64_t shape[2] = { SIDE, SIDE };
	weir_tensor *x, *y[SUMS], *sum = NULL;
	weir_graph *graph;
	weir_scope *s;
	int i;

	must(weir_graph_create(rt, "sums", &graph));
	s = weir_graph_scope(graph);
	x = weir_graph_input(graph, WEIR_F32, 2, shape, "x");
	for (i = 0; i < SUMS; i++) {
		y[i] = weir_matmul(s, x, weir_mul(s, x, weir_constant(
				   s, WEIR_F32, 0, NULL, 1.0 / (i + 2))));
		task.id = i;
		must(weir_apply(s, &task_op, &task, &x, 1, &sum, 1));
	}
	sum = weir_constant(s, WEIR_F32, 0, NULL, 0);
	for (i = 0; i < SUMS; i++)
		sum = weir_add(s, sum, weir_sum(s, y[i], 0, NULL, false));
	must(weir_graph_output(graph, sum));
	return graph;
}

Test(recompute, sums_up_soon_what_is_summed_up_in_the_end)
{
	weir_compile_options options = { .size = sizeof options,
					 .recompute = true };
	weir_runtime *rt = must_runtime(1);
	weir_graph *graph = sums(rt);
	weir_plan *plan;
	uint64_t before = 0;
	uint32_t i;

	must(weir_graph_compile_with(graph, &options, &plan));
	cr_expect_gt(plan->arena_bytes, SUMS * SIDE * SIDE * 4);
	weir_plan_release(plan);
	options.max_bytes = 4 * SIDE * SIDE * 4;
	must(weir_graph_compile_with(graph, &options, &plan));
	must(weir__plan_check(plan));
	cr_expect_eq(plan->info.recomputed, 0);
	check_schedule(plan);
	for (i = 0; i < plan->n_steps; i++) {
		if (plan->steps[i].node->op->flags & WEIR_OP_PURE)
			continue;
		cr_expect_gt(plan->steps[i].node->ordinal, before);
		before = plan->steps[i].node->ordinal;
	}
	cr_expect_gt(before, 0);
	weir_plan_release(plan);
	weir_graph_release(graph);
	weir_runtime_release(rt);
}

/* What is made in one step with others is there as early as these: y - y * y
 * with y is, but far from it. */
Test(recompute, fuses_near_steps_only)
{
	enum { LONG = 100000, BETWEEN = 20 };
	weir_compile_options options = { .size = sizeof options,
					 .recompute = true };
	weir_runtime *rt = must_runtime(1);
	int64_t length = LONG;
	weir_tensor *x, *y, *z;
	weir_graph *graph;
	weir_plan *plan;
	weir_scope *s;
	int i;

	must(weir_graph_create(rt, "far", &graph));
	s = weir_graph_scope(graph);
	x = weir_graph_input(graph, WEIR_F32, 1, &length, "x");
	y = weir_exp(s, x);
	z = weir_sum(s, weir_tanh(s, y), 0, NULL, false);
	for (i = 0; i < BETWEEN; i++)
		z = weir_exp(s, weir_neg(s, z));
	z = weir_mul(s, weir_sub(s, y, weir_square(s, y)), z);
	z = weir_sum(s, weir_add(s, z, y), 0, NULL, false);
	must(weir_graph_output(graph, z));
	must(weir_graph_compile_with(graph, &options, &plan));
	cr_expect_gt(plan->arena_bytes, 3 * LONG * sizeof(float));
	weir_plan_release(plan);
	options.max_bytes = 2 * LONG * sizeof(float) + 4096;
	must(weir_graph_compile_with(graph, &options, &plan));
	must(weir__plan_check(plan));
	cr_expect_eq(plan->info.recomputed, 0);
	cr_expect_gt(plan->info.fused, 0);
	weir_plan_release(plan);
	weir_graph_release(graph);
	weir_runtime_release(rt);
}
