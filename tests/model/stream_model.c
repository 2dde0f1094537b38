/*
 * The loops of task schedules, on blocks that read what the blocks they wait
 * for have written.
 */
#include "exec/stream_block.c"
#include "exec/stream_claimed.c"
#include "exec/stream_loop.c"
#include "exec/stream_run.c"

#include "model/model.h"

enum { WORKERS = 3, BLOCKS = 6, WAITS = 6 };

/* A block has one task; they were recorded in the order of the blocks unless
 * `recorded` says otherwise. */
struct shape {
	unsigned workers, threads;
	uint32_t first_block[WORKERS + 1];
	uint32_t first_wait[BLOCKS + 1];
	struct weir__wait waits[WAITS];
	uint64_t before, times;		/* runs */
	bool was_strict;		/* the runs before */
	const uint32_t *recorded;
	bool fails[BLOCKS];
	uint8_t ahead[BLOCKS];		/* as in struct weir__schedule */
	/* Each of its last two blocks waits until the other was begun. */
	bool meet;
};

struct cell {
	uint32_t block;
	unsigned times;			/* it has run */
	atomic_uint begun;		/* so often */
};

static const uint32_t first_item[BLOCKS + 1] = { 0, 1, 2, 3, 4, 5, 6 };

static const struct shape *shape;
static struct weir__schedule streams;
static struct weir__task entries[BLOCKS];
static struct weir__progress progress[WORKERS];
static char why[WEIR__ERROR_SIZE];
static weir_schedule schedule;
static struct weir__stream_run run;
static struct cell cells[BLOCKS];

static uint32_t
n_blocks(void)
{
	return shape->first_block[shape->workers];
}

static bool
has_ahead(void)
{
	uint32_t block;

	for (block = 0; block < BLOCKS; block++)
		if (shape->ahead[block])
			return true;
	return false;
}

/* Who waits here does nothing else: it takes somebody who sleeps. */
static void
meet(uint32_t block)
{
	struct cell *other = &cells[2 * n_blocks() - 3 - block];

	atomic_fetch_add_explicit(&cells[block].begun, 1,
				  memory_order_relaxed);
	while (atomic_load_explicit(&other->begun, memory_order_relaxed) <=
	       cells[block].times)
		weir__pause();
}

static weir_status
task(void *arg)
{
	struct cell *cell = arg;
	uint32_t block = cell->block, before, first, q;
	bool may_fail = false;
	unsigned w;

	for (w = 0; block >= shape->first_block[w + 1]; )
		w++;
	for (q = 0; q < n_blocks(); q++)
		may_fail |= shape->fails[q];
	/* Of what may be ahead of others, what comes before these; and what
	 * they wait for. */
	before = block - (shape->ahead[block] & WEIR__AHEAD_MAX);
	first = shape->first_wait[before];
	for (q = first; !may_fail && q < shape->first_wait[block + 1]; q++) {
		const struct weir__wait *wait = &shape->waits[q];
		const struct cell *from = &cells[wait->position - 1 +
			shape->first_block[wait->worker]];

		model_expect(from->times == cell->times + 1);
	}
	if (!may_fail && before > shape->first_block[w])
		model_expect(cells[before - 1].times == cell->times + 1);
	if (shape->meet && block + 2 >= n_blocks())
		meet(block);
	cell->times++;
	return shape->fails[block] ? WEIR_EINVAL : WEIR_OK;
}

