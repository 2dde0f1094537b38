/* Schedules for workers of several pools. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

#include "support/heap.h"
#include "unit/plan/random_dag.h"

enum { GROUPS = 2, COLUMNS = 2, ROWS = 40, WORKERS = 8 };

TestSuite(pools, .init = begin_heap, .fini = end_heap);

/* Between two pools, three at most. */
static const float twice[] = { 1, 2, 2, 2, 1, 2, 2, 2, 1 };

static struct weir__distances
twice_as_far(const uint16_t *pool)
{
	return (struct weir__distances){ 3, pool, twice };
}

static unsigned
worker_of(const struct weir__schedule *s, uint32_t item)
{
	unsigned w;
	uint32_t i;

	for (w = 0; w < s->workers; w++)
		for (i = s->first_item[s->first_block[w]];
		     i < s->first_item[s->first_block[w + 1]]; i++)
			if (s->items[i] == item)
				return w;
	cr_assert_fail("item %u is nowhere", item);
	return 0;
}

/* Groups of columns: an item needs all of its group in the row before. */
static struct graph *
groups(float edge_cost)
{
	struct graph *g = calloc(1, sizeof *g);
	uint32_t i, k, m = 0;

	cr_assert(g);
	for (i = 0; i < GROUPS * COLUMNS * ROWS; i++) {
		uint32_t group = i / COLUMNS % GROUPS;
		uint32_t row = i / (COLUMNS * GROUPS);

		g->first_pred[i] = m;
		g->cost[i] = 1000;
		for (k = 0; row && k < COLUMNS; k++) {
			g->preds[m] = (row - 1) * COLUMNS * GROUPS +
				      group * COLUMNS + k;
			g->edge_cost[m++] = edge_cost;
		}
	}
	g->first_pred[i] = m;
	g->dag = (struct weir__dag){ .n = i, .first_pred = g->first_pred,
				     .preds = g->preds, .cost = g->cost };
	return g;
}

ParameterizedTestParameters(pools, what_is_handed_over_often_stays_in_a_pool)
{
	static const int rows[] = { 0, 1 };	/* edges tell what they cost */

	return cr_make_param_array(int, (void *)rows, 2);
}

ParameterizedTest(int *tells, pools,
		  what_is_handed_over_often_stays_in_a_pool)
{
	static const uint16_t pool[] = { 0, 0, 1, 1 };
	const struct weir__distances distances = twice_as_far(pool);
	struct graph *g = groups(300);
	struct weir__schedule *s;
	unsigned crossing = 0;
	uint32_t i;

	g->dag.distances = &distances;
	if (*tells)
		g->dag.edge_cost = g->edge_cost;
	cr_assert_eq(weir__schedule_new(heap, &g->dag, 4, &s), WEIR_OK);
	cr_assert_eq(s->workers, 4);
	for (i = COLUMNS * GROUPS; i < g->dag.n; i++)
		crossing += pool[worker_of(s, i)] !=
			    pool[worker_of(s, i - COLUMNS * GROUPS)];
	cr_expect_leq(crossing, 2, "%u", crossing);
	weir__schedule_free(s);
	free(g);
}

/* 0, then 1, which is dear to move, and beside it 2. */
Test(pools, an_item_goes_to_the_nearest_that_is_free)
{
	static const uint16_t pool[] = { 0, 1, 0 };
	const struct weir__distances distances = twice_as_far(pool);
	uint32_t first_pred[] = { 0, 0, 1, 2 }, preds[] = { 0, 0 };
	const float cost[] = { 100, 1000, 500 }, edge_cost[] = { 5000, 100 };
	struct weir__dag dag = { .n = 3, .first_pred = first_pred,
				 .preds = preds, .cost = cost,
				 .edge_cost = edge_cost };
	struct weir__schedule *s;

	cr_assert_eq(weir__schedule_new(heap, &dag, 3, &s), WEIR_OK);
	cr_expect_eq(worker_of(s, 2), 1);
	weir__schedule_free(s);
	dag.distances = &distances;
	cr_assert_eq(weir__schedule_new(heap, &dag, 3, &s), WEIR_OK);
	cr_expect_eq(s->workers, 3);
	cr_expect_eq(worker_of(s, 2), 2);
	weir__schedule_free(s);
}

