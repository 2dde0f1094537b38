/* Numbers are written without a decimal point of the user's locale. */
#include <hwloc.h>
#include <inttypes.h>

#include "base/error.h"
#include "topology/picture.h"

static const char *
plural(unsigned long n)
{
	return n == 1 ? "" : "s";
}

/* 1.50 */
static void
add_hundredths(struct weir__text *text, double x)
{
	uint64_t n = (uint64_t)(x * 100 + 0.5);

	weir__text_add(text, "%" PRIu64 ".%02u", n / 100,
		       (unsigned)(n % 100));
}

static const char *const sources[] = {
	[WEIR__ASSUMED] = "assumed", [WEIR__FIRMWARE] = "firmware",
	[WEIR__GIVEN] = "given", [WEIR__MEASURED] = "measured",
};

static void
add_figures(const struct weir__topology *t, const char *between,
	    const char *rows, struct weir__text *text)
{
	size_t n = t->n_pools, i;

	for (i = 0; i < n * n; i++)
		weir__text_add(text, "%s%u", i == 0 ? "" : i % n ? between
			       : rows, t->figures[i]);
}

/* As WEIR_DISTANCES takes them. One pool is not far from any other. */
static void
print_distances(const struct weir__topology *t, struct weir__text *text)
{
	if (t->n_pools == 1 && !t->is_ns)
		return;
	weir__text_add(text, "  distances (%s): ", sources[t->source]);
	add_figures(t, " ", "; ", text);
	weir__text_add(text, "%s\n", t->is_ns ? " ns" : "");
}

static void
print_text(const struct weir__topology *t, struct weir__text *text)
{
	size_t i;

	weir__text_add(text, "topology: %s (hwloc " HWLOC_VERSION ")\n",
		       t->is_this_machine ? "this machine"
					  : "a machine to plan for");
	weir__text_add(text, "  %u package%s, %u NUMA node%s, %u core%s, "
		       "%u processor%s\n", t->packages, plural(t->packages),
		       t->nodes, plural(t->nodes), t->cores, plural(t->cores),
		       t->cpus, plural(t->cpus));
	weir__text_add(text, "  usable: %u processor%s", t->usable,
		       plural(t->usable));
	if (t->quota > 0) {
		weir__text_add(text, ", for the time of ");
		add_hundredths(text, t->quota);
		weir__text_add(text, " (cgroup quota)");
	}
	weir__text_add(text, "\n  %u worker%s in %zu pool%s\n", t->threads,
		       plural(t->threads), t->n_pools, plural(t->n_pools));
	for (i = 0; i < t->n_pools; i++) {
		const weir_pool_info *p = &t->pools[i];

		weir__text_add(text, "  pool %zu: NUMA node %u", i,
			       p->numa_node);
		if (p->l3 >= 0)
			weir__text_add(text, ", L3 %d", p->l3);
		weir__text_add(text, ", %u worker%s, %u processor%s",
			       p->workers, plural(p->workers), p->processors,
			       plural(p->processors));
		if (p->memory_bytes)
			weir__text_add(text, ", %" PRIu64 " MiB",
				       p->memory_bytes >> 20);
		weir__text_add(text, "\n");
	}
	print_distances(t, text);
}

static void
print_json(const struct weir__topology *t, struct weir__text *text)
{
	size_t i;

	weir__text_add(text, "\"this_machine\": %s, "
		       "\"hwloc\": \"" HWLOC_VERSION "\", ",
		       t->is_this_machine ? "true" : "false");
	weir__text_add(text, "\"packages\": %u, \"numa_nodes\": %u, "
		       "\"cores\": %u, \"processors\": %u, \"usable\": %u, "
		       "\"quota\": ", t->packages, t->nodes, t->cores,
		       t->cpus, t->usable);
	if (t->quota > 0)
		add_hundredths(text, t->quota);
	else
		weir__text_add(text, "null");
	weir__text_add(text, ", \"threads\": %u, \"pools\": [", t->threads);
	for (i = 0; i < t->n_pools; i++) {
		const weir_pool_info *p = &t->pools[i];

		weir__text_add(text, "%s{\"numa_node\": %u, \"l3\": ",
			       i ? ", " : "", p->numa_node);
		weir__text_add(text, p->l3 >= 0 ? "%d" : "null", p->l3);
		weir__text_add(text, ", \"workers\": %u, \"processors\": %u, "
			       "\"memory_bytes\": %" PRIu64 "}", p->workers,
			       p->processors, p->memory_bytes);
	}
	weir__text_add(text, "], \"distances\": {\"source\": \"%s\", "
		       "\"figures\": [[", sources[t->source]);
	add_figures(t, ", ", "], [", text);
	weir__text_add(text, "]], \"unit\": %s}", t->is_ns ? "\"ns\"" : "null");
}

void
weir__topology_print(const struct weir__topology *topology, bool as_json,
		     struct weir__text *text)
{
	if (as_json)
		print_json(topology, text);
	else
		print_text(topology, text);
}
