#include "exec/visits.h"

#include "base/pause.h"

/*
 * Rounds without work, of some 20 ns each and more, before a pool is helped
 * that is twice as far as one's own; in between, in proportion to what it is
 * farther: about as long as the block's operands take longer to get there. Who
 * has waited so long that it would sleep helps whoever there is.
 */
enum { PATIENCE = 500, PATIENCE_MAX = WEIR__LONG_PAUSES };

static unsigned
patience(double distance)
{
	double rounds = PATIENCE * (distance - 1);

	return rounds < PATIENCE_MAX ? (unsigned)rounds : PATIENCE_MAX;
}

/* Whether pool a comes before pool b for those of pool p. Of pools that are as
 * far, each begins with another. */
static bool
is_before(const struct weir__distances *d, size_t p, size_t a, size_t b)
{
	float to_a = d->times[p * d->pools + a];
	float to_b = d->times[p * d->pools + b];

	if (a == p || b == p)
		return a == p;
	if (to_a < to_b || to_b < to_a)
		return to_a < to_b;
	return (a + d->pools - p) % d->pools < (b + d->pools - p) % d->pools;
}

static void
find_rings(struct weir__visit *rings, const struct weir__distances *d,
	   size_t p, const struct weir__visit *pools)
{
	size_t a, b, place;

	for (a = 0; a < d->pools; a++) {
		for (place = 0, b = 0; b < d->pools; b++)
			place += b != a && is_before(d, p, b, a);
		rings[place] = pools[a];
		rings[place].patience = patience(
			(double)d->times[p * d->pools + a]);
	}
}

weir_status
weir__visits_new(struct weir__heap *heap,
		 const struct weir__distances *d, unsigned workers,
		 struct weir__visits **visits)
{
	struct weir__visit *pools;
	struct weir__visits *v;
	unsigned w;
	size_t p;

	*visits = NULL;
	if (!d || d->pool[0] == d->pool[workers - 1])
		return WEIR_OK;
	v = weir__calloc(heap, 1, sizeof *v + d->pools * d->pools *
			 sizeof *v->rings);
	pools = weir__calloc(heap, d->pools, sizeof *pools);
	if (!v || !pools) {
		weir__free(heap, v);
		weir__free(heap, pools);
		return WEIR_ENOMEM;
	}
	for (w = 0; w < workers; w++)
		if (!pools[d->pool[w]].n++)
			pools[d->pool[w]].first = w;
	v->pools = d->pools;
	v->pool = d->pool;
	for (p = 0; p < d->pools; p++)
		find_rings(v->rings + p * d->pools, d, p, pools);
	weir__free(heap, pools);
	*visits = v;
	return WEIR_OK;
}
