/*
 * Whose streams a worker looks at when it has no work of its own: first those
 * of its own pool, then those of others, the nearest first, and of each only
 * when it has found nothing for so long that it pays.
 */
#ifndef WEIR_EXEC_VISITS_H
#define WEIR_EXEC_VISITS_H

#include "base/alloc.h"
#include "topology/distances.h"

/* The workers of a pool: n from `start` on and all around. */
struct weir__visit {
	unsigned first, n, start;
	unsigned patience;	/* rounds in which nothing was found before */
};

struct weir__visits {
	size_t pools;
	const uint16_t *pool;		/* per worker; borrowed */
	struct weir__visit rings[];	/* of each pool: all, in this order */
};

/*
 * For the first so many workers of a machine.
 *
 * @param visits  on success new, weir__free() it; NULL where all workers are of
 *                one pool. The distances are borrowed as long as it is.
 */
weir_status
weir__visits_new(struct weir__heap *heap,
		 const struct weir__distances *distances, unsigned workers,
		 struct weir__visits **visits);

/* Pools that a worker goes to one after the other. */
static inline size_t
weir__visits_pools(const struct weir__visits *visits)
{
	return visits ? visits->pools : 1;
}

/* The k-th of them for worker `me` of so many, me < workers. */
static inline struct weir__visit
weir__visit(const struct weir__visits *visits, unsigned workers, unsigned me,
	    size_t k)
{
	struct weir__visit visit = { 0, workers, me, 0 };

	if (visits) {
		visit = visits->rings[visits->pool[me] * visits->pools + k];
		visit.start = k && visit.n ? visit.first + me % visit.n : me;
	}
	return visit;
}

/* Who comes after worker w in a visit. */
static inline unsigned
weir__visit_next(const struct weir__visit *visit, unsigned w)
{
	return w + 1 == visit->first + visit->n ? visit->first : w + 1;
}

#endif
