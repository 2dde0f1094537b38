/*
 * The search: threads as coroutines, one step (an atomic operation, a lock, a
 * pause) after another, depth first through all choices of who steps next and
 * of what a load sees.
 *
 * Memory is as in views without promises (Kang et al., POPL 2017): a location
 * keeps all its stores in order; a thread's view is the oldest store of each
 * location that it may still see. Releasing publishes views, acquiring takes
 * them in.
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
#include "model/explore.h"

#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ucontext.h>

enum {
	LOCATIONS = 40,
	STORES = 120,		/* to one location, in one execution */
	STEPS = 3000,		/* of one execution */
	CHOICES = 20000,
	STACK = 64 * 1024,
	ORDERED = 64
};

enum kind {
	LOAD, STORE, CHANGE, SWAP, FENCE, LOCK, UNLOCK, SLEEP, WAKE, PAUSE
};

struct view {
	uint8_t oldest[LOCATIONS];	/* that it may see */
	struct model_clock clock;
};

struct store {
	uint64_t value;
	struct view view;		/* for who acquires it */
};

/* Of an atomic, a mutex or a condition. */
struct location {
	const volatile void *p;
	size_t size;
	int n_stores;
	struct store stores[STORES];
	int holder;			/* thread; -1: nobody */
	struct view released;		/* by the last holder */
};

struct step {
	enum kind kind;
	int location, other;		/* other: of SLEEP, the condition */
	bool is_total;			/* seq_cst */
};

struct thread {
	ucontext_t context;
	jmp_buf here;
	char *stack;
	bool has_begun, is_over, is_paused, is_asleep;
	int asleep_on;			/* location */
	struct step next;
	struct view now, acquired, released;	/* the last two: by fences */
	uint64_t seen;			/* set: locations read since a store */
	uint8_t seen_at[LOCATIONS];	/* the store */
	int must_see;			/* next is a load of no older store */
};

struct choice {
	bool is_step;
	int chosen, n;			/* of n; or the thread */
	unsigned ready, asleep, done;	/* of a step: sets of threads */
};

struct traced {
	unsigned thread;
	enum kind kind;
	int location;
	bool is_stale;
	uint64_t value;
	const struct model_site *site;
};

static const struct model_config *config;
static const struct model_fault *fault;
static struct location locations[LOCATIONS];
static int n_locations;
static struct thread threads[MODEL_THREADS];
static int me = -1;			/* the running thread */
static struct view total;		/* of seq_cst operations */
static struct choice choices[CHOICES];
static int n_choices, place;
static unsigned asleep;			/* set of threads: sleep set */
static bool is_repeat;			/* this execution */
static bool wakes_for_nothing;		/* has not happened yet */
static jmp_buf back;
static const char *failure;
static char failure_text[200];
static struct traced trace[STEPS];
static int n_steps;
static unsigned n_executions;		/* of the process */
static unsigned n_explorations;
static struct ordered ordered[ORDERED];
static size_t n_ordered;

static void
give_up(const char *why)
{
	printf("Bail out! %s\n", why);
	exit(1);
}

/* -- views ---------------------------------------------------------------- */

static void
join(struct view *to, const struct view *from)
{
	unsigned u;
	int i;

	for (i = 0; i < n_locations; i++)
		if (to->oldest[i] < from->oldest[i])
			to->oldest[i] = from->oldest[i];
	for (u = 0; u < config->threads; u++)
		if (to->clock.epoch[u] < from->clock.epoch[u])
			to->clock.epoch[u] = from->clock.epoch[u];
}

/* What this thread does from here on is not in what it has published. */
static void
new_epoch(void)
{
	threads[me].now.clock.epoch[me]++;
}

static bool
acquires(enum model_order order)
{
	return order == MODEL_ACQUIRE || order >= MODEL_ACQ_REL;
}

static bool
releases(enum model_order order)
{
	return order >= MODEL_RELEASE;
}

/* -- memory --------------------------------------------------------------- */

static uint64_t
peek(const volatile void *p, size_t size)
{
	switch (size) {
	case 1:
		return *(const volatile uint8_t *)p;
	case 2:
		return *(const volatile uint16_t *)p;
	case 4:
		return *(const volatile uint32_t *)p;
	}
	return *(const volatile uint64_t *)p;
}

