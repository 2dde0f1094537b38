/* The checker checked: it finds what C11 allows, and nothing else. */
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "base/fence.h"
#include "base/futex.h"

static atomic_int x, y;
static _Atomic uint32_t number;
static int data, seen[3];
static pthread_mutex_t mutex;
static pthread_cond_t cond;

static void
set_up(const void *arg)
{
	(void)arg;
	atomic_init(&x, 0);
	atomic_init(&y, 0);
	atomic_init(&number, 0);
	data = 0;
	seen[0] = seen[1] = seen[2] = 0;
}

/* -- message passing ------------------------------------------------------ */

static void
pass_message(unsigned me)
{
	if (me == 0) {
		data = 1;
		atomic_store_explicit(&x, 1, memory_order_release);
	} else if (atomic_load_explicit(&x, memory_order_acquire)) {
		model_expect(data == 1);
	}
}

static void
pass_unacquired(unsigned me)
{
	if (me == 0)
		pass_message(0);
	else if (atomic_load_explicit(&x, memory_order_relaxed))
		model_expect(data == 1);
}

static void
pass_by_fences(unsigned me)
{
	if (me == 0) {
		data = 1;
		atomic_thread_fence(memory_order_release);
		atomic_store_explicit(&x, 1, memory_order_relaxed);
	} else if (atomic_load_explicit(&x, memory_order_relaxed)) {
		atomic_thread_fence(memory_order_acquire);
		model_expect(data == 1);
	}
}

/* A read-modify-write passes on what it has read. */
static void
pass_through_another(unsigned me)
{
	if (me == 0)
		pass_message(0);
	else if (me == 1)
		atomic_fetch_add_explicit(&x, 1, memory_order_relaxed);
	else if (atomic_load_explicit(&x, memory_order_acquire) == 2)
		model_expect(data == 1);
}

/* A store does not. */
static void
pass_over_a_store(unsigned me)
{
	if (me != 1)
		pass_through_another(me);
	else if (atomic_load_explicit(&x, memory_order_relaxed))
		atomic_store_explicit(&x, 2, memory_order_relaxed);
}

/* -- store buffering ------------------------------------------------------ */

static void
buffer(unsigned me)
{
	atomic_store_explicit(me ? &x : &y, 1, memory_order_release);
	seen[me] = atomic_load_explicit(me ? &y : &x, memory_order_acquire);
}

static void
buffer_in_order(unsigned me)
{
	atomic_store(me ? &x : &y, 1);
	seen[me] = atomic_load(me ? &y : &x);
}

static void
buffer_with_fences(unsigned me)
{
	atomic_store_explicit(me ? &x : &y, 1, memory_order_relaxed);
	atomic_thread_fence(memory_order_seq_cst);
	seen[me] = atomic_load_explicit(me ? &y : &x, memory_order_relaxed);
}

/* One fences for both. */
static void
buffer_fenced_by_one(unsigned me)
{
	atomic_store_explicit(me ? &x : &y, 1, memory_order_relaxed);
	if (me)
		weir__fence_all();
	seen[me] = atomic_load_explicit(me ? &y : &x, memory_order_relaxed);
}

/* That it does so first is no use. */
static void
buffer_fenced_too_early(unsigned me)
{
	if (me)
		weir__fence_all();
	buffer(me);
}

static void
one_has_seen(void)
{
	model_expect(seen[0] || seen[1]);
}

/* -- one location --------------------------------------------------------- */

static void
never_back(unsigned me)
{
	int first, second;

	if (me == 0) {
		atomic_store_explicit(&x, 1, memory_order_relaxed);
		atomic_store_explicit(&x, 2, memory_order_relaxed);
	} else {
		first = atomic_load_explicit(&x, memory_order_relaxed);
		second = atomic_load_explicit(&x, memory_order_relaxed);
		model_expect(first <= second);
	}
}

static void
count(unsigned me)
{
	(void)me;
	atomic_fetch_add_explicit(&x, 1, memory_order_relaxed);
}

