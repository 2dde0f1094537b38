/*
 * Threads that sleep because there is nothing for them to do, and who pays for
 * it: they do. Who publishes something reads one number, which nobody writes
 * while all are awake; no read-modify-write and no fence of its own.
 *
 *	who sleeps				who publishes
 *
 *	ticket = weir__idle_enter(i);		store
 *	look again				if (weir__idle_is_anyone(i))
 *	if there is nothing:				weir__idle_wake(i, n);
 *		weir__idle_sleep(i, ticket);
 *
 * Always: either the second look sees what was published, or who publishes
 * sees that somebody sleeps and wakes it. (Entering fences all threads: what
 * they have published before is seen, and what they publish later comes before
 * their look.) So nobody sleeps on a timeout. tests/model/idle_model.c tries
 * it.
 */
#ifndef WEIR_BASE_IDLE_H
#define WEIR_BASE_IDLE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "base/fence.h"

struct weir__idle {
	/* At least the threads that sleep or are about to: counted up by each
	 * of them, down by who wakes it. Who finds something at the second
	 * look leaves one too many, for which somebody is woken in vain.
	 * Relaxed: the fence orders it. */
	_Atomic uint32_t asleep;
	/* Counts wake-ups; what they sleep on. */
	_Atomic uint32_t wakes;
};

/* Only where weir__fence_is_there(). Returns the ticket. */
uint32_t
weir__idle_enter(struct weir__idle *idle);

/* Unless somebody has been woken since the ticket was taken; may return for no
 * reason. */
void
weir__idle_sleep(struct weir__idle *idle, uint32_t ticket);

/* Wake so many, or all there are. */
void
weir__idle_wake(struct weir__idle *idle, uint32_t n);

/* After something was published. */
static inline bool
weir__idle_is_anyone(const struct weir__idle *idle)
{
	weir__fence_light();
	return atomic_load_explicit(&idle->asleep, memory_order_relaxed) > 0;
}

#endif
