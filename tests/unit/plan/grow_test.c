/* Dealing by supersteps, and where it is taken. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "plan/item_set.h"
#include "support/heap.h"
#include "unit/plan/random_dag.h"

TestSuite(grow, .init = begin_heap, .fini = end_heap);

/* -- sets of items ------------------------------------------------------------- */

static uint32_t
lowest_from(const bool *is_there, uint32_t n, uint32_t from)
{
	while (from < n && !is_there[from])
		from++;
	return from < n ? from : UINT32_MAX;
}

/* Sizes at which a level is full, or has one more. */
Test(grow, sets_tell_the_lowest_from_an_item_on)
{
	static const uint32_t sizes[] = { 1, 63, 64, 65, 4096, 4097, 5000 };
	static bool is_there[5000];
	struct weir__item_set set;
	uint64_t seed = 1;
	size_t k;
	int step;

	for (k = 0; k < sizeof sizes / sizeof *sizes; k++) {
		uint32_t n = sizes[k];

		memset(is_there, 0, sizeof is_there);
		cr_assert_eq(weir__item_set_init(&set, heap, n), WEIR_OK);
		for (step = 0; step < 4000; step++) {
			uint32_t item = draw(&seed, n);
			uint32_t from = draw(&seed, n + 1);

			is_there[item] = draw(&seed, 4) == 0;
			if (is_there[item])
				weir__item_set_add(&set, item);
			else
				weir__item_set_remove(&set, item);
			cr_assert_eq(weir__item_set_next(&set, from),
				     lowest_from(is_there, n, from));
		}
		weir__item_set_free(&set);
	}
}

/* -- deals --------------------------------------------------------------------- */

struct dealt {
	struct weir__succs succs;
	struct weir__deal deal;
};

enum how { LIST, GROWN, BEST };

static struct dealt
must_deal(const struct weir__dag *dag, unsigned workers, enum how how,
	  double limit)
{
	struct dealt d = { .deal.heap = heap };
	weir_status status;

	cr_assert_eq(weir__find_succs(dag, heap, &d.succs), WEIR_OK);
	status = how == GROWN ? weir__deal_grow(dag, &d.succs, workers, limit,
						&d.deal)
		 : how == LIST ? weir__deal(dag, &d.succs, workers, &d.deal)
			       : weir__deal_best(dag, &d.succs, workers,
						 &d.deal);
	cr_assert_eq(status, WEIR_OK);
	return d;
}

static void
dealt_free(struct dealt *d)
{
	weir__free(heap, d->succs.first);
	weir__free(heap, d->succs.items);
	weir__deal_free(&d->deal);
}

static double
makespan(const struct weir__dag *dag, unsigned workers, enum how how)
{
	struct dealt d = must_deal(dag, workers, how, HUGE_VAL);
	double when = d.deal.makespan;

	cr_expect_eq(d.deal.n, dag->n);
	dealt_free(&d);
	return when;
}

/* When all is over if each begins as soon as it can; each once and in order. */
static double
carry_out(const struct weir__dag *dag, unsigned workers,
	  const struct weir__deal *deal)
{
	static double end[ITEMS], free_at[16];
	double last = 0;
	uint32_t i, q;

	memset(end, 0, sizeof end);
	memset(free_at, 0, sizeof free_at);
	cr_assert_eq(deal->n, dag->n);
	for (i = 0; i < deal->n; i++) {
		uint32_t item = deal->items[i];
		unsigned home = deal->home[item];
		double start = free_at[home];

		cr_assert(home < workers && end[item] == 0);
		for (q = dag->first_pred[item]; q < dag->first_pred[item + 1];
		     q++) {
			uint32_t pred = dag->preds[q];
			double there = end[pred];

			cr_assert_gt(there, 0);
			if (deal->home[pred] != home)
				there += weir__dag_hand_over(dag) *
					 weir__distance(dag->distances, home,
							deal->home[pred]);
			start = fmax(start, there);
		}
		free_at[home] = end[item] = start + weir__dag_cost(dag, item);
		last = fmax(last, end[item]);
	}
	return last;
}

/* Three pools: far apart, and the last farther. */
static const uint16_t three_pools[] = { 0, 0, 0, 1, 1, 1, 2, 2, 2 };
static const float far[] = { 1, 2, 4, 2, 1, 3, 4, 3, 1 };
static const struct weir__distances distances = { 3, three_pools, far };

/* So nobody needs within a superstep what another makes in it. */
Test(grow, holds_what_it_promises_of_random_graphs)
{
	unsigned shared = 0, workers;
	uint64_t seed;

	for (seed = 1; seed <= 60; seed++)
		for (workers = 2; workers <= 9; workers++) {
			struct graph *g = random_graph(
				seed, 1 + (uint32_t)seed * 33,
				seed % 2 ? 64 : ITEMS, seed % 3 > 0);
			double work = weir__dag_work(&g->dag);
			struct dealt d;

			if (seed % 4 == 0) {
				g->dag.distances = &distances;
				g->dag.hand_over = 50;
			}
			d = must_deal(&g->dag, workers, GROWN, HUGE_VAL);
			cr_expect_leq(carry_out(&g->dag, workers, &d.deal),
				      d.deal.makespan * (1 + 1e-12));
			cr_expect_float_eq(d.deal.cost, work, work * 1e-12);
			cr_expect_geq(d.deal.makespan, work / workers);
			shared += d.deal.makespan < work;
			dealt_free(&d);
			free(g);
		}
	cr_expect_gt(shared, 200, "only %u", shared);
}

