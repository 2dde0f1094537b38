/*
 * How far pools are from each other: what it takes to get a line that a worker
 * of one has written into the cache of a worker of another.
 */
#ifndef WEIR_TOPOLOGY_DISTANCES_H
#define WEIR_TOPOLOGY_DISTANCES_H

#include <stddef.h>
#include <stdint.h>

struct weir__distances {
	size_t pools;
	const uint16_t *pool;	/* per worker */
	/* pools x pools: by what that is dearer than within a pool; the same
	 * in both directions, 1 from a pool to itself, never less. */
	const float *times;
};

/* From one worker to another; NULL: there is one pool. */
static inline double
weir__distance(const struct weir__distances *d, unsigned v, unsigned w)
{
	return d ? (double)d->times[d->pool[v] * d->pools + d->pool[w]] : 1;
}

/* Whether two workers are of one pool. */
static inline int
weir__same_pool(const struct weir__distances *d, unsigned v, unsigned w)
{
	return !d || d->pool[v] == d->pool[w];
}

#endif
