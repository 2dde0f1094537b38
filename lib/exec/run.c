/*
 * One run from operands to results: snapshot the variables, point the views,
 * execute the blocks, and only then, if all went well, commit what variables
 * become and hand the outputs out. Nothing after the commit can fail.
 */
#include "exec/run.h"

#include <string.h>

/* -- operands -------------------------------------------------------------------- */

weir_status
weir__plan_check_inputs(const weir_plan *plan, weir_tensor *const *in,
			size_t n_in, size_t n_out)
{
	const weir_graph *graph = plan->graph;
	char given[128], wanted[128];
	size_t i;

	if (n_in != graph->n_inputs)
		return weir_fail(WEIR_EINVAL, "%s: %zu operands, the plan was "
				 "made for %zu", graph->path->text, n_in,
				 graph->n_inputs);
	if (n_out != graph->n_outputs)
		return weir_fail(WEIR_EINVAL, "%s: %zu results asked for, the "
				 "plan has %zu", graph->path->text, n_out,
				 graph->n_outputs);
	for (i = 0; i < n_in; i++) {
		const struct weir__gvalue *v = graph->values[graph->inputs[i]];

		if (!in[i])
			return weir_fail(WEIR_ENULL, "%s: operand %zu is NULL",
					 graph->path->text, i);
		if (in[i]->heap != plan->heap)
			return weir_fail(WEIR_EFOREIGN, "%s: operand %zu "
					 "belongs to another runtime",
					 graph->path->text, i);
		if (in[i]->kind == WEIR__SYMBOL)
			return weir_fail(WEIR_EFOREIGN, "%s: operand %zu is a "
					 "symbol of a recording and has no "
					 "value", graph->path->text, i);
		if (weir__spec_equal(&in[i]->layout->spec, &v->spec) &&
		    memcmp(weir_tensor_strides(in[i]), v->strides,
			   (size_t)v->spec.rank * sizeof *v->strides) == 0)
			continue;
		weir__spec_text(&in[i]->layout->spec, given, sizeof given);
		weir__spec_text(&v->spec, wanted, sizeof wanted);
		return weir_fail(weir__spec_equal(&in[i]->layout->spec, &v->spec)
				 ? WEIR_EINVAL : WEIR_ESHAPE,
				 "%s: operand %zu is %s%s, the plan was made "
				 "for %s", graph->path->text, i, given,
				 weir__spec_equal(&in[i]->layout->spec, &v->spec)
				 ? " with other strides" : "", wanted);
	}
	return WEIR_OK;
}

/* -- before ------------------------------------------------------------------------ */

/* In the nodes of those who write it; that of a variable is, from the run on
 * that has made it, and so may other memory that comes from the cache. The
 * application's is left where it is. */
static void
place_export(const weir_plan *plan, uint32_t number, weir_tensor *t)
{
	const struct weir__export *export = &plan->exports[number];
	uint64_t layout = plan->first_layout + number;

	if (t->storage->size_class == WEIR__WRAPPED || !export->n_parts ||
	    t->storage->layout == layout || !weir__team_is_placed(plan->team))
		return;
	t->storage->layout = layout;
	weir__topology_place_parts(plan->topology, t->data,
				   t->storage->bytes,
				   &plan->parts_of_exports[export->first_part],
				   export->n_parts);
}

/* Those that runs before have left are written into again. */
static weir_status
make_exports(struct weir__run *run)
{
	const weir_plan *plan = run->plan;
	uint32_t i;

	for (i = 0; i < plan->n_exports; i++) {
		const struct weir__export *export = &plan->exports[i];
		weir_tensor *t = run->exports[i];

		if (t) {
			t->maker = WEIR__MADE;
			t->origin = export->origin;
		} else if (weir__result_new(plan->heap, export->layout,
					    &export->origin, WEIR__MADE, NULL,
					    &run->exports[i])) {
			return weir__run_lacks_export(plan, i);
		}
	}
	for (i = 0; plan->first_layout && i < plan->n_exports; i++)
		place_export(plan, i, run->exports[i]);
	return WEIR_OK;
}

