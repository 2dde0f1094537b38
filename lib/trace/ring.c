#include "trace/ring.h"

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

#include "base/error.h"

enum {
	FIRST_CHUNK = 8 * 1024,
	LARGEST_CHUNK = 4 * 1024 * 1024,
	HUGE_PAGE = 2 * 1024 * 1024,
	CHUNKS_AT_LEAST = 4	/* so that at most a quarter goes at once */
};

/* Of the head; sizeof may count padding after it. */
enum { HEAD = offsetof(struct weir__record, more) };

_Static_assert(HEAD == 44, "a head and one producer are 48 bytes");

struct weir__ring *
weir__ring_create(struct weir__heap *heap, size_t limit, uint64_t thread)
{
	struct weir__ring *ring = weir__calloc(heap, 1, sizeof *ring);

	if (!ring)
		return NULL;
	ring->heap = heap;
	ring->limit = limit < WEIR__RING_LEAST ? WEIR__RING_LEAST : limit;
	ring->thread = thread;
	return ring;
}

void
weir__ring_release(struct weir__ring *ring)
{
	struct weir__ring_chunk *chunk, *next;

	if (!ring)
		return;
	for (chunk = ring->oldest; chunk; chunk = next) {
		next = chunk->next;
		weir__free(ring->heap, chunk);
	}
	weir__free(ring->heap, ring);
}

static inline size_t
record_size(uint32_t n_more, bool is_wide)
{
	if (is_wide)
		return HEAD + 4 + sizeof(struct weir__record_wide) +
		       n_more * sizeof(uint64_t);
	return (HEAD + n_more * sizeof(uint32_t) + 7) & ~(size_t)7;
}

static inline uint32_t
count_more(uint32_t n_deps, bool has_tiles)
{
	return n_deps + (has_tiles ? 3 : 0);
}

/* Recording must not touch what the thread knows of its last failure. */
static void *
alloc_quietly(struct weir__heap *heap, size_t size)
{
	char said[WEIR__ERROR_SIZE];
	void *memory;

	memcpy(said, weir_error_text(), strlen(weir_error_text()) + 1);
	memory = weir__alloc(heap, size);
	if (!memory)
		weir_fail(WEIR_ENOMEM, "%s", said);
	return memory;
}

/* New memory costs more to touch than all of recording does; in large pages,
 * a quarter of that. */
static void
ask_for_large_pages(struct weir__ring_chunk *chunk)
{
	uintptr_t begin = (uintptr_t)chunk, end;

	end = begin + sizeof *chunk + chunk->size;
	begin = (begin + HUGE_PAGE - 1) & ~(uintptr_t)(HUGE_PAGE - 1);
	end &= ~(uintptr_t)(HUGE_PAGE - 1);
	if (begin < end)
		madvise((void *)begin, end - begin, MADV_HUGEPAGE);
}

static struct weir__ring_chunk *
take_oldest(struct weir__ring *ring)
{
	struct weir__ring_chunk *chunk = ring->oldest;

	if (!chunk)
		return NULL;
	ring->lost += chunk == ring->newest ? ring->events : chunk->events;
	ring->oldest = chunk->next;
	if (!ring->oldest)
		ring->newest = NULL;
	return chunk;
}

static size_t
next_size(const struct weir__ring *ring)
{
	size_t size = FIRST_CHUNK, most = ring->limit / CHUNKS_AT_LEAST;

	if (ring->newest)
		size = ring->newest->size * 2;
	if (size > LARGEST_CHUNK)
		size = LARGEST_CHUNK;
	return size > most ? most : size;
}

