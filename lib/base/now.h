/* The time, for telling how long something took. */
#ifndef WEIR_BASE_NOW_H
#define WEIR_BASE_NOW_H

#include <stdint.h>
#include <time.h>

#include "base/fpenv.h"

/* CLOCK_MONOTONIC in nanoseconds; leaves the caller's flags alone. */
static inline double
weir__now_ns(void)
{
	struct weir__fpenv fpenv;
	struct timespec t;
	double now;

	clock_gettime(CLOCK_MONOTONIC, &t);
	weir__fpenv_enter(&fpenv);
	now = 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
	weir__fpenv_leave(&fpenv);
	return now;
}

/* The same, without floating point. */
static inline uint64_t
weir__now_whole_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

#endif
