/*
 * Who waits for whom, so that no run waits for itself: a task of one run may
 * wait for another, which may wait for its turn, or whose tasks may wait.
 *
 *	around	the run whose task has called this one
 *	behind	the run before it, which has to end before it begins
 *	waits	by tasks, for other runs
 *
 * Always: from no run does a way along these lead back to it. A wait that would
 * close a circle is refused, so all others end.
 */
#ifndef WEIR_EXEC_WAITS_H
#define WEIR_EXEC_WAITS_H

#include <stdatomic.h>
#include <stdbool.h>

struct weir__door;

/* Of a run. */
struct weir__waiting {
	struct weir__waiting *around;	/* NULL: called from nothing */
	_Atomic(struct weir__waiting *) behind;	/* NULL: it is its turn */
};

/* A wait under way, on the stack of who waits. */
struct weir__wait_edge {
	struct weir__waiting *from, *to;
	struct weir__wait_edge *next;
};

/* The run whose task this thread is doing, or whose end it is telling, the
 * innermost; NULL: none. */
struct weir__waiting *
weir__run_under_way(void);

/* Whether this thread is in a task, or tells an end, or is of a team: who waits
 * for it might wait for ever. */
bool
weir__is_in_a_task(void);

/* It is this one now; returns which it was. */
struct weir__waiting *
weir__set_run_under_way(struct weir__waiting *run);

/* Where a thread is: what it is doing; and its doors (exec/nested.h), there and
 * in the resident team that it is of, NULL where nobody would come. */
struct weir__under_way {
	struct weir__waiting *run;
	struct weir__door *door, *team_door;
};

struct weir__under_way
weir__under_way(void);

void
weir__set_under_way(struct weir__under_way now);

/* A task of the run under way is about to wait until another is over; false if
 * that one waits for the task. */
bool
weir__wait_begin(struct weir__wait_edge *edge, struct weir__waiting *to);

/* Where it has begun, once. */
void
weir__wait_end(struct weir__wait_edge *edge);

/* The run is over: those that still wait for it no longer do. */
void
weir__wait_is_over(const struct weir__waiting *run);

#endif
