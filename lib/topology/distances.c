/*
 * Figures of the distances between pools, and what plans make of them.
 *
 * In: nothing, a text with figures, or the wish to measure. Out: a matrix of
 * whole numbers that only count against each other, so that those printed by
 * one runtime can be given to the next, which then plans the same; and by what
 * another pool is dearer than one's own.
 *
 * Where nobody tells, figures are those of the ACPI's SLIT, 10 within a pool:
 * firmware says them, or constants are taken, so plans repeat.
 */
#include "topology/distances.h"

#include <ctype.h>
#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "topology/latency.h"
#include "topology/picture.h"

enum {
	SAME_L3 = 10,
	SAME_NODE = 15,		/* by the memory or the fabric of the node */
	OTHER_NODE = 20,	/* if the firmware does not say */
	FIGURE_MAX = 1000000
};

static unsigned *
figure(const struct weir__topology *t, size_t i, size_t k)
{
	return &t->figures[i * t->n_pools + k];
}

/* -- by the topology ------------------------------------------------------ */

/* From node to node as the firmware says, OTHER_NODE where it does not. */
static unsigned
told_by_firmware(hwloc_topology_t machine, struct hwloc_distances_s *told,
		 unsigned from, unsigned to)
{
	hwloc_obj_t a = weir__node_numbered(machine, from);
	hwloc_obj_t b = weir__node_numbered(machine, to);
	hwloc_uint64_t near, far, back;

	if (!told || !a || !b ||
	    hwloc_distances_obj_pair_values(told, a, a, &near, &back) ||
	    hwloc_distances_obj_pair_values(told, a, b, &far, &back) ||
	    near < 1 || far > FIGURE_MAX)
		return OTHER_NODE;
	return (unsigned)(SAME_L3 * far / near);
}

static void
assume(struct weir__topology *t, hwloc_topology_t machine)
{
	struct hwloc_distances_s *told = NULL;
	unsigned n = 1;
	size_t i, k;

	if (hwloc_distances_get_by_type(machine, HWLOC_OBJ_NUMANODE, &n, &told,
					HWLOC_DISTANCES_KIND_MEANS_LATENCY,
					0) || n == 0)
		told = NULL;
	t->source = told ? WEIR__FIRMWARE : WEIR__ASSUMED;
	for (i = 0; i < t->n_pools; i++)
		for (k = 0; k < t->n_pools; k++) {
			const weir_pool_info *a = &t->pools[i];
			const weir_pool_info *b = &t->pools[k];
			unsigned far = SAME_NODE, by_node;

			if (i == k || (a->l3 >= 0 && a->l3 == b->l3)) {
				far = SAME_L3;
			} else if (a->numa_node != b->numa_node) {
				by_node = told_by_firmware(machine, told,
							   a->numa_node,
							   b->numa_node);
				far = by_node > far ? by_node : far;
			}
			*figure(t, i, k) = far;
		}
	if (told)
		hwloc_distances_release(machine, told);
}

/* -- given ---------------------------------------------------------------- */

static weir_status
refuse(const struct weir__topology *t, const char *text, const char *name)
{
	return weir_fail(WEIR_EINVAL, "%s: `%s' is neither \"measure\" nor, "
			 "for %zu pool%s, a row of as many whole numbers for "
			 "each, with \";\" between rows and maybe \"ns\" "
			 "behind them", name, text, t->n_pools,
			 t->n_pools == 1 ? "" : "s");
}

static const char *
skip_blanks(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return text;
}

/* "60 110; 110 60": rows of figures; and "ns", if that is what they are. */
static bool
read_figures(struct weir__topology *t, const char *text)
{
	size_t n = t->n_pools, i;

	for (i = 0; i < n * n; i++) {
		unsigned long number;
		char *end;

		while (isspace((unsigned char)*text) ||
		       (*text == ',' && i % n))
			text++;
		if (i && i % n == 0 && *text++ != ';')
			return false;
		text = skip_blanks(text);
		if (!isdigit((unsigned char)*text))
			return false;
		errno = 0;
		number = strtoul(text, &end, 10);
		/* within a pool it may be unknown, and is 0 then */
		if (errno || number > FIGURE_MAX || (!number && i % (n + 1)))
			return false;
		t->figures[i] = (unsigned)number;
		text = end;
	}
	text = skip_blanks(text);
	t->is_ns = strncmp(text, "ns", 2) == 0;
	return *skip_blanks(text + (t->is_ns ? 2 : 0)) == '\0';
}

