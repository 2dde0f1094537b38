/*
 * The claimed loop of plans, on blocks that read what the blocks they wait for
 * have written. Each block is one range of a step of its own, or, in steps
 * that are cut, one of its ranges.
 */
#include "exec/claim.c"

#include "model/model.h"

enum { WORKERS = 3, BLOCKS = 5, WAITS = 6 };

struct shape {
	unsigned workers, threads;
	uint32_t first_block[WORKERS + 1];	/* of each stream's */
	uint32_t blocks[BLOCKS];		/* stream after stream */
	uint32_t first_wait[BLOCKS + 1], waits[WAITS];
	uint32_t step[BLOCKS];			/* of each block */
	uint32_t finishes;			/* the block that does; 0 */
	bool fails[BLOCKS];
};

struct cell {
	unsigned times;			/* it has run, in all */
	unsigned finished;
};

static const struct shape *shape;
static struct weir__node nodes[BLOCKS];
static struct weir__step steps[BLOCKS];
static struct weir__work works[BLOCKS];
static struct weir__block blocks[BLOCKS];
static struct weir__stream streams[WORKERS];
static weir_plan plan;
static weir_kernel kernels[BLOCKS];
static _Atomic uint32_t claims[BLOCKS], dones[BLOCKS];
static _Atomic uint64_t ends[BLOCKS];
static uint32_t heads[WORKERS * WORKERS];
static char why[WEIR__ERROR_SIZE];
static struct weir__run run;
static struct cell cells[BLOCKS];

static uint32_t
n_blocks(void)
{
	return shape->first_block[shape->workers];
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
	     q++)
		model_expect(cells[shape->waits[q]].times == 2);
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
		kernels[i].call.op = &op;
		works[i] = (struct weir__work){
			.step = shape->step[i], .has_finish = finishes,
			.begin = i, .end = finishes ? i : i + 1
		};
		blocks[i] = (struct weir__block){
			.first_work = i, .n_work = 1,
			.first_wait = shape->first_wait[i],
			.n_waits = shape->first_wait[i + 1] -
				   shape->first_wait[i]
		};
		/* One run is behind it. */
		cells[i] = (struct cell){ 1, 0 };
		atomic_init(&claims[i], 6);
		atomic_init(&dones[i], 6);
	}
	for (i = 0; i < shape->workers; i++) {
		streams[i].blocks = (uint32_t *)shape->blocks +
				    shape->first_block[i];
		streams[i].n = shape->first_block[i + 1] -
			       shape->first_block[i];
	}
}

static void
set_up(const void *arg)
{
	shape = arg;
	set_up_blocks();
	plan.workers = shape->workers;
	plan.steps = steps;
	plan.work = works;
	plan.blocks = blocks;
	plan.waits = (uint32_t *)shape->waits;
	plan.streams = streams;
	plan.n_blocks = n_blocks();
	run.plan = &plan;
	run.kernels = kernels;
	run.number = 7;
	run.claims = claims;
	run.dones = dones;
	run.ends = ends;
	run.heads = heads;
	run.status = WEIR_OK;
	run.failed_tile = 0;
	run.why = why;
	atomic_init(&run.failed, UINT64_MAX);
}

static void
member(unsigned me)
{
	work_until_over(&run, me);
}

/* Every block has run, once; or where one fails, those of earlier steps, and
 * of the first step to fail the first range that does is told. */
static void
check(void)
{
	uint32_t first = UINT32_MAX, done, i;
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
		unsigned times = cells[i].times - 1 + cells[i].finished;

		model_expect(times <= 1);
		if (shape->step[i] < first ||
		    (shape->step[i] == first && !finishes))
			model_expect(times == 1);
		if (finishes && shape->step[i] == first)
			model_expect(times == 0);
		done = atomic_load_explicit(&dones[i], memory_order_relaxed);
		model_expect(done == 7);
	}
}

