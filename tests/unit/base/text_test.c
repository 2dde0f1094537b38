#include <criterion/criterion.h>
#include <string.h>

#include "base/text.h"
#include "support/fault.h"

static struct fault fault;

static void
print_twice(const void *arg, struct weir__text *text)
{
	weir__text_add(text, "%s", (const char *)arg);
	weir__text_add(text, "%s", (const char *)arg);
}

static struct weir__heap *
make_heap(void)
{
	weir_allocator allocator = fault_allocator(&fault);
	struct weir__heap *heap;

	cr_assert_eq(weir__heap_create(&allocator, &heap), WEIR_OK);
	return heap;
}

Test(owned_text, is_as_long_as_it_needs_to_be)
{
	struct weir__heap *heap = make_heap();
	char half[5000], *text;

	memset(half, 'h', sizeof half);
	half[sizeof half - 1] = '\0';
	cr_assert_eq(weir__text_make(heap, print_twice, half, &text), WEIR_OK);
	cr_expect_eq(strlen(text), 2 * (sizeof half - 1));
	weir_text_release(text);
	weir__heap_release(heap);
	cr_expect_eq(fault.alive, 0);
}

Test(owned_text, may_outlive_its_runtime)
{
	struct weir__heap *heap = make_heap();
	char *text;

	cr_assert_eq(weir__text_make(heap, print_twice, "ab", &text), WEIR_OK);
	weir__heap_release(heap);
	cr_expect_str_eq(text, "abab");
	weir_text_release(text);
	weir_text_release(NULL);
	cr_expect_eq(fault.alive, 0);
}

Test(owned_text, fails_without_memory)
{
	struct weir__heap *heap = make_heap();
	char *text = NULL;

	fault_arm(&fault, 1);
	cr_expect_eq(weir__text_make(heap, print_twice, "ab", &text),
		     WEIR_ENOMEM);
	cr_expect_null(text);
	weir__heap_release(heap);
	cr_expect_eq(fault.alive, 0);
}
