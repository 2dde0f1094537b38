/*
 * Runs of one schedule take turns, in the order in which they come. Who waits
 * for one from a task helps the one whose turn it is.
 */
#include <sched.h>

#include "exec/stream.h"

/* -- the queue ------------------------------------------------------------------- */

/* The schedule is locked. */
static void
enqueue(weir_schedule *s, struct weir__stream_run *run)
{
	struct weir__stream_run *before = s->last;

	run->ticket = s->tickets++;
	run->next = NULL;
	/* release: what it was put there as */
	atomic_store_explicit(&run->waiting.behind,
			      before ? &before->waiting : NULL,
			      memory_order_release);
	s->last = run;
	if (before) {
		before->next = run;
		return;
	}
	s->front = run;
	s->served = run->ticket;
}

/* Take part in the run whose turn it is, until it is over; false where there is
 * no place, or it is not the resident team's. The schedule is locked, and is
 * again when this returns. */
static bool
help_front(weir_schedule *s)
{
	struct weir__stream_run *front = s->front;
	/* First: what is posted after this is looked for again. */
	bool is_posted = atomic_load_explicit(&front->posted,
					      memory_order_relaxed);
	struct weir__seat seat;
	bool has_seat = weir__team_join(s->team, &front->posted, &seat);

	if (!has_seat && (is_posted || !front->will_be_posted))
		return false;
	pthread_mutex_unlock(&s->lock);
	if (has_seat)
		weir__seat_work(&seat);
	else
		sched_yield();		/* it is being posted */
	pthread_mutex_lock(&s->lock);
	return true;
}

/* Until the turn is that of this ticket, or a later one. */
static void
await_ticket(weir_schedule *s, uint64_t ticket, bool helps)
{
	while (s->served < ticket)
		if (!helps || !help_front(s))
			pthread_cond_wait(&s->turn, &s->lock);
}

/* -- runs ------------------------------------------------------------------------- */

weir_status
weir__turn_await(struct weir__stream_run *run)
{
	bool is_inside = weir__is_in_a_task(), waits;
	weir_schedule *s = run->schedule;
	struct weir__wait_edge edge;

	if (s->may_overlap)
		return WEIR_OK;
	pthread_mutex_lock(&s->lock);
	waits = is_inside && s->last;
	if (waits && !weir__wait_begin(&edge, &s->last->waiting)) {
		pthread_mutex_unlock(&s->lock);
		return weir_fail(WEIR_ESTATE, "%s: a task must not run its own "
				 "schedule, nor one whose runs wait for that "
				 "task", s->name);
	}
	run->is_awaited = true;
	run->will_be_posted = !is_inside && weir__team_is_resident(s->team) &&
			      s->streams->workers > 1;
	enqueue(s, run);
	await_ticket(s, run->ticket, is_inside);
	pthread_mutex_unlock(&s->lock);
	if (waits)
		weir__wait_end(&edge);
	return WEIR_OK;
}

bool
weir__turn_take(struct weir__stream_run *run)
{
	weir_schedule *s = run->schedule;
	bool is_turn;

	if (s->may_overlap)
		return true;
	pthread_mutex_lock(&s->lock);
	run->is_awaited = false;
	run->will_be_posted = true;
	enqueue(s, run);
	is_turn = s->front == run;
	pthread_mutex_unlock(&s->lock);
	return is_turn;
}

void
weir__turn_is_here(struct weir__stream_run *run)
{
	weir_schedule *s = run->schedule;

	pthread_mutex_lock(&s->lock);
	run->will_be_posted = false;
	pthread_mutex_unlock(&s->lock);
}

struct weir__stream_run *
weir__turn_end(struct weir__stream_run *run)
{
	weir_schedule *s = run->schedule;
	struct weir__stream_run *next;

	if (s->may_overlap)
		return NULL;
	pthread_mutex_lock(&s->lock);
	next = s->front = run->next;
	if (next) {
		atomic_store_explicit(&next->waiting.behind, NULL,
				      memory_order_relaxed);
		s->served = next->ticket;
	} else {
		s->last = NULL;
		s->served = s->tickets;
	}
	if (next && next->is_awaited)
		next = NULL;
	weir__wait_is_over(&run->waiting);
	pthread_cond_broadcast(&s->turn);
	pthread_mutex_unlock(&s->lock);
	return next;
}

/* -- help -------------------------------------------------------------------------- */

bool
weir__turn_offer(void *arg, struct weir__help *help)
{
	struct weir__stream_run *run = arg;
	weir_schedule *s = run->schedule;

	help->schedule = NULL;
	if (s->may_overlap)
		return weir__team_join(s->team, &run->posted, &help->seat);
	weir__schedule_retain(s);
	help->schedule = s;
	help->ticket = run->ticket;
	return true;
}

/* It goes by the ticket: the run may be over by now, and used again. */
bool
weir__turn_help(struct weir__help *help)
{
	weir_schedule *s = help->schedule;
	bool has_helped;

	if (!s) {
		weir__seat_work(&help->seat);
		return true;
	}
	pthread_mutex_lock(&s->lock);
	await_ticket(s, help->ticket, true);
	has_helped = s->served == help->ticket && s->front && help_front(s);
	pthread_mutex_unlock(&s->lock);
	weir_schedule_release(s);
	return has_helped;
}
