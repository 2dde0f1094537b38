/*
 * Which worker runs an item, and in which order: list scheduling with
 * affinity.
 *
 * The workers are simulated with the expected costs. An item goes to the
 * worker that ran its middle predecessor, as soon as its operands can be
 * there: at once for those made by that worker, a hand-over later for
 * others. A worker takes what is ready for it in order; one with nothing to
 * do takes over from the longest queue. So chains, columns and neighbourhoods
 * stay where they are, and whoever would wait for a neighbour has other work
 * first.
 *
 * Where it is known that some of what items work on is in the memory of other
 * nodes, an item goes to the pool to which that is nearest if it ends earlier
 * there, and nobody takes over what would end later with him.
 *
 * Where costs are told, of what is ready for a worker that comes first which
 * has the longest way to the end behind it (upward rank, as in HEFT: Topcuoglu
 * et al., IEEE Trans. Parallel Distrib. Syst. 13, 2002), and where items have
 * priorities, the highest. What cannot be started yet is in the order of time
 * then. One worker starts equals in their own order.
 *
 * After Graham (1969), with the communication of ETF (Hwang et al., SIAM J.
 * Comput. 1989).
 */
#include <math.h>
#include <string.h>

#include "plan/item_queue.h"
#include "plan/item_set.h"
#include "plan/near.h"
#include "plan/schedule.h"
#include "plan/tournament.h"

enum { NONE = 0xffffffffu };

/* A worker, simulated. Queues are lists through `next`, or, with priorities,
 * queues of `nodes`. */
struct worker {
	double time;			/* when it can start another item */
	uint32_t ready, ready_end;	/* can be started */
	uint32_t later, later_end;	/* cannot yet; by time, about */
	uint32_t n_ready;
	bool is_parked;			/* nothing to do, nothing to take */
};

struct simulation {
	const struct weir__dag *dag;
	const struct weir__succs *succs;
	struct weir__heap *heap;
	struct weir__deal *deal;
	unsigned workers;
	double hand_over;
	struct worker *w;
	struct weir__item_set suppliers;	/* workers with ready items */
	unsigned n_parked;
	struct weir__tournament turn;	/* of those not parked, by time */
	uint32_t *next;		/* per item: in its queue */
	uint32_t *missing;	/* per item: predecessors not simulated yet */
	double *at;		/* per item: when it can start, then its end */
	struct weir__queued *nodes;	/* per item; NULL: all are alike */
	double *rank;		/* per item; NULL: it does not count */
	struct weir__near near;	/* zero: nothing is known of memory */
	uint32_t turns;			/* items that have been ready */
};

/* -- queues ---------------------------------------------------------------------- */

static void
append(uint32_t *first, uint32_t *last, uint32_t *next, uint32_t item)
{
	next[item] = NONE;
	if (*first == NONE)
		*first = item;
	else
		next[*last] = item;
	*last = item;
}

static uint32_t
take_first(uint32_t *first, const uint32_t *next)
{
	uint32_t item = *first;

	*first = next[item];
	return item;
}

static void
add_ready(struct simulation *s, struct worker *w, uint32_t item)
{
	if (w->n_ready++ == 0)
		weir__item_set_add(&s->suppliers, (uint32_t)(w - s->w));
	if (s->nodes)
		weir__item_queue_add(s->nodes, &w->ready, item,
				     s->rank ? -s->rank[item]
				     : -(double)s->dag->priority[item],
				     s->workers > 1 ? s->turns++ : item);
	else
		append(&w->ready, &w->ready_end, s->next, item);
}

static uint32_t
take_from(struct simulation *s, uint32_t *first)
{
	return s->nodes ? weir__item_queue_take(s->nodes, first)
			: take_first(first, s->next);
}

static uint32_t
take_ready(struct simulation *s, struct worker *w)
{
	if (--w->n_ready == 0)
		weir__item_set_remove(&s->suppliers, (uint32_t)(w - s->w));
	return take_from(s, &w->ready);
}

