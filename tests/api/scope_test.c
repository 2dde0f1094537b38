/* Scopes: frames and their temporaries, and the failure that is kept. */
#include <stdlib.h>

#include "support/weir_test.h"

static weir_runtime *rt;
static weir_scope *s;
static weir_tensor *x;

static void
begin(void)
{
	static const float data[] = { 1, 2, 3 };

	rt = must_runtime(1);
	s = must_scope(rt, "test");
	x = must_tensor(rt, WEIR_F32, data, 3);
}

static void
end(void)
{
	weir_tensor_release(x);
	weir_scope_release(s);
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
}

TestSuite(scope, .init = begin, .fini = end);

static size_t
in_use(void)
{
	return weir_runtime_memory(rt).in_use;
}

Test(scope, pop_frees_what_was_made_since_push)
{
	size_t before = in_use();
	int i;

	for (i = 0; i < 100; i++) {
		weir_scope_push(s, "step");
		cr_assert(weir_neg(s, weir_add(s, x, x)));
		weir_scope_pop(s);
		cr_expect_eq(in_use(), before);
	}
}

Test(scope, keep_carries_a_tensor_out_of_one_frame)
{
	size_t before = in_use();
	weir_tensor *kept;

	weir_scope_push(s, "outer");
	weir_scope_push(s, "inner");
	kept = weir_keep(s, weir_add(s, x, x));
	weir_scope_pop(s);
	expect_f32s(kept, 2, 4, 6);
	weir_scope_pop(s);
	cr_expect_eq(in_use(), before);
}

Test(scope, keep_of_what_the_frame_does_not_own_does_nothing)
{
	weir_tensor *outer = weir_neg(s, x);

	weir_scope_push(s, "inner");
	cr_expect_eq(weir_keep(s, x), x);
	cr_expect_eq(weir_keep(s, outer), outer);
	cr_expect_null(weir_keep(s, NULL));
	weir_scope_pop(s);
	expect_f32s(outer, -1, -2, -3);
	cr_expect_eq(weir_keep(s, outer), outer);
}

Test(scope, the_names_of_open_frames_are_the_path_of_an_op)
{
	weir_scope_push(s, "a");
	weir_scope_push(s, "b");
	weir_scope_pop(s);
	weir_scope_push(s, "c");
	weir_neg(s, NULL);
	expect_text(weir_scope_error(s), "in test/a/c/neg,");
}

Test(scope, the_first_failure_is_kept_and_later_ops_do_nothing)
{
	char text[512];

	cr_expect_null(weir_neg(s, NULL));
	cr_expect_eq(weir_scope_status(s), WEIR_ENULL);
	snprintf(text, sizeof text, "%s", weir_scope_error(s));
	cr_expect_null(weir_add(s, x, x));
	cr_expect_null(weir_relu(s, NULL));
	cr_expect_null(weir_sum(s, x, 1, NULL, false));
	cr_expect_eq(weir_scope_status(s), WEIR_ENULL);
	cr_expect_str_eq(weir_scope_error(s), text);
}

Test(scope, clear_starts_afresh)
{
	weir_neg(s, NULL);
	weir_scope_clear(s);
	cr_expect_eq(weir_scope_status(s), WEIR_OK);
	cr_expect_str_eq(weir_scope_error(s), "");
	expect_f32s(weir_neg(s, x), -1, -2, -3);
}

Test(scope, frames_can_be_closed_after_a_failure)
{
	weir_scope_push(s, "step");
	weir_neg(s, NULL);
	weir_scope_pop(s);
	weir_scope_clear(s);
	weir_add(s, x, NULL);
	expect_text(weir_scope_error(s), "in test/add,");
}

Test(scope, a_pop_too_many_is_a_failure_that_changes_nothing)
{
	weir_tensor *y = weir_neg(s, x);

	weir_scope_pop(s);
	cr_expect_eq(weir_scope_status(s), WEIR_ESTATE);
	expect_text(weir_scope_error(s), "weir_scope_push()");
	expect_f32s(y, -1, -2, -3);
}

