/*
 * Threads that sleep until something is published: none is left asleep. Beside
 * the protocol of idle.h there are ones like it, each wrong in one thing.
 */
#include "base/idle.c"

#include "model/model.h"

enum { PUBLISHERS = 2, ROUNDS = 2 };

/* Threads: sleepers, which wait for each round of all publishers; then these;
 * then those that find something else to do once they have entered. */
struct shape {
	unsigned sleepers, publishers, rounds;
	bool (*wait)(unsigned round);	/* for a while; is it there? */
	void (*publish)(unsigned publisher, unsigned round);
};

static const struct shape *shape;
static struct weir__idle idle;
static _Atomic uint32_t published[PUBLISHERS];	/* rounds */
static unsigned written[PUBLISHERS][ROUNDS];

static void
set_up(const void *arg)
{
	unsigned i, k;

	shape = arg;
	atomic_init(&idle.asleep, 0);
	atomic_init(&idle.wakes, 0);
	for (i = 0; i < PUBLISHERS; i++) {
		atomic_init(&published[i], 0);
		for (k = 0; k < ROUNDS; k++)
			written[i][k] = 0;
	}
}

/* All have published this round. */
static bool
is_there(unsigned round)
{
	unsigned i;

	for (i = 0; i < shape->publishers; i++)
		if (atomic_load_explicit(&published[i],
					 memory_order_acquire) <= round)
			return false;
	return true;
}

static void
store(unsigned publisher, unsigned round)
{
	written[publisher][round]++;
	atomic_store_explicit(&published[publisher], round + 1,
			      memory_order_release);
}

/* -- as idle.h says ------------------------------------------------------- */

static bool
wait_asleep(unsigned round)
{
	uint32_t ticket = weir__idle_enter(&idle);
	bool is_over = is_there(round);

	if (!is_over)
		weir__idle_sleep(&idle, ticket);
	return is_over;
}

static void
publish(unsigned publisher, unsigned round)
{
	store(publisher, round);
	if (weir__idle_is_anyone(&idle))
		weir__idle_wake(&idle, UINT32_MAX);
}

/* -- not so --------------------------------------------------------------- */

static bool
look_before_entering(unsigned round)
{
	if (is_there(round))
		return true;
	weir__idle_sleep(&idle, weir__idle_enter(&idle));
	return false;
}

static uint32_t
ticket_now(void)
{
	return atomic_load_explicit(&idle.wakes, memory_order_relaxed);
}

static bool
take_the_ticket_late(unsigned round)
{
	bool is_over;

	weir__idle_enter(&idle);
	is_over = is_there(round);
	if (!is_over)
		weir__idle_sleep(&idle, ticket_now());
	return is_over;
}

static bool
fence_before_entering(unsigned round)
{
	uint32_t ticket = ticket_now();
	bool is_over;

	weir__fence_all();
	atomic_fetch_add_explicit(&idle.asleep, 1, memory_order_relaxed);
	is_over = is_there(round);
	if (!is_over)
		weir__idle_sleep(&idle, ticket);
	return is_over;
}

static void
wake_before_publishing(unsigned publisher, unsigned round)
{
	if (weir__idle_is_anyone(&idle))
		weir__idle_wake(&idle, UINT32_MAX);
	store(publisher, round);
}

static void
look_before_publishing(unsigned publisher, unsigned round)
{
	bool is_anyone = weir__idle_is_anyone(&idle);

	store(publisher, round);
	if (is_anyone)
		weir__idle_wake(&idle, UINT32_MAX);
}

static void
wake_before_counting(unsigned publisher, unsigned round)
{
	store(publisher, round);
	if (!weir__idle_is_anyone(&idle))
		return;
	weir__futex_wake(&idle.wakes, UINT32_MAX);
	atomic_fetch_add_explicit(&idle.wakes, 1, memory_order_relaxed);
}

/* -- threads -------------------------------------------------------------- */

static void
wait_for(unsigned round)
{
	unsigned i;

	while (!shape->wait(round))
		;
	for (i = 0; i < shape->publishers; i++)
		model_expect(written[i][round] == 1);
}

