/*
 * A group of steps that is being tried, to be run by bands: see fuse_bands.c.
 */
#ifndef WEIR_PLAN_FUSE_TRIAL_H
#define WEIR_PLAN_FUSE_TRIAL_H

#include "plan/fuse.h"

struct weir__banding {		/* what is known, and what has been found */
	const weir_plan *plan;
	unsigned workers;
	struct weir__groups *g;
	struct weir__uses uses;
};

struct weir__band_member {
	uint32_t step;
	int axis;		/* of its result, that is cut into bands */
	bool is_kept;		/* else members alone read it */
};

struct weir__trial {
	uint32_t n;
	struct weir__band_member members[WEIR__FUSED_MAX];	/* in order */
	int64_t extent;		/* of the axis */
	int64_t elements;	/* of the value that it began with */
};

struct weir__sums {
	double made;		/* bytes of all results */
	double read;		/* bytes that come from outside by bands */
	uint32_t operands;
	uint32_t last_maker;	/* of what comes from outside: number + 1 */
	uint32_t first_kept;
};

static inline const struct weir__step *
weir__band_step(const struct weir__banding *s, uint32_t number)
{
	return &s->plan->steps[number];
}

static inline const weir_spec *
weir__band_result(const struct weir__banding *s, uint32_t number)
{
	return weir__band_step(s, number)->call.out[0];
}

/* Whether there are bands of a step's result, as far as its op goes. */
bool
weir__can_be_banded(const weir_plan *plan, const struct weir__step *step);

/* NULL: it is no member. */
const struct weir__band_member *
weir__trial_find(const struct weir__trial *t, uint32_t step);

/* The axis of a slot that is cut if `axis` of what it lies in is; or -1. */
int
weir__trial_axis(const struct weir__banding *s,
		 const struct weir__slot *slot, int axis);

/* False where members do not go together. */
bool
weir__trial_sum_up(const struct weir__banding *s,
		   const struct weir__trial *t, struct weir__sums *sums);

/* Bytes of what a band touches that is as narrow as can be. */
double
weir__trial_least_band(const struct weir__trial *t,
		       const struct weir__sums *sums);

/* Take in a step, bands of an axis of its result, if it fits. */
bool
weir__trial_add(const struct weir__banding *s, struct weir__trial *t,
		struct weir__band_member member);

#endif