static void
add_later(struct simulation *s, struct worker *w, uint32_t item)
{
	if (s->nodes)
		weir__item_queue_add(s->nodes, &w->later, item, s->at[item],
				     item);
	else
		append(&w->later, &w->later_end, s->next, item);
}

/* -- workers ----------------------------------------------------------------------- */

static void
park(struct simulation *s, unsigned worker)
{
	s->w[worker].is_parked = true;
	s->n_parked++;
	weir__tournament_set(&s->turn, worker, INFINITY);
}

static void
unpark(struct simulation *s, unsigned worker)
{
	s->w[worker].is_parked = false;
	s->n_parked--;
	weir__tournament_set(&s->turn, worker, s->w[worker].time);
}

/* A worker that is not parked goes on at that time. */
static void
set_time(struct simulation *s, unsigned worker, double time)
{
	s->w[worker].time = time;
	weir__tournament_set(&s->turn, worker, time);
}

static void
unpark_all(struct simulation *s, double time)
{
	unsigned v;

	for (v = 0; s->n_parked > 0 && v < s->workers; v++)
		if (s->w[v].is_parked) {
			if (s->w[v].time < time)
				s->w[v].time = time;
			unpark(s, v);
		}
}

/* When an item can start on a worker. */
static double
start_on(const struct simulation *s, uint32_t item, unsigned worker)
{
	const struct weir__dag *dag = s->dag;
	double start = 0;
	uint32_t q;

	for (q = dag->first_pred[item]; q < dag->first_pred[item + 1]; q++) {
		uint32_t pred = dag->preds[q];
		double ready = s->at[pred];

		if (s->deal->home[pred] != worker)
			ready += s->hand_over *
				 weir__distance(dag->distances,
						s->deal->home[pred], worker);
		if (start < ready)
			start = ready;
	}
	return start;
}

static double
cost_on(const struct simulation *s, uint32_t item, unsigned worker)
{
	return weir__dag_cost(s->dag, item) +
	       weir__far(s->dag->far, s->dag->distances, item, worker);
}

static void
enqueue(struct simulation *s, uint32_t item, unsigned worker, double now)
{
	struct worker *w = &s->w[worker];
	double start = start_on(s, item, worker);

	s->at[item] = start;
	if (w->is_parked)
		unpark(s, worker);
	/* Where not the oldest goes first, nobody else may take what is ready
	 * only when this worker comes to it. */
	if (start > now ? start > w->time : s->nodes && start > 0) {
		add_later(s, w, item);
		return;
	}
	add_ready(s, w, item);
	if (w->n_ready == 2)
		unpark_all(s, now);
}

/* -- one step ------------------------------------------------------------------------ */

static void
ripen(struct simulation *s, struct worker *w)
{
	uint32_t before = w->n_ready;

	while (w->later != NONE && s->at[w->later] <= w->time)
		add_ready(s, w, take_from(s, &w->later));
	if (s->nodes && w->n_ready > 1 && w->n_ready > before)
		unpark_all(s, w->time);
}

/* Whether the next item of a worker is no farther from its memory here, or ends
 * earlier all the same than if it were the last of those there. */
static bool
is_better_here(const struct simulation *s, const struct worker *w,
	       unsigned worker)
{
	double here = cost_on(s, w->ready, worker);
	double there = cost_on(s, w->ready, (unsigned)(w - s->w));

	return !(here > there) ||
	       here + fmax(s->w[worker].time, start_on(s, w->ready, worker)) <
		       w->time + w->n_ready * there;
}

/* Whom to take an item from: of those with several the one with most, else one
 * whose only item could start earlier here than where it is; of another pool
 * only where there is nobody in one's own. */
static struct worker *
longest_queue(struct simulation *s, unsigned worker)
{
	struct worker *longest = NULL;
	double nearest = 0;
	uint32_t v;

	for (v = weir__item_set_next(&s->suppliers, 0); v != NONE;
	     v = weir__item_set_next(&s->suppliers, v + 1)) {
		struct worker *w = &s->w[v];
		double distance = weir__distance(s->dag->distances, v,
						 worker);

		if (v == worker ||
		    (longest && (distance > nearest ||
				 (distance == nearest &&
				  w->n_ready <= longest->n_ready))))
			continue;
		if ((w->n_ready > 1 ||
		     (s->w[worker].time < w->time &&
		      start_on(s, w->ready, worker) < w->time)) &&
		    is_better_here(s, w, worker)) {
			longest = w;
			nearest = distance;
		}
	}
	return longest;
}