/* The tensor a slot outside the arena lies in. */
static weir_tensor *
tensor_of(const struct weir__run *run, const struct weir__slot *slot)
{
	switch (slot->where) {
	case WEIR__AT_INPUT:
		return run->in[slot->index];
	case WEIR__AT_CONSTANT:
		return run->plan->constants[slot->index];
	case WEIR__AT_VARIABLE:
		return run->access.loans[slot->index].value;
	case WEIR__AT_EXPORT:
		return run->exports[slot->index];
	case WEIR__AT_ARENA:
		break;
	}
	return NULL;
}

void
weir__run_point_views(struct weir__run *run)
{
	const struct weir__moving *moving = run->moving, *v, *end;
	struct weir__movable *m;

	for (m = run->movables; m->tensor; m++) {
		char *data = (*m->tensor)->data;

		if (data == m->data)	/* an input again, say */
			continue;
		m->data = data;
		end = moving + m[1].first;
		for (v = moving + m->first; v < end; v++)
			v->view->data = data + v->offset;
	}
}

/* Outputs that are views, as tensors of their own: before anything is
 * committed. */
static weir_status
make_views(struct weir__run *run)
{
	const weir_plan *plan = run->plan;
	uint32_t i;

	for (i = 0; i < plan->n_outputs; i++) {
		const struct weir__output *output = &plan->outputs[i];
		weir_tensor *t, *view;

		if (output->is_whole)
			continue;
		t = tensor_of(run, &output->slot);
		if (weir__value_over(plan->heap, output->slot.spec,
				     output->slot.strides,
				     weir__storage_retain(t->storage),
				     (char *)t->data + output->slot.offset,
				     &view)) {
			weir__storage_release(t->storage);
			return WEIR_ENOMEM;
		}
		view->maker = WEIR__MADE;
		view->is_view = true;
		view->origin = output->origin;
		run->views_out[i] = view;
	}
	return WEIR_OK;
}

/* A constant that a variable becomes: a copy, for the plan needs its own
 * again. */
static weir_status
copy_constants(struct weir__run *run)
{
	const weir_plan *plan = run->plan;
	uint32_t i;

	for (i = 0; i < plan->n_writes; i++) {
		const struct weir__write *w = &plan->writes[i];

		if (w->where != WEIR__AT_CONSTANT)
			continue;
		if (weir__value_copy(plan->heap, plan->constants[w->index],
				     &run->becoming[i]))
			return WEIR_ENOMEM;
		run->becoming[i]->maker = WEIR__MADE;
	}
	return WEIR_OK;
}

static weir_status
prepare(struct weir__run *run, weir_tensor *const *in)
{
	const weir_plan *plan = run->plan;
	weir_status status;
	size_t i;

	for (i = 0; i < plan->graph->n_inputs; i++)
		run->in[i] = in[i];
	status = weir__run_take_variables(run);
	if (status)
		return status;
	status = make_exports(run);
	if (status)
		return status;
	if (make_views(run) ||
	    (plan->writes_constants && copy_constants(run)))
		return weir__run_lacks_room(plan);
	weir__run_point_views(run);
	return WEIR_OK;
}

/* -- after -------------------------------------------------------------------------- */

/* The caller's from here on. */
static void
hand_out(struct weir__run *run, weir_tensor **out)
{
	const weir_plan *plan = run->plan;
	uint32_t i;

	for (i = 0; i < plan->n_outputs; i++) {
		const struct weir__output *output = &plan->outputs[i];

		if (!output->is_whole) {
			out[i] = run->views_out[i];
			run->views_out[i] = NULL;
			continue;
		}
		out[i] = tensor_of(run, &output->slot);
		if (output->takes)
			run->exports[output->slot.index] = NULL;
		else
			weir_tensor_retain(out[i]);
	}
}

