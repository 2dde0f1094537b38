#include "passes/pass.h"

#include <string.h>

#include "graph/control_node.h"

/* The list: a new pass is one line here. */
static const struct {
	const char *name;
	enum weir__pass bit;
	weir_status (*run)(struct weir__rewrite *rewrite);
} passes[] = {
	{ "algebra", WEIR__PASS_ALGEBRA, weir__pass_algebra },
	{ "cse", WEIR__PASS_CSE, weir__pass_cse },
	{ "fold", WEIR__PASS_FOLD, weir__pass_fold },
	{ "dce", WEIR__PASS_DCE, weir__pass_dce },
	{ "hoist", WEIR__PASS_HOIST, NULL },	/* when there are steps */
	{ "fuse", WEIR__PASS_FUSE, NULL },	/* likewise, as is */
	{ "recompute", WEIR__PASS_RECOMPUTE, NULL },
};

enum { N_PASSES = sizeof passes / sizeof *passes };

/* "\"fusion\" is no pass: there are algebra, cse ... and fuse" */
static weir_status
no_such_pass(const char *name, size_t length)
{
	char list[256];
	struct weir__text text;
	size_t i;

	weir__text_init(&text, list, sizeof list);
	for (i = 0; i < N_PASSES; i++)
		weir__text_add(&text, "%s%s", i == 0 ? "" :
			       i + 1 < N_PASSES ? ", " : " and ",
			       passes[i].name);
	return weir_fail(WEIR_EINVAL, "\"%.*s\" is no pass: there are %s",
			 (int)(length < 40 ? length : 40), name, list);
}

weir_status
weir__passes_named(const char *names, unsigned *bits)
{
	size_t length, i;

	*bits = 0;
	for (; names && *names; names += length + (names[length] == ',')) {
		length = strcspn(names, ",");
		for (i = 0; i < N_PASSES; i++)
			if (strlen(passes[i].name) == length &&
			    !strncmp(passes[i].name, names, length))
				break;
		if (i == N_PASSES)
			return no_such_pass(names, length);
		*bits |= passes[i].bit;
	}
	return WEIR_OK;
}

unsigned
weir__passes_number(void)
{
	return N_PASSES;
}

weir_status
weir__rewrite_create(const weir_graph *graph, struct weir__rewrite **rewrite)
{
	struct weir__heap *heap = graph->heap;
	struct weir__rewrite *r = weir__calloc(heap, 1, sizeof *r);
	uint32_t i;

	if (!r)
		return WEIR_ENOMEM;
	r->graph = graph;
	r->heap = heap;
	r->same_as = weir__calloc(heap, graph->n_values, sizeof *r->same_as);
	r->folded = weir__calloc(heap, graph->n_values, sizeof *r->folded);
	r->fate = weir__calloc(heap, graph->n_nodes, sizeof *r->fate);
	r->into = weir__calloc(heap, graph->n_nodes, sizeof *r->into);
	if (!r->same_as || !r->folded || !r->fate || !r->into) {
		weir__rewrite_free(r);
		return WEIR_ENOMEM;
	}
	for (i = 0; i < graph->n_values; i++)
		r->same_as[i] = i;
	for (i = 0; i < graph->n_nodes; i++) {
		r->into[i] = i;
		if (graph->nodes[i]->is_view)
			r->fate[i] = WEIR__FATE_VIEW;
	}
	*rewrite = r;
	return WEIR_OK;
}

void
weir__rewrite_free(struct weir__rewrite *rewrite)
{
	struct weir__heap *heap;
	size_t i;

	if (!rewrite)
		return;
	heap = rewrite->heap;
	for (i = 0; rewrite->bodies &&
		    i < rewrite->graph->n_nodes * WEIR__BODIES_MAX; i++)
		weir__rewrite_free(rewrite->bodies[i]);
	weir__free(heap, rewrite->bodies);
	for (i = 0; rewrite->folded && i < rewrite->graph->n_values; i++)
		weir_tensor_release(rewrite->folded[i]);
	weir__free(heap, rewrite->same_as);
	weir__free(heap, rewrite->folded);
	weir__free(heap, rewrite->fate);
	weir__free(heap, rewrite->into);
	weir__free(heap, rewrite);
}

