/*
 * Turns: where a chunk is more than the first cache holds, because of one member,
 * others that follow each other do it a few units at a time.
 */
#include "plan/fuse.h"

static const double TURN_BYTES = 64 << 10;	/* what a turn makes */

static uint32_t
larger(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

static double
bytes_a_unit(const struct weir__fused *fused,
	     const struct weir__fused_member *member)
{
	return (double)weir__spec_bytes(member->call.out[0]) /
	       (double)fused->units;
}

/* Members that take turns, from one on. */
struct turns {
	uint32_t n;
	int64_t units;		/* of one: whole grains of all */
	double bytes;		/* of the results of a unit */
};

/* Whether a member's result is over that of one of those before it. */
static bool
is_over_another(const struct weir__fused_member *first, uint32_t n)
{
	uint32_t i;

	for (i = 0; i < n; i++)
		if (!first[i].is_kept && !first[n].is_kept &&
		    first[i].offset == first[n].offset)
			return true;
	return false;
}

/* Take in the next one, unless a turn is more than the first cache holds then. */
static bool
add_to_turns(const struct weir__fused *fused,
	     const struct weir__fused_member *first, struct turns *t)
{
	const struct weir__fused_member *next = &first[t->n];

	if (next->is_in_parts || next->before || next->after)
		return false;
	t->units = weir__least_common_multiple(t->units, next->grain_units);
	if (!is_over_another(first, t->n))
		t->bytes += bytes_a_unit(fused, next);
	t->n++;
	return t->units <= fused->chunk / 2 &&
	       t->bytes * (double)t->units <= TURN_BYTES;
}

/* The members that are done with the first one: a chain may begin among those
 * that a product is finished with, and end after them. */
static uint32_t
n_done_together(const struct weir__fused_member *first)
{
	uint32_t n = 1, i;

	for (i = 0; i < n; i++) {
		n = larger(n, i + first[i].finished.n);
		n = larger(n, i + first[i].chain);
	}
	return n;
}

/* With those that are done together with it. */
static bool
add_all_to_turns(const struct weir__fused *fused,
		 const struct weir__fused_member *first, struct turns *t)
{
	uint32_t end = t->n + n_done_together(&first[t->n]);

	while (t->n < end)
		if (!add_to_turns(fused, first, t))
			return false;
	return true;
}

/* Those that take turns from one on: it is one at least. */
static void
set_turns(const struct weir__fused *fused, struct weir__fused_member *first,
	  uint32_t n_left)
{
	struct turns t = { 0, 1, 0 }, with = t;
	double times;

	while (t.n < n_left && add_all_to_turns(fused, first, &with))
		t = with;
	first->together = t.n ? t.n : n_done_together(first);
	first->turn = fused->chunk;
	if (t.n < 2)
		return;
	times = TURN_BYTES / (t.bytes * (double)t.units);
	first->turn = t.units * (int64_t)times;
}

/* All members do a chunk each, one after the other; unless that is much. */
void
weir__fuse_turns(const struct weir__fused *fused,
		 struct weir__fused_member *members)
{
	double bytes = 0;
	uint32_t i;

	for (i = 0; i < fused->n_members; i++)
		bytes += bytes_a_unit(fused, &members[i]);
	members->together = fused->n_members;
	members->turn = fused->chunk;
	if (bytes * (double)fused->chunk <= 2 * TURN_BYTES)
		return;
	for (i = 0; i < fused->n_members; i += members[i].together)
		set_turns(fused, &members[i], fused->n_members - i);
}
