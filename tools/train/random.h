/* Seeded random numbers for data and splits; the weights come from weir's own
 * generator. */
#ifndef RANDOM_H
#define RANDOM_H

#include <stddef.h>
#include <stdint.h>

struct random {
	uint64_t state;
	double spare;		/* the second normal number of a pair, or NaN */
};

/** Streams with different numbers are independent of each other. */
struct random
random_of(uint64_t seed, uint64_t stream);

/** Evenly from [0, 1). */
double
random_uniform(struct random *random);

/** From the standard normal distribution. */
double
random_normal(struct random *random);

/** Put n numbers in a random order. */
void
random_shuffle(struct random *random, int64_t *numbers, size_t n);

#endif /* RANDOM_H */
