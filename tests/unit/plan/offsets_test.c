#include <criterion/criterion.h>
#include <string.h>

#include "plan/offsets.h"
#include "stress/random_program.h"
#include "support/heap.h"

TestSuite(offsets, .init = begin_heap, .fini = end_heap);

enum { MOST = 3000, STEPS = 1000 };

static struct weir__buffer list[MOST];
static size_t offset[MOST];

/* n random buffers, most of them short; what is needed at most at one step. */
static struct weir__buffers
random_buffers(uint32_t n, uint64_t seed)
{
	struct weir__buffers b = { .heap = heap, .list = list, .n = n };
	struct random random = { seed };
	size_t live[STEPS] = { 0 };
	uint32_t i, k;

	for (i = 0; i < n; i++) {
		int64_t most = random_chance(&random, 90) ? 20 : STEPS;

		list[i].first = (uint32_t)((uint64_t)i * STEPS / n);
		list[i].last = list[i].first +
			       (uint32_t)random_below(&random, most);
		if (list[i].last >= STEPS)
			list[i].last = STEPS - 1;
		list[i].bytes = 64 * (size_t)(1 + random_below(&random, 40));
		for (k = list[i].first; k <= list[i].last; k++)
			live[k] += list[i].bytes;
	}
	for (k = 0; k < STEPS; k++)
		b.live = live[k] > b.live ? live[k] : b.live;
	return b;
}

/* No two that are needed at one time share bytes, and none ends later. */
static void
check_apart(uint32_t n, size_t peak)
{
	size_t end = 0;
	uint32_t i, j;

	for (i = 0; i < n; i++) {
		end = offset[i] + list[i].bytes > end
			? offset[i] + list[i].bytes : end;
		for (j = 0; j < i; j++)
			cr_assert(list[j].last < list[i].first ||
				  list[i].last < list[j].first ||
				  offset[j] + list[j].bytes <= offset[i] ||
				  offset[i] + list[i].bytes <= offset[j],
				  "%u and %u", j, i);
	}
	cr_expect_eq(end, peak);
}

Test(offsets, are_apart_in_both_directions_of_a_sweep)
{
	struct weir__buffers b = random_buffers(1000, 1);
	size_t peak;

	cr_assert_eq(weir__offsets_sweep(&b, STEPS, false, offset, &peak),
		     WEIR_OK);
	check_apart(b.n, peak);
	cr_assert_eq(weir__offsets_sweep(&b, STEPS, true, offset, &peak),
		     WEIR_OK);
	check_apart(b.n, peak);
}

Test(offsets, need_hardly_more_than_is_live)
{
	static const uint32_t sizes[] = { 1, 2, 10, 100, 300, 1000, MOST };
	size_t peak, i;

	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct weir__buffers b = random_buffers(sizes[i], 10 + i);

		cr_assert_eq(weir__offsets_find(&b, STEPS, offset, &peak),
			     WEIR_OK);
		check_apart(b.n, peak);
		cr_expect_geq(peak, b.live);
		cr_expect_leq((double)peak, 1.05 * (double)b.live,
			      "%u buffers: %zu of %zu bytes", b.n, peak,
			      b.live);
	}
}

Test(offsets, are_the_same_each_time)
{
	struct weir__buffers b = random_buffers(1000, 3);
	static size_t before[MOST];
	size_t peak, again;

	cr_assert_eq(weir__offsets_find(&b, STEPS, before, &peak), WEIR_OK);
	cr_assert_eq(weir__offsets_find(&b, STEPS, offset, &again), WEIR_OK);
	cr_expect_eq(peak, again);
	cr_expect_arr_eq(before, offset, sizeof *offset * b.n);
}

Test(offsets, are_none_for_no_buffers)
{
	struct weir__buffers b = { .heap = heap, .list = list };
	size_t peak = 1;

	cr_assert_eq(weir__offsets_find(&b, 0, offset, &peak), WEIR_OK);
	cr_expect_eq(peak, 0);
}
