/* Figures from what a training left behind. */
#include "history.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fail.h"

double
history_loss(const struct history *history, size_t step)
{
	size_t size = weir_dtype_size(history->dtype);
	const unsigned char *bits = history->losses + step * size;
	double wide;
	float narrow;

	if (history->dtype == WEIR_F64) {
		memcpy(&wide, bits, sizeof(wide));
		return wide;
	}
	memcpy(&narrow, bits, sizeof(narrow));
	return narrow;
}

static int
by_size(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* The smallest time that a share of the n sorted times does not exceed. */
static double
percentile(const double *sorted, size_t n, double share)
{
	size_t rank = (size_t)ceil(share * (double)n);

	return sorted[rank != 0 ? rank - 1 : 0];
}

struct step_times
history_step_times(const struct history *history)
{
	double *times = allocate(history->n_steps, sizeof(*times)), sum = 0;
	struct step_times result = { 0, 0, 0, 0 };
	size_t i, n = 0;

	for (i = 0; i < history->n_steps; i++) {
		if (history->is_steady[i])
			times[n++] = history->step_seconds[i];
	}
	if (n == 0) {
		n = history->n_steps;
		memcpy(times, history->step_seconds, n * sizeof(*times));
	}
	for (i = 0; i < n; i++)
		sum += times[i];
	qsort(times, n, sizeof(*times), by_size);
	result.n = n;
	result.per_second = (double)n / fmax(sum, 1e-9);
	result.p50 = percentile(times, n, 0.50);
	result.p99 = percentile(times, n, 0.99);
	free(times);
	return result;
}

double
history_break_even(const struct history *eager, const struct history *graph)
{
	double gain = history_step_times(eager).p50 -
		      history_step_times(graph).p50;

	if (gain <= 0)
		return INFINITY;
	return ceil((graph->record_seconds + graph->compile_seconds) / gain);
}

void
history_release(struct history *history)
{
	size_t i;

	free(history->epochs);
	free(history->losses);
	for (i = 0; i < history->n_params; i++)
		free(history->params[i]);
	free(history->probabilities);
	free(history->step_seconds);
	free(history->is_steady);
}
