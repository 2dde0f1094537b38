#include <criterion/criterion.h>
#include <pthread.h>
#include <string.h>

#include "support/heap.h"

TestSuite(tensor, .init = begin_heap, .fini = end_heap);

static weir_tensor *
new_value(const weir_spec *spec)
{
	weir_tensor *value;

	cr_assert_eq(weir__value_new(heap, spec, &value), WEIR_OK);
	return value;
}

/* Without memory for its layout a tensor has its own, and that is no failure:
 * so that what follows is about the rest. */
static void
forget_all_but_the_layout(const weir_spec *spec)
{
	fault_arm(&fault, 0);
	weir_tensor_release(new_value(spec));
	weir__storage_cache_trim(heap);
}

Test(tensor, of_a_new_value_is_contiguous)
{
	weir_spec spec = spec_of_shape(WEIR_F32, 2, 3);
	weir_tensor *value = new_value(&spec);

	cr_expect_eq(value->kind, WEIR__VALUE);
	cr_expect(weir__spec_equal(&value->layout->spec, &spec));
	cr_expect(weir_tensor_is_contiguous(value));
	cr_expect_eq(value->data, value->storage->data);
	cr_expect_eq(value->storage->bytes, 24);
	cr_expect_not(weir__is_result(value));
	cr_expect_null(value->name);
	cr_expect_null(value->origin.path);
	weir_tensor_release(value);
}

Test(tensor, without_elements_has_storage_too)
{
	weir_spec spec = spec_of_shape(WEIR_F32, 2, 0);
	weir_tensor *value = new_value(&spec);

	cr_expect_not_null(value->storage);
	cr_expect_eq(weir__storage_info(heap).in_use, 0);
	weir_tensor_release(value);
}

Test(tensor, makes_no_allocator_calls_in_a_steady_loop)
{
	weir_spec spec = spec_of_shape(WEIR_F64, 16);
	int i;

	weir_tensor_release(new_value(&spec));
	fault_arm(&fault, 0);
	for (i = 0; i < 1000; i++)
		weir_tensor_release(new_value(&spec));
	cr_expect_eq(fault.calls, 0);
}

Test(tensor, lives_until_its_last_reference)
{
	weir_spec spec = spec_of_shape(WEIR_F64, 16);
	weir_tensor *value = new_value(&spec);

	cr_expect_eq(weir_tensor_retain(value), value);
	weir_tensor_release(value);
	cr_expect_eq(weir__storage_info(heap).in_use, 128);
	weir_tensor_release(value);
	cr_expect_eq(weir__storage_info(heap).in_use, 0);
	weir_tensor_release(NULL);
	cr_expect_null(weir_tensor_retain(NULL));
}

Test(tensor, over_storage_takes_the_reference_over)
{
	weir_spec spec = spec_of_shape(WEIR_F32, 3);
	struct weir__storage *storage = weir__storage_new(heap, 100);
	weir_tensor *value;

	cr_assert_eq(weir__value_over(heap, &spec, (int64_t[]){ -8 }, storage,
				      (char *)storage->data + 40, &value),
		     WEIR_OK);
	cr_expect_eq(value->layout->strides[0], -8);
	cr_expect_eq(weir__view_of(value).data, (char *)storage->data + 40);
	weir_tensor_release(value);
	cr_expect_eq(weir__storage_info(heap).in_use, 0);
}

Test(tensor, over_storage_leaves_the_reference_on_failure)
{
	weir_spec spec = spec_of_shape(WEIR_F32, 3);
	struct weir__storage *storage = weir__storage_new(heap, 100);
	weir_tensor *value = NULL;

	forget_all_but_the_layout(&spec);
	fault_arm(&fault, 1);
	cr_expect_eq(weir__value_over(heap, &spec, (int64_t[]){ 4 }, storage,
				      storage->data, &value), WEIR_ENOMEM);
	cr_expect_null(value);
	weir__storage_release(storage);
}

Test(tensor, that_is_a_symbol_has_strides_and_a_number)
{
	weir_spec spec = spec_of_shape(WEIR_I64, 4);
	struct weir__recording *recording;
	weir_tensor *symbol;

	cr_assert_eq(weir__recording_new(heap, NULL, &recording), WEIR_OK);
	cr_assert_eq(weir__symbol_new(heap, &spec, (int64_t[]){ 0 }, recording,
				      42, &symbol), WEIR_OK);
	weir__recording_release(recording);
	cr_expect_eq(symbol->kind, WEIR__SYMBOL);
	cr_expect_eq(symbol->value, 42);
	cr_expect_eq(symbol->layout->strides[0], 0);
	weir_tensor_release(symbol);
}

Test(tensor, is_sole_when_nobody_else_can_see_its_elements)
{
	weir_spec spec = spec_of_shape(WEIR_F32, 4);
	weir_tensor *value = new_value(&spec), *view;

	cr_expect(weir__value_is_sole(value));
	weir_tensor_retain(value);
	cr_expect_not(weir__value_is_sole(value));
	weir_tensor_release(value);
	cr_assert_eq(weir__value_over(heap, &spec, value->layout->strides,
				      weir__storage_retain(value->storage),
				      value->data, &view), WEIR_OK);
	cr_expect_not(weir__value_is_sole(value));
	weir_tensor_release(view);
	cr_expect(weir__value_is_sole(value));
	weir_tensor_release(value);
}

Test(tensor, leaks_nothing_without_memory)
{
	weir_spec spec = spec_of_shape(WEIR_F32, 4);
	weir_tensor *value = NULL;
	int n;

	for (n = 1;; n++) {
		forget_all_but_the_layout(&spec);
		fault_arm(&fault, n);
		if (!weir__value_new(heap, &spec, &value))
			break;
		cr_assert_null(value);
		cr_assert_eq(weir__storage_info(heap).in_use, 0);
	}
	cr_expect_eq(n, 3, "a struct and a buffer");
	weir_tensor_release(value);
}

Test(tensor, may_outlive_its_runtime)
{
	weir_spec spec = spec_of_shape(WEIR_F32, 4);
	weir_tensor *value = new_value(&spec), *late;

	weir_tensor_release(new_value(&spec));
	weir__storage_cache_close(heap);
	weir__heap_release(heap);
	heap = NULL;
	cr_expect_eq(fault.alive, 6,
		     "heap, cache, layouts and a chunk of them, struct and "
		     "buffer");
	cr_assert_eq(weir__value_new(value->heap, &spec, &late), WEIR_OK);
	weir_tensor_release(late);
	memset(value->data, 0, 16);
	weir_tensor_release(value);
}

static weir_tensor *shared;

static void *
retain_and_release(void *unused)
{
	int i;

	(void)unused;
	for (i = 0; i < 10000; i++) {
		weir_spec spec = shared->layout->spec;

		weir_tensor_retain(shared);
		weir_tensor_release(new_value(&spec));
		weir_tensor_release(shared);
	}
	weir_tensor_release(shared);
	return NULL;
}

Test(tensor, is_counted_by_many_threads)
{
	weir_spec spec = spec_of_shape(WEIR_F32, 4);
	pthread_t threads[8];
	int i;

	shared = new_value(&spec);
	for (i = 0; i < 8; i++) {
		weir_tensor_retain(shared);
		cr_assert_eq(pthread_create(&threads[i], NULL,
					    retain_and_release, NULL), 0);
	}
	for (i = 0; i < 8; i++)
		pthread_join(threads[i], NULL);
	cr_expect(weir__value_is_sole(shared));
	weir_tensor_release(shared);
}
