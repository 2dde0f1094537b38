/*
 * Blocks of plans, which read what the blocks they wait for have written. Each
 * block is one range of a step of its own, or, in steps that are cut, one of
 * its ranges. The loop is that of all streams, see stream_model.c.
 */
#include "exec/plan_block.c"

#include "model/model.h"

enum { WORKERS = 2, BLOCKS = 4, WAITS = 2, BEFORE = 6 };

struct shape {
	unsigned threads;
	uint32_t first_block[WORKERS + 1];	/* of each stream's */
	uint32_t first_wait[BLOCKS + 1];
	struct weir__wait waits[WAITS];
	uint32_t step[BLOCKS];			/* of each block */
	uint32_t finishes;			/* the block that does; 0 */
	bool fails[BLOCKS];
	bool is_simple;				/* the ranges are: see plan.h */
};

struct cell {
	unsigned times;			/* it has run, in all */
	unsigned finished;
};

static const struct shape *shape;
static struct weir__node nodes[BLOCKS];
static struct weir__step steps[BLOCKS];
static struct weir__work works[BLOCKS];
static uint32_t items[BLOCKS + 1];
static struct weir__schedule streams;
static struct weir__progress progress[WORKERS];
static weir_plan plan;
static weir_kernel kernels[BLOCKS];
static char why[WEIR__ERROR_SIZE];
static struct weir__run run;
static struct cell cells[BLOCKS];

static uint32_t
n_blocks(void)
{
	return shape->first_block[WORKERS];
}

static bool
may_fail(void)
{
	uint32_t i;

	for (i = 0; i < n_blocks(); i++)
		if (shape->fails[i])
			return true;
	return false;
}

static void
expect_waited_for(uint32_t block)
{
	uint32_t q;

	for (q = shape->first_wait[block]; q < shape->first_wait[block + 1];
	     q++) {
		const struct weir__wait *wait = &shape->waits[q];

		model_expect(cells[shape->first_block[wait->worker] +
				   wait->position - 1].times == 1);
	}
}

/* Tiles are numbered as the blocks are. */
static weir_status
kernel(const weir_kernel *k, int64_t begin, int64_t end)
{
	(void)k;
	(void)end;
	if (!may_fail())
		expect_waited_for((uint32_t)begin);
	cells[begin].times++;
	return shape->fails[begin] ? WEIR_EINVAL : WEIR_OK;
}

static weir_status
finish(const weir_kernel *k)
{
	(void)k;
	expect_waited_for(shape->finishes);
	cells[shape->finishes].finished++;
	return WEIR_OK;
}

static const weir_op op = {
	.size = sizeof op, .name = "op", .kernel = kernel, .finish = finish,
};

static void
set_up_blocks(void)
{
	uint32_t i;

	for (i = 0; i < n_blocks(); i++) {
		bool finishes = shape->finishes && i == shape->finishes;

		nodes[i].ordinal = i + 1;
		steps[i].node = &nodes[i];
		steps[i].first_ordinal = i + 1;
		kernels[i].call.op = &op;
		works[i] = (struct weir__work){
			.step = shape->step[i], .has_finish = finishes,
			.begin = i, .end = finishes ? i : i + 1
		};
		if (shape->is_simple && !finishes)
			works[i].simple = kernel;
		cells[i] = (struct cell){ 0, 0 };
		items[i] = i;
	}
	items[i] = i;
	for (i = 0; i < WORKERS; i++) {
		uint64_t done = BEFORE * (shape->first_block[i + 1] -
					  shape->first_block[i]);

		atomic_init(&progress[i].done, done);
		atomic_init(&progress[i].claimed, done);
		atomic_init(&progress[i].taken, 0);
	}
}

static void
set_up(const void *arg)
{
	shape = arg;
	set_up_blocks();
	streams = (struct weir__schedule){
		.workers = WORKERS, .n_items = n_blocks(),
		.n_blocks = n_blocks(), .items = items, .first_item = items,
		.first_block = (uint32_t *)shape->first_block,
		.first_wait = (uint32_t *)shape->first_wait,
		.waits = (struct weir__wait *)shape->waits,
	};
	plan.steps = steps;
	plan.work = works;
	plan.schedule = &streams;
	run.plan = &plan;
	run.kernels = kernels;
	run.number = BEFORE + 1;	/* it is counted when it begins */
	run.loop.streams = &streams;
	run.loop.run_block = weir__run_block;
	run.loop.progress = progress;
	atomic_init(&run.loop.opening, BEFORE);
	atomic_init(&run.loop.opened, BEFORE);
	run.status = WEIR_OK;
	run.failed_tile = 0;
	run.why = why;
	atomic_init(&run.failed, UINT64_MAX);
}

static void
member(unsigned me)
{
	work(&run, me, shape->threads);
}

/* Every block has run, once; or where one fails, those of earlier steps, and
 * of the first step to fail the first range that does is told. */
