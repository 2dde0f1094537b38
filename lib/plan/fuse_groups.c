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

#include "ops/loop.h"
#include "plan/fuse.h"

enum { MANY = 64 };		/* open groups: bits of a word */

struct search {
	const weir_plan *plan;
	unsigned workers;
	struct weir__groups *g;
	uint64_t *before;	/* per step alone, per leader: open groups */
	uint64_t *bits;		/* per leader: its own; 0: closed */
	uint32_t owner[MANY];	/* per bit: a leader or WEIR__NOWHERE */
	uint32_t since[MANY];	/* per bit: the owner is so many-th */
	uint32_t opened;
	uint32_t *closed;	/* per step that is alone, or was closed: how
				   many had been opened by then. Of its bits
				   those of later ones mean others. */
};

static int64_t
elements_of(const struct weir__step *step)
{
	return weir__spec_elements(step->call.out[0]);
}

/* -- which groups come before ---------------------------------------------- */

/* The open groups that a step comes after, and its own. */
static uint64_t
up_to(const struct search *s, uint32_t step)
{
	uint32_t leader = s->g->leader[step];
	uint64_t mask = s->bits[leader], rest;

	for (rest = s->before[leader]; rest; rest &= rest - 1) {
		int bit = __builtin_ctzll(rest);
		uint32_t owner = s->owner[bit];

		if (owner != WEIR__NOWHERE &&
		    (s->bits[leader] || s->since[bit] <= s->closed[leader]))
			mask |= s->bits[owner] | s->before[owner];
	}
	return mask;
}

static void
close_group(struct search *s, uint32_t leader)
{
	uint64_t gone = s->bits[leader];
	int i;

	s->bits[leader] = 0;
	s->closed[leader] = s->opened;
	for (i = 0; i < MANY; i++) {
		if (s->owner[i] == leader)
			s->owner[i] = WEIR__NOWHERE;
		else if (s->owner[i] != WEIR__NOWHERE)
			s->before[s->owner[i]] &= ~gone;
	}
}

/* What comes before the step is not known yet: it must not be those of a group
 * that is closed for its sake. */
