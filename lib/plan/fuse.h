/*
 * Steps that are run as one, where what one makes is large and another one of
 * them reads it, as it is or a view of it: chunk by chunk of their rows (see
 * ops/fused.h), or band by band of their columns (ops/banded.h).
 *
 * Bands come first: they take what would go into chunks, too, but only where
 * it is read by somebody that no chunk can hold.
 */
#ifndef WEIR_PLAN_FUSE_H
#define WEIR_PLAN_FUSE_H

#include "ops/banded.h"
#include "plan/plan.h"

/*
 * Every `tiles` tiles of a step make `elements` elements of its result, in
 * row-major order. Or it is one that goes through rows of others, so many in each
 * part of its sums (weir_op.parts): then its units are these rows.
 */
struct weir__grain {
	int64_t elements, tiles;	/* 0: not a step to be fused */
	int64_t part;			/* or 0; the rows are those of operand */
	uint32_t through;
};

/* Of one that is run by bands, n, first, units and granule are known: entries of
 * the axis, and those of a band. */
struct weir__group {
	uint32_t n;			/* steps */
	uint32_t first;			/* of them, then along next[] */
	int64_t units;			/* elements of each result, where they
					   are equally many; or rows */
	bool by_rows;
	bool is_wide;			/* units are of more than one element */
	int64_t granule;		/* units: whole grains of all */
	double bytes;			/* of all results but those made in
					   place, a unit */
};

/*
 * For units u..v - 1 of a group a member makes its own units u - before ..
 * v + after - 1, as far as there are any; either may be negative.
 */
struct weir__margin {
	int64_t before, after;		/* whole grains, as chunks are */
	int64_t width;			/* elements of one of its own units; 0:
					   they are the group's, all three */
};

/* The slots that read what a step makes, from the last one in the program on: the
 * first one, and the next one after each, or WEIR__NOWHERE; and whose they are. */
struct weir__uses {
	uint32_t *first, *next, *user;
};

struct weir__groups {
	struct weir__heap *heap;
	struct weir__uses uses;		/* not for bands */
	/* Per step: the one that its group is known by; the next one of its
	 * group, in the order of the program, or WEIR__NOWHERE. */
	uint32_t *leader, *next;
	struct weir__grain *grains;
	struct weir__margin *margins;
	struct weir__group *groups;	/* of leaders */
	bool is_for_many;		/* for one worker they would be others */
	/* Of steps that are run by bands: of which axis of their result. All
	 * others have no grains and margins then; NULL for chunks. */
	uint8_t *axes;
};

/* Every step by itself; weir__groups_free() it, also on failure. */
weir_status
weir__groups_init(const weir_plan *plan, struct weir__groups *groups);

/* Find groups of steps such that, were each of them one step, none came both
 * before and after another. There are to be chunks for so many workers. */
weir_status
weir__groups_find(const weir_plan *plan, unsigned workers,
		  struct weir__groups *groups);

void
weir__groups_free(struct weir__groups *groups);

/* -- fuse_uses.c ----------------------------------------------------------- */

/* Fills what is zero; weir__uses_free() it, also on failure. */
weir_status
weir__uses_find(const weir_plan *plan, struct weir__uses *uses);

void
weir__uses_free(struct weir__heap *heap, struct weir__uses *uses);

/* -- fuse_units.c ---------------------------------------------------------- */

/* Whether it can be a member of a step that is run chunk by chunk, whatever the
 * chunks are. */
bool
weir__can_be_fused(const weir_plan *plan, const struct weir__step *step);

/* Leaves it 0 unless there are several grains. */
void
weir__grain_find(const weir_plan *plan, uint32_t number,
		 struct weir__grain *grain);

int64_t
weir__least_common_multiple(int64_t a, int64_t b);

/* Elements of a step's result that are one unit, in such a group. */
int64_t
weir__member_width(const struct weir__groups *groups,
		   const struct weir__group *group,
		   const struct weir__step *step, uint32_t number);

/* The least number of units of so many elements that are whole grains. */
int64_t
weir__grain_units(const struct weir__grain *grain, int64_t width);

/* Granule, width and bytes of a group that gets these members, too; false where
 * they have no units in common. */
bool
weir__group_add(const weir_plan *plan, const struct weir__groups *groups,
		struct weir__group *both, const struct weir__group *members);

/* Whether it leaves chunks for so many workers that fit in the cache. */
bool
weir__group_fits(struct weir__groups *groups, const struct weir__group *group,
		 unsigned workers);

