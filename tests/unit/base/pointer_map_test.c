#include <criterion/criterion.h>

#include "base/pointer_map.h"
#include "support/fault.h"

static struct fault fault;
static struct weir__heap *heap;
static struct weir__pointer_map map;

static void
begin(void)
{
	weir_allocator allocator = fault_allocator(&fault);

	cr_assert_eq(weir__heap_create(&allocator, &heap), WEIR_OK);
	weir__pointer_map_init(&map, heap);
}

static void
end(void)
{
	weir__pointer_map_free(&map);
	weir__heap_release(heap);
	cr_expect_eq(fault.alive, 0);
}

TestSuite(pointer_map, .init = begin, .fini = end);

Test(pointer_map, does_not_know_what_it_was_not_told)
{
	static int x;

	cr_expect_eq(weir__pointer_map_get(&map, &x), WEIR__NOT_MAPPED);
}

Test(pointer_map, remembers_many_and_replaces)
{
	static char keys[10000];
	uint32_t i;

	for (i = 0; i < 10000; i++)
		cr_assert_eq(weir__pointer_map_put(&map, &keys[i], i),
			     WEIR_OK);
	for (i = 0; i < 10000; i += 3)
		cr_assert_eq(weir__pointer_map_put(&map, &keys[i], i + 1),
			     WEIR_OK);
	for (i = 0; i < 10000; i++)
		cr_assert_eq(weir__pointer_map_get(&map, &keys[i]),
			     i % 3 ? i : i + 1);
	cr_expect_eq(map.n, 10000);
}

Test(pointer_map, keeps_what_it_has_when_it_cannot_grow)
{
	static char keys[5000];
	uint32_t n, i;

	for (n = 0; n < 5000; n++) {
		fault_arm(&fault, n > 100 ? 1 : 0);
		if (weir__pointer_map_put(&map, &keys[n], n))
			break;
	}
	cr_expect_lt(n, 5000);
	for (i = 0; i < n; i++)
		cr_assert_eq(weir__pointer_map_get(&map, &keys[i]), i);
	fault_arm(&fault, 0);
	cr_expect_eq(weir__pointer_map_put(&map, &keys[n], n), WEIR_OK);
}

Test(pointer_map, keeps_room_for_as_many_again_and_not_for_far_more)
{
	static char keys[10000];
	size_t room;
	uint32_t i;

	for (i = 0; i < 10000; i++)
		cr_assert_eq(weir__pointer_map_put(&map, &keys[i], i),
			     WEIR_OK);
	room = map.room;
	weir__pointer_map_clear(&map);
	cr_expect_eq(map.room, room);
	cr_expect_eq(weir__pointer_map_get(&map, &keys[1]), WEIR__NOT_MAPPED);
	cr_assert_eq(weir__pointer_map_put(&map, &keys[1], 7), WEIR_OK);
	weir__pointer_map_clear(&map);
	cr_expect_eq(map.room, 0);
	cr_assert_eq(weir__pointer_map_put(&map, &keys[2], 8), WEIR_OK);
	cr_expect_eq(weir__pointer_map_get(&map, &keys[2]), 8);
	cr_expect_lt(map.room, 100);
}
