#include <criterion/criterion.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/error.h"
#include "sample.h"

enum { THREADS = 8, EVENTS = 20000 };

static size_t
count_records(const struct weir__ring *ring, uint64_t *first_ordinal)
{
	struct weir__ring_walk walk;
	const struct weir__record *record = weir__ring_first(ring, &walk);
	uint64_t last = 0;
	size_t n = 0;

	*first_ordinal = record ? weir__record_ordinal(record) : 0;
	for (; record; record = weir__ring_next(&walk)) {
		if (n)
			cr_assert_eq(weir__record_ordinal(record), last + 1);
		last = weir__record_ordinal(record);
		n++;
	}
	return n;
}

static void
record_many(struct weir__tracer *tracer, uint64_t n)
{
	const struct weir__trace_info *info = info_of(tracer, "add", "p");
	uint64_t i;

	for (i = 0; i < n; i++) {
		uint64_t now = weir__trace_now(tracer);
		uint64_t deps[] = { i, i + 1, i + 2 };
		struct weir__trace_event event = op_event(info, 1, i, now,
							  now + 1);

		event.deps = deps;
		event.n_deps = (uint32_t)(i % 4);
		event.tiles = (int64_t)(i % 3);
		event.tile_end = event.tiles;
		weir__trace_event(tracer, &event);
	}
}

Test(ring, keeps_the_newest_and_counts_what_it_lost)
{
	static const size_t sizes[] = { 1, 4096, 20000, 1 << 20 };
	size_t i;

	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct recording r;
		uint64_t first;
		size_t n;

		begin_recording(&r, WEIR_TRACE_TIME, sizes[i]);
		record_many(r.tracer, EVENTS);
		n = count_records(r.tracer->rings, &first);
		cr_expect_gt(n, 0);
		cr_expect_eq(n + r.tracer->rings->lost, EVENTS);
		cr_expect_eq(first + n, EVENTS);
		cr_expect_leq(r.tracer->rings->bytes,
			      sizes[i] < 4096 ? 4096 : sizes[i]);
		end_recording(&r);
	}
}

Test(ring, takes_little_memory_for_few_events)
{
	struct recording r;

	begin_recording(&r, WEIR_TRACE_TIME, 0);
	record_many(r.tracer, 10);
	cr_expect_leq(r.tracer->rings->bytes, 16384);
	end_recording(&r);
}

static void *
record_all(void *arg)
{
	record_many(arg, EVENTS);
	return NULL;
}

Test(ring, has_the_events_of_threads_that_are_gone)
{
	pthread_t threads[THREADS];
	struct recording r;
	const struct weir__ring *ring;
	uint64_t first;
	size_t n = 0;
	int i;

	begin_recording(&r, WEIR_TRACE_TIME, 0);
	for (i = 0; i < THREADS; i++)
		pthread_create(&threads[i], NULL, record_all, r.tracer);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	for (ring = r.tracer->rings; ring; ring = ring->next, n++)
		cr_expect_eq(count_records(ring, &first), EVENTS);
	cr_expect_eq(n, THREADS);
	end_recording(&r);
}

Test(ring, tells_tracers_apart_on_one_thread)
{
	enum { TRACERS = 7 };	/* more than a thread remembers */
	struct recording r[TRACERS];
	uint64_t first;
	int i, k;

	for (i = 0; i < TRACERS; i++)
		begin_recording(&r[i], WEIR_TRACE_TIME, 0);
	for (k = 0; k < 20; k++)
		for (i = 0; i < TRACERS; i++) {
			struct weir__trace_event event = op_event(
				info_of(r[i].tracer, "add", "p"), 1,
				(uint64_t)k, 1, 2);

			weir__trace_event(r[i].tracer, &event);
		}
	for (i = 0; i < TRACERS; i++) {
		cr_expect_null(r[i].tracer->rings->next);
		cr_expect_eq(count_records(r[i].tracer->rings, &first), 20);
		end_recording(&r[i]);
	}
}

Test(ring, begins_anew_with_each_recording)
{
	struct recording r;
	uint64_t session, first;

	begin_recording(&r, WEIR_TRACE_TIME, 0);
	session = weir__trace_session(r.tracer);
	record_many(r.tracer, 10);
	cr_assert_eq(weir__tracer_start(r.tracer, NULL), WEIR_OK);
	cr_expect_eq(weir__trace_session(r.tracer), session,
		     "a recording under way goes on");
	weir__tracer_stop(r.tracer);
	cr_expect_not(weir__trace_is_on(r.tracer));
	cr_assert_eq(weir__tracer_start(r.tracer, NULL), WEIR_OK);
	cr_expect_neq(weir__trace_session(r.tracer), session);
	record_many(r.tracer, 3);
	cr_expect_eq(count_records(r.tracer->rings, &first), 3);
	end_recording(&r);
}

