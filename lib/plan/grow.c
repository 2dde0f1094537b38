/*
 * Which worker runs an item, and in which order: supersteps that are grown.
 *
 * Within a superstep nobody needs what another makes in it, so workers wait
 * for each other only from one to the next. The first worker takes some items,
 * the others as much work each. All prefer what nobody else can take, since it
 * needs what they have made in the superstep; else they take the first in the
 * order of the graph, where neighbours are. That is tried with more and more
 * items. What counts is the work of all by the time that it takes, a hand-over
 * included: the superstep with most of that is kept.
 *
 * After GrowLocal (Boehnlein, Papp, Steiner, Matzoros, Yzelman: Efficient
 * Parallel Scheduling for Sparse Triangular Solvers, arXiv 2503.05408). Two
 * things were added, for graphs that are not those of solvers: who is alone
 * stops when there is enough for all, so that what has one root does not stay
 * on one worker; and a superstep in which some run out of items is tried once
 * more with fewer for the first.
 */
#include <math.h>
#include <string.h>

#include "plan/item_set.h"
#include "plan/schedule.h"

enum { NONE = 0xffffffffu };

enum { FIRST_TRY = 8 };			/* items of the first worker */
static const double MORE = 1.5;		/* and in the next try */
static const double ENOUGH = 0.97;	/* of the best score, to go on */
static const double UNEVEN = 0.99;	/* of the work that fits in */
enum { SHARE = 4 };			/* items for each make it worth it */
enum { ALONE = 1024 };			/* are enough for one superstep */
/* So much of all work tells how it goes on; more than so many times the time
 * that there is for it is too late. */
static const double TOLD = 0.25, LATE = 1.25;

struct attempt {
	uint32_t n;		/* items */
	uint32_t left;		/* that only the first worker could take */
	double work, longest;	/* of all; of the worker with most */
	unsigned used;		/* workers that have got something */
	double score;
};

struct item {			/* together: a try looks at all of it */
	uint32_t missing;	/* predecessors that are to come; NONE: it has
				   been dealt */
	uint32_t touched;	/* the last try that has done a predecessor, */
	uint16_t toucher;	/* by this worker; `workers`: by several */
};

struct growth {
	const struct weir__dag *dag;
	const struct weir__succs *succs;
	struct weir__deal *deal;
	unsigned workers;
	double hand_over;	/* until all have waited for all */
	struct weir__item_set ready;	/* before the superstep */
	struct item *of;	/* per item below `known` */
	uint32_t known;
	uint32_t *own;		/* a queue: what only the worker can take */
	uint32_t own_first, own_end;
	uint32_t tries;
	uint32_t cursor;	/* into ready: what comes before is taken */
	uint32_t *items;	/* of the try, worker after worker */
	uint16_t *home;		/* beside items */
	struct attempt now;
	uint32_t parts;		/* of the deal: a worker's of a superstep each;
				   `touched` of what has been dealt is its */
};

/* -- one try -------------------------------------------------------------- */

/* What has not been come to has not cost anything if all is given up. */
static void
get_to_know(struct growth *g, uint32_t item)
{
	const uint32_t *first = g->dag->first_pred;

	for (; g->known <= item; g->known++)
		g->of[g->known] = (struct item){
			.missing = first[g->known + 1] - first[g->known],
		};
}

static void
take(struct growth *g, uint32_t item, unsigned worker)
{
	uint32_t q, end = g->succs->first[item + 1];

	g->items[g->now.n] = item;
	g->home[g->now.n++] = (uint16_t)worker;
	for (q = g->succs->first[item]; q < end; q++) {
		struct item *succ = &g->of[g->succs->items[q]];

		if (g->succs->items[q] >= g->known)
			get_to_know(g, g->succs->items[q]);
		if (succ->touched != g->tries) {
			succ->touched = g->tries;
			succ->toucher = (uint16_t)worker;
		} else if (succ->toucher != worker) {
			succ->toucher = (uint16_t)g->workers;
		}
		if (!--succ->missing && succ->toucher == worker)
			g->own[g->own_end++] = g->succs->items[q];
	}
}

