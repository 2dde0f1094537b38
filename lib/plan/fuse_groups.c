/*
 * Which steps are run as one.
 *
 * Steps are taken in the order of the program. One that can be cut along the
 * elements or rows of its result joins the groups of those that made its
 * operands, if it needs of each no more than the same part, and if nothing
 * else has to happen between the two.
 *
 * For that last question each step and each group knows which groups come
 * before it, on whatever way, among the last MANY that were opened; older ones
 * are closed and grow no more. So all of it takes time linear in the steps.
 */
#include <string.h>

#include "plan/fuse.h"

#include "ops/invoke.h"

enum { MANY = 64 };		/* open groups: bits of a word */

static const double FITS_BYTES = 512 << 10;	/* in the cache of one core */

struct search {
	const weir_plan *plan;
	unsigned workers;
	struct weir__groups *g;
	uint64_t *before;	/* per step alone, per leader: open groups */
	uint64_t *bits;		/* per leader: its own; 0: closed */
	uint32_t owner[MANY];	/* per bit: a leader or WEIR__NOWHERE */
	uint32_t opened;
};

/* -- grains ---------------------------------------------------------------- */

static void
reach_of_result(const struct weir__step *step, int64_t begin, int64_t end,
		int64_t *first, int64_t *last)
{
	if (end > step->tiles)
		end = step->tiles;
	weir__reach(&step->call, step->call.n_in, begin, end, first, last);
}

static int64_t
elements_of(const struct weir__step *step)
{
	return weir__spec_elements(step->call.out[0]);
}

static bool
can_be_fused(const weir_plan *plan, const struct weir__step *step)
{
	const weir_op *op = step->call.op;

	return op->flags & WEIR_OP_PURE && op->reach && !op->finish &&
	       !step->is_invariant &&
	       step->call.n_out == 1 && !step->scratch_bytes &&
	       step->tiles > 1 && !weir__node_is_fallible(plan->graph,
							  step->node);
}

/* Leaves it 0 unless there are several grains. */
static void
find_grain(const weir_plan *plan, const struct weir__step *step,
	   struct weir__grain *grain)
{
	int64_t first, last, from, to, tiles = 1, i, n;

	if (!can_be_fused(plan, step))
		return;
	n = elements_of(step);
	reach_of_result(step, 0, 1, &first, &last);
	if (first != 0 || last < 1 || last >= n)
		return;
	for (; tiles < step->tiles; tiles++) {
		reach_of_result(step, tiles, tiles + 1, &from, &to);
		if (from != first)
			break;
	}
	for (i = 0; i * tiles < step->tiles; i++) {
		reach_of_result(step, i * tiles, (i + 1) * tiles, &from, &to);
		if (from != i * last ||
		    to != ((i + 1) * last < n ? (i + 1) * last : n))
			return;
	}
	if (i * last < n)
		return;
	*grain = (struct weir__grain){ last, tiles };
}

/* -- which groups come before ---------------------------------------------- */

/* The open groups that a step comes after, and its own. */
static uint64_t
up_to(const struct search *s, uint32_t step)
{
	uint32_t leader = s->g->leader[step];
	uint64_t mask = s->before[leader], rest;

	for (rest = mask; rest; rest &= rest - 1) {
		uint32_t owner = s->owner[__builtin_ctzll(rest)];

		if (owner != WEIR__NOWHERE)
			mask |= s->before[owner];
	}
	return mask | s->bits[leader];
}

static void
close_group(struct search *s, uint32_t leader)
{
	uint64_t gone = s->bits[leader];
	int i;

	s->bits[leader] = 0;
	for (i = 0; i < MANY; i++) {
		if (s->owner[i] == leader)
			s->owner[i] = WEIR__NOWHERE;
		else if (s->owner[i] != WEIR__NOWHERE)
			s->before[s->owner[i]] &= ~gone;
	}
}

static void
open_group(struct search *s, uint32_t step)
{
	uint32_t bit = s->opened++ % MANY;

	if (s->owner[bit] != WEIR__NOWHERE)
		close_group(s, s->owner[bit]);
	s->owner[bit] = step;
	s->bits[step] = (uint64_t)1 << bit;
	s->before[step] &= ~s->bits[step];	/* the former owner's */
}

static const struct weir__slot *
operand_of(const struct search *s, uint32_t step, uint32_t operand)
{
	return &s->plan->slots[s->plan->steps[step].first_slot + operand];
}

/* Whether a step of group a needs one that is in neither and comes after
 * group b. */
