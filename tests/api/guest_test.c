/*
 * A good guest: after every call the caller's floating-point state, affinity,
 * signal mask and OpenMP settings are as before, and odd ones do not change
 * results; with either team.
 */
#include <fenv.h>
#include <omp.h>
#include <sched.h>
#include <signal.h>
#include <unistd.h>

#include "support/silence.h"
#include "support/team.h"
#include "support/weir_test.h"

#if defined(__SSE__)
#include <xmmintrin.h>
enum { FLUSH = 0x8040 };	/* to zero, and denormal operands too */
#endif

/* -- what a caller may have set ------------------------------------------------------- */

struct manners {
	int rounding, flags, traps;
	unsigned control;		/* of SSE */
	cpu_set_t affinity;
	sigset_t blocked;
	int threads, dynamic, levels;
	omp_sched_t schedule;
	int chunk;
};

static struct manners
manners_now(void)
{
	struct manners m;

	memset(&m, 0, sizeof m);
	/* OpenMP first: its first use may raise flags of its own. */
	sched_getaffinity(0, sizeof m.affinity, &m.affinity);
	pthread_sigmask(SIG_SETMASK, NULL, &m.blocked);
	m.threads = omp_get_max_threads();
	m.dynamic = omp_get_dynamic();
	m.levels = omp_get_max_active_levels();
	omp_get_schedule(&m.schedule, &m.chunk);
	m.rounding = fegetround();
	m.flags = fetestexcept(FE_ALL_EXCEPT);
	m.traps = fegetexcept();
#if defined(__SSE__)
	m.control = _mm_getcsr();
#endif
	return m;
}

static bool
block_the_same(const sigset_t *a, const sigset_t *b)
{
	int number;

	for (number = 1; number < NSIG; number++)
		if (sigismember(a, number) != sigismember(b, number))
			return false;
	return true;
}

static void
expect_same_manners(const struct manners *was, const char *after)
{
	struct manners is = manners_now();

	feclearexcept(FE_ALL_EXCEPT);
	cr_expect_eq(is.rounding, was->rounding, "rounding mode after %s",
		     after);
	cr_expect_eq(is.flags, was->flags, "exception flags after %s: 0x%x, "
		     "they were 0x%x", after, is.flags, was->flags);
	cr_expect_eq(is.traps, was->traps, "unmasked exceptions after %s",
		     after);
	cr_expect_eq(is.control | 0x3f, was->control | 0x3f,
		     "SSE control word after %s: 0x%x, it was 0x%x", after,
		     is.control, was->control);
	cr_expect(CPU_EQUAL(&is.affinity, &was->affinity),
		  "affinity after %s", after);
	cr_expect(block_the_same(&is.blocked, &was->blocked),
		  "signal mask after %s", after);
	cr_expect_eq(is.threads, was->threads, "OpenMP threads after %s: %d, "
		     "they were %d", after, is.threads, was->threads);
	cr_expect_eq(is.dynamic, was->dynamic, "after %s", after);
	cr_expect_eq(is.levels, was->levels, "after %s", after);
	cr_expect(is.schedule == was->schedule && is.chunk == was->chunk,
		  "after %s", after);
}