static void
set_up(const void *arg)
{
	uint32_t i;

	shape = arg;
	streams.workers = shape->workers;
	streams.n_items = streams.n_blocks = n_blocks();
	streams.items = (uint32_t *)(shape->recorded ? shape->recorded
						     : first_item);
	streams.first_item = (uint32_t *)first_item;
	streams.first_block = (uint32_t *)shape->first_block;
	streams.first_wait = (uint32_t *)shape->first_wait;
	streams.waits = (struct weir__wait *)shape->waits;
	streams.ahead = has_ahead() ? (uint8_t *)shape->ahead : NULL;
	for (i = 0; i < n_blocks(); i++) {
		cells[i] = (struct cell){ .block = i,
					  .times = (unsigned)shape->before };
		entries[i] = (struct weir__task){ task, &cells[i] };
	}
	schedule.name = (char *)"s";
	schedule.streams = &streams;
	schedule.entries = entries;
	for (i = 0; i < shape->workers; i++) {
		uint64_t done = shape->before * (shape->first_block[i + 1] -
						 shape->first_block[i]);

		atomic_init(&progress[i].done, done);
		atomic_init(&progress[i].taken, 0);
		atomic_init(&progress[i].claimed,
			    shape->was_strict ? 0 : done << BITS);
	}
	run.loop.streams = &streams;
	run.loop.run_block = weir__stream_run_block;
	run.loop.progress = progress;
	atomic_init(&run.loop.opening, shape->before);
	atomic_init(&run.loop.opened, shape->before);
	atomic_init(&run.loop.idle.asleep, 0);
	atomic_init(&run.loop.idle.wakes, 0);
	run.schedule = &schedule;
	run.why = why;
	run.end = shape->before;
	run.next = NULL;
	schedule.idle = &run;
	model_expect(take_run(&schedule, shape->times) == &run);
}

static void
member(unsigned me)
{
	weir__stream_work(&run.loop, me, shape->threads, run.begin, run.end);
}

/* The first two threads end the blocks that the third stream's waits for; the
 * last has entered and is about to sleep. */
static void
share_or_sleep(unsigned me)
{
	if (me == 2) {
		weir__idle_sleep(&run.loop.idle, 0);
		return;
	}
	/* relaxed: the blocks have written nothing */
	atomic_store_explicit(&progress[me].done, 1, memory_order_relaxed);
	share(&run.loop, 0);
}

static void
set_up_one_asleep(const void *arg)
{
	unsigned i;

	set_up(arg);
	atomic_init(&run.loop.idle.asleep, 1);
	for (i = 0; i < 2; i++)
		atomic_init(&progress[i].claimed, 1);
}

static uint64_t
recorded(uint32_t block)
{
	return shape->recorded ? shape->recorded[block] : block;
}

/* Every block has run, every time; or where one fails, those recorded before
 * the first of them, and that is the one that is told. */
static void
check(void)
{
	uint64_t first = UINT64_MAX, failed;
	uint32_t i;

	for (i = 0; i < n_blocks(); i++)
		if (shape->fails[i] && recorded(i) < first)
			first = recorded(i);
	failed = atomic_load_explicit(&run.failed, memory_order_relaxed);
	model_expect(failed == first);
	model_expect(run.status ==
		     (first == UINT64_MAX ? WEIR_OK : WEIR_EINVAL));
	for (i = 0; i < n_blocks(); i++) {
		model_expect(cells[i].times <= shape->before + shape->times);
		if (recorded(i) < first)
			model_expect(cells[i].times ==
				     shape->before + shape->times);
	}
}

/* Two streams of two; the second blocks wait for the other's first. */
#define CROSS \
	.workers = 2, .first_block = { 0, 2, 4 }, \
	.first_wait = { 0, 0, 1, 1, 2 }, .waits = { { 1, 1 }, { 0, 1 } }

/* Two streams of one that do not know each other. */
#define APART \
	.workers = 2, .first_block = { 0, 1, 2 }, .first_wait = { 0, 0, 0 }

/* One stream of one; the second has none. */
#define LONE \
	.workers = 2, .first_block = { 0, 1, 1 }, .first_wait = { 0, 0 }

/* The second after the first. */
#define AFTER \
	.workers = 2, .first_block = { 0, 1, 2 }, .first_wait = { 0, 0, 1 }, \
	.waits = { { 0, 1 } }

/* One stream of one, after that of another; the third has none. */
#define LAST \
	.workers = 3, .first_block = { 0, 1, 2, 2 }, \
	.first_wait = { 0, 0, 1 }, .waits = { { 0, 1 } }

