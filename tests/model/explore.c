/*
 * The search: threads as coroutines, one step (an atomic operation, a lock, a
 * pause) after another, depth first through all choices of who steps next and
 * of what a load sees.
 *
 * Sleep sets (Godefroid) leave out orders that only swap independent steps.
 * A load and a store of one location are half independent: the load first is
 * the same as the store first and the load of what was before. So a store
 * need not be tried after a load once it was tried before it, and a load that
 * was tried before a store need only see that store after it.
 *
 * A thread that pauses stays where it is: had the last round of its loop come
 * later, it would have seen more, and that is another execution. This one is
 * dropped as soon as there is more to see, and otherwise nobody can go on.
 */
#undef _FORTIFY_SOURCE		/* jumps from stack to stack are meant */
#include "model/machine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

enum {
	STEPS = 3000,		/* of one execution */
	CHOICES = 20000
};

struct choice {
	bool is_step;
	int chosen, n;			/* of n; or the thread */
	unsigned ready, asleep, done;	/* of a step: sets of threads */
};

struct machine model_machine = { .me = -1 };

static struct machine *const m = &model_machine;
static struct choice choices[CHOICES];
static int n_choices, place;
static unsigned asleep;			/* set of threads: sleep set */
static jmp_buf back;
static const char *failure;
static char failure_text[200];
static struct traced trace[STEPS];
static int n_steps;

void
model_give_up(const char *why)
{
	printf("Bail out! %s\n", why);
	exit(1);
}

/* -- choices -------------------------------------------------------------- */

int
model_choose(int n)
{
	if (n <= 1)
		return 0;
	if (place == n_choices) {
		if (n_choices == CHOICES)
			model_give_up("too many choices");
		choices[n_choices++] = (struct choice){ .n = n };
	}
	return choices[place++].chosen;
}

void
model_to_scheduler(void)
{
	if (!_setjmp(m->threads[m->me].here))
		_longjmp(back, 1);
}

void
model_fail(const char *why)
{
	if (!failure) {
		snprintf(failure_text, sizeof failure_text, "%s", why);
		failure = failure_text;
	}
	if (m->me >= 0) {
		m->threads[m->me].is_over = true;
		model_to_scheduler();
	}
}

void
model_note(struct traced t)
{
	if (n_steps == STEPS)
		model_fail("a loop waits without a pause");
	trace[n_steps++] = t;
}

/* Returns when it is this thread's turn to make this step. */
void
model_step(struct step next, const struct model_site *site)
{
	m->threads[m->me].next = next;
	model_to_scheduler();
	model_note((struct traced){ .thread = (unsigned)m->me,
				    .kind = next.kind,
				    .location = next.location, .site = site });
}

struct traced *
model_this_step(void)
{
	return &trace[n_steps - 1];
}

static bool
can_step(const struct thread *t)
{
	if (t->is_over || t->is_paused || t->is_asleep)
		return false;
	return t->next.kind != LOCK ||
	       m->locations[t->next.location].holder < 0;
}

static bool
same_location(const struct step *a, const struct step *b)
{
	return (a->location >= 0 &&
		(a->location == b->location || a->location == b->other)) ||
	       (a->other >= 0 &&
		(a->other == b->location || a->other == b->other));
}

/* Whatever their locations. */
static bool
are_ordered(const struct step *a, const struct step *b)
{
	return (a->is_total && b->is_total) || a->is_of_all || b->is_of_all;
}

/* A thread whose step need not be tried now; must it be after this one? */
static bool
wakes(struct thread *t, const struct step *by)
{
	const struct step *s = &t->next;

	if (are_ordered(s, by))
		return true;
	if (!same_location(s, by) || by->kind == LOAD)
		return false;
	if (s->kind == LOAD && (by->kind == STORE || by->kind == CHANGE))
		t->must_see = newest(by->location) + 1;
	return true;
}

/* The thread that steps next; -1: all that could were tried before. */
static int
next_thread(unsigned ready)
{
	struct choice *c;
	unsigned sleepers, u;

	if (place == n_choices) {
		unsigned can = ready & ~asleep;

		if (!can)
			return -1;
		if (n_choices == CHOICES)
			model_give_up("too many choices");
		choices[n_choices++] = (struct choice){
			.is_step = true, .chosen = __builtin_ctz(can),
			.ready = ready, .asleep = asleep
		};
	}
	c = &choices[place++];
	if (!c->is_step || !(ready >> c->chosen & 1))
		model_give_up("an execution differs from the one before it: "
			      "is everything set up?");
	sleepers = (c->asleep | c->done) & ~(1u << c->chosen);
	asleep = 0;
	for (u = 0; u < m->config->threads; u++) {
		struct step *by = &m->threads[c->chosen].next;

		/* Not to be moved before that one, so neither before stores
		 * that came earlier. */
		if (are_ordered(by, &m->threads[u].next) &&
		    (int)u != c->chosen)
			m->threads[u].must_see = 0;
		if (sleepers >> u & 1 && !wakes(&m->threads[u], by))
			asleep |= 1u << u;
	}
	return c->chosen;
}

/* To the next execution that was not tried. */
static bool
next_execution(void)
{
	for (; n_choices; n_choices--) {
		struct choice *c = &choices[n_choices - 1];
		unsigned can;

		if (!c->is_step) {
			if (++c->chosen < c->n)
				return true;
			continue;
		}
		c->done |= 1u << c->chosen;
		can = c->ready & ~c->asleep & ~c->done;
		if (can) {
			c->chosen = __builtin_ctz(can);
			return true;
		}
	}
	return false;
}

