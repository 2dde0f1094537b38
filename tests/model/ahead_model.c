/*
 * Blocks that are claimed ahead of others by threads that fall asleep where
 * there is nothing to claim, and are woken: each block is run once, after those
 * that it needs; who sleeps comes when there is a block for it, also one ahead
 * of another of the same stream; nobody is left asleep when the run is over.
 *
 * The loops and the sleeping are the library's, as in stream_model.c, which
 * tries who goes ahead where nobody sleeps and who sleeps where nobody goes
 * ahead. To have both, runs are cut to where they meet, or there would be too
 * many orders: two threads, for with three no run was small enough; one run,
 * and one stream where that will do; the second thread comes when the first has
 * the first block; and who waits at the end of a block takes no step meanwhile.
 * Blocks do nothing but show their order, and nothing comes through doors: runs
 * that tasks have called do not go ahead.
 */
#include <setjmp.h>

/* stream_model.c has them by their own names. */
#define weir__stream_help		ahead_help
#define weir__stream_is_ready		ahead_is_ready
#define weir__stream_loop_free		ahead_loop_free
#define weir__stream_loop_init		ahead_loop_init
#define weir__stream_loop_spread	ahead_loop_spread
#define weir__stream_run_claimed	ahead_run_claimed
#define weir__stream_work		ahead_work

#include "exec/stream_claimed.c"
#include "exec/stream_loop.c"

#include "model/model.h"

enum { THREADS = 2, WORKERS = 2, BLOCKS = 10, WAITS = 1 };

struct shape {
	unsigned workers;
	uint32_t first_block[WORKERS + 1];
	uint32_t first_wait[BLOCKS + 1];
	struct weir__wait waits[WAITS];
	uint8_t ahead[BLOCKS];		/* as in struct weir__schedule */
	bool is_strict;			/* until the second thread opens it */
	/* The first block does not end before so many have begun: those ahead
	 * of it are the other thread's. 0: whenever it does. */
	unsigned held;
	/* So many of the last do not end before all have begun, which takes as
	 * many threads. There they stop: how runs end is for the others. */
	unsigned meet;
	/* Who waits for blocks to begin sees what was done before: where there
	 * are many, it would have too much to see. */
	bool shows;
};

static const struct shape *shape;
static struct weir__schedule streams;
static struct weir__progress progress[WORKERS];
static struct weir__stream_loop loop;
static unsigned times[BLOCKS];		/* each block has run */
static atomic_uint begun;		/* blocks */
static jmp_buf stop[THREADS];

/* What comes before those that this may be ahead of has ended, and what these
 * and it wait for. */
static void
expect_needed(uint32_t block)
{
	unsigned w = shape->workers > 1 && block >= shape->first_block[1];
	uint32_t before = block - weir__ahead(&streams, block), q;

	if (before > shape->first_block[w])
		model_expect(times[before - 1] == 1);
	for (q = shape->first_wait[before]; q < shape->first_wait[block + 1];
	     q++) {
		const struct weir__wait *wait = &shape->waits[q];

		model_expect(times[shape->first_block[wait->worker] +
				   wait->position - 1] == 1);
	}
}

static void
wait_for_begun(unsigned n)
{
	while (atomic_load_explicit(&begun, memory_order_relaxed) < n)
		weir__pause();
}

static void
run_block(struct weir__stream_loop *s, uint32_t block, uint64_t run,
	  unsigned worker)
{
	bool meets = block + shape->meet >= streams.n_blocks;

	(void)s;
	(void)run;
	(void)worker;
	expect_needed(block);
	if (shape->shows)
		atomic_thread_fence(memory_order_release);
	atomic_fetch_add_explicit(&begun, 1, memory_order_relaxed);
	if (meets)
		wait_for_begun(streams.n_blocks);
	else if (block == 0 && shape->held)
		wait_for_begun(shape->held);
	if (shape->shows)
		atomic_thread_fence(memory_order_acquire);
	times[block]++;		/* last: only the loop shows it */
	if (meets)
		_longjmp(stop[model_self() - 1], 1);
}

