/*
 * Schedules and plans made wrong on purpose, by one wait less: the check says
 * so, and so does the first run, since those that are no longer waited for
 * take until somebody has begun too early.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>
#include <unistd.h>

#include "base/now.h"
#include "exec/stream.h"
#include "plan/plan.h"
#include "stress/ordered.h"
#include "stress/random_program.h"
#include "support/sanitizer.h"
#include "support/tasks.h"
#include "support/team.h"

/* Where somebody may begin too early, a loaded machine gets so far within the
 * first, whatever else it does; where nobody may, it takes the second. */
static const double PATIENCE_NS = 30e9, A_WHILE_NS = 5e6;

static double patience;

static void
hold_until(const atomic_uint *too_early)
{
	double end = weir__now_ns() + patience;

	while (!atomic_load(too_early) && weir__now_ns() < end)
		usleep(50);
}

/* -- schedules ------------------------------------------------------------- */

enum { SEEDS = 40, WAITS_TRIED = 60 };

static bool holds[ORDERED_TASKS];

static weir_status
hold(struct ordered_task *task)
{
	if (holds[task->number])
		hold_until(&task->graph->too_early);
	return WEIR_OK;
}

/* Hold the tasks of the block that a wait is for. */
static void
hold_awaited(const struct weir__schedule *s, uint32_t q)
{
	uint32_t block = s->first_block[s->waits[q].worker] +
			 s->waits[q].position - 1;
	uint32_t i;

	memset(holds, 0, sizeof holds);
	for (i = s->first_item[block]; i < s->first_item[block + 1]; i++)
		holds[s->items[i]] = true;
}

static void
remove_wait(struct weir__schedule *s, uint32_t q)
{
	uint32_t i;

	s->n_waits--;
	memmove(&s->waits[q], &s->waits[q + 1],
		(s->n_waits - q) * sizeof *s->waits);
	for (i = 0; i <= s->n_blocks; i++)
		s->first_wait[i] -= s->first_wait[i] > q;
}

/*
 * Without its q-th wait, unless that is NO_WAIT. Runs may overlap, though
 * there is only one: then tasks compute nothing, which without the wait would
 * be a race that ThreadSanitizer reports.
 */
enum { NO_WAIT = 0xffffffffu };

static void
try_schedule(uint64_t seed, uint32_t q, weir_runtime *runtime)
{
	struct ordered *graph = ordered_new(seed);
	weir_schedule *schedule;
	bool is_wrong = q != NO_WAIT;

	graph->may_overlap = true;
	graph->also = hold;
	schedule = ordered_compile(graph, runtime);
	hold_awaited(schedule->streams, is_wrong ? q : 0);
	patience = is_wrong ? PATIENCE_NS : A_WHILE_NS;
	if (is_wrong)
		remove_wait(schedule->streams, q);
	cr_expect_eq(weir_schedule_check(schedule),
		     is_wrong ? WEIR_EINVAL : WEIR_OK, "seed %d, wait %u: %s",
		     (int)seed, q, weir_error_text());
	if (is_wrong)
		cr_expect(strstr(weir_error_text(), "does not wait for"),
			  "%s", weir_error_text());
	cr_assert_eq(weir_schedule_run(schedule, 1), WEIR_OK);
	cr_expect_eq(ordered_fault(graph, 1) != NULL, is_wrong,
		     "seed %d, %u threads, wait %u: %s", (int)seed,
		     weir_runtime_threads(runtime), q,
		     is_wrong ? "not noticed" : ordered_fault(graph, 1));
	weir_schedule_release(schedule);
	ordered_free(graph);
}

static uint32_t
waits_of(uint64_t seed, weir_runtime *runtime)
{
	struct ordered *graph = ordered_new(seed);
	weir_schedule *schedule = ordered_compile(graph, runtime);
	uint32_t n = schedule->streams->n_waits;

	weir_schedule_release(schedule);
	ordered_free(graph);
	return n;
}

FOR_BOTH_TEAMS(removed_wait, of_a_schedule_is_noticed_by_the_check_and_a_run);

ParameterizedTest(int *team, removed_wait,
		  of_a_schedule_is_noticed_by_the_check_and_a_run,
		  .timeout = 300)
{
	unsigned threads, tried = 0;
	uint64_t seed;

	for (threads = 2; threads <= 4; threads += 2) {
		weir_runtime *runtime = must_team(threads, teams[*team]);

		for (seed = 1; seed <= SEEDS; seed++) {
			uint32_t n = waits_of(seed, runtime), q;

			if (!n || n > WAITS_TRIED)
				continue;
			try_schedule(seed, NO_WAIT, runtime);
			for (q = 0; q < n; q++)
				try_schedule(seed, q, runtime);
			tried += n;
		}
		weir_runtime_release(runtime);
	}
	cr_expect_gt(tried, 100, "%u waits", tried);
}

/* -- plans ----------------------------------------------------------------- */

enum { TASKS = 10, CUT = 4 };

static struct {
	uint32_t n_after, after[3];
	int64_t tiles;
	atomic_int tiles_done, finishes;
} tasks[TASKS];