/* The next item for a worker, with its start in at[]; NONE if it must wait
 * (its time is then that of what it waits for) or has nothing to do. */
static uint32_t
choose(struct simulation *s, unsigned worker)
{
	struct worker *w = &s->w[worker], *other;
	uint32_t item;

	ripen(s, w);
	if (w->ready != NONE)
		return take_ready(s, w);
	other = longest_queue(s, worker);
	if (w->later != NONE &&
	    (!other || s->at[w->later] - w->time < s->hand_over)) {
		set_time(s, worker, s->at[w->later]);
		return NONE;
	}
	if (!other) {
		park(s, worker);
		return NONE;
	}
	item = take_ready(s, other);
	s->at[item] = start_on(s, item, worker);
	return item;
}

/* Whoever of the preds' workers is of a pool, else who goes on there first. */
static unsigned
worker_of_pool(const struct simulation *s, uint32_t item, uint16_t pool)
{
	const struct weir__dag *dag = s->dag;
	const uint16_t *first = &s->near.first[pool];
	unsigned w, best = s->near.workers[first[0]], i;
	uint32_t q;

	for (q = dag->first_pred[item]; q < dag->first_pred[item + 1]; q++) {
		w = s->deal->home[dag->preds[q]];
		if (dag->distances->pool[w] == pool)
			return w;
	}
	for (i = first[0]; i < first[1]; i++)
		if (s->w[s->near.workers[i]].time < s->w[best].time)
			best = s->near.workers[i];
	return best;
}

/* The middle one of the predecessors' workers, or who is nearer to what the
 * item works on if it could end earlier there. */
static unsigned
home_of(const struct simulation *s, uint32_t item)
{
	uint32_t first = s->dag->first_pred[item];
	uint32_t last = s->dag->first_pred[item + 1];
	uint32_t middle = s->dag->preds[first + (last - first) / 2];
	unsigned home = s->deal->home[middle], other;
	uint16_t pool;

	if (!s->dag->far)
		return home;
	pool = weir__near_pool(&s->near, item);
	if (pool == WEIR__NO_POOL || pool == s->dag->distances->pool[home])
		return home;
	other = worker_of_pool(s, item, pool);
	return start_on(s, item, other) + cost_on(s, item, other) <
	       start_on(s, item, home) + cost_on(s, item, home) ? other : home;
}

static void
execute(struct simulation *s, unsigned worker, uint32_t item)
{
	const struct weir__succs *succs = s->succs;
	struct worker *w = &s->w[worker];
	uint32_t q, end = succs->first[item + 1];

	if (w->time < s->at[item])
		w->time = s->at[item];
	if (w->n_ready)		/* what waits behind it may be taken */
		unpark_all(s, w->time);
	set_time(s, worker, w->time + cost_on(s, item, worker));
	s->at[item] = w->time;
	s->deal->items[s->deal->n++] = item;
	s->deal->home[item] = (uint16_t)worker;
	s->deal->cost += weir__dag_cost(s->dag, item);
	if (s->deal->makespan < w->time)
		s->deal->makespan = w->time;
	for (q = succs->first[item]; q < end; q++) {
		uint32_t succ = succs->items[q];

		if (!--s->missing[succ])
			enqueue(s, succ, home_of(s, succ), w->time);
	}
}

/* -- all of it ------------------------------------------------------------------------ */

/* Items that wait for nothing: neighbours to one worker, near what they work
 * on. */
