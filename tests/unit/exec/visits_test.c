/* Whom threads help that have no work of their own, and when. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/now.h"
#include "base/pause.h"
#include "exec/stream_loop.h"
#include "support/heap.h"
#include "topology/topology.h"

enum { WORKERS_MAX = 16 };

static struct weir__topology *
load(const char *machine, const char *distances)
{
	struct weir__topology *t;

	cr_assert_eq(weir__topology_create(
			     heap, &(struct weir__topology_options){
				     .synthetic = machine,
				     .pools = WEIR_POOLS_L3,
				     .distances = distances }, &t),
		     WEIR_OK, "%s", weir_error_text());
	return t;
}

TestSuite(visits, .init = begin_heap, .fini = end_heap);

/* -- the order ------------------------------------------------------------ */

static const struct order {
	const char *machine, *distances;
	unsigned workers, me;
	unsigned order[WORKERS_MAX];
} orders[] = {
	/* one pool */
	{ "core:4 pu:1", NULL, 4, 0, { 0, 1, 2, 3 } },
	{ "core:4 pu:1", NULL, 4, 2, { 2, 3, 0, 1 } },
	{ "numa:2 core:4 pu:1", NULL, 4, 3, { 3, 0, 1, 2 } },
	/* the own node, and then others, from somewhere on */
	{ "numa:2 core:3 pu:1", NULL, 6, 1, { 1, 2, 0, 4, 5, 3 } },
	{ "numa:2 core:3 pu:1", NULL, 6, 5, { 5, 3, 4, 2, 0, 1 } },
	/* the own cache, the own node, others */
	{ "numa:2 l3:2 core:2 pu:1", NULL, 8, 0, { 0, 1, 2, 3, 4, 5, 6, 7 } },
	{ "numa:2 l3:2 core:2 pu:1", NULL, 8, 3, { 3, 2, 1, 0, 5, 4, 7, 6 } },
	{ "numa:2 l3:2 core:2 pu:1", NULL, 8, 4, { 4, 5, 6, 7, 0, 1, 2, 3 } },
	/* those who are left out of a plan are left out */
	{ "numa:2 l3:2 core:2 pu:1", NULL, 5, 3, { 3, 2, 1, 0, 4 } },
	{ "numa:2 l3:2 core:2 pu:1", NULL, 5, 4, { 4, 0, 1, 2, 3 } },
	/* by figures */
	{ "numa:4 core:1 pu:1", "10 40 30 20; 40 10 20 30; 30 20 10 40; "
	  "20 30 40 10", 4, 0, { 0, 3, 2, 1 } },
	{ "numa:4 core:1 pu:1", "10 40 30 20; 40 10 20 30; 30 20 10 40; "
	  "20 30 40 10", 4, 2, { 2, 1, 0, 3 } },
};
enum { ORDERS = sizeof orders / sizeof *orders };

ParameterizedTestParameters(visits, are_made_to_the_nearest_first)
{
	static size_t index[ORDERS];
	size_t i;

	for (i = 0; i < ORDERS; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, ORDERS);
}

ParameterizedTest(size_t *index, visits, are_made_to_the_nearest_first)
{
	const struct order *c = &orders[*index];
	struct weir__topology *t = load(c->machine, c->distances);
	struct weir__visits *v;
	unsigned patience = 0, n = 0, i, w;
	size_t k;

	cr_assert_eq(weir__visits_new(heap, weir__topology_distances(t),
				      c->workers, &v), WEIR_OK);
	for (k = 0; k < weir__visits_pools(v); k++) {
		struct weir__visit visit = weir__visit(v, c->workers, c->me,
						       k);

		w = visit.start;
		for (i = 0; i < visit.n; i++, n++) {
			cr_assert_lt(n, c->workers, "%s", c->machine);
			cr_expect_eq(w, c->order[n], "%s, of %u: %u at %u",
				     c->machine, c->me, w, n);
			w = weir__visit_next(&visit, w);
		}
		if (k == 0)
			cr_expect_eq(visit.patience, 0);
		cr_expect_geq(visit.patience, patience, "it grows");
		patience = visit.patience;
	}
	cr_expect_eq(n, c->workers, "%s: %u", c->machine, n);
	weir__free(heap, v);
	weir__topology_release(t);
}