static uint32_t
next_item(struct growth *g)
{
	uint32_t item;

	if (g->own_first < g->own_end)
		return g->own[g->own_first++];
	item = weir__item_set_next(&g->ready, g->cursor);
	if (item != NONE)
		g->cursor = item + 1;
	return item;
}

/* At most so many items, until they take so long. */
static void
fill_worker(struct growth *g, unsigned worker, uint32_t items, double time)
{
	struct attempt *now = &g->now;
	uint32_t end = items < NONE - now->n ? now->n + items : NONE;
	double work = 0;

	g->own_first = g->own_end = 0;
	while (now->n < end && work < time) {
		uint32_t item = next_item(g);

		if (item == NONE)
			break;
		take(g, item, worker);
		work += weir__dag_cost(g->dag, item);
	}
	now->work += work;
	now->used += work > 0;
	if (now->longest < work)
		now->longest = work;
}

static void
try(struct growth *g, uint32_t items)
{
	struct attempt *now = &g->now;
	unsigned w;

	*now = (struct attempt){ 0 };
	g->tries++;
	g->cursor = 0;
	fill_worker(g, 0, items, HUGE_VAL);
	now->left = g->own_end - g->own_first;
	for (w = 1; w < g->workers && now->used == w; w++)
		fill_worker(g, w, NONE, now->longest);
	now->score = now->work / (now->longest + g->hand_over);
}

static void
take_back(struct growth *g)
{
	uint32_t i, q;

	for (i = 0; i < g->now.n; i++)
		for (q = g->succs->first[g->items[i]];
		     q < g->succs->first[g->items[i] + 1]; q++)
			g->of[g->succs->items[q]].missing++;
}

/* -- a superstep ---------------------------------------------------------- */

/* Larger ones cannot be better: all there is has been taken, or who is alone
 * has found enough for all, or looked for long. */
static bool
is_grown(const struct growth *g, const struct attempt *before)
{
	const struct attempt *now = &g->now;

	return now->n == before->n || now->n == g->dag->n - g->deal->n ||
	       (now->used < g->workers &&
		now->left / SHARE >= g->workers) ||
	       (now->used == 1 && now->n >= ALONE);
}

/* The best try; it is the last one made. */
static void
grow(struct growth *g)
{
	struct attempt best = { 0 }, before = { 0 };
	double items = FIRST_TRY, best_items = items;

	for (;; items *= MORE) {
		try(g, (uint32_t)items);
		if (g->now.score > best.score) {
			best = g->now;
			best_items = items;
		}
		if (g->now.score < ENOUGH * best.score ||
		    is_grown(g, &before))
			break;
		before = g->now;
		take_back(g);
	}
	if (best_items < items) {
		take_back(g);
		try(g, (uint32_t)best_items);
	}
	best = g->now;
	items = best_items * best.work / (best.longest * g->workers);
	if (best.used < g->workers || items > UNEVEN * best_items)
		return;
	take_back(g);
	try(g, (uint32_t)items + 1);
	if (g->now.score < best.score) {
		take_back(g);
		try(g, (uint32_t)best_items);
	}
}

static void
settle(struct growth *g)
{
	struct weir__deal *deal = g->deal;
	uint32_t i, q;

	for (i = 0; i < g->now.n; i++) {
		uint32_t item = g->items[i];

		weir__item_set_remove(&g->ready, item);
		if (item >= g->known)
			get_to_know(g, item);
		g->of[item].missing = NONE;
		g->parts += i == 0 || g->home[i] != g->home[i - 1];
		g->of[item].touched = g->parts - 1;
		deal->items[deal->n++] = item;
		deal->home[item] = g->home[i];
	}
	for (i = 0; i < g->now.n; i++)
		for (q = g->succs->first[g->items[i]];
		     q < g->succs->first[g->items[i] + 1]; q++)
			if (!g->of[g->succs->items[q]].missing)
				weir__item_set_add(&g->ready,
						   g->succs->items[q]);
	deal->cost += g->now.work;
	deal->makespan += g->now.longest + g->hand_over;
}