static void
set_up(const void *arg)
{
	unsigned i;

	shape = arg;
	streams = (struct weir__schedule){
		.workers = shape->workers,
		.n_blocks = shape->first_block[shape->workers],
		.first_block = (uint32_t *)shape->first_block,
		.first_wait = (uint32_t *)shape->first_wait,
		.waits = (struct weir__wait *)shape->waits,
		.ahead = (uint8_t *)shape->ahead,
	};
	for (i = 0; i < WORKERS; i++) {
		atomic_init(&progress[i].done, 0);
		atomic_init(&progress[i].claimed, 0);
		atomic_init(&progress[i].taken, 0);
	}
	for (i = 0; i < BLOCKS; i++)
		times[i] = 0;
	atomic_init(&begun, 0);
	loop.streams = &streams;
	loop.run_block = run_block;
	loop.progress = progress;
	atomic_init(&loop.opening, 0);
	atomic_init(&loop.opened, 0);
	atomic_init(&loop.idle.asleep, 0);
	atomic_init(&loop.idle.wakes, 0);
}

static void
check(void)
{
	uint32_t i;

	for (i = 0; i < streams.n_blocks; i++)
		model_expect(times[i] == 1);
}

/* A team of one more than there are streams claims. */
static void
work(unsigned me)
{
	weir__stream_work(&loop, me, shape->workers + !shape->is_strict, 0, 1);
	check();	/* it is over for whoever comes back */
}

/* What weir__stream_work() does of a run that it has waited for long. */
static void
open_and_work(unsigned me)
{
	run_opened(&loop, me, 0);
	if (weir__idle_is_anyone(&loop.idle))
		weir__idle_wake(&loop.idle, UINT32_MAX);
	check();
}

static void
thread(unsigned me)
{
	if (me > 0)
		wait_for_begun(1);
	if (_setjmp(stop[me]))
		return;
	if (me > 0 && shape->is_strict)
		open_and_work(me);
	else
		work(me);
}

/* -- not so --------------------------------------------------------------- */

/* As if it looked at streams: it takes what there is of the only one. */
static void
share_no_blocks_ahead(unsigned me)
{
	bool is_over;

	if (me > 0)
		thread(me);
	else if (!_setjmp(stop[me]))
		while (advance(&loop, 0, me, 0, true, &is_over))
			;
}

static void
sleep_without_a_look(unsigned me)
{
	if (me == 0) {
		thread(me);
		return;
	}
	wait_for_begun(1);
	if (_setjmp(stop[me]))
		return;
	weir__idle_sleep(&loop.idle, weir__idle_enter(&loop.idle));
	work(me);
}

/* -- runs ----------------------------------------------------------------- */

#define LONG(n) (WEIR__LONG_BLOCK | (n))
#define AS_FAR { LONG(0), LONG(1), LONG(2), LONG(3), LONG(4), LONG(5), \
		 LONG(6), LONG(7), LONG(7), LONG(7) }

/* One stream of two, of which the second needs nothing of the first. */
#define TWO \
	.workers = 1, .first_block = { 0, 2 }, .ahead = { LONG(0), LONG(1) }, \
	.held = 2

/* One stream of as many as can be ahead of the first, and that. */
#define FAR \
	.workers = 1, .first_block = { 0, 8 }, .ahead = AS_FAR, \
	.held = 8, .shows = true

/* The same, and two that cannot begin before the first has ended. */
#define FARTHER \
	.workers = 1, .first_block = { 0, 10 }, .ahead = AS_FAR, \
	.held = 8, .shows = true, .meet = 2

/* One stream: 0, then 1 and 2. */
#define FORK \
	.workers = 1, .first_block = { 0, 3 }, \
	.ahead = { 0, LONG(0), LONG(1) }, .meet = 2

/* Two streams: 0; 1 and 2 after it. */
#define APART \
	.workers = 2, .first_block = { 0, 1, 3 }, \
	.first_wait = { 0, 0, 1, 1 }, .waits = { { 0, 1 } }, \
	.ahead = { 0, LONG(0), LONG(1) }, .meet = 2

/* One stream: 0 and 1, then 2 and 3. */
#define SQUARE \
	.workers = 1, .first_block = { 0, 4 }, \
	.ahead = { LONG(0), LONG(1), LONG(0), LONG(1) }, \
	.held = 2, .meet = 2

#define CONFIG .threads = THREADS, .set_up = set_up, .thread = thread, \
	.check = check