/* Whether the kernel of a step is known to read of each operand what is at the
 * places of the elements that it makes, and no more: what others say must be
 * asked. */
bool
weir__is_loop(const struct weir__step *step);

/* Whether each grain of a step needs of an operand, of which `width` elements
 * are a unit, no more than its own units. */
bool
weir__keeps_pace(const struct weir__step *step, const struct weir__grain *grain,
		 uint32_t operand, int64_t own_width, int64_t width);

/*
 * The units of the value, of `width` elements, that a step needs of an operand
 * which a step makes: for its own units u..v - 1, those from u - before to v +
 * after - 1. False where these are more than `most` beside v - u.
 */
bool
weir__needs_of(const weir_plan *plan, uint32_t number,
	       const struct weir__grain *grain, uint32_t operand,
	       int64_t own_width, int64_t width, int64_t most,
	       struct weir__margin *needs);

/* -- fuse_parts.c ---------------------------------------------------------- */

/* Fill the grain of a step that is better one that goes through rows: those of a
 * large value. Leaves it 0 otherwise. */
void
weir__part_find(const weir_plan *plan, uint32_t number,
		struct weir__grain *grain);

/* Entries of the first axis of a step's result; or the rows it goes through. */
int64_t
weir__rows_of(const struct weir__step *step, const struct weir__grain *grain);

/* Whether a step that has parts reads of an operand, which a step makes, those
 * rows alone that are its units: so many elements each. */
bool
weir__goes_through_rows(const weir_plan *plan, uint32_t number,
			uint32_t operand, int64_t width);

/* -- fuse_products.c ------------------------------------------------------- */

/* The same of products, and what can be done together with them, that are all one
 * chunk: first of those that are one tile; later, of what is in no group. */
weir_status
weir__whole_products_find(const weir_plan *plan, unsigned workers,
			  struct weir__groups *groups);

weir_status
weir__products_find(const weir_plan *plan, unsigned workers,
		    struct weir__groups *groups);

/* -- fuse_absorb.c --------------------------------------------------------- */

/* Add to groups those steps whose results nobody else reads, though each chunk
 * needs a little more of them than its share. */
void
weir__groups_absorb(const weir_plan *plan, unsigned workers,
		    struct weir__groups *groups);

/* What a member makes of short rows in a turn of a band, or half of that. */
enum { WEIR__TURN_BYTES = 32 << 10 };

/* -- fuse_bands.c ---------------------------------------------------------- */

/*
 * The same of steps that are run by bands. A group has a value of which all
 * that read it are members, so that it needs no memory, and reads it once for
 * some small results, as sums over rows; then those that make what they read.
 */
weir_status
weir__bands_find(const weir_plan *plan, unsigned workers,
		 struct weir__groups *groups);

/*
 * The axis of a slot along which bands of a value are bands of it: those of
 * `axis` of a contiguous value of this spec, from which the slot is so many bytes
 * away; or -1 where a band of the one is not a band of the other.
 */
int
weir__band_axis(const weir_spec *value, int axis, const struct weir__slot *slot,
		int64_t offset);

/* -- fuse_node.c ----------------------------------------------------------- */

struct weir__fuser {
	weir_plan *plan;
	struct weir__groups groups;
	const struct weir__step *old;
	const struct weir__slot *old_slots;
	struct weir__step *steps;	/* new ones */
	struct weir__slot *slots;
	uint32_t n_steps, n_slots;
	uint32_t *place;	/* per old step: its new one, or WEIR__NOWHERE;
				   and, of a fused one, */
	uint8_t *result;	/* the number of its result */
	uint32_t *uses;		/* per value: operands that read it */
	uint32_t *pending;	/* old steps whose turn it is, a stack */
};

static inline const struct weir__group *
weir__fuser_group(const struct weir__fuser *f, uint32_t step)
{
	return &f->groups.groups[f->groups.leader[step]];
}

static inline bool
weir__fuser_joins(const struct weir__fuser *f, uint32_t step)
{
	return weir__fuser_group(f, step)->n > 1;
}

static inline const struct weir__slot *
weir__fuser_slots(const struct weir__fuser *f, uint32_t step)
{
	return &f->old_slots[f->old[step].first_slot];
}

/* A slot as new steps see it. */
struct weir__slot
weir__fuser_moved(const struct weir__fuser *f, const struct weir__slot *old);

/* Count in uses[]; of f it takes the steps and slots alone. */
void
weir__fuser_count(struct weir__fuser *f, uint32_t n_steps);

