/*
 * The memory a run needs for values that do not outlive it: one arena, an
 * offset for each.
 *
 * A value may have the bytes of older ones if all that touches these is over
 * for certain, under any schedule the plan admits, when the first work that
 * writes the new one begins. What is certain is known from the waits: of each
 * stream, so many pieces of work (vector clocks, see clocks.c). An op that
 * allows it writes over its own operand, piece by piece, where no other work
 * wants those elements any more.
 *
 * What the workers of one NUMA node write has a region of the arena to itself,
 * as has what those of several write; see placement.h. A region is a row of
 * ranges, each with what it takes for it to be free. The smallest run of free
 * ranges that fits is taken (best fit), else the region grows. Of many ranges
 * only the last are looked at, and some others, which are others the next time:
 * for each value it takes a bounded time.
 */
#include <stdint.h>
#include <string.h>

#include "plan/buffers.h"
#include "plan/placement.h"

enum { LOOKED_AT = 512 };

/*
 * Of each stream, so many pieces of work from its beginning on. `until`: those
 * which must be over before bytes are free. `sure`: those which are over when
 * a step begins.
 */
typedef uint32_t weir__counts;

struct range {			/* bytes of a region, ascending, no gaps */
	size_t offset, bytes;
	const weir__counts *until;
};

struct region {
	struct range *ranges;
	size_t n, room;
	size_t next;		/* of many ranges, where to look on */
};

struct lifetimes {
	weir_plan *plan;
	struct weir__heap *heap;
	struct weir__arena arena;	/* of what is needed here only */
	struct weir__order order;
	struct weir__nodes nodes;
	unsigned workers;
	weir__counts *sure, *until;	/* per step */
	int64_t *offset;		/* per value, once it is placed: in its
					   region */
	uint16_t *region_of;		/* per value; of a step see nodes */
	const weir__counts **place;	/* per value: what frees its range */
	struct region *regions;		/* one a node, and that of several */
	size_t *begin;			/* of each in the arena */
};

static bool
is_within(const struct lifetimes *l, const weir__counts *a,
	  const weir__counts *b)
{
	unsigned w;

	for (w = 0; w < l->workers; w++)
		if (a[w] > b[w])
			return false;
	return true;
}

static void
raise_to(const struct lifetimes *l, weir__counts *a, const weir__counts *b)
{
	unsigned w;

	for (w = 0; w < l->workers; w++)
		if (a[w] < b[w])
			a[w] = b[w];
}

/* -- when steps are over -------------------------------------------------------- */

static void
find_times(struct lifetimes *l)
{
	const struct weir__work *work = l->plan->work;
	uint32_t entry, sure, place;
	unsigned w;

	memset(l->sure, 0xff, l->plan->n_steps * l->workers * sizeof *l->sure);
	for (entry = 0; entry < l->plan->schedule->n_items; entry++) {
		size_t row = (size_t)work[entry].step * l->workers;
		weir__counts *until = &l->until[row +
						l->order.worker_of[entry]];

		place = weir__order_place(&l->order, entry);
		if (*until < place + 1)
			*until = place + 1;
		for (w = 0; w < l->workers; w++) {
			sure = weir__order_sure(&l->order, entry, w);
			if (l->sure[row + w] > sure)
				l->sure[row + w] = sure;
		}
	}
}

static weir__counts *
until_of_step(const struct lifetimes *l, uint32_t step)
{
	return l->until + (size_t)step * l->workers;
}

static weir__counts *
sure_of_step(const struct lifetimes *l, uint32_t step)
{
	return l->sure + (size_t)step * l->workers;
}

/* What must be over before a value's bytes are free. */
static weir__counts *
until_unused(struct lifetimes *l, uint32_t value)
{
	const struct weir__order *o = &l->order;
	weir__counts *until = weir__arena_alloc(&l->arena, l->workers *
						sizeof *until);
	uint32_t i;

	for (i = o->first_use[value]; until && i < o->first_use[value + 1];
	     i++)
		raise_to(l, until, until_of_step(l, o->uses[i]));
	return until;
}

/* -- regions ------------------------------------------------------------------------- */

static size_t
bytes_of(const struct weir__slot *slot)
{
	return weir__aligned((size_t)weir__spec_bytes(slot->spec));
}

static size_t
end_of(const struct region *r)
{
	return r->n ? r->ranges[r->n - 1].offset + r->ranges[r->n - 1].bytes
		    : 0;
}

/* Put k ranges where n were. */
static weir_status
splice(struct lifetimes *l, struct region *r, size_t first, size_t n,
       const struct range *by, size_t k)
{
	if (weir__grow(l->heap, &r->ranges, &r->room, r->n + k,
		       sizeof *r->ranges))
		return WEIR_ENOMEM;
	memmove(&r->ranges[first + k], &r->ranges[first + n],
		(r->n - first - n) * sizeof *r->ranges);
	memcpy(&r->ranges[first], by, k * sizeof *by);
	r->n += k - n;
	return WEIR_OK;
}

