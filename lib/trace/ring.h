/*
 * The ring of one thread: records of events, oldest out.
 *
 * A ring is a list of chunks that grows up to its limit, so a thread that
 * records little takes little; then the oldest chunk is used again, and what
 * was in it is counted as lost. Only the owning thread writes. Others read
 * when it is known to be idle, or at the end of the process, when a record
 * may be half written, or a chunk begun: `at` does not cover it yet. Only a
 * chunk that is used again at that moment is not safe from them.
 */
#ifndef WEIR_TRACE_RING_H
#define WEIR_TRACE_RING_H

#include "trace/event.h"

enum {
	WEIR__RECORD_COUNTER = 64,	/* beside the kinds of event.h */
	WEIR__RECORD_EAGER = 1,		/* flags */
	WEIR__RECORD_TILES = 2,
	WEIR__RECORD_WIDE = 4,
	WEIR__CPU_UNKNOWN = 0xffff,
	WEIR__RING_LEAST = 4096		/* bytes; less is made this much */
};

/*
 * 44 bytes, as recording is bound by the memory it writes. What does not fit
 * makes the record wide: then a weir__record_wide lies after the head and
 * holds the whole numbers. With WEIR__RECORD_TILES three follow (begin, end,
 * tiles), of 8 bytes in a wide record and of 4 in others; then n_deps
 * ordinals, likewise. Records begin at multiples of 8.
 */
struct weir__record {
	uint64_t start;			/* ticks */
	const struct weir__trace_info *info;
	uint32_t duration, wait;	/* ticks; wait UINT32_MAX: not known */
	uint32_t run, ordinal;
	int32_t block;
	int16_t worker;
	uint16_t cpu;
	uint16_t n_deps;
	uint8_t kind, flags;
	uint32_t more[];
};

/* A counter keeps its value's bits in end. */
struct weir__record_wide {
	uint64_t end, ready, run, ordinal;
	int64_t worker;
	uint64_t more[];
};

struct weir__ring_chunk {
	struct weir__ring_chunk *next;	/* younger */
	size_t size;
	size_t used;		/* set when the next chunk is begun */
	uint64_t events;	/* likewise */
	char bytes[];		/* at a multiple of 8 */
};

struct weir__ring {
	char apart[64];		/* no cache line is shared with others */
	char *_Atomic at;	/* in the newest chunk; release: the records
				   before it are whole, and older chunks
				   say where they end. NULL: no chunk yet */
	char *end;
	uint64_t events;	/* in the newest chunk */
	struct weir__ring_chunk *oldest, *newest;
	uint64_t lost;		/* events */
	uint64_t lost_deps;	/* producers that found no room */
	size_t bytes, limit;	/* of all chunks */
	struct weir__heap *heap;
	uint64_t thread;	/* serial number, unique in the process */
	struct weir__ring *next;	/* registered later */
	/* What this thread interned lately; see weir__trace_intern(). */
	const struct weir__trace_info *recent[64];
	char apart_too[64];
};

struct weir__ring *
weir__ring_create(struct weir__heap *heap, size_t limit, uint64_t thread);

void
weir__ring_release(struct weir__ring *ring);

void
weir__ring_event(struct weir__ring *ring,
		 const volatile struct weir__trace_event *event, int cpu);

void
weir__ring_counter(struct weir__ring *ring,
		   const struct weir__trace_info *name, uint64_t when,
		   double value);

/* The place of a walk over a ring. */
struct weir__ring_walk {
	const struct weir__ring *ring;
	const struct weir__ring_chunk *chunk;
	size_t next, used;
	bool is_newest;
};

/* The first record, and the one after that; NULL at the end. */
const struct weir__record *
weir__ring_first(const struct weir__ring *ring, struct weir__ring_walk *walk);

const struct weir__record *
weir__ring_next(struct weir__ring_walk *walk);

/* -- what a record says */

static inline const struct weir__record_wide *
weir__record_wide(const struct weir__record *record)
{
	/* The head is 44 bytes long and this begins at a multiple of 8. */
	return record->flags & WEIR__RECORD_WIDE
		? (const void *)(record->more + 1) : NULL;
}

static inline uint64_t
weir__record_end(const struct weir__record *record)
{
	const struct weir__record_wide *wide = weir__record_wide(record);

	return wide ? wide->end : record->start + record->duration;
}

static inline uint64_t
weir__record_ready(const struct weir__record *record)
{
	const struct weir__record_wide *wide = weir__record_wide(record);

	if (wide)
		return wide->ready;
	return record->wait == UINT32_MAX ? 0 : record->start - record->wait;
}

static inline uint64_t
weir__record_run(const struct weir__record *record)
{
	const struct weir__record_wide *wide = weir__record_wide(record);

	return wide ? wide->run : record->run;
}

static inline uint64_t
weir__record_ordinal(const struct weir__record *record)
{
	const struct weir__record_wide *wide = weir__record_wide(record);

	return wide ? wide->ordinal : record->ordinal;
}

static inline int
weir__record_worker(const struct weir__record *record)
{
	const struct weir__record_wide *wide = weir__record_wide(record);

	return wide ? (int)wide->worker : record->worker;
}

static inline uint64_t
weir__record_more(const struct weir__record *record, size_t i)
{
	const struct weir__record_wide *wide = weir__record_wide(record);

	return wide ? wide->more[i] : record->more[i];
}

static inline bool
weir__record_has_tiles(const struct weir__record *record)
{
	return record->flags & WEIR__RECORD_TILES;
}

/* 0: the first of its tiles, 1: the one after its last, 2: of how many. */
static inline int64_t
weir__record_tile(const struct weir__record *record, size_t i)
{
	return (int64_t)weir__record_more(record, i);
}

static inline uint64_t
weir__record_dep(const struct weir__record *record, size_t i)
{
	return weir__record_more(record,
				 weir__record_has_tiles(record) ? i + 3 : i);
}

#endif
