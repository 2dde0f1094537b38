/* Schedules of random graphs: complete, in order, and waited for. */
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "plan/schedule.h"
#include "support/heap.h"
#include "unit/plan/random_dag.h"

TestSuite(schedule, .init = begin_heap, .fini = end_heap);

static struct weir__schedule *
must_schedule(const struct graph *g, unsigned workers)
{
	struct weir__schedule *s = NULL;

	cr_assert_eq(weir__schedule_new(heap, &g->dag, workers, &s), WEIR_OK);
	return s;
}

/* Every third of them has priorities. */
Test(schedule, holds_for_random_graphs_on_1_to_9_workers)
{
	unsigned parallel = 0, workers;
	uint64_t seed;

	for (seed = 1; seed <= 90; seed++)
		for (workers = 1; workers <= 9; workers += 2) {
			struct graph *g = random_graph(seed, 1 + (uint32_t)seed
						       * 22, 64, seed & 1);
			struct weir__schedule *s;

			if (seed % 3 == 0)
				with_priorities(g, seed);
			s = must_schedule(g, workers);

			cr_assert_eq(weir__schedule_check(s, &g->dag), WEIR_OK,
				     "seed %d, %u workers: %s", (int)seed,
				     workers, weir_error_text());
			cr_assert_leq(s->workers, workers);
			parallel += s->workers > 1;
			weir__schedule_free(s);
			free(g);
		}
	cr_expect_gt(parallel, 40, "only %u were parallel", parallel);
}

/* Whether check finds fault with the schedule less its q-th wait. */
static bool
is_noticed_without(struct weir__schedule *s, uint32_t q,
		   const struct weir__dag *dag)
{
	struct weir__schedule less = *s;
	uint32_t i;
	bool is_noticed;

	less.waits = malloc(s->n_waits * sizeof *less.waits);
	less.first_wait = malloc((s->n_blocks + 1) * sizeof *less.first_wait);
	cr_assert(less.waits && less.first_wait);
	less.n_waits--;
	memcpy(less.waits, s->waits, q * sizeof *less.waits);
	memcpy(less.waits + q, s->waits + q + 1,
	       (less.n_waits - q) * sizeof *less.waits);
	for (i = 0; i <= s->n_blocks; i++)
		less.first_wait[i] = s->first_wait[i] - (s->first_wait[i] > q);
	is_noticed = weir__schedule_check(&less, dag) != WEIR_OK;
	free(less.waits);
	free(less.first_wait);
	return is_noticed;
}

Test(schedule, check_notices_a_wait_that_was_removed)
{
	unsigned noticed = 0, tried = 0;
	uint64_t seed;

	for (seed = 1; seed <= 20; seed++) {
		struct graph *g = random_graph(seed, 400, 64, true);
		struct weir__schedule *s = must_schedule(g, 3);
		uint32_t q;

		for (q = 0; q < s->n_waits; q++) {
			tried++;
			noticed += is_noticed_without(s, q, &g->dag);
		}
		weir__schedule_free(s);
		free(g);
	}
	cr_expect_gt(tried, 100);
	/* No wait is there that another one implies. */
	cr_expect_eq(noticed, tried, "%u of %u", noticed, tried);
}

/* A random graph of items of so many nanoseconds at most, whose edges are all
 * that keeps them apart. */
static struct graph *
graph_of_long_items(uint64_t seed, float most)
{
	struct graph *g = random_graph(seed, 600, 64, true);
	uint32_t i;

	for (i = 0; i < g->dag.n; i++)
		g->cost[i] *= most / 1000;
	g->dag.edges_are_all = true;
	return g;
}

static uint32_t
count_ahead(const struct weir__schedule *s)
{
	uint32_t block, n = 0;

	for (block = 0; block < s->n_blocks; block++)
		n += weir__ahead(s, block);
	return n;
}

/* What is allowed is right, and no block could be allowed one more. */
Test(schedule, has_blocks_go_ahead_of_long_ones_that_they_need_nothing_of)
{
	uint32_t ahead = 0, blocks = 0, noticed = 0, tried = 0, block;
	uint64_t seed;

	for (seed = 1; seed <= 20; seed++) {
		struct graph *g = graph_of_long_items(seed, 1e5f);
		struct weir__schedule *s = must_schedule(g, 3);

		cr_assert_eq(weir__schedule_check(s, &g->dag), WEIR_OK, "%s",
			     weir_error_text());
		ahead += count_ahead(s);
		blocks += s->n_blocks;
		for (block = 0; block < s->n_blocks; block++) {
			if (weir__ahead(s, block) == WEIR__AHEAD_MAX)
				continue;
			s->ahead[block]++;
			noticed += weir__schedule_check(s, &g->dag) != WEIR_OK;
			s->ahead[block]--;
			tried++;
		}
		weir__schedule_free(s);
		free(g);
	}
	cr_expect_gt(ahead, blocks, "%u of %u", ahead, blocks);
	cr_expect_eq(noticed, tried, "%u of %u", noticed, tried);
}

