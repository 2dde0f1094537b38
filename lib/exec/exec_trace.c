/* What a run leaves in the trace. */
#include "exec/run.h"

#include "ops/schema.h"

static const struct weir__trace_info *
describe_node(const weir_plan *plan, const struct weir__node *node,
	      const weir_call *call, const weir_cost *cost)
{
	const struct weir__path *path;
	struct weir__trace_info info;
	struct weir__text text;
	char shapes[512] = "";

	path = weir__path_intern(plan->paths, node->path, node->op->name);
	if (call) {
		weir__text_init(&text, shapes, sizeof shapes);
		weir__shapes_text(call, &text);
	}
	info = (struct weir__trace_info){
		.op = node->op->name,
		.path = path ? path->text : node->op->name,
		.site = node->site,
		.shapes = shapes,
		.bytes = cost ? cost->bytes : 0,
		.flops = cost ? cost->flops : 0,
	};
	return weir__trace_intern(plan->tracer, &info);
}

/* -- ops without an event ------------------------------------------------------- */

/* The ordinal that stands for a value's op, or 0. */
static uint64_t
maker_of(const weir_plan *plan, uint32_t value)
{
	const struct weir__rewrite *r = plan->rewrite;
	const struct weir__gvalue *v;

	value = r->same_as[value];
	v = plan->graph->values[r->same_as[plan->graph->values[value]->base]];
	return v->kind == WEIR__GV_RESULT
		? plan->graph->nodes[v->node]->ordinal : 0;
}

static void
note_nodes(const weir_plan *plan, struct weir__trace_note *notes, size_t *n)
{
	const weir_graph *graph = plan->graph;
	uint32_t i;

	for (i = 0; i < graph->n_nodes; i++) {
		const struct weir__node *node = graph->nodes[i];
		struct weir__trace_note *note = &notes[*n];

		if (plan->rewrite->fate[i] == WEIR__LIVE)
			continue;
		note->ordinal = note->into = node->ordinal;
		note->fate = plan->rewrite->fate[i];
		note->info = describe_node(plan, node, NULL, NULL);
		if (note->fate == WEIR__FATE_MERGED ||
		    note->fate == WEIR__FATE_FUSED)
			note->into = graph->nodes[plan->rewrite->into[i]]
					     ->ordinal;
		if (note->fate == WEIR__FATE_VIEW) {
			note->into = maker_of(plan, node->out[0]);
			if (!note->into)
				note->into = note->ordinal;
		}
		*n += note->info != NULL;
	}
}

/* Assignments are what a run commits: part of the op that made the value. */
static void
note_assigns(const weir_plan *plan, struct weir__trace_note *notes, size_t *n)
{
	const weir_graph *graph = plan->graph;
	size_t i;

	for (i = 0; i < graph->n_assigns; i++) {
		const struct weir__gassign *assign = &graph->assigns[i];
		struct weir__trace_info info = {
			.op = "assign", .site = assign->site, .shapes = "",
		};
		const struct weir__path *path;

		path = weir__path_intern(plan->paths, assign->path, "assign");
		info.path = path ? path->text : "assign";
		notes[*n] = (struct weir__trace_note){
			.ordinal = assign->ordinal,
			.into = maker_of(plan, assign->value),
			.fate = WEIR__FATE_MERGED,
			.info = weir__trace_intern(plan->tracer, &info),
		};
		if (!notes[*n].into)
			notes[*n].into = assign->ordinal;
		*n += notes[*n].info != NULL;
	}
}

static void
note_recomputed(const weir_plan *plan, struct weir__trace_note *notes,
		size_t *n)
{
	uint32_t i;

	for (i = 0; i < plan->n_steps; i++) {
		const struct weir__step *step = &plan->steps[i];

		if (!step->again)
			continue;
		notes[*n] = (struct weir__trace_note){
			.ordinal = step->again, .into = step->node->ordinal,
			.fate = WEIR__FATE_RECOMPUTED,
			.info = describe_node(plan, step->node, NULL, NULL),
		};
		*n += notes[*n].info != NULL;
	}
}

