#include <criterion/criterion.h>

#include "scope/scope.h"
#include "support/eager.h"
#include "support/tasks.h"

static void
write_twice(weir_scope *s, weir_tensor *v)
{
	weir_assign(s, v, weir_neg(s, v));
	weir_assign(s, v, weir_exp(s, v));
	cr_assert_eq(weir_scope_status(s), WEIR_OK);
}

Test(undo, gives_a_variable_the_value_before_its_first_write)
{
	weir_runtime *runtime = must_runtime(1);
	weir_scope *s = must_scope(runtime, "e");
	weir_tensor *v = must_variable(runtime, "v", 3);

	weir__scope_begin_undo(s);
	write_twice(s, v);
	cr_expect_eq(s->n_undo, 1);
	weir__scope_end_undo(s, true);
	cr_expect_eq(weir_item_f64(v), 3);
	weir_tensor_release(v);
	weir_scope_release(s);
	weir_runtime_release(runtime);
}

Test(undo, lets_new_values_be_when_all_went_well)
{
	weir_runtime *runtime = must_runtime(1);
	weir_scope *s = must_scope(runtime, "e");
	weir_tensor *v = must_variable(runtime, "v", 0);

	weir__scope_begin_undo(s);
	write_twice(s, v);
	weir__scope_end_undo(s, false);
	cr_expect_eq(weir_item_f64(v), 1);
	cr_expect_eq(s->n_undo, 0);
	weir_tensor_release(v);
	weir_scope_release(s);
	weir_runtime_release(runtime);
}

Test(undo, notes_nothing_unless_asked)
{
	weir_runtime *runtime = must_runtime(1);
	weir_scope *s = must_scope(runtime, "e");
	weir_tensor *v = must_variable(runtime, "v", 0);

	write_twice(s, v);
	cr_expect_eq(s->n_undo, 0);
	weir_tensor_release(v);
	weir_scope_release(s);
	weir_runtime_release(runtime);
}

static weir_status
write_then_fail(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		void *arg)
{
	weir_tensor *const *v = arg;

	write_twice(s, v[0]);
	write_twice(s, v[1]);
	out[0] = weir_matmul(s, in[0], in[0]);
	return weir_scope_status(s);
}

Test(undo, takes_all_writes_of_a_failed_eager_call_back)
{
	weir_runtime *runtime = must_runtime(1);
	weir_run_options how = { .size = sizeof how, .mode = WEIR_MODE_EAGER };
	weir_tensor *v[2], *x = must_number(runtime, 1), *out = NULL;
	weir_function *f;

	v[0] = must_variable(runtime, "v", 3);
	v[1] = must_variable(runtime, "w", 4);
	cr_assert_eq(weir_function_create(runtime, "f", write_then_fail, v, &f),
		     WEIR_OK);
	cr_expect_eq(weir_function_call(f, &how, &x, 1, &out, 1), WEIR_ESHAPE);
	cr_expect_null(out);
	cr_expect_eq(weir_item_f64(v[0]), 3);
	cr_expect_eq(weir_item_f64(v[1]), 4);
	weir_function_release(f);
	weir_tensor_release(x);
	weir_tensor_release(v[0]);
	weir_tensor_release(v[1]);
	weir_runtime_release(runtime);
}