static void
poke(volatile void *p, size_t size, uint64_t value)
{
	switch (size) {
	case 1:
		*(volatile uint8_t *)p = (uint8_t)value;
		break;
	case 2:
		*(volatile uint16_t *)p = (uint16_t)value;
		break;
	case 4:
		*(volatile uint32_t *)p = (uint32_t)value;
		break;
	default:
		*(volatile uint64_t *)p = value;
	}
}

static uint64_t
cut_to(size_t size, uint64_t value)
{
	return size < 8 ? value & (((uint64_t)1 << 8 * size) - 1) : value;
}

static int
find_location(const volatile void *p, size_t size)
{
	struct location *l;
	int i;

	for (i = 0; i < n_locations; i++)
		if (locations[i].p == p)
			return i;
	if (n_locations == LOCATIONS)
		give_up("too many locations");
	l = &locations[n_locations];
	l->p = p;
	l->size = size;
	l->n_stores = 1;
	memset(&l->stores[0], 0, sizeof l->stores[0]);
	if (size)
		l->stores[0].value = peek(p, size);
	l->holder = -1;
	memset(&l->released, 0, sizeof l->released);
	return n_locations++;
}

static int
newest(int location)
{
	return locations[location].n_stores - 1;
}

/* -- choices -------------------------------------------------------------- */

static int
choose(int n)
{
	if (n <= 1)
		return 0;
	if (place == n_choices) {
		if (n_choices == CHOICES)
			give_up("too many choices");
		choices[n_choices++] = (struct choice){ .n = n };
	}
	return choices[place++].chosen;
}

static void
to_scheduler(void)
{
	if (!_setjmp(threads[me].here))
		_longjmp(back, 1);
}

void
model_fail(const char *why)
{
	if (!failure) {
		snprintf(failure_text, sizeof failure_text, "%s", why);
		failure = failure_text;
	}
	if (me >= 0) {
		threads[me].is_over = true;
		to_scheduler();
	}
}

static void
note(struct traced t)
{
	if (n_steps == STEPS)
		model_fail("a loop waits without a pause");
	trace[n_steps++] = t;
}

/* Returns when it is this thread's turn to make this step. */
static void
step(struct step next, const struct model_site *site)
{
	threads[me].next = next;
	to_scheduler();
	note((struct traced){ .thread = (unsigned)me, .kind = next.kind,
			      .location = next.location, .site = site });
}

static struct traced *
this_step(void)
{
	return &trace[n_steps - 1];
}

static bool
can_step(const struct thread *t)
{
	if (t->is_over || t->is_paused || t->is_asleep)
		return false;
	return t->next.kind != LOCK ||
	       locations[t->next.location].holder < 0;
}

static bool
same_location(const struct step *a, const struct step *b)
{
	return (a->location >= 0 &&
		(a->location == b->location || a->location == b->other)) ||
	       (a->other >= 0 &&
		(a->other == b->location || a->other == b->other));
}

