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

/* Collect the times of steps begin <= i < end that count; how many. */
static size_t
times_that_count(const struct history *history, size_t begin, size_t end,
		 bool all, double *times)
{
	size_t i, n = 0;

	for (i = begin; i < end; i++) {
		if (all || history->is_steady[i])
			times[n++] = history->step_seconds[i];
	}
	return n;
}

/* Steps per second in the median epoch; the lower one of two in the middle. */
static double
median_rate(const struct history *history, bool all, double *times)
{
	double *rates = allocate(history->n_epochs, sizeof(*rates)), rate;
	size_t epoch, n_rates = 0, i;

	for (epoch = 0; epoch < history->n_epochs; epoch++) {
		size_t begin = epoch * history->steps_per_epoch;
		size_t n = times_that_count(history, begin, begin +
			history->steps_per_epoch, all, times);
		double sum = 0;

		for (i = 0; i < n; i++)
			sum += times[i];
		if (n != 0)
			rates[n_rates++] = (double)n / fmax(sum, 1e-9);
	}
	qsort(rates, n_rates, sizeof(*rates), by_size);
	rate = rates[(n_rates - 1) / 2];
	free(rates);
	return rate;
}

struct step_times
history_step_times(const struct history *history)
{
	double *times = allocate(history->n_steps, sizeof(*times));
	struct step_times result;
	bool all = times_that_count(history, 0, history->n_steps, false,
				    times) == 0;

	result.per_second = median_rate(history, all, times);
	result.n = times_that_count(history, 0, history->n_steps, all, times);
	qsort(times, result.n, sizeof(*times), by_size);
	result.p50 = percentile(times, result.n, 0.50);
	result.p99 = percentile(times, result.n, 0.99);
	free(times);
	return result;
}

/* The first step with batches of another size than the first; n_steps: none. */
static size_t
small_batch(const struct history *history)
{
	size_t i;

	for (i = 1; i < history->n_steps && history->is_steady[i]; i++)
		;
	return i < history->n_steps ? i : history->n_steps;
}

double
history_break_even(const struct history *eager, const struct history *graph)
{
	double eager_step = history_step_times(eager).p50;
	double graph_step = history_step_times(graph).p50;
	double gain = eager_step - graph_step;
	double first = graph->first_step_seconds - graph_step -
		       (eager->first_step_seconds - eager_step);
	size_t last = small_batch(graph);
	double sooner, later;

	if (gain <= 0)
		return INFINITY;
	sooner = fmax(1, ceil(first / gain));
	if (last == graph->n_steps)
		return sooner;
	later = ceil((first + graph->step_seconds[last] - graph_step -
		      (eager->step_seconds[last] - eager_step)) / gain);
	/* before the smaller batch, unless that costs as much again */
	if (sooner <= (double)last && later <= (double)last + 1)
		return sooner;
	return fmax(later, (double)last + 1);
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
