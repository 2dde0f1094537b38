/*
 * The resident team: its threads meet every job, in order, or somebody who
 * waits for it in their place; who sleeps is woken; the last of a job's threads
 * sees what all have done; nobody comes after it; a slot is not used again too
 * soon; and while one is away, behind a door, others do its jobs.
 */
#include <pthread.h>
#include <string.h>

#include "exec/resident.h"

static void
wait_for_threads(void);

static bool
is_inside(void);

#define weir__team_is_inside() is_inside()
#define pthread_join(thread, result) wait_for_threads()
#define weir__free(heap, memory) ((void)(heap))

#include "exec/places.c"
#include "exec/resident.c"

#include "model/model.h"
#include "model/nested.h"

enum { THREADS = 2, JOBS = 3 };

struct shape {
	unsigned threads;		/* of the team */
	unsigned jobs, want[JOBS];	/* posted by one more */
	uint64_t passed, posted;	/* before */
	uint64_t stop;			/* threads leave after this job; 0: at
					   the end of the team */
	bool waits;			/* for the last job, before the end */
	bool helps;			/* and joins it if it can */
	/* One thread more, which works in the slot of the next job, where it
	 * has joined an earlier one, or comes to join that when it is over. */
	bool is_seated, is_late;
	bool spin, is_inside;		/* the threads; who posts */
	bool calls;			/* instead of posting, from inside, a
					   run with a block for them */
	/* There is such a run from the beginning on, and its block takes until
	 * the job is over: whoever is in it cannot do that. */
	bool is_open;
};

struct task {
	unsigned done[THREADS];		/* by each of its threads */
	atomic_uint over;
};

static const struct shape *shape;
static struct weir__resident team;
static struct position positions[THREADS];
static struct task tasks[JOBS];
static atomic_uint left;		/* threads of the team */
static _Atomic uint64_t taken[SLOTS];
static _Atomic uint64_t posted;		/* the last job */
static struct weir__door doors[1];
static struct weir__stream_loop *called;
static atomic_bool has_come, waits;

static bool
is_inside(void)
{
	return shape->is_inside;
}

static void
nothing(void *arg, unsigned me, unsigned size)
{
	(void)arg;
	(void)me;
	(void)size;
}

static void
work(void *arg, unsigned me, unsigned size)
{
	struct task *task = arg;

	model_expect(me < size);
	task->done[me]++;
}

static void
over(void *arg)
{
	struct task *task = arg;
	unsigned done = 0, i;

	for (i = 0; i < shape->want[task - tasks]; i++) {
		model_expect(task->done[i] <= 1);
		done += task->done[i];
	}
	model_expect(done >= 1);
	atomic_fetch_add_explicit(&task->over, 1, memory_order_relaxed);
}

static bool
is_over(struct task *task)
{
	return atomic_load_explicit(&task->over, memory_order_relaxed);
}

static void
wait_for_the_job(struct weir__stream_loop *loop, uint32_t block, uint64_t run,
		 unsigned worker)
{
	(void)loop;
	(void)block;
	(void)run;
	(void)worker;
	while (!is_over(&tasks[0]))
		weir__pause();
}

static void
set_up_doors(void)
{
	called = model_nested_pair();
	called->run_block = wait_for_the_job;
	atomic_init(&has_come, false);
	atomic_init(&waits, false);
	atomic_init(&team.doors.open, shape->is_open);
	atomic_init(&doors[0].inside, shape->is_open ? 1 : WEIR__IS_OVER);
	doors[0].of = &team.doors;
	doors[0].nested = shape->is_open ? called : NULL;
	team.doors.list = doors;
	team.doors.n = 1;
	team.doors.asleep = &team.asleep;
	team.doors.wake = wake_some;
}