/* Make a call and expect that the caller's settings are as before. */
#define POLITELY(call)							\
	do {								\
		struct manners was_ = manners_now();			\
		call;							\
		expect_same_manners(&was_, #call);			\
		was_ = manners_now();					\
	} while (0)

/* -- a little of everything ----------------------------------------------------------------- */

enum { ROWS = 64, COLUMNS = 48 };

struct guest {
	weir_tensor *w, *dice, *x;
	weir_sgd *sgd;
};

static weir_status
step(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const int64_t shape[] = { ROWS, 1 };
	struct guest *g = arg;
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *noise = weir_uniform(s, g->dice, WEIR_F32, 2, shape, -0.1,
					  0.1);
	weir_tensor *h = weir_tanh(s, weir_add(s, weir_matmul(s, in[0], g->w),
					       noise));
	weir_tensor *third = weir_constant(s, WEIR_F32, 0, NULL, 1.0 / 3);
	weir_tensor *grads[1];

	h = weir_div(s, weir_exp(s, h), weir_add(s, third, third));
	out[0] = weir_mean(s, weir_square(s, weir_log(s, h)), 0, NULL, false);
	weir_tape_gradients(tape, out[0], &g->w, 1, grads);
	weir_sgd_step(s, g->sgd, &g->w, grads, 1);
	return weir_scope_status(s);
}

static weir_status
predict(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	struct guest *g = arg;

	out[0] = weir_sigmoid(s, weir_matmul(s, in[0], g->w));
	return weir_scope_status(s);
}

static double
eager_step(weir_runtime *rt, struct guest *g)
{
	weir_scope *s = NULL;
	weir_tensor *out[1];
	double loss;

	POLITELY(must(weir_scope_create(rt, "step", &s)));
	POLITELY(must(step(s, &g->x, out, g)));
	POLITELY(loss = weir_item_f64(out[0]));
	POLITELY(weir_scope_release(s));
	return loss;
}

static double
function_steps(weir_runtime *rt, struct guest *g)
{
	weir_function *f = NULL;
	weir_tensor *out[4], *in[4] = { g->x, g->x, g->x, g->x };
	double loss = 0;
	char *text = NULL;
	weir_plan *plan = NULL;
	int i;

	POLITELY(must(weir_function_create(rt, "step", step, g, &f)));
	for (i = 0; i < 4; i++) {
		POLITELY(must(weir_function_call(f, both_modes[i % 2], &g->x,
						 1, out, 1)));
		POLITELY(loss += weir_item_f64(out[0]));
		weir_tensor_release(out[0]);
	}
	POLITELY(must(weir_function_compare(f, &g->x, 1, 1)));
	POLITELY(must(weir_function_plan(f, &g->x, 1, 1, &plan)));
	POLITELY(must(weir_plan_describe(plan, &text)));
	weir_text_release(text);
	weir_plan_release(plan);
	weir_function_release(f);
	f = must_function(rt, "predict", predict, g);
	POLITELY(must(weir_run_batches(f, NULL, in, 1, out, 1, 4)));
	for (i = 0; i < 4; i++)
		weir_tensor_release(out[i]);
	POLITELY(weir_function_release(f));
	return loss;
}

/* -- tasks ------------------------------------------------------------------------------------ */

enum { CELLS = 24, LAYERS = 6 };

static double cells[CELLS];
static bool fails;

/* Inexact, and a little of underflow. */
static weir_status
shrink(void *arg)
{
	double *cell = arg, *next = cells + (cell - cells + 1) % CELLS;

	*cell = *cell / 3 + *next * 0.1 + 1e-200 * 1e-120 * *next;
	return fails && cell == cells + 5 ? weir_fail(WEIR_EOP, "as told")
					  : WEIR_OK;
}

static void
add_tasks(weir_tasks *tasks)
{
	weir_task_options heavy = { .size = sizeof heavy,
				    .nanoseconds = 20000 };
	weir_access a[2];
	int layer, i;

	for (layer = 0; layer < LAYERS; layer++)
		for (i = 0; i < CELLS; i += layer % 2 + 1) {
			a[0] = (weir_access){ &cells[i], WEIR_READ_WRITE };
			a[1] = (weir_access){ &cells[(i + 1) % CELLS],
					      WEIR_READ };
			POLITELY(must(weir_tasks_add(tasks, shrink, &cells[i],
						     a, 2, &heavy, NULL)));
		}
}

static void
run_schedule(weir_schedule *schedule)
{
	weir_start_options late = { .size = sizeof late, .deadline = 60 };
	weir_run *run = NULL;
	weir_status status;
	bool is_over;

	POLITELY(must(weir_schedule_run(schedule, 3)));
	POLITELY(must(weir_schedule_start(schedule, 2, &late, &run)));
	POLITELY(must(weir_run_wait_for(run, 0, &is_over)));
	POLITELY(must(weir_run_wait(run)));
	POLITELY(weir_run_cancel(run));
	POLITELY(weir_run_release(run));
	fails = true;
	POLITELY(status = weir_schedule_run(schedule, 1));
	cr_expect_eq(status, WEIR_EOP);
	fails = false;
}

/* A number of 16 bits that follows from all of their bits: what is added up
 * here is added in the caller's rounding mode, and so must be exact. */
static double
cells_in_short(void)
{
	uint64_t all = 0, bits;
	int i;

	for (i = 0; i < CELLS; i++) {
		memcpy(&bits, &cells[i], sizeof bits);
		all = (all ^ bits) * 0x9e3779b97f4a7c15u;
	}
	return (double)(all >> 48);
}

static double
task_runs(weir_runtime *rt)
{
	weir_tasks *tasks = NULL;
	weir_schedule *schedule = NULL;
	char *text = NULL;
	int i;

	for (i = 0; i < CELLS; i++)
		cells[i] = i + 1;
	POLITELY(must(weir_tasks_create(rt, "t", &tasks)));
	add_tasks(tasks);
	POLITELY(must(weir_tasks_compile(tasks, &schedule)));
	POLITELY(must(weir_schedule_check(schedule)));
	POLITELY(must(weir_schedule_describe(schedule, true, &text)));
	weir_text_release(text);
	/* A failed run stops where it happens to. */
	run_schedule(schedule);
	for (i = 0; i < CELLS; i++)
		cells[i] = i + 1;
	POLITELY(must(weir_schedule_run(schedule, 2)));
	POLITELY(weir_schedule_release(schedule));
	POLITELY(weir_tasks_release(tasks));
	return cells_in_short();
}

/* -- everything a program does with weir ------------------------------------------------------ */

/* The sum of its losses. */
static double
visit_with(weir_team team)
{
	weir_runtime_options options = { .size = sizeof options,
					 .threads = 2, .team = team };
	weir_runtime *rt = NULL;
	struct guest g = { 0 };
	weir_scope *s;
	weir_tensor *start;
	double loss;
	char *text = NULL;

	POLITELY(must(weir_runtime_create(&options, &rt)));
	POLITELY(must(weir_generator_create(rt, "dice", 3, &g.dice)));
	s = must_scope(rt, "make");
	POLITELY(g.x = weir_uniform(s, g.dice, WEIR_F32, 2,
				    ((int64_t[]){ ROWS, COLUMNS }), -1, 1));
	POLITELY(start = weir_uniform(s, g.dice, WEIR_F32, 2,
				      ((int64_t[]){ COLUMNS, 1 }), -1, 1));
	POLITELY(must(weir_variable_create(rt, "w", start, &g.w)));
	POLITELY(must(weir_sgd_create(rt, &g.w, 1, 0.1, 0.9, &g.sgd)));
	POLITELY(must(weir_sgd_set_rate(g.sgd, 0.3)));
	loss = eager_step(rt, &g);
	loss += function_steps(rt, &g);
	loss += task_runs(rt);
	POLITELY(must(weir_runtime_describe(rt, true, &text)));
	weir_text_release(text);
	POLITELY(weir_sgd_release(g.sgd));
	weir_tensor_release(g.w);
	weir_tensor_release(g.dice);
	weir_scope_release(s);
	POLITELY(weir_runtime_release(rt));
	return loss;
}

static double
visit(void)
{
	double borrowed = visit_with(WEIR_TEAM_BORROWED);

	cr_expect(visit_with(WEIR_TEAM_RESIDENT) == borrowed);
	return borrowed;
}

/* -- tests ------------------------------------------------------------------------------------- */

Test(guest, leaves_the_settings_of_its_host_alone)
{
	feclearexcept(FE_ALL_EXCEPT);
	cr_expect(visit() == visit());
}

Test(guest, leaves_raised_flags_raised)
{
	feclearexcept(FE_ALL_EXCEPT);
	feraiseexcept(FE_DIVBYZERO | FE_UNDERFLOW);
	visit();
}

Test(guest, computes_the_same_in_any_rounding_mode)
{
	static const int modes[] = { FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO };
	double usual = visit(), odd;
	size_t i;

	for (i = 0; i < 3; i++) {
		fesetround(modes[i]);
		feclearexcept(FE_ALL_EXCEPT);
		odd = visit();
		fesetround(FE_TONEAREST);
		cr_expect(odd == usual, "rounding mode %zu", i);
	}
}

Test(guest, does_not_trip_over_unmasked_exceptions)
{
	double usual = visit(), odd;

	feclearexcept(FE_ALL_EXCEPT);
	feenableexcept(FE_DIVBYZERO | FE_INVALID | FE_OVERFLOW);
	odd = visit();
	fedisableexcept(FE_ALL_EXCEPT);
	cr_expect(odd == usual);
}

#if defined(__SSE__)
Test(guest, flushes_nothing_to_zero_because_its_host_does)
{
	double usual = visit(), odd;

	feclearexcept(FE_ALL_EXCEPT);
	_mm_setcsr(_mm_getcsr() | FLUSH);
	odd = visit();
	_mm_setcsr(_mm_getcsr() & ~(unsigned)FLUSH);
	cr_expect(odd == usual);
}

static weir_status
halve(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_mul(s, in[0],
			  weir_constant(s, WEIR_F32, 0, NULL, 0.5));
	return weir_scope_status(s);
}

Test(guest, denormal_numbers_stay_what_they_are_in_both_modes)
{
	static const float tiny[] = { 1e-38f, 1e-40f };
	weir_runtime *rt = must_runtime(1);
	weir_function *f = must_function(rt, "f", halve, NULL);
	weir_tensor *x = must_tensor(rt, WEIR_F32, tiny, 2), *out[1];
	int mode;

	for (mode = 0; mode < 2; mode++) {
		float y[2];

		_mm_setcsr(_mm_getcsr() | FLUSH);
		must(weir_function_call(f, both_modes[mode], &x, 1, out, 1));
		_mm_setcsr(_mm_getcsr() & ~(unsigned)FLUSH);
		must(weir_tensor_read(out[0], y, sizeof y));
		cr_expect_eq(y[0], 5e-39f);
		cr_expect_eq(y[1], 5e-41f);
		weir_tensor_release(out[0]);
	}
	weir_tensor_release(x);
	weir_function_release(f);
	weir_runtime_release(rt);
}
#endif

Test(guest, keeps_to_odd_settings_of_openmp_affinity_and_signals)
{
	cpu_set_t one, all;
	sigset_t some;
	int cpu;

	sched_getaffinity(0, sizeof all, &all);
	for (cpu = 0; !CPU_ISSET(cpu, &all); cpu++)
		;
	CPU_ZERO(&one);
	CPU_SET(cpu, &one);
	sched_setaffinity(0, sizeof one, &one);
	sigfillset(&some);
	sigdelset(&some, SIGTERM);
	sigdelset(&some, SIGABRT);
	pthread_sigmask(SIG_SETMASK, &some, NULL);
	omp_set_num_threads(7);
	omp_set_dynamic(1);
	omp_set_max_active_levels(3);
	omp_set_schedule(omp_sched_guided, 5);
	feclearexcept(FE_ALL_EXCEPT);
	visit();
	sched_setaffinity(0, sizeof all, &all);
}

Test(guest, prints_nothing)
{
	struct silence silence;

	silence_begin(&silence);
	visit();
	cr_expect_eq(silence_end(&silence), 0);
}