static void
count_in_two_steps(unsigned me)
{
	(void)me;
	atomic_store_explicit(&x, 1 + atomic_load_explicit(&x,
			      memory_order_relaxed), memory_order_relaxed);
}

static void
all_count(void)
{
	model_expect(atomic_load(&x) == 3);
}

/* The value that thread 2 sees is any of those there are. */
static void
show(unsigned me)
{
	if (me < 2)
		atomic_store_explicit(&x, (int)me + 1, memory_order_relaxed);
	else
		seen[2] = atomic_load_explicit(&x, memory_order_relaxed);
}

static void
not_zero(void)
{
	model_expect(seen[2] != 0);
}

static void
not_one(void)
{
	model_expect(seen[2] != 1);
}

static void
not_two(void)
{
	model_expect(seen[2] != 2);
}

/* -- waiting -------------------------------------------------------------- */

static void
wait_for_either(unsigned me)
{
	if (me == 0)
		atomic_store_explicit(&y, 1, memory_order_relaxed);
	else
		while (!atomic_load_explicit(&x, memory_order_relaxed) &&
		       !atomic_load_explicit(&y, memory_order_relaxed))
			sched_yield();
}

static void
wait_for_nothing(unsigned me)
{
	if (me == 0)
		atomic_store_explicit(&y, 1, memory_order_relaxed);
	else
		while (!atomic_load_explicit(&x, memory_order_relaxed))
			sched_yield();
}

static void
exclude(unsigned me)
{
	(void)me;
	pthread_mutex_lock(&mutex);
	data++;
	pthread_mutex_unlock(&mutex);
}

static void
exclude_some(unsigned me)
{
	if (me)
		exclude(me);
	else
		data++;
}

static void
all_excluded(void)
{
	model_expect(data == 3);
}

static void
sleep_until_told(unsigned me)
{
	pthread_mutex_lock(&mutex);
	if (me) {
		data = 1;
		pthread_cond_signal(&cond);
	} else {
		while (!data)
			pthread_cond_wait(&cond, &mutex);
	}
	pthread_mutex_unlock(&mutex);
}

static void
sleep_once(unsigned me)
{
	pthread_mutex_lock(&mutex);
	if (me) {
		data = 1;
		pthread_cond_signal(&cond);
	} else if (!data) {
		pthread_cond_wait(&cond, &mutex);
		model_expect(data);
	}
	pthread_mutex_unlock(&mutex);
}

/* Between the look and the sleep, the wake-up. */
static void
sleep_too_late(unsigned me)
{
	bool is_told;

	if (me) {
		atomic_store(&x, 1);
		pthread_cond_signal(&cond);
		return;
	}
	pthread_mutex_lock(&mutex);
	is_told = atomic_load(&x);
	if (!is_told)
		pthread_cond_wait(&cond, &mutex);
	pthread_mutex_unlock(&mutex);
}

/* -- futexes -------------------------------------------------------------- */

static void
sleep_on_number(unsigned me)
{
	if (me) {
		atomic_store_explicit(&number, 1, memory_order_release);
		weir__futex_wake(&number, 1);
		return;
	}
	while (!atomic_load_explicit(&number, memory_order_acquire))
		weir__futex_wait(&number, 0);
}

static void
wake_before_changing(unsigned me)
{
	if (!me) {
		sleep_on_number(me);
		return;
	}
	weir__futex_wake(&number, 1);
	atomic_store_explicit(&number, 1, memory_order_release);
}

static void
sleep_on_number_once(unsigned me)
{
	if (me) {
		sleep_on_number(me);
		return;
	}
	weir__futex_wait(&number, 0);
	seen[0] = (int)atomic_load_explicit(&number, memory_order_relaxed);
	model_expect(seen[0]);
}

static void
wake_one_of_two(unsigned me)
{
	sleep_on_number(me == 2);
}

