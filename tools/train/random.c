/* Seeded random numbers: SplitMix64 (Steele et al. 2014) and Marsaglia's polar
 * method. */
#include "random.h"

#include <math.h>

static uint64_t
next(struct random *random)
{
	uint64_t z = random->state += 0x9e3779b97f4a7c15u;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
	z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
	return z ^ (z >> 31);
}

struct random
random_of(uint64_t seed, uint64_t stream)
{
	struct random random = { .state = seed, .spare = NAN };

	/* neighbouring seeds and streams must start far from each other */
	random.state = next(&random) + stream;
	random.state = next(&random);
	return random;
}

double
random_uniform(struct random *random)
{
	return (double)(next(random) >> 11) * 0x1p-53;
}

double
random_normal(struct random *random)
{
	double u, v, s, scale, spare = random->spare;

	if (!isnan(spare)) {
		random->spare = NAN;
		return spare;
	}
	do {
		u = 2 * random_uniform(random) - 1;
		v = 2 * random_uniform(random) - 1;
		s = u * u + v * v;
	} while (s >= 1 || s == 0);
	scale = sqrt(-2 * log(s) / s);
	random->spare = v * scale;
	return u * scale;
}

void
random_shuffle(struct random *random, int64_t *numbers, size_t n)
{
	size_t i;

	for (i = n; i > 1; i--) {
		size_t j = (size_t)(random_uniform(random) * (double)i);
		int64_t number = numbers[j];

		numbers[j] = numbers[i - 1];
		numbers[i - 1] = number;
	}
}
