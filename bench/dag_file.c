/*
 * Task graphs from files.
 *
 * NAME.dag: comments (#), "TASKS EDGES", then "task ID COST" and "edge FROM TO
 * WEIGHT", IDs from 0 in any order. NAME.sched: "TASKS PROCESSORS MAKESPAN",
 * and who runs what, which is not read. Tasks get new numbers, so that each
 * comes after those it needs.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "makespan.h"

struct edge {
	uint32_t from, to;
	double weight;
};

struct file {			/* as it is there */
	uint32_t n, n_edges, tasks, edges;	/* said to be; read so far */
	double *cost;
	struct edge *edge;
};

/* -- lines ---------------------------------------------------------------- */

static bool
take_line(struct file *f, const char *line)
{
	struct edge e;
	uint32_t id;
	double cost;

	if (sscanf(line, "task %u %lf", &id, &cost) == 2) {
		if (id >= f->n || f->cost[id] > 0 || !(cost > 0))
			return false;
		f->cost[id] = cost;
		f->tasks++;
		return true;
	}
	if (sscanf(line, "edge %u %u %lf", &e.from, &e.to, &e.weight) == 3) {
		if (e.from >= f->n || e.to >= f->n || !(e.weight >= 0) ||
		    f->edges == f->n_edges)
			return false;
		f->edge[f->edges++] = e;
		return true;
	}
	return false;
}

static bool
read_lines(FILE *stream, struct file *f)
{
	char line[512];
	bool has_sizes = false;

	while (fgets(line, sizeof line, stream)) {
		if (line[0] == '#' || line[0] == '\n')
			continue;
		if (has_sizes) {
			if (!take_line(f, line))
				return false;
			continue;
		}
		if (sscanf(line, "%u %u", &f->n, &f->n_edges) != 2)
			return false;
		has_sizes = true;
		f->cost = calloc((size_t)f->n + 1, sizeof *f->cost);
		f->edge = calloc((size_t)f->n_edges + 1, sizeof *f->edge);
		if (!f->cost || !f->edge)
			return false;
	}
	return has_sizes && f->tasks == f->n && f->edges == f->n_edges;
}

/* -- numbers -------------------------------------------------------------- */

static const uint32_t *sorted_by;

static int
by_end(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	if (x->to != y->to)
		return sorted_by[x->to] < sorted_by[y->to] ? -1 : 1;
	return sorted_by[x->from] < sorted_by[y->from]
		? -1 : sorted_by[x->from] > sorted_by[y->from];
}

static int
by_source(const void *a, const void *b)
{
	const struct edge *x = a, *y = b;

	return x->from < y->from ? -1 : x->from > y->from;
}

/* number[id]: each above those of the tasks it needs. False: a cycle. */
static bool
number_tasks(struct file *f, uint32_t *number, uint32_t *queue,
	     uint32_t *first, uint32_t *missing)
{
	uint32_t i, e, head, end = 0;

	qsort(f->edge, f->n_edges, sizeof *f->edge, by_source);
	for (e = 0; e < f->n_edges; e++) {
		first[f->edge[e].from + 1]++;
		missing[f->edge[e].to]++;
	}
	for (i = 0; i < f->n; i++) {
		first[i + 1] += first[i];
		if (!missing[i])
			queue[end++] = i;
	}
	for (head = 0; head < end; head++) {
		uint32_t id = queue[head];

		number[id] = head;
		for (e = first[id]; e < first[id + 1]; e++)
			if (--missing[f->edge[e].to] == 0)
				queue[end++] = f->edge[e].to;
	}
	return end == f->n;
}

static bool
renumber(struct file *f, struct dag *d)
{
	size_t n = (size_t)f->n + 1;
	uint32_t *number = calloc(n, sizeof *number);
	uint32_t *queue = calloc(n, sizeof *queue);
	uint32_t *first = calloc(n, sizeof *first);
	uint32_t *missing = calloc(n, sizeof *missing);
	bool is_good = number && queue && first && missing &&
		       number_tasks(f, number, queue, first, missing);
	uint32_t i;

	for (i = 0; is_good && i < f->n; i++) {
		d->cost[number[i]] = f->cost[i];
		d->total += f->cost[i];
	}
	sorted_by = number;
	if (is_good)
		qsort(f->edge, f->n_edges, sizeof *f->edge, by_end);
	for (i = 0; is_good && i < f->n_edges; i++) {
		const struct edge *e = &f->edge[i];

		if (i && e[-1].from == e->from && e[-1].to == e->to)
			is_good = false;
		d->first[number[e->to] + 1]++;
		d->from[i] = number[e->from];
		d->weight[i] = e->weight;
		d->ccr += e->weight;
	}
	for (i = 0; is_good && i < f->n; i++)
		d->first[i + 1] += d->first[i];
	d->ccr = d->total > 0 ? d->ccr / d->total : 0;
	free(number);
	free(queue);
	free(first);
	free(missing);
	return is_good;
}

/* -- files ---------------------------------------------------------------- */

static void
read_schedule(const char *path, struct dag *d)
{
	size_t stem = strlen(path) - strlen(".dag");
	char name[4096];
	FILE *stream;
	unsigned n;

	snprintf(name, sizeof name, "%.*s.sched", (int)stem, path);
	stream = fopen(name, "r");
	if (!stream)
		return;
	if (fscanf(stream, "%u %u %lf", &n, &d->processors, &d->optimum) != 3
	    || n != d->n || !(d->optimum > 0))
		d->processors = 0;
	fclose(stream);
}

static struct dag *
make_dag(struct file *f, const char *path)
{
	const char *slash = strrchr(path, '/');
	struct dag *d = calloc(1, sizeof *d);

	if (!d)
		return NULL;
	d->n = f->n;
	d->n_edges = f->n_edges;
	d->name = strdup(slash ? slash + 1 : path);
	d->cost = calloc((size_t)f->n + 1, sizeof *d->cost);
	d->first = calloc((size_t)f->n + 2, sizeof *d->first);
	d->from = calloc((size_t)f->n_edges + 1, sizeof *d->from);
	d->weight = calloc((size_t)f->n_edges + 1, sizeof *d->weight);
	if (d->name && d->cost && d->first && d->from && d->weight &&
	    renumber(f, d))
		return d;
	dag_free(d);
	return NULL;
}

struct dag *
dag_read(const char *path)
{
	FILE *stream = fopen(path, "r");
	struct file f = { .n = 0 };
	struct dag *d = NULL;

	if (!stream) {
		perror(path);
		return NULL;
	}
	if (read_lines(stream, &f))
		d = make_dag(&f, path);
	if (d)
		read_schedule(path, d);
	else
		fprintf(stderr, "%s: no task graph whose costs are above 0, "
			"or no memory\n", path);
	fclose(stream);
	free(f.cost);
	free(f.edge);
	return d;
}

void
dag_free(struct dag *d)
{
	if (!d)
		return;
	free(d->name);
	free(d->cost);
	free(d->first);
	free(d->from);
	free(d->weight);
	free(d);
}
