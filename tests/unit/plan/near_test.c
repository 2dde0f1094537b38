/* Schedules of items that work on memory of which it is known where it is. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

#include "plan/near.h"
#include "support/heap.h"
#include "unit/plan/random_dag.h"

enum { WORKERS = 4, POOLS = 2, CHAINS = 8, LENGTH = 25 };

TestSuite(near, .init = begin_heap, .fini = end_heap);

static const uint16_t pool_of[] = { 0, 0, 1, 1 };
static const float twice[] = { 1, 2, 2, 1 };
static const struct weir__distances distances = { POOLS, pool_of, twice };

static void
find_workers(const struct weir__schedule *s, unsigned *worker_of)
{
	unsigned w;
	uint32_t i;

	for (w = 0; w < s->workers; w++)
		for (i = s->first_item[s->first_block[w]];
		     i < s->first_item[s->first_block[w + 1]]; i++)
			worker_of[s->items[i]] = w;
}

Test(near, is_where_an_item_takes_least)
{
	const float rows[][3] = { { 1, 0, 2 }, { 3, 3, 3 }, { 0, 5, 0 },
				  { 4, 4, 1 } };

	cr_expect_eq(weir__near_of_row(rows[0], 3), 1);
	cr_expect_eq(weir__near_of_row(rows[1], 3), WEIR__NO_POOL);
	cr_expect_eq(weir__near_of_row(rows[2], 3), 0);
	cr_expect_eq(weir__near_of_row(rows[3], 3), 2);
	cr_expect_eq(weir__near_of_row(rows[0], 1), WEIR__NO_POOL);
}

/* What an item of a row of chains takes in the pool that it is not near: chains
 * are near one or the other in turn. */
static void
put_chains(float *far, float cost)
{
	uint32_t i;

	for (i = 0; i < CHAINS * LENGTH; i++)
		far[i * POOLS + (i + 1) % POOLS] = cost;
}

/* Item i comes after item i - CHAINS. */
static struct graph *
chains(float cost)
{
	struct graph *g = calloc(1, sizeof *g);
	uint32_t i, m = 0;

	cr_assert(g);
	for (i = 0; i < CHAINS * LENGTH; i++) {
		g->first_pred[i] = m;
		g->cost[i] = cost;
		g->edge_cost[m] = 500;
		if (i >= CHAINS)
			g->preds[m++] = i - CHAINS;
	}
	g->first_pred[i] = m;
	g->dag = (struct weir__dag){ .n = i, .first_pred = g->first_pred,
				     .preds = g->preds, .cost = g->cost,
				     .distances = &distances };
	return g;
}

ParameterizedTestParameters(near, each_chain_is_done_where_it_is_near)
{
	static const int rows[] = { 0, 1, 2, 3 };

	return cr_make_param_array(int, (void *)rows, 4);
}

/* Rows: edges tell what they cost or not; items have priorities or not. */
ParameterizedTest(int *row, near, each_chain_is_done_where_it_is_near)
{
	static float far[CHAINS * LENGTH * POOLS];
	unsigned worker_of[CHAINS * LENGTH];
	struct graph *g = chains(1000);
	struct weir__schedule *s;
	uint32_t i;

	put_chains(far, 3000);
	g->dag.far = far;
	if (*row & 1)
		g->dag.edge_cost = g->edge_cost;
	if (*row & 2)
		g->dag.priority = g->priority;
	cr_assert_eq(weir__schedule_new(heap, &g->dag, WORKERS, &s), WEIR_OK);
	cr_assert_eq(s->workers, WORKERS);
	cr_assert_eq(weir__schedule_check(s, &g->dag), WEIR_OK);
	find_workers(s, worker_of);
	for (i = 0; i < g->dag.n; i++)
		cr_expect_eq(pool_of[worker_of[i]], i % POOLS, "item %u", i);
	weir__schedule_free(s);
	free(g);
}

/* All is near one pool, but it would take the other much longer to wait than to
 * fetch what it works on. */
