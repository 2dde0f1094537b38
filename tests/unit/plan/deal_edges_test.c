/* Schedules of graphs whose edges cost something. */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "plan/schedule.h"
#include "support/heap.h"
#include "unit/plan/random_dag.h"

TestSuite(deal_edges, .init = begin_heap, .fini = end_heap);

static struct weir__schedule *
must_schedule(const struct weir__dag *dag, unsigned workers)
{
	struct weir__schedule *s = NULL;

	cr_assert_eq(weir__schedule_new(heap, dag, workers, &s), WEIR_OK);
	cr_assert_eq(weir__schedule_check(s, dag), WEIR_OK, "%s",
		     weir_error_text());
	return s;
}

static double
must_simulate(const struct weir__schedule *s, const struct weir__dag *dag)
{
	double makespan = -1;

	cr_assert_eq(weir__schedule_simulate(s, dag, NULL, NULL, NULL,
					     &makespan), WEIR_OK);
	return makespan;
}

/* How long it takes on so many workers; *used is how many of them are. */
static double
makespan_of(const struct weir__dag *dag, unsigned workers, unsigned *used)
{
	struct weir__schedule *s = must_schedule(dag, workers);
	double makespan = must_simulate(s, dag);

	if (used)
		*used = s->workers;
	weir__schedule_free(s);
	return makespan;
}

Test(deal_edges, hold_for_random_graphs_and_are_never_slower_than_one_worker)
{
	static const uint32_t below[] = { 1, 30, 1000, 30000 };
	unsigned parallel = 0, workers, used;
	uint64_t seed;

	for (seed = 1; seed <= 40; seed++)
		for (workers = 1; workers <= 16; workers += 5) {
			struct graph *g = random_graph_with_edges(
				seed, 1 + (uint32_t)seed * 20,
				below[seed % 4]);
			double total = 0;
			uint32_t i;

			for (i = 0; i < g->dag.n; i++)
				total += (double)g->cost[i];
			cr_expect_leq(makespan_of(&g->dag, workers, &used),
				      total, "seed %d, %u workers", (int)seed,
				      workers);
			cr_expect_leq(used, workers);
			parallel += used > 1;
			free(g);
		}
	cr_expect_gt(parallel, 60, "only %u were parallel", parallel);
}

/* What the deal promised is what comes out, or better. */
Test(deal_edges, are_simulated_as_they_were_dealt)
{
	uint64_t seed;

	for (seed = 1; seed <= 20; seed++) {
		struct graph *g = random_graph_with_edges(seed, ITEMS, 1000);
		struct weir__schedule *s = must_schedule(&g->dag, 4);
		double total = 0;
		uint32_t i;

		for (i = 0; i < g->dag.n; i++)
			total += (double)g->cost[i];
		cr_expect_leq(must_simulate(s, &g->dag),
			      total / s->speedup * (1 + 1e-12));
		weir__schedule_free(s);
		free(g);
	}
}

Test(deal_edges, are_the_same_each_time)
{
	struct graph *g = random_graph_with_edges(7, 500, 1000);
	struct weir__schedule *a = must_schedule(&g->dag, 3);
	struct weir__schedule *b = must_schedule(&g->dag, 3);

	cr_assert_eq(a->n_blocks, b->n_blocks);
	cr_assert_eq(a->n_waits, b->n_waits);
	cr_expect_arr_eq(a->items, b->items, a->n_items * sizeof *a->items);
	cr_expect_arr_eq(a->waits, b->waits, a->n_waits * sizeof *a->waits);
	weir__schedule_free(a);
	weir__schedule_free(b);
	free(g);
}

/* -- by hand -------------------------------------------------------------- */

/* One item, four that need it; 10 each. */
static struct weir__dag
fan(const float *edge_cost)
{
	static const uint32_t first_pred[] = { 0, 0, 1, 2, 3, 4 };
	static const uint32_t preds[] = { 0, 0, 0, 0 };
	static const float cost[] = { 10, 10, 10, 10, 10 };

	return (struct weir__dag){ .n = 5, .first_pred = first_pred,
				   .preds = preds, .cost = cost,
				   .edge_cost = edge_cost };
}

Test(deal_edges, of_0_let_everything_spread)
{
	static const float edge_cost[4] = { 0 };
	struct weir__dag dag = fan(edge_cost);
	unsigned used;

	cr_expect_eq(makespan_of(&dag, 4, &used), 20);
	cr_expect_eq(used, 4);
	cr_expect_eq(makespan_of(&dag, 2, &used), 30);
	cr_expect_eq(makespan_of(&dag, 9, NULL), 20);
}

Test(deal_edges, that_are_dear_keep_everything_together)
{
	static const float edge_cost[] = { 1e30f, FLT_MAX, HUGE_VALF, 1e6f };
	struct weir__dag dag = fan(edge_cost);
	unsigned used;

	cr_expect_eq(makespan_of(&dag, 4, &used), 50);
	cr_expect_eq(used, 1);
}

Test(deal_edges, are_believed_where_little_is_to_be_had)
{
	static const float edge_cost[] = { 5, 5, 5, 29 };
	struct weir__dag dag = fan(edge_cost);
	unsigned used;

	/* 10, then three here and one there: 1.25 times one worker */
	cr_expect_eq(makespan_of(&dag, 2, &used), 35);
	cr_expect_eq(used, 2);
}

Test(deal_edges, that_are_not_told_are_hand_overs)
{
	static const float edge_cost[] = { 0, -1, -1, 0 };
	struct weir__dag dag = fan(edge_cost);

	cr_expect_eq(makespan_of(&dag, 4, NULL), 30);
}

/* Two pairs and what needs both of a pair. HEFT puts the first of a pair here
 * and the other there, for each could not end earlier. */
Test(deal_edges, keep_together_what_looks_as_if_it_could_be_apart)
{
	static const uint32_t first_pred[] = { 0, 0, 0, 0, 0, 2, 4 };
	static const uint32_t preds[] = { 0, 1, 2, 3 };
	static const float edge_cost[] = { 100, 100, 100, 100 };
	static const float cost[] = { 10, 10, 10, 10, 10, 10 };
	struct weir__dag dag = { .n = 6, .first_pred = first_pred,
				 .preds = preds, .cost = cost,
				 .edge_cost = edge_cost };

	cr_expect_eq(makespan_of(&dag, 2, NULL), 30);
}

/* The join of two ends before 4 can; 3 goes into the gap before it. */
Test(deal_edges, use_gaps)
{
	static const uint32_t first_pred[] = { 0, 0, 0, 2, 2 };
	static const uint32_t preds[] = { 0, 1 };
	static const float edge_cost[] = { 20, 20 };
	static const float cost[] = { 30, 30, 30, 20 };
	struct weir__dag dag = { .n = 4, .first_pred = first_pred,
				 .preds = preds, .cost = cost,
				 .edge_cost = edge_cost };

	cr_expect_eq(makespan_of(&dag, 2, NULL), 80);
}

Test(deal_edges, of_nothing_are_nothing)
{
	static const uint32_t first_pred[] = { 0 };
	static const float edge_cost[] = { 1 };
	struct weir__dag dag = { .first_pred = first_pred,
				 .preds = first_pred, .edge_cost = edge_cost };
	unsigned used;

	cr_expect_eq(makespan_of(&dag, 4, &used), 0);
	cr_expect_eq(used, 1);
	cr_expect_eq(makespan_of(&dag, 1, NULL), 0);
}
