#include <criterion/criterion.h>
#include <string.h>

#include "unit/passes/rewrite.h"

static struct weir__rewrite *
after_all(const struct made *m)
{
	struct weir__rewrite *r = must_rewrite(m);

	cr_assert_eq(weir__passes_run(r, 0, NULL, NULL), WEIR_OK, "%s", weir_error_text());
	cr_expect_eq(weir__rewrite_check(r), WEIR_OK, "%s", weir_error_text());
	return r;
}

Test(dce, drops_what_nobody_uses_and_what_only_that_used)
{
	struct made m = must_make(1);
	weir_tensor *a = weir_exp(m.scope, m.x), *b = weir_neg(m.scope, a);
	weir_tensor *used = weir_tanh(m.scope, m.x);
	struct weir__rewrite *r;

	cr_assert_eq(weir_graph_output(m.graph, used), WEIR_OK);
	r = after_all(&m);
	cr_expect_eq(fate_of(&m, r, a), WEIR__FATE_DROPPED);
	cr_expect_eq(fate_of(&m, r, b), WEIR__FATE_DROPPED);
	cr_expect_eq(fate_of(&m, r, used), WEIR__LIVE);
	weir__rewrite_free(r);
	made_free(&m);
}

Test(dce, keeps_what_a_variable_becomes)
{
	struct made m = must_make(1);
	weir_tensor *v, *lost, *stays;
	struct weir__rewrite *r;

	cr_assert_eq(weir_variable_create(m.runtime, "v", m.zero, &v),
		     WEIR_OK);
	lost = weir_exp(m.scope, m.x);
	weir_assign(m.scope, v, lost);
	stays = weir_neg(m.scope, m.x);
	weir_assign(m.scope, v, stays);
	r = after_all(&m);
	cr_expect_eq(fate_of(&m, r, lost), WEIR__FATE_DROPPED);
	cr_expect_eq(fate_of(&m, r, stays), WEIR__LIVE);
	weir__rewrite_free(r);
	weir_tensor_release(v);
	made_free(&m);
}

Test(dce, keeps_calls_that_are_not_pure)
{
	struct made m = must_make(1);
	weir_tensor *task = task_after(&m, 1, 10, weir_exp(m.scope, m.x));
	struct weir__rewrite *r = after_all(&m);

	cr_expect_eq(fate_of(&m, r, task), WEIR__LIVE);
	cr_expect_eq(r->fate[0], WEIR__LIVE);	/* its operand */
	weir__rewrite_free(r);
	made_free(&m);
}

Test(dce, keeps_views_of_what_is_used_and_drops_others)
{
	struct made m = must_make(1);
	weir_tensor *x, *used, *unused;
	struct weir__rewrite *r;

	x = weir_graph_input(m.graph, WEIR_F64, 2, (int64_t[]){ 2, 3 }, NULL);
	used = weir_transpose(m.scope, x, 0, NULL);
	unused = weir_reshape(m.scope, x, 1, (int64_t[]){ 6 });
	cr_assert_eq(weir_graph_output(m.graph, weir_exp(m.scope, used)),
		     WEIR_OK);
	r = after_all(&m);
	cr_expect_eq(fate_of(&m, r, used), WEIR__FATE_VIEW);
	cr_expect_eq(fate_of(&m, r, unused), WEIR__FATE_DROPPED);
	weir__rewrite_free(r);
	made_free(&m);
}

/* -- an error that eager would raise --------------------------------------- */

static weir_status
divides_for_nothing(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		    void *arg)
{
	(void)arg;
	weir_div(s, in[0], in[1]);		/* the result is not used */
	out[0] = weir_add(s, in[0], in[1]);
	return weir_scope_status(s);
}

Test(dce, keeps_an_unused_division_so_that_both_modes_fail)
{
	static const weir_mode modes[] = { WEIR_MODE_EAGER, WEIR_MODE_GRAPH };
	weir_runtime *runtime = must_runtime(1);
	int64_t n = 3, top[] = { 6, 7, 8 }, bottom[] = { 1, 0, 0 };
	weir_tensor *in[2], *out = NULL;
	weir_function *f;
	char said[2][2048];
	size_t i;

	cr_assert_eq(weir_tensor_copy_of(runtime, WEIR_I64, 1, &n, top,
					 &in[0]), WEIR_OK);
	cr_assert_eq(weir_tensor_copy_of(runtime, WEIR_I64, 1, &n, bottom,
					 &in[1]), WEIR_OK);
	cr_assert_eq(weir_function_create(runtime, "f", divides_for_nothing,
					  NULL, &f), WEIR_OK);
	for (i = 0; i < 2; i++) {
		weir_run_options how = { .size = sizeof how,
					 .mode = modes[i] };

		cr_expect_eq(weir_function_call(f, &how, in, 2, &out, 1),
			     WEIR_ERANGE);
		strncpy(said[i], weir_error_text(), sizeof said[i] - 1);
		said[i][sizeof said[i] - 1] = '\0';
	}
	cr_expect_null(out);
	cr_expect_str_eq(said[0], said[1]);
	cr_expect(strstr(said[0], "division by zero"), "%s", said[0]);
	for (i = 0; i < 2; i++)
		weir_tensor_release(in[i]);
	weir_function_release(f);
	weir_runtime_release(runtime);
}