/* A thread whose step need not be tried now; must it be after this one? */
static bool
wakes(struct thread *t, const struct step *by)
{
	const struct step *s = &t->next;

	if (s->is_total && by->is_total)
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
			give_up("too many choices");
		choices[n_choices++] = (struct choice){
			.is_step = true, .chosen = __builtin_ctz(can),
			.ready = ready, .asleep = asleep
		};
	}
	c = &choices[place++];
	sleepers = (c->asleep | c->done) & ~(1u << c->chosen);
	asleep = 0;
	for (u = 0; u < config->threads; u++) {
		struct step *by = &threads[c->chosen].next;

		/* Not to be moved before that one, so neither before stores
		 * that came earlier. */
		if (by->is_total && threads[u].next.is_total &&
		    (int)u != c->chosen)
			threads[u].must_see = 0;
		if (sleepers >> u & 1 && !wakes(&threads[u], by))
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

/* -- faults and orders ---------------------------------------------------- */

static bool
is_faulty(struct model_site *site, enum model_fault_kind kind)
{
	if (!fault)
		return false;
	if (site->checked != n_explorations) {
		site->checked = n_explorations;
		site->fault = strcmp(fault->function, site->function) == 0 &&
			      strcmp(fault->text, site->text) == 0
			      ? fault : NULL;
	}
	return site->fault && fault->kind == kind;
}

static enum model_order
order_at(struct model_site *site, enum model_order order)
{
	size_t i;

	if (order == MODEL_RELAXED)
		return order;
	if (fault)
		return is_faulty(site, MODEL_WEAKER) ? MODEL_RELAXED : order;
	for (i = 0; i < n_ordered; i++)
		if (strcmp(ordered[i].function, site->function) == 0 &&
		    strcmp(ordered[i].text, site->text) == 0)
			return order;
	if (n_ordered == ORDERED)
		give_up("too many ordered atomics");
	ordered[n_ordered++] = (struct ordered){ site->function, site->text };
	return order;
}

const struct ordered *
model_ordered(size_t *n)
{
	*n = n_ordered;
	return ordered;
}

void
model_forget_ordered(void)
{
	n_ordered = 0;
}

/* -- steps ---------------------------------------------------------------- */

static uint64_t
see(int location, int number, enum model_order order)
{
	struct thread *t = &threads[me];
	const struct store *s = &locations[location].stores[number];

	if (t->now.oldest[location] < number)
		t->now.oldest[location] = (uint8_t)number;
	if (order == MODEL_SEQ_CST && total.oldest[location] < number)
		total.oldest[location] = (uint8_t)number;
	if (!(t->seen >> location & 1))
		t->seen_at[location] = (uint8_t)number;
	t->seen |= (uint64_t)1 << location;
	join(&t->acquired, &s->view);
	if (acquires(order))
		join(&t->now, &s->view);
	return s->value;
}

static int
oldest_for(int location, enum model_order order)
{
	int oldest = threads[me].now.oldest[location];

	if (order == MODEL_SEQ_CST && total.oldest[location] > oldest)
		oldest = total.oldest[location];
	return oldest;
}

/* before: what a read-modify-write has read; its release goes on. */
static void
append(int location, uint64_t value, enum model_order order,
       const struct store *before)
{
	struct thread *t = &threads[me];
	struct location *l = &locations[location];
	int number = l->n_stores;
	struct store *s = &l->stores[number];
	unsigned u;

	if (number == STORES)
		give_up("too many stores to one location");
	t->now.oldest[location] = (uint8_t)number;
	if (t->acquired.oldest[location] < number)
		t->acquired.oldest[location] = (uint8_t)number;
	if (order == MODEL_SEQ_CST)
		total.oldest[location] = (uint8_t)number;
	s->value = cut_to(l->size, value);
	s->view = releases(order) ? t->now : t->released;
	s->view.oldest[location] = (uint8_t)number;
	if (before)
		join(&s->view, &before->view);
	l->n_stores++;
	poke((volatile void *)l->p, l->size, value);
	if (releases(order))
		new_epoch();
	t->seen = 0;
	for (u = 0; u < config->threads; u++)
		if (threads[u].is_paused && threads[u].seen >> location & 1)
			is_repeat = true;
}

static struct step
access_to(enum kind kind, int location, enum model_order order)
{
	return (struct step){ .kind = kind, .location = location, .other = -1,
			      .is_total = order == MODEL_SEQ_CST };
}

uint64_t
model_load(const volatile void *p, size_t size, enum model_order order,
	   struct model_site *site)
{
	int location, least, number;
	uint64_t value;

	order = order_at(site, order);
	if (is_faulty(site, MODEL_READS))
		return cut_to(size, fault->value);
	if (me < 0)
		return peek(p, size);
	location = find_location(p, size);
	step(access_to(LOAD, location, order), site);
	least = oldest_for(location, order);
	if (least < threads[me].must_see)
		least = threads[me].must_see;
	threads[me].must_see = 0;
	number = newest(location) - choose(newest(location) - least + 1);
	value = see(location, number, order);
	this_step()->value = value;
	this_step()->is_stale = number < newest(location);
	return value;
}

void
model_store(volatile void *p, size_t size, uint64_t value,
	    enum model_order order, struct model_site *site)
{
	int location;

	order = order_at(site, order);
	if (is_faulty(site, MODEL_MISSING))
		return;
	if (me < 0) {
		poke(p, size, value);
		return;
	}
	location = find_location(p, size);
	step(access_to(STORE, location, order), site);
	append(location, value, order, NULL);
	this_step()->value = cut_to(size, value);
}

bool
model_swap(volatile void *p, size_t size, void *expected, uint64_t value,
	   enum model_order order, enum model_order failure_order,
	   struct model_site *site)
{
	int candidates[STORES], n = 0, location, i;
	uint64_t wanted = peek(expected, size), found;
	const struct location *l;

	order = order_at(site, order);
	if (is_faulty(site, MODEL_SPLIT) || me < 0) {
		found = model_load(p, size, order, site);
		poke(expected, size, found);
		if (found == wanted)
			model_store(p, size, value, order, site);
		return found == wanted;
	}
	location = find_location(p, size);
	l = &locations[location];
	step(access_to(SWAP, location, order), site);
	/* The newest store; or an older one that differs, as failing is only
	 * a load. */
	for (i = newest(location); i >= oldest_for(location, failure_order);
	     i--)
		if (i == newest(location) || l->stores[i].value != wanted)
			candidates[n++] = i;
	i = candidates[choose(n)];
	if (l->stores[i].value == wanted) {
		see(location, i, order);
		append(location, value, order, &l->stores[i]);
		this_step()->value = cut_to(size, value);
		return true;
	}
	found = see(location, i, failure_order);
	poke(expected, size, found);
	this_step()->value = found;
	this_step()->is_stale = true;
	return false;
}

static uint64_t
changed(uint64_t before, char operation, uint64_t operand)
{
	switch (operation) {
	case '+':
		return before + operand;
	case '-':
		return before - operand;
	}
	return operand;
}

uint64_t
model_change(volatile void *p, size_t size, char operation, uint64_t operand,
	     enum model_order order, struct model_site *site)
{
	int location, number;
	uint64_t before, after;

	order = order_at(site, order);
	if (is_faulty(site, MODEL_MISSING))
		return 0;
	if (is_faulty(site, MODEL_SPLIT) || me < 0) {
		before = model_load(p, size, order, site);
		after = changed(before, operation, operand);
		model_store(p, size, after, order, site);
		return before;
	}
	location = find_location(p, size);
	step(access_to(CHANGE, location, order), site);
	number = newest(location);
	before = see(location, number, order);
	after = changed(before, operation, operand);
	append(location, after, order, &locations[location].stores[number]);
	this_step()->value = cut_to(size, after);
	return before;
}

void
model_fence(enum model_order order)
{
	struct thread *t;

	if (me < 0)
		return;
	t = &threads[me];
	if (order == MODEL_SEQ_CST)
		step(access_to(FENCE, -1, order), NULL);
	if (acquires(order))
		join(&t->now, &t->acquired);
	if (order == MODEL_SEQ_CST) {
		join(&t->now, &total);
		join(&total, &t->now);
		join(&t->acquired, &t->now);
	}
	if (releases(order)) {
		t->released = t->now;
		new_epoch();
	}
}

void
model_pause(void)
{
	struct thread *t;
	int i;

	if (me < 0)	/* nobody else is there to change anything */
		give_up("a loop waits outside threads");
	t = &threads[me];
	t->is_paused = true;
	for (i = 0; i < n_locations; i++)
		if (t->seen >> i & 1 && newest(i) > t->seen_at[i])
			is_repeat = true;
	note((struct traced){ .thread = (unsigned)me, .kind = PAUSE,
			      .location = -1 });
	to_scheduler();
}

/* -- mutexes, conditions -------------------------------------------------- */

static void
take(int location)
{
	locations[location].holder = me;
	join(&threads[me].now, &locations[location].released);
	join(&threads[me].acquired, &locations[location].released);
}

static void
let_go(int location)
{
	locations[location].holder = -1;
	locations[location].released = threads[me].now;
	new_epoch();
}

void
model_lock(void *mutex, struct model_site *site)
{
	int location;

	if (me < 0 || is_faulty(site, MODEL_MISSING))
		return;
	location = find_location(mutex, 0);
	step(access_to(LOCK, location, MODEL_RELAXED), site);
	take(location);
}

void
model_unlock(void *mutex, struct model_site *site)
{
	int location;

	if (me < 0 || is_faulty(site, MODEL_MISSING))
		return;
	location = find_location(mutex, 0);
	step(access_to(UNLOCK, location, MODEL_RELAXED), site);
	if (locations[location].holder != me)
		model_fail("unlocks what it does not hold");
	let_go(location);
}

void
model_sleep(void *cond, void *mutex, struct model_site *site)
{
	struct thread *t = &threads[me];
	struct step next;
	bool is_real = true;

	if (me < 0)
		give_up("a condition is waited for outside threads");
	next = access_to(SLEEP, find_location(mutex, 0), MODEL_RELAXED);
	next.other = find_location(cond, 0);
	step(next, site);
	if (locations[next.location].holder != me)
		model_fail("sleeps without the mutex");
	let_go(next.location);
	if (wakes_for_nothing && choose(2)) {
		wakes_for_nothing = false;
		is_real = false;
	}
	t->is_asleep = is_real;
	t->asleep_on = next.other;
	step(access_to(LOCK, next.location, MODEL_RELAXED), site);
	take(next.location);
}

void
model_wake(void *cond, bool all, struct model_site *site)
{
	int candidates[MODEL_THREADS], n = 0, location;
	unsigned u;

	if (me < 0 || is_faulty(site, MODEL_MISSING))
		return;
	location = find_location(cond, 0);
	step(access_to(WAKE, location, MODEL_RELAXED), site);
	for (u = 0; u < config->threads; u++)
		if (threads[u].is_asleep && threads[u].asleep_on == location)
			candidates[n++] = (int)u;
	if (n && !all) {
		threads[candidates[choose(n)]].is_asleep = false;
		return;
	}
	while (n)
		threads[candidates[--n]].is_asleep = false;
}

unsigned long
model_self(void)
{
	return (unsigned long)(me + 1);
}

/* -- executions ----------------------------------------------------------- */

static void
body(void)
{
	config->thread((unsigned)me);
	threads[me].is_over = true;
	_longjmp(back, 1);
}

static void
resume(int thread)
{
	struct thread *t = &threads[thread];

	me = thread;
	if (!_setjmp(back)) {
		if (t->has_begun)
			_longjmp(t->here, 1);
		t->has_begun = true;
		setcontext(&t->context);
	}
	me = -1;
}

/* All threads, up to their first steps: no order of these can matter. */
static void
begin_threads(void)
{
	unsigned u;

	for (u = 0; u < config->threads; u++) {
		struct thread *t = &threads[u];

		if (!t->stack)
			t->stack = malloc(STACK);
		if (!t->stack)
			give_up("no memory");
		memset(&t->now, 0, sizeof t->now);
		memset(&t->acquired, 0, sizeof t->acquired);
		memset(&t->released, 0, sizeof t->released);
		t->now.clock.epoch[u] = 1;
		t->has_begun = t->is_over = false;
		t->is_paused = t->is_asleep = false;
		t->seen = 0;
		t->must_see = 0;
		getcontext(&t->context);
		t->context.uc_stack.ss_sp = t->stack;
		t->context.uc_stack.ss_size = STACK;
		t->context.uc_link = NULL;
		makecontext(&t->context, body, 0);
	}
	for (u = 0; u < config->threads; u++)
		resume((int)u);
}

/* False where it turned out to be a repeat. */
static bool
execute(void)
{
	unsigned u, ready, live;
	int thread;

	n_locations = n_steps = place = 0;
	asleep = 0;
	is_repeat = false;
	wakes_for_nothing = true;
	memset(&total, 0, sizeof total);
	n_executions++;
	config->set_up(config->arg);
	begin_threads();
	while (!failure) {
		if (is_repeat)
			return false;
		ready = live = 0;
		for (u = 0; u < config->threads; u++) {
			live |= (unsigned)!threads[u].is_over << u;
			ready |= (unsigned)can_step(&threads[u]) << u;
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
		resume(thread);
	}
	if (!failure && config->check)
		config->check();
	return true;
}

void
model_explore(const struct model_config *which,
	      const struct model_fault *with, struct explored *explored)
{
	struct timespec begin, end;

	config = which;
	fault = with;
	failure = NULL;
	n_choices = 0;
	n_explorations++;
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
		[PAUSE] = "pause",
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

const struct model_clock *
model_clock_for(const volatile void *p, unsigned *thread, unsigned *n)
{
	const volatile char *at = p;

	if (me < 0 || (at >= threads[me].stack &&
		       at < threads[me].stack + STACK))
		return NULL;
	*thread = (unsigned)me;
	*n = config->threads;
	return &threads[me].now.clock;
}

unsigned
model_execution(void)
{
	return n_executions;
}