/* The work of the block that is no longer waited for. */
static struct {
	int64_t id, begin;
} held[2 * TASKS];
static uint32_t n_held;
static atomic_uint too_early;

static weir_status
look_and_hold(int64_t id, int64_t begin, int64_t end)
{
	uint32_t i;

	if (begin < 0 && atomic_load(&tasks[id].tiles_done) != tasks[id].tiles)
		atomic_fetch_add(&too_early, 1);
	for (i = 0; begin >= 0 && i < tasks[id].n_after; i++)
		if (!atomic_load(&tasks[tasks[id].after[i]].finishes))
			atomic_fetch_add(&too_early, 1);
	for (i = 0; i < n_held; i++)
		if (held[i].id == id && held[i].begin == begin)
			hold_until(&too_early);
	if (begin < 0)
		atomic_fetch_add(&tasks[id].finishes, 1);
	else
		atomic_fetch_add(&tasks[id].tiles_done, (int)(end - begin));
	return WEIR_OK;
}

static weir_plan *
draw_plan(struct made *m, uint64_t seed)
{
	struct random random = { seed };
	weir_tensor *made[TASKS], *after[3];
	uint32_t i, k;

	memset(tasks, 0, sizeof tasks);
	for (i = 0; i < TASKS; i++) {
		struct task_attrs attrs = { .ns = 1e6, .id = i };

		attrs.tiles = tasks[i].tiles = random_chance(&random, 20)
			? CUT : 1;
		tasks[i].n_after = i < 2 ? i : (uint32_t)random_below(&random,
								      4);
		for (k = 0; k < tasks[i].n_after; k++) {
			tasks[i].after[k] = (uint32_t)random_below(&random, i);
			after[k] = made[tasks[i].after[k]];
		}
		made[i] = add_task(m, &attrs, after, tasks[i].n_after);
	}
	return must_compile(m);
}

/* Hold the work of the block that a wait is for. */
static void
hold_block(const weir_plan *plan, uint32_t q)
{
	const struct weir__schedule *s = plan->schedule;
	uint32_t block = s->first_block[s->waits[q].worker] +
			 s->waits[q].position - 1, i;

	n_held = 0;
	for (i = s->first_item[block]; i < s->first_item[block + 1]; i++) {
		const struct weir__work *work = &plan->work[i];
		const struct weir__node *node = plan->steps[work->step].node;

		if (node->op != &task_op)
			continue;
		held[n_held].id = ((const struct task_attrs *)node->attrs)->id;
		held[n_held++].begin =
			work->begin < work->end ? work->begin : -1;
	}
}

static void
run_held(struct made *m, weir_plan *plan, bool is_wrong)
{
	uint32_t i;

	for (i = 0; i < TASKS; i++) {
		atomic_store(&tasks[i].tiles_done, 0);
		atomic_store(&tasks[i].finishes, 0);
	}
	atomic_store(&too_early, 0);
	patience = is_wrong ? PATIENCE_NS : A_WHILE_NS;
	cr_expect_eq(weir_plan_check(plan), is_wrong ? WEIR_EINVAL : WEIR_OK);
	cr_assert_eq(weir_plan_run(plan, &m->zero, 1, NULL, 0), WEIR_OK);
	cr_expect_eq(atomic_load(&too_early) > 0, is_wrong);
}

static uint32_t
waits_of_plan(uint64_t seed, weir_team team)
{
	struct made m = must_make_on(must_team(2, team));
	weir_plan *plan = draw_plan(&m, seed);
	uint32_t n = plan->schedule->n_waits;

	if (n) {
		hold_block(plan, 0);
		run_held(&m, plan, false);
	}
	weir_plan_release(plan);
	made_free(&m);
	return n;
}

static void
try_plan(uint64_t seed, uint32_t q, weir_team team)
{
	struct made m = must_make_on(must_team(2, team));
	weir_plan *plan = draw_plan(&m, seed);

	hold_block(plan, q);
	if (n_held) {
		remove_wait(plan->schedule, q);
		cr_expect_eq(weir_plan_check(plan), WEIR_EINVAL);
		run_held(&m, plan, true);
	}
	weir_plan_release(plan);
	made_free(&m);
}

FOR_BOTH_TEAMS(removed_wait, of_a_plan_is_noticed_by_the_check_and_a_run);

ParameterizedTest(int *team, removed_wait,
		  of_a_plan_is_noticed_by_the_check_and_a_run, .timeout = 300)
{
	unsigned tried = 0;
	uint64_t seed;

	if (IS_UNDER_TSAN)
		cr_skip_test("results that are used too early share memory, "
			     "which it would report");
	task_work = look_and_hold;
	for (seed = 1; seed <= 20; seed++) {
		uint32_t n = waits_of_plan(seed, teams[*team]), q;

		for (q = 0; q < n; q++)
			try_plan(seed, q, teams[*team]);
		tried += n;
	}
	cr_expect_gt(tried, 50, "%u waits", tried);
}
