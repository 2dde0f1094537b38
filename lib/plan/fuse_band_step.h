/* A step that is run band by band, while it is put together. */
#ifndef WEIR_PLAN_FUSE_BAND_STEP_H
#define WEIR_PLAN_FUSE_BAND_STEP_H

#include "plan/fuse.h"

/* One being made: what its members are, beside that. */
struct weir__band_making {
	struct weir__making all;
	struct weir__fuser *f;
	struct weir__banded *banded;
	struct weir__banded_member *members;
	int64_t length[WEIR__BAND_KINDS];	/* of a band */
	uint32_t last_user[WEIR__FUSED_MAX];	/* the last member to read it,
						   or itself */
	bool is_viewed[WEIR__FUSED_MAX];	/* that one reads a view of it */
	uint32_t first[WEIR__FUSED_MAX];	/* of those that take turns with
						   it, or itself */
	int64_t turn[WEIR__FUSED_MAX][WEIR__BAND_KINDS];	/* rows */
};

static inline const struct weir__step *
weir__band_making_step(const struct weir__band_making *m, uint32_t number)
{
	return &m->f->old[m->all.step[number]];
}

static inline const struct weir__slot *
weir__band_making_slots(const struct weir__band_making *m, uint32_t number)
{
	return weir__fuser_slots(m->f, m->all.step[number]);
}

/* -- fuse_band_turns.c ----------------------------------------------------- */

/* Who takes turns with whom; once it is known what is kept. */
void
weir__band_turns(struct weir__band_making *m);

/* Which products are finished; once it is known who takes turns. */
void
weir__band_finished(struct weir__band_making *m);

/* Where in scratch everything is. */
void
weir__band_scratch(struct weir__band_making *m);

#endif
