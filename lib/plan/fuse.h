/*
 * Steps that are run as one, chunk by chunk (see ops/fused.h), where what one
 * makes is larger than a chunk and another one of them reads it, as it is or a
 * view of it.
 */
#ifndef WEIR_PLAN_FUSE_H
#define WEIR_PLAN_FUSE_H

#include "ops/fused.h"
#include "plan/plan.h"

/* Every `tiles` tiles of a step make `elements` elements of its result, in
 * row-major order. */
struct weir__grain {
	int64_t elements, tiles;	/* 0: not a step to be fused */
};

struct weir__group {
	uint32_t n;			/* steps */
	uint32_t first;			/* of them, then along next[] */
	int64_t units;			/* elements of each result, where they
					   are equally many; or rows */
	bool by_rows;
	int64_t granule;		/* units: whole grains of all */
	double bytes;			/* of all results, a unit */
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

struct weir__groups {
	struct weir__heap *heap;
	/* Per step: the one that its group is known by; the next one of its
	 * group, in the order of the program, or WEIR__NOWHERE. */
	uint32_t *leader, *next;
	struct weir__grain *grains;
	struct weir__margin *margins;
	struct weir__group *groups;	/* of leaders */
};

/* Find groups of steps such that, were each of them one step, none came both
 * before and after another. There are to be chunks for so many workers. */
weir_status
weir__groups_find(const weir_plan *plan, unsigned workers,
		  struct weir__groups *groups);

void
weir__groups_free(struct weir__groups *groups);

/* -- fuse_units.c ---------------------------------------------------------- */

/* Leaves it 0 unless there are several grains. */
void
weir__grain_find(const weir_plan *plan, uint32_t number,
		 struct weir__grain *grain);

/* Entries of the first axis of a step's result. */
int64_t
weir__rows_of(const struct weir__step *step);

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

/* Granule and bytes of a group that gets these members, too; false where they
 * have no units in common. */
bool
weir__group_add(const weir_plan *plan, const struct weir__groups *groups,
		struct weir__group *both, const struct weir__group *members);

/* Whether it leaves chunks for so many workers that fit in the cache. */
bool
weir__group_fits(const struct weir__group *group, unsigned workers);

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

/* -- fuse_absorb.c --------------------------------------------------------- */

/* Add to groups those steps whose results nobody else reads, though each chunk
 * needs a little more of them than its share. */
weir_status
weir__groups_absorb(const weir_plan *plan, unsigned workers,
		    struct weir__groups *groups);

/* -- fuse_step.c ----------------------------------------------------------- */

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

/* Add the step of a group; all that it needs is there. */
weir_status
weir__fuse_group(struct weir__fuser *f, const struct weir__group *group);

/* -- fuse.c ---------------------------------------------------------------- */

/* Put one step in the place of each group, and all in an order in which what
 * is needed comes first. */
weir_status
weir__plan_fuse(weir_plan *plan, unsigned workers);

#endif