Test(visits, need_no_more_than_one_pool_where_nobody_is_elsewhere)
{
	struct weir__topology *t = load("numa:2 core:4 pu:1", NULL);
	struct weir__visits some, *v = &some;

	cr_assert_eq(weir__visits_new(heap, weir__topology_distances(t), 4,
				      &v), WEIR_OK);
	cr_expect_null(v);
	v = &some;
	cr_assert_eq(weir__visits_new(heap, NULL, 8, &v), WEIR_OK);
	cr_expect_null(v);
	weir__topology_release(t);
}

/* -- what a thread does --------------------------------------------------- */

enum { STREAMS = 4, EACH = 2, BLOCKS = STREAMS * EACH };

/* Streams that wait for nothing, and what was run of them: in which order, and
 * when. */
struct record {
	struct weir__stream_loop loop;
	unsigned n, block[BLOCKS];
	double at[BLOCKS];		/* ns */
};

static void
note_block(struct weir__stream_loop *loop, uint32_t block, uint64_t run,
	   unsigned worker)
{
	struct record *r = (struct record *)loop;

	(void)run;
	(void)worker;
	cr_assert_lt(r->n, BLOCKS);
	r->block[r->n] = block;
	r->at[r->n++] = weir__now_ns();
}

/* What one thread does, alone, of a run of four streams in two pools, if it
 * takes the team to be so large. */
static void
work_alone(struct record *r, unsigned me, unsigned team, bool is_crowded)
{
	uint32_t first_block[STREAMS + 1], first_wait[BLOCKS + 1] = { 0 }, i;
	struct weir__schedule streams = { .heap = heap, .workers = STREAMS,
					  .n_blocks = BLOCKS,
					  .first_block = first_block,
					  .first_wait = first_wait };
	/* so far that nobody would wait longer before it sleeps */
	struct weir__topology *t = load("numa:2 core:2 pu:1", "1 4; 4 1");

	for (i = 0; i <= STREAMS; i++)
		first_block[i] = i * EACH;
	memset(r, 0, sizeof *r);
	cr_assert_eq(weir__stream_loop_init(&r->loop, heap, &streams, NULL,
					    weir__topology_distances(t),
					    is_crowded ? 1 : STREAMS,
					    note_block), WEIR_OK);
	weir__stream_work(&r->loop, me, team, 0, 1);
	cr_expect_eq(r->n, BLOCKS);
	weir__stream_loop_free(&r->loop, heap);
	weir__topology_release(t);
}

/* A round takes two nanoseconds at least, wherever that is. */
static const double LONG_NS = 2.0 * WEIR__LONG_PAUSES;

/* The least that passed from one block to the next in some trials: what the
 * system does in between does not count. */
static double
least_before(unsigned i, bool is_crowded)
{
	double least = HUGE_VAL;
	struct record r;
	int trial;

	for (trial = 0; trial < 20; trial++) {
		work_alone(&r, 1, 3, is_crowded);
		least = fmin(least, r.at[i] - r.at[i - 1]);
	}
	return least;
}

/* Of three others one has no thread and is helped at once, however far. */
Test(visits, to_another_pool_are_made_after_some_time)
{
	static const unsigned order[BLOCKS] = { 2, 3, 0, 1, 6, 7, 4, 5 };
	const double waited = least_before(6, false);
	struct record r;
	unsigned i;

	work_alone(&r, 1, 3, false);
	for (i = 0; i < BLOCKS; i++)
		cr_expect_eq(r.block[i], order[i], "%u: block %u", i,
			     r.block[i]);
	cr_expect_geq(waited, LONG_NS, "%g ns", waited);
	for (i = 1; i < BLOCKS; i++) {
		double least = least_before(i, false);

		/* A checker of races takes its time, too. */
		cr_expect(i == 6 || least < waited / 2,
			  "%u: %g ns, %g for what is far", i, least, waited);
	}
}

/* Whom they might wait for may have no processor. */
Test(visits, are_made_at_once_by_threads_that_have_few_processors)
{
	double least = least_before(6, true);

	cr_expect_lt(least, least_before(6, false) / 2, "%g ns", least);
}

/* Where a team is as small as can be nobody waits for anything. */
Test(visits, are_made_at_once_where_nobody_else_is_there)
{
	static const unsigned order[BLOCKS] = { 0, 1, 2, 3, 4, 5, 6, 7 };
	struct record r;
	unsigned i;

	work_alone(&r, 0, 1, false);
	for (i = 0; i < BLOCKS; i++)
		cr_expect_eq(r.block[i], order[i], "%u: block %u", i,
			     r.block[i]);
}
