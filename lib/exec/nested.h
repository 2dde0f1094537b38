/*
 * Runs that tasks of other runs have called, and the threads that have nothing
 * to do there: they come and help, a block at a time.
 *
 * The threads of a run have a door each (of its loop's), and those of a
 * resident team another (of the team's). Who does a run from inside a task
 * opens its doors; others, while they find nothing to do, look through those of
 * the run that they are in, or of their team where they are in none. There they
 * take a place that is free, as who waits for a run does, and one block that can
 * be begun, or one behind a door of that run; and go back and look whether there
 * is something to do where they came from.
 *
 * Always: what is behind a door is part of what its owner's task does. So
 * whoever comes from a run is in a block of that run still, for all that is to
 * end before or after it: weir__wait_begin() refuses the same waits as if that
 * run's own task made them, and there is no wait that it does not know of. (From
 * a task that waits for something else nobody comes, for then there would be:
 * the task would have to wait until the block is over.)
 *
 * A run does not end while somebody is behind its doors; but who comes when
 * there is nothing to do does not stay.
 */
#ifndef WEIR_EXEC_NESTED_H
#define WEIR_EXEC_NESTED_H

#include <stdalign.h>

#include "base/alloc.h"
#include "exec/places.h"

struct weir__stream_loop;
struct weir__doors;

struct weir__door {
	/* Who helps behind it; WEIR__IS_OVER while it is shut. */
	alignas(64) weir__entrance inside;
	/* What is behind it, NULL: it is shut. Written by its owner while
	 * nobody is inside. */
	struct weir__stream_loop *nested;
	struct weir__doors *of;
};

/* The doors of a run, or of a team. */
struct weir__doors {
	struct weir__door *list;	/* NULL: there are none */
	void *memory;
	unsigned n;
	/* How many are open; relaxed: they tell whether they are. */
	atomic_uint open;
	/* How many threads sleep that would look through them otherwise; and
	 * how to wake some. */
	_Atomic uint32_t *asleep;
	void (*wake)(struct weir__doors *doors, uint32_t n);
	/* While this is a run behind others' doors: those; the doors of the
	 * run whose task has called it, or NULL; and of a team, or NULL. */
	struct weir__door *behind[2];
	struct weir__doors *around, *team;
};

/* For so many threads. The doors were zero; weir__doors_free() them, on failure
 * too. */
weir_status
weir__doors_init(struct weir__doors *doors, struct weir__heap *heap,
		 unsigned n);

void
weir__doors_free(struct weir__doors *doors, struct weir__heap *heap);

/* -- who has something to be helped with -------------------------------------- */

/* This thread is about to do all of a loop's streams: others may come from now
 * on. False where there is nobody who would; else weir__nested_end() when it is
 * done. */
bool
weir__nested_begin(struct weir__stream_loop *loop);

/* Returns when nobody is there any more. */
void
weir__nested_end(struct weir__stream_loop *loop);

/* Whether any sleep that would come to this run. Call it after what they would
 * come for has been published. */
bool
weir__nested_is_anyone(const struct weir__doors *doors);

/* Wake so many of them, wherever they are. */
void
weir__nested_wake(struct weir__doors *doors, uint32_t n);

/* This thread is of a resident team from now on, with this door; NULL: of
 * none. */
void
weir__nested_set_team(struct weir__door *door);

/* Whether this thread is of a resident team, or of a run's. */
bool
weir__nested_is_in_team(void);

/* -- who has nothing to do ----------------------------------------------------- */

/* Do one block behind these doors, if there is one that can be begun; the own
 * place is `me`. */
bool
weir__doors_help_slowly(struct weir__doors *doors, unsigned me);

/* Whether there is one. */
bool
weir__doors_are_ready(struct weir__doors *doors);

static inline bool
weir__doors_are_open(const struct weir__doors *doors)
{
	return atomic_load_explicit(&doors->open, memory_order_relaxed);
}

/* weir__doors_help_slowly(), where mostly all are shut. */
static inline bool
weir__doors_help(struct weir__doors *doors, unsigned me)
{
	return weir__doors_are_open(doors) &&
	       weir__doors_help_slowly(doors, me);
}

#endif
