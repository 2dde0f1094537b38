/* A schedule as text, or as a picture for Graphviz. */
#include <string.h>

#include "base/text.h"
#include "exec/stream.h"
#include "plan/near.h"

const char *
weir__stream_name(const weir_schedule *s, uint32_t task)
{
	return s->names && s->names[task] ? s->names[task] : "task";
}

/* A graph that is added again has the same path, in another place. */
static bool
is_called_alike(const weir_schedule *s, uint32_t a, uint32_t b)
{
	const char *path = weir__stream_path(s, a);
	const char *other = weir__stream_path(s, b);

	return weir__stream_name(s, a) == weir__stream_name(s, b) &&
	       (path == other ||
		(path && other && strcmp(path, other) == 0));
}

/* Equal names and numbers in a row are one entry: "solver/compute 12..17". */
static void
print_items(const weir_schedule *s, uint32_t block, struct weir__text *text)
{
	const uint32_t *items = s->streams->items;
	uint32_t i = s->streams->first_item[block];
	uint32_t end = s->streams->first_item[block + 1];

	while (i < end) {
		uint32_t first = items[i], n = 1;
		const char *path = weir__stream_path(s, first);

		while (i + n < end && items[i + n] == first + n &&
		       is_called_alike(s, first + n, first))
			n++;
		weir__text_add(text, "    %s%s%s %u", path ? path : "",
			       path ? "/" : "", weir__stream_name(s, first),
			       first);
		if (n > 1)
			weir__text_add(text, "..%u", first + n - 1);
		weir__text_add(text, "\n");
		i += n;
	}
}

static void
print_block(const weir_schedule *s, uint32_t worker, uint32_t block,
	    struct weir__text *text)
{
	const struct weir__schedule *streams = s->streams;
	uint32_t q, first = streams->first_wait[block];

	weir__text_add(text, "  block %u",
		       block - streams->first_block[worker]);
	for (q = first; q < streams->first_wait[block + 1]; q++)
		weir__text_add(text, "%s worker %u block %u",
			       q == first ? ", after" : " and",
			       streams->waits[q].worker,
			       streams->waits[q].position - 1);
	weir__text_add(text, "\n");
	print_items(s, block, text);
}

/* The NUMA node of a worker. */
static unsigned
node_of(const weir_schedule *s, unsigned worker)
{
	const struct weir__topology *t = weir__team_topology(s->team);

	return weir__topology_pool(t, weir__topology_pool_of_worker(t, worker))
		.numa_node;
}

/* Of tasks that are nearer to one pool than to others, how many are done in the
 * node of that. */
static void
print_near(const weir_schedule *s, struct weir__text *text)
{
	const struct weir__schedule *streams = s->streams;
	const struct weir__topology *t = weir__team_topology(s->team);
	uint32_t near = 0, there = 0, i;
	size_t pools;
	uint16_t pool;
	unsigned w;

	if (!s->dag.far)
		return;
	pools = weir__topology_pools(t);
	for (w = 0; w < streams->workers; w++)
		for (i = streams->first_item[streams->first_block[w]];
		     i < streams->first_item[streams->first_block[w + 1]];
		     i++) {
			pool = weir__near_of_row(
				&s->dag.far[streams->items[i] * pools], pools);
			if (pool == WEIR__NO_POOL)
				continue;
			near++;
			there += weir__topology_pool(t, pool).numa_node ==
				 node_of(s, w);
		}
	weir__text_add(text, "memory: of %u task%s nearest to one NUMA node, "
		       "%u %s done there\n", near, near == 1 ? "" : "s", there,
		       there == 1 ? "is" : "are");
}

static void
print_text(const void *arg, struct weir__text *text)
{
	const weir_schedule *s = arg;
	const weir_schedule_info *info = &s->info;
	uint32_t block;
	unsigned w;

	weir__text_add(text, "%s: %u tasks, %u dependencies, %u worker%s, "
		       "%.2f times one worker expected; %u blocks, %u waits\n",
		       s->name, info->tasks, info->edges, info->workers,
		       info->workers == 1 ? "" : "s", info->speedup,
		       info->blocks, info->waits);
	print_near(s, text);
	for (w = 0; w < s->streams->workers; w++) {
		weir__text_add(text, "worker %u", w);
		if (s->dag.distances)
			weir__text_add(text, " (NUMA node %u)", node_of(s, w));
		weir__text_add(text, "\n");
		for (block = s->streams->first_block[w];
		     block < s->streams->first_block[w + 1]; block++)
			print_block(s, w, block, text);
	}
}

/* Names are the user's. */
static void
add_label(const weir_schedule *s, uint32_t task, struct weir__text *text)
{
	const char *path = weir__stream_path(s, task);

	if (path) {
		weir__text_quoted(text, path);
		weir__text_add(text, "/");
	}
	weir__text_quoted(text, weir__stream_name(s, task));
	weir__text_add(text, " %u", task);
}

static void
print_dot(const void *arg, struct weir__text *text)
{
	const weir_schedule *s = arg;
	const struct weir__schedule *streams = s->streams;
	uint32_t i, q;
	unsigned w;

	weir__text_add(text, "digraph \"");
	weir__text_quoted(text, s->name);
	weir__text_add(text, "\" {\n\tnode [shape=box];\n");
	for (w = 0; w < streams->workers; w++) {
		weir__text_add(text, "\tsubgraph cluster_%u {\n"
			       "\t\tlabel=\"worker %u\";\n", w, w);
		for (i = streams->first_item[streams->first_block[w]];
		     i < streams->first_item[streams->first_block[w + 1]];
		     i++) {
			weir__text_add(text, "\t\t%u [label=\"",
				       streams->items[i]);
			add_label(s, streams->items[i], text);
			weir__text_add(text, "\"];\n");
		}
		weir__text_add(text, "\t}\n");
	}
	for (i = 0; i < s->dag.n; i++)
		for (q = s->dag.first_pred[i]; q < s->dag.first_pred[i + 1];
		     q++)
			weir__text_add(text, "\t%u -> %u;\n", s->dag.preds[q],
				       i);
	weir__text_add(text, "}\n");
}

weir_status
weir__stream_describe(const weir_schedule *s, bool as_dot, char **text)
{
	return weir__text_make(s->heap, as_dot ? print_dot : print_text, s,
			       text);
}