static void
open_group(struct search *s, uint32_t step)
{
	uint32_t bit = s->opened % MANY;

	if (s->owner[bit] != WEIR__NOWHERE)
		close_group(s, s->owner[bit]);
	s->owner[bit] = step;
	s->since[bit] = ++s->opened;
	s->bits[step] = (uint64_t)1 << bit;
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

/* Units and granule of a group with the members of two; false where they have
 * none in common, or too large a one. */
static bool
have_units(const struct search *s, uint32_t a, uint32_t b,
	   struct weir__group *both)
{
	const struct weir__step *steps = s->plan->steps;
	const struct weir__grain *grains = s->g->grains;
	const struct weir__group *pair[2] = { &s->g->groups[a],
					      &s->g->groups[b] };

	both->n = pair[0]->n + pair[1]->n;
	both->by_rows = pair[0]->by_rows || pair[1]->by_rows ||
			grains[a].part || grains[b].part ||
			elements_of(&steps[a]) != elements_of(&steps[b]);
	both->units = both->by_rows ? weir__rows_of(&steps[a], &grains[a])
				    : elements_of(&steps[a]);
	both->is_wide = false;
	both->granule = 1;
	both->bytes = 0;
	if (both->n > WEIR__FUSED_MAX ||
	    (both->by_rows &&
	     weir__rows_of(&steps[b], &grains[b]) != both->units))
		return false;
	/* What is no more than a tile goes along with rows, but there is nothing
	 * to gain where it is alone, or with its like. */
	return weir__group_add(s->plan, s->g, both, pair[0]) &&
	       weir__group_add(s->plan, s->g, both, pair[1]) &&
	       (both->is_wide || both->units > WEIR__TILE) &&
	       weir__group_fits(s->g, both, s->workers);
}

/* Whether a step needs of what another one has made the same units only. */
static bool
follows(const struct search *s, const struct weir__group *group,
	uint32_t step, uint32_t operand)
{
	const struct weir__step *steps = s->plan->steps;
	uint32_t maker = operand_of(s, step, operand)->maker;
	struct weir__margin needs;

	if (s->g->grains[maker].part)	/* that is there at the end */
		return false;
	return weir__needs_of(s->plan, step, &s->g->grains[step], operand,
			      weir__member_width(s->g, group, &steps[step],
						 step),
			      weir__member_width(s->g, group, &steps[maker],
						 maker), 0, &needs) &&
	       needs.before <= 0 && needs.after <= 0;
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

/* Join the group of who makes an operand, if that can be. */
static void
try_operand(struct search *s, uint32_t step, uint32_t operand)
{
	uint32_t maker = operand_of(s, step, operand)->maker;

	if (maker != WEIR__NOWHERE && !is_far(s, step, maker))
		try_to_join(s, s->g->leader[step], s->g->leader[maker]);
}

static void
add_step(struct search *s, uint32_t step)
{
	const struct weir__grain *grain = &s->g->grains[step];
	uint32_t i, n_in = (uint32_t)s->plan->steps[step].call.n_in, maker;

	if (grain->tiles)
		open_group(s, step);
	s->closed[step] = s->opened;
	for (i = 0; i < n_in; i++) {
		maker = operand_of(s, step, i)->maker;
		if (maker != WEIR__NOWHERE)
			s->before[step] |= up_to(s, maker);
	}
	if (!grain->tiles)
		return;
	/* The rows of something else are no reason to make a sum of parts. */
	if (grain->part)
		try_operand(s, step, grain->through);
	for (i = 0; i < n_in; i++)
		if (!grain->part ||
		    s->g->groups[s->g->leader[step]].n > 1)
			try_operand(s, step, i);
}

static void
find(struct search *s)
{
	uint32_t i;

	for (i = 0; i < MANY; i++)
		s->owner[i] = WEIR__NOWHERE;
	for (i = 0; i < s->plan->n_steps; i++) {
		weir__grain_find(s->plan, i, &s->g->grains[i]);
		add_step(s, i);
	}
}

weir_status
weir__groups_init(const weir_plan *plan, struct weir__groups *groups)
{
	struct weir__heap *heap = plan->heap;
	size_t n = (size_t)plan->n_steps + 1;
	uint32_t i;

	groups->heap = heap;
	groups->leader = weir__calloc(heap, n, sizeof *groups->leader);
	groups->next = weir__calloc(heap, n, sizeof *groups->next);
	groups->groups = weir__calloc(heap, n, sizeof *groups->groups);
	if (!groups->leader || !groups->next || !groups->groups)
		return WEIR_ENOMEM;
	for (i = 0; i < plan->n_steps; i++) {
		groups->leader[i] = i;
		groups->next[i] = WEIR__NOWHERE;
		groups->groups[i] = (struct weir__group){ .n = 1, .first = i };
	}
	return WEIR_OK;
}

weir_status
weir__groups_find(const weir_plan *plan, unsigned workers,
		  struct weir__groups *groups)
{
	struct weir__heap *heap = plan->heap;
	size_t n = (size_t)plan->n_steps + 1;
	struct search s = { .plan = plan, .workers = workers, .g = groups };
	weir_status status = weir__groups_init(plan, groups);

	if (status)
		return status;
	status = WEIR_ENOMEM;
	groups->grains = weir__calloc(heap, n, sizeof *groups->grains);
	groups->margins = weir__calloc(heap, n, sizeof *groups->margins);
	s.before = weir__calloc(heap, n, sizeof *s.before);
	s.bits = weir__calloc(heap, n, sizeof *s.bits);
	s.closed = weir__calloc(heap, n, sizeof *s.closed);
	if (groups->grains && groups->margins && s.before && s.bits &&
	    s.closed && !weir__uses_find(plan, &groups->uses)) {
		find(&s);
		weir__groups_absorb(plan, workers, groups);
		status = WEIR_OK;
	}
	weir__free(heap, s.before);
	weir__free(heap, s.bits);
	weir__free(heap, s.closed);
	return status;
}

void
weir__groups_free(struct weir__groups *groups)
{
	weir__free(groups->heap, groups->leader);
	weir__free(groups->heap, groups->next);
	weir__free(groups->heap, groups->grains);
	weir__free(groups->heap, groups->groups);
	weir__free(groups->heap, groups->margins);
	weir__free(groups->heap, groups->axes);
	weir__uses_free(groups->heap, &groups->uses);
}