/* Two streams, of blocks 0, 3 and 1, 2; the last two wait for the others'. */
#define CROSS \
	.workers = 2, .first_block = { 0, 2, 4 }, .blocks = { 0, 3, 1, 2 }, \
	.first_wait = { 0, 0, 0, 1, 2 }, .waits = { 0, 1 }, \
	.step = { 0, 1, 2, 3 }

/* Two streams of one. */
#define APART \
	.workers = 2, .first_block = { 0, 1, 2 }, .blocks = { 0, 1 }, \
	.first_wait = { 0, 0, 0 }, .step = { 0, 1 }

/* The second after the first. */
#define AFTER \
	.workers = 2, .first_block = { 0, 1, 2 }, .blocks = { 0, 1 }, \
	.first_wait = { 0, 0, 1 }, .waits = { 0 }, .step = { 0, 1 }

/* One after the other, home with two. */
#define CHAIN \
	.workers = 2, .first_block = { 0, 2, 3 }, .blocks = { 0, 2, 1 }, \
	.first_wait = { 0, 0, 1, 2 }, .waits = { 0, 1 }, .step = { 0, 1, 2 }

/* A step of two ranges; then its finish function. */
#define CUT \
	.workers = 2, .first_block = { 0, 2, 3 }, .blocks = { 0, 2, 1 }, \
	.first_wait = { 0, 0, 0, 2 }, .waits = { 0, 1 }, \
	.step = { 0, 0, 0 }, .finishes = 2

#define CONFIG(n) .threads = n, .set_up = set_up, .thread = member, \
	.check = check

static const struct model_config configs[] = {
	{ .name = "one thread", CONFIG(1),
	  .arg = &(struct shape){ CROSS, .threads = 1 } },
	{ .name = "two threads, a chain", CONFIG(2),
	  .arg = &(struct shape){ CHAIN, .threads = 2 } },
	{ .name = "two threads, a step of two ranges", CONFIG(2),
	  .arg = &(struct shape){ CUT, .threads = 2 } },
	{ .name = "two threads, two steps fail", CONFIG(2),
	  .arg = &(struct shape){ APART, .threads = 2,
				  .fails = { true, true } } },
	{ .name = "two threads, two ranges of a step fail", CONFIG(2),
	  .arg = &(struct shape){ CUT, .threads = 2,
				  .fails = { true, true } } },
	{ .name = "three threads, two blocks apart", CONFIG(3),
	  .arg = &(struct shape){ APART, .threads = 3 } },
	{ .name = "two threads, two streams of two", CONFIG(2),
	  .arg = &(struct shape){ CROSS, .threads = 2 } },
	{ .name = "three threads, one block after the other", CONFIG(3),
	  .is_long = true, .arg = &(struct shape){ AFTER, .threads = 3 } },
};

static const struct model_fault faults[] = {
	{ "waits for nothing", "is_ready", "&run->dones[wait[i]]",
	  MODEL_READS, 7 },
	{ "looks and claims in two steps", "claim", "&run->claims[block]",
	  MODEL_SPLIT, 0 },
	{ "does not tell what is done", "work_until_over",
	  "&run->dones[block]", MODEL_MISSING, 0 },
	{ "a failure is not noted", "note_failure", "&run->failed",
	  MODEL_MISSING, 0 },
	{ "a failure is noted without the lock", "note_failure",
	  "&run->failure_lock", MODEL_MISSING, 0 },
	{ "the first failure does not show to the second", "note_failure",
	  "&run->failed", MODEL_READS, UINT64_MAX },
	{ "finishes what has failed", "do_work", "&run->failed",
	  MODEL_READS, UINT64_MAX },
	{ "work before the first failure is left out", "do_block",
	  "&run->failed", MODEL_READS, 0 },
};

const struct model_suite model_claim_suite = {
	.name = "plans",
	.configs = configs, .n_configs = sizeof configs / sizeof *configs,
	.faults = faults, .n_faults = sizeof faults / sizeof *faults,
};
