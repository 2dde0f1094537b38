#include "exec/stream_claimed.h"

#include <limits.h>

/* -- blocks ------------------------------------------------------------------------------- */

static bool
are_met(const struct weir__stream_loop *s, uint32_t block, uint64_t run)
{
	const struct weir__schedule *streams = s->streams;
	uint32_t q;

	for (q = streams->first_wait[block];
	     q < streams->first_wait[block + 1]; q++)
		if (!weir__has_done(s, streams->waits[q].worker,
			      streams->waits[q].position, run))
			return false;
	return true;
}

/*
 * Who runs what of a stream: so many of its blocks have ended; and of those
 * from there on, a window of a few, which have been begun, and which have
 * ended: a bit each. Blocks end in any order, and count as done in that of the
 * stream. What was done when somebody claimed is what the word has: by now it
 * may be more, for the strict loop claims nothing, nor does who ends a block
 * say so that nobody could go ahead of.
 */
enum { WINDOW = WEIR__AHEAD_MAX + 1, BITS = 2 * WINDOW };

/* What a word says of the blocks from `done` on: those begun, and above them
 * those that have ended. */
static uint64_t
window_at(uint64_t word, uint64_t done)
{
	uint64_t over = (done - (word >> BITS)) & (UINT64_MAX >> BITS);
	uint64_t begun = word & ((1 << WINDOW) - 1);
	uint64_t ended = word >> WINDOW & ((1 << WINDOW) - 1);

	if (over >= WINDOW)
		return 0;
	return (ended >> over) << WINDOW | begun >> over;
}

/* Blocks that are done: those that the stream says, and those after them that
 * have ended, by the window. */
static uint64_t
count_done(uint64_t window, uint64_t done)
{
	for (window >>= WINDOW; window & 1; window >>= 1)
		done++;
	return done;
}

/* At least so many are done; whoever sees that sees what they wrote, as this
 * thread does. */
static void
tell(struct weir__progress *p, uint64_t done)
{
	uint64_t was = atomic_load_explicit(&p->done, memory_order_relaxed);

	while (was < done)
		if (atomic_compare_exchange_weak_explicit(
			    &p->done, &was, done, memory_order_release,
			    memory_order_relaxed))
			return;
}

/* A block of a stream that might be begun, as it was when somebody looked. */
struct next {
	uint64_t behind;		/* blocks of the stream, in all runs */
	uint64_t was, claim;		/* the word; what it will be */
	bool is_over;			/* there is none */
	bool is_ahead;			/* not all before it have ended */
	uint64_t untold;		/* first, so many are to be told of; or
					   0 */
};

/*
 * How many blocks of a stream may be begun at once. One only in a run that a
 * task has called: who comes through a door needs a place, and there are as
 * many as streams; with two threads in one stream others would find something
 * to do but no place, and look again and again in place of sleeping.
 */
static int64_t
window_of(const struct weir__stream_loop *s)
{
	return s->streams->ahead && !s->doors.behind[0] &&
	       !s->doors.behind[1] ? WINDOW : 1;
}

static uint32_t
number_of(const struct weir__stream_loop *s, unsigned w, uint64_t run,
	  uint64_t behind)
{
	return s->streams->first_block[w] +
	       (uint32_t)(behind - weir__done_before(s, w, run));
}

/*
 * How many blocks of a stream can be begun, `most` at most, and the first of
 * them: nobody has begun it, what it waits for is there, and so is what those
 * before it wait for, of which it needs no more unless they have ended. Or that
 * more are done than the stream says: who ended them did not know that those
 * before, which the strict loop ran, had ended.
 */
