/*
 * Runs that tasks call, and threads that come to help: each block is run once,
 * when what it waits for is done and by who has its place alone; who sleeps
 * comes when there is a block for it; nobody is there any more when the run is
 * over, and its state used again.
 */
#include <string.h>

#include "exec/stream_loop.h"

/* Threads are coroutines: what is a thread's own is kept here. */
static struct weir__under_way *
my_place(void);

#define weir__under_way() (*my_place())
#define weir__set_under_way(now) (*my_place() = (now))

#include "exec/nested.c"

#include "model/model.h"
#include "model/nested.h"

enum { THREADS = 3, WORKERS = 2, BLOCKS = 3, LEVELS = 2 };

/* The first thread is in a task of a run, which calls others. The others have
 * nothing to do in that run. */
struct shape {
	uint32_t first_block[WORKERS + 1];
	uint32_t first_wait[BLOCKS + 1];
	struct weir__wait waits[BLOCKS];
	unsigned threads;
	unsigned calls;			/* one after the other */
	unsigned times;			/* runs of each */
	/* Each of the others looks for a block so often and goes away; 0: it
	 * sleeps until there is one. */
	unsigned looks;
	bool meet;			/* the last block but one waits until
					   the second thread has come */
	bool is_last;			/* who calls works when the others have
					   gone */
	bool is_deep;			/* the only block of what is called
					   calls that */
};

/* A run. */
struct level {
	struct weir__stream_loop loop;	/* first */
	struct weir__schedule streams;
	struct weir__progress progress[WORKERS];
	struct weir__door doors[WORKERS];
	_Atomic uint64_t taken;
	unsigned used[WORKERS];		/* by who has the place */
	unsigned times[BLOCKS];
	unsigned calls;			/* of it: by who calls */
};

static const struct shape *shape;
static struct level outer, levels[LEVELS];
static struct weir__under_way places[THREADS];
static atomic_uint have_come;

static const uint32_t one_block[WORKERS + 1] = { 0, 1, 1 };
static const uint32_t no_waits[BLOCKS + 1] = { 0 };

static struct weir__under_way *
my_place(void)
{
	return &places[model_self() - 1];
}

void
model_nested_forget(void)
{
	memset(places, 0, sizeof places);
}

static void
wake(struct weir__doors *doors, uint32_t n)
{
	struct level *level = (struct level *)((char *)doors -
		offsetof(struct level, loop.doors));

	weir__idle_wake(&level->loop.idle, n);
}

static void
call(struct level *level);

static void
wait_for_others(unsigned n)
{
	while (atomic_load_explicit(&have_come, memory_order_relaxed) < n)
		weir__pause();
}

static void
run_block(struct weir__stream_loop *loop, uint32_t block, uint64_t run,
	  unsigned worker)
{
	struct level *level = (struct level *)loop;
	const struct weir__schedule *s = loop->streams;
	uint32_t q;

	level->used[worker]++;
	model_expect(level->times[block] == run);
	for (q = s->first_wait[block]; q < s->first_wait[block + 1]; q++)
		model_expect(level->times[s->first_block[s->waits[q].worker] +
			     s->waits[q].position - 1] == run + 1);
	if (level == &levels[1]) {
		/* Who runs the block is in this run. */
		places[model_self() - 1].door = &level->doors[worker];
		call(&levels[0]);
	} else if (shape->meet && block + 2 == s->n_blocks) {
		wait_for_others(1);
	}
	level->times[block]++;
}

