#include "trace/clock.h"

#include <stdio.h>
#include <string.h>
#if defined(__x86_64__) || defined(__i386__)
#include <cpuid.h>
#endif

enum {
	PAIR_TRIALS = 64,
	SHORTEST_NS = 5000000,	/* a pair is good to 10 ns or so */
	LOGICAL_TICK_NS = 1000	/* a tick is drawn as a microsecond */
};

uint64_t
weir__clock_monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#if defined(__x86_64__) || defined(__i386__)
static int
kernel_keeps_time_by_tsc(void)
{
	char name[16] = "";
	FILE *file = fopen("/sys/devices/system/clocksource/clocksource0/"
			   "current_clocksource", "re");

	if (!file)
		return 0;
	if (!fgets(name, sizeof name, file))
		name[0] = '\0';
	fclose(file);
	return strcmp(name, "tsc\n") == 0;
}

static int
tsc_is_invariant(void)
{
	unsigned a, b, c, d;

	return __get_cpuid(0x80000007, &a, &b, &c, &d) && (d >> 8 & 1);
}

static struct weir__clock_pair
pair_now(enum weir__clock_kind kind)
{
	struct weir__clock_pair best = { 0, 0 };
	uint64_t least = UINT64_MAX;
	int i;

	if (kind != WEIR__CLOCK_TSC) {
		best.ticks = best.ns = weir__clock_monotonic();
		return best;
	}
	/* The tightest bracket is the one that nothing interrupted. */
	for (i = 0; i < PAIR_TRIALS; i++) {
		uint64_t before = __rdtsc();
		uint64_t ns = weir__clock_monotonic();
		uint64_t width = __rdtsc() - before;

		if (width < least) {
			least = width;
			best.ticks = before + width / 2;
			best.ns = ns;
		}
	}
	return best;
}

static enum weir__clock_kind
best_kind(void)
{
	return tsc_is_invariant() && kernel_keeps_time_by_tsc()
		? WEIR__CLOCK_TSC : WEIR__CLOCK_MONOTONIC;
}
#else
static struct weir__clock_pair
pair_now(enum weir__clock_kind kind)
{
	uint64_t now = weir__clock_monotonic();

	(void)kind;
	return (struct weir__clock_pair){ now, now };
}

static enum weir__clock_kind
best_kind(void)
{
	return WEIR__CLOCK_MONOTONIC;
}
#endif

void
weir__clock_start(struct weir__clock *clock, int is_logical)
{
	struct timespec t;

	clock->kind = is_logical ? WEIR__CLOCK_LOGICAL : best_kind();
	atomic_store_explicit(&clock->count, 0, memory_order_relaxed);
	clock->ns_per_tick = 1;
	clock->first = (struct weir__clock_pair){ 0, 0 };
	clock->realtime_ns = 0;
	if (!is_logical) {
		clock_gettime(CLOCK_REALTIME, &t);
		clock->realtime_ns = (int64_t)t.tv_sec * 1000000000 +
				     t.tv_nsec;
		clock->first = pair_now(clock->kind);
	}
	clock->last = clock->first;
}

static void
sleep_until(uint64_t ns)
{
	struct timespec t = { (time_t)(ns / 1000000000),
			      (long)(ns % 1000000000) };

	/* A signal may cut it short; the rate is then a little worse. */
	clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL);
}

void
weir__clock_calibrate(struct weir__clock *clock)
{
	if (clock->kind == WEIR__CLOCK_LOGICAL) {
		clock->ns_per_tick = LOGICAL_TICK_NS;
		return;
	}
	if (clock->kind == WEIR__CLOCK_TSC &&
	    weir__clock_monotonic() < clock->first.ns + SHORTEST_NS)
		sleep_until(clock->first.ns + SHORTEST_NS);
	clock->last = pair_now(clock->kind);
	if (clock->last.ticks > clock->first.ticks)
		clock->ns_per_tick =
			(double)(clock->last.ns - clock->first.ns) /
			(double)(clock->last.ticks - clock->first.ticks);
}

int64_t
weir__clock_ns(const struct weir__clock *clock, uint64_t ticks)
{
	/* Both orders, as a stamp may be older than the start. */
	double d = (double)(int64_t)(ticks - clock->first.ticks);
	double ns = d * clock->ns_per_tick;

	return (int64_t)(ns < 0 ? ns - 0.5 : ns + 0.5);
}

const char *
weir__clock_name(const struct weir__clock *clock)
{
	switch (clock->kind) {
	case WEIR__CLOCK_TSC: return "tsc";
	case WEIR__CLOCK_LOGICAL: return "logical";
	default: return "monotonic";
	}
}