Test(schedule, has_nobody_go_ahead_where_the_order_counts)
{
	struct graph *g = graph_of_long_items(1, 1e5f);
	struct weir__schedule *s = must_schedule(g, 3), *copy;

	cr_assert_eq(weir__schedule_copy(s, &copy), WEIR_OK);
	cr_expect_gt(count_ahead(s), 0);
	cr_expect_eq(count_ahead(copy), count_ahead(s));
	weir__schedule_free(copy);
	weir__schedule_free(s);
	g->dag.edges_are_all = false;
	s = must_schedule(g, 3);
	cr_expect_null(s->ahead);
	weir__schedule_free(s);
	free(g);
}

/* Nor does anything say so then. */
Test(schedule, has_nobody_go_ahead_of_what_is_short)
{
	struct graph *g = graph_of_long_items(1, 100);
	struct weir__schedule *s = must_schedule(g, 3);

	cr_expect_gt(s->n_blocks, 3);
	cr_expect_null(s->ahead);
	weir__schedule_free(s);
	free(g);
}

Test(schedule, of_independent_items_is_shared_out_evenly)
{
	struct graph *g = calloc(1, sizeof *g);
	struct weir__schedule *s;
	uint32_t w, n;

	cr_assert(g);
	g->dag = (struct weir__dag){ .n = ITEMS, .first_pred = g->first_pred,
				     .preds = g->preds };
	s = must_schedule(g, 4);
	cr_assert_eq(s->workers, 4);
	cr_expect_eq(s->n_waits, 0);
	for (w = 0; w < 4; w++) {
		n = s->first_item[s->first_block[w + 1]] -
		    s->first_item[s->first_block[w]];
		cr_expect_eq(n, ITEMS / 4);
	}
	weir__schedule_free(s);
	free(g);
}

Test(schedule, of_a_chain_is_for_one_worker)
{
	struct graph *g = calloc(1, sizeof *g);
	struct weir__schedule *s;
	uint32_t i;

	cr_assert(g);
	for (i = 1; i <= ITEMS; i++) {
		g->first_pred[i] = i - 1;
		if (i < ITEMS)
			g->preds[i - 1] = i - 1;
	}
	g->dag = (struct weir__dag){ .n = ITEMS, .first_pred = g->first_pred,
				     .preds = g->preds };
	s = must_schedule(g, 4);
	cr_expect_eq(s->workers, 1);
	for (i = 0; i < ITEMS; i++)
		cr_assert_eq(s->items[i], i);
	weir__schedule_free(s);
	free(g);
}

Test(schedule, of_nothing_is_nothing)
{
	struct graph *g = calloc(1, sizeof *g);
	struct weir__schedule *s;

	cr_assert(g);
	g->dag = (struct weir__dag){ .first_pred = g->first_pred,
				     .preds = g->preds };
	s = must_schedule(g, 4);
	cr_expect_eq(s->n_blocks, 0);
	cr_expect_eq(weir__schedule_check(s, &g->dag), WEIR_OK);
	weir__schedule_free(s);
	free(g);
}

/* Short items, then the first of a chain that takes as long as all of them. */
Test(schedule, begins_the_longest_way_first_where_costs_are_told)
{
	enum { SHORT = 20, CHAIN = 10, ALL = SHORT + CHAIN };
	uint32_t first_pred[ALL + 1], preds[CHAIN], i, m = 0;
	float cost[ALL];
	struct weir__dag dag = { .n = ALL, .first_pred = first_pred,
				 .preds = preds };
	struct weir__schedule *s;
	double makespan[2];
	int told;

	for (i = 0; i < ALL; i++) {
		first_pred[i] = m;
		cost[i] = i < SHORT ? 10000 : 20000;
		if (i > SHORT)
			preds[m++] = i - 1;
	}
	first_pred[i] = m;
	for (told = 0; told < 2; told++) {
		dag.cost = told ? cost : NULL;
		cr_assert_eq(weir__schedule_new(heap, &dag, 2, &s), WEIR_OK);
		dag.cost = cost;
		cr_assert_eq(weir__schedule_simulate(s, &dag, NULL, NULL, NULL,
						     &makespan[told]),
			     WEIR_OK);
		weir__schedule_free(s);
	}
	cr_expect_gt(makespan[0], 205000, "%g", makespan[0]);
	cr_expect_leq(makespan[1], 201000, "%g", makespan[1]);
}
