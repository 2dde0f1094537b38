/*
 * The trace's rings: who reads while the owner writes sees whole records, in
 * order, also while it begins a chunk; not while it uses one again (ring.h).
 */
#include <stddef.h>

#include "base/alloc.h"

/* Executions that are cut short give nothing back. */
static void *
next_chunk(size_t size);

#define weir__alloc(heap, size) ((void)(heap), next_chunk(size))

#include "trace/ring.c"

#include "model/model.h"

enum { ROOM = 1024, RECORD = 56, CHUNKS = 2 };

struct shape {
	unsigned events;		/* by the owner */
	unsigned before;		/* that were there */
	bool are_wide;
	size_t room;			/* of the chunk that is there */
};

static const struct shape *shape;
static struct weir__trace_info info;
static struct weir__ring ring;
static union {
	struct weir__ring_chunk chunk;
	char bytes[sizeof(struct weir__ring_chunk) + ROOM];
} memory[CHUNKS];
static unsigned n_chunks;

static void *
next_chunk(size_t size)
{
	(void)size;
	return n_chunks < CHUNKS ? &memory[n_chunks++] : NULL;
}

static void
add(uint64_t number)
{
	static const uint64_t deps[2] = { 11, 12 };
	struct weir__trace_event event = {
		.kind = WEIR__TRACE_OP, .info = &info,
		.run = shape->are_wide ? UINT64_MAX - 5 : 5,
		.ordinal = number, .start = 100 * number,
		.end = 100 * number + 10, .n_deps = 2, .deps = deps,
	};

	weir__ring_event(&ring, &event, 3);
}

static void
set_up(const void *arg)
{
	unsigned i;

	shape = arg;
	memset(&ring, 0, sizeof ring);
	memset(memory, 0, sizeof memory);
	ring.limit = WEIR__RING_LEAST;
	atomic_init(&ring.at, NULL);
	n_chunks = 0;
	if (shape->room) {
		struct weir__ring_chunk *chunk = next_chunk(0);

		chunk->size = shape->room;
		ring.bytes = shape->room;
		ring.oldest = ring.newest = chunk;
		ring.end = chunk->bytes + chunk->size;
		atomic_init(&ring.at, chunk->bytes);
	}
	for (i = 0; i < shape->before; i++)
		add(i);
}

static void
expect_whole(const struct weir__record *record, uint64_t number)
{
	model_expect(record->info == &info);
	model_expect(record->start == 100 * number);
	model_expect(record->n_deps == 2);
	model_expect(weir__record_ordinal(record) == number);
	model_expect(weir__record_end(record) == 100 * number + 10);
	model_expect(weir__record_run(record) ==
		     (shape->are_wide ? UINT64_MAX - 5 : 5));
	model_expect(weir__record_dep(record, 1) == 12);
}

static void
work(unsigned me)
{
	const struct weir__record *record;
	struct weir__ring_walk walk;
	unsigned i;

	if (me == 0) {
		for (i = 0; i < shape->events; i++)
			add(shape->before + i);
		return;
	}
	i = 0;
	for (record = weir__ring_first(&ring, &walk); record;
	     record = weir__ring_next(&walk))
		expect_whole(record, i++);
	model_expect(i >= shape->before);
}

static void
check(void)
{
	if (n_chunks == 1)
		model_expect(ring.events == shape->before + shape->events);
	model_expect(ring.lost == 0);
}

#define CONFIG(n) .threads = n, .set_up = set_up, .thread = work, .check = check

static const struct model_config configs[] = {
	{ .name = "three events", CONFIG(2),
	  .arg = &(struct shape){ .events = 3, .room = ROOM } },
	{ .name = "wide events after others, two readers", CONFIG(3),
	  .arg = &(struct shape){ .events = 2, .before = 2,
				  .are_wide = true, .room = ROOM } },
	{ .name = "the first chunk", CONFIG(2),
	  .arg = &(struct shape){ .events = 2 } },
	{ .name = "another chunk, two readers", CONFIG(3),
	  .arg = &(struct shape){ .events = 3, .before = 1,
				  .room = 2 * RECORD } },
};

static const struct model_fault faults[] = {
	{ "events are not published", "end_record", "&ring->at",
	  MODEL_MISSING, 0 },
	{ "a chunk that is not there yet is read", "published", "&ring->at",
	  MODEL_READS, UINT64_MAX },
};

const struct model_suite model_ring_suite = {
	.name = "rings",
	.configs = configs, .n_configs = sizeof configs / sizeof *configs,
	.faults = faults, .n_faults = sizeof faults / sizeof *faults,
};
