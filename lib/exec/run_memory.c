/*
 * What is said of memory that a run cannot have: which op wants it, in eager's
 * words.
 *
 * A run wants the memory of many values at once. Whether eager, which has fewer
 * of them at a time, could do an op shows by asking for what it takes: the
 * first op that cannot have it is the one. Where each op can, the sentence says
 * that it is all of the run that is too much.
 */
#include "exec/run.h"

#include <stdio.h>

#include "ops/invoke.h"
#include "plan/control_plan.h"

static weir_status
fail_as_said(const weir_graph *graph, const struct weir__node *node)
{
	return weir__node_fail(graph, node, WEIR_ENOMEM, weir_error_text());
}

weir_status
weir__run_lacks_room(const weir_plan *plan)
{
	return weir_fail(WEIR_ENOMEM, "%s: %s", plan->graph->path->text,
			 weir_error_text());
}

/* -- the arena --------------------------------------------------------------- */

/* For what eager would not get, either. */
struct search {
	struct weir__heap *heap;
	size_t had;		/* bytes that can be had by themselves */
	size_t most;		/* larger ones the run did not want */
};

static bool
can_have(struct search *s, size_t bytes)
{
	if (bytes <= s->had || bytes > s->most)
		return true;
	if (!weir__storage_can_be_had(s->heap, bytes))
		return false;
	s->had = bytes;
	return true;
}

static size_t
scratch_of(const weir_graph *graph, const struct weir__node *node)
{
	const weir_spec *in[WEIR_OPERANDS_MAX], *out[WEIR_RESULTS_MAX];
	weir_call call = { .op = node->op, .attrs = node->attrs,
			   .n_in = node->n_in, .n_out = node->n_out,
			   .in = in, .out = out };
	uint32_t i;

	for (i = 0; i < node->n_in; i++)
		in[i] = &graph->values[node->in[i]]->spec;
	for (i = 0; i < node->n_out; i++)
		out[i] = &graph->values[node->out[i]]->spec;
	return weir__scratch_bytes(&call);
}

static bool
can_be_done(struct search *s, const weir_graph *graph,
	    const struct weir__node *node)
{
	uint32_t i;

	if (node->is_view)
		return true;
	for (i = 0; i < node->n_out; i++)
		if (!can_have(s, (size_t)weir__spec_bytes(
				      &graph->values[node->out[i]]->spec)))
			return false;
	return node->control || can_have(s, scratch_of(graph, node));
}

/* The first op in the order of the program that cannot be done even if it is
 * alone; WEIR_OK where there is none. */
static weir_status
fail_first(struct search *s, const weir_graph *graph)
{
	weir_status status = WEIR_OK;
	uint32_t i, j;

	for (i = 0; i < graph->n_nodes && !status; i++) {
		const struct weir__node *node = graph->nodes[i];
		uint32_t n = node->control ? node->control->n_bodies : 0;

		for (j = 0; j < n && !status; j++)
			status = fail_first(s, node->control->bodies[j]);
		if (!status && !can_be_done(s, graph, node))
			status = fail_as_said(graph, node);
	}
	return status;
}

/* Of those that a step does, the one that makes a result. */
static const struct weir__node *
maker_of(const weir_graph *graph, const struct weir__step *step,
	 uint32_t result)
{
	const struct weir__node *node = step->node;

	return result < node->n_out
		? graph->nodes[graph->values[node->out[result]]->node] : node;
}

