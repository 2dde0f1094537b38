/* What a loop that waits does between two looks. */
#ifndef WEIR_BASE_PAUSE_H
#define WEIR_BASE_PAUSE_H

#include <sched.h>
#include <stdbool.h>

enum {
	WEIR__LONG_PAUSES = 1000,
	WEIR__VERY_LONG_PAUSES = 4 * WEIR__LONG_PAUSES
};

static inline void
weir__pause(void)
{
#if defined(__x86_64__) || defined(__i386__)
	__builtin_ia32_pause();
#elif defined(__aarch64__)
	__asm__ __volatile__("yield");
#endif
}

/* Pause, so often at most from spins 0 on; then give the processor away. */
static inline void
weir__relax(unsigned *spins, unsigned most)
{
	if (*spins >= most) {
		sched_yield();
		return;
	}
	++*spins;
	weir__pause();
}

/*
 * Whether so many pauses take longer than what is waited for takes where
 * whoever is to bring it about is running: some ten microseconds.
 */
static inline bool
weir__is_long(unsigned pauses)
{
	return pauses >= WEIR__LONG_PAUSES;
}

/* Whether they take longer than falling asleep, being woken and all that costs
 * others would, too: where a processor has to be interrupted for it, and that is
 * a virtual one, some fifty microseconds. */
static inline bool
weir__is_very_long(unsigned pauses)
{
	return pauses >= WEIR__VERY_LONG_PAUSES;
}

#endif