weir_status
weir__rewrite_check(const struct weir__rewrite *r)
{
	const weir_graph *graph = r->graph;
	uint32_t i, j;

	for (i = 0; i < graph->n_values; i++) {
		uint32_t to = r->same_as[i];

		if (to > i || r->same_as[to] != to)
			return weir_fail(WEIR_EINVAL, "pass check: value %u "
					 "stands for %u, which is later or "
					 "replaced itself", to, i);
		if (!weir__spec_equal(&graph->values[i]->spec,
				      &graph->values[to]->spec))
			return weir_fail(WEIR_EINVAL, "pass check: value %u "
					 "stands for %u of another spec", to,
					 i);
	}
	for (i = 0; i < graph->n_nodes; i++) {
		const struct weir__node *node = graph->nodes[i];

		if (r->fate[i] == WEIR__FATE_DROPPED &&
		    weir__node_has_effects(graph, node))
			return weir_fail(WEIR_EINVAL, "pass check: node %u "
					 "may fail but was dropped", i);
		for (j = 0; r->fate[i] == WEIR__LIVE && j < node->n_in; j++) {
			const struct weir__gvalue *v =
				graph->values[r->same_as[node->in[j]]];
			const struct weir__gvalue *base =
				graph->values[r->same_as[v->base]];

			if (base->kind == WEIR__GV_RESULT &&
			    r->fate[base->node] != WEIR__LIVE &&
			    !r->folded[r->same_as[v->base]] &&
			    !r->folded[r->same_as[node->in[j]]])
				return weir_fail(WEIR_EINVAL, "pass check: "
						 "node %u uses value %u, which "
						 "nobody makes", i,
						 node->in[j]);
		}
	}
	return WEIR_OK;
}

/* Rewrites of the bodies in it, and in these. */
static weir_status
add_bodies(struct weir__rewrite *r)
{
	const weir_graph *graph = r->graph;
	weir_status status = WEIR_OK;
	uint32_t i, j;

	r->bodies = weir__calloc(r->heap, graph->n_nodes * WEIR__BODIES_MAX +
					  1, sizeof *r->bodies);
	if (!r->bodies)
		return WEIR_ENOMEM;
	for (i = 0; i < graph->n_nodes && !status; i++) {
		const struct weir__control *c = graph->nodes[i]->control;

		for (j = 0; c && j < c->n_bodies && !status; j++) {
			struct weir__rewrite **body =
				&r->bodies[i * WEIR__BODIES_MAX + j];

			status = weir__rewrite_create(c->bodies[j], body);
			if (!status)
				status = add_bodies(*body);
		}
	}
	return status;
}

static weir_status
run_pass(struct weir__rewrite *r, size_t pass)
{
	weir_status status = passes[pass].run(r);
	size_t i;

#ifdef WEIR_DEBUG
	if (!status) {
		status = weir__rewrite_check(r);
		if (status)
			weir_fail(status, "after pass %s: %s",
				  passes[pass].name, weir_error_text());
	}
#endif
	for (i = 0; r->bodies && i < r->graph->n_nodes * WEIR__BODIES_MAX &&
		    !status; i++)
		if (r->bodies[i])
			status = run_pass(r->bodies[i], pass);
	return status;
}

weir_status
weir__passes_run(struct weir__rewrite *rewrite, unsigned skipped,
		 weir__passed_fn passed, void *arg)
{
	weir_status status = passed ? add_bodies(rewrite) : WEIR_OK;
	size_t i;

	for (i = 0; i < N_PASSES && !status; i++) {
		if (!passes[i].run || skipped & passes[i].bit)
			continue;
		status = run_pass(rewrite, i);
		if (!status && passed)
			status = passed(arg, passes[i].name, (unsigned)i + 1,
					rewrite);
	}
	return status;
}