/* Three streams of one, each after the one before. */
#define CHAIN \
	.workers = 3, .first_block = { 0, 1, 2, 3 }, \
	.first_wait = { 0, 0, 1, 2 }, .waits = { { 0, 1 }, { 1, 1 } }

/* Two streams: 0, then 1; 2 after 0. */
#define FORK \
	.workers = 2, .first_block = { 0, 2, 3 }, \
	.first_wait = { 0, 0, 0, 1 }, .waits = { { 0, 1 } }

/* Three streams: 0, then 1; 2, then 3; 4 after 0 and 2. */
#define JOIN \
	.workers = 3, .first_block = { 0, 2, 4, 5 }, \
	.first_wait = { 0, 0, 0, 0, 0, 2 }, .waits = { { 0, 1 }, { 1, 1 } }

/* Three streams: 0, then 1 and 2, then 3 on the first. */
#define DIAMOND \
	.workers = 3, .first_block = { 0, 2, 3, 4 }, \
	.first_wait = { 0, 0, 2, 3, 4 }, \
	.waits = { { 1, 1 }, { 2, 1 }, { 0, 1 }, { 0, 1 } }

/* One stream of two; the second has none. */
#define TWO \
	.workers = 2, .first_block = { 0, 2, 2 }, .first_wait = { 0, 0, 0 }

/* One stream of three; the second has none. */
#define THREE \
	.workers = 2, .first_block = { 0, 3, 3 }, .first_wait = { 0, 0, 0, 0 }

/* Two streams: 0 and 1; 2 after 1. */
#define BEHIND \
	.workers = 2, .first_block = { 0, 2, 3 }, \
	.first_wait = { 0, 0, 0, 1 }, .waits = { { 0, 2 } }

/* Two streams: 0, after 2, and 1. */
#define HELD \
	.workers = 2, .first_block = { 0, 2, 3 }, \
	.first_wait = { 0, 1, 1, 1 }, .waits = { { 1, 1 } }

#define SECOND_AHEAD \
	.ahead = { WEIR__LONG_BLOCK, WEIR__LONG_BLOCK | 1 }

#define ALL_AHEAD \
	.ahead = { WEIR__LONG_BLOCK, WEIR__LONG_BLOCK | 1, \
		   WEIR__LONG_BLOCK | 2 }

/* The second needs the first. */
#define LAST_AHEAD \
	.ahead = { WEIR__LONG_BLOCK, WEIR__LONG_BLOCK, WEIR__LONG_BLOCK | 2 }

#define CONFIG(n) .threads = n, .set_up = set_up, .thread = member, \
	.check = check

static const uint32_t backwards[] = { 3, 2, 1, 0 };

