/*
 * Steps that are done a second time, late, so that what they made need not be
 * kept from the first time on.
 *
 * A step's results are read early, and then, after a *gap*, again. If it is
 * *evicted*, those who read it after the gap read what the same step makes
 * once more just before the first of them; for which it needs its operands, and
 * of these, too, some are made once more. (Checkpoints are the steps in between
 * that are not: Chen, Xu, Zhang, Guestrin, arXiv 1604.06174.)
 *
 * It is the same kernel on the same bits, so nothing but time and memory
 * depends on it. Only what is pure and cannot fail is done twice.
 */
#ifndef WEIR_PLAN_RECOMPUTE_H
#define WEIR_PLAN_RECOMPUTE_H

#include "plan/plan.h"

struct weir__late {		/* a step that may be done twice */
	bool may, has_gap;
	bool is_evicted;	/* those that have a gap only */
	uint32_t before, after;	/* the gap: the steps that read it there; where
				   there is none, before: the last to read */
	size_t bytes;		/* of what it keeps in the arena */
	double ns;		/* that it takes, with what it needs again for
				   sure */
};

struct weir__recompute {
	weir_plan *plan;
	struct weir__heap *heap;
	/* The plan's, as they were: in the order of one worker. */
	struct weir__step *old;
	struct weir__slot *old_slots;
	struct weir__node_part *old_parts;
	uint32_t n_old, n_old_slots;
	struct weir__late *late;	/* per old step */
	/* What becomes of each: its new number; that of its second time, or
	 * WEIR__NOWHERE; and the first of the values that this makes. */
	uint32_t *place, *again, *first_value;
	uint32_t *pending;	/* old steps whose turn it is, a stack */
	double ns, flops;	/* that second times take in all */
	uint32_t n_again;
};

/* NULL without memory. */
void *
weir__copy_of(struct weir__heap *heap, const void *from, size_t bytes);

/* Of a plan that has steps, and nothing more. Fills what is zero but for plan
 * and heap; weir__recompute_free() it, also on failure. Cost: O(slots). */
weir_status
weir__recompute_init(struct weir__recompute *r);

void
weir__recompute_free(struct weir__recompute *r);

/* Give the plan the old steps, and those evicted once more. Cost: O(slots). */
weir_status
weir__recompute_apply(struct weir__recompute *r);

/* Put what is done twice into what is told of the plan. */
void
weir__recompute_tell(const struct weir__recompute *r);

/* -- sooner.c -------------------------------------------------------------- */

/*
 * Another order of a plan's steps: each that leaves no more behind than it
 * frees is done as soon as there is what it needs. Fills place: per step, its
 * new number. Cost: O(slots).
 */
weir_status
weir__sooner_find(const weir_plan *plan, uint32_t *place);

/* Put them in that order. */
weir_status
weir__sooner_apply(weir_plan *plan, const uint32_t *place);

/* -- recompute_search.c --------------------------------------------------- */

/*
 * Lay out a plan within its budget: as it is, else with some of its steps
 * evicted. Those are chosen that save the most bytes for the most steps by what
 * they take.
 *
 * @return WEIR_OK, WEIR_ENOMEM, WEIR_ERANGE: the sentence has the least that
 *         has been found
 *
 * Cost: O(slots x log slots), a few dozen times at most, and laying it out as
 * often as what was found does not fit.
 */
weir_status
weir__plan_recompute(weir_plan *plan, const struct weir__plan_options *options);

#endif
