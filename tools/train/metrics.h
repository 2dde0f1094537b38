/* How good predictions are, from what was and what was predicted. */
#ifndef METRICS_H
#define METRICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct metrics {
	int64_t n;
	int64_t confusion[2][2];	/* [actual][predicted] */
	double accuracy;
	int majority;			/* the more frequent class */
	double majority_rate;		/* accuracy of always answering it */
	double precision[2];		/* NaN where nothing was predicted so */
	double recall[2];		/* NaN where nothing was so */
};

/** n classes that were and n that were predicted, each 0 or 1. */
struct metrics
metrics_of(const unsigned char *actual, const unsigned char *predicted,
	   size_t n);

/**
 * Whether the accuracy looks better than the model is: most of one class is
 * missed (recall below 0.5), but it beats that of always answering the more
 * frequent class, or equals it, as that of a model which does no more. A lower
 * one shows by itself.
 *
 * @param text  says so in a sentence, at most size bytes with the 0
 */
bool
metrics_mislead(const struct metrics *metrics, char *text, size_t size);

#endif /* METRICS_H */