/* The smallest run of free ranges among first..end that has so many bytes: n
 * ranges. */
static size_t
find_fit(const struct lifetimes *l, const struct region *r, size_t first,
	 size_t end, size_t bytes, const weir__counts *sure, size_t *n)
{
	size_t i, j, sum, best = end, least = SIZE_MAX;

	*n = 0;
	for (i = first; i < end; i = j) {
		sum = 0;
		for (j = i; j < end && is_within(l, r->ranges[j].until, sure);
		     j++)
			sum += r->ranges[j].bytes;
		if (sum >= bytes && sum < least) {
			best = i;
			*n = j - i;
			least = sum;
		}
		j += j == i;
	}
	return best;
}

/* The smallest run that fits, or what is free at the end, if anything is. */
static size_t
find_run(const struct lifetimes *l, struct region *r, size_t bytes,
	 const weir__counts *sure, size_t *n)
{
	size_t some = r->n < LOOKED_AT ? r->n : LOOKED_AT;
	size_t best, end;

	*n = 0;
	if (!sure)
		return r->n;
	best = find_fit(l, r, r->n - some, r->n, bytes, sure, n);
	if (!*n && some < r->n) {
		if (r->next >= r->n)
			r->next = 0;
		end = r->n - r->next > some ? r->next + some : r->n;
		best = find_fit(l, r, r->next, end, bytes, sure, n);
		if (!*n)
			r->next = end;
	}
	if (*n)
		return best;
	for (best = r->n; best > r->n - some; best--)
		if (!is_within(l, r->ranges[best - 1].until, sure))
			break;
	*n = r->n - best;
	return best;
}

/* Bytes for what is written when `sure` is over and needed until `until`. */
static weir_status
take(struct lifetimes *l, struct region *r, size_t bytes,
     const weir__counts *sure, const weir__counts *until, int64_t *offset)
{
	struct range by[2];
	size_t run, first, n = 0, had = 0;

	first = find_run(l, r, bytes, sure, &run);
	while (n < run && had < bytes)
		had += r->ranges[first + n++].bytes;
	by[0] = (struct range){ n ? r->ranges[first].offset : end_of(r),
				bytes, until };
	if (had > bytes)
		by[1] = (struct range){ by[0].offset + bytes, had - bytes,
					r->ranges[first + n - 1].until };
	*offset = (int64_t)by[0].offset;
	return splice(l, r, first, n, by, had > bytes ? 2 : 1);
}

/* -- writing over an operand --------------------------------------------------------- */

static struct range *
find_range(const struct region *r, size_t offset)
{
	size_t low = 0, high = r->n;

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (r->ranges[middle].offset <= offset)
			low = middle;
		else
			high = middle;
	}
	return &r->ranges[low];
}

/* The range of an operand that result 0 of the step may be written over;
 * NULL: it may not. */
static struct range *
to_overwrite(const struct lifetimes *l, uint32_t number, uint32_t operand)
{
	const struct weir__step *step = &l->plan->steps[number];
	const struct weir__slot *slots = &l->plan->slots[step->first_slot];
	const struct weir__slot *slot = &slots[operand];
	const struct weir__order *o = &l->order;
	struct range *range;
	uint32_t i, value = slot->index;

	if (slot->where != WEIR__AT_ARENA || !slot->is_direct ||
	    !weir__spec_equal(slot->spec, step->call.out[0]) ||
	    l->region_of[value] != l->nodes.of_step[number])
		return NULL;
	range = find_range(&l->regions[l->region_of[value]],
			   (size_t)l->offset[value]);
	if (range->until != l->place[value])
		return NULL;		/* somebody else's by now */
	for (i = 0; i < step->node->n_in; i++)
		if (slots[i].where == WEIR__AT_ARENA &&
		    slots[i].index == value && !slots[i].is_direct)
			return NULL;
	for (i = o->first_use[value]; i < o->first_use[value + 1]; i++)
		if (!is_within(l, until_of_step(l, o->uses[i]),
			       sure_of_step(l, number)) &&
		    !weir__order_is_done_with(o, o->uses[i], value, number))
			return NULL;
	return range;
}

/* Whether result 0 could be put over an operand. */
static bool
overwrite(struct lifetimes *l, uint32_t number, uint32_t value,
	  weir__counts *until)
{
	const struct weir__step *step = &l->plan->steps[number];
	uint32_t i;

	if (!(step->node->op->flags & WEIR_OP_IN_PLACE))
		return false;
	for (i = 0; i < step->node->n_in; i++) {
		struct range *range = to_overwrite(l, number, i);

		if (!range)
			continue;
		raise_to(l, until, range->until);
		range->until = until;
		l->offset[value] = (int64_t)range->offset;
		return true;
	}
	return false;
}

/* -- all of it ----------------------------------------------------------------------- */