static void
note_the_rest(struct weir__run *run)
{
	const weir_graph *graph = run->plan->graph;
	struct weir__trace_note *notes;
	size_t n = 0;

	notes = weir__calloc(graph->heap, graph->n_nodes + graph->n_assigns +
			     run->plan->n_steps + 1, sizeof *notes);
	if (!notes)
		return;
	note_nodes(run->plan, notes, &n);
	note_assigns(run->plan, notes, &n);
	note_recomputed(run->plan, notes, &n);
	weir__trace_notes(run->plan->tracer, run->trace_run, notes, n);
	weir__free(graph->heap, notes);
}

/* -- a run ------------------------------------------------------------------------ */

static bool
describe_steps(struct weir__run *run)
{
	const weir_plan *plan = run->plan;
	uint32_t i;

	if (run->has_infos)
		return true;
	if (!run->infos)
		run->infos = weir__calloc(plan->heap, plan->n_steps + 1,
					  sizeof *run->infos);
	if (!run->infos)
		return false;
	for (i = 0; i < plan->n_steps; i++) {
		const struct weir__step *step = &plan->steps[i];

		run->infos[i] = describe_node(plan, step->node, &step->call,
					      &step->cost);
		if (!run->infos[i])
			return false;
	}
	run->has_infos = true;
	return true;
}

void
weir__run_trace_begin(struct weir__run *run)
{
	struct weir__tracer *tracer = run->plan->tracer;
	uint64_t session;

	if (!weir__trace_is_on(tracer))
		return;
	if (!describe_steps(run)) {
		weir__trace_lose(tracer);	/* the whole run, as one */
		return;
	}
	run->tracer = tracer;
	run->trace_run = weir__trace_new_run(tracer);
	session = weir__trace_session(tracer);
	if (atomic_exchange_explicit(&run->plan->noted_session, session,
				     memory_order_relaxed) != session)
		note_the_rest(run);
	run->trace_start = weir__trace_now(tracer);
}

void
weir__run_trace_end(struct weir__run *run)
{
	const weir_plan *plan = run->plan;
	const char *name = plan->graph->path->text;
	uint64_t end;

	if (!run->tracer)
		return;
	end = weir__trace_span(run->tracer, WEIR__TRACE_RUN, run->trace_run,
			       name, name, run->trace_start);
	weir__trace_counter(run->tracer, "memory in use", end,
			    (double)weir__storage_info(plan->heap).in_use);
}

/* When the last of what an item waits for has ended, or the run has begun. */
static uint64_t
ready_at(const struct weir__run *run, uint32_t item)
{
	const struct weir__dag *dag = &run->plan->dag;
	uint64_t ready = run->trace_start, end;
	uint32_t q;

	for (q = dag->first_pred[item]; q < dag->first_pred[item + 1]; q++) {
		end = atomic_load_explicit(&run->ends[dag->preds[q]],
					   memory_order_relaxed);
		if (ready < end)
			ready = end;
	}
	return ready;
}

uint64_t
weir__run_trace_work(struct weir__run *run, uint32_t entry, uint32_t block,
		     unsigned worker, uint64_t start)
{
	const weir_plan *plan = run->plan;
	const struct weir__work *work = &plan->work[entry];
	const struct weir__step *step = &plan->steps[work->step];
	uint32_t item = plan->schedule->items[entry];
	bool is_whole = work->end - work->begin == step->tiles;
	struct weir__trace_event event;		/* assigned field by field: an
						   initialiser costs 10 ns */

	if (work->is_void) {
		atomic_store_explicit(&run->ends[item], start,
				      memory_order_relaxed);
		return start;
	}
	event.kind = WEIR__TRACE_OP;
	event.info = run->infos[work->step];
	event.run = run->trace_run;
	event.ordinal = weir__step_ordinal(step);
	event.ready = ready_at(run, item);
	event.start = start;
	event.end = weir__trace_now(run->tracer);
	event.tile_begin = is_whole ? 0 : work->begin;
	event.tile_end = is_whole ? 0 : work->end;
	event.tiles = is_whole ? 0 : step->tiles;
	event.block = (int32_t)block;
	event.worker = (int32_t)(run->is_alone ? run->caller : worker);
	event.eager = false;
	event.n_deps = step->n_deps;
	event.deps = &plan->deps[step->first_dep];
	atomic_store_explicit(&run->ends[item], event.end,
			      memory_order_relaxed);
	weir__trace_event(run->tracer, &event);
	return event.end;
}
