#include <criterion/criterion.h>
#include <stdint.h>
#include <string.h>

#include "base/alloc.h"
#include "base/error.h"
#include "support/fault.h"

static struct fault fault;

static struct weir__heap *
heap_over(struct fault *f)
{
	weir_allocator allocator = fault_allocator(f);
	struct weir__heap *heap;

	cr_assert_eq(weir__heap_create(&allocator, &heap), WEIR_OK);
	return heap;
}

Test(alloc, uses_malloc_where_no_allocator_is_given)
{
	struct weir__heap *heap;
	void *memory;

	cr_assert_eq(weir__heap_create(NULL, &heap), WEIR_OK);
	memory = weir__alloc(heap, 100);
	cr_expect_not_null(memory);
	weir__free(heap, memory);
	weir__heap_release(heap);
}

Test(alloc, counts_each_call_to_the_allocator)
{
	struct weir__heap *heap = heap_over(&fault);
	void *a = weir__alloc(heap, 1), *b = weir__calloc(heap, 3, 4);

	cr_expect_eq(atomic_load(&heap->allocations), 3);
	cr_expect_eq(fault.calls, 3);
	cr_expect_eq(fault.alive, 3);
	weir__free(heap, a);
	weir__free(heap, b);
	weir__heap_release(heap);
	cr_expect_eq(fault.alive, 0);
}

Test(alloc, gives_distinct_memory_for_nothing)
{
	struct weir__heap *heap = heap_over(&fault);
	void *a = weir__alloc(heap, 0), *b = weir__calloc(heap, 0, 8);

	cr_expect_not_null(a);
	cr_expect_not_null(b);
	cr_expect_neq(a, b);
	weir__free(heap, a);
	weir__free(heap, b);
	weir__free(heap, NULL);
	weir__heap_release(heap);
}

Test(alloc, zeroes_what_calloc_gives)
{
	static const char zeros[256];
	struct weir__heap *heap = heap_over(&fault);
	char *memory = weir__calloc(heap, 64, 4);

	cr_expect_arr_eq(memory, zeros, 256);
	weir__free(heap, memory);
	weir__heap_release(heap);
}

Test(alloc, zeroes_what_is_large_whoever_had_it)
{
	enum { BYTES = 1 << 18 };
	struct weir__heap *heap;
	char *memory;
	size_t i, set = 0;
	int round;

	cr_assert_eq(weir__heap_create(NULL, &heap), WEIR_OK);
	for (round = 0; round < 3; round++) {
		memory = weir__calloc(heap, BYTES, 1);
		cr_assert_not_null(memory);
		for (i = 0; i < BYTES; i++)
			set += memory[i] != 0;
		cr_expect_eq(set, 0);
		memset(memory, 0xa5, BYTES);
		weir__free(heap, memory);
	}
	cr_expect_eq(atomic_load(&heap->allocations), 4);
	weir__heap_release(heap);
}

Test(alloc, refuses_a_product_that_overflows)
{
	struct weir__heap *heap = heap_over(&fault);

	cr_expect_null(weir__calloc(heap, SIZE_MAX / 2, 3));
	cr_expect_not_null(strstr(weir_error_text(), "no memory"));
	cr_expect_eq(fault.calls, 1);
	weir__heap_release(heap);
}

Test(alloc, says_how_many_bytes_there_was_no_memory_for)
{
	struct weir__heap *heap = heap_over(&fault);

	fault_arm(&fault, 1);
	cr_expect_null(weir__alloc(heap, 12345));
	cr_expect_str_eq(weir_error_text(), "no memory for 12345 bytes");
	cr_expect_null((fault_arm(&fault, 1), weir__strdup(heap, "text")));
	weir__heap_release(heap);
	cr_expect_eq(fault.alive, 0);
}

Test(alloc, fails_to_make_a_heap_without_memory)
{
	weir_allocator allocator = fault_allocator(&fault);
	struct weir__heap *heap = NULL;

	fault_arm(&fault, 1);
	cr_expect_eq(weir__heap_create(&allocator, &heap), WEIR_ENOMEM);
	cr_expect_null(heap);
}

Test(alloc, keeps_the_heap_until_the_last_reference)
{
	struct weir__heap *heap = heap_over(&fault);

	cr_expect_eq(weir__heap_retain(heap), heap);
	weir__heap_release(heap);
	cr_expect_eq(fault.alive, 1);
	weir__heap_release(heap);
	weir__heap_release(NULL);
	cr_expect_eq(fault.alive, 0);
}

Test(alloc, copies_strings)
{
	struct weir__heap *heap = heap_over(&fault);
	char *copy = weir__strdup(heap, "a name");

	cr_expect_str_eq(copy, "a name");
	weir__free(heap, copy);
	weir__heap_release(heap);
}

Test(alloc, grows_an_array_and_keeps_its_elements)
{
	struct weir__heap *heap = heap_over(&fault);
	size_t room = 0, i;
	int *array = NULL;

	for (i = 0; i < 1000; i++) {
		cr_assert_eq(weir__grow(heap, &array, &room, i, sizeof *array),
			     WEIR_OK);
		cr_assert_gt(room, i);
		array[i] = (int)i;
	}
	for (i = 0; i < 1000; i++)
		cr_assert_eq(array[i], (int)i);
	/* doubling: few calls for many elements */
	cr_expect_lt(fault.calls, 12);
	weir__free(heap, array);
	weir__heap_release(heap);
	cr_expect_eq(fault.alive, 0);
}

Test(alloc, grows_large_arrays_of_malloc_too)
{
	enum { ELEMENTS = 1 << 20 };
	struct weir__heap *heap;
	size_t room = 0, i, wrong = 0;
	int *array = NULL, *before;

	cr_assert_eq(weir__heap_create(NULL, &heap), WEIR_OK);
	for (i = 0; i < ELEMENTS; i++) {
		cr_assert_eq(weir__grow(heap, &array, &room, i, sizeof *array),
			     WEIR_OK);
		array[i] = (int)i;
	}
	before = array;
	cr_expect_eq(weir__grow(heap, &array, &room, SIZE_MAX / 4 / sizeof(int),
				sizeof *array), WEIR_ENOMEM);
	cr_expect_eq(array, before);
	for (i = 0; i < ELEMENTS; i++)
		wrong += array[i] != (int)i;
	cr_expect_eq(wrong, 0);
	weir__free(heap, array);
	weir__heap_release(heap);
}

Test(alloc, leaves_an_array_that_cannot_grow)
{
	struct weir__heap *heap = heap_over(&fault);
	int *array = NULL, *before;
	size_t room = 0, room_before;

	cr_assert_eq(weir__grow(heap, &array, &room, 0, sizeof *array),
		     WEIR_OK);
	before = array;
	room_before = room;
	fault_arm(&fault, 1);
	cr_expect_eq(weir__grow(heap, &array, &room, room, sizeof *array),
		     WEIR_ENOMEM);
	cr_expect_eq(array, before);
	cr_expect_eq(room, room_before);
	cr_expect_eq(weir__grow(heap, &array, &room, SIZE_MAX / 2,
				sizeof *array), WEIR_ENOMEM);
	weir__free(heap, array);
	weir__heap_release(heap);
	cr_expect_eq(fault.alive, 0);
}