/* -- measured ------------------------------------------------------------- */

/* The first or the last processor of a pool: of the numberings that are in use
 * none gives these to threads of one core, if there are more cores. */
static unsigned
processor_of(const struct weir__topology *t, size_t i, bool is_last)
{
	const weir_pool_info *pool = &t->pools[i];
	size_t cpu, found = 0;

	for (cpu = 0; cpu < t->n_cpus; cpu++)
		if (t->home_of_cpu[cpu].node == (int)pool->numa_node &&
		    t->home_of_cpu[cpu].l3 == pool->l3) {
			found = cpu;
			if (!is_last)
				break;
		}
	return (unsigned)found;
}

static weir_status
measure(struct weir__topology *t, const char *name)
{
	weir_status status = WEIR_OK;
	size_t i, k;

	if (!t->is_this_machine)
		return weir_fail(WEIR_EINVAL, "%s: only this machine's "
				 "distances can be measured", name);
	for (i = 0; i < t->n_pools && !status; i++)
		for (k = i; k < t->n_pools && !status; k++) {
			unsigned a = processor_of(t, i, false);
			unsigned b = processor_of(t, k, i == k);

			*figure(t, i, k) = 0;
			if (a != b)
				status = weir__latency_measure(
					a, b, figure(t, i, k));
			*figure(t, k, i) = *figure(t, i, k);
		}
	return status;
}

/* -- what plans make of them ---------------------------------------------- */

/* The mean within a pool, of those where that is known; 0 where it is of none. */
static double
known_near(const struct weir__topology *t)
{
	size_t i, known = 0;
	double sum = 0;

	for (i = 0; i < t->n_pools; i++) {
		sum += *figure(t, i, i);
		known += *figure(t, i, i) > 0;
	}
	return known ? sum / (double)known : 0;
}

/* What is near: within a pool, else half of what is least. */
static double
near_of(const struct weir__topology *t)
{
	double near = known_near(t), least = 2 * FIGURE_MAX;
	size_t i, k;

	for (i = 0; i < t->n_pools; i++)
		for (k = 0; k < i; k++)
			least = fmin(least, fmin(*figure(t, i, k),
						 *figure(t, k, i)));
	return near > 0 ? near : least / 2;
}

/*
 * As long as four lines take one after the other: by one comes that there is
 * something new, by some more what it is, and whoever waits looks now and then.
 */
double
weir__topology_hand_over(const struct weir__topology *t)
{
	return t->is_ns ? 4 * known_near(t) : 0;
}

static weir_status
make_distances(struct weir__topology *t)
{
	size_t n = t->n_pools, i, k;
	double near = near_of(t);

	t->times = weir__calloc(t->heap, n * n, sizeof *t->times);
	if (!t->times)
		return WEIR_ENOMEM;
	for (i = 0; i < n; i++)
		for (k = 0; k < n; k++) {
			double far = 0.5 * *figure(t, i, k) +
				     0.5 * *figure(t, k, i);

			t->times[i * n + k] = i != k && far > near
				? (float)(far / near) : 1;
		}
	t->distances = (struct weir__distances){ n, t->pool_of_worker,
						 t->times };
	return WEIR_OK;
}

weir_status
weir__distances_find(struct weir__topology *t, hwloc_topology_t machine,
		     const char *asked)
{
	const char *name = asked ? "distances" : "WEIR_DISTANCES";
	const char *text = asked ? asked : getenv(name);
	weir_status status = WEIR_OK;

	t->figures = weir__calloc(t->heap, t->n_pools * t->n_pools,
				  sizeof *t->figures);
	if (!t->figures)
		return WEIR_ENOMEM;
	if (!text || !*text) {
		assume(t, machine);
	} else if (strcmp(text, "measure") == 0) {
		t->source = WEIR__MEASURED;
		t->is_ns = true;
		status = measure(t, name);
	} else {
		t->source = WEIR__GIVEN;
		if (!read_figures(t, text))
			status = refuse(t, text, name);
	}
	return !status && t->n_pools > 1 ? make_distances(t) : status;
}
