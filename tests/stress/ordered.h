/*
 * Random graphs of tasks that see for themselves whether they are run in
 * order: each looks whether all that it comes after have ended, and computes a
 * number from theirs. So a schedule that lets one begin too early is found out
 * by the task, and one that orders too little memory by the bits.
 *
 * All of a graph follows from its seed. Half of them are recorded by the
 * memory that tasks read and write, half by the numbers of earlier tasks.
 */
#ifndef STRESS_ORDERED_H
#define STRESS_ORDERED_H

#include <stdatomic.h>
#include <weir.h>

#include "support/sanitizer.h"

enum { ORDERED_TASKS = 400, ORDERED_READS = 5 };

/* More threads than processors take long under ThreadSanitizer: there `make
 * check' tries a quarter of the graphs. */
enum { ORDERED_SHARE = IS_UNDER_TSAN ? 4 : 1 };

struct ordered_task {
	struct ordered *graph;
	uint32_t number;
	/* Counted over all runs; relaxed, so that nothing but the library
	 * orders the memory of tasks. */
	atomic_uint begun, ended;
	uint32_t n_after, *after;	/* whose ends it must see */
	uint32_t reads[ORDERED_READS], n_reads, writes;	/* cells */
	bool updates;			/* and reads what it writes */
	unsigned spins;			/* to take a little while */
	double ns;			/* what it is said to take */
};

struct ordered {
	uint64_t seed;
	uint32_t n, n_cells;
	double *cells;			/* what the tasks compute on */
	struct ordered_task tasks[ORDERED_TASKS];
	bool by_memory;			/* recorded by what they read */
	bool may_overlap;		/* set before ordered_compile(): then
					   only the order is looked at */
	atomic_uint too_early;		/* tasks that were begun so */
	/* What a task does besides, before it ends; a failure is the task's.
	 * NULL: nothing. */
	weir_status (*also)(struct ordered_task *task);
};

/* Fails the running test without memory. */
struct ordered *ordered_new(uint64_t seed);
void ordered_free(struct ordered *graph);

/* Nothing has run yet. */
void ordered_reset(struct ordered *graph);

weir_schedule *ordered_compile(struct ordered *graph, weir_runtime *runtime);

/* The weir_task_fn of all tasks. */
weir_status ordered_run(void *task);

/* Whether task `later` comes after `sooner`, by way of others too. */
bool ordered_depends(const struct ordered *graph, uint32_t later,
		     uint32_t sooner);

/*
 * The first thing that is not as after so many whole runs one after the
 * other, with the seed to try again, in words; NULL where all is right.
 */
const char *ordered_fault(const struct ordered *graph, unsigned runs);

#endif
