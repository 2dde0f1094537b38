/*
 * Members of a step that are a chain, see ops/chain.h: each makes what only the
 * next one reads, and of their other operands elements at the same places, or
 * the same one always.
 */
#include "plan/fuse.h"

#include "ops/chain.h"
#include "ops/loop.h"

enum {
	LEAST_ROW = 256,
	/*
	 * Bytes of a result that is stored past the caches. A store to a line
	 * that is in no cache reads it first; past them it does not, so an op on
	 * 16 MB took half as long, unless these were still in the third cache
	 * (one of 260 MB), from where they were read again in half the time.
	 */
	PAST_CACHES = 16 << 20
};

/* One operand of a member. */
struct operand {
	const weir_spec *spec;
	const int64_t *strides;
};

static struct operand
operand_of(const struct weir__slot *outside,
	   const struct weir__fused_member *member, size_t i)
{
	const struct weir__fused_operand *in = &member->in[i];

	return (struct operand){
		member->call.in[i],
		in->is_made ? in->strides : outside[in->index].strides,
	};
}

/* As many elements as the member makes, one after the other. */
static bool
is_like_result(const struct weir__fused_member *member, struct operand operand)
{
	return weir__spec_equal(operand.spec, member->call.out[0]) &&
	       weir__is_contiguous(operand.spec, operand.strides);
}

/* The same for each row; short rows are not worth it. */
static bool
is_row(const struct weir__fused_member *member, struct operand operand)
{
	const weir_spec *out = member->call.out[0];
	int64_t n = out->rank ? out->shape[out->rank - 1] : 1;

	return n >= LEAST_ROW && n <= WEIR__TILE &&
	       weir__elements(operand.spec) == n &&
	       operand.spec->shape[operand.spec->rank - 1] == n &&
	       weir__is_contiguous(operand.spec, operand.strides);
}

/* Whether a member can be in a chain of which the value is this operand. */
static bool
is_link(const struct weir__slot *outside, struct weir__fused_member *member,
	size_t through)
{
	struct operand other;

	member->has_row = false;
	member->link = weir__link_code(&member->call, through);
	if (!member->link ||
	    !is_like_result(member, operand_of(outside, member, through)))
		return false;
	member->through = (uint8_t)through;
	if (member->call.n_in == 1)
		return true;
	other = operand_of(outside, member, 1 - through);
	if (is_like_result(member, other))
		return true;
	if (weir__elements(other.spec) == 1)
		member->link += WEIR__LINK_ONE;
	else
		member->has_row = is_row(member, other);
	return member->has_row || member->link >= WEIR__LINK_ONE;
}

/* How many operands of a member another one has made, and the last of them. */
static size_t
count_reads(const struct weir__fused_member *member, uint32_t maker,
	    size_t *operand)
{
	size_t i, n = 0;

	for (i = 0; i < member->call.n_in; i++)
		if (member->in[i].is_made && member->in[i].index == maker) {
			*operand = i;
			n++;
		}
	return n;
}

static bool
have_same_tiles(const struct weir__fused_member *a,
		const struct weir__fused_member *b)
{
	return weir__spec_equal(a->call.out[0], b->call.out[0]) &&
	       a->width == b->width && a->before == b->before &&
	       a->after == b->after && a->tiles == b->tiles &&
	       a->grain_tiles == b->grain_tiles &&
	       a->grain_units == b->grain_units;
}

/* Whether the member after this one, and no other, reads what it makes, and is
 * its next link. */
static bool
goes_on(const struct weir__slot *outside, const struct weir__fused *fused,
	const uint32_t *last_user, struct weir__fused_member *members,
	uint32_t number)
{
	const struct weir__fused_member *member = &members[number];
	struct weir__fused_member *next = &members[number + 1];
	size_t operand = 0;

	if (number + 1 == fused->n_members || member->is_kept ||
	    last_user[number] != number + 1 ||
	    count_reads(next, number, &operand) != 1 ||
	    next->in[operand].offset || !have_same_tiles(member, next))
		return false;
	return is_link(outside, next, operand);
}

/* The last member of the chain that begins with one, or itself. */
static uint32_t
chain_from(const struct weir__slot *outside, const struct weir__fused *fused,
	   const uint32_t *last_user, struct weir__fused_member *members,
	   uint32_t first)
{
	struct weir__fused_member *member = &members[first];
	uint32_t last = first;

	if (!is_link(outside, member, 0) &&
	    (member->call.n_in < 2 || !is_link(outside, member, 1)))
		return first;
	member->is_by_rows = member->has_row;
	while (goes_on(outside, fused, last_user, members, last))
		member->is_by_rows |= members[++last].has_row;
	return last;
}

void
weir__fuse_chains(const struct weir__slot *outside, const uint32_t *last_user,
		  struct weir__fused *fused,
		  struct weir__fused_member *members)
{
	uint32_t first, last;

	for (first = 0; first < fused->n_members; first = last + 1) {
		last = chain_from(outside, fused, last_user, members, first);
		if (last == first)
			continue;
		members[first].chain = (uint8_t)(last - first + 1);
		/* Kept, large, and read by no member. */
		members[last].is_past =
			members[last].is_kept && last_user[last] == last &&
			weir__spec_bytes(members[last].call.out[0]) >=
				PAST_CACHES;
		fused->has_past |= members[last].is_past;
	}
}