/* It is all of it that is too much. */
static weir_status
fail_largest(const weir_plan *plan, const char *why)
{
	const struct weir__node *largest = NULL;
	size_t most = 0, bytes;
	char text[256];
	uint32_t i, j;

	for (i = 0; i < plan->n_steps; i++) {
		const struct weir__step *step = &plan->steps[i];
		const struct weir__slot *out = &plan->slots[step->first_slot] +
					       step->call.n_in;

		for (j = 0; j <= step->call.n_out; j++) {
			if (j == step->call.n_out)
				bytes = weir__step_scratch(plan, step);
			else if (out[j].where == WEIR__AT_ARENA)
				bytes = (size_t)weir__spec_bytes(out[j].spec);
			else
				continue;
			if (bytes <= most)
				continue;
			most = bytes;
			largest = maker_of(plan->graph, step,
					   j < step->call.n_out ? j : 0);
		}
	}
	snprintf(text, sizeof text, "%s, which a run takes at once; the most "
		 "of them, %zu, are for this op", why, most);
	if (!largest)
		return weir__run_lacks_room(plan);
	return weir__node_fail(plan->graph, largest, WEIR_ENOMEM, text);
}

weir_status
weir__run_lacks_arena(const weir_plan *plan)
{
	struct search s = { .heap = plan->heap, .most = plan->arena_bytes };
	char why[128];
	weir_status status;

	snprintf(why, sizeof why, "%s", weir_error_text());
	status = fail_first(&s, plan->graph);
	return status ? status : fail_largest(plan, why);
}

/* -- exports ----------------------------------------------------------------- */

static bool
has_a_place(const weir_plan *plan, uint32_t value)
{
	uint32_t i;

	for (i = 0; i < plan->n_exports; i++)
		if (plan->exports[i].value == value)
			return true;
	for (i = 0; i < plan->n_slots; i++)
		if (plan->slots[i].where == WEIR__AT_ARENA &&
		    plan->slots[i].index == value)
			return true;
	return false;
}

/* Whether eager, but not this run, has to have so many bytes for it. */
static bool
would_take(const weir_plan *plan, uint32_t number, size_t bytes)
{
	const weir_graph *graph = plan->graph;
	const struct weir__node *node = graph->nodes[number];
	unsigned fate = plan->rewrite->fate[number];
	uint32_t i;

	if (node->is_view || (fate != WEIR__LIVE && fate != WEIR__FATE_FUSED))
		return false;
	for (i = 0; i < node->n_out; i++)
		if ((size_t)weir__spec_bytes(
			    &graph->values[node->out[i]]->spec) == bytes &&
		    !has_a_place(plan, node->out[i]))
			return true;
	return false;
}

/* The plan of the body that makes result `index` of a call or loop, and what it
 * is there; NULL: that is not one, or a branch, which is not chosen yet. */
static const weir_plan *
plan_of_body(const weir_plan *plan, const struct weir__node *node,
	     uint32_t index, uint32_t *value)
{
	const struct weir__control *c = node->control;
	const struct weir__step_control *s = plan->controls;
	const weir_graph *body;
	uint32_t which;

	if (!c || c->kind == WEIR__COND)
		return NULL;
	while (s && s->control != c)
		s = s->next;
	which = weir__loop_body(c);
	body = c->bodies[which];
	if (!s || index >= (c->n_states ? c->n_states : body->n_outputs))
		return NULL;
	*value = body->values[body->outputs[index]]->base;
	return body->values[*value]->kind == WEIR__GV_RESULT
		? s->bodies[which].plan : NULL;
}

static weir_status
fail_maker(const weir_plan *plan, uint32_t value, size_t bytes)
{
	const weir_graph *graph = plan->graph;
	const struct weir__gvalue *v = graph->values[value];
	const struct weir__node *node = graph->nodes[v->node];
	const weir_plan *body;
	uint32_t i;

	/* One that is fused with it: eager would come to that first. */
	for (i = 0; i < v->node; i++)
		if (would_take(plan, i, bytes))
			return fail_as_said(graph, graph->nodes[i]);
	body = plan_of_body(plan, node, v->index, &value);
	return body ? fail_maker(body, value, bytes)
		    : fail_as_said(graph, node);
}

weir_status
weir__run_lacks_export(const weir_plan *plan, uint32_t number)
{
	const struct weir__export *export = &plan->exports[number];

	return fail_maker(plan, export->value, export->layout->bytes);
}
