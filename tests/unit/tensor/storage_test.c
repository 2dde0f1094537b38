#include <criterion/criterion.h>
#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "support/heap.h"

enum { THREADS = 8 };

TestSuite(storage, .init = begin_heap, .fini = end_heap);

static struct weir__storage *
new(size_t bytes)
{
	struct weir__storage *storage = weir__storage_new(heap, bytes);

	cr_assert_not_null(storage);
	return storage;
}

Test(storage, is_aligned_and_all_of_it_can_be_written)
{
	size_t bytes;

	for (bytes = 0; bytes < 5000; bytes += bytes < 600 ? 1 : 97) {
		struct weir__storage *storage = new(bytes);

		cr_assert_eq((uintptr_t)storage->data % 64, 0);
		cr_assert_eq(storage->bytes, bytes);
		memset(storage->data, 0xff, bytes);
		weir__storage_release(storage);
	}
}

Test(storage, counts_the_bytes_asked_for)
{
	struct weir__storage *a = new(1000), *b = new(10);

	cr_expect_eq(weir__storage_info(heap).in_use, 1010);
	weir__storage_release(a);
	cr_expect_eq(weir__storage_info(heap).in_use, 10);
	cr_expect_eq(weir__storage_info(heap).peak, 1010);
	weir__storage_reset_peak(heap);
	cr_expect_eq(weir__storage_info(heap).peak, 10);
	weir__storage_release(b);
	weir__storage_release(NULL);
}

Test(storage, wastes_at_most_a_quarter)
{
	size_t bytes;

	for (bytes = 64; bytes < 100000; bytes = bytes * 9 / 8 + 1) {
		weir__storage_release(new(bytes));
		cr_assert_geq(weir__storage_info(heap).cached, bytes);
		cr_assert_leq(weir__storage_info(heap).cached,
			      bytes * 5 / 4 + 64);
		weir__storage_cache_trim(heap);
	}
}

Test(storage, is_taken_from_the_cache_without_an_allocation)
{
	struct weir__storage *first = new(5000), *again;

	weir__storage_release(first);
	fault_arm(&fault, 0);
	again = new(4900);
	cr_expect_eq(again, first);
	cr_expect_eq(again->bytes, 4900);
	cr_expect_eq(fault.calls, 0);
	cr_expect_eq(weir__storage_info(heap).cached, 0);
	weir__storage_release(again);
}

Test(storage, comes_back_last_in_first_out)
{
	struct weir__storage *a = new(100), *b = new(100);

	weir__storage_release(a);
	weir__storage_release(b);
	cr_expect_eq(new(100), b);
	cr_expect_eq(new(100), a);
	weir__storage_release(a);
	weir__storage_release(b);
}

Test(storage, in_the_cache_stays_within_the_limit)
{
	enum { BUFFERS = 20, BYTES = 1 << 16 };	/* the limit holds 16 */
	struct weir__storage *all[BUFFERS];
	int i;

	for (i = 0; i < BUFFERS; i++)
		all[i] = new(BYTES);
	for (i = 0; i < BUFFERS; i++) {
		weir__storage_release(all[i]);
		cr_expect_leq(weir__storage_info(heap).cached, CACHE_LIMIT);
	}
	cr_expect_eq(weir__storage_info(heap).cached, CACHE_LIMIT);
	fault_arm(&fault, 0);
	for (i = 0; i < 16; i++)
		all[i] = new(BYTES);
	cr_expect_eq(fault.calls, 0);
	cr_expect_eq(weir__storage_info(heap).cached, 0);
	for (i = 0; i < 16; i++)
		weir__storage_release(all[i]);
}

Test(storage, of_the_size_that_has_rested_longest_makes_room)
{
	enum { BYTES = CACHE_LIMIT / 4 };

	weir__storage_release(new(BYTES));
	weir__storage_release(new(BYTES + 1));
	weir__storage_release(new(BYTES * 3 / 2));
	weir__storage_release(new(BYTES));
	weir__storage_release(new(BYTES / 2));	/* too much by now */
	fault_arm(&fault, 0);
	weir__storage_release(new(BYTES));
	weir__storage_release(new(BYTES / 2));
	cr_expect_eq(fault.calls, 0);
	weir__storage_release(new(BYTES + 1));
	cr_expect_eq(fault.calls, 1);
}

Test(storage, of_other_sizes_gives_way_to_what_is_in_use_now)
{
	struct weir__storage *old[100];
	int i;

	for (i = 0; i < 100; i++)
		old[i] = new(10000);
	for (i = 0; i < 100; i++)
		weir__storage_release(old[i]);
	weir__storage_release(new(CACHE_LIMIT / 2));
	fault_arm(&fault, 0);
	weir__storage_release(new(CACHE_LIMIT / 2));
	cr_expect_eq(fault.calls, 0);
}

Test(storage, larger_than_the_limit_is_not_kept)
{
	weir__storage_release(new(2 * CACHE_LIMIT));
	cr_expect_eq(weir__storage_info(heap).cached, 0);
	cr_expect_eq(weir__storage_info(heap).peak, 2 * CACHE_LIMIT);
}

Test(storage, is_given_back_by_a_trim)
{
	weir__storage_release(new(5000));
	weir__storage_release(new(50000));
	cr_expect_gt(weir__storage_info(heap).cached, 0);
	weir__storage_cache_trim(heap);
	cr_expect_eq(weir__storage_info(heap).cached, 0);
	cr_expect_eq(fault.alive, 3, "the heap, its cache, and layouts");
}