Test(near, is_left_where_others_have_nothing_to_do)
{
	static float far[CHAINS * LENGTH * POOLS];
	unsigned worker_of[CHAINS * LENGTH], there = 0;
	struct graph *g = chains(1000);
	struct weir__schedule *s;
	double makespan;
	uint32_t i;

	for (i = 0; i < g->dag.n; i++)
		far[i * POOLS] = 100;
	g->dag.far = far;
	cr_assert_eq(weir__schedule_new(heap, &g->dag, WORKERS, &s), WEIR_OK);
	find_workers(s, worker_of);
	for (i = 0; i < g->dag.n; i++)
		there += pool_of[worker_of[i]] == 1;
	cr_expect_gt(there, g->dag.n / 3);
	cr_expect_lt(there, g->dag.n * 2 / 3);
	cr_assert_eq(weir__schedule_simulate(s, &g->dag, NULL, NULL, NULL,
					     &makespan), WEIR_OK);
	cr_expect_lt(makespan, 0.75 * 1000 * g->dag.n / 2, "%g", makespan);
	weir__schedule_free(s);
	free(g);
}

/* Half of the items are near the second pool, and the others do not mind: so
 * they leave that to those. */
ParameterizedTestParameters(near, what_is_near_comes_first)
{
	static const int rows[] = { 0, 1 };

	return cr_make_param_array(int, (void *)rows, 2);
}

ParameterizedTest(int *told, near, what_is_near_comes_first)
{
	static const float no_edge;
	static float far[CHAINS * POOLS * 2];
	unsigned worker_of[CHAINS * 2];
	struct graph *g = chains(1000);
	struct weir__schedule *s;
	uint32_t i;

	g->dag.n = CHAINS * 2;
	for (i = 0; i < g->dag.n; i++)
		if (i % 2)
			far[i * POOLS] = 100;
	for (i = 0; i <= g->dag.n; i++)
		g->first_pred[i] = 0;
	g->dag.far = far;
	g->dag.edge_cost = *told ? &no_edge : NULL;
	cr_assert_eq(weir__schedule_new(heap, &g->dag, WORKERS, &s), WEIR_OK);
	cr_expect_float_eq(s->speedup, WORKERS, 1e-9, "%g", s->speedup);
	find_workers(s, worker_of);
	for (i = 0; i < g->dag.n; i++)
		cr_expect_eq(pool_of[worker_of[i]], i % 2, "item %u", i);
	weir__schedule_free(s);
	free(g);
}

/* What it takes elsewhere is more than it takes to have one pool do all. */
Test(near, is_kept_where_it_takes_too_long_elsewhere)
{
	static float far[CHAINS * LENGTH * POOLS];
	unsigned worker_of[CHAINS * LENGTH];
	struct graph *g = chains(1000);
	struct weir__schedule *s;
	uint32_t i;

	for (i = 0; i < g->dag.n; i++)
		far[i * POOLS] = 100000;
	g->dag.far = far;
	cr_assert_eq(weir__schedule_new(heap, &g->dag, WORKERS, &s), WEIR_OK);
	find_workers(s, worker_of);
	for (i = 0; i < g->dag.n; i++)
		cr_expect_eq(pool_of[worker_of[i]], 1, "item %u", i);
	weir__schedule_free(s);
	free(g);
}

/* The same schedule as if nothing were known. */
Test(near, does_not_matter_where_all_are_alike)
{
	static float far[ITEMS * POOLS];
	struct weir__schedule *s, *t;
	uint64_t seed;
	uint32_t i;

	for (i = 0; i < ITEMS * POOLS; i++)
		far[i] = 0;
	for (seed = 1; seed <= 20; seed++) {
		struct graph *g = seed % 2
			? random_graph(seed, 400, 40, true)
			: random_graph_with_edges(seed, 200, 500);

		for (i = 0; i < g->dag.n; i++)
			g->cost[i] += 1000;	/* no supersteps */
		g->dag.distances = &distances;
		cr_assert_eq(weir__schedule_new(heap, &g->dag, WORKERS, &s),
			     WEIR_OK);
		g->dag.far = far;
		cr_assert_eq(weir__schedule_new(heap, &g->dag, WORKERS, &t),
			     WEIR_OK);
		cr_expect_eq(s->workers, t->workers);
		cr_assert_eq(s->n_blocks, t->n_blocks, "seed %d", (int)seed);
		cr_expect_eq(memcmp(s->items, t->items,
				    g->dag.n * sizeof *s->items), 0);
		weir__schedule_free(s);
		weir__schedule_free(t);
		free(g);
	}
}

