/*
 * Stamps: the cheapest clock that can be trusted, and what turns its ticks
 * into nanoseconds afterwards.
 *
 * The time stamp counter costs 9 ns where clock_gettime() costs 22, but is
 * trusted only where the processor says that its rate never changes and the
 * kernel itself keeps time by it: else it may differ between sockets.
 */
#ifndef WEIR_TRACE_CLOCK_H
#define WEIR_TRACE_CLOCK_H

#include <stdatomic.h>
#include <stdint.h>
#include <time.h>
#if defined(__x86_64__) || defined(__i386__)
#include <x86intrin.h>
#endif

enum weir__clock_kind {
	WEIR__CLOCK_MONOTONIC = 0,
	WEIR__CLOCK_TSC,
	WEIR__CLOCK_LOGICAL
};

/* One moment by both clocks. */
struct weir__clock_pair {
	uint64_t ticks, ns;
};

struct weir__clock {
	enum weir__clock_kind kind;	/* constant while a trace is on */
	struct weir__clock_pair first, last;
	double ns_per_tick;
	int64_t realtime_ns;		/* when it started, since 1970 */
	_Alignas(64) _Atomic uint64_t count;	/* of the logical clock */
};

/* Begin to count; wants the logical clock or the best there is. */
void
weir__clock_start(struct weir__clock *clock, int is_logical);

/*
 * Learn the rate. Sleeps up to 5 ms where the clock started just now: over a
 * shorter time the rate is not known well enough.
 */
void
weir__clock_calibrate(struct weir__clock *clock);

/* Nanoseconds since the start, negative before it; needs the rate. */
int64_t
weir__clock_ns(const struct weir__clock *clock, uint64_t ticks);

/* As files name it: "tsc", "monotonic", "logical". */
const char *
weir__clock_name(const struct weir__clock *clock);

uint64_t
weir__clock_monotonic(void);

static inline uint64_t
weir__clock_now(struct weir__clock *clock)
{
#if defined(__x86_64__) || defined(__i386__)
	/* Unfenced: it may slip by some tens of cycles, and a fence costs
	 * more than that. */
	if (clock->kind == WEIR__CLOCK_TSC)
		return __rdtsc();
#endif
	if (clock->kind == WEIR__CLOCK_LOGICAL)
		return atomic_fetch_add_explicit(&clock->count, 1,
						 memory_order_relaxed) + 1;
	return weir__clock_monotonic();
}

#endif
