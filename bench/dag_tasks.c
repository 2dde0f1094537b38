/* A graph as tasks that do nothing; whether a simulation of it is possible. */
#include <stdlib.h>

#include "makespan.h"

static weir_status
nothing(void *arg)
{
	(void)arg;
	return WEIR_OK;
}

weir_status
dag_tasks(const struct dag *d, weir_runtime *runtime, weir_tasks **made)
{
	weir_task_options options = { .size = sizeof options };
	weir_tasks *tasks;
	weir_status status = weir_tasks_create(runtime, d->name, &tasks);
	uint32_t i;

	if (status)
		return status;
	for (i = 0; i < d->n && !status; i++) {
		options.nanoseconds = d->cost[i];
		options.edge_nanoseconds = d->weight + d->first[i];
		status = weir_tasks_add_after(tasks, nothing, NULL,
					      d->from + d->first[i],
					      d->first[i + 1] - d->first[i],
					      &options, NULL);
	}
	if (status)
		weir_tasks_release(tasks);
	else
		*made = tasks;
	return status;
}

static const weir_task_span *sorted_by;

static int
by_worker(const void *a, const void *b)
{
	const weir_task_span *x = &sorted_by[*(const uint32_t *)a];
	const weir_task_span *y = &sorted_by[*(const uint32_t *)b];

	if (x->worker != y->worker)
		return x->worker < y->worker ? -1 : 1;
	return (x->start > y->start) - (x->start < y->start);
}

static bool
has_all_it_needs(const struct dag *d, const weir_task_span *spans, uint32_t i)
{
	uint32_t e;

	for (e = d->first[i]; e < d->first[i + 1]; e++) {
		const weir_task_span *pred = &spans[d->from[e]];

		if (spans[i].start < pred->end +
		    (pred->worker == spans[i].worker ? 0 : d->weight[e]))
			return false;
	}
	return true;
}

bool
dag_spans_are_possible(const struct dag *d, const weir_task_span *spans)
{
	uint32_t *order = calloc((size_t)d->n + 1, sizeof *order);
	bool is_good = order != NULL;
	uint32_t i;

	for (i = 0; is_good && i < d->n; i++) {
		order[i] = i;
		is_good = spans[i].worker < d->processors &&
			  spans[i].end >= spans[i].start + d->cost[i] &&
			  has_all_it_needs(d, spans, i);
	}
	sorted_by = spans;
	if (is_good)
		qsort(order, d->n, sizeof *order, by_worker);
	for (i = 1; is_good && i < d->n; i++) {
		const weir_task_span *last = &spans[order[i - 1]];
		const weir_task_span *next = &spans[order[i]];

		is_good = next->worker != last->worker ||
			  next->start >= last->end;
	}
	free(order);
	return is_good;
}
