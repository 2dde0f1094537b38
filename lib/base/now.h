/* The time, for telling how long something took. */
#ifndef WEIR_BASE_NOW_H
#define WEIR_BASE_NOW_H

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

#endif