static const struct model_config configs[] = {
	{ .name = "strict, two streams", CONFIG(2),
	  .arg = &(struct shape){ CROSS, .threads = 2, .times = 1 } },
	{ .name = "strict, two streams, twice, after three runs", CONFIG(2),
	  .arg = &(struct shape){ CROSS, .threads = 2, .before = 3,
				  .times = 2 } },
	{ .name = "strict, three streams, twice", CONFIG(3),
	  .arg = &(struct shape){ CHAIN, .threads = 3, .times = 2 } },
	{ .name = "strict, a diamond, twice", CONFIG(3),
	  .arg = &(struct shape){ DIAMOND, .threads = 3, .times = 2 } },
	{ .name = "claimed by one", CONFIG(1),
	  .arg = &(struct shape){ CROSS, .threads = 1, .times = 2 } },
	{ .name = "two end what a third block waits for, one sleeps",
	  .threads = 3, .set_up = set_up_one_asleep,
	  .thread = share_or_sleep,
	  .arg = &(struct shape){ JOIN, .threads = 1, .times = 1 } },
	{ .name = "claimed by two of two streams, one sleeps", CONFIG(2),
	  .impatient = 1, .long_waits = 1,
	  .arg = &(struct shape){ AFTER, .threads = 1, .times = 1 } },
	{ .name = "opened, one sleeps, one stream", CONFIG(2), .impatient = 2,
	  .long_waits = 2,
	  .arg = &(struct shape){ LONE, .threads = 2, .times = 1 } },
	{ .name = "claimed by three of two streams", CONFIG(3),
	  .arg = &(struct shape){ APART, .threads = 3, .times = 1 } },
	{ .name = "claimed by two of three streams", CONFIG(2),
	  .arg = &(struct shape){ CHAIN, .threads = 2, .times = 1 } },
	{ .name = "claimed by two of three streams, after strict runs",
	  CONFIG(2),
	  .arg = &(struct shape){ CHAIN, .threads = 2, .before = 2,
				  .times = 1, .was_strict = true } },
	{ .name = "claimed by three, one block after the other", CONFIG(3),
	  .arg = &(struct shape){ AFTER, .threads = 3, .times = 1 } },
	{ .name = "claimed by two, a diamond", CONFIG(2),
	  .arg = &(struct shape){ DIAMOND, .threads = 2, .times = 1 } },
	{ .name = "claimed by two, one goes ahead", CONFIG(2),
	  .arg = &(struct shape){ TWO, .threads = 1, .times = 1,
				  SECOND_AHEAD } },
	{ .name = "claimed by two, all go ahead", CONFIG(2), .is_long = true,
	  .arg = &(struct shape){ THREE, .threads = 1, .times = 1,
				  ALL_AHEAD } },
	{ .name = "claimed by two, who goes ahead is waited for", CONFIG(2),
	  .arg = &(struct shape){ BEHIND, .threads = 1, .times = 1,
				  SECOND_AHEAD } },
	{ .name = "claimed by two, who goes ahead waits as the one before",
	  CONFIG(2),
	  .arg = &(struct shape){ HELD, .threads = 1, .times = 1,
				  SECOND_AHEAD } },
	{ .name = "opened, one goes ahead", CONFIG(2),
	  .impatient = 2, .impatient_in = "is_better_opened",
	  .arg = &(struct shape){ TWO, .threads = 2, .times = 1,
				  SECOND_AHEAD } },
	{ .name = "claimed by two, one goes ahead, twice",
	  CONFIG(2), .is_long = true,
	  .arg = &(struct shape){ TWO, .threads = 1, .before = 1,
				  .times = 2, SECOND_AHEAD } },
	{ .name = "opened, all go ahead", CONFIG(2),
	  .impatient = 3, .impatient_in = "is_better_opened", .is_long = true,
	  .arg = &(struct shape){ THREE, .threads = 2, .times = 1,
				  ALL_AHEAD } },
	{ .name = "claimed by three, all go ahead", CONFIG(3),
	  .is_long = true,
	  .arg = &(struct shape){ THREE, .threads = 3, .times = 1,
				  ALL_AHEAD } },
	{ .name = "strict, both streams fail", CONFIG(2),
	  .arg = &(struct shape){ CROSS, .threads = 2, .times = 1,
				  .recorded = backwards,
				  .fails = { true, false, true } } },
	{ .name = "claimed by three, both streams fail", CONFIG(3),
	  .arg = &(struct shape){ APART, .threads = 3, .times = 1,
				  .fails = { true, true } } },
	{ .name = "claimed by two, one block after another's, twice",
	  CONFIG(2),
	  .arg = &(struct shape){ LAST, .threads = 2, .before = 1,
				  .times = 2 } },
	{ .name = "opened, two streams", CONFIG(2), .impatient = 3,
	  .impatient_in = "is_better_opened",
	  .arg = &(struct shape){ CROSS, .threads = 2, .times = 1 } },
	{ .name = "opened, one stream, twice", CONFIG(2), .impatient = 2,
	  .impatient_in = "is_better_opened",
	  .arg = &(struct shape){ LONE, .threads = 2, .before = 1,
				  .times = 2 } },
	{ .name = "claimed by two, one sleeps, two blocks meet", CONFIG(2),
	  .impatient = 2, .long_waits = 1,
	  .arg = &(struct shape){ FORK, .threads = 1, .times = 1,
				  .meet = true } },
	{ .name = "opened, one sleeps", CONFIG(2), .impatient = 2,
	  .long_waits = 2, .is_long = true,
	  .arg = &(struct shape){ AFTER, .threads = 2, .times = 1 } },
	{ .name = "opened, one block after another's, twice", CONFIG(2),
	  .impatient = 3, .impatient_in = "is_better_opened", .is_long = true,
	  .arg = &(struct shape){ AFTER, .threads = 2, .before = 1,
				  .times = 2 } },
	{ .name = "claimed by two of three streams, twice", CONFIG(2),
	  .is_long = true,
	  .arg = &(struct shape){ CHAIN, .threads = 2, .before = 1,
				  .times = 2 } },
	{ .name = "claimed by three, one block after the other, twice",
	  CONFIG(3), .is_long = true,
	  .arg = &(struct shape){ AFTER, .threads = 3, .times = 2 } },
	/* The last: it takes longest. */
	{ .name = "claimed by two, one goes ahead of what cannot begin",
	  CONFIG(2),
	  .arg = &(struct shape){ THREE, .threads = 1, .times = 1,
				  LAST_AHEAD } },
};