static weir_status
deal_roots(struct simulation *s)
{
	uint32_t i, roots = 0, k = 0;

	if (s->dag->far) {
		if (weir__near_deal(&s->near, s->missing, s->workers,
				    s->deal->home))
			return WEIR_ENOMEM;
		for (i = 0; i < s->dag->n; i++)
			if (s->missing[i] == 0)
				enqueue(s, i, s->deal->home[i], 0);
		return WEIR_OK;
	}
	for (i = 0; i < s->dag->n; i++)
		roots += s->missing[i] == 0;
	for (i = 0; i < s->dag->n; i++)
		if (s->missing[i] == 0)
			enqueue(s, i, (unsigned)((uint64_t)k++ * s->workers /
						 roots), 0);
	return WEIR_OK;
}

/* The longest way from the start of an item to the end of all, with a hand-over
 * at each step. */
static void
find_ranks(struct simulation *s)
{
	const struct weir__dag *dag = s->dag;
	uint32_t i, q;

	for (i = dag->n; i-- > 0;) {
		s->rank[i] += weir__dag_cost(dag, i);
		for (q = dag->first_pred[i]; q < dag->first_pred[i + 1]; q++) {
			double way = s->rank[i] + s->hand_over;

			if (s->rank[dag->preds[q]] < way)
				s->rank[dag->preds[q]] = way;
		}
	}
}

static weir_status
prepare(struct simulation *s)
{
	bool is_ranked = s->dag->cost && !s->dag->priority && s->workers > 1;
	size_t n = (size_t)s->dag->n + 1;
	uint32_t i;
	unsigned v;

	s->w = weir__calloc(s->heap, s->workers, sizeof *s->w);
	s->next = weir__alloc(s->heap, n * sizeof *s->next);
	s->missing = weir__alloc(s->heap, n * sizeof *s->missing);
	s->at = weir__alloc(s->heap, n * sizeof *s->at);
	s->deal->items = weir__alloc(s->heap, n * sizeof *s->deal->items);
	s->deal->home = weir__calloc(s->heap, n, sizeof *s->deal->home);
	if (s->dag->far &&
	    weir__near_init(&s->near, s->heap, s->dag, s->workers))
		return WEIR_ENOMEM;
	if (s->dag->priority || is_ranked)
		s->nodes = weir__alloc(s->heap, n * sizeof *s->nodes);
	if (is_ranked)
		s->rank = weir__calloc(s->heap, n, sizeof *s->rank);
	if (weir__item_set_init(&s->suppliers, s->heap, s->workers) ||
	    weir__tournament_init(&s->turn, s->heap, s->workers) || !s->w ||
	    !s->next || !s->missing || !s->at || !s->deal->items ||
	    !s->deal->home || (s->dag->priority && !s->nodes) ||
	    (is_ranked && (!s->nodes || !s->rank)))
		return WEIR_ENOMEM;
	if (is_ranked)
		find_ranks(s);
	for (v = 0; v < s->workers; v++) {
		s->w[v].ready = s->w[v].later = NONE;
		park(s, v);
	}
	for (i = 0; i < s->dag->n; i++)
		s->missing[i] = s->dag->first_pred[i + 1] -
				s->dag->first_pred[i];
	return WEIR_OK;
}

weir_status
weir__deal(const struct weir__dag *dag, const struct weir__succs *succs,
	   unsigned workers, struct weir__deal *deal)
{
	struct simulation s = {
		.dag = dag,
		.succs = succs,
		.heap = deal->heap,
		.deal = deal,
		.workers = workers,
		.hand_over = weir__dag_hand_over(dag),
	};
	weir_status status = prepare(&s);

	if (!status)
		status = deal_roots(&s);
	while (!status && deal->n < dag->n) {
		unsigned worker = weir__tournament_winner(&s.turn);
		uint32_t item = choose(&s, worker);

		if (item != NONE)
			execute(&s, worker, item);
	}
	weir__item_set_free(&s.suppliers);
	weir__tournament_free(&s.turn, s.heap);
	weir__near_free(&s.near);
	weir__free(s.heap, s.w);
	weir__free(s.heap, s.next);
	weir__free(s.heap, s.missing);
	weir__free(s.heap, s.at);
	weir__free(s.heap, s.nodes);
	weir__free(s.heap, s.rank);
	return status;
}

void
weir__deal_free(struct weir__deal *deal)
{
	weir__free(deal->heap, deal->items);
	weir__free(deal->heap, deal->home);
}