/* -- no memory */

static int allowed;

static void *
allocate_some(size_t size, void *arg)
{
	(void)arg;
	return allowed-- > 0 ? malloc(size) : NULL;
}

static void
release(void *memory, void *arg)
{
	(void)arg;
	free(memory);
}

Test(ring, counts_what_finds_no_memory_and_says_nothing_of_it)
{
	const weir_allocator allocator = { allocate_some, release, NULL };
	int limit;

	for (limit = 0; limit < 24; limit++) {
		const struct weir__trace_info wanted = { "add", "", "", "",
							 0, 0 };
		struct weir__heap *heap;
		struct weir__tracer *tracer;
		const struct weir__trace_info *info;
		const struct weir__ring *ring;
		uint64_t seen = 0, i, first;

		allowed = 1000;
		cr_assert_eq(weir__heap_create(&allocator, &heap), WEIR_OK);
		cr_assert_eq(weir__tracer_create(heap, NULL, &tracer),
			     WEIR_OK);
		cr_assert_eq(weir__tracer_start(tracer, NULL), WEIR_OK);
		weir_fail(WEIR_EINVAL, "said before");
		allowed = limit;
		info = weir__trace_intern(tracer, &wanted);
		for (i = 0; i < 5000; i++) {
			struct weir__trace_event event = op_event(info, 1, i,
								  1, 2);

			weir__trace_event(tracer, &event);
		}
		cr_expect_str_eq(weir_error_text(), "said before");
		ring = tracer->rings;
		if (ring)
			seen = count_records(ring, &first) + ring->lost;
		cr_expect_eq(seen + atomic_load(&tracer->lost), 5000,
			     "with %d allocations", limit);
		allowed = 1000;
		weir__tracer_release(tracer);
		weir__heap_release(heap);
	}
}

Test(ring, keeps_what_it_can_of_a_thousand_producers)
{
	static uint64_t producers[3000];
	struct recording r;
	struct weir__ring_walk walk;
	struct weir__trace_event event;

	begin_recording(&r, WEIR_TRACE_TIME, 4096);
	event = op_event(info_of(r.tracer, "stack", "p"), 1, 1, 1, 2);
	event.deps = producers;
	event.n_deps = 3000;
	weir__trace_event(r.tracer, &event);
	cr_expect_eq(weir__ring_first(r.tracer->rings, &walk)->n_deps +
		     r.tracer->rings->lost_deps, 3000);
	cr_expect_eq(r.tracer->rings->lost, 0);
	end_recording(&r);
	begin_recording(&r, WEIR_TRACE_TIME, 0);
	event.info = info_of(r.tracer, "stack", "p");
	event.n_deps = 900;
	weir__trace_event(r.tracer, &event);
	cr_expect_eq(r.tracer->rings->lost_deps, 0);
	end_recording(&r);
}

/* -- texts */

Test(info, is_kept_once_and_is_a_copy)
{
	struct recording r;
	char name[] = "matmul", shapes[] = "f32[2]";
	struct weir__trace_info info = { name, "a/b", NULL, shapes, 1, 2 };
	const struct weir__trace_info *first, *again, *other;

	begin_recording(&r, WEIR_TRACE_TIME, 0);
	first = weir__trace_intern(r.tracer, &info);
	again = weir__trace_intern(r.tracer, &info);
	cr_expect_eq(first, again);
	strcpy(shapes, "f32[3]");	/* the same place, another text */
	other = weir__trace_intern(r.tracer, &info);
	cr_expect_neq(first, other);
	cr_expect_str_eq(first->shapes, "f32[2]");
	cr_expect_str_eq(other->shapes, "f32[3]");
	cr_expect_str_eq(first->site, "");
	info.flops = 3;
	cr_expect_neq(weir__trace_intern(r.tracer, &info), other);
	end_recording(&r);
}

Test(info, has_room_for_many)
{
	struct recording r;
	const struct weir__trace_info *infos[1000];
	char path[16];
	int i;

	begin_recording(&r, WEIR_TRACE_TIME, 0);
	for (i = 0; i < 1000; i++) {
		snprintf(path, sizeof path, "step%d", i);
		infos[i] = info_of(r.tracer, "add", path);
	}
	weir__tracer_stop(r.tracer);	/* plans keep them all the same */
	for (i = 0; i < 1000; i++) {
		snprintf(path, sizeof path, "step%d", i);
		cr_assert_eq(info_of(r.tracer, "add", path), infos[i]);
	}
	end_recording(&r);
}
