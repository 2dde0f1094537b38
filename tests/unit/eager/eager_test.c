#include <criterion/criterion.h>
#include <fenv.h>
#include <string.h>

#include "support/eager.h"
#include "support/fault.h"
#include "support/tasks.h"
#include "tensor/tensor.h"

Test(eager, runs_an_op_at_once)
{
	weir_runtime *runtime = must_runtime(1);
	weir_scope *s = must_scope(runtime, "e");
	weir_tensor *x = must_number(runtime, 0);

	cr_expect_eq(weir_item_f64(weir_exp(s, x)), 1);
	weir_tensor_release(x);
	weir_scope_release(s);
	weir_runtime_release(runtime);
}

Test(eager, marks_results_as_nobody_s_to_write)
{
	weir_runtime *runtime = must_runtime(1);
	weir_scope *s = must_scope(runtime, "e");
	weir_tensor *x = must_number(runtime, 0), *y = weir_exp(s, x);
	double one = 1;

	cr_expect(weir__is_result(y));
	cr_expect_not(weir__is_result(x));
	cr_expect_neq(weir_tensor_write(y, &one, sizeof one), WEIR_OK);
	cr_expect_eq(weir_tensor_write(x, &one, sizeof one), WEIR_OK);
	weir_tensor_release(x);
	weir_scope_release(s);
	weir_runtime_release(runtime);
}

Test(eager, remembers_where_a_result_came_from)
{
	weir_runtime *runtime = must_runtime(1);
	weir_scope *s = must_scope(runtime, "e");
	weir_tensor *x = must_number(runtime, 0), *y;

	weir_scope_push(s, "part");
	y = weir_exp(s, x);
	cr_expect_str_eq(y->origin.path->text, "e/part");
	cr_expect_str_eq(y->origin.op, "exp");
	cr_expect(strstr(y->origin.site, "eager_test.c:"));
	weir_scope_pop(s);
	weir_tensor_release(x);
	weir_scope_release(s);
	weir_runtime_release(runtime);
}

Test(eager, makes_views_without_a_copy)
{
	weir_runtime *runtime = must_runtime(1);
	weir_scope *s = must_scope(runtime, "e");
	weir_tensor *x = counting_matrix(runtime, 3, 4, 0), *y;

	y = weir_slice(s, weir_transpose(s, x, 0, NULL), 1,
		       (int64_t[]){ 1 }, (int64_t[]){ 3 }, NULL);
	cr_expect_eq(y->storage, x->storage);
	cr_expect_eq((char *)y->data - (char *)x->data, 8);
	weir_tensor_release(x);
	cr_expect_eq(((double *)weir_tensor_data(y))[0], 1);
	weir_scope_release(s);
	weir_runtime_release(runtime);
}

static weir_status
always_fail(int64_t id, int64_t begin, int64_t end)
{
	(void)id, (void)begin, (void)end;
	return weir_fail(WEIR_EOP, "no luck");
}

Test(eager, keeps_nothing_of_an_op_that_failed)
{
	struct fault fault = { 0 };
	weir_allocator allocator = fault_allocator(&fault);
	weir_runtime_options options = { .size = sizeof options, .threads = 1,
					 .allocator = &allocator };
	struct task_attrs attrs = { .ns = 1, .id = 1 };
	weir_tensor *x, *out = NULL;
	weir_runtime *runtime;
	size_t before;
	weir_scope *s;

	cr_assert_eq(weir_runtime_create(&options, &runtime), WEIR_OK);
	s = must_scope(runtime, "e");
	x = must_number(runtime, 0);
	before = weir_runtime_memory(runtime).in_use;
	task_work = always_fail;
	cr_expect_eq(weir_apply(s, &task_op, &attrs, &x, 1, &out, 1),
		     WEIR_EOP);
	cr_expect_null(out);
	cr_expect_eq(weir_runtime_memory(runtime).in_use, before);
	weir_tensor_release(x);
	weir_scope_release(s);
	weir_runtime_release(runtime);
	cr_expect_eq(atomic_load(&fault.alive), 0);
}

/* A third is rounded down, to nearest. */
static weir_status
check_rounding(int64_t id, int64_t begin, int64_t end)
{
	volatile double one = 1, three = 3, third = one / three;

	(void)id, (void)begin, (void)end;
	return third == 0x1.5555555555555p-2 ? WEIR_OK
		: weir_fail(WEIR_EOP, "a third is %a", third);
}

Test(eager, rounds_to_nearest_whatever_the_caller_does)
{
	weir_runtime *runtime = must_runtime(1);
	weir_scope *s = must_scope(runtime, "e");
	struct task_attrs attrs = { .ns = 1, .id = 1 };
	weir_tensor *x = must_number(runtime, 0), *out;

	task_work = check_rounding;
	fesetround(FE_UPWARD);
	cr_expect_eq(weir_apply(s, &task_op, &attrs, &x, 1, &out, 1), WEIR_OK);
	cr_expect_eq(fegetround(), FE_UPWARD);
	fesetround(FE_TONEAREST);
	weir_tensor_release(x);
	weir_scope_release(s);
	weir_runtime_release(runtime);
}

Test(eager, gives_an_op_without_tiles_its_finish_alone)
{
	weir_runtime *runtime = must_runtime(1);
	weir_scope *s = must_scope(runtime, "e");
	int64_t nothing = 0;
	weir_tensor *x, *y;

	cr_assert_eq(weir_tensor_create(runtime, WEIR_F64, 1, &nothing, &x),
		     WEIR_OK);
	y = weir_sum(s, x, 0, NULL, false);
	cr_expect_eq(weir_item_f64(y), 0);
	weir_tensor_release(x);
	weir_scope_release(s);
	weir_runtime_release(runtime);
}