/* Begin an empty chunk as the newest; false: there is none to be had. */
static bool
new_chunk(struct weir__ring *ring)
{
	size_t size = next_size(ring);
	struct weir__ring_chunk *chunk = NULL;

	if (ring->bytes + size <= ring->limit)
		chunk = alloc_quietly(ring->heap, sizeof *chunk + size);
	if (chunk) {
		chunk->size = size;
		ring->bytes += size;
		ask_for_large_pages(chunk);
	} else {
		/* Chunks grew, so the oldest may be too small to be of use:
		 * then it is let go for one of full size. */
		chunk = take_oldest(ring);
		if (chunk && chunk->size < size && ring->oldest) {
			ring->bytes -= chunk->size;
			weir__free(ring->heap, chunk);
			return new_chunk(ring);
		}
	}
	if (!chunk)
		return false;
	if (ring->newest) {
		ring->newest->used = (size_t)(atomic_load_explicit(
			&ring->at, memory_order_relaxed) -
			ring->newest->bytes);
		ring->newest->events = ring->events;
		ring->newest->next = chunk;
	} else {
		ring->oldest = chunk;
	}
	chunk->next = NULL;
	chunk->used = chunk->events = 0;
	ring->newest = chunk;
	ring->events = 0;
	ring->end = chunk->bytes + chunk->size;
	atomic_store_explicit(&ring->at, chunk->bytes, memory_order_release);
	return true;
}

/* Room for a record; counts a loss where there is none. */
static inline struct weir__record *
begin_record(struct weir__ring *ring, size_t size)
{
	char *at = atomic_load_explicit(&ring->at, memory_order_relaxed);

	if (__builtin_expect((size_t)(ring->end - at) < size, 0)) {
		if (!new_chunk(ring)) {
			ring->lost++;
			return NULL;
		}
		at = atomic_load_explicit(&ring->at, memory_order_relaxed);
	}
	return (struct weir__record *)at;
}

static inline void
end_record(struct weir__ring *ring, const struct weir__record *record,
	   size_t size)
{
	ring->events++;
	/* release: who reads `at` must see the record. */
	atomic_store_explicit(&ring->at, (char *)record + size,
			      memory_order_release);
}

/* As many producers as the smallest chunk of this ring can hold. */
static uint32_t
fitting_deps(struct weir__ring *ring, uint32_t n_deps)
{
	size_t most = ring->limit / CHUNKS_AT_LEAST;
	size_t room;

	if (most > FIRST_CHUNK)
		most = FIRST_CHUNK;
	room = (most - record_size(3, true)) / sizeof(uint64_t);
	if (n_deps <= room)
		return n_deps;
	ring->lost_deps += n_deps - room;
	return (uint32_t)room;
}

static void
fill_head(struct weir__record *record,
	  const volatile struct weir__trace_event *event, int cpu)
{
	record->start = event->start;
	record->info = event->info;
	record->block = event->block;
	record->cpu = (uint16_t)cpu;	/* -1 is WEIR__CPU_UNKNOWN */
	record->kind = (uint8_t)event->kind;
	record->flags = event->eager ? WEIR__RECORD_EAGER : 0;
}

/* The way of events that have a number too large for a narrow record. */
static __attribute__((noinline)) void
add_wide(struct weir__ring *ring,
	 const volatile struct weir__trace_event *event, int cpu,
	 uint32_t n_deps)
{
	size_t size = record_size(count_more(n_deps, event->tiles), true);
	struct weir__record *record = begin_record(ring, size);
	struct weir__record_wide *wide;
	uint64_t *more;
	uint32_t i;

	if (!record)
		return;
	fill_head(record, event, cpu);
	record->flags |= WEIR__RECORD_WIDE;
	record->n_deps = (uint16_t)n_deps;
	wide = (void *)(record->more + 1);
	wide->end = event->end;
	wide->ready = event->ready;
	wide->run = event->run;
	wide->ordinal = event->ordinal;
	wide->worker = event->worker;
	more = wide->more;
	if (event->tiles) {
		record->flags |= WEIR__RECORD_TILES;
		*more++ = (uint64_t)event->tile_begin;
		*more++ = (uint64_t)event->tile_end;
		*more++ = (uint64_t)event->tiles;
	}
	for (i = 0; i < n_deps; i++)
		*more++ = event->deps[i];
	end_record(ring, record, size);
}

/*
 * volatile: the caller has just stored these fields one by one, and the
 * processor stalls for longer than all of this takes when the compiler joins
 * two of them into one wide load.
 */
