/*
 * Data races: two plain accesses of one byte, one of them a write, neither of
 * which happened before the other. The compiler calls what is below as it
 * would ThreadSanitizer's library.
 */
#include "model/machine.h"

#include <stdio.h>
#include <string.h>

#ifdef WEIR_CAN_MODEL	/* else the compiler may bring its own library */

enum { GRANULE = 8, GRANULES = 4096 };	/* bytes; a power of two */

/* When each thread last wrote and read each byte: its epoch. Those of earlier
 * executions have happened before all that is done in this one. */
struct granule {
	uintptr_t number;
	unsigned execution;		/* of another: free */
	struct model_clock written[GRANULE], read[GRANULE];
};

static struct machine *const m = &model_machine;
static struct granule granules[GRANULES];

static struct granule *
find_granule(uintptr_t number)
{
	size_t i = (number ^ number >> 12) % GRANULES, tries;
	struct granule *g;

	for (tries = 0; tries < GRANULES; tries++) {
		g = &granules[(i + tries) % GRANULES];
		if (g->execution != m->execution) {
			g->execution = m->execution;
			g->number = number;
			return g;
		}
		if (g->number == number)
			return g;
	}
	model_fail("too many plain accesses");
	return NULL;
}

/* All of what was done, before now. (One comparison of vectors.) */
static inline bool
is_before(const struct model_clock *done, const struct model_clock *now)
{
	int32_t after = 0;
	unsigned u;

	for (u = 0; u < MODEL_THREADS; u++)
		after |= -(done->epoch[u] > now->epoch[u]);
	return !after;
}

static __attribute__((noinline)) void
fail(bool writes, uintptr_t at, const struct granule *g)
{
	const struct model_clock *now = &m->threads[m->me].now.clock;
	const int32_t *written = g->written[at % GRANULE].epoch;
	const int32_t *read = g->read[at % GRANULE].epoch;
	char why[100];
	unsigned u;

	for (u = 0; u < MODEL_THREADS; u++)
		if (written[u] > now->epoch[u] ||
		    (writes && read[u] > now->epoch[u]))
			break;
	snprintf(why, sizeof why, "data race: %s %p, which thread %u has used",
		 writes ? "writes" : "reads", (void *)at, u);
	model_fail(why);
}

static inline void
access_bytes(const volatile void *p, size_t size, bool writes)
{
	uintptr_t at = (uintptr_t)p, end = at + size;
	const struct model_clock *now;
	struct granule *g = NULL;

	if (m->me < 0 || model_is_on_stack(p))
		return;
	now = &m->threads[m->me].now.clock;
	for (; at < end; at++) {
		unsigned i = at % GRANULE;

		if (!g || i == 0)
			g = find_granule(at / GRANULE);
		if (!is_before(&g->written[i], now) ||
		    (writes && !is_before(&g->read[i], now)))
			fail(writes, at, g);
		(writes ? g->written : g->read)[i].epoch[m->me] =
			now->epoch[m->me];
	}
}

/* -- what compilers call -------------------------------------------------- */

#pragma GCC diagnostic ignored "-Wmissing-prototypes"

#define ENTRIES(prefix, size) \
	void \
	__tsan_##prefix##read##size(void *p) \
	{ \
		access_bytes(p, size, false); \
	} \
	void \
	__tsan_##prefix##write##size(void *p) \
	{ \
		access_bytes(p, size, true); \
	}

ENTRIES(, 1)
ENTRIES(, 2)
ENTRIES(, 4)
ENTRIES(, 8)
ENTRIES(, 16)
ENTRIES(unaligned_, 2)
ENTRIES(unaligned_, 4)
ENTRIES(unaligned_, 8)
ENTRIES(unaligned_, 16)

/* Atomics that are used by their names, in one order with all others. */
#define ATOMICS(bits) \
	uint##bits##_t \
	__tsan_atomic##bits##_load(const volatile void *p, int order) \
	{ \
		(void)order; \
		return (uint##bits##_t)model_load(p, bits / 8, MODEL_SEQ_CST, \
						  &unnamed); \
	} \
	void \
	__tsan_atomic##bits##_store(volatile void *p, uint##bits##_t value, \
				    int order) \
	{ \
		(void)order; \
		model_store(p, bits / 8, value, MODEL_SEQ_CST, &unnamed); \
	}

static struct model_site unnamed = { "", "an atomic by its name", NULL, 0 };

ATOMICS(8)
ATOMICS(16)
ATOMICS(32)
ATOMICS(64)

void
__tsan_read_range(void *p, size_t size)
{
	access_bytes(p, size, false);
}

void
__tsan_write_range(void *p, size_t size)
{
	access_bytes(p, size, true);
}

void *
__tsan_memcpy(void *to, const void *from, size_t size)
{
	access_bytes(from, size, false);
	access_bytes(to, size, true);
	return memcpy(to, from, size);
}

void *
__tsan_memmove(void *to, const void *from, size_t size)
{
	access_bytes(from, size, false);
	access_bytes(to, size, true);
	return memmove(to, from, size);
}

void *
__tsan_memset(void *to, int byte, size_t size)
{
	access_bytes(to, size, true);
	return memset(to, byte, size);
}

void
__tsan_func_entry(void *caller)
{
	(void)caller;
}

void
__tsan_func_exit(void)
{
}

void
__tsan_init(void)
{
}

#endif