/* What a variable was is what the next run writes into, unless somebody else
 * has it. */
static void
keep_old(struct weir__run *run, const struct weir__write *w, weir_tensor *old)
{
	if (w->takes && weir__value_is_sole(old) &&
	    old->data == old->storage->data)
		run->exports[w->index] = old;
	else
		weir_tensor_release(old);
}

static void
commit(struct weir__run *run)
{
	const weir_plan *plan = run->plan;
	uint32_t i;

	for (i = 0; i < plan->n_writes; i++) {
		const struct weir__write *w = &plan->writes[i];

		if (w->where == WEIR__AT_CONSTANT)
			continue;	/* copied already */
		run->becoming[i] = run->exports[w->index];
		if (w->takes)
			run->exports[w->index] = NULL;
		else
			weir_tensor_retain(run->becoming[i]);
	}
	weir__variables_end(&run->access, run->becoming);
	if (plan->has_loose_exports)
		weir__tensors_clear(run->exports, plan->n_exports);
	for (i = 0; i < plan->n_writes; i++) {
		keep_old(run, &plan->writes[i], run->becoming[i]);
		run->becoming[i] = NULL;
	}
}

/* What has been made for it is nobody's. */
static void
give_up(struct weir__run *run)
{
	const weir_plan *plan = run->plan;

	if (run->has_begun)
		weir__variables_end(&run->access, NULL);
	if (plan->writes_constants)
		weir__tensors_clear(run->becoming, plan->n_writes);
	weir__tensors_clear(run->views_out, plan->n_outputs);
	weir__tensors_clear(run->exports, plan->n_exports);
}

weir_status
weir__run_outcome(const struct weir__run *run)
{
	if (!run->status)
		return WEIR_OK;
	if (run->failed_step == WEIR__NOWHERE)
		return weir_fail(run->status, "%s: %s",
				 run->plan->graph->path->text, run->why);
	if (run->is_told)
		return weir_fail(run->status, "%s", run->why);
	return weir__node_fail(run->plan->graph,
			       run->plan->steps[run->failed_step].node,
			       run->status, run->why);
}

/* -- all of it ------------------------------------------------------------------------ */

weir_status
weir__run_begin(struct weir__run *run, weir_tensor *const *in)
{
	weir_status status;

	weir__run_reset(run);
	status = prepare(run, in);
	if (status)
		weir__run_end(run, false, NULL);
	return status;
}

void
weir__run_end(struct weir__run *run, bool is_kept, weir_tensor **out)
{
	if (is_kept) {
		hand_out(run, out);	/* before variables change */
		commit(run);
	} else {
		give_up(run);
	}
	if (run->plan->n_writes)	/* nobody meets it any more */
		weir__wait_is_over(&run->waiting);
}

weir_status
weir__run_do(struct weir__run *run, const struct weir__run_how *how,
	     weir_tensor *const *in, weir_tensor **out)
{
	weir_status status = weir__run_begin(run, in);

	if (status)
		return status;
	if (!how->untraced)
		weir__run_trace_begin(run);
	run->caller = how->caller;
	run->step_ns = how->step_ns;
	weir__run_blocks(run, how->alone);
	run->step_ns = NULL;
	weir__run_trace_end(run);
	status = weir__run_outcome(run);
	if (!status && how->inspect)
		status = how->inspect(how->inspect_arg, run);
	weir__run_end(run, !status && !how->discards, out);
	return status;
}

weir_status
weir__plan_run(weir_plan *plan, const struct weir__run_how *how,
	       weir_tensor *const *in, weir_tensor **out)
{
	struct weir__run *run;
	weir_status status = weir__run_take(plan, &run);

	if (status)
		return status;
	status = weir__run_do(run, how, in, out);
	weir__run_give_back(run);
	return status;
}