static void
set_up(const void *arg)
{
	uint64_t number;
	unsigned i;

	shape = arg;
	memset(tasks, 0, sizeof tasks);
	atomic_init(&left, shape->threads);
	atomic_init(&team.posted, shape->posted);
	atomic_init(&posted, 0);
	team.positions = positions;
	team.size = shape->threads;
	team.waiting = team.first = 0;
	atomic_init(&team.asleep, 0);
	set_up_doors();
	team.spins = shape->spin;
	team.is_ending = false;
	for (i = 0; i < shape->threads; i++) {
		atomic_init(&positions[i].passed, shape->passed);
		atomic_init(&positions[i].is_away, false);
	}
	/* What was posted before are jobs of the first thread. */
	for (i = 0; i < SLOTS; i++) {
		team.slots[i].job = (struct weir__job){ .work = nothing,
							.want = 1 };
		team.slots[i].first = 0;
		team.slots[i].number = UINT64_MAX;
		team.slots[i].places.taken = &taken[i];
		team.slots[i].places.n = 1;
		atomic_init(&taken[i], 0);
		atomic_init(&team.slots[i].inside, WEIR__IS_OVER);
	}
	for (number = shape->passed; number < shape->posted; number++)
		atomic_init(&team.slots[number % SLOTS].inside, 0);
	/* wraps around where there was none */
	team.slots[shape->posted % SLOTS].number = shape->posted - SLOTS;
	if (shape->is_seated) {
		team.slots[shape->posted % SLOTS].job = (struct weir__job){
			.work = work, .over = over, .arg = &tasks[JOBS - 1],
			.want = 1 };
		atomic_init(&team.slots[shape->posted % SLOTS].inside, 1);
	}
}

static void
wait_for_threads(void)
{
	while (atomic_load_explicit(&left, memory_order_relaxed))
		weir__pause();
}

/* From a job of which this thread is: it has one block of the run and needs
 * somebody for the other, who looks through the door or is woken. */
static void
call_run(void)
{
	bool may_come;

	weir__nested_set_team(&doors[0]);
	may_come = weir__nested_begin(called);
	model_expect(may_come);
	if (weir__nested_is_anyone(&called->doors))
		weir__nested_wake(&called->doors, 1);
	/* Whoever waits has not just looked whether anybody sleeps. */
	atomic_store_explicit(&waits, true, memory_order_relaxed);
	while (!atomic_load_explicit(&has_come, memory_order_relaxed))
		weir__pause();
	weir__nested_end(called);
	weir__nested_set_team(NULL);
}

static void
post_all(void)
{
	struct weir__seat seat;
	unsigned i;

	if (shape->calls) {
		call_run();
		return;
	}
	for (i = 0; i < shape->jobs; i++) {
		bool is_posted = weir__resident_post(
			&team, &(struct weir__job){
				.work = work, .over = over, .arg = &tasks[i],
				.want = shape->want[i], .posted = &posted });

		model_expect(is_posted || shape->is_inside);
	}
	if (shape->helps &&
	    weir__resident_join(&team, atomic_load_explicit(
					&posted, memory_order_relaxed), &seat))
		weir__seat_work(&seat);
	if (shape->waits)
		while (!is_over(&tasks[i - 1]))
			weir__pause();
	if (!shape->stop)
		weir__resident_free(&team);
}

/* As serve() does, but for where it begins and ends. */
static void
serve_some(unsigned me)
{
	uint64_t number;

	if (shape->calls) {
		/* Once it may wake for no reason. */
		sleep_until_news(&team, 0);
		sleep_until_news(&team, 0);
		atomic_store_explicit(&has_come, true, memory_order_relaxed);
		return;
	}
	for (number = shape->passed; wait_for_job(&team, number, me); number++) {
		do_job(&team, &team.slots[number % SLOTS], me);
		pass(&team, me, number);
		if (number == shape->stop && shape->stop)
			break;
	}
	atomic_fetch_sub_explicit(&left, 1, memory_order_relaxed);
}

static void
sit_or_come_late(void)
{
	struct weir__seat seat = { &team, &team.slots[shape->posted % SLOTS],
				   0 };

	if (shape->is_seated)
		weir__seat_work(&seat);
	else
		model_expect(!weir__resident_join(
			&team, shape->posted - SLOTS + 1, &seat));
}

