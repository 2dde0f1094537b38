/*
 * The memory a run needs for values that do not outlive it: one arena, an
 * offset for each.
 *
 * A plan for one worker runs its steps in their order, so a value's bytes are
 * free again after the last step that reads it (best fit over a list of free
 * ranges, neighbours joined). In a plan for several workers a step may run
 * beside any other that it does not depend on, so there each value keeps its
 * bytes to itself.
 */
#include "plan/plan.h"

enum { ALIGNMENT = 64 };

struct range {			/* free bytes of the arena, ascending */
	size_t offset, bytes;
};

struct lifetimes {
	weir_plan *plan;
	struct weir__heap *heap;
	bool shares;		/* whether bytes are used again */
	int64_t *offset;	/* per base value, once it is placed */
	uint32_t *last_use;	/* per value: the step after which it is free */
	uint32_t *dying_first, *dying_next;	/* per step: list of values */
	struct range *ranges;
	size_t n, room, end;	/* end: bytes of the arena so far */
};

static size_t
rounded(size_t bytes)
{
	return bytes ? (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT
		     : ALIGNMENT;
}

static size_t
take_range(struct lifetimes *l, size_t i, size_t bytes)
{
	size_t offset = l->ranges[i].offset;

	l->ranges[i].offset += bytes;
	l->ranges[i].bytes -= bytes;
	if (!l->ranges[i].bytes) {
		for (l->n--; i < l->n; i++)
			l->ranges[i] = l->ranges[i + 1];
	}
	return offset;
}

static size_t
take(struct lifetimes *l, size_t bytes)
{
	size_t best = l->n, i, offset;

	for (i = 0; i < l->n; i++)
		if (l->ranges[i].bytes >= bytes &&
		    (best == l->n ||
		     l->ranges[i].bytes < l->ranges[best].bytes))
			best = i;
	if (best < l->n)
		return take_range(l, best, bytes);
	offset = l->end;
	if (l->n && l->ranges[l->n - 1].offset + l->ranges[l->n - 1].bytes ==
	    l->end)			/* grow the last free range */
		offset = l->ranges[--l->n].offset;
	l->end = offset + bytes;
	return offset;
}

/* Join range i and the one after it if they touch. */
static void
join(struct lifetimes *l, size_t i)
{
	struct range *r = l->ranges;

	if (i + 1 >= l->n || r[i].offset + r[i].bytes != r[i + 1].offset)
		return;
	r[i].bytes += r[i + 1].bytes;
	for (i++, l->n--; i < l->n; i++)
		r[i] = r[i + 1];
}

static weir_status
give_back(struct lifetimes *l, size_t offset, size_t bytes)
{
	size_t i;

	if (weir__grow(l->heap, &l->ranges, &l->room, l->n,
		       sizeof *l->ranges))
		return WEIR_ENOMEM;
	for (i = l->n++; i && l->ranges[i - 1].offset > offset; i--)
		l->ranges[i] = l->ranges[i - 1];
	l->ranges[i] = (struct range){ offset, bytes };
	join(l, i);
	if (i)
		join(l, i - 1);
	return WEIR_OK;
}

static size_t
bytes_of(const struct lifetimes *l, uint32_t value)
{
	return rounded((size_t)weir__spec_bytes(
		&l->plan->graph->values[value]->spec));
}

static const struct weir__slot *
slots_of(const struct lifetimes *l, uint32_t step, uint32_t *n)
{
	const struct weir__step *s = &l->plan->steps[step];

	*n = s->node->n_in + s->node->n_out;
	return &l->plan->slots[s->first_slot];
}

/* When each value is used last; the values that die with each step. */
static void
find_last_uses(struct lifetimes *l)
{
	const weir_plan *plan = l->plan;
	const struct weir__slot *slots;
	uint32_t i, j, n, value;

	for (i = 0; i < plan->n_steps; i++) {
		slots = slots_of(l, i, &n);
		for (j = 0; j < n; j++)
			if (slots[j].where == WEIR__AT_ARENA)
				l->last_use[slots[j].index] = i + 1;
		l->dying_first[i] = 0;
	}
	for (value = 0; value < plan->graph->n_values; value++) {
		if (!l->last_use[value])
			continue;
		i = l->last_use[value] - 1;
		l->dying_next[value] = l->dying_first[i];
		l->dying_first[i] = value + 1;
	}
}

static weir_status
place_step(struct lifetimes *l, uint32_t number)
{
	struct weir__step *step = &l->plan->steps[number];
	const struct weir__slot *slots;
	uint32_t j, n, value;
	size_t scratch = rounded(step->scratch_bytes);

	slots = slots_of(l, number, &n);
	for (j = step->node->n_in; j < n; j++)
		if (slots[j].where == WEIR__AT_ARENA)
			l->offset[slots[j].index] = (int64_t)
				take(l, bytes_of(l, slots[j].index));
	if (step->scratch_bytes)
		step->scratch = (int64_t)take(l, scratch);
	if (!l->shares)
		return WEIR_OK;
	if (step->scratch_bytes &&
	    give_back(l, (size_t)step->scratch, scratch))
		return WEIR_ENOMEM;
	for (value = l->dying_first[number]; value;
	     value = l->dying_next[value - 1])
		if (give_back(l, (size_t)l->offset[value - 1],
			      bytes_of(l, value - 1)))
			return WEIR_ENOMEM;
	return WEIR_OK;
}

static weir_status
place_all(struct lifetimes *l)
{
	weir_plan *plan = l->plan;
	uint32_t i;

	find_last_uses(l);
	for (i = 0; i < plan->n_steps; i++)
		if (place_step(l, i))
			return WEIR_ENOMEM;
	for (i = 0; i < plan->n_slots; i++) {
		struct weir__slot *slot = &plan->slots[i];

		if (slot->where == WEIR__AT_ARENA)
			slot->offset += l->offset[slot->index];
	}
	plan->arena_bytes = l->end;
	return WEIR_OK;
}

weir_status
weir__plan_memory(weir_plan *plan, bool keeps_all)
{
	struct lifetimes l = {
		.plan = plan,
		.heap = plan->heap,
		.shares = plan->workers == 1 && !keeps_all,
	};
	size_t values = plan->graph->n_values + 1;
	weir_status status = WEIR_ENOMEM;

	l.offset = weir__calloc(l.heap, values, sizeof *l.offset);
	l.last_use = weir__calloc(l.heap, values, sizeof *l.last_use);
	l.dying_next = weir__calloc(l.heap, values, sizeof *l.dying_next);
	l.dying_first = weir__calloc(l.heap, plan->n_steps + 1,
				     sizeof *l.dying_first);
	if (l.offset && l.last_use && l.dying_next && l.dying_first)
		status = place_all(&l);
	weir__free(l.heap, l.offset);
	weir__free(l.heap, l.last_use);
	weir__free(l.heap, l.dying_next);
	weir__free(l.heap, l.dying_first);
	weir__free(l.heap, l.ranges);
	return status;
}