static uint32_t
find_ready(const struct weir__stream_loop *s, unsigned w, uint64_t run,
	   uint32_t most, struct next *next)
{
	struct weir__progress *p = weir__progress_of(s, w);
	uint64_t end = weir__done_before(s, w, run + 1);
	uint64_t taken, done, window;
	uint32_t block, i, n = 0;
	int64_t left;

	/* Taken first: who takes a block has done those before, and the
	 * acquire shows that. Then the word: what was done when it was
	 * written is done. */
	taken = atomic_load_explicit(&p->taken, memory_order_acquire);
	next->was = atomic_load_explicit(&p->claimed, memory_order_acquire);
	/* acquire: who ran the stream so far has written what comes next */
	done = atomic_load_explicit(&p->done, memory_order_acquire);
	left = (int64_t)(end - done);
	next->is_over = left <= 0;
	window = window_at(next->was, done);
	next->untold = 0;
	if (window >> WINDOW & 1) {
		next->untold = count_done(window, done);
		return 1;
	}
	if (left > window_of(s))
		left = window_of(s);
	block = number_of(s, w, run, done);
	for (i = 0; i < left && n < most; block++, i++) {
		/* Who has begun one has seen what it waits for. */
		if (window >> i & 1 || (i == 0 && taken == done + 1))
			continue;
		if (!are_met(s, block, run))
			break;
		if (i > weir__ahead(s->streams, block))
			continue;
		if (n++)
			continue;
		next->behind = done + i;
		next->claim = done << BITS | window | UINT64_C(1) << i;
		next->is_ahead = i > 0;
	}
	return n;
}

/* A block has ended that others may be ahead of, or that was: it is done when
 * those before it are. Whoever ends the last of them tells of all. */
static void
end_beside(struct weir__progress *p, uint64_t behind)
{
	uint64_t word = atomic_load_explicit(&p->claimed,
					     memory_order_relaxed);
	uint64_t after, done;

	do
		after = word | UINT64_C(1) << WINDOW <<
				       ((behind - (word >> BITS)) &
					(UINT64_MAX >> BITS));
	while (!atomic_compare_exchange_weak_explicit(
		&p->claimed, &word, after, memory_order_acq_rel,
		memory_order_relaxed));
	done = atomic_load_explicit(&p->done, memory_order_relaxed);
	tell(p, count_done(window_at(after, done), done));
}

/* Run the next block of a stream, if that is wanted and it can be begun; or
 * tell of those that have ended. */
static bool
advance(struct weir__stream_loop *s, unsigned w, unsigned me, uint64_t run,
	bool is_wanted, bool *is_over)
{
	struct weir__progress *p = weir__progress_of(s, w);
	struct next next;
	bool was_ready = find_ready(s, w, run, 1, &next) > 0;
	uint32_t block;

	*is_over = next.is_over;
	if (next.untold) {
		tell(p, next.untold);
		return true;
	}
	/* Who has claimed the block before has seen what that waits for. */
	if (!was_ready || !is_wanted ||
	    !atomic_compare_exchange_strong_explicit(
		    &p->claimed, &next.was, next.claim,
		    memory_order_acq_rel, memory_order_relaxed))
		return false;
	block = number_of(s, w, run, next.behind);
	s->run_block(s, block, run, me);
	if (next.is_ahead || weir__is_long_block(s->streams, block))
		end_beside(p, next.behind);
	else
		atomic_store_explicit(&p->done, next.behind + 1,
				      memory_order_release);
	return true;
}

/* Blocks that can be begun. */
static unsigned
count_ready(const struct weir__stream_loop *s, uint64_t run, bool *is_over)
{
	unsigned ready = 0, over = 0, w;
	struct next next;

	for (w = 0; w < s->streams->workers; w++) {
		ready += find_ready(s, w, run, WINDOW, &next);
		over += next.is_over;
	}
	*is_over = over == s->streams->workers;
	return ready;
}

/* Whether anybody sleeps who could do more blocks of this run. */
static bool
is_anyone_asleep(const struct weir__stream_loop *s)
{
	return weir__idle_is_anyone(&s->idle) ||
	       weir__nested_is_anyone(&s->doors);
}

/* This thread takes one of the blocks that can be begun; the others are for
 * those that sleep. */
static void
share(struct weir__stream_loop *s, uint64_t run)
{
	unsigned ready;
	bool is_over;

	if (!is_anyone_asleep(s))
		return;
	/* Of two whose blocks are waited for by a third, one sees both. */
	atomic_thread_fence(memory_order_seq_cst);
	ready = count_ready(s, run, &is_over);
	if (ready > 1) {
		weir__idle_wake(&s->idle, ready - 1);
		weir__nested_wake(&s->doors, ready - 1);
	}
}

/* Until somebody has more to do than one thread, or the run is over; not if
 * there is something to do by now. */