static const struct model_fault faults[] = {
	{ "nothing is waited for", "weir__has_done", "&weir__progress_of(s, w)->done",
	  MODEL_READS, UINT64_MAX },
	{ "strict does not tell what is done", "run_strict",
	  "&weir__progress_of(s, me)->done", MODEL_MISSING, 0 },
	{ "strict does not tell what is taken", "take", "&p->taken",
	  MODEL_MISSING, 0 },
	{ "strict does not look whether the run was opened", "is_open",
	  "&s->opening", MODEL_READS, 0 },
	{ "who opens fences nobody", "run_opened", "all", MODEL_MISSING, 0 },
	{ "who comes to an opened run does not wait for the fence",
	  "run_opened", "&s->opened", MODEL_READS, UINT64_MAX },
	{ "what is taken is claimed", "find_ready", "&p->taken",
	  MODEL_READS, 0 },
	{ "claimed looks and claims in two steps", "advance", "&p->claimed",
	  MODEL_SPLIT, 0 },
	{ "claimed does not tell what is done", "advance", "&p->done",
	  MODEL_MISSING, 0 },
	{ "who ends a block ahead does not say so", "end_beside",
	  "&p->claimed", MODEL_SPLIT, 0 },
	{ "two end blocks without a fence", "share", "fence", MODEL_MISSING,
	  0 },
	{ "who ends a run wakes nobody", "weir__idle_wake", "wake",
	  MODEL_MISSING, 0 },
	{ "who falls asleep fences nobody", "weir__idle_enter", "all",
	  MODEL_MISSING, 0 },
	{ "who falls asleep does not say so", "weir__idle_enter",
	  "&idle->asleep", MODEL_MISSING, 0 },
	{ "who has run a block sees nobody asleep", "weir__idle_is_anyone",
	  "&idle->asleep", MODEL_READS, 0 },
	{ "a failure is not noted", "weir__stream_fail", "&run->failed",
	  MODEL_MISSING, 0 },
	{ "a failure is noted without the lock", "weir__stream_fail",
	  "&run->failure_lock", MODEL_MISSING, 0 },
	{ "the first failure does not show to the second",
	  "weir__stream_fail", "&run->failed", MODEL_READS, UINT64_MAX },
	{ "tasks before the first failure are not run",
	  "weir__stream_run_block", "&run->failed", MODEL_READS, 0 },
};

/* Of two threads, both have been fenced once one has opened the run. A third
 * can have a block that the second does not know of; but three threads have
 * too many orders here to be tried. */
static const struct model_fault excused[] = {
	{ .name = "takes three threads", .function = "raise",
	  .text = "number" },
	{ .name = "takes three threads", .function = "run_opened",
	  .text = "&s->opened" },
};

const struct model_suite model_stream_suite = {
	.name = "streams",
	.configs = configs, .n_configs = sizeof configs / sizeof *configs,
	.faults = faults, .n_faults = sizeof faults / sizeof *faults,
	.excused = excused, .n_excused = sizeof excused / sizeof *excused,
};