static const struct model_config configs[] = {
	{ .name = "who is woken goes ahead", CONFIG, .impatient = 2,
	  .long_waits = 1, .arg = &(struct shape){ FORK } },
	{ .name = "who is woken goes ahead in another stream", CONFIG,
	  .impatient = 2, .long_waits = 1, .arg = &(struct shape){ APART } },
	{ .name = "one goes ahead in a run that it opens, and sleeps", CONFIG,
	  .impatient = 2, .long_waits = 1,
	  .arg = &(struct shape){ TWO, .is_strict = true } },
	{ .name = "one goes as far ahead as it can, and sleeps", CONFIG,
	  .impatient = 2, .long_waits = 1, .arg = &(struct shape){ FAR } },
	{ .name = "one goes as far ahead as it can, is woken and goes farther",
	  CONFIG, .impatient = 2, .long_waits = 1,
	  .arg = &(struct shape){ FARTHER } },
	{ .name = "one goes ahead, either sleeps", CONFIG, .impatient = 3,
	  .long_waits = 1, .arg = &(struct shape){ TWO } },
	{ .name = "one goes ahead, both sleep", CONFIG, .impatient = 3,
	  .long_waits = 2, .arg = &(struct shape){ TWO } },
	{ .name = "one goes ahead in a run that it opens, either sleeps",
	  CONFIG, .impatient = 3, .impatient_in = "ahead_run_claimed",
	  .long_waits = 1, .is_long = true,
	  .arg = &(struct shape){ TWO, .is_strict = true } },
	{ .name = "one goes ahead, is woken and goes ahead again", CONFIG,
	  .impatient = 2, .long_waits = 1, .is_long = true,
	  .arg = &(struct shape){ SQUARE } },
	{ .name = "who shares no blocks ahead leaves one asleep",
	  .threads = THREADS, .set_up = set_up,
	  .thread = share_no_blocks_ahead, .impatient = 2, .long_waits = 1,
	  .fails = "nobody can go on", .arg = &(struct shape){ FORK } },
	{ .name = "who does not look again is left asleep",
	  .threads = THREADS, .set_up = set_up,
	  .thread = sleep_without_a_look, .fails = "nobody can go on",
	  .arg = &(struct shape){ FORK } },
};

static const struct model_fault faults[] = {
	{ "who sleeps is not woken", "weir__idle_wake", "wake",
	  MODEL_MISSING, 0 },
	{ "who is about to sleep is not told", "weir__idle_wake",
	  "&idle->wakes", MODEL_MISSING, 0 },
	{ "who falls asleep fences nobody", "weir__idle_enter", "all",
	  MODEL_MISSING, 0 },
	{ "who falls asleep does not say so", "weir__idle_enter",
	  "&idle->asleep", MODEL_MISSING, 0 },
	{ "who has run a block sees nobody asleep", "weir__idle_is_anyone",
	  "&idle->asleep", MODEL_READS, 0 },
	{ "two claim in two steps each", "advance", "&p->claimed",
	  MODEL_SPLIT, 0 },
	{ "two end blocks in two steps each", "end_beside", "&p->claimed",
	  MODEL_SPLIT, 0 },
	{ "who opens fences nobody", "run_opened", "all", MODEL_MISSING, 0 },
	{ "who goes ahead does not see what is taken", "find_ready",
	  "&p->taken", MODEL_READS, 0 },
	{ "nothing is waited for", "weir__has_done",
	  "&weir__progress_of(s, w)->done", MODEL_READS, UINT64_MAX },
	{ "what is run strictly is not told to be done", "run_strict",
	  "&weir__progress_of(s, me)->done", MODEL_MISSING, 0 },
	{ "a block that none goes ahead of is not done", "advance",
	  "&p->done", MODEL_MISSING, 0 },
};

/* As in stream_model.c. */
static const struct model_fault excused[] = {
	{ .name = "takes three threads", .function = "raise",
	  .text = "number" },
	{ .name = "takes three threads", .function = "run_opened",
	  .text = "&s->opened" },
};

const struct model_suite model_ahead_suite = {
	.name = "ahead",
	.configs = configs, .n_configs = sizeof configs / sizeof *configs,
	.faults = faults, .n_faults = sizeof faults / sizeof *faults,
	.excused = excused, .n_excused = sizeof excused / sizeof *excused,
};