static bool
is_apart(const struct search *s, uint32_t a, uint32_t b)
{
	uint32_t step, i, maker;

	for (step = s->g->groups[a].first; step != WEIR__NOWHERE;
	     step = s->g->next[step])
		for (i = 0; i < s->plan->steps[step].call.n_in; i++) {
			maker = operand_of(s, step, i)->maker;
			if (maker == WEIR__NOWHERE ||
			    s->g->leader[maker] == a ||
			    s->g->leader[maker] == b)
				continue;
			if (up_to(s, maker) & s->bits[b])
				return true;
		}
	return false;
}

/* -- what fits together ---------------------------------------------------- */

int64_t
weir__group_width(const struct weir__group *group,
		  const struct weir__step *step)
{
	return group->by_rows ? elements_of(step) / group->units : 1;
}

static int64_t
rows_of(const struct weir__step *step)
{
	const weir_spec *spec = step->call.out[0];

	return spec->rank ? spec->shape[0] : 1;
}

static int64_t
least_common_multiple(int64_t a, int64_t b)
{
	int64_t x = a, y = b, rest;

	while (y) {
		rest = x % y;
		x = y;
		y = rest;
	}
	return a / x * b;
}

/* Units and granule of a group with the members of two; false where they have
 * none in common, or too large a one. */
static bool
have_units(const struct search *s, uint32_t a, uint32_t b,
	   struct weir__group *both)
{
	const struct weir__step *steps = s->plan->steps;
	const struct weir__group *pair[2] = { &s->g->groups[a],
					      &s->g->groups[b] };
	double bytes = 0;
	uint32_t step;
	int i;

	both->n = pair[0]->n + pair[1]->n;
	both->by_rows = pair[0]->by_rows || pair[1]->by_rows ||
			elements_of(&steps[a]) != elements_of(&steps[b]);
	both->units = both->by_rows ? rows_of(&steps[a])
				    : elements_of(&steps[a]);
	both->granule = 1;
	if (both->n > WEIR__FUSED_MAX ||
	    (both->by_rows && rows_of(&steps[b]) != both->units))
		return false;
	for (i = 0; i < 2; i++)
		for (step = pair[i]->first; step != WEIR__NOWHERE;
		     step = s->g->next[step]) {
			int64_t width = weir__group_width(both, &steps[step]);
			int64_t grain = s->g->grains[step].elements;

			if (grain % width)
				return false;
			both->granule = least_common_multiple(both->granule,
							      grain / width);
			if (both->granule > both->units / 2)
				return false;
			bytes += (double)(width * (int64_t)weir_dtype_size(
				steps[step].call.out[0]->dtype));
		}
	return both->granule * 2 * s->workers <= both->units &&
	       bytes * (double)both->granule <= FITS_BYTES;
}

bool
weir__group_follows(const struct weir__group *group,
		    const struct weir__step *step,
		    const struct weir__grain *grain, uint32_t operand,
		    int64_t width)
{
	int64_t units = grain->elements / weir__group_width(group, step);
	int64_t first, last, i, end;

	for (i = 0; i * grain->tiles < step->tiles; i++) {
		end = (i + 1) * grain->tiles;
		weir__reach(&step->call, operand, i * grain->tiles,
			    end < step->tiles ? end : step->tiles, &first,
			    &last);
		if (first < i * units * width || last > (i + 1) * units * width)
			return false;
	}
	return true;
}

/* Whether a step needs of what another one has made the same units only. */
static bool
follows(const struct search *s, const struct weir__group *group,
	uint32_t step, uint32_t operand)
{
	const struct weir__slot *slot = operand_of(s, step, operand);
	const struct weir__step *steps = s->plan->steps;

	return slot->is_direct &&
	       weir__group_follows(group, &steps[step], &s->g->grains[step],
				   operand, weir__group_width(
					group, &steps[slot->maker]));
}

/* The same of all that steps of group a need of group b. */
static bool
all_follow(const struct search *s, const struct weir__group *both, uint32_t a,
	   uint32_t b)
{
	uint32_t step, i;

	for (step = s->g->groups[a].first; step != WEIR__NOWHERE;
	     step = s->g->next[step])
		for (i = 0; i < s->plan->steps[step].call.n_in; i++) {
			uint32_t maker = operand_of(s, step, i)->maker;

			if (maker != WEIR__NOWHERE &&
			    s->g->leader[maker] == b &&
			    !follows(s, both, step, i))
				return false;
		}
	return true;
}

static size_t
operands_of(const struct search *s, uint32_t leader)
{
	uint32_t step;
	size_t n = 0;

	for (step = s->g->groups[leader].first; step != WEIR__NOWHERE;
	     step = s->g->next[step])
		n += s->plan->steps[step].call.n_in;
	return n;
}

