#include <criterion/criterion.h>
#include <string.h>

#include "scope/scope.h"
#include "support/scope.h"

TestSuite(apply, .init = begin_scope, .fini = end_scope);

static void
expect_refused(weir_status status, const char *what)
{
	cr_expect_eq(weir_scope_status(s), status, "%s", what);
	cr_expect(strstr(weir_scope_error(s), what), "%s",
		  weir_scope_error(s));
	weir_scope_clear(s);
}

Test(apply, reads_a_variable_as_it_is_at_the_call)
{
	weir_tensor *v = must_variable(runtime, "v", 1), *before;
	double two = 2;

	before = weir_read(s, v);
	cr_assert_eq(weir_tensor_write(v, &two, sizeof two), WEIR_OK);
	cr_expect_eq(weir_item_f64(before), 1);
	cr_expect_eq(weir_item_f64(weir_neg(s, v)), -2);
	weir_tensor_release(v);
}

Test(apply, copies_an_operand_that_blas_cannot_take_and_no_other)
{
	weir_tensor *a = counting_matrix(runtime, 4, 6, 1), *odd;
	uint64_t before;

	before = s->ordinal;
	weir_matmul(s, a, weir_transpose(s, a, 0, NULL));
	cr_expect_eq(s->ordinal - before, 2);
	odd = weir_slice(s, a, 2, (int64_t[]){ 0, 0 }, (int64_t[]){ 4, 6 },
			 (int64_t[]){ 1, 2 });
	before = s->ordinal;
	cr_assert(weir_matmul(s, odd, weir_transpose(s, odd, 0, NULL)));
	/* transpose, a copy of each operand, the product */
	cr_expect_eq(s->ordinal - before, 4);
	weir_tensor_release(a);
}

Test(apply, gives_a_variable_a_contiguous_result_as_it_is)
{
	weir_tensor *v = must_variable(runtime, "v", 1), *y;

	y = weir_neg(s, v);
	weir_assign(s, v, y);
	cr_expect_eq(v->current, y);
	weir_tensor_release(v);
}

Test(apply, gives_a_variable_a_copy_of_what_others_may_write)
{
	weir_tensor *v = must_variable(runtime, "v", 1);
	weir_tensor *x = must_number(runtime, 5);
	double six = 6;

	weir_assign(s, v, x);
	cr_assert_eq(weir_tensor_write(x, &six, sizeof six), WEIR_OK);
	cr_expect_eq(weir_item_f64(v), 5);
	weir_tensor_release(x);
	weir_tensor_release(v);
}

Test(apply, gives_a_variable_a_copy_of_a_view)
{
	weir_tensor *a = counting_matrix(runtime, 2, 2, 1), *v;

	cr_assert_eq(weir_variable_create(runtime, "v", a, &v), WEIR_OK);
	weir_assign(s, v, weir_transpose(s, v, 0, NULL));
	cr_expect(weir_tensor_is_contiguous(v));
	cr_expect_eq(((double *)weir_tensor_data(v))[1], 3);
	weir_tensor_release(a);
	weir_tensor_release(v);
}

/* A read is a view of all of a variable's value. */
Test(apply, gives_a_variable_a_copy_of_another_one_s_value)
{
	weir_tensor *v = must_variable(runtime, "v", 1);
	weir_tensor *w = must_variable(runtime, "w", 2);
	uint64_t before;

	weir_read(s, v);
	before = s->ordinal;
	weir_assign(s, w, weir_read(s, v));
	cr_expect_eq(s->ordinal - before, 3);	/* read, copy, assign */
	cr_expect_neq(w->current->storage, v->current->storage);
	weir_tensor_release(v);
	weir_tensor_release(w);
}

Test(apply, records_an_assignment_of_a_captured_value)
{
	struct made m = must_make(1);
	weir_tensor *v = must_variable(m.runtime, "v", 1);

	cr_expect_neq(weir_assign(m.scope, v, m.zero), NULL, "%s",
		      weir_scope_error(m.scope));
	weir_tensor_release(v);
	made_free(&m);
}

/* -- what is refused ------------------------------------------------------- */

Test(apply, names_an_operand_that_is_null)
{
	weir_tensor *x = must_number(runtime, 5);

	cr_expect_null(weir_add(s, x, NULL));
	expect_refused(WEIR_ENULL, "add: operand b is NULL; in e/add, called");
	weir_tensor_release(x);
}

Test(apply, refuses_a_tensor_of_another_runtime)
{
	weir_runtime *other = must_runtime(1);
	weir_tensor *x = must_number(other, 5);

	cr_expect_null(weir_exp(s, x));
	expect_refused(WEIR_EFOREIGN, "operand a belongs to another runtime");
	weir_tensor_release(x);
	weir_runtime_release(other);
}

Test(apply, refuses_a_symbol_in_an_eager_scope)
{
	struct made m = must_make(1);
	weir_scope *eager = must_scope(m.runtime, "e");

	cr_expect_null(weir_exp(eager, m.x));
	cr_expect_eq(weir_scope_status(eager), WEIR_EFOREIGN);
	weir_scope_release(eager);
	made_free(&m);
}

Test(apply, refuses_a_symbol_of_another_recording)
{
	struct made m = must_make(1);
	weir_graph *other;

	cr_assert_eq(weir_graph_create(m.runtime, "h", &other), WEIR_OK);
	cr_expect_null(weir_exp(weir_graph_scope(other), m.x));
	cr_expect(strstr(weir_scope_error(weir_graph_scope(other)),
			 "a symbol of another recording"));
	weir_graph_release(other);
	made_free(&m);
}

Test(apply, refuses_ops_once_the_recording_is_over)
{
	struct made m = must_make(1);
	weir_plan *plan;

	cr_assert_eq(weir_graph_output(m.graph, weir_exp(m.scope, m.x)),
		     WEIR_OK);
	plan = must_compile(&m);
	cr_expect_null(weir_exp(m.scope, m.x));
	cr_expect_eq(weir_scope_status(m.scope), WEIR_ESTATE);
	weir_plan_release(plan);
	made_free(&m);
}

Test(apply, refuses_to_assign_to_a_value)
{
	weir_tensor *x = must_number(runtime, 5);

	cr_expect_null(weir_assign(s, x, x));
	cr_expect_neq(weir_scope_status(s), WEIR_OK);
	weir_tensor_release(x);
}

Test(apply, fails_the_recording_when_a_symbol_is_read_as_a_number)
{
	struct made m = must_make(1);

	weir_item_f64(weir_exp(m.scope, m.x));
	cr_expect_eq(weir_scope_status(m.scope), WEIR_ESYMBOLIC);
	made_free(&m);
}
