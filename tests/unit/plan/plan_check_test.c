#include <criterion/criterion.h>
#include <string.h>

#include "unit/plan/blocks.h"

/* 0 -> 1 (cut into tiles), 2 -> 3, all heavy. */
static struct made
cut_diamond(void)
{
	struct made m = must_make(2);
	struct task_attrs cut = { .ns = 1e6, .id = 1, .tiles = 32 };
	struct task_attrs last = { .ns = 1e6, .id = 3 };
	weir_tensor *a, *middle[2];

	a = task_after(&m, 0, 1e6, NULL);
	middle[0] = add_task(&m, &cut, &a, 1);
	middle[1] = task_after(&m, 2, 1e6, a);
	add_task(&m, &last, middle, 2);
	return m;
}

static void
expect_broken(const weir_plan *plan, const char *what)
{
	cr_expect_eq(weir__plan_check(plan), WEIR_EINVAL, "%s", what);
	cr_expect(strstr(weir_error_text(), what), "%s", weir_error_text());
}

Test(plan_check, is_content_with_a_sound_plan)
{
	struct made m = cut_diamond();
	weir_plan *plan = must_compile(&m);

	cr_expect_gt(plan->schedule->n_waits, 1);
	cr_expect_eq(weir__plan_check(plan), WEIR_OK, "%s", weir_error_text());
	weir_plan_release(plan);
	made_free(&m);
}

static void
remove_one(uint32_t *firsts, uint32_t n, uint32_t at, int by)
{
	uint32_t i;

	for (i = 0; i <= n; i++)
		if (firsts[i] > at)
			firsts[i] = (uint32_t)((int)firsts[i] - by);
}

/* Without any one of its waits some work comes too early. */
Test(plan_check, misses_each_single_wait_that_is_taken_away)
{
	struct made m = cut_diamond();
	weir_plan *plan = must_compile(&m);
	struct weir__schedule *s = plan->schedule;
	uint32_t q, n = s->n_waits;

	for (q = 0; q < n; q++) {
		struct weir__wait gone = s->waits[q];
		size_t rest = (n - q - 1) * sizeof gone;
		uint32_t copy[64];

		cr_assert_lt(s->n_blocks, 63);
		memcpy(copy, s->first_wait,
		       (s->n_blocks + 1) * sizeof *copy);
		memmove(&s->waits[q], &s->waits[q + 1], rest);
		remove_one(s->first_wait, s->n_blocks, q, 1);
		expect_broken(plan, "does not wait for");
		memmove(&s->waits[q + 1], &s->waits[q], rest);
		s->waits[q] = gone;
		memcpy(s->first_wait, copy,
		       (s->n_blocks + 1) * sizeof *copy);
	}
	cr_expect_gt(n, 1);
	cr_expect_eq(weir__plan_check(plan), WEIR_OK);
	weir_plan_release(plan);
	made_free(&m);
}

/* Work that waits for itself instead of what it needs, or for nothing. */
Test(plan_check, misses_each_dependency_that_is_taken_away)
{
	struct made m = cut_diamond();
	weir_plan *plan = must_compile(&m);
	uint32_t *preds = (uint32_t *)plan->dag.preds;
	uint32_t q, n = plan->dag.first_pred[plan->dag.n];

	for (q = 0; q < n; q++) {
		uint32_t was = preds[q];

		preds[q] = was ? 0 : plan->dag.n - 1;
		expect_broken(plan, "without waiting for work");
		preds[q] = was;
	}
	cr_expect_gt(n, 10);
	cr_expect_eq(weir__plan_check(plan), WEIR_OK);
	weir_plan_release(plan);
	made_free(&m);
}

Test(plan_check, finds_tiles_that_are_left_out_or_done_twice)
{
	struct made m = cut_diamond();
	weir_plan *plan = must_compile(&m);
	uint32_t at = entry_of(plan, item_of(plan, 1, false));

	plan->work[at].end--;
	expect_broken(plan, "missing or done twice");
	plan->work[at].end += 2;
	expect_broken(plan, "missing or done twice");
	weir_plan_release(plan);
	made_free(&m);
}

Test(plan_check, finds_a_step_that_is_never_finished)
{
	struct made m = cut_diamond();
	weir_plan *plan = must_compile(&m);

	plan->work[entry_of(plan, item_of(plan, 3, true))].has_finish = false;
	expect_broken(plan, "is not complete");
	weir_plan_release(plan);
	made_free(&m);
}

/* x -> a -> b -> c and a -> c, none in place, since all read views. */
static weir_plan *
shared_bytes(struct made *m)
{
	int64_t shape[] = { 8, 8 };
	weir_tensor *x, *a, *b;

	x = weir_graph_input(m->graph, WEIR_F64, 2, shape, NULL);
	a = weir_exp(m->scope, x);
	b = weir_neg(m->scope, weir_transpose(m->scope, a, 0, NULL));
	b = weir_neg(m->scope, weir_transpose(m->scope, b, 0, NULL));
	b = weir_matmul(m->scope, a, b);
	cr_assert_eq(weir_graph_output(m->graph, weir_sum(m->scope, b, 0, NULL,
							  false)), WEIR_OK);
	return must_compile(m);
}

Test(plan_check, finds_a_value_that_is_written_over_too_early)
{
	struct made m = must_make(1);
	weir_plan *plan = shared_bytes(&m);
	uint32_t i, j, tried = 0;

	cr_assert_eq(weir__plan_check(plan), WEIR_OK);
	for (i = 1; i < plan->n_steps; i++) {
		const struct weir__step *step = &plan->steps[i];
		struct weir__slot *out = &plan->slots[step->first_slot +
						      step->call.n_in];
		int64_t was = out->offset;

		for (j = 0; j < step->call.n_in; j++) {
			const struct weir__slot *in =
				&plan->slots[step->first_slot + j];

			if (in->where != WEIR__AT_ARENA ||
			    out->where != WEIR__AT_ARENA)
				continue;
			out->offset = in->offset;
			expect_broken(plan, "writes over what step");
			out->offset = was;
			tried++;
		}
	}
	cr_expect_geq(tried, 3);
	weir_plan_release(plan);
	made_free(&m);
}
