#include <criterion/criterion.h>
#include <string.h>

#include "support/scope.h"

TestSuite(tape, .init = begin_scope, .fini = end_scope);

static double
gradient(weir_tape *tape, weir_tensor *loss, weir_tensor *with)
{
	weir_tensor *g = NULL;

	cr_assert_eq(weir_tape_gradients(tape, loss, &with, 1, &g), WEIR_OK,
		     "%s", weir_scope_error(s));
	return weir_item_f64(g);
}

Test(tape, differentiates_a_chain)
{
	weir_tensor *x = must_number(runtime, 3);
	weir_tape *tape = weir_tape_begin(s);

	cr_expect_eq(gradient(tape, weir_square(s, weir_neg(s, x)), x), 6);
	weir_tensor_release(x);
}

Test(tape, adds_what_all_uses_contribute)
{
	weir_tensor *x = must_number(runtime, 3);
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *y = weir_add(s, weir_mul(s, x, x), weir_neg(s, x));

	cr_expect_eq(gradient(tape, y, x), 5);
	weir_tensor_release(x);
}

Test(tape, takes_a_variable_for_the_value_it_began_with)
{
	weir_tensor *v = must_variable(runtime, "v", 3);
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *before = weir_square(s, v);

	weir_assign(s, v, weir_constant(s, WEIR_F64, 0, NULL, 10));
	cr_expect_eq(gradient(tape, weir_add(s, before, weir_square(s, v)), v),
		     6);
	weir_tensor_release(v);
}

Test(tape, tells_a_variable_from_the_one_whose_value_it_was_given)
{
	weir_tensor *v[2] = { must_variable(runtime, "v", 3),
			      must_variable(runtime, "w", 4) };
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *g[2], *loss, *y = weir_read(s, v[0]);

	weir_assign(s, v[1], y);
	loss = weir_add(s, weir_square(s, y), v[1]);
	cr_assert_eq(weir_tape_gradients(tape, loss, v, 2, g), WEIR_OK);
	cr_expect_eq(weir_item_f64(g[0]), 7);	/* by way of w, too */
	cr_expect_eq(weir_item_f64(g[1]), 0);	/* its own was not read */
	weir_tensor_release(v[0]);
	weir_tensor_release(v[1]);
}

Test(tape, gives_zeros_for_what_the_loss_does_not_depend_on)
{
	weir_tensor *x = must_number(runtime, 3), *y = must_number(runtime, 4);
	weir_tape *tape = weir_tape_begin(s);

	cr_expect_eq(gradient(tape, weir_square(s, x), y), 0);
	weir_tensor_release(x);
	weir_tensor_release(y);
}

Test(tape, gives_one_for_the_loss_itself)
{
	weir_tensor *x = must_number(runtime, 3);
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *y = weir_square(s, x);

	cr_expect_eq(gradient(tape, y, y), 1);
	weir_tensor_release(x);
}

Test(tape, sees_only_what_comes_after_its_beginning)
{
	weir_tensor *x = must_number(runtime, 3), *y = weir_square(s, x);
	weir_tape *tape = weir_tape_begin(s);

	cr_expect_eq(gradient(tape, weir_neg(s, y), x), 0);
	weir_tensor_release(x);
}

Test(tape, carries_gradients_through_frames_and_kept_tensors)
{
	weir_tensor *x = must_number(runtime, 3), *y;
	weir_tape *tape = weir_tape_begin(s);

	weir_scope_push(s, "part");
	y = weir_keep(s, weir_square(s, weir_square(s, x)));
	weir_scope_pop(s);
	cr_expect_eq(gradient(tape, y, x), 4 * 27);
	weir_tensor_release(x);
}

Test(tape, lets_two_tapes_watch_at_once)
{
	weir_tensor *x = must_number(runtime, 3);
	weir_tape *outer = weir_tape_begin(s), *inner;
	weir_tensor *y = weir_square(s, x), *g;

	inner = weir_tape_begin(s);
	g = weir_square(s, y);
	cr_expect_eq(gradient(inner, g, y), 18);
	cr_expect_eq(gradient(outer, g, x), 4 * 27);
	weir_tensor_release(x);
}