Test(storage, that_is_cached_is_given_up_when_memory_is_short)
{
	struct weir__storage *storage;

	weir__storage_release(new(5000));
	fault_arm(&fault, 1);
	storage = new(90000);	/* the first try fails, the second does not */
	cr_expect_eq(weir__storage_info(heap).cached, 0);
	weir__storage_release(storage);
}

Test(storage, fails_without_memory_and_counts_nothing)
{
	fault_arm(&fault, 1);
	cr_expect_null(weir__storage_new(heap, 5000));
	cr_expect_not_null(strstr(weir_error_text(), "no memory"));
	cr_expect_eq(weir__storage_info(heap).in_use, 0);
	cr_expect_eq(weir__storage_info(heap).peak, 0);
}

Test(storage, may_outlive_its_cache)
{
	struct weir__storage *storage = new(5000);
	struct weir__heap *gone = heap;

	weir__storage_release(new(100));
	weir__storage_cache_close(heap);
	weir__heap_release(heap);
	heap = NULL;
	cr_expect_eq(fault.alive, 4, "heap, cache, layouts, buffer");
	memset(storage->data, 1, 5000);
	weir__storage_release(weir__storage_new(gone, 300));
	weir__storage_release(storage);
}

static void
count_release(void *data, void *arg)
{
	cr_expect_eq(data, arg);
	++*(int *)arg;
}

Test(storage, that_is_wrapped_is_released_once_with_the_last_reference)
{
	int releases = 0;
	struct weir__storage *storage = weir__storage_wrap(
		heap, &releases, sizeof releases, count_release, &releases);

	cr_assert_not_null(storage);
	cr_expect_eq(weir__storage_retain(storage), storage);
	cr_expect_eq(weir__storage_info(heap).in_use, 0);
	weir__storage_release(storage);
	cr_expect_eq(releases, 0);
	weir__storage_release(storage);
	cr_expect_eq(releases, 1);
	cr_expect_eq(weir__storage_info(heap).cached, 0);
}

Test(storage, that_is_wrapped_needs_no_release_function)
{
	int x;

	weir__storage_release(weir__storage_wrap(heap, &x, sizeof x, NULL,
						 NULL));
	fault_arm(&fault, 1);
	cr_expect_null(weir__storage_wrap(heap, &x, sizeof x, NULL, NULL));
}

/* -- many threads --------------------------------------------------------- */

static pthread_barrier_t barrier;

static void *
take_and_give(void *arg)
{
	struct weir__storage *mine[16] = { NULL };
	unsigned seed = (unsigned)(uintptr_t)arg, i;

	pthread_barrier_wait(&barrier);
	for (i = 0; i < 20000; i++) {
		size_t bytes = (seed = seed * 1103515245 + 12345) >> 18;
		struct weir__storage **slot = &mine[seed >> 8 & 15];
		struct weir__storage *storage = new(bytes);

		if (bytes) {
			((char *)storage->data)[0] = (char)i;
			((char *)storage->data)[bytes - 1] = (char)i;
		}
		weir__storage_release(*slot);
		*slot = storage;
		if (i % 4096 == 0)
			weir__storage_cache_trim(heap);
	}
	for (i = 0; i < 16; i++)
		weir__storage_release(mine[i]);
	return NULL;
}

static void *
hold_all_at_once(void *arg)
{
	struct weir__storage *mine[10];
	int i;

	(void)arg;
	for (i = 0; i < 10; i++)
		mine[i] = new(777);
	pthread_barrier_wait(&barrier);
	for (i = 0; i < 10; i++)
		weir__storage_release(mine[i]);
	return NULL;
}

static void
run_threads(void *(*work)(void *))
{
	pthread_t threads[THREADS];
	int i;

	pthread_barrier_init(&barrier, NULL, THREADS);
	for (i = 0; i < THREADS; i++)
		cr_assert_eq(pthread_create(&threads[i], NULL, work,
					    (void *)(uintptr_t)(i + 1)), 0);
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i], NULL);
	pthread_barrier_destroy(&barrier);
}

Test(storage, is_counted_exactly_under_threads)
{
	run_threads(take_and_give);
	cr_expect_eq(weir__storage_info(heap).in_use, 0);
	cr_expect_leq(weir__storage_info(heap).cached, CACHE_LIMIT);
	weir__storage_cache_trim(heap);
	cr_expect_eq(weir__storage_info(heap).cached, 0);
	cr_expect_eq(fault.alive, 3, "the heap, its cache, and layouts");
}

Test(storage, has_an_exact_peak_under_threads)
{
	run_threads(hold_all_at_once);
	cr_expect_eq(weir__storage_info(heap).peak, THREADS * 10 * 777);
}

static struct weir__storage *shared;
static int releases;

static void *
release_share(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&barrier);
	weir__storage_release(shared);
	return NULL;
}

static void
count_one(void *data, void *arg)
{
	(void)data;
	(void)arg;
	releases++;	/* nobody else may be here */
}

Test(storage, that_is_wrapped_is_released_once_by_many_threads)
{
	int round, i;

	for (round = 0; round < 50; round++) {
		shared = weir__storage_wrap(heap, &round, sizeof round,
					    count_one, NULL);
		for (i = 1; i < THREADS; i++)
			weir__storage_retain(shared);
		run_threads(release_share);
		cr_assert_eq(releases, round + 1);
	}
}
