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

	cr_expect_gt(plan->n_waits, 4);
	cr_expect_eq(weir__plan_check(plan), WEIR_OK, "%s", weir_error_text());
	weir_plan_release(plan);
	made_free(&m);
}

/* Whether block is waited for by some other block that block i waits for. */
static bool
is_implied(const weir_plan *plan, uint32_t i, uint32_t on)
{
	const struct weir__block *b = &plan->blocks[i];
	uint32_t j;

	for (j = 0; j < b->n_waits; j++) {
		uint32_t other = plan->waits[b->first_wait + j];

		if (other != on && (waits_for(plan, other, on) ||
				    is_implied(plan, other, on)))
			return true;
	}
	return false;
}

Test(plan_check, misses_each_single_wait_that_is_taken_away)
{
	struct made m = cut_diamond();
	weir_plan *plan = must_compile(&m);
	uint32_t i, j, tried = 0;

	for (i = 0; i < plan->n_blocks; i++) {
		struct weir__block *b = &plan->blocks[i];
		uint32_t *waits = &plan->waits[b->first_wait];

		for (j = 0; j < b->n_waits; j++) {
			uint32_t on = waits[j];

			if (is_implied(plan, i, on))
				continue;
			waits[j] = waits[--b->n_waits];
			cr_expect_eq(weir__plan_check(plan), WEIR_EINVAL,
				     "block %u need not wait for %u", i, on);
			cr_expect(strstr(weir_error_text(), "without waiting"),
				  "%s", weir_error_text());
			waits[b->n_waits++] = waits[j];
			waits[j] = on;
			tried++;
		}
	}
	cr_expect_gt(tried, 10);
	cr_expect_eq(weir__plan_check(plan), WEIR_OK);
	weir_plan_release(plan);
	made_free(&m);
}

Test(plan_check, finds_a_wait_for_a_later_block)
{
	struct made m = cut_diamond();
	weir_plan *plan = must_compile(&m);

	plan->waits[plan->blocks[1].first_wait] = plan->n_blocks - 1;
	expect_broken(plan, "waits for a later one");
	weir_plan_release(plan);
	made_free(&m);
}

Test(plan_check, finds_tiles_that_are_left_out_or_done_twice)
{
	struct made m = cut_diamond();
	weir_plan *plan = must_compile(&m);
	uint32_t at = plan->blocks[block_of(plan, 1, false)].first_work;

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
	const struct weir__block *b =
		&plan->blocks[block_of(plan, 3, true)];

	plan->work[b->first_work + b->n_work - 1].has_finish = false;
	expect_broken(plan, "is not complete");
	weir_plan_release(plan);
	made_free(&m);
}

Test(plan_check, finds_a_block_that_no_worker_has)
{
	struct made m = cut_diamond();
	weir_plan *plan = must_compile(&m);

	plan->streams[0].n--;
	expect_broken(plan, "blocks in streams");
	plan->streams[0].n++;
	weir_plan_release(plan);
	made_free(&m);
}

Test(plan_check, finds_a_stream_out_of_order)
{
	struct made m = cut_diamond();
	weir_plan *plan = must_compile(&m);
	struct weir__stream *s = &plan->streams[plan->streams[0].n < 2];
	uint32_t first = s->blocks[0];

	s->blocks[0] = s->blocks[1];
	s->blocks[1] = first;
	expect_broken(plan, "is not ascending");
	weir_plan_release(plan);
	made_free(&m);
}
