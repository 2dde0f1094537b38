/* A heap with a cache over a counting allocator, for a suite's fixtures. */
#ifndef SUPPORT_HEAP_H
#define SUPPORT_HEAP_H

#include <criterion/criterion.h>

#include "support/fault.h"
#include "tensor/tensor.h"

static struct fault fault;
static struct weir__heap *heap;

enum { CACHE_LIMIT = 1 << 20 };

static inline void
begin_heap(void)
{
	weir_allocator allocator = fault_allocator(&fault);

	cr_assert_eq(weir__heap_create(&allocator, &heap), WEIR_OK);
	cr_assert_eq(weir__storage_cache_create(heap, CACHE_LIMIT), WEIR_OK);
}

/* Nothing may be alive but what the test released. */
static inline void
end_heap(void)
{
	if (heap) {
		cr_expect_eq(weir__storage_info(heap).in_use, 0);
		weir__storage_cache_close(heap);
		weir__heap_release(heap);
	}
	cr_expect_eq(fault.alive, 0);
}

static inline weir_spec
spec_of(weir_dtype dtype, size_t rank, const int64_t *shape)
{
	weir_spec spec;

	cr_assert_eq(weir__spec_init(&spec, dtype, rank, shape), WEIR_OK);
	return spec;
}

/* spec_of_shape(WEIR_F32, 2, 3): f32[2,3] */
#define spec_of_shape(dtype, ...) \
	spec_of(dtype, sizeof((int64_t[]){ __VA_ARGS__ }) / sizeof(int64_t), \
		(int64_t[]){ __VA_ARGS__ })

#endif
