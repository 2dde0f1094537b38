/*
 * Data races: two plain accesses of one byte, one of them a write, neither of
 * which happened before the other. The compiler calls what is below as it
 * would ThreadSanitizer's library.
 */
#include "model/explore.h"

#include <stdio.h>
#include <string.h>

#ifdef WEIR_CAN_MODEL	/* else the compiler may bring its own library */

enum { GRANULE = 8, GRANULES = 4096 };	/* bytes; a power of two */

/* When each thread last wrote and read each byte: its epoch, 0 for never. */
struct granule {
	uintptr_t number;
	unsigned execution;		/* of another: nothing yet */
	uint32_t written[MODEL_THREADS][GRANULE];
	uint32_t read[MODEL_THREADS][GRANULE];
};

static struct granule granules[GRANULES];

static struct granule *
find_granule(uintptr_t number)
{
	size_t i = (number ^ number >> 12) % GRANULES, tries;
	struct granule *g;

	for (tries = 0; tries < GRANULES; tries++) {
		g = &granules[(i + tries) % GRANULES];
		if (g->execution != model_execution()) {
			memset(g, 0, sizeof *g);
			g->execution = model_execution();
			g->number = number;
			return g;
		}
		if (g->number == number)
			return g;
	}
	model_fail("too many plain accesses");
	return NULL;
}

static void
fail(bool writes, const void *p, unsigned other)
{
	char why[100];

	snprintf(why, sizeof why, "data race: %s %p, which thread %u has used",
		 writes ? "writes" : "reads", p, other);
	model_fail(why);
}

static void
access_byte(struct granule *g, unsigned i, bool writes,
	    const struct model_clock *clock, unsigned me, unsigned threads)
{
	unsigned u;

	for (u = 0; u < threads; u++)
		if (u != me && (g->written[u][i] > clock->epoch[u] ||
				(writes && g->read[u][i] > clock->epoch[u])))
			fail(writes, (void *)(g->number * GRANULE + i), u);
	(writes ? g->written : g->read)[me][i] = clock->epoch[me];
}

static void
access_bytes(const volatile void *p, size_t size, bool writes)
{
	uintptr_t at = (uintptr_t)p, end = at + size;
	const struct model_clock *clock;
	struct granule *g = NULL;
	unsigned me, threads;

	clock = model_clock_for(p, &me, &threads);
	if (!clock)
		return;
	for (; at < end; at++) {
		if (!g || at % GRANULE == 0)
			g = find_granule(at / GRANULE);
		access_byte(g, at % GRANULE, writes, clock, me, threads);
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