/* One item, and one after it on another worker. */
static double
handed_over(const struct weir__distances *distances)
{
	uint32_t first_pred[] = { 0, 0, 1 }, preds[] = { 0 };
	uint32_t items[] = { 0, 1 }, first_block[] = { 0, 1, 2 };
	uint32_t first_item[] = { 0, 1, 2 }, first_wait[] = { 0, 0, 1 };
	struct weir__wait waits[] = { { 0, 1 } };
	const float cost[] = { 100, 100 }, edge_cost[] = { 30 };
	struct weir__dag dag = { .n = 2, .first_pred = first_pred,
				 .preds = preds, .cost = cost,
				 .edge_cost = edge_cost,
				 .distances = distances };
	struct weir__schedule s = {
		.heap = heap, .workers = 2, .n_items = 2, .n_blocks = 2,
		.n_waits = 1, .items = items, .first_block = first_block,
		.first_item = first_item, .first_wait = first_wait,
		.waits = waits,
	};
	double makespan;

	cr_assert_eq(weir__schedule_simulate(&s, &dag, NULL, NULL, NULL,
					     &makespan), WEIR_OK);
	return makespan;
}

Test(pools, are_as_far_in_a_simulation_as_is_said)
{
	static const uint16_t one[] = { 0, 0 }, two[] = { 0, 1 };
	static const float thrice[] = { 1, 3, 3, 1 };
	struct weir__distances distances = twice_as_far(one);

	cr_expect_eq(handed_over(NULL), 230);
	cr_expect_eq(handed_over(&distances), 230);
	distances = twice_as_far(two);
	cr_expect_eq(handed_over(&distances), 260);
	distances = (struct weir__distances){ 2, two, thrice };
	cr_expect_eq(handed_over(&distances), 290);
}

/* 0, then 1 after it on the same worker, and 2 elsewhere: in the pool that is
 * nearer, whatever its number. */
Test(pools, an_item_goes_to_the_nearer_pool)
{
	static const uint16_t pool[] = { 0, 1, 2 };
	static const float near_1[] = { 1, 1.5, 3, 1.5, 1, 3, 3, 3, 1 };
	static const float near_2[] = { 1, 3, 1.5, 3, 1, 3, 1.5, 3, 1 };
	uint32_t first_pred[] = { 0, 0, 1, 2 }, preds[] = { 0, 0 };
	const float cost[] = { 100, 9000, 5000 }, edge_cost[] = { 900, 900 };
	struct weir__distances distances = { 3, pool, near_1 };
	struct weir__dag dag = { .n = 3, .first_pred = first_pred,
				 .preds = preds, .cost = cost,
				 .edge_cost = edge_cost,
				 .distances = &distances };
	struct weir__schedule *s;

	cr_assert_eq(weir__schedule_new(heap, &dag, 3, &s), WEIR_OK);
	cr_expect_eq(worker_of(s, 1), 0);
	cr_expect_eq(worker_of(s, 2), 1);
	weir__schedule_free(s);
	distances.times = near_2;
	cr_assert_eq(weir__schedule_new(heap, &dag, 3, &s), WEIR_OK);
	cr_expect_eq(worker_of(s, 1), 0);
	cr_expect_eq(worker_of(s, 2), 2);
	weir__schedule_free(s);
}

/* Workers keep their numbers, even if one of them has nothing to do. */
Test(pools, random_graphs_are_scheduled_soundly_for_any_pools)
{
	static const uint16_t pools[][WORKERS] = {
		{ 0, 1, 2, 3, 4, 5, 6, 7 },
		{ 0, 0, 0, 0, 1, 1, 1, 1 },
		{ 0, 1, 1, 1, 1, 1, 1, 2 },
	};
	float times[WORKERS * WORKERS];
	struct weir__distances distances = { WORKERS, NULL, times };
	struct weir__schedule *s;
	uint64_t seed;
	size_t k;
	unsigned w, v;

	for (v = 0; v < WORKERS; v++)
		for (w = 0; w < WORKERS; w++)
			times[v * WORKERS + w] =
				v == w ? 1 : 1 + (float)(v + w) / 4;
	for (seed = 1; seed <= 60; seed++)
		for (k = 0; k < 3; k++) {
			uint32_t n = seed % 2 ? 300 : 4;
			struct graph *g = seed % 3
				? random_graph(seed, n, 40, true)
				: random_graph_with_edges(seed, n, 500);

			distances.pool = pools[k];
			g->dag.distances = &distances;
			w = 1 + (unsigned)(seed % WORKERS);
			cr_assert_eq(weir__schedule_new(heap, &g->dag, w, &s),
				     WEIR_OK);
			cr_expect_leq(s->workers, w);
			cr_expect_eq(weir__schedule_check(s, &g->dag), WEIR_OK,
				     "seed %d: %s", (int)seed,
				     weir_error_text());
			weir__schedule_free(s);
			free(g);
		}
}