Test(scope, release_frees_open_frames_too)
{
	weir_scope *other = must_scope(rt, "other");
	size_t before = in_use();

	weir_scope_push(other, "a");
	weir_neg(other, x);
	weir_scope_push(other, "b");
	weir_tape_begin(other);
	weir_neg(other, x);
	weir_scope_release(other);
	cr_expect_eq(in_use(), before);
}

Test(scope, a_result_that_is_retained_outlives_its_frame_and_runtime)
{
	weir_runtime *mine = must_runtime(1);
	weir_scope *scope = must_scope(mine, "mine");
	weir_tensor *y = weir_constant(scope, WEIR_F32, 0, NULL, 7);

	weir_tensor_retain(y);
	weir_scope_release(scope);
	weir_runtime_release(mine);
	cr_expect_eq(weir_item_f64(y), 7);
	weir_tensor_release(y);
}

Test(scope, tells_its_runtime_and_mode)
{
	weir_graph *g = NULL;

	must(weir_graph_create(rt, "g", &g));
	cr_expect_eq(weir_scope_runtime(s), rt);
	cr_expect_not(weir_scope_is_recording(s));
	cr_expect(weir_scope_is_recording(weir_graph_scope(g)));
	weir_graph_release(g);
}

Test(scope, null_is_a_status_not_a_crash)
{
	weir_scope *none = NULL;

	cr_expect_null(weir_neg(NULL, x));
	expect_text(weir_error_text(), "weir_neg: the scope is NULL");
	cr_expect_null((weir_neg)(NULL, x));
	cr_expect_null(weir_sum(NULL, x, 9, NULL, false));
	cr_expect_null(weir_tape_begin(NULL));
	cr_expect_eq(weir_scope_status(NULL), WEIR_ENULL);
	cr_expect_str_eq(weir_scope_error(NULL), "");
	weir_scope_push(NULL, "a");
	weir_scope_pop(NULL);
	weir_scope_clear(NULL);
	weir_scope_release(NULL);
	cr_expect_eq(weir_scope_create(NULL, "a", &none), WEIR_ENULL);
	cr_expect_eq(weir_scope_create(rt, "a", NULL), WEIR_ENULL);
	cr_expect_eq(weir_scope_create(rt, "", &none), WEIR_EINVAL);
	cr_expect_null(none);
}

static void *
allocate_little(size_t size, void *arg)
{
	(void)arg;
	return size > 1 << 20 ? NULL : malloc(size);
}

static void
release_little(void *memory, void *arg)
{
	(void)arg;
	free(memory);
}

Test(scope, out_of_memory_is_a_status_and_the_scope_works_again)
{
	const weir_allocator little = { allocate_little, release_little, NULL };
	const int64_t shape[] = { 1 << 20 };
	weir_runtime *poor = must_runtime_on(1, &little);
	weir_scope *scope = must_scope(poor, "poor");

	cr_expect_null(weir_constant(scope, WEIR_F32, 1, shape, 0));
	cr_expect_eq(weir_scope_status(scope), WEIR_ENOMEM);
	expect_text(weir_scope_error(scope), "constant: no memory for ");
	expect_text(weir_scope_error(scope), "scope_test.c:");
	weir_scope_clear(scope);
	cr_expect(weir_constant(scope, WEIR_F32, 1, (int64_t[]){ 9 }, 0));
	weir_scope_release(scope);
	weir_runtime_release(poor);
}

Test(scope, ten_thousand_frames_deep)
{
	int i;

	for (i = 0; i < 10000; i++)
		weir_scope_push(s, "d");
	cr_expect(weir_neg(s, x));
	for (i = 0; i < 10000; i++)
		weir_scope_pop(s);
	cr_expect_eq(weir_scope_status(s), WEIR_OK);
}
