/* A graph to a file. In: a graph that nobody is recording into now. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "api/saved_write.h"
#include "base/json.h"
#include "base/text.h"
#include "graph/control_node.h"
#include "ops/table.h"

/* -- what there is -------------------------------------------------------- */

static weir_status
add(struct weir__numbered *l, const void *thing)
{
	if (weir__pointer_map_get(&l->map, thing) != WEIR__NOT_MAPPED)
		return WEIR_OK;
	if (weir__grow(l->map.heap, &l->list, &l->room, l->n,
		       sizeof *l->list) ||
	    weir__pointer_map_put(&l->map, thing, (uint32_t)l->n))
		return WEIR_ENOMEM;
	l->list[l->n++] = thing;
	return WEIR_OK;
}

const char *
weir__saved_site(const char *site)
{
	static const char none[] = "";

	return site && *site ? site : none;
}

static weir_status
add_scope(struct weir__saving *s, const struct weir__path *path)
{
	weir_status status = WEIR_OK;

	if (path->parent && weir__pointer_map_get(&s->scopes.map, path) ==
			    WEIR__NOT_MAPPED)
		status = add_scope(s, path->parent);
	return status ? status : add(&s->scopes, path);
}

static weir_status
add_op(struct weir__saving *s, const weir_op *op)
{
	size_t before = s->ops.n, i;
	weir_status status = add(&s->ops, op);

	if (status || s->ops.n == before)
		return status;
	for (i = 0; i < before && weir__op_is_users(op); i++) {
		const weir_op *other = s->ops.list[i];

		if (weir__op_is_users(other) && !strcmp(op->name, other->name))
			return weir_fail(WEIR_EINVAL, "two ops are called %s",
					 op->name);
	}
	if (!weir__is_utf8(op->name))
		return weir_fail(WEIR_EINVAL, "the name of op %s is not UTF-8",
				 op->name);
	return weir__saved_attrs_check(op);
}

static weir_status
add_place(struct weir__saving *s, const struct weir__path *path,
	  const char *site)
{
	weir_status status = path ? add_scope(s, path) : WEIR_OK;

	return status ? status : add(&s->sites, weir__saved_site(site));
}

static weir_status
list_graph(struct weir__saving *s, const weir_graph *g,
	   const struct weir__feed *feeds, unsigned depth);

static weir_status
list_bodies(struct weir__saving *s, const struct weir__node *node,
	    unsigned depth)
{
	const struct weir__control *c = node->control;
	weir_status status = WEIR_OK;
	uint32_t i;

	if (depth == WEIR__SAVED_DEPTH_MAX)
		return weir_fail(WEIR_ERANGE, "the bodies of %s in %s, called "
				 "at %s, are in %d others: no more are saved",
				 node->op->name, node->path->text, node->site,
				 WEIR__SAVED_DEPTH_MAX);
	s->has_rows |= c->kind == WEIR__REPEAT &&
		       (c->is_forward || c->keeps_rows || c->n_yields);
	for (i = 0; i < c->n_bodies && !status; i++)
		status = list_graph(s, c->bodies[i], c->feeds[i], depth + 1);
	return status;
}

static weir_status
add_graph(struct weir__saving *s, const weir_graph *g,
	  const struct weir__feed *feeds)
{
	struct weir__telling *t;

	if (weir__grow(s->arena.heap, &s->graphs, &s->graphs_room, s->n_graphs,
		       sizeof *s->graphs))
		return WEIR_ENOMEM;
	t = &s->graphs[s->n_graphs++];
	*t = (struct weir__telling){ .saving = s, .graph = g, .feeds = feeds };
	t->called = weir__arena_alloc(&s->arena,
				      g->n_values * sizeof *t->called);
	t->current = weir__arena_alloc(&s->arena,
				       g->n_variables * sizeof *t->current);
	return t->called && t->current ? WEIR_OK : WEIR_ENOMEM;
}

/* A graph and its bodies, and what their calls refer to. */
static weir_status
list_graph(struct weir__saving *s, const weir_graph *g,
	   const struct weir__feed *feeds, unsigned depth)
{
	weir_status status = add_graph(s, g, feeds);
	size_t i;

	if (!status)
		status = add_scope(s, g->path);
	for (i = 0; feeds && i < g->n_inputs && !status; i++) {
		const struct weir__origin *from =
			g->values[g->inputs[i]]->origin;

		if (from)
			status = add_place(s, from->path, from->site);
	}
	for (i = 0; i < g->n_nodes && !status; i++) {
		const struct weir__node *node = g->nodes[i];

		status = node->control ? list_bodies(s, node, depth)
				       : add_op(s, node->op);
		if (!status)
			status = add_place(s, node->path, node->site);
	}
	for (i = 0; i < g->n_assigns && !status; i++)
		status = add_place(s, g->assigns[i].path, g->assigns[i].site);
	return status;
}

