/* The time, for telling how long something took. */
#ifndef WEIR_BASE_NOW_H
#define WEIR_BASE_NOW_H

#include <stdint.h>
#include <time.h>

#include "base/fpenv.h"

/* CLOCK_MONOTONIC in nanoseconds. */
static inline uint64_t
weir__now_whole_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

/* The same as a floating-point number; leaves the caller's flags alone. */
static inline double
weir__now_ns(void)
{
	uint64_t whole = weir__now_whole_ns();
	struct weir__fpenv fpenv;
	double now;

	weir__fpenv_enter(&fpenv);
	now = (double)whole;
	weir__fpenv_leave(&fpenv);
	return now;
}

#endif