Test(near, random_graphs_are_scheduled_soundly)
{
	static float far[ITEMS * POOLS];
	struct weir__schedule *s;
	uint64_t seed, state;
	uint32_t i;

	for (seed = 1; seed <= 60; seed++) {
		uint32_t n = seed % 2 ? 300 : 5;
		struct graph *g = seed % 3
			? random_graph(seed, n, 40, seed % 4)
			: random_graph_with_edges(seed, n, 500);

		state = seed;
		for (i = 0; i < n * POOLS; i++)
			far[i] = draw(&state, 3) ? (float)draw(&state, 2000)
						 : 0;
		g->dag.distances = &distances;
		g->dag.far = far;
		if (seed % 5 == 0)
			with_priorities(g, seed);
		cr_assert_eq(weir__schedule_new(heap, &g->dag,
						1 + (unsigned)seed % WORKERS,
						&s), WEIR_OK);
		cr_expect_eq(weir__schedule_check(s, &g->dag), WEIR_OK,
			     "seed %d: %s", (int)seed, weir_error_text());
		weir__schedule_free(s);
		free(g);
	}
}

/* Four shares, and what each takes longer in the first pool and the second. */
static void
expect_match(const double *far, const uint16_t *wanted)
{
	const struct weir__dag dag = { .distances = &distances };
	struct weir__near near = { .heap = NULL };
	uint16_t worker_of[WORKERS];
	unsigned w;

	cr_assert_eq(weir__near_init(&near, heap, &dag, WORKERS), WEIR_OK);
	cr_assert_eq(weir__near_match(&near, far, WORKERS, worker_of),
		     WEIR_OK);
	for (w = 0; w < WORKERS; w++)
		cr_expect_eq(worker_of[w], wanted[w], "share %u: worker %u", w,
			     (unsigned)worker_of[w]);
	weir__near_free(&near);
}

Test(near, shares_go_where_most_is_at_stake)
{
	expect_match((double[]){ 0, 0, 0, 0, 0, 0, 0, 0 },
		     (uint16_t[]){ 0, 1, 2, 3 });
	expect_match((double[]){ 0, 5, 0, 5, 5, 0, 5, 0 },
		     (uint16_t[]){ 0, 1, 2, 3 });
	expect_match((double[]){ 5, 0, 5, 0, 0, 5, 0, 5 },
		     (uint16_t[]){ 2, 3, 0, 1 });
	expect_match((double[]){ 5, 0, 0, 0, 0, 0, 0, 0 },
		     (uint16_t[]){ 3, 1, 2, 0 });
	/* All want the second, and two get it. */
	expect_match((double[]){ 1, 0, 4, 0, 2, 0, 3, 0 },
		     (uint16_t[]){ 0, 2, 1, 3 });
}

Test(near, survives_failing_allocations)
{
	static float far[CHAINS * LENGTH * POOLS];
	struct graph *g = chains(1000);
	struct weir__schedule *s = NULL;
	weir_status status;
	long k;
	int told;

	put_chains(far, 3000);
	g->dag.far = far;
	for (told = 0; told < 2; told++) {
		g->dag.edge_cost = told ? g->edge_cost : NULL;
		for (status = WEIR_ENOMEM, k = 1; status; k++) {
			fault_arm(&fault, k);
			status = weir__schedule_new(heap, &g->dag, WORKERS,
						    &s);
			cr_assert(!status || status == WEIR_ENOMEM);
		}
		fault_arm(&fault, 0);
		cr_expect_gt(k, 10);
		weir__schedule_free(s);
	}
	free(g);
}