/* The inner gradient is made of ordinary ops, which the outer tape sees. */
Test(tape, differentiates_a_gradient)
{
	weir_tensor *x = must_number(runtime, 3), *g = NULL;
	weir_tape *outer = weir_tape_begin(s), *inner = weir_tape_begin(s);
	weir_tensor *y = weir_mul(s, weir_square(s, x), x);

	cr_assert_eq(weir_tape_gradients(inner, y, &x, 1, &g), WEIR_OK, "%s",
		     weir_scope_error(s));
	cr_expect_eq(weir_item_f64(g), 27);
	cr_expect_eq(gradient(outer, g, x), 18);
	weir_tensor_release(x);
}

Test(tape, emits_gradients_under_the_path_of_their_op)
{
	struct made m = must_make(1);
	weir_tape *tape;
	weir_tensor *y, *g;
	char *text;

	tape = weir_tape_begin(m.scope);
	weir_scope_push(m.scope, "layer");
	y = weir_keep(m.scope, weir_tanh(m.scope, m.x));
	weir_scope_pop(m.scope);
	cr_assert_eq(weir_tape_gradients(tape, y, &m.x, 1, &g), WEIR_OK);
	cr_assert_eq(weir_graph_describe(m.graph, false, &text), WEIR_OK);
	cr_expect(strstr(text, "g/layer/tanh/grad/"), "%s", text);
	weir_text_release(text);
	made_free(&m);
}

/* -- what is refused ------------------------------------------------------- */

static void
expect_refused(weir_tape *tape, weir_tensor *loss, weir_tensor *with,
	       weir_status status, const char *what)
{
	weir_tensor *g = with;

	cr_expect_eq(weir_tape_gradients(tape, loss, &with, 1, &g), status,
		     "%s", what);
	cr_expect_eq(g, with);
	cr_expect(strstr(weir_scope_error(s), what), "%s",
		  weir_scope_error(s));
	weir_scope_clear(s);
}

Test(tape, cannot_be_used_twice)
{
	weir_tensor *x = must_number(runtime, 3);
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *y = weir_square(s, x);

	gradient(tape, y, x);
	expect_refused(tape, y, x, WEIR_ESTATE, "has been used already");
	weir_tensor_release(x);
}

Test(tape, wants_a_loss_of_one_float)
{
	weir_tensor *x = counting_matrix(runtime, 2, 2, 1);
	weir_tape *tape = weir_tape_begin(s);

	expect_refused(tape, weir_square(s, x), x, WEIR_ESHAPE,
		       "the loss is f64[2,2], it must be one float");
	expect_refused(tape, NULL, x, WEIR_ENULL, "the loss is NULL");
	weir_tensor_release(x);
}

Test(tape, wants_tensors_of_the_loss_s_dtype)
{
	weir_tensor *x = must_number(runtime, 3);
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *narrow = weir_cast(s, x, WEIR_F32);

	expect_refused(tape, narrow, x, WEIR_EDTYPE,
		       "tensor 0 is f64[], the loss is f32[]");
	weir_tensor_release(x);
}

Test(tape, says_which_op_has_no_gradient)
{
	weir_tensor *x = must_number(runtime, 3), *y = NULL;
	weir_tape *tape = weir_tape_begin(s);
	struct task_attrs attrs = { .ns = 1 };

	weir_apply(s, &task_op, &attrs, &x, 1, &y, 1);
	expect_refused(tape, y, x, WEIR_ENOGRAD, "task: it has no gradient");
	weir_tensor_release(x);
}

Test(tape, ends_with_its_frame)
{
	weir_tensor *x = must_number(runtime, 3);

	weir_scope_push(s, "part");
	weir_tape_begin(s);
	weir_exp(s, x);
	weir_scope_pop(s);
	cr_expect_neq(weir_exp(s, x), NULL);
	weir_tensor_release(x);
}
