/* What the figures of an epoch say. */
#ifndef OBSERVE_H
#define OBSERVE_H

#include <stddef.h>

enum observation {
	FALLING,	/* the loss falls */
	PLATEAU,	/* it neither falls nor rises by 1 % */
	OVERFITTING,	/* it falls, but rises on the test rows */
	RISING,		/* it rises */
	DIVERGED	/* it is no number any more, or more than twice what it
			   was before training */
};

/**
 * Of the last of n epochs, n >= 1. The entry before each array's first epoch
 * is that of the untrained model: loss[0] ... loss[n].
 *
 * @param loss       on the training rows
 * @param test_loss  on the test rows
 */
enum observation
observe(const double *loss, const double *test_loss, size_t n);

/** "falling", ... */
const char *
observation_name(enum observation observation);

#endif /* OBSERVE_H */