static void
set_up_level(struct level *level, const uint32_t *first_block,
	     const uint32_t *first_wait)
{
	unsigned i;

	memset(level, 0, sizeof *level);
	level->streams = (struct weir__schedule){
		.workers = WORKERS, .n_blocks = first_block[WORKERS],
		.first_block = (uint32_t *)first_block,
		.first_wait = (uint32_t *)first_wait,
		.waits = (struct weir__wait *)shape->waits,
	};
	level->loop.streams = &level->streams;
	level->loop.run_block = run_block;
	level->loop.progress = level->progress;
	level->loop.places.taken = &level->taken;
	level->loop.places.n = WORKERS;
	level->loop.doors.list = level->doors;
	level->loop.doors.n = WORKERS;
	level->loop.doors.asleep = &level->loop.idle.asleep;
	level->loop.doors.wake = wake;
	for (i = 0; i < WORKERS; i++) {
		atomic_init(&level->progress[i].done, 0);
		atomic_init(&level->progress[i].taken, 0);
		atomic_init(&level->progress[i].claimed, 0);
		atomic_init(&level->doors[i].inside, WEIR__IS_OVER);
		level->doors[i].of = &level->loop.doors;
	}
	atomic_init(&level->taken, 0);
	atomic_init(&level->loop.current, 0);
	atomic_init(&level->loop.doors.open, 0);
	atomic_init(&level->loop.idle.asleep, 0);
	atomic_init(&level->loop.idle.wakes, 0);
}

static void
set_up(const void *arg)
{
	shape = arg;
	model_nested_forget();
	set_up_level(&outer, one_block, no_waits);
	/* To look through one that never opens would take long here. */
	outer.loop.doors.n = 1;
	set_up_level(&levels[0], shape->first_block, shape->first_wait);
	set_up_level(&levels[1], one_block, no_waits);
	atomic_init(&have_come, 0);
}

/* -- threads -------------------------------------------------------------- */

/* As a task does. */
static void
call(struct level *level)
{
	uint64_t begin = (uint64_t)level->calls++ * shape->times;
	bool may_come = weir__nested_begin(&level->loop);
	uint32_t i;

	model_expect(may_come);
	if (shape->is_last)
		wait_for_others(THREADS - 1);
	weir__stream_work(&level->loop, 0, 1, begin, begin + shape->times);
	weir__nested_end(&level->loop);
	for (i = 0; i < level->streams.n_blocks; i++)
		model_expect(level->times[i] == begin + shape->times);
	for (i = 0; i < WORKERS; i++)
		level->used[i] = 0;
}

static void
call_all(void)
{
	unsigned i;

	places[0].door = &outer.doors[0];
	for (i = 0; i < shape->calls; i++)
		call(&levels[shape->is_deep]);
}

/* Its own run is not over before who called has come back. */
static void
sleep_until_there_is_something(void)
{
	uint32_t ticket = weir__idle_enter(&outer.loop.idle);

	if (!weir__doors_are_ready(&outer.loop.doors))
		weir__idle_sleep(&outer.loop.idle, ticket);
}

static void
thread(unsigned me)
{
	unsigned i;

	if (me == 0)
		call_all();
	else if (!shape->looks)
		sleep_until_there_is_something();
	else
		for (i = 0; i < shape->looks; i++)
			weir__doors_help(&outer.loop.doors, me);
	if (me)
		atomic_fetch_add_explicit(&have_come, 1, memory_order_relaxed);
}

/* Two streams of one that do not know each other. */
#define APART .first_block = { 0, 1, 2 }, .first_wait = { 0, 0, 0 }

/* The second after the first. */
#define AFTER \
	.first_block = { 0, 1, 2 }, .first_wait = { 0, 0, 1 }, \
	.waits = { { 0, 1 } }

/* Two streams: 0, then 1; 2 after 0. */
#define FORK \
	.first_block = { 0, 2, 3 }, .first_wait = { 0, 0, 0, 1 }, \
	.waits = { { 0, 1 } }

struct weir__stream_loop *
model_nested_pair(void)
{
	static const struct shape pair = { APART };

	shape = &pair;
	model_nested_forget();
	set_up_level(&levels[0], pair.first_block, pair.first_wait);
	atomic_init(&levels[0].progress[0].claimed, 1);
	return &levels[0].loop;
}

#define CONFIG(n) .threads = n, .set_up = set_up, .thread = thread

