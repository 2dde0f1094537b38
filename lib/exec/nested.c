#include "exec/nested.h"

#include "base/fence.h"
#include "base/pause.h"
#include "exec/stream_loop.h"
#include "exec/waits.h"

weir_status
weir__doors_init(struct weir__doors *doors, struct weir__heap *heap,
		 unsigned n)
{
	unsigned i;

	doors->list = weir__calloc_apart(heap, n, sizeof *doors->list,
					 &doors->memory);
	if (!doors->list)
		return WEIR_ENOMEM;
	doors->n = n;
	for (i = 0; i < n; i++) {
		atomic_init(&doors->list[i].inside, WEIR__IS_OVER);
		doors->list[i].of = doors;
	}
	return WEIR_OK;
}

void
weir__doors_free(struct weir__doors *doors, struct weir__heap *heap)
{
	weir__free(heap, doors->memory);
}

/* -- who has something to be helped with -------------------------------------- */

void
weir__nested_set_team(struct weir__door *door)
{
	struct weir__under_way now = weir__under_way();

	now.team_door = door;
	weir__set_under_way(now);
}

bool
weir__nested_is_in_team(void)
{
	struct weir__under_way now = weir__under_way();

	return now.door || now.team_door;
}

static void
open_door(struct weir__door *door, struct weir__stream_loop *loop)
{
	door->nested = loop;
	/* release: what it opens on */
	atomic_store_explicit(&door->inside, 1, memory_order_release);
	atomic_fetch_add_explicit(&door->of->open, 1, memory_order_relaxed);
}

/* Where somebody is inside, all there is has been done: it is not for long,
 * unless that thread has lost its processor. */
static void
shut_door(struct weir__door *door)
{
	unsigned spins = 0;

	atomic_fetch_sub_explicit(&door->of->open, 1, memory_order_relaxed);
	if (!weir__leave_over(&door->inside))
		/* acquire: what they have done */
		while (atomic_load_explicit(&door->inside,
					    memory_order_acquire) !=
		       WEIR__IS_OVER)
			weir__relax(&spins, WEIR__LONG_PAUSES);
	door->nested = NULL;
}

bool
weir__nested_begin(struct weir__stream_loop *loop)
{
	struct weir__doors *doors = &loop->doors;
	struct weir__under_way now = weir__under_way();
	struct weir__door *here = now.door, *team = now.team_door;

	if (team && team->nested)
		team = NULL;	/* found behind what is behind that */
	if (!here && !team)
		return false;
	doors->around = here ? here->of : NULL;
	doors->team = team ? team->of : here->of->team;
	doors->behind[0] = here;
	doors->behind[1] = team;
	weir__places_free_all(&loop->places);
	weir__place_take(&loop->places, 0);	/* is this thread's */
	if (here)
		open_door(here, loop);
	if (team)
		open_door(team, loop);
	return true;
}

void
weir__nested_end(struct weir__stream_loop *loop)
{
	struct weir__doors *doors = &loop->doors;
	unsigned i;

	for (i = 0; i < 2; i++)
		if (doors->behind[i])
			shut_door(doors->behind[i]);
	doors->around = doors->team = NULL;
	doors->behind[0] = doors->behind[1] = NULL;
}

/* -- who sleeps and could help ------------------------------------------------- */

bool
weir__nested_is_anyone(const struct weir__doors *doors)
{
	const struct weir__doors *d;

	if (doors->team) {
		/* Its threads do not fence others before they sleep. */
		atomic_thread_fence(memory_order_seq_cst);
		if (atomic_load_explicit(doors->team->asleep,
					 memory_order_relaxed))
			return true;
	}
	weir__fence_light();
	for (d = doors->around; d; d = d->around)
		if (atomic_load_explicit(d->asleep, memory_order_relaxed))
			return true;
	return false;
}

void
weir__nested_wake(struct weir__doors *doors, uint32_t n)
{
	struct weir__doors *d;

	for (d = doors->around; d; d = d->around)
		d->wake(d, n);
	if (doors->team)
		doors->team->wake(doors->team, n);
}

/* -- who has nothing to do ------------------------------------------------------- */

/* What is behind it, if it is open: that is there until weir__leave(). */
static struct weir__stream_loop *
go_in(struct weir__door *door)
{
	if (atomic_load_explicit(&door->inside, memory_order_relaxed) &
	    WEIR__IS_OVER)
		return NULL;
	return weir__enter(&door->inside) ? door->nested : NULL;
}

bool
weir__doors_help_slowly(struct weir__doors *doors, unsigned me)
{
	struct weir__stream_loop *loop;
	bool has_helped = false;
	struct weir__door *door;
	unsigned i;

	for (i = 0; i < doors->n && !has_helped; i++) {
		door = &doors->list[(me + i) % doors->n];
		loop = go_in(door);
		if (!loop)
			continue;
		has_helped = weir__stream_help(loop, me) ||
			     weir__doors_help(&loop->doors, me);
		weir__leave(&door->inside);
	}
	return has_helped;
}

bool
weir__doors_are_ready(struct weir__doors *doors)
{
	struct weir__stream_loop *loop;
	bool are_ready = false;
	unsigned i;

	if (!weir__doors_are_open(doors))
		return false;
	for (i = 0; i < doors->n && !are_ready; i++) {
		loop = go_in(&doors->list[i]);
		if (!loop)
			continue;
		are_ready = weir__stream_is_ready(loop) ||
			    weir__doors_are_ready(&loop->doors);
		weir__leave(&doors->list[i].inside);
	}
	return are_ready;
}