/* What is known of a step that is being made. */
struct weir__making {
	uint32_t n;				/* members */
	uint32_t step[WEIR__FUSED_MAX];		/* what each was: in the order
						   of the program, unless that
						   is changed at first */
	uint32_t first, last;			/* of these, in the program */
	uint32_t first_slot;
	const weir_spec *in[WEIR_OPERANDS_MAX], *out[WEIR__FUSED_MAX];
	uint32_t in_values[WEIR_OPERANDS_MAX], out_values[WEIR__FUSED_MAX];
	uint32_t n_in, n_out;
	double saved;			/* nanoseconds, of what members take one
					   by one */
};

void
weir__making_begin(const struct weir__fuser *f, const struct weir__group *group,
		   struct weir__making *m);

/* Whether anything but members reads a member's result. */
bool
weir__making_is_wanted(const struct weir__fuser *f,
		       const struct weir__making *m, uint32_t number);

/* The number of the whole call's operand that a member's is. */
uint32_t
weir__making_operand(struct weir__fuser *f, struct weir__making *m,
		     uint32_t number, uint32_t operand);

/* The member before `number` that makes what a slot reads, or
 * WEIR__NOWHERE. */
uint32_t
weir__making_maker(const struct weir__making *m, uint32_t number,
		   const struct weir__slot *slot);

/* Once there are all operands: whether a member's result is one of the whole
 * call, and which. In the order of the members. */
bool
weir__making_result(struct weir__fuser *f, struct weir__making *m,
		    uint32_t number, uint32_t *result);

/* Each worker's follows that of another one. */
static inline size_t
weir__scratch_aligned(size_t bytes)
{
	return (bytes + 63) / 64 * 64;
}

/* Whether a member may have the scratch of an earlier one. */
typedef bool
(*weir__may_take_fn)(const void *making, uint32_t number, uint32_t other);

/* Give members scratch of so many bytes each (0: none), the same one after the
 * other where they may. How much that is in all. */
size_t
weir__making_scratch(uint32_t n, const size_t *bytes,
		     weir__may_take_fn may_take, const void *making,
		     int64_t *offsets);

/* Add the step, whose op is like another one, with more flags, and with so much
 * scratch that its workers share. */
weir_status
weir__making_end(struct weir__fuser *f, struct weir__making *m,
		 const weir_op *like, const void *attrs, unsigned flags,
		 size_t shared_bytes);

/* -- fuse_step.c, fuse_band_step.c ----------------------------------------- */

/* Add the step of a group; all that it needs is there. */
weir_status
weir__fuse_group(struct weir__fuser *f, const struct weir__group *group);

weir_status
weir__fuse_bands(struct weir__fuser *f, const struct weir__group *group);

/* -- fuse_finished.c ------------------------------------------------------- */

/* Put products just before those who alone read them. */
void
weir__order_products(const struct weir__fuser *f, struct weir__making *m);

/* What a member, if it is a product, is finished with; last_user: of each member
 * the last one that reads it, or itself. That all of them do the same rows at
 * the same time is the caller's to know. */
void
weir__find_finished(const struct weir__fuser *f, const struct weir__making *m,
		    const uint32_t *last_user, uint32_t product,
		    struct weir__finished *found);

/* Count what that saves. */
void
weir__count_finished(const struct weir__fuser *f, struct weir__making *m,
		     uint32_t product, const struct weir__finished *found);

/* Whether the scratch of another member may become that of a member, as far as a
 * product knows with which that is done: what it makes then is over nothing that
 * the product and the members after it read, but for what they make
 * themselves. */
bool
weir__finished_may_take(const struct weir__finished *found, uint32_t product,
			uint32_t number, uint32_t other, uint32_t last_user);

/* -- fuse_turns.c ---------------------------------------------------------- */

/* Find which members take turns in a chunk, of a step that is known but for
 * that. */
void
weir__fuse_turns(const struct weir__fused *fused,
		 struct weir__fused_member *members);

/* -- fuse_chain.c ---------------------------------------------------------- */

/* Find which members are chains; outside: the operands of the whole call;
 * last_user: of each member the last one that reads it, or itself. */
void
weir__fuse_chains(const struct weir__slot *outside, const uint32_t *last_user,
		  struct weir__fused *fused,
		  struct weir__fused_member *members);

/* -- fuse.c ---------------------------------------------------------------- */

/* Put one step in the place of each group, and all in an order in which what
 * is needed comes first. */
weir_status
weir__plan_fuse(weir_plan *plan, unsigned workers);

#endif