static void
thread(unsigned me)
{
	if (me > shape->threads)
		sit_or_come_late();
	else if (me == shape->threads)
		post_all();
	else
		serve_some(me);
}

static void
check(void)
{
	unsigned i, times;

	for (i = 0; i < shape->jobs; i++) {
		times = atomic_load_explicit(&tasks[i].over,
					     memory_order_relaxed);
		model_expect(times == (shape->posted > shape->passed ? 0 : 1));
	}
	model_expect(!atomic_load_explicit(&team.asleep,
					   memory_order_relaxed));
	model_expect(!team.waiting);
}

#define CONFIG(n) .threads = n, .set_up = set_up, .thread = thread, \
	.check = check

static const struct model_config configs[] = {
	{ .name = "one thread, two jobs", CONFIG(2),
	  .arg = &(struct shape){ .threads = 1, .jobs = 2,
				  .want = { 1, 1 } } },
	{ .name = "one thread, a job that is waited for", CONFIG(2),
	  .arg = &(struct shape){ .threads = 1, .jobs = 1, .want = { 1 },
				  .waits = true } },
	{ .name = "one thread that spins", CONFIG(2),
	  .arg = &(struct shape){ .threads = 1, .jobs = 2,
				  .want = { 1, 1 }, .stop = 1,
				  .spin = true } },
	{ .name = "one thread, two jobs, one joined", CONFIG(2),
	  .arg = &(struct shape){ .threads = 1, .jobs = 2,
				  .want = { 1, 1 }, .waits = true,
				  .helps = true } },
	{ .name = "who posts waits until a job is passed", CONFIG(2),
	  .arg = &(struct shape){ .threads = 1, .jobs = 1, .want = { 1 },
				  .passed = OUTSIDE / 2 - 1,
				  .posted = OUTSIDE / 2 - 1 + OUTSIDE,
				  .stop = OUTSIDE / 2 } },
	{ .name = "who posts from inside finds no slot, or one", CONFIG(3),
	  .arg = &(struct shape){ .threads = 2, .jobs = 1, .want = { 1 },
				  .passed = OUTSIDE / 2 - 1,
				  .posted = OUTSIDE / 2 - 1 + SLOTS,
				  .stop = OUTSIDE / 2 - 1,
				  .is_inside = true } },
	{ .name = "a slot is somebody's who has joined", CONFIG(3),
	  .arg = &(struct shape){ .threads = 1, .jobs = 1,
				  .want = { 1, 0, 1 }, .passed = SLOTS,
				  .posted = SLOTS, .stop = SLOTS,
				  .is_seated = true } },
	{ .name = "who joins comes too late", CONFIG(3),
	  .arg = &(struct shape){ .threads = 1, .jobs = 1, .want = { 1 },
				  .passed = SLOTS, .posted = SLOTS,
				  .stop = SLOTS, .is_late = true } },
	{ .name = "one falls asleep beside a run with a block for it", CONFIG(2),
	  .arg = &(struct shape){ .threads = 1, .calls = true } },
	{ .name = "two threads, a job for both", CONFIG(3),
	  .arg = &(struct shape){ .threads = 2, .jobs = 1, .want = { 2 },
				  .passed = 1, .posted = 1, .stop = 1,
				  .spin = true } },
	{ .name = "two threads, a job for both, and the end", CONFIG(3),
	  .is_long = true,
	  .arg = &(struct shape){ .threads = 2, .jobs = 1, .want = { 2 } } },
	{ .name = "two threads, a job for both, joined", CONFIG(3),
	  .arg = &(struct shape){ .threads = 2, .jobs = 1, .want = { 2 },
				  .passed = 1, .posted = 1, .stop = 1,
				  .spin = true, .helps = true } },
	{ .name = "two threads, a job for both and one for one", CONFIG(3),
	  .is_long = true,
	  .arg = &(struct shape){ .threads = 2, .jobs = 2,
				  .want = { 2, 1 } } },
	/* The last: it takes longest, and nothing else finds what it finds. */
	{ .name = "two threads, one away, one asleep, a job", CONFIG(3),
	  .arg = &(struct shape){ .threads = 2, .jobs = 1, .want = { 1 },
				  .passed = 1, .posted = 1, .stop = 1,
				  .is_open = true } },
	{ .name = "two threads, one away, one asleep, a job for both",
	  CONFIG(3), .is_long = true,
	  .arg = &(struct shape){ .threads = 2, .jobs = 1, .want = { 2 },
				  .passed = 1, .posted = 1, .stop = 1,
				  .is_open = true } },
};

