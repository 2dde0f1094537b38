#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "scope/scope.h"
#include "support/eager.h"
#include "support/tasks.h"

static weir_runtime *runtime;
static weir_scope *s;
static weir_tensor *x;

static void
begin(void)
{
	runtime = must_runtime(1);
	s = must_scope(runtime, "e");
	x = must_number(runtime, 2);
}

static void
end(void)
{
	weir_tensor_release(x);
	weir_scope_release(s);
	weir_runtime_release(runtime);
}

TestSuite(scope, .init = begin, .fini = end);

Test(scope, names_frames_from_outside_in)
{
	weir_scope_push(s, "a");
	weir_scope_push(s, "b");
	cr_expect_str_eq(s->path->text, "e/a/b");
	weir_scope_pop(s);
	cr_expect_str_eq(s->path->text, "e/a");
	weir_scope_pop(s);
	cr_expect_str_eq(s->path->text, "e");
}

Test(scope, frees_what_a_frame_made_with_the_frame)
{
	size_t before;

	weir_scope_push(s, "a");
	weir_exp(s, x);
	weir_scope_pop(s);
	before = weir_runtime_memory(runtime).in_use;
	weir_scope_push(s, "a");
	weir_exp(s, weir_exp(s, x));
	cr_expect_gt(weir_runtime_memory(runtime).in_use, before);
	weir_scope_pop(s);
	cr_expect_eq(weir_runtime_memory(runtime).in_use, before);
}

Test(scope, carries_a_kept_tensor_one_frame_out)
{
	weir_tensor *y;

	weir_scope_push(s, "a");
	weir_scope_push(s, "b");
	y = weir_keep(s, weir_exp(s, weir_neg(s, x)));
	weir_scope_pop(s);
	cr_expect_eq(s->frame->n, 1);
	cr_expect_eq(s->frame->tensors[0], y);
	cr_expect_lt(weir_item_f64(y), 1);
	weir_scope_pop(s);
	cr_expect_eq(s->frame->n, 0);
}

Test(scope, keeps_what_it_does_not_own_as_it_is)
{
	weir_scope_push(s, "a");
	cr_expect_eq(weir_keep(s, x), x);
	cr_expect_null(weir_keep(s, NULL));
	weir_scope_pop(s);
	cr_expect_eq(weir_item_f64(x), 2);
}

Test(scope, fails_at_a_pop_without_a_push)
{
	weir_scope_pop(s);
	cr_expect_eq(weir_scope_status(s), WEIR_ESTATE);
	cr_expect(strstr(weir_scope_error(s), "weir_scope_pop() without"));
	weir_scope_clear(s);
	cr_expect_neq(weir_exp(s, x), NULL);
}

Test(scope, does_nothing_after_a_failure_and_keeps_the_first_one)
{
	char first[512];

	cr_expect_null(weir_matmul(s, x, x));
	cr_expect_eq(weir_scope_status(s), WEIR_ESHAPE);
	snprintf(first, sizeof first, "%s", weir_scope_error(s));
	cr_expect_null(weir_exp(s, x));
	cr_expect_null(weir_add(s, NULL, x));
	cr_expect_str_eq(weir_scope_error(s), first);
	weir_scope_clear(s);
	cr_expect_str_eq(weir_scope_error(s), "");
	cr_expect_eq(weir_scope_status(s), WEIR_OK);
	cr_expect_neq(weir_exp(s, x), NULL);
}

/* -- watchers -------------------------------------------------------------- */

struct spy {
	struct weir__watcher watcher;
	uint64_t seen[8];
	size_t n;
	weir_status says;
};

static weir_status
look(struct weir__watcher *watcher, const struct weir__applied *call)
{
	struct spy *spy = (struct spy *)watcher;

	spy->seen[spy->n++] = call->ordinal;
	return spy->says ? weir_fail(spy->says, "not with me") : WEIR_OK;
}

Test(scope, tells_watchers_of_every_call_that_succeeded)
{
	struct spy spy = { .watcher = { .see = look } };

	weir__scope_watch(s, &spy.watcher);
	weir_exp(s, x);
	weir_matmul(s, x, x);
	weir_scope_clear(s);
	weir_neg(s, x);
	weir__scope_unwatch(s, &spy.watcher);
	weir__scope_unwatch(s, &spy.watcher);
	weir_neg(s, x);
	cr_expect_eq(spy.n, 2);
	cr_expect_eq(spy.seen[0], 1);
	cr_expect_lt(spy.seen[0], spy.seen[1]);
}

Test(scope, fails_a_call_that_a_watcher_refuses)
{
	struct spy spy = { .watcher = { .see = look }, .says = WEIR_ESTATE };

	weir__scope_watch(s, &spy.watcher);
	cr_expect_null(weir_exp(s, x));
	cr_expect_eq(weir_scope_status(s), WEIR_ESTATE);
	cr_expect(strstr(weir_scope_error(s), "exp: not with me; in e"));
	weir__scope_unwatch(s, &spy.watcher);
}

struct ending {
	struct weir__attached attached;
	int *order, number;
};

static void
note_end(struct weir__attached *attached)
{
	struct ending *e = (struct ending *)attached;

	*e->order = *e->order * 10 + e->number;
}

Test(scope, ends_what_is_attached_to_a_frame_last_first)
{
	int order = 0;
	struct ending a = { .attached = { .end = note_end }, &order, 1 };
	struct ending b = { .attached = { .end = note_end }, &order, 2 };

	weir_scope_push(s, "a");
	weir__scope_attach(s, &a.attached);
	weir__scope_attach(s, &b.attached);
	weir_scope_pop(s);
	cr_expect_eq(order, 21);
}