static const struct model_config configs[] = {
	{ .name = "a message is passed", .threads = 2, .set_up = set_up,
	  .thread = pass_message },
	{ .name = "a message is passed by fences", .threads = 2,
	  .set_up = set_up, .thread = pass_by_fences },
	{ .name = "a message is passed through another's addition",
	  .threads = 3, .set_up = set_up, .thread = pass_through_another },
	{ .name = "a message is not passed over another's store",
	  .threads = 3, .set_up = set_up, .thread = pass_over_a_store,
	  .fails = "data race" },
	{ .name = "a message is not passed without acquire", .threads = 2,
	  .set_up = set_up, .thread = pass_unacquired, .fails = "data race" },
	{ .name = "two stores pass two loads", .threads = 2, .set_up = set_up,
	  .thread = buffer, .check = one_has_seen, .fails = "seen[0]" },
	{ .name = "two stores do not pass two loads, all in one order",
	  .threads = 2, .set_up = set_up, .thread = buffer_in_order,
	  .check = one_has_seen },
	{ .name = "two stores do not pass two loads over fences",
	  .threads = 2, .set_up = set_up, .thread = buffer_with_fences,
	  .check = one_has_seen },
	{ .name = "two stores do not pass two loads, one fences all",
	  .threads = 2, .set_up = set_up, .thread = buffer_fenced_by_one,
	  .check = one_has_seen },
	{ .name = "two stores pass two loads, one has fenced all before",
	  .threads = 2, .set_up = set_up, .thread = buffer_fenced_too_early,
	  .check = one_has_seen, .fails = "seen[0]" },
	{ .name = "a location does not go back", .threads = 2,
	  .set_up = set_up, .thread = never_back },
	{ .name = "additions add up", .threads = 3, .set_up = set_up,
	  .thread = count, .check = all_count },
	{ .name = "additions in two steps do not", .threads = 3,
	  .set_up = set_up, .thread = count_in_two_steps, .check = all_count,
	  .fails = "== 3" },
	{ .name = "the first value is seen", .threads = 3, .set_up = set_up,
	  .thread = show, .check = not_zero, .fails = "!= 0" },
	{ .name = "the second value is seen", .threads = 3, .set_up = set_up,
	  .thread = show, .check = not_one, .fails = "!= 1" },
	{ .name = "the third value is seen", .threads = 3, .set_up = set_up,
	  .thread = show, .check = not_two, .fails = "!= 2" },
	{ .name = "a loop ends when it can", .threads = 2, .set_up = set_up,
	  .thread = wait_for_either },
	{ .name = "a loop that cannot end is seen", .threads = 2,
	  .set_up = set_up, .thread = wait_for_nothing,
	  .fails = "nobody can go on" },
	{ .name = "a mutex excludes", .threads = 3, .set_up = set_up,
	  .thread = exclude, .check = all_excluded },
	{ .name = "a mutex excludes only who takes it", .threads = 3,
	  .set_up = set_up, .thread = exclude_some, .fails = "data race" },
	{ .name = "who sleeps is woken", .threads = 2, .set_up = set_up,
	  .thread = sleep_until_told },
	{ .name = "who sleeps wakes for nothing", .threads = 2,
	  .set_up = set_up, .thread = sleep_once, .fails = "data" },
	{ .name = "who sleeps too late is not woken", .threads = 2,
	  .set_up = set_up, .thread = sleep_too_late,
	  .fails = "nobody can go on" },
	{ .name = "who sleeps on a number is woken", .threads = 2,
	  .set_up = set_up, .thread = sleep_on_number },
	{ .name = "who sleeps on a number is not, before it changes",
	  .threads = 2, .set_up = set_up, .thread = wake_before_changing,
	  .fails = "nobody can go on" },
	{ .name = "who sleeps on a number wakes for nothing", .threads = 2,
	  .set_up = set_up, .thread = sleep_on_number_once,
	  .fails = "seen[0]" },
	{ .name = "one of two that sleep on a number is not woken",
	  .threads = 3, .set_up = set_up, .thread = wake_one_of_two,
	  .fails = "nobody can go on" },
};

const struct model_suite model_checker_suite = {
	.name = "checker",
	.configs = configs, .n_configs = sizeof configs / sizeof *configs,
	.is_of_checker = true,
};
