#include <criterion/criterion.h>

#include "support/heap.h"
#include "tensor/layouts.h"

TestSuite(layout, .init = begin_heap, .fini = end_heap);

static const struct weir__layout *
share(const weir_spec *spec)
{
	struct weir__layout layout;

	weir__layout_init(&layout, spec, NULL);
	return weir__layout_share(heap, &layout);
}

Test(layout, is_one_for_equal_ones)
{
	weir_spec a = spec_of_shape(WEIR_F32, 2, 3);
	weir_spec b = spec_of_shape(WEIR_F32, 3, 2);
	weir_spec c = spec_of_shape(WEIR_BOOL, 2, 3);
	const struct weir__layout *layout = share(&a);
	const int64_t strides[WEIR_RANK_MAX] = { 4, 8 };
	struct weir__layout turned;

	cr_assert_not_null(layout);
	cr_expect_eq(layout->bytes, 24);
	cr_expect_eq(share(&a), layout);
	cr_expect_neq(share(&b), layout);
	cr_expect_neq(share(&c), layout);
	weir__layout_init(&turned, &a, strides);
	cr_expect_neq(weir__layout_share(heap, &turned), layout);
	cr_expect_eq(weir__layout_share(heap, &turned),
		     weir__layout_share(heap, &turned));
}

Test(layout, of_a_tensor_is_that_of_its_equals_or_its_own)
{
	weir_spec spec = spec_of_shape(WEIR_F32, 2, 3);
	weir_tensor *a, *b;
	int64_t i;

	cr_assert_eq(weir__value_new(heap, &spec, &a), WEIR_OK);
	cr_assert_eq(weir__value_new(heap, &spec, &b), WEIR_OK);
	cr_expect_eq(a->layout, share(&spec));
	cr_expect_eq(b->layout, a->layout);
	weir_tensor_release(b);
	for (i = 1; i < 10000; i++) {
		spec = spec_of_shape(WEIR_F32, i);
		share(&spec);
	}
	spec = spec_of_shape(WEIR_F32, 20000);
	cr_assert_eq(weir__value_new(heap, &spec, &b), WEIR_OK);
	cr_expect_eq(b->layout, &b->own);
	cr_expect_eq(b->layout->spec.shape[0], 20000);
	weir_tensor_release(a);
	weir_tensor_release(b);
}

Test(layout, is_not_kept_for_ever_new_shapes)
{
	const struct weir__layout *last = NULL;
	weir_spec spec;
	size_t before;
	int64_t i;

	for (i = 1; i < 100000; i++) {
		spec = spec_of_shape(WEIR_F32, i);
		last = share(&spec);
		if (!last)
			break;
	}
	cr_expect_lt(i, 10000);
	before = fault.alive;
	for (; i < 100000; i++) {
		spec = spec_of_shape(WEIR_F32, i);
		cr_assert_null(share(&spec));
	}
	cr_expect_eq(fault.alive, before);
}

Test(layout, is_nothing_without_memory_and_something_later)
{
	weir_spec spec = spec_of_shape(WEIR_F32, 7);

	fault_arm(&fault, 1);
	cr_expect_null(share(&spec));
	cr_expect(fault_has_struck(&fault));
	fault_arm(&fault, 0);
	cr_expect_not_null(share(&spec));
}
