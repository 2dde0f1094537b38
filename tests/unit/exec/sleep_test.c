/*
 * Threads that sleep in a run: more of them than processors, all of which must
 * be awake again and again, or the run never ends.
 */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <pthread.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/fence.h"
#include "exec/stream_loop.h"

enum {
	WORKERS_MAX = 16, ROWS = 8, REPETITIONS = 50, RUNS = 3,
	SLOW_US = 300		/* many times what falling asleep takes */
};

/*
 * A block a worker and row; each waits for all of the row before. In even rows
 * one takes long, so that all others fall asleep; those of odd rows wait until
 * all of their row were begun, which takes every thread there is.
 */
struct rows {
	struct weir__stream_loop loop;
	struct weir__schedule streams;
	struct weir__progress progress[WORKERS_MAX];
	uint32_t first_block[WORKERS_MAX + 1];
	uint32_t first_wait[WORKERS_MAX * ROWS + 1];
	struct weir__wait waits[WORKERS_MAX * ROWS * WORKERS_MAX];
	_Atomic unsigned begun[ROWS];	/* blocks, in all runs */
	_Atomic unsigned wrong;
};

/* One of the team's threads. */
struct member {
	struct rows *rows;
	unsigned me, team;
};

static void
run_block(struct weir__stream_loop *loop, uint32_t block, uint64_t run,
	  unsigned worker)
{
	struct rows *rows = (struct rows *)loop;
	unsigned workers = rows->streams.workers, row = block % ROWS;
	unsigned all = ((unsigned)run + 1) * workers;

	(void)worker;
	if (row && atomic_load(&rows->begun[row - 1]) < all)
		atomic_fetch_add(&rows->wrong, 1);
	atomic_fetch_add(&rows->begun[row], 1);
	if (row % 2)
		while (atomic_load(&rows->begun[row]) < all)
			usleep(20);
	else if (block / ROWS == (row / 2 + run) % workers)
		usleep(SLOW_US);
}

static void
lay_out(struct rows *rows, unsigned workers, bool is_crowded)
{
	struct weir__wait *wait = rows->waits;
	unsigned w, row, from;

	memset(rows, 0, sizeof *rows);
	for (w = 0; w < workers; w++) {
		rows->first_block[w] = w * ROWS;
		for (row = 0; row < ROWS; row++) {
			rows->first_wait[w * ROWS + row] =
				(uint32_t)(wait - rows->waits);
			for (from = 0; row && from < workers; from++)
				if (from != w)
					*wait++ = (struct weir__wait){
						from, row };
		}
	}
	rows->first_block[w] = w * ROWS;
	rows->first_wait[w * ROWS] = (uint32_t)(wait - rows->waits);
	rows->streams = (struct weir__schedule){
		.workers = workers, .n_blocks = w * ROWS,
		.first_block = rows->first_block,
		.first_wait = rows->first_wait, .waits = rows->waits,
		.n_waits = (uint32_t)(wait - rows->waits),
	};
	rows->loop = (struct weir__stream_loop){
		.streams = &rows->streams, .run_block = run_block,
		.progress = rows->progress, .processors = is_crowded ? 1 : 0,
	};
}

static void *
work(void *arg)
{
	const struct member *m = arg;

	weir__stream_work(&m->rows->loop, m->me, m->team, 0, RUNS);
	return NULL;
}

/* By as many threads as there are streams, which are told so, and begin in
 * the strict loop; or are not. */
static void
run_rows(struct rows *rows, unsigned workers, bool is_strict)
{
	struct member members[WORKERS_MAX];
	pthread_t threads[WORKERS_MAX];
	unsigned i, row;

	for (i = 0; i < workers; i++) {
		members[i] = (struct member){ rows, i,
					      is_strict ? workers : 1 };
		cr_assert_eq(pthread_create(&threads[i], NULL, work,
					    &members[i]), 0);
	}
	for (i = 0; i < workers; i++)
		pthread_join(threads[i], NULL);
	cr_expect_eq(atomic_load(&rows->wrong), 0);
	for (row = 0; row < ROWS; row++)
		cr_expect_eq(atomic_load(&rows->begun[row]), RUNS * workers);
	cr_expect_eq(atomic_load(&rows->loop.idle.asleep), 0);
}

static unsigned
many_threads(void)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);

	return processors < WORKERS_MAX / 4 ? 4 * (unsigned)processors
					    : WORKERS_MAX;
}

ParameterizedTestParameters(sleep, leaves_nobody_asleep)
{
	static const int rows[] = { 0, 1, 2, 3 };

	return cr_make_param_array(int, (void *)rows, 4);
}

/* A lost wake-up would be for good: the alarm ends the test, which fails. */
ParameterizedTest(int *how, sleep, leaves_nobody_asleep, .timeout = 600)
{
	static struct rows rows;
	int i;

	alarm(300);
	for (i = 0; i < REPETITIONS; i++) {
		lay_out(&rows, many_threads(), *how & 1);
		run_rows(&rows, many_threads(), *how & 2);
	}
	alarm(0);
}

/* -- who sleeps uses no processor ------------------------------------------ */

static double
processor_seconds(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Two streams; the second's only block waits for the first's. */
static void
take_long(struct weir__stream_loop *loop, uint32_t block, uint64_t run,
	  unsigned worker)
{
	(void)loop;
	(void)run;
	(void)worker;
	if (block == 0)
		usleep(100000);
}

static void *
work_alone(void *loop)
{
	weir__stream_work(loop, 1, 2, 0, 1);
	return NULL;
}

Test(sleep, takes_no_processor, .timeout = 60)
{
	uint32_t first_block[] = { 0, 1, 2 }, first_wait[] = { 0, 0, 1 };
	struct weir__wait waits[] = { { 0, 1 } };
	struct weir__schedule streams = {
		.workers = 2, .first_block = first_block,
		.first_wait = first_wait, .waits = waits,
	};
	double used = 1;
	int i;

	if (!weir__fence_is_there())
		cr_skip_test("no membarrier(2): who waits yields");
	for (i = 0; i < 5 && used > 0.01; i++) {
		struct weir__progress progress[2] = { 0 };
		struct weir__stream_loop loop = {
			.streams = &streams, .run_block = take_long,
			.progress = progress,
		};
		pthread_t thread;

		used = processor_seconds();
		cr_assert_eq(pthread_create(&thread, NULL, work_alone, &loop),
			     0);
		weir__stream_work(&loop, 0, 2, 0, 1);
		pthread_join(thread, NULL);
		used = processor_seconds() - used;
	}
	cr_expect_leq(used, 0.01, "%g s", used);
}