static void
check(void)
{
	uint32_t first = UINT32_MAX, i;
	uint64_t failed;
	int64_t tile = -1;

	for (i = 0; i < n_blocks(); i++)
		if (shape->fails[i] && shape->step[i] < first) {
			first = shape->step[i];
			tile = i;
		}
	failed = atomic_load_explicit(&run.failed, memory_order_relaxed);
	model_expect(failed == (tile < 0 ? UINT64_MAX : first + 1));
	model_expect(run.status == (tile < 0 ? WEIR_OK : WEIR_EINVAL));
	if (tile >= 0)
		model_expect(run.failed_step == first &&
			     run.failed_tile == tile);
	for (i = 0; i < n_blocks(); i++) {
		bool finishes = shape->finishes && i == shape->finishes;
		unsigned times = cells[i].times + cells[i].finished;

		model_expect(times <= 1);
		if (shape->step[i] < first ||
		    (shape->step[i] == first && !finishes))
			model_expect(times == 1);
		if (finishes && shape->step[i] == first)
			model_expect(times == 0);
	}
}

/* Two streams of two; the second blocks wait for the other's first. */
#define CROSS \
	.first_block = { 0, 2, 4 }, .first_wait = { 0, 0, 1, 1, 2 }, \
	.waits = { { 1, 1 }, { 0, 1 } }, .step = { 0, 2, 1, 3 }

/* Two streams of one. */
#define APART \
	.first_block = { 0, 1, 2 }, .first_wait = { 0, 0, 0 }, \
	.step = { 0, 1 }

/* A step of two ranges; then its finish function. */
#define CUT \
	.first_block = { 0, 2, 3 }, .first_wait = { 0, 0, 1, 1 }, \
	.waits = { { 1, 1 } }, .step = { 0, 0, 0 }, .finishes = 1

#define CONFIG(n) .threads = n, .set_up = set_up, .thread = member, \
	.check = check

static const struct model_config configs[] = {
	{ .name = "one thread", CONFIG(1),
	  .arg = &(struct shape){ CROSS, .threads = 1 } },
	{ .name = "strict, two streams of two", CONFIG(2),
	  .arg = &(struct shape){ CROSS, .threads = 2 } },
	{ .name = "strict, a step of two ranges", CONFIG(2),
	  .arg = &(struct shape){ CUT, .threads = 2 } },
	{ .name = "strict, two steps fail", CONFIG(2),
	  .arg = &(struct shape){ APART, .threads = 2,
				  .fails = { true, true } } },
	{ .name = "strict, two ranges of a step fail", CONFIG(2),
	  .arg = &(struct shape){ CUT, .threads = 2,
				  .fails = { true, false, true } } },
	{ .name = "strict, two streams of two, simple", CONFIG(2),
	  .arg = &(struct shape){ CROSS, .threads = 2, .is_simple = true } },
	{ .name = "strict, two steps fail, simple", CONFIG(2),
	  .arg = &(struct shape){ APART, .threads = 2, .is_simple = true,
				  .fails = { true, true } } },
	{ .name = "strict, two ranges of a step fail, simple", CONFIG(2),
	  .arg = &(struct shape){ CUT, .threads = 2, .is_simple = true,
				  .fails = { true, false, true } } },
	{ .name = "claimed by three, two steps fail", CONFIG(3),
	  .arg = &(struct shape){ APART, .threads = 3,
				  .fails = { true, true } } },
};

static const struct model_fault faults[] = {
	{ "a failure is not noted", "note_failure", "&run->failed",
	  MODEL_MISSING, 0 },
	{ "a failure is noted without the lock", "note_failure",
	  "&run->failure_lock", MODEL_MISSING, 0 },
	{ "the first failure does not show to the second", "note_failure",
	  "&run->failed", MODEL_READS, UINT64_MAX },
	{ "finishes what has failed", "do_work", "&run->failed",
	  MODEL_READS, UINT64_MAX },
	{ "work before the first failure is left out", "do_any_work",
	  "&run->failed", MODEL_READS, 0 },
};

/* The loop's own orders are shown to matter by the suite of streams. */
static const struct model_fault excused[] = {
	{ .name = "see streams", .function = "find_ready",
	  .text = "&p->taken" },
	{ .name = "see streams", .function = "find_ready",
	  .text = "&p->done" },
	{ .name = "see streams", .function = "advance", .text = "&p->done" },
	{ .name = "see streams", .function = "take", .text = "&p->taken" },
	{ .name = "nobody goes ahead", .function = "advance",
	  .text = "&p->claimed" },
	{ .name = "nobody goes ahead", .function = "find_ready",
	  .text = "&p->claimed" },
};

const struct model_suite model_plan_suite = {
	.name = "plans",
	.configs = configs, .n_configs = sizeof configs / sizeof *configs,
	.faults = faults, .n_faults = sizeof faults / sizeof *faults,
	.excused = excused, .n_excused = sizeof excused / sizeof *excused,
};
