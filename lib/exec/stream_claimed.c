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
 * Who runs what of a stream: how many of its blocks are behind the claims, and
 * what is so of the next two. Blocks end in any order of these two, and count
 * as done in that of the stream.
 */
enum { FREE, CLAIMED, BOTH_CLAIMED, SECOND_ENDED, STATES };

static uint64_t
claim_word(uint64_t behind, unsigned state)
{
	return behind * STATES + state;
}

/* A block of a stream that might be begun, as it was when somebody looked. */
struct next {
	uint64_t behind;		/* blocks of the stream, in all runs */
	uint64_t was, claim;		/* the word; what it will be */
	bool is_over;			/* there is none */
	bool is_ahead;			/* the one before it has not ended */
};

static uint32_t
number_of(const struct weir__stream_loop *s, unsigned w, uint64_t run,
	  uint64_t behind)
{
	return s->streams->first_block[w] +
	       (uint32_t)(behind - weir__done_before(s, w, run));
}

/*
 * Whether a block behind one that has begun, or could, may begin, too: what
 * that one waits for is there. Not of a run that a task has called: who comes
 * through a door needs a place, and there are as many as streams; with two
 * threads in one stream others would find something to do but no place, and
 * look again and again in place of sleeping.
 */
static bool
may_go_ahead(const struct weir__stream_loop *s, unsigned w, uint64_t run,
	     uint64_t behind)
{
	uint32_t block = number_of(s, w, run, behind);

	if (s->doors.behind[0] || s->doors.behind[1])
		return false;
	return block < s->streams->first_block[w + 1] &&
	       weir__is_apart(s->streams, block) && are_met(s, block, run);
}

/* Whether one can be begun: nobody runs it, and its waits are met. */
static bool
is_ready(const struct weir__stream_loop *s, unsigned w, uint64_t run,
	 struct next *next)
{
	const uint32_t *first = s->streams->first_block;
	const struct weir__progress *p = weir__progress_of(s, w);
	uint64_t before = weir__done_before(s, w, run), taken;

	/* Taken first: who takes a block has done those before, and the
	 * acquire shows that. */
	taken = atomic_load_explicit(&p->taken, memory_order_acquire);
	/* acquire: who ran the stream so far has written what comes next */
	next->behind = atomic_load_explicit(&p->done, memory_order_acquire);
	next->is_over = next->behind >= before + first[w + 1] - first[w];
	next->is_ahead = false;
	if (next->is_over || taken == next->behind + 1)
		return false;
	next->was = atomic_load_explicit(&p->claimed, memory_order_relaxed);
	next->claim = claim_word(next->behind, CLAIMED);
	if (next->was == next->claim && s->streams->apart) {
		next->is_ahead = true;
		next->behind++;
		next->claim = claim_word(next->behind - 1, BOTH_CLAIMED);
		return may_go_ahead(s, w, run, next->behind);
	}
	/* What was claimed before is done or behind: the strict loop does not
	 * claim. */
	return next->was < next->claim &&
	       are_met(s, number_of(s, w, run, next->behind), run);
}

/* The claim after one of the two blocks has ended. */
static uint64_t
claim_after(uint64_t claim, uint64_t behind)
{
	uint64_t first = claim / STATES;

	if (first != behind)
		return claim_word(first, SECOND_ENDED);
	switch (claim % STATES) {
	case BOTH_CLAIMED:
		return claim_word(first + 1, CLAIMED);
	case SECOND_ENDED:
		return claim_word(first + 2, FREE);
	default:
		return claim_word(first + 1, FREE);
	}
}

/* One of two blocks that could run at once has ended. Whoever ends both tells
 * of both, and may be overtaken by who tells of the second. */
static void
end_of_two(struct weir__progress *p, uint64_t behind)
{
	uint64_t claim = atomic_load_explicit(&p->claimed,
					      memory_order_relaxed);
	uint64_t done, after;

	do
		after = claim_after(claim, behind);
	while (!atomic_compare_exchange_weak_explicit(
		&p->claimed, &claim, after, memory_order_acq_rel,
		memory_order_relaxed));
	if (after % STATES == SECOND_ENDED)
		return;
	after /= STATES;
	done = atomic_load_explicit(&p->done, memory_order_relaxed);
	while (done < after)
		if (atomic_compare_exchange_weak_explicit(
			    &p->done, &done, after, memory_order_release,
			    memory_order_relaxed))
			return;
}

/* Run the next block of a stream, if that is wanted and it can be begun. */
static bool
advance(struct weir__stream_loop *s, unsigned w, unsigned me, uint64_t run,
	bool is_wanted, bool *is_over)
{
	struct weir__progress *p = weir__progress_of(s, w);
	struct next next;
	bool was_ready = is_ready(s, w, run, &next);
	uint32_t block;

	*is_over = next.is_over;
	/* Who has claimed the block before has seen what that waits for. */
	if (!was_ready || !is_wanted ||
	    !atomic_compare_exchange_strong_explicit(
		    &p->claimed, &next.was, next.claim,
		    memory_order_acq_rel, memory_order_relaxed))
		return false;
	block = number_of(s, w, run, next.behind);
	s->run_block(s, block, run, me);
	if (next.is_ahead || (block + 1 < s->streams->first_block[w + 1] &&
			      weir__is_apart(s->streams, block + 1)))
		end_of_two(p, next.behind);
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
		if (is_ready(s, w, run, &next))
			ready += 1 + (!next.is_ahead &&
				      may_go_ahead(s, w, run,
						   next.behind + 1));
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

