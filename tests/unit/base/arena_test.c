#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"
#include "support/fault.h"

static struct fault fault;
static struct weir__heap *heap;
static struct weir__arena arena;

static void
begin(void)
{
	weir_allocator allocator = fault_allocator(&fault);

	cr_assert_eq(weir__heap_create(&allocator, &heap), WEIR_OK);
	weir__arena_init(&arena, heap);
}

static void
end(void)
{
	weir__arena_free(&arena);
	weir__heap_release(heap);
	cr_expect_eq(fault.alive, 0);
}

TestSuite(arena, .init = begin, .fini = end);

Test(arena, gives_zeroed_and_aligned_memory_of_its_own)
{
	static const char zeros[1000];
	char *previous_end = NULL;
	size_t size;

	for (size = 0; size < 1000; size += 7) {
		char *memory = weir__arena_alloc(&arena, size);

		cr_assert_not_null(memory);
		cr_assert_eq((uintptr_t)memory % 16, 0);
		cr_assert_arr_eq(memory, zeros, size);
		cr_assert(previous_end == NULL || memory >= previous_end ||
			  memory + size <= previous_end - 1000);
		memset(memory, 0xff, size);
		previous_end = memory + size;
	}
}

Test(arena, makes_few_calls_to_the_allocator)
{
	int i;

	fault_arm(&fault, 0);
	for (i = 0; i < 10000; i++)
		cr_assert_not_null(weir__arena_alloc(&arena, 16));
	cr_expect_leq(fault.calls, 11);
}

Test(arena, takes_objects_larger_than_its_chunks)
{
	char *large = weir__arena_alloc(&arena, 1 << 20);

	cr_assert_not_null(large);
	memset(large, 1, 1 << 20);
	cr_expect_not_null(weir__arena_alloc(&arena, 16));
}

Test(arena, copies_bytes_and_strings)
{
	int numbers[] = { 1, 2, 3 };
	int *copy = weir__arena_copy(&arena, numbers, sizeof numbers);

	cr_expect_arr_eq(copy, numbers, sizeof numbers);
	cr_expect_str_eq(weir__arena_strdup(&arena, "layer1"), "layer1");
	cr_expect_not_null(weir__arena_copy(&arena, NULL, 0));
}

Test(arena, gives_nothing_without_memory_and_stays_usable)
{
	fault_arm(&fault, 1);
	cr_expect_null(weir__arena_alloc(&arena, 16));
	cr_expect_null((fault_arm(&fault, 1),
			weir__arena_strdup(&arena, "x")));
	cr_expect_not_null(weir__arena_alloc(&arena, 16));
}

Test(arena, can_be_used_again_after_it_was_freed)
{
	cr_expect_not_null(weir__arena_alloc(&arena, 100));
	weir__arena_free(&arena);
	weir__arena_free(&arena);
	cr_expect_not_null(weir__arena_alloc(&arena, 100));
}