static void
thread(unsigned me)
{
	unsigned i;

	if (me >= shape->sleepers + shape->publishers) {
		weir__idle_enter(&idle);
			return;
	}
	for (i = 0; i < shape->rounds; i++)
		if (me < shape->sleepers)
			wait_for(i);
		else
			shape->publish(me - shape->sleepers, i);
}

/* Two that each sleep once at most, and one wake-up for each. */
static void
wake_one_by_one(unsigned me)
{
	uint32_t ticket;
	unsigned i;

	if (me < 2) {
		ticket = weir__idle_enter(&idle);
		if (!is_there(0))
			weir__idle_sleep(&idle, ticket);
		return;
	}
	for (i = 0; i < 2; i++) {
		store(0, i);
		if (weir__idle_is_anyone(&idle))
			weir__idle_wake(&idle, 1);
	}
}

#define CONFIG(n) .threads = n, .set_up = set_up, .thread = thread
#define RIGHTLY .wait = wait_asleep, .publish = publish
#define LEFT_ASLEEP .fails = "nobody can go on"

static const struct model_config configs[] = {
	{ .name = "one sleeps, another comes and goes", CONFIG(3),
	  .arg = &(struct shape){ 1, 1, 1, RIGHTLY } },
	{ .name = "two sleep, each is woken", .threads = 3, .set_up = set_up,
	  .thread = wake_one_by_one, .arg = &(struct shape){ 2, 1, 2, RIGHTLY } },
	{ .name = "one sleeps, twice", CONFIG(2),
	  .arg = &(struct shape){ 1, 1, 2, RIGHTLY } },
	{ .name = "one sleeps until two have published", CONFIG(3),
	  .arg = &(struct shape){ 1, 2, 1, RIGHTLY } },
	{ .name = "two sleep", CONFIG(3), .is_long = true,
	  .arg = &(struct shape){ 2, 1, 1, RIGHTLY } },
	{ .name = "who looks before it enters is left asleep", CONFIG(2),
	  LEFT_ASLEEP,
	  .arg = &(struct shape){ 1, 1, 1, .wait = look_before_entering,
				  .publish = publish } },
	{ .name = "who takes its ticket late is left asleep", CONFIG(2),
	  LEFT_ASLEEP,
	  .arg = &(struct shape){ 1, 1, 1, .wait = take_the_ticket_late,
				  .publish = publish } },
	{ .name = "who fences before it enters is left asleep", CONFIG(2),
	  LEFT_ASLEEP,
	  .arg = &(struct shape){ 1, 1, 1, .wait = fence_before_entering,
				  .publish = publish } },
	{ .name = "who wakes before it publishes leaves one asleep",
	  CONFIG(2), LEFT_ASLEEP,
	  .arg = &(struct shape){ 1, 1, 1, .wait = wait_asleep,
				  .publish = wake_before_publishing } },
	{ .name = "who looks before it publishes leaves one asleep",
	  CONFIG(2), LEFT_ASLEEP,
	  .arg = &(struct shape){ 1, 1, 1, .wait = wait_asleep,
				  .publish = look_before_publishing } },
	{ .name = "who wakes before it counts leaves one asleep", CONFIG(2),
	  LEFT_ASLEEP,
	  .arg = &(struct shape){ 1, 1, 1, .wait = wait_asleep,
				  .publish = wake_before_counting } },
};

static const struct model_fault faults[] = {
	{ "who enters does not say so", "weir__idle_enter", "&idle->asleep",
	  MODEL_MISSING, 0 },
	{ "two enter in two steps each", "weir__idle_enter", "&idle->asleep",
	  MODEL_SPLIT, 0 },
	{ "who enters fences nobody", "weir__idle_enter", "all",
	  MODEL_MISSING, 0 },
	{ "who publishes sees nobody", "weir__idle_is_anyone",
	  "&idle->asleep", MODEL_READS, 0 },
	{ "wake-ups are not counted", "weir__idle_wake", "&idle->wakes",
	  MODEL_MISSING, 0 },
	{ "who sleeps is not woken", "weir__idle_wake", "wake",
	  MODEL_MISSING, 0 },
};

const struct model_suite model_idle_suite = {
	.name = "idle",
	.configs = configs, .n_configs = sizeof configs / sizeof *configs,
	.faults = faults, .n_faults = sizeof faults / sizeof *faults,
};
