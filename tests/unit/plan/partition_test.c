#include <criterion/criterion.h>
#include <string.h>

#include "unit/plan/blocks.h"

static const double MILLISECOND = 1e6;

/* a -> b, c -> d, as 0 -> 1, 2 -> 3. */
static struct made
diamond(unsigned threads, double ns)
{
	struct made m = must_make(threads);
	struct task_attrs last = { .ns = ns, .id = 3 };
	weir_tensor *a, *middle[2];

	a = task_after(&m, 0, ns, NULL);
	middle[0] = task_after(&m, 1, ns, a);
	middle[1] = task_after(&m, 2, ns, a);
	add_task(&m, &last, middle, 2);
	return m;
}

Test(partition, keeps_independent_nodes_apart_when_they_are_heavy)
{
	struct made m = diamond(2, MILLISECOND);
	weir_plan *plan = must_compile(&m);

	cr_expect_eq(plan->workers, 2);
	cr_expect_neq(home_of(plan, item_of(plan, 1, true)),
		      home_of(plan, item_of(plan, 2, true)));
	weir_plan_release(plan);
	made_free(&m);
}

Test(partition, makes_a_join_wait_for_all_that_it_joins)
{
	struct made m = diamond(2, MILLISECOND);
	weir_plan *plan = must_compile(&m);
	uint32_t d = item_of(plan, 3, true), i;

	for (i = 1; i <= 2; i++)
		cr_expect(waits_for(plan, d, item_of(plan, i, true)));
	weir_plan_release(plan);
	made_free(&m);
}

Test(partition, keeps_each_chain_with_one_worker)
{
	struct made m = must_make(2);
	weir_tensor *chain[2] = { NULL, NULL };
	weir_plan *plan;
	int64_t i;

	for (i = 0; i < 40; i++)
		chain[i % 2] = task_after(&m, i, MILLISECOND / 10,
					  chain[i % 2]);
	plan = must_compile(&m);
	cr_expect_eq(plan->workers, 2);
	cr_expect_eq(plan->schedule->n_waits, 0);
	for (i = 0; i < 40; i++)
		cr_expect_eq(home_of(plan, item_of(plan, i, true)),
			     home_of(plan, item_of(plan, i % 2, true)));
	weir_plan_release(plan);
	made_free(&m);
}

Test(partition, puts_small_independent_nodes_into_few_blocks)
{
	struct made m = must_make(2);
	weir_plan *plan;
	int64_t i;

	for (i = 0; i < 1000; i++)
		task_after(&m, i, 200, NULL);
	plan = must_compile(&m);
	cr_expect_eq(plan->workers, 2);
	cr_expect_leq(plan->schedule->n_blocks, 4);
	weir_plan_release(plan);
	made_free(&m);
}

Test(partition, cuts_a_large_node_into_ranges_of_its_tiles)
{
	struct made m = must_make(2);
	struct task_attrs attrs = { .ns = MILLISECOND, .id = 5, .tiles = 64 };
	int64_t next = 0;
	weir_plan *plan;
	uint32_t i, last;

	add_task(&m, &attrs, NULL, 0);
	plan = must_compile(&m);
	cr_expect_eq(plan->workers, 2);
	cr_expect_geq(plan->dag.n, 3);
	last = item_of(plan, 5, true);
	for (i = 0; i < plan->dag.n; i++) {
		const struct weir__work *w = &plan->work[entry_of(plan, i)];

		cr_expect_eq(w->begin, next);
		cr_expect_eq(w->has_finish, i == last);
		next = w->end;
		cr_expect(i == last || waits_for(plan, last, i));
	}
	cr_expect_eq(next, 64);
	weir_plan_release(plan);
	made_free(&m);
}

/* exp(x) and what follows, of so many elements, element by element and step by
 * step. */
static weir_plan *
elementwise(struct made *m, int64_t length)
{
	weir_tensor *x, *y;

	x = weir_graph_input(m->graph, WEIR_F64, 1, &length, NULL);
	y = weir_tanh(m->scope, weir_exp(m->scope, x));
	y = weir_mul(m->scope, weir_exp(m->scope, y), y);
	cr_assert(x && !weir_graph_output(m->graph, y));
	return must_compile(m);
}

Test(partition, lets_ranges_of_elements_wait_for_those_that_they_read)
{
	struct made m = must_make_unfused(2);
	weir_plan *plan = elementwise(&m, 1000000);
	uint32_t i, q, waits = 0;

	cr_assert_eq(plan->workers, 2);
	cr_expect_geq(plan->dag.n, 16);
	for (i = 0; i < plan->dag.n; i++)
		for (q = plan->dag.first_pred[i];
		     q < plan->dag.first_pred[i + 1]; q++, waits++) {
			const struct weir__work *work =
				&plan->work[entry_of(plan, i)];
			const struct weir__work *pred = &plan->work[entry_of(
				plan, plan->dag.preds[q])];

			cr_expect_lt(pred->begin, work->end);
			cr_expect_lt(work->begin, pred->end);
		}
	cr_expect_gt(waits, 12);
	cr_expect_lt(plan->schedule->n_waits, waits / 2, "%u of %u",
		     plan->schedule->n_waits, waits);
	cr_expect_eq(weir_plan_check(plan), WEIR_OK, "%s", weir_error_text());
	weir_plan_release(plan);
	made_free(&m);
}

