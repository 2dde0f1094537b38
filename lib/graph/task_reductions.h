/*
 * Contributions to a result, and the tasks that combine them.
 *
 * To its task a contribution is the write of a part. Combining is recorded when
 * somebody needs the result: tasks that read and write the parts, in a fixed
 * tree, and last the result. So they are ordered as any other tasks are.
 */
#ifndef WEIR_GRAPH_TASK_REDUCTIONS_H
#define WEIR_GRAPH_TASK_REDUCTIONS_H

#include "graph/tasks.h"

struct weir__contribution {
	void *part;
	double cost;		/* to hand it over; < 0: not told */
};

struct weir__reduction {
	void *result;
	weir_combine_fn combine;
	void *arg;
	weir_task_options options;	/* of the tasks that combine */
	struct weir__contribution *parts;	/* in program order */
	size_t n, room;
	/* As far as combining has been recorded: with parts that are `stride`
	 * apart, those before `at`. */
	size_t stride, at;
	uint64_t round;		/* 1 and how often it has been combined */
};

/* Memory that has been contributed. It waits to be combined while its round
 * is that of its reduction. */
struct weir__part {
	uint32_t reduction;
	uint64_t round;
};

/* How contributions to the result are combined from now on. */
weir_status
weir__tasks_set_reduction(weir_tasks *tasks, void *result,
			  weir_combine_fn combine, void *arg,
			  const weir_task_options *options);

/* Before a task with these accesses is recorded: check those that reduce, and
 * combine what the others need. What has been combined when that fails stays
 * so, and the next attempt goes on from there. */
weir_status
weir__tasks_begin_accesses(weir_tasks *tasks, const char *what,
			   const weir_access *accesses, size_t n,
			   void *const *parts);

/* weir__tasks_record() for accesses some of which reduce. */
weir_status
weir__tasks_record_reducing(weir_tasks *tasks, weir_task_fn fn, void *arg,
			    const weir_access *accesses, size_t n,
			    const weir_task_options *options);

/* What has been contributed to one, if anything. */
weir_status
weir__tasks_combine(weir_tasks *tasks, const void *result);

/* Whatever has not been combined. */
weir_status
weir__tasks_combine_all(weir_tasks *tasks);

void
weir__task_reductions_free(weir_tasks *tasks);

#endif