static void
fall_asleep(struct weir__stream_loop *s, uint64_t run)
{
	uint32_t ticket = weir__idle_enter(&s->idle);
	bool is_over;

	if (!count_ready(s, run, &is_over) && !is_over &&
	    !weir__doors_are_ready(&s->doors))
		weir__idle_sleep(&s->idle, ticket);
}

/* Run one block of another stream, as near as can be; false where there is none.
 * Streams that are over are counted. Who has waited so long that it helps a pool
 * does not wait with the next block of that one, until there is something
 * nearer. */
static bool
run_nearest(struct weir__stream_loop *s, unsigned me, unsigned team,
	    uint64_t run, unsigned *waited, unsigned *over)
{
	size_t pools = weir__visits_pools(s->visits), k;
	unsigned own = me % s->streams->workers, i, w;
	bool is_over;

	for (k = 0; k < pools; k++) {
		struct weir__visit visit = weir__visit(
			s->visits, s->streams->workers, own, k);
		bool is_patient = *waited < visit.patience;

		w = visit.start;
		for (i = 0; i < visit.n; i++, w = weir__visit_next(&visit, w)) {
			if (w == own)
				continue;
			if (advance(s, w, me, run, !is_patient || w >= team,
				    &is_over)) {
				if (!is_patient)
					*waited = visit.patience;
				return true;
			}
			*over += is_over;
		}
	}
	return false;
}

void
weir__stream_run_claimed(struct weir__stream_loop *s, unsigned me,
			 unsigned team, uint64_t run)
{
	const unsigned own = me % s->streams->workers;
	const unsigned none = weir__first_spins(s, team);
	unsigned spins = none, waited = none, over;
	bool is_over;

	share(s, run);
	for (;;) {
		while (advance(s, own, me, run, true, &is_over)) {
			share(s, run);
			spins = waited = none;
		}
		over = is_over;
		if (run_nearest(s, me, team, run, &waited, &over)) {
			share(s, run);
			spins = none;
			if (waited < none)
				waited = none;
		} else if (over == s->streams->workers) {
			return;
		} else if (weir__doors_help(&s->doors, me)) {
			spins = none;
		} else if (weir__is_long(spins) && weir__fence_is_there()) {
			/* By now it helps everybody. */
			fall_asleep(s, run);
			spins = none;
		} else {
			waited += waited < UINT_MAX;
			weir__relax(&spins, WEIR__LONG_PAUSES);
		}
	}
}

/* -- from outside ------------------------------------------------------------------------- */

bool
weir__stream_is_ready(const struct weir__stream_loop *s)
{
	uint64_t run = atomic_load_explicit(&s->current, memory_order_acquire);
	bool is_over;

	return count_ready(s, run, &is_over);
}

/* This thread has run a block and may not come again. Who does the run sleeps
 * in it; whoever else could come has looked there or is told. */
static void
leave_the_rest(struct weir__stream_loop *s, uint64_t run)
{
	unsigned ready;
	bool is_over;

	if (!is_anyone_asleep(s))
		return;
	atomic_thread_fence(memory_order_seq_cst);	/* as in share() */
	ready = count_ready(s, run, &is_over);
	if (ready || is_over)
		weir__idle_wake(&s->idle, UINT32_MAX);
	if (ready > 1)
		weir__nested_wake(&s->doors, ready - 1);
}

/* Any block there is, as worker `me`. */
static bool
run_any(struct weir__stream_loop *s, unsigned me, uint64_t run)
{
	unsigned waited = UINT_MAX, over = 0;
	bool is_over;

	return advance(s, me, me, run, true, &is_over) ||
	       run_nearest(s, me, 1, run, &waited, &over);
}

bool
weir__stream_help(struct weir__stream_loop *s, unsigned me)
{
	uint64_t run = atomic_load_explicit(&s->current, memory_order_acquire);
	struct weir__under_way was = weir__under_way(), now = was;
	unsigned place = me % s->streams->workers;
	bool is_over, has_helped;

	if (!count_ready(s, run, &is_over))
		return false;
	if (!weir__place_take(&s->places, place))
		place = weir__place_take_any(&s->places);
	if (place == s->places.n)
		return false;
	now.run = s->waiting;
	now.door = &s->doors.list[place];
	weir__set_under_way(now);
	has_helped = run_any(s, place, run);
	weir__set_under_way(was);
	if (has_helped)
		leave_the_rest(s, run);
	weir__place_give(&s->places, place);
	return has_helped;
}