/* Many pieces have an item behind them for who waits for all; nobody does. */
Test(partition, cuts_for_many_workers_and_passes_the_check)
{
	struct made m = must_make_unfused(8);
	weir_plan *plan = elementwise(&m, 4000000);

	cr_expect_eq(plan->workers, 8);
	cr_expect_gt(plan->dag.n, 4 * 17);
	cr_expect_eq(weir_plan_check(plan), WEIR_OK, "%s", weir_error_text());
	weir_plan_release(plan);
	made_free(&m);
}

Test(partition, lets_rows_of_a_product_wait_for_the_rows_they_are_made_of)
{
	int64_t shape[] = { 1024, 512 }, square[] = { 512, 512 };
	struct made m = must_make(2);
	weir_tensor *x, *w, *y;
	weir_plan *plan;
	uint32_t i, rows = 0;

	x = weir_graph_input(m.graph, WEIR_F32, 2, shape, NULL);
	w = weir_graph_input(m.graph, WEIR_F32, 2, square, NULL);
	y = weir_matmul(m.scope, weir_matmul(m.scope, x, w), w);
	cr_assert_eq(weir_graph_output(m.graph, y), WEIR_OK);
	plan = must_compile(&m);
	cr_assert_eq(plan->workers, 2);
	for (i = 0; i < plan->dag.n; i++)
		if (plan->work[entry_of(plan, i)].step == 1)
			rows += plan->dag.first_pred[i + 1] -
					plan->dag.first_pred[i] < 8;
	cr_expect_geq(rows, 8);
	weir_plan_release(plan);
	made_free(&m);
}

Test(partition, leaves_a_large_node_of_one_tile_whole)
{
	struct made m = must_make(2);
	weir_plan *plan;

	task_after(&m, 1, MILLISECOND, NULL);
	task_after(&m, 2, MILLISECOND, NULL);
	plan = must_compile(&m);
	cr_expect_eq(plan->dag.n, 2);
	cr_expect_eq(plan->schedule->n_blocks, 2);
	weir_plan_release(plan);
	made_free(&m);
}

Test(partition, gives_a_small_plan_to_the_caller_alone)
{
	struct made m = diamond(4, 1000);
	weir_plan *plan = must_compile(&m);

	cr_expect_eq(plan->workers, 1);
	cr_expect_eq(plan->schedule->n_blocks, 1);
	cr_expect_eq(weir_plan_get_info(plan).workers, 1);
	weir_plan_release(plan);
	made_free(&m);
}

Test(partition, gives_a_long_chain_to_the_caller_alone)
{
	struct made m = must_make(4);
	weir_tensor *last = NULL;
	weir_plan *plan;
	int64_t i;

	for (i = 0; i < 30; i++)
		last = task_after(&m, i, MILLISECOND, last);
	plan = must_compile(&m);
	cr_expect_eq(plan->workers, 1);
	weir_plan_release(plan);
	made_free(&m);
}

Test(partition, uses_one_worker_where_there_is_one)
{
	struct made m = diamond(1, MILLISECOND);
	weir_plan *plan = must_compile(&m);

	cr_expect_eq(plan->workers, 1);
	weir_plan_release(plan);
	made_free(&m);
}

Test(partition, copes_with_a_plan_that_does_nothing)
{
	struct made m = must_make(2);
	weir_tensor *out;
	weir_plan *plan;

	cr_assert_eq(weir_graph_output(m.graph, m.x), WEIR_OK);
	plan = must_compile(&m);
	cr_expect_eq(plan->schedule->n_blocks, 0);
	cr_expect_eq(weir_plan_check(plan), WEIR_OK);
	cr_assert_eq(weir_plan_run(plan, &m.zero, 1, &out, 1), WEIR_OK);
	weir_tensor_release(out);
	weir_plan_release(plan);
	made_free(&m);
}

Test(partition, is_the_same_each_time)
{
	char *text, copy[2][2048] = { "", "" };
	int i;

	for (i = 0; i < 2; i++) {
		struct made m = diamond(2, MILLISECOND);
		weir_plan *plan = must_compile(&m);

		cr_assert_eq(weir_plan_describe(plan, &text), WEIR_OK);
		strncpy(copy[i], text, sizeof copy[i] - 1);
		weir_text_release(text);
		weir_plan_release(plan);
		made_free(&m);
	}
	cr_expect_str_eq(copy[0], copy[1]);
}