/* -- joining --------------------------------------------------------------- */

/* The members of group b become those of group a, in order. */
static void
merge(struct search *s, uint32_t a, uint32_t b, struct weir__group both)
{
	uint32_t x = s->g->groups[a].first, y = s->g->groups[b].first;
	uint32_t *link = &both.first, step;
	uint64_t own = s->bits[a] | s->bits[b], before;
	int i;

	for (step = y; step != WEIR__NOWHERE; step = s->g->next[step])
		s->g->leader[step] = a;
	while (x != WEIR__NOWHERE || y != WEIR__NOWHERE) {
		uint32_t *least = x < y ? &x : &y;

		*link = *least;
		link = &s->g->next[*least];
		*least = *link;
	}
	s->g->groups[a] = both;
	before = (s->before[a] | s->before[b]) & ~own;
	s->before[a] = before;
	s->bits[a] = own;
	s->bits[b] = 0;
	for (i = 0; i < MANY; i++) {
		if (s->owner[i] == b)
			s->owner[i] = a;
		if (s->owner[i] != WEIR__NOWHERE && s->owner[i] != a &&
		    s->before[s->owner[i]] & own)
			s->before[s->owner[i]] |= own | before;
	}
}

/* The group of a step, and that of one that it needs. */
static void
try_to_join(struct search *s, uint32_t a, uint32_t b)
{
	struct weir__group both;

	if (a == b || !s->bits[a] || !s->bits[b] ||
	    !have_units(s, a, b, &both) || !all_follow(s, &both, a, b) ||
	    !all_follow(s, &both, b, a) || is_apart(s, a, b) ||
	    is_apart(s, b, a) ||
	    operands_of(s, a) + operands_of(s, b) > WEIR_OPERANDS_MAX)
		return;
	merge(s, a, b, both);
}

/* Whether what the step makes would be there for long before it is read. */
static bool
is_far(const struct search *s, uint32_t step, uint32_t maker)
{
	return s->plan->fuses_within && step - maker > s->plan->fuses_within;
}

static void
add_step(struct search *s, uint32_t step)
{
	uint32_t i, n_in = (uint32_t)s->plan->steps[step].call.n_in, maker;

	for (i = 0; i < n_in; i++) {
		maker = operand_of(s, step, i)->maker;
		if (maker != WEIR__NOWHERE)
			s->before[step] |= up_to(s, maker);
	}
	if (!s->g->grains[step].tiles)
		return;
	open_group(s, step);
	for (i = 0; i < n_in; i++) {
		maker = operand_of(s, step, i)->maker;
		if (maker != WEIR__NOWHERE && !is_far(s, step, maker))
			try_to_join(s, s->g->leader[step],
				    s->g->leader[maker]);
	}
}

static void
find(struct search *s)
{
	uint32_t i;

	for (i = 0; i < MANY; i++)
		s->owner[i] = WEIR__NOWHERE;
	for (i = 0; i < s->plan->n_steps; i++) {
		const struct weir__step *step = &s->plan->steps[i];

		s->g->leader[i] = i;
		s->g->next[i] = WEIR__NOWHERE;
		find_grain(s->plan, step, &s->g->grains[i]);
		s->g->groups[i] = (struct weir__group){ .n = 1, .first = i };
		add_step(s, i);
	}
}

weir_status
weir__groups_find(const weir_plan *plan, unsigned workers,
		  struct weir__groups *groups)
{
	struct weir__heap *heap = plan->heap;
	size_t n = (size_t)plan->n_steps + 1;
	struct search s = { .plan = plan, .workers = workers, .g = groups };
	weir_status status = WEIR_ENOMEM;

	groups->heap = heap;
	groups->leader = weir__calloc(heap, n, sizeof *groups->leader);
	groups->next = weir__calloc(heap, n, sizeof *groups->next);
	groups->grains = weir__calloc(heap, n, sizeof *groups->grains);
	groups->groups = weir__calloc(heap, n, sizeof *groups->groups);
	s.before = weir__calloc(heap, n, sizeof *s.before);
	s.bits = weir__calloc(heap, n, sizeof *s.bits);
	if (groups->leader && groups->next && groups->grains &&
	    groups->groups && s.before && s.bits) {
		find(&s);
		status = WEIR_OK;
	}
	weir__free(heap, s.before);
	weir__free(heap, s.bits);
	return status;
}

void
weir__groups_free(struct weir__groups *groups)
{
	weir__free(groups->heap, groups->leader);
	weir__free(groups->heap, groups->next);
	weir__free(groups->heap, groups->grains);
	weir__free(groups->heap, groups->groups);
}