/* -- all of it ------------------------------------------------------------ */

static weir_status
prepare(struct growth *g)
{
	const struct weir__dag *dag = g->dag;
	struct weir__heap *heap = g->deal->heap;
	size_t n = (size_t)dag->n + 1;
	uint32_t i;

	g->of = weir__alloc(heap, n * sizeof *g->of);
	g->own = weir__alloc(heap, n * sizeof *g->own);
	g->items = weir__alloc(heap, n * sizeof *g->items);
	g->home = weir__alloc(heap, n * sizeof *g->home);
	g->deal->items = weir__alloc(heap, n * sizeof *g->deal->items);
	g->deal->home = weir__calloc(heap, n, sizeof *g->deal->home);
	if (!g->of || !g->own || !g->items || !g->home || !g->deal->items ||
	    !g->deal->home || weir__item_set_init(&g->ready, heap, dag->n))
		return WEIR_ENOMEM;
	for (i = 0; i < dag->n; i++)
		if (dag->first_pred[i] == dag->first_pred[i + 1])
			weir__item_set_add(&g->ready, i);
	return WEIR_OK;
}

/* Each part in the order of the graph: that of the memory, mostly. */
static void
sort_parts(struct growth *g)
{
	uint32_t *place = g->own, n = g->dag->n, i, sum = 0;

	memset(place, 0, ((size_t)n + 1) * sizeof *place);
	for (i = 0; i < n; i++)
		place[g->of[i].touched]++;
	for (i = 0; i < g->parts; i++) {
		uint32_t items = place[i];

		place[i] = sum;
		sum += items;
	}
	for (i = 0; i < n; i++)
		g->deal->items[place[g->of[i].touched]++] = i;
}

/* As long as between those who are farthest from each other. */
static double
wait_of_all(const struct weir__dag *dag, unsigned workers)
{
	const struct weir__distances *d = dag->distances;
	double farthest = 1;
	size_t i, k, last;

	if (d)
		last = d->pool[workers - 1];
	for (i = 0; d && i <= last; i++)
		for (k = 0; k < i; k++)
			farthest = fmax(farthest,
					(double)d->times[i * d->pools + k]);
	return weir__dag_hand_over(dag) * farthest;
}

/* It cannot be over before limit even if all workers are busy from now on; or,
 * once enough is done to tell, it goes on as it has begun. */
static bool
is_too_late(const struct growth *g, double work, double limit)
{
	const struct weir__deal *deal = g->deal;
	double done = deal->cost / work;

	return deal->makespan + (work - deal->cost) / g->workers >= limit ||
	       (done > TOLD && deal->makespan > LATE * limit * done);
}

weir_status
weir__deal_grow(const struct weir__dag *dag, const struct weir__succs *succs,
		unsigned workers, double limit, struct weir__deal *deal)
{
	struct growth g = { .dag = dag, .succs = succs, .deal = deal,
			    .workers = workers,
			    .hand_over = wait_of_all(dag, workers) };
	weir_status status = prepare(&g);
	double work = weir__dag_work(dag);

	while (!status && deal->n < dag->n && !is_too_late(&g, work, limit)) {
		grow(&g);
		settle(&g);
	}
	if (!status && deal->n == dag->n)
		sort_parts(&g);
	weir__item_set_free(&g.ready);
	weir__free(deal->heap, g.of);
	weir__free(deal->heap, g.own);
	weir__free(deal->heap, g.items);
	weir__free(deal->heap, g.home);
	return status;
}
