/*
 * Bodies of loops, branches and calls are done by all the threads that the run
 * around them has. Nothing here goes by time: ops that wait for each other end
 * if there are several threads, and never otherwise.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdatomic.h>
#include <unistd.h>

#include "support/tasks.h"
#include "support/team.h"

#define must(call) \
	cr_assert_eq((call), WEIR_OK, "%s", weir_error_text())

enum { ITERATIONS = 20, ROUNDS = 5, THREADS_MAX = 4 };

static struct {
	unsigned n;
	atomic_uint begun;
} meeting;

static weir_status
meet(int64_t id, int64_t begin, int64_t end)
{
	unsigned all;

	(void)end;
	if (begin < 0 || id < 0)
		return WEIR_OK;
	all = (atomic_fetch_add(&meeting.begun, 1) / meeting.n + 1) * meeting.n;
	while (atomic_load(&meeting.begun) < all)
		usleep(50);
	return WEIR_OK;
}

/* The state and as many ops after it as there are threads, each worth one. */
static weir_status
body(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *next = weir_add(s, in[0], weir_constant(s, WEIR_F64, 0,
							     NULL, 1));
	unsigned i;

	(void)arg;
	for (i = 0; i < meeting.n; i++) {
		struct task_attrs attrs = { .ns = 1e6, .id = i };
		weir_tensor *made = NULL;

		if (weir_apply(s, &task_op, &attrs, in, 1, &made, 1))
			return weir_scope_status(s);
		next = weir_add(s, next, made);
	}
	out[0] = next;
	return weir_scope_status(s);
}

static weir_status
goes_on(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const double *bound = arg;

	out[0] = weir_greater(s, weir_constant(s, WEIR_F64, 0, NULL, *bound),
			      in[0]);
	return weir_scope_status(s);
}

/* What an iteration adds to the state. */
static double
step(void)
{
	return 1 + meeting.n * (meeting.n - 1) / 2.0;
}

static double limit;

static weir_status
loop(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	return weir_while(s, goes_on, body, &limit, 0, in, out, 1);
}

/* A loop in a loop, all of whose work is in the inner one. */
static weir_status
inner(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	return weir_call(s, "once", body, arg, in, 1, out, 1);
}

static weir_status
nested_loop(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	return weir_while(s, goes_on, inner, &limit, 0, in, out, 1);
}

static void
expect_shared(weir_function_fn fn, unsigned threads, weir_team team)
{
	weir_runtime *runtime = must_team(threads, team);
	weir_tensor *zero, *out = NULL;
	weir_function *f;
	double value;
	int i;

	meeting.n = threads;
	atomic_store(&meeting.begun, 0);
	limit = (ITERATIONS - 0.5) * step();
	task_work = meet;
	must(weir_tensor_create(runtime, WEIR_F64, 0, NULL, &zero));
	must(weir_function_create(runtime, "f", fn, NULL, &f));
	for (i = 0; i < ROUNDS; i++) {
		must(weir_function_call(f, NULL, &zero, 1, &out, 1));
		must(weir_tensor_read(out, &value, sizeof value));
		cr_expect_eq(value, ITERATIONS * step(), "%g", value);
		weir_tensor_release(out);
		out = NULL;
	}
	cr_expect_eq(atomic_load(&meeting.begun),
		     threads * ITERATIONS * ROUNDS);
	weir_tensor_release(zero);
	weir_function_release(f);
	weir_runtime_release(runtime);
}

FOR_BOTH_TEAMS(control_team, shares_the_body_of_a_loop);

ParameterizedTest(int *team, control_team, shares_the_body_of_a_loop,
		  .timeout = 120)
{
	unsigned threads;

	for (threads = 2; threads <= THREADS_MAX; threads++)
		expect_shared(loop, threads, teams[*team]);
}

FOR_BOTH_TEAMS(control_team, shares_what_a_body_calls);

ParameterizedTest(int *team, control_team, shares_what_a_body_calls,
		  .timeout = 120)
{
	unsigned threads;

	for (threads = 2; threads <= THREADS_MAX; threads++)
		expect_shared(nested_loop, threads, teams[*team]);
}
