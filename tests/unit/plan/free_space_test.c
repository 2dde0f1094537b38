#include <criterion/criterion.h>
#include <string.h>

#include "plan/free_space.h"
#include "stress/random_program.h"
#include "support/heap.h"

TestSuite(free_space, .init = begin_heap, .fini = end_heap);

enum { BYTES = 4000, PIECES = 64, ROUNDS = 20000 };

/* The lowest gap of so many bytes that are not used. */
static size_t
lowest(const bool *used, size_t bytes)
{
	size_t at, free = 0;

	for (at = 0; free < bytes; at++)
		free = at < BYTES && used[at] ? 0 : free + 1;
	return at - bytes;
}

Test(free_space, finds_the_lowest_range_that_is_large_enough)
{
	static bool used[BYTES];
	struct weir__free_space space = { .heap = heap };
	struct random random = { 1 };
	size_t offset[PIECES], bytes[PIECES] = { 0 };
	int i, k;

	cr_assert_eq(weir__free_space_init(&space, heap, PIECES), WEIR_OK);
	for (i = 0; i < ROUNDS; i++) {
		k = (int)random_below(&random, PIECES);
		if (bytes[k]) {
			weir__free_space_give(&space, offset[k], bytes[k]);
			memset(used + offset[k], false, bytes[k]);
			bytes[k] = 0;
			continue;
		}
		bytes[k] = 1 + (size_t)random_below(&random, 50);
		offset[k] = weir__free_space_take(&space, bytes[k]);
		cr_assert_eq(offset[k], lowest(used, bytes[k]), "round %d", i);
		cr_assert_leq(offset[k] + bytes[k], BYTES);
		memset(used + offset[k], true, bytes[k]);
	}
	weir__free_space_free(&space);
}