/* -- executions ----------------------------------------------------------- */

/* A coroutine, which does not end: it has an execution after the other. */
static void
body(void)
{
	if (!_setjmp(m->threads[m->me].start))
		_longjmp(back, 1);
	m->config->thread((unsigned)m->me);
	m->threads[m->me].is_over = true;
	_longjmp(back, 1);
}

/* Not inlined: who calls it keeps nothing in registers over the jump. */
static __attribute__((noinline)) void
resume(int thread, jmp_buf where)
{
	m->me = thread;
	if (!_setjmp(back))
		_longjmp(where, 1);
	m->me = -1;
}

/* Nothing here changes after getcontext(), which could return twice. */
static __attribute__((noinline)) void
make_coroutine(int thread)
{
	struct thread *t = &m->threads[thread];
	static ucontext_t context;

	t->stack = malloc(STACK);
	if (!t->stack)
		model_give_up("no memory");
	m->me = thread;
	getcontext(&context);
	context.uc_stack.ss_sp = t->stack;
	context.uc_stack.ss_size = STACK;
	context.uc_link = NULL;
	makecontext(&context, body, 0);
	if (!_setjmp(back))
		setcontext(&context);
	m->me = -1;
}

static void
begin_thread(unsigned number)
{
	struct thread *t = &m->threads[number];
	unsigned u;

	if (!t->stack)
		make_coroutine((int)number);
	memset(&t->now, 0, sizeof t->now);
	memset(&t->acquired, 0, sizeof t->acquired);
	memset(&t->released, 0, sizeof t->released);
	for (u = 0; u < MODEL_THREADS; u++)
		t->now.clock.epoch[u] = m->begun_after;
	t->now.clock.epoch[number]++;
	t->is_over = t->is_paused = t->is_asleep = false;
	t->seen = 0;
	t->must_see = 0;
}

static void
begin_execution(void)
{
	unsigned u;

	m->execution++;
	for (u = 0; u < MODEL_THREADS; u++)
		if (m->begun_after < m->threads[u].now.clock.epoch[u])
			m->begun_after = m->threads[u].now.clock.epoch[u];
	if (m->begun_after > INT32_MAX / 2)
		model_give_up("too many executions");
}

/* All threads, up to their first steps: no order of these can matter. */
static void
begin_threads(void)
{
	unsigned u;

	for (u = 0; u < m->config->threads; u++)
		begin_thread(u);
	for (u = 0; u < m->config->threads; u++)
		resume((int)u, m->threads[u].start);
}

/* False where it turned out to be a repeat. */
static bool
execute(void)
{
	unsigned u, ready, live;
	int thread;

	m->n_locations = n_steps = place = 0;
	asleep = 0;
	m->is_repeat = false;
	m->wakes_for_nothing = true;
	m->long_waits = 0;
	memset(&m->total, 0, sizeof m->total);
	begin_execution();
	m->config->set_up(m->config->arg);
	begin_threads();
	while (!failure) {
		if (m->is_repeat)
			return false;
		ready = live = 0;
		for (u = 0; u < m->config->threads; u++) {
			live |= (unsigned)!m->threads[u].is_over << u;
			ready |= (unsigned)can_step(&m->threads[u]) << u;
		}
		if (!live)
			break;
		if (!ready) {
			model_fail("nobody can go on");
			break;
		}
		thread = next_thread(ready);
		if (thread < 0)
			return false;
		resume(thread, m->threads[thread].here);
	}
	if (!failure && m->config->check)
		m->config->check();
	return true;
}

void
model_explore(const struct model_config *which,
	      const struct model_fault *with, struct explored *explored)
{
	struct timespec begin, end;

	m->config = which;
	m->fault = with;
	failure = NULL;
	n_choices = 0;
	m->n_explorations++;
	*explored = (struct explored){ 0 };
	clock_gettime(CLOCK_MONOTONIC, &begin);
	do {
		if (execute())
			explored->executions++;
		else
			explored->cut++;
	} while (!failure && next_execution());
	clock_gettime(CLOCK_MONOTONIC, &end);
	explored->seconds = (double)(end.tv_sec - begin.tv_sec) +
			    1e-9 * (double)(end.tv_nsec - begin.tv_nsec);
	explored->failure = failure;
}

void
model_print_trace(void)
{
	static const char *const names[] = {
		[LOAD] = "load", [STORE] = "store", [CHANGE] = "change",
		[SWAP] = "swap", [FENCE] = "fence", [LOCK] = "lock",
		[UNLOCK] = "unlock", [SLEEP] = "sleep", [WAKE] = "wake",
		[WAIT] = "wait", [WOKEN] = "woken", [PAUSE] = "pause",
	};
	int i;

	for (i = 0; i < n_steps; i++) {
		const struct traced *t = &trace[i];

		printf("# %u %-6s", t->thread, names[t->kind]);
		if (t->site)
			printf(" %s: %s", t->site->function, t->site->text);
		if (t->location >= 0)
			printf(" [%d]", t->location);
		if (t->kind <= SWAP)
			printf(" %lld", (long long)t->value);
		if (t->is_stale)
			printf(t->kind == SWAP ? ": differs" : ": an old one");
		putchar('\n');
	}
	if (failure)
		printf("# %s\n", failure);
}