static const struct model_fault faults[] = {
	{ "who sleeps is not woken", "weir__resident_post", "&r->news",
	  MODEL_MISSING, 0 },
	{ "posted without the lock", "weir__resident_post", "&r->lock",
	  MODEL_MISSING, 0 },
	{ "ended without a wake-up", "weir__resident_free", "&r->news",
	  MODEL_MISSING, 0 },
	{ "two leave a job in two steps each", "weir__leave_over",
	  "entrance", MODEL_SPLIT, 0 },
	{ "who comes to a job looks and enters in two steps", "weir__enter",
	  "entrance", MODEL_SPLIT, 0 },
	{ "two take one place", "weir__place_take",
	  "&places->taken[place / 64]", MODEL_SPLIT, 0 },
	{ "joined without the lock", "weir__resident_join", "&r->lock",
	  MODEL_MISSING, 0 },
	{ "who waits to post is not woken", "pass", "&r->moved",
	  MODEL_MISSING, 0 },
	{ "who calls a run sees nobody asleep", "weir__nested_is_anyone",
	  "doors->team->asleep", MODEL_READS, 0 },
	{ "who calls a run does not fence", "weir__nested_is_anyone", "fence",
	  MODEL_MISSING, 0 },
	{ "who falls asleep does not fence", "sleep_until_news", "fence",
	  MODEL_MISSING, 0 },
	{ "who falls asleep looks through no door", "weir__doors_are_open",
	  "&doors->open", MODEL_READS, 0 },
	{ "who calls a run wakes nobody", "wake_some", "&r->news",
	  MODEL_MISSING, 0 },
	{ "who calls a run wakes without the lock", "wake_some", "&r->lock",
	  MODEL_MISSING, 0 },
	{ "who goes away does not say so", "help", "is_away", MODEL_MISSING,
	  0 },
	{ "who goes away does not fence", "help", "fence", MODEL_MISSING, 0 },
	{ "who passes a job does not fence", "do_job", "fence", MODEL_MISSING,
	  0 },
	{ "who passes a job sees nobody away", "is_one_away",
	  "&r->positions[thread].is_away", MODEL_READS, 0 },
	{ "a slot is taken that is in use", "has_room",
	  "&r->positions[i].passed", MODEL_READS, UINT64_MAX },
};

/* Of what is behind a door: nested_model.c tries these. */
static const struct model_fault excused[] = {
	{ .name = "nobody goes ahead", .function = "advance",
	  .text = "&p->claimed" },
	{ .name = "nobody goes ahead", .function = "find_ready",
	  .text = "&p->claimed" },
	{ .name = "behind a door", .function = "weir__place_take",
	  .text = "&places->taken[place / 64]" },
	{ .name = "behind a door", .function = "weir__place_give",
	  .text = "&places->taken[place / 64]" },
	{ .name = "behind a door", .function = "weir__stream_help",
	  .text = "&s->current" },
	{ .name = "behind a door", .function = "advance",
	  .text = "&p->done" },
	{ .name = "behind a door", .function = "weir__stream_is_ready",
	  .text = "&s->current" },
	{ .name = "behind a door", .function = "find_ready",
	  .text = "&p->taken" },
	{ .name = "behind a door", .function = "find_ready",
	  .text = "&p->done" },
};

const struct model_suite model_resident_suite = {
	.name = "resident team",
	.configs = configs, .n_configs = sizeof configs / sizeof *configs,
	.faults = faults, .n_faults = sizeof faults / sizeof *faults,
	.excused = excused, .n_excused = sizeof excused / sizeof *excused,
};
