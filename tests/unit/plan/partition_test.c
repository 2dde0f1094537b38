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
	uint32_t b = block_of(plan, 1, true), c = block_of(plan, 2, true);

	cr_expect_eq(plan->workers, 2);
	cr_expect_neq(b, c);
	cr_expect_neq(home_of(plan, b), home_of(plan, c));
	cr_expect_lt(block_of(plan, 0, true), b);
	cr_expect_lt(c, block_of(plan, 3, true));
	weir_plan_release(plan);
	made_free(&m);
}

Test(partition, makes_a_join_wait_for_all_that_it_joins)
{
	struct made m = diamond(2, MILLISECOND);
	weir_plan *plan = must_compile(&m);
	uint32_t d = block_of(plan, 3, true), i;

	for (i = 1; i <= 2; i++) {
		uint32_t block = block_of(plan, i, true);

		cr_expect(block == d || waits_for(plan, d, block));
	}
	weir_plan_release(plan);
	made_free(&m);
}

Test(partition, puts_each_chain_into_one_block)
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
	cr_expect_eq(plan->n_blocks, 2);
	for (i = 0; i < 40; i++)
		cr_expect_eq(block_of(plan, i, true),
			     block_of(plan, i % 2, true));
	weir_plan_release(plan);
	made_free(&m);
}

Test(partition, merges_small_independent_nodes)
{
	struct made m = must_make(2);
	weir_plan *plan;
	int64_t i;

	for (i = 0; i < 1000; i++)
		task_after(&m, i, 200, NULL);
	plan = must_compile(&m);
	cr_expect_eq(plan->workers, 2);
	cr_expect_geq(plan->n_blocks, 20);
	cr_expect_leq(plan->n_blocks, 60);	/* of about 5 us each */
	weir_plan_release(plan);
	made_free(&m);
}

Test(partition, cuts_a_large_node_into_ranges_of_its_tiles)
{
	struct made m = must_make(2);
	struct task_attrs attrs = { .ns = MILLISECOND, .id = 5, .tiles = 64 };
	int64_t next = 0;
	weir_plan *plan;
	uint32_t i, j, last;

	add_task(&m, &attrs, NULL, 0);
	plan = must_compile(&m);
	cr_expect_eq(plan->workers, 2);
	cr_expect_geq(plan->n_blocks, 3);
	last = block_of(plan, 5, true);
	for (i = 0; i < plan->n_blocks; i++) {
		const struct weir__block *b = &plan->blocks[i];

		for (j = 0; j < b->n_work; j++) {
			const struct weir__work *w =
				&plan->work[b->first_work + j];

			cr_expect_eq(w->begin, next);
			cr_expect_eq(w->has_finish, i == last);
			next = w->end;
		}
		cr_expect(i == last || waits_for(plan, last, i));
	}
	cr_expect_eq(next, 64);
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
	cr_expect_eq(plan->n_blocks, 2);
	weir_plan_release(plan);
	made_free(&m);
}

Test(partition, gives_a_small_plan_to_the_caller_alone)
{
	struct made m = diamond(4, 1000);
	weir_plan *plan = must_compile(&m);

	cr_expect_eq(plan->workers, 1);
	cr_expect_eq(plan->n_blocks, 1);
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
	cr_expect_eq(plan->n_blocks, 0);
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