void
weir__ring_event(struct weir__ring *ring,
		 const volatile struct weir__trace_event *event, int cpu)
{
	uint32_t n_deps = event->n_deps, i, *more;
	const volatile uint64_t *deps = event->deps;
	int64_t tiles = event->tiles;
	uint64_t number, high;
	struct weir__record *record;
	int32_t worker;
	size_t size;

	if (__builtin_expect(n_deps > 32, 0))
		n_deps = fitting_deps(ring, n_deps);
	size = record_size(count_more(n_deps, tiles), false);
	record = begin_record(ring, size);
	if (!record)
		return;
	fill_head(record, event, cpu);
	/* Written as if all were small; then high says whether it was. */
	number = event->end - record->start;	/* huge where negative */
	record->duration = (uint32_t)number;
	high = number;
	number = event->ready;
	if (number) {
		number = record->start - number;
		high |= number | (number + 1);
		record->wait = (uint32_t)number;
	} else {
		record->wait = UINT32_MAX;
	}
	number = event->run;
	record->run = (uint32_t)number;
	high |= number;
	number = event->ordinal;
	record->ordinal = (uint32_t)number;
	high |= number;
	worker = event->worker;
	record->worker = (int16_t)worker;
	high |= (uint64_t)(worker != (int16_t)worker) << 32;
	record->n_deps = (uint16_t)n_deps;
	more = record->more;
	if (tiles) {
		record->flags |= WEIR__RECORD_TILES;
		high |= (uint64_t)tiles | (uint64_t)event->tile_begin |
			(uint64_t)event->tile_end;
		*more++ = (uint32_t)event->tile_begin;
		*more++ = (uint32_t)event->tile_end;
		*more++ = (uint32_t)tiles;
	}
	for (i = 0; i < n_deps; i++) {
		number = deps[i];
		more[i] = (uint32_t)number;
		high |= number;
	}
	if (__builtin_expect(high >> 32 == 0, 1))
		end_record(ring, record, size);
	else	/* over it: nothing has been published */
		add_wide(ring, event, cpu, n_deps);
}

void
weir__ring_counter(struct weir__ring *ring,
		   const struct weir__trace_info *name, uint64_t when,
		   double value)
{
	size_t size = record_size(0, true);
	struct weir__record *record = begin_record(ring, size);
	struct weir__record_wide *wide;

	if (!record)
		return;
	memset(record, 0, size);
	record->kind = WEIR__RECORD_COUNTER;
	record->flags = WEIR__RECORD_WIDE;
	record->cpu = WEIR__CPU_UNKNOWN;
	record->info = name;
	record->start = when;
	wide = (void *)(record->more + 1);
	memcpy(&wide->end, &value, sizeof value);
	end_record(ring, record, size);
}

/* -- reading */

/* acquire: the records before it, and the list of chunks up to its own. */
static const char *
published(const struct weir__ring *ring)
{
	return atomic_load_explicit(&ring->at, memory_order_acquire);
}

/* The chunk with `at` is the newest as far as is known: the owner may have
 * begun another since, of which nothing is published. */
static void
enter(struct weir__ring_walk *walk, const struct weir__ring_chunk *chunk)
{
	const char *at = published(walk->ring);

	walk->chunk = chunk;
	walk->next = 0;
	walk->used = 0;
	if (!chunk)
		return;
	walk->is_newest = at >= chunk->bytes &&
			  at <= chunk->bytes + chunk->size;
	walk->used = walk->is_newest ? (size_t)(at - chunk->bytes)
				     : chunk->used;
}

const struct weir__record *
weir__ring_next(struct weir__ring_walk *walk)
{
	const struct weir__record *record;
	size_t size;

	while (walk->chunk) {
		size_t left = walk->used - walk->next;

		record = (const void *)(walk->chunk->bytes + walk->next);
		if (left >= sizeof *record) {
			size = record_size(count_more(record->n_deps,
					weir__record_has_tiles(record)),
					record->flags & WEIR__RECORD_WIDE);
			walk->next += size;
			if (size <= left)
				return record;
		}
		enter(walk, walk->is_newest ? NULL : walk->chunk->next);
	}
	return NULL;
}

const struct weir__record *
weir__ring_first(const struct weir__ring *ring, struct weir__ring_walk *walk)
{
	walk->ring = ring;
	enter(walk, published(ring) ? ring->oldest : NULL);
	return weir__ring_next(walk);
}