static const struct model_config configs[] = {
	{ .name = "one comes once", CONFIG(2),
	  .arg = &(struct shape){ APART, .calls = 1, .times = 1,
				  .looks = 1 } },
	{ .name = "one comes twice, one block after the other", CONFIG(2),
	  .arg = &(struct shape){ AFTER, .calls = 1, .times = 1,
				  .looks = 2 } },
	{ .name = "one comes once, two calls", CONFIG(2),
	  .arg = &(struct shape){ APART, .calls = 2, .times = 1,
				  .looks = 1 } },
	{ .name = "one comes once, two runs", CONFIG(2),
	  .arg = &(struct shape){ AFTER, .calls = 1, .times = 2,
				  .looks = 1 } },
	{ .name = "two come once, then who calls works", CONFIG(3),
	  .arg = &(struct shape){ APART, .calls = 1, .times = 1,
				  .looks = 1, .is_last = true } },
	{ .name = "two come once", CONFIG(3), .is_long = true,
	  .arg = &(struct shape){ APART, .calls = 1, .times = 1,
				  .looks = 1 } },
	{ .name = "one sleeps, two blocks", CONFIG(2),
	  .arg = &(struct shape){ APART, .calls = 1, .times = 1,
				  .meet = true } },
	{ .name = "one sleeps, two blocks after another", CONFIG(2),
	  .arg = &(struct shape){ FORK, .calls = 1, .times = 1,
				  .meet = true } },
	{ .name = "one comes once, who calls sleeps", CONFIG(2),
	  .impatient = 1, .long_waits = 1,
	  .arg = &(struct shape){ AFTER, .calls = 1, .times = 1,
				  .looks = 1 } },
	{ .name = "one sleeps, two blocks in a run of a run", CONFIG(2),
	  .arg = &(struct shape){ APART, .calls = 1, .times = 1,
				  .meet = true, .is_deep = true } },
};

static const struct model_fault faults[] = {
	{ "a door is not opened", "open_door", "&door->inside", MODEL_MISSING,
	  0 },
	{ "a door is not told to be open", "open_door", "&door->of->open",
	  MODEL_MISSING, 0 },
	{ "nobody is awaited behind a door", "shut_door", "&door->inside",
	  MODEL_READS, WEIR__IS_OVER },
	{ "a door is shut in two steps", "weir__leave_over", "entrance",
	  MODEL_SPLIT, 0 },
	{ "who comes in looks and enters in two steps", "weir__enter",
	  "entrance", MODEL_SPLIT, 0 },
	{ "who leaves does so in two steps", "weir__leave", "entrance",
	  MODEL_SPLIT, 0 },
	{ "two take one place", "weir__place_take",
	  "&places->taken[place / 64]", MODEL_SPLIT, 0 },
	{ "nobody is seen asleep in the run around", "weir__nested_is_anyone",
	  "d->asleep", MODEL_READS, 0 },
	{ "who falls asleep sees no door open", "weir__doors_are_open",
	  "&doors->open", MODEL_READS, 0 },
	{ "who helps sees nobody asleep", "weir__idle_is_anyone",
	  "&idle->asleep", MODEL_READS, 0 },
	{ "who falls asleep fences nobody", "weir__idle_enter", "all",
	  MODEL_MISSING, 0 },
	{ "who sleeps is not woken", "weir__idle_wake", "wake",
	  MODEL_MISSING, 0 },
	{ "what is done is not told", "advance", "&p->done", MODEL_MISSING,
	  0 },
};

/* Who sees a run under way without what the runs before have done takes blocks
 * that are not there, which ends the checker: two runs, one comes once. What
 * the strict loop takes is for stream_model.c. */
static const struct model_fault excused[] = {
	{ .name = "the checker does not come back",
	  .function = "weir__stream_work", .text = "&s->current" },
	{ .name = "the checker does not come back",
	  .function = "weir__stream_help", .text = "&s->current" },
	{ .name = "the checker does not come back",
	  .function = "weir__stream_is_ready", .text = "&s->current" },
	{ .name = "nobody goes ahead", .function = "advance",
	  .text = "&p->claimed" },
	{ .name = "nobody goes ahead", .function = "find_ready",
	  .text = "&p->claimed" },
	{ .name = "nobody is strict", .function = "find_ready",
	  .text = "&p->taken" },
};

const struct model_suite model_nested_suite = {
	.name = "nested runs",
	.configs = configs, .n_configs = sizeof configs / sizeof *configs,
	.faults = faults, .n_faults = sizeof faults / sizeof *faults,
	.excused = excused, .n_excused = sizeof excused / sizeof *excused,
};