Test(grow, gives_up_what_cannot_be_over_in_time)
{
	struct graph *g = random_graph(5, ITEMS, 64, true);
	double when = makespan(&g->dag, 4, GROWN);
	struct dealt d = must_deal(&g->dag, 4, GROWN, when / 2);

	cr_expect_lt(d.deal.n, g->dag.n / 2);
	dealt_free(&d);
	free(g);
}

/* -- where it is taken --------------------------------------------------------- */

enum { SIDE = 44 };		/* SIDE^2 <= ITEMS */

/* A wavefront: an item comes after those above and left of it. */
static struct graph *
wavefront(float cost)
{
	struct graph *g = calloc(1, sizeof *g);
	uint32_t i, m = 0;

	cr_assert(g);
	for (i = 0; i < SIDE * SIDE; i++) {
		g->first_pred[i] = m;
		g->cost[i] = cost;
		if (i >= SIDE)
			g->preds[m++] = i - SIDE;
		if (i % SIDE)
			g->preds[m++] = i - 1;
	}
	g->first_pred[i] = m;
	g->dag = (struct weir__dag){ .n = i, .first_pred = g->first_pred,
				     .preds = g->preds, .cost = g->cost };
	return g;
}

/* From one root to many leaves. */
static struct graph *
tree(float cost)
{
	struct graph *g = calloc(1, sizeof *g);
	uint32_t i;

	cr_assert(g);
	for (i = 0; i < ITEMS; i++) {
		g->first_pred[i] = i ? i - 1 : 0;
		g->cost[i] = cost;
		if (i)
			g->preds[i - 1] = (i - 1) / 2;
	}
	g->first_pred[ITEMS] = ITEMS - 1;
	g->dag = (struct weir__dag){ .n = ITEMS, .first_pred = g->first_pred,
				     .preds = g->preds, .cost = g->cost };
	return g;
}

Test(grow, leaves_nothing_with_one_root_to_one_worker)
{
	struct graph *g = tree(50);
	double work = weir__dag_work(&g->dag);

	cr_expect_lt(makespan(&g->dag, 2, GROWN), work / 1.8);
	cr_expect_lt(makespan(&g->dag, 8, GROWN), work / 5);
	free(g);
}

Test(grow, is_taken_where_items_are_fine)
{
	struct graph *g = wavefront(10);
	double list = makespan(&g->dag, 4, LIST);

	cr_expect_lt(makespan(&g->dag, 4, BEST), 0.9 * list);
	cr_expect_eq(makespan(&g->dag, 4, BEST), makespan(&g->dag, 4, GROWN));
	free(g);
}

static bool
is_dealt_as_a_list(const struct weir__dag *dag, unsigned workers)
{
	struct dealt best = must_deal(dag, workers, BEST, HUGE_VAL);
	struct dealt list = must_deal(dag, workers, LIST, HUGE_VAL);
	bool is_same = memcmp(best.deal.home, list.deal.home,
			      dag->n * sizeof *list.deal.home) == 0;

	dealt_free(&best);
	dealt_free(&list);
	return is_same;
}

Test(grow, is_not_taken_where_it_is_not_better)
{
	struct graph *fine = wavefront(30), *coarse = wavefront(5000);

	cr_expect(!is_dealt_as_a_list(&fine->dag, 4));
	cr_expect(is_dealt_as_a_list(&coarse->dag, 4));
	with_priorities(fine, 3);
	cr_expect(is_dealt_as_a_list(&fine->dag, 4));
	free(fine);
	free(coarse);
}

/* Never later than either, by what they promise. */
Test(grow, is_no_worse_than_a_list_of_random_graphs)
{
	unsigned better = 0, workers;
	uint64_t seed;
	uint32_t i;

	for (seed = 1; seed <= 40; seed++)
		for (workers = 2; workers <= 8; workers += 3) {
			struct graph *g = random_graph(seed, ITEMS, 200, true);
			double list, best;

			for (i = 0; i < ITEMS; i++)
				g->cost[i] /= (float)(1 + seed);
			list = makespan(&g->dag, workers, LIST);
			best = makespan(&g->dag, workers, BEST);
			cr_expect_leq(best, list * 1.04);
			better += best < 0.99 * list;
			free(g);
		}
	cr_expect_gt(better, 10, "only %u", better);
}

Test(grow, says_so_without_memory)
{
	struct graph *g = wavefront(30);
	weir_status status = WEIR_ENOMEM;
	long k;

	for (k = 1; status; k++) {
		struct weir__schedule *s = NULL;

		fault_arm(&fault, k);
		status = weir__schedule_new(heap, &g->dag, 4, &s);
		fault_arm(&fault, 0);
		cr_assert(!status || status == WEIR_ENOMEM);
		weir__schedule_free(s);
	}
	cr_expect_gt(k, 15);
	free(g);
}

/* Then a superstep is over when those farthest from each other know of it. */
Test(grow, waits_longer_the_farther_pools_are)
{
	struct graph *g = wavefront(30);
	double near = makespan(&g->dag, 9, GROWN), apart;

	g->dag.distances = &distances;
	apart = makespan(&g->dag, 9, GROWN);
	cr_expect_gt(apart, near);
	g->dag.hand_over = WEIR__HAND_OVER_NS / 4;
	cr_expect_float_eq(makespan(&g->dag, 9, GROWN), near, near * 1e-12,
			   "a quarter of four times as far");
	g->dag.hand_over = 0;
	cr_expect(!is_dealt_as_a_list(&g->dag, 4), "of two pools");
	free(g);
}
