/* Task graphs with communication costs, and a yardstick for schedules. */
#ifndef BENCH_MAKESPAN_H
#define BENCH_MAKESPAN_H

#include <stdbool.h>
#include <stdint.h>

#include <weir.h>

struct dag {
	char *name;
	uint32_t n, n_edges;
	double *cost;		/* per task; each after those it needs */
	uint32_t *first;	/* n + 1: where its edges begin */
	uint32_t *from;		/* per edge: the task that it comes from */
	double *weight;		/* per edge: to hand over to another worker */
	double total;		/* of the tasks' costs */
	double ccr;		/* communication to computation: the edges'
				   weights / the tasks' costs */
	unsigned processors;	/* of the schedule that is known; 0: none is */
	double optimum;		/* how long it takes */
};

/* -- dag_file.c ----------------------------------------------------------- */

/*
 * Read NAME.dag and, where there is one, NAME.sched beside it; dag_free() it.
 * NULL after a message.
 */
struct dag *
dag_read(const char *path);

void
dag_free(struct dag *dag);

/* -- dag_tasks.c ---------------------------------------------------------- */

/* As tasks with all that they and their edges cost. */
weir_status
dag_tasks(const struct dag *dag, weir_runtime *runtime, weir_tasks **tasks);

/* Whether each task begins when all it needs is there, and no worker does two
 * things at once. */
bool
dag_spans_are_possible(const struct dag *dag, const weir_task_span *spans);

/* -- heft.c --------------------------------------------------------------- */

/* When all is over by HEFT; a negative number if there is no memory. */
double
heft_makespan(const struct dag *dag, unsigned processors);

#endif
