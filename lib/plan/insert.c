/*
 * List scheduling with insertion: an item goes where it ends first, also into
 * a gap between two that are there already.
 *
 * The second half of HEFT (Topcuoglu, Hariri, Wu, IEEE Trans. Parallel
 * Distrib. Syst. 13, 2002), for workers that are all alike. Of the gaps of a
 * worker the last GAPS_MAX are remembered, which bounds the search.
 */
#include <string.h>

#include "plan/timetable.h"

enum { GAPS_MAX = 64, NO_GAP = GAPS_MAX };

struct gap {
	double start, end;
};

struct lane {			/* a worker's time */
	double end;		/* of its last item */
	unsigned n_gaps;
	struct gap gaps[GAPS_MAX];	/* before that, in order */
};

struct slot {
	double start, end;
	unsigned worker, gap;	/* or NO_GAP: after the last item */
};

/* -- gaps ----------------------------------------------------------------- */

static struct slot
find_slot(const struct lane *lane, double ready, double cost)
{
	struct slot slot = { .start = ready > lane->end ? ready : lane->end,
			     .gap = NO_GAP };
	unsigned g = lane->n_gaps;

	/* Backwards: those before one that ends too early do so too. */
	while (g-- > 0 && lane->gaps[g].end >= ready + cost) {
		double start = lane->gaps[g].start;

		if (start < ready)
			start = ready;
		if (start + cost <= lane->gaps[g].end) {
			slot.start = start;
			slot.gap = g;
		}
	}
	return slot;
}

/* Of too many gaps the earliest is forgotten: what comes later in the list is
 * seldom ready so early. */
static void
add_gap(struct lane *lane, unsigned at, double start, double end)
{
	if (!(start < end))
		return;
	if (lane->n_gaps == GAPS_MAX) {
		if (at == 0)
			return;
		at--;
		lane->n_gaps--;
		memmove(lane->gaps, lane->gaps + 1,
			lane->n_gaps * sizeof *lane->gaps);
	}
	memmove(lane->gaps + at + 1, lane->gaps + at,
		(lane->n_gaps - at) * sizeof *lane->gaps);
	lane->gaps[at] = (struct gap){ start, end };
	lane->n_gaps++;
}

static void
take_slot(struct lane *lane, const struct slot *slot, double end)
{
	struct gap gap;

	if (slot->gap == NO_GAP) {
		add_gap(lane, lane->n_gaps, lane->end, slot->start);
		lane->end = end;
		return;
	}
	gap = lane->gaps[slot->gap];
	lane->n_gaps--;
	memmove(lane->gaps + slot->gap, lane->gaps + slot->gap + 1,
		(lane->n_gaps - slot->gap) * sizeof *lane->gaps);
	add_gap(lane, slot->gap, end, gap.end);
	add_gap(lane, slot->gap, gap.start, slot->start);
}

/* -- items ---------------------------------------------------------------- */

/* When all that an item needs can be on a worker. */
static double
ready_on(const struct weir__flow *flow, const struct weir__timetable *table,
	 uint32_t item, unsigned worker)
{
	double ready = 0;
	uint32_t q;

	for (q = flow->first_pred[item]; q < flow->first_pred[item + 1]; q++) {
		uint32_t pred = flow->preds[q];
		double there = table->end[pred];

		if (table->home[pred] != worker)
			there += flow->pred_cost[q] *
				 weir__distance(flow->distances,
						table->home[pred], worker);
		if (ready < there)
			ready = there;
	}
	return ready;
}

static bool
is_idle(const struct lane *lane)
{
	return !(lane->end > 0);
}

/* Of those of a pool with nothing to do yet the first is enough. */
static bool
is_as_good(const struct weir__flow *flow, const struct lane *lanes,
	   unsigned before, unsigned worker)
{
	return is_idle(&lanes[before]) && is_idle(&lanes[worker]) &&
	       weir__same_pool(flow->distances, before, worker);
}

static double
cost_on(const struct weir__flow *flow, uint32_t item, unsigned worker)
{
	return flow->cost[item] +
	       weir__away(flow->home, flow->away, flow->distances, item,
			  worker) +
	       weir__far(flow->far, flow->distances, item, worker);
}

static bool
may_get(const struct weir__flow *flow, uint32_t item, unsigned worker)
{
	return !flow->only || flow->only[item] == WEIR__NO_POOL ||
	       flow->only[item] == flow->distances->pool[worker];
}

/* Among the workers first..last that may get it; of equals the first. */
static struct slot
earliest_slot(const struct weir__flow *flow, const struct lane *lanes,
	      const struct weir__timetable *table, uint32_t item,
	      unsigned first, unsigned last)
{
	struct slot best = { 0 }, slot;
	bool is_first = true;
	unsigned w;

	for (w = first; w <= last; w++) {
		double cost = cost_on(flow, item, w);

		if (first < last && !may_get(flow, item, w))
			continue;
		if (w > first && !flow->home &&
		    is_as_good(flow, lanes, w - 1, w))
			continue;
		slot = find_slot(&lanes[w], ready_on(flow, table, item, w),
				 cost);
		slot.worker = w;
		slot.end = slot.start + cost;
		if (is_first || slot.end < best.end)
			best = slot;
		is_first = false;
	}
	return best;
}

weir_status
weir__insert(struct weir__heap *heap, const struct weir__flow *flow,
	     unsigned workers, const uint32_t *order, const uint16_t *fixed,
	     struct weir__timetable *table)
{
	struct lane *lanes = weir__calloc(heap, workers, sizeof *lanes);
	uint32_t k;

	if (!lanes)
		return WEIR_ENOMEM;
	table->makespan = 0;
	for (k = 0; k < flow->n; k++) {
		uint32_t item = order[k];
		bool is_fixed = fixed && fixed[item] != WEIR__NO_HOME;
		struct slot slot = earliest_slot(
			flow, lanes, table, item, is_fixed ? fixed[item] : 0,
			is_fixed ? fixed[item] : workers - 1);
		double end = slot.end;

		take_slot(&lanes[slot.worker], &slot, end);
		table->home[item] = (uint16_t)slot.worker;
		table->start[item] = slot.start;
		table->end[item] = end;
		if (table->makespan < end)
			table->makespan = end;
	}
	weir__free(heap, lanes);
	return WEIR_OK;
}
