/*
 * Steps that make what a group alone reads, but of which each chunk needs more
 * than its share: the rows above and below, say, of a stencil. They become
 * members, too. Rows that two chunks need are made twice, once for each, as
 * parts of two values that are never in memory as a whole.
 *
 * What a group alone reads comes before nothing else, so there is no way from
 * it through others into the group: no step comes to wait for itself.
 */
#include <string.h>

#include "plan/fuse.h"

enum { LEAST_CHUNK = 4 };	/* margins: at most a quarter is made twice */

static const double MEMORY_BYTES_A_NS = 20;	/* what is not written to memory
						   and read there saves */
static const double LEAST_BYTES = 256 << 10;	/* less stays in the cache */

struct absorber {
	const weir_plan *plan;
	unsigned workers;
	struct weir__groups *g;
};

/* -- who reads what -------------------------------------------------------- */

/* The leader of the only group whose steps read what a step makes, or
 * WEIR__NOWHERE. */
static uint32_t
only_reader(const struct absorber *a, uint32_t number)
{
	const struct weir__step *step = &a->plan->steps[number];
	uint32_t use = a->g->uses.first[number], leader;

	if (use == WEIR__NOWHERE ||
	    a->plan->slots[step->first_slot + step->call.n_in].where !=
		    WEIR__AT_ARENA)
		return WEIR__NOWHERE;
	leader = a->g->leader[a->g->uses.user[use]];
	for (; use != WEIR__NOWHERE; use = a->g->uses.next[use])
		if (a->g->leader[a->g->uses.user[use]] != leader)
			return WEIR__NOWHERE;
	return a->g->grains[leader].tiles ? leader : WEIR__NOWHERE;
}

/* -- how much more --------------------------------------------------------- */

static int64_t
rounded_up(int64_t x, int64_t to)
{
	int64_t rest = x % to;

	return x - rest + (rest > 0 ? to : 0);
}

/* What units of the group need of the step, in whole grains. */
static bool
find_margin(const struct absorber *a, const struct weir__group *group,
	    uint32_t number, struct weir__margin *margin)
{
	int64_t all = group->units / (2 * LEAST_CHUNK), grain;
	uint32_t use = a->g->uses.first[number], user;
	struct weir__margin needs;
	bool is_first = true;

	for (; use != WEIR__NOWHERE; use = a->g->uses.next[use]) {
		const struct weir__step *step;

		user = a->g->uses.user[use];
		step = &a->plan->steps[user];
		if (!weir__needs_of(a->plan, user, &a->g->grains[user],
				    use - step->first_slot,
				    weir__member_width(a->g, group, step, user),
				    margin->width, all, &needs))
			return false;
		needs.before += a->g->margins[user].before;
		needs.after += a->g->margins[user].after;
		if (is_first || margin->before < needs.before)
			margin->before = needs.before;
		if (is_first || margin->after < needs.after)
			margin->after = needs.after;
		is_first = false;
	}
	grain = weir__grain_units(&a->g->grains[number], margin->width);
	margin->before = rounded_up(margin->before, grain);
	margin->after = rounded_up(margin->after, grain);
	if (margin->after < -margin->before)
		margin->after = -margin->before;
	if (margin->before + margin->after <= all / a->workers)
		return true;
	a->g->is_for_many |= margin->before + margin->after <= all;
	return false;
}

/* Whether making some of it twice takes less than writing and reading it. */
static bool
is_worth_it(const struct weir__step *step, const struct weir__margin *margin,
	    int64_t granule)
{
	double bytes = (double)weir__spec_bytes(step->call.out[0]);
	double twice = (double)(margin->before + margin->after) /
		       (double)granule;

	return bytes >= LEAST_BYTES &&
	       step->cost.nanoseconds * twice <= 2 * bytes / MEMORY_BYTES_A_NS;
}

static size_t
operands_of(const struct absorber *a, const struct weir__group *group)
{
	uint32_t step;
	size_t n = 0;

	for (step = group->first; step != WEIR__NOWHERE;
	     step = a->g->next[step])
		n += a->plan->steps[step].call.n_in;
	return n;
}

/* The group with the step as a member; false where they do not fit. */
static bool
have_units(const struct absorber *a, uint32_t leader, uint32_t number,
	   struct weir__group *both, struct weir__margin *margin)
{
	const struct weir__group *group = &a->g->groups[leader];
	const struct weir__step *step = &a->plan->steps[number];
	int64_t least;

	*both = *group;
	both->n++;
	both->by_rows = true;
	if (!group->by_rows)
		both->units = weir__rows_of(&a->plan->steps[leader],
					    &a->g->grains[leader]);
	both->granule = 1;
	both->bytes = 0;
	margin->width = weir__spec_elements(step->call.out[0]) /
			weir__rows_of(step, &a->g->grains[number]);
	if (both->n > WEIR__FUSED_MAX ||
	    operands_of(a, group) + step->call.n_in > WEIR_OPERANDS_MAX ||
	    !weir__group_add(a->plan, a->g, both, group) ||
	    !find_margin(a, both, number, margin))
		return false;
	both->granule = weir__least_common_multiple(
		both->granule, weir__grain_units(&a->g->grains[number],
						 margin->width));
	least = LEAST_CHUNK * (margin->before + margin->after);
	if (both->granule < least)
		both->granule = rounded_up(least, both->granule);
	both->bytes += (double)(margin->width * (int64_t)weir_dtype_size(
		step->call.out[0]->dtype));
	return weir__group_fits(a->g, both, a->workers) &&
	       is_worth_it(step, margin, both->granule);
}

/* -- joining --------------------------------------------------------------- */

static void
absorb(struct absorber *a, uint32_t leader, uint32_t number,
       struct weir__group both, struct weir__margin margin)
{
	uint32_t *link = &both.first;

	while (*link < number)		/* WEIR__NOWHERE is greater */
		link = &a->g->next[*link];
	a->g->next[number] = *link;
	*link = number;
	a->g->leader[number] = leader;
	a->g->margins[number] = margin;
	a->g->groups[leader] = both;
}

static void
try_to_absorb(struct absorber *a, uint32_t number)
{
	uint32_t leader = a->g->leader[number], reader;
	struct weir__margin margin = { 0 };
	struct weir__group both;

	if (!a->g->grains[number].tiles || a->g->grains[number].part ||
	    leader != number ||
	    a->g->groups[leader].n > 1)
		return;
	reader = only_reader(a, number);
	if (reader != WEIR__NOWHERE &&
	    have_units(a, reader, number, &both, &margin))
		absorb(a, reader, number, both, margin);
}

void
weir__groups_absorb(const weir_plan *plan, unsigned workers,
		    struct weir__groups *groups)
{
	struct absorber a = { .plan = plan, .workers = workers, .g = groups };
	uint32_t i;

	/* Who reads comes after: it has found its group by then. */
	for (i = plan->n_steps; i > 0; i--)
		try_to_absorb(&a, i - 1);
}
