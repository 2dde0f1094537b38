/* What is told of samples: their median, the least and the largest, and the
 * two between which half of them are. */
#ifndef BENCH_FIGURE_H
#define BENCH_FIGURE_H

#include <stdlib.h>

struct figure {
	double median, least, most, low, high;
};

static inline int
figure_ascending(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts the samples, of which there is one at least. */
static inline struct figure
figure_of(double *samples, size_t n)
{
	qsort(samples, n, sizeof *samples, figure_ascending);
	return (struct figure){ samples[n / 2], samples[0], samples[n - 1],
				samples[n / 4], samples[n - 1 - n / 4] };
}

#endif