/* -- tensors -------------------------------------------------------------- */

/* A variable's name, and if others before it have it, how many. */
static void
print_variable_key(const weir_graph *g, uint32_t number, char *key,
		   size_t size)
{
	const char *name = weir_tensor_name(g->variables[number].variable);
	uint32_t i, same = 0;

	for (i = 0; i < number; i++)
		same += !strcmp(name,
				weir_tensor_name(g->variables[i].variable));
	if (!*name)
		snprintf(key, size, "variable.%u", number);
	else if (same)
		snprintf(key, size, "%s#%u", name, same + 1);
	else
		snprintf(key, size, "%s", name);
}

static weir_status
make_key(struct weir__saving *s, uint32_t value)
{
	const weir_graph *g = s->graphs[0].graph;
	const struct weir__gvalue *v = g->values[value];
	size_t size = strlen(weir_tensor_name(v->tensor)) + 32;
	char *key = weir__arena_room(&s->arena, size);

	if (!key)
		return WEIR_ENOMEM;
	if (v->kind == WEIR__GV_VARIABLE)
		print_variable_key(g, v->index, key, size);
	else
		snprintf(key, size, "constant.%u", value);
	s->keys[value] = key;
	return WEIR_OK;
}

/* Variables and constants, as they are now. */
static weir_status
make_archive(struct weir__saving *s, weir_archive **archive)
{
	const weir_graph *g = s->graphs[0].graph;
	weir_status status = WEIR_OK;
	weir_tensor **tensors;
	const char **names;
	uint32_t i;
	size_t n = 0;

	tensors = weir__arena_alloc(&s->arena, g->n_values * sizeof *tensors);
	names = weir__arena_alloc(&s->arena, g->n_values * sizeof *names);
	s->keys = weir__arena_alloc(&s->arena, g->n_values * sizeof *s->keys);
	if (!tensors || !names || !s->keys)
		return WEIR_ENOMEM;
	for (i = 0; i < g->n_values && !status; i++) {
		if (!g->values[i]->tensor)
			continue;
		status = make_key(s, i);
		names[n] = s->keys[i];
		tensors[n++] = g->values[i]->tensor;
	}
	if (status)
		return status;
	return weir__archive_of(g->heap, names, tensors, n, archive);
}

/* -- the whole ------------------------------------------------------------ */

static weir_status
write_graph(struct weir__saving *s, weir_archive *archive, const char *path)
{
	struct weir__crc32 sum;
	char digits[16], *graph;
	struct weir__archive_note notes[] = {
		{ "format", WEIR__SAVED_FORMAT },
		{ "version", s->has_rows ? WEIR__SAVED_WITH_ROWS :
			     s->n_graphs > 1 ? WEIR__SAVED_WITH_BODIES
					     : WEIR__SAVED_VERSION },
		{ "crc32", digits },
		{ "graph", NULL },
	};
	weir_status status;

	status = weir__archive_arrange(archive);
	if (!status)
		status = weir__text_make(s->arena.heap,
					 weir__saved_graph_print, s, &graph);
	if (status)
		return status;
	weir__crc32_init(&sum);
	status = weir__archive_sum(archive, &sum);
	if (status)
		goto done;
	weir__crc32_add(&sum, graph, strlen(graph));
	snprintf(digits, sizeof digits, "%08" PRIx32, sum.value);
	notes[3].value = graph;
	status = weir__archive_write(archive, notes, 4, path);
done:
	weir_text_release(graph);
	return status;
}

static void
free_numbered(struct weir__numbered *l)
{
	weir__free(l->map.heap, l->list);
	weir__pointer_map_free(&l->map);
}

weir_status
weir__saved_graph_write(const weir_graph *graph, const char *path)
{
	struct weir__saving s = { .n_graphs = 0 };
	weir_archive *archive = NULL;
	weir_status status;

	weir__arena_init(&s.arena, graph->heap);
	weir__pointer_map_init(&s.ops.map, graph->heap);
	weir__pointer_map_init(&s.scopes.map, graph->heap);
	weir__pointer_map_init(&s.sites.map, graph->heap);
	status = list_graph(&s, graph, NULL, 0);
	if (!status)
		status = make_archive(&s, &archive);
	if (!status)
		status = write_graph(&s, archive, path);
	weir_archive_release(archive);
	free_numbered(&s.ops);
	free_numbered(&s.scopes);
	free_numbered(&s.sites);
	weir__free(graph->heap, s.graphs);
	weir__arena_free(&s.arena);
	return status;
}