static weir_status
place_value(struct lifetimes *l, uint32_t number,
	    const struct weir__slot *slot, const weir__counts *sure,
	    bool is_first)
{
	uint32_t value = slot->index;
	weir__counts *until = until_unused(l, value);

	if (!until)
		return WEIR_ENOMEM;
	l->place[value] = until;
	l->region_of[value] = l->nodes.of_step[number];
	if (sure && is_first && overwrite(l, number, value, until))
		return WEIR_OK;
	return take(l, &l->regions[l->region_of[value]], bytes_of(slot), sure,
		    until, &l->offset[value]);
}

static weir_status
place_step(struct lifetimes *l, uint32_t number, bool keeps_all)
{
	struct weir__step *step = &l->plan->steps[number];
	const weir__counts *sure = keeps_all ? NULL : sure_of_step(l, number);
	const struct weir__slot *out = &l->plan->slots[step->first_slot +
						       step->node->n_in];
	uint32_t i;

	for (i = 0; i < step->node->n_out; i++)
		if (out[i].where == WEIR__AT_ARENA &&
		    place_value(l, number, &out[i], sure, i == 0))
			return WEIR_ENOMEM;
	if (!step->scratch_bytes)
		return WEIR_OK;
	return take(l, &l->regions[l->nodes.of_step[number]],
		    weir__aligned(weir__step_scratch(l->plan, step)), sure,
		    until_of_step(l, number), &step->scratch);
}

/* One region after another, each from a page on. */
static void
join_regions(struct lifetimes *l)
{
	weir_plan *plan = l->plan;
	size_t end = 0, r;
	uint32_t i;

	for (r = 0; r <= l->nodes.n; r++) {
		l->begin[r] = end;
		if (l->regions[r].n)
			l->begin[r] = (end + WEIR__PAGE - 1) / WEIR__PAGE *
				      WEIR__PAGE;
		end = l->begin[r] + end_of(&l->regions[r]);
	}
	for (i = 0; i < plan->n_slots; i++) {
		struct weir__slot *slot = &plan->slots[i];
		uint32_t value = slot->index;

		if (slot->where == WEIR__AT_ARENA)
			slot->offset += l->offset[value] +
				(int64_t)l->begin[l->region_of[value]];
	}
	for (i = 0; i < plan->n_steps; i++)
		if (plan->steps[i].scratch_bytes)
			plan->steps[i].scratch +=
				(int64_t)l->begin[l->nodes.of_step[i]];
	plan->arena_bytes = end;
}

static weir_status
place_all(struct lifetimes *l, bool keeps_all)
{
	uint32_t i;

	find_times(l);
	for (i = 0; i < l->plan->n_steps; i++)
		if (place_step(l, i, keeps_all))
			return WEIR_ENOMEM;
	join_regions(l);
	return weir__place_pages(l->plan, &l->order, &l->nodes, l->begin);
}

weir_status
weir__plan_memory(weir_plan *plan, bool keeps_all)
{
	struct lifetimes l = { .plan = plan, .heap = plan->heap,
			       .workers = plan->workers };
	size_t values = plan->n_values + 1;
	size_t counts = ((size_t)plan->n_steps + 1) * l.workers;
	weir_status status;
	unsigned i;

	if (plan->workers == 1 && !keeps_all)
		return weir__plan_memory_alone(plan);
	weir__arena_init(&l.arena, l.heap);
	status = weir__order_init(&l.order, plan);
	l.nodes.heap = l.heap;
	if (!status)
		status = weir__nodes_init(&l.nodes, &l.order);
	l.offset = weir__calloc(l.heap, values, sizeof *l.offset);
	l.region_of = weir__calloc(l.heap, values, sizeof *l.region_of);
	l.regions = weir__calloc(l.heap, (size_t)l.nodes.n + 1,
				 sizeof *l.regions);
	l.begin = weir__calloc(l.heap, (size_t)l.nodes.n + 1, sizeof *l.begin);
	l.place = weir__calloc(l.heap, values, sizeof *l.place);
	l.sure = weir__calloc(l.heap, counts, sizeof *l.sure);
	l.until = weir__calloc(l.heap, counts, sizeof *l.until);
	if (!l.offset || !l.region_of || !l.regions || !l.begin || !l.place ||
	    !l.sure || !l.until)
		status = WEIR_ENOMEM;
	if (!status)
		status = place_all(&l, keeps_all);
	weir__order_free(&l.order);
	weir__free(l.heap, l.offset);
	weir__free(l.heap, l.place);
	weir__free(l.heap, l.sure);
	weir__free(l.heap, l.until);
	for (i = 0; l.regions && i <= l.nodes.n; i++)
		weir__free(l.heap, l.regions[i].ranges);
	weir__free(l.heap, l.regions);
	weir__free(l.heap, l.begin);
	weir__free(l.heap, l.region_of);
	weir__nodes_free(&l.nodes);
	weir__arena_free(&l.arena);
	return status;
}
