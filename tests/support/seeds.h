/*
 * Which seeds a random test tries, and how much a test does:
 *
 *	WEIR_TEST_SEED=n	that one only
 *	WEIR_TEST_GRAPHS=n	1 to n
 *	WEIR_TEST_LONG=1	as many as `make check-long' wants
 */
#ifndef SUPPORT_SEEDS_H
#define SUPPORT_SEEDS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

static inline bool
is_long(void)
{
	return getenv("WEIR_TEST_LONG");
}

static inline bool
is_one_seed(void)
{
	return getenv("WEIR_TEST_SEED");
}

struct seeds {
	uint64_t first, last;
};

/* Whether they are fewer than usual: then shares of them say nothing, and that
 * is told. */
static inline bool
seeds_are_few(struct seeds seeds, uint64_t quick)
{
	if (seeds.last - seeds.first + 1 >= quick)
		return false;
	fprintf(stderr, "# %llu seeds are too few for shares: %llu are "
		"not\n", (unsigned long long)(seeds.last - seeds.first + 1),
		(unsigned long long)quick);
	return true;
}

static inline struct seeds
seeds_to_try(uint64_t quick, uint64_t long_)
{
	const char *seed = getenv("WEIR_TEST_SEED");
	const char *n = getenv("WEIR_TEST_GRAPHS");
	struct seeds seeds = { 1, is_long() ? long_ : quick };

	if (n)
		seeds.last = strtoull(n, NULL, 10);
	if (seed)
		seeds.first = seeds.last = strtoull(seed, NULL, 10);
	return seeds;
}

#endif
