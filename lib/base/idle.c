#include "base/idle.h"

#include "base/futex.h"

uint32_t
weir__idle_enter(struct weir__idle *idle)
{
	/* First: a wake-up from here on is for this thread, too. */
	uint32_t ticket = atomic_load_explicit(&idle->wakes,
					       memory_order_relaxed);

	atomic_fetch_add_explicit(&idle->asleep, 1, memory_order_relaxed);
	weir__fence_all();
	return ticket;
}

void
weir__idle_sleep(struct weir__idle *idle, uint32_t ticket)
{
	weir__futex_wait(&idle->wakes, ticket);
}

void
weir__idle_wake(struct weir__idle *idle, uint32_t n)
{
	uint32_t asleep = atomic_load_explicit(&idle->asleep,
					       memory_order_relaxed);

	/* By this thread, so that the next sees at once who is left: those
	 * that it wakes may get a processor late. */
	do {
		if (n > asleep)
			n = asleep;
		if (!n)
			return;
	} while (!atomic_compare_exchange_weak_explicit(
		&idle->asleep, &asleep, asleep - n, memory_order_relaxed,
		memory_order_relaxed));
	/* Changed first: who has a ticket, but does not sleep yet, will not. */
	atomic_fetch_add_explicit(&idle->wakes, 1, memory_order_relaxed);
	weir__futex_wake(&idle->wakes, n);
}
