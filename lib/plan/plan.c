/*
 * From live nodes to steps: where each operand's bytes will be, and which
 * steps come before which.
 */
#include "plan/control_plan.h"

#include <string.h>

#include "ops/invoke.h"
#include "ops/table.h"
#include "plan/outside.h"
#include "plan/placement.h"
#include "plan/poison.h"
#include "plan/recompute.h"
#include "tensor/layouts.h"

/* What is known while a plan is being built; per value of the graph. */
struct builder {
	weir_plan *plan;
	const weir_graph *graph;
	const struct weir__rewrite *rewrite;
	uint32_t *export_of;		/* number of its export, or WEIR__NOWHERE */
	uint32_t *constant_of;		/* likewise */
	uint32_t *step_of;		/* per node */
	bool *is_invariant;		/* per node; or NULL */
	const struct weir__plan_options *options;
};

static uint32_t
stands_for(const struct builder *b, uint32_t value)
{
	return b->rewrite->same_as[value];
}

static uint32_t
base_of(const struct builder *b, uint32_t value)
{
	return weir__rewrite_base(b->rewrite, value);
}

static struct weir__origin
origin_of(const struct builder *b, uint32_t value)
{
	const struct weir__gvalue *v = b->graph->values[value];
	const struct weir__node *node;

	if (v->kind != WEIR__GV_RESULT)
		return (struct weir__origin){ NULL, NULL, NULL };
	node = b->graph->nodes[v->node];
	return (struct weir__origin){ node->path, node->op->name, node->site };
}

/* -- what outlives a run ------------------------------------------------------- */

static weir_status
export(struct builder *b, uint32_t value)
{
	uint32_t base = base_of(b, value);
	const struct weir__layout *layout;
	weir_plan *plan = b->plan;

	if (b->graph->values[base]->kind != WEIR__GV_RESULT ||
	    b->rewrite->folded[base] || b->export_of[base] != WEIR__NOWHERE)
		return WEIR_OK;
	layout = weir__layout_of(plan->heap, &plan->arena,
				 &b->graph->values[base]->spec);
	if (!layout)
		return WEIR_ENOMEM;
	plan->exports[plan->n_exports] = (struct weir__export){
		.layout = layout,
		.value = base,
		.origin = origin_of(b, base),
		.stays = b->is_invariant &&
			 b->is_invariant[b->graph->values[base]->node],
	};
	b->export_of[base] = plan->n_exports++;
	return WEIR_OK;
}

/* What the steps of later iterations need of the first. */
static weir_status
export_invariants(struct builder *b)
{
	const weir_graph *graph = b->graph;
	weir_status status = WEIR_OK;
	uint32_t i, j;

	for (i = 0; b->is_invariant && i < graph->n_nodes; i++) {
		const struct weir__node *node = graph->nodes[i];

		if (b->is_invariant[i] || b->rewrite->fate[i] != WEIR__LIVE)
			continue;
		for (j = 0; j < node->n_in && !status; j++) {
			uint32_t base = base_of(b, node->in[j]);
			const struct weir__gvalue *v = graph->values[base];

			if (v->kind == WEIR__GV_RESULT &&
			    b->is_invariant[v->node])
				status = export(b, base);
		}
	}
	return status;
}

static weir_status
find_exports(struct builder *b)
{
	const weir_graph *graph = b->graph;
	weir_plan *plan = b->plan;
	weir_status status = WEIR_OK;
	size_t i;

	plan->exports = weir__arena_alloc(&plan->arena,
		(graph->n_outputs + graph->n_variables +
		 (b->is_invariant ? graph->n_values : 0)) *
		sizeof *plan->exports);
	if (!plan->exports)
		return WEIR_ENOMEM;
	for (i = 0; i < graph->n_outputs && !status; i++)
		status = export(b, graph->outputs[i]);
	for (i = 0; i < graph->n_variables && !status; i++)
		if (graph->variables[i].written_by)
			status = export(b, graph->variables[i].current);
	return status ? status : export_invariants(b);
}

/* -- where values are ------------------------------------------------------------ */

static uint32_t
constant_number(struct builder *b, uint32_t value, weir_tensor *tensor)
{
	weir_plan *plan = b->plan;

	if (b->constant_of[value] == WEIR__NOWHERE) {
		plan->constants[plan->n_constants] = tensor;
		b->constant_of[value] = plan->n_constants++;
	}
	return b->constant_of[value];
}

/* Arena offsets of bases come later, in lifetime.c: until then `index` of an
 * arena slot is the number of its base value. */
static struct weir__slot
locate(struct builder *b, uint32_t value)
{
	const struct weir__gvalue *v, *base;
	struct weir__slot slot;
	uint32_t base_number = base_of(b, value);

	value = stands_for(b, value);
	v = b->graph->values[value];
	base = b->graph->values[base_number];
	slot = (struct weir__slot){ .spec = &v->spec, .strides = v->strides,
				    .offset = v->offset };
	if (b->rewrite->folded[value]) {
		weir_tensor *t = b->rewrite->folded[value];

		slot.where = WEIR__AT_CONSTANT;
		slot.index = constant_number(b, value, t);
		slot.strides = t->layout->strides;
		slot.offset = 0;
	} else if (b->rewrite->folded[base_number]) {
		slot.where = WEIR__AT_CONSTANT;
		slot.index = constant_number(b, base_number,
					     b->rewrite->folded[base_number]);
	} else if (base->kind == WEIR__GV_CAPTURE) {
		slot.where = WEIR__AT_CONSTANT;
		slot.index = constant_number(b, base_number, base->tensor);
	} else if (base->kind == WEIR__GV_INPUT) {
		slot.where = WEIR__AT_INPUT;
		slot.index = base->index;
	} else if (base->kind == WEIR__GV_VARIABLE) {
		slot.where = WEIR__AT_VARIABLE;
		slot.index = base->index;
	} else if (b->export_of[base_number] != WEIR__NOWHERE) {
		slot.where = WEIR__AT_EXPORT;
		slot.index = b->export_of[base_number];
	} else {
		slot.where = WEIR__AT_ARENA;
		slot.index = base_number;
	}
	return slot;
}

/* -- steps -------------------------------------------------------------------------- */

static weir_status
describe_call(struct builder *b, struct weir__step *step)
{
	const struct weir__node *node = step->node;
	const struct weir__slot *slots = &b->plan->slots[step->first_slot];
	const weir_spec **specs;
	uint32_t i;

	specs = weir__arena_alloc(&b->plan->arena,
				  (node->n_in + node->n_out + 1) *
				  sizeof *specs);
	if (!specs)
		return WEIR_ENOMEM;
	for (i = 0; i < node->n_in + node->n_out; i++)
		specs[i] = slots[i].spec;
	step->call = (weir_call){
		.op = node->op,
		.attrs = node->attrs,
		.n_in = node->n_in,
		.n_out = node->n_out,
		.in = specs,
		.out = specs + node->n_in,
	};
	step->scratch = -1;
	if (node->control) {
		weir_status status = weir__plan_control(b->plan, step,
							b->options);

		if (status)
			return status;
	} else {
		step->tiles = weir__tiles(&step->call);
		step->cost = weir__call_cost(&step->call);
		step->scratch_bytes = weir__scratch_bytes(&step->call);
	}
	if (b->options->node_ns)
		step->cost.nanoseconds =
			b->options->node_ns[step - b->plan->steps];
	return WEIR_OK;
}

/* Who makes what an operand reads, and whether it reads it as it is made. */
static void
find_maker(const struct builder *b, struct weir__slot *slot, uint32_t value)
{
	uint32_t base = base_of(b, value);
	const struct weir__gvalue *v = b->graph->values[base];
	const struct weir__step *maker;
	const struct weir__slot *made;

	slot->maker = WEIR__NOWHERE;
	if (v->kind != WEIR__GV_RESULT || slot->where == WEIR__AT_CONSTANT)
		return;
	slot->maker = b->step_of[v->node];
	slot->result = v->index;
	maker = &b->plan->steps[slot->maker];
	made = &b->plan->slots[maker->first_slot + maker->node->n_in +
			       v->index];
	slot->is_direct = slot->offset == made->offset &&
			  weir__spec_equal(slot->spec, made->spec) &&
			  memcmp(slot->strides, made->strides,
				 (size_t)slot->spec->rank *
				 sizeof *slot->strides) == 0;
}

static weir_status
make_steps(struct builder *b)
{
	const weir_graph *graph = b->graph;
	weir_plan *plan = b->plan;
	size_t slots = 0;
	weir_status status;
	uint32_t i, j;

	for (i = 0; i < graph->n_nodes; i++) {
		if (b->rewrite->fate[i] != WEIR__LIVE)
			continue;
		plan->n_steps++;
		slots += graph->nodes[i]->n_in + graph->nodes[i]->n_out;
	}
	plan->steps = weir__calloc(plan->heap, plan->n_steps + 1,
				   sizeof *plan->steps);
	plan->slots = weir__calloc(plan->heap, slots + 1, sizeof *plan->slots);
	plan->parts = weir__calloc(plan->heap, plan->n_steps + 1,
				   sizeof *plan->parts);
	if (!plan->steps || !plan->slots || !plan->parts)
		return WEIR_ENOMEM;
	plan->n_steps = 0;
	for (i = 0; i < graph->n_nodes; i++) {
		const struct weir__node *node = graph->nodes[i];
		struct weir__step *step = &plan->steps[plan->n_steps];

		if (b->rewrite->fate[i] != WEIR__LIVE)
			continue;
		b->step_of[i] = plan->n_steps;
		plan->parts[plan->n_steps] = (struct weir__node_part){
			plan->n_steps, 1 };
		plan->n_steps++;
		step->node = node;
		step->is_invariant = b->is_invariant && b->is_invariant[i];
		step->first_ordinal = node->ordinal;
		step->first_slot = plan->n_slots;
		for (j = 0; j < node->n_in; j++) {
			struct weir__slot *slot = &plan->slots[plan->n_slots];

			*slot = locate(b, node->in[j]);
			find_maker(b, slot, node->in[j]);
			plan->n_slots++;
		}
		for (j = 0; j < node->n_out; j++)
			plan->slots[plan->n_slots++] = locate(b, node->out[j]);
		status = describe_call(b, step);
		if (status)
			return status;
		plan->has_user_ops |= !node->control &&
				      weir__op_is_users(node->op);
	}
	plan->info.nodes = plan->n_steps;
	return WEIR_OK;
}

static weir_status
make_ends(struct builder *b)
{
	const weir_graph *graph = b->graph;
	weir_plan *plan = b->plan;
	uint32_t i;

	plan->outputs = weir__arena_alloc(&plan->arena, graph->n_outputs *
					  sizeof *plan->outputs);
	plan->writes = weir__arena_alloc(&plan->arena, graph->n_variables *
					 sizeof *plan->writes);
	if (!plan->outputs || !plan->writes)
		return WEIR_ENOMEM;
	for (i = 0; i < graph->n_outputs; i++) {
		struct weir__output *output = &plan->outputs[plan->n_outputs++];
		uint32_t value = stands_for(b, graph->outputs[i]);

		*output = (struct weir__output){
			.slot = locate(b, value),
			.is_whole = base_of(b, value) == value,
			.origin = origin_of(b, value),
		};
	}
	for (i = 0; i < graph->n_variables; i++) {
		struct weir__slot slot;

		if (!graph->variables[i].written_by)
			continue;
		slot = locate(b, graph->variables[i].current);
		if (slot.where == WEIR__AT_VARIABLE && slot.index == i)
			continue;	/* its own value: nothing to commit */
		plan->writes[plan->n_writes++] = (struct weir__write){
			.variable = i, .where = slot.where,
			.index = slot.index,
		};
	}
	return WEIR_OK;
}

static weir_status
build(struct builder *b)
{
	const weir_graph *graph = b->graph;
	weir_plan *plan = b->plan;
	weir_status status;
	size_t i;

	plan->constants = weir__calloc(plan->heap, graph->n_values + 1,
				       sizeof *plan->constants);
	plan->variables = weir__calloc(plan->heap, graph->n_variables + 1,
				       sizeof *plan->variables);
	b->export_of = weir__calloc(plan->heap, graph->n_values + 1,
				    sizeof *b->export_of);
	b->constant_of = weir__calloc(plan->heap, graph->n_values + 1,
				      sizeof *b->constant_of);
	b->step_of = weir__calloc(plan->heap, graph->n_nodes + 1,
				  sizeof *b->step_of);
	if (!plan->constants || !plan->variables || !b->export_of ||
	    !b->constant_of || !b->step_of)
		return WEIR_ENOMEM;
	memset(b->export_of, 0xff, graph->n_values * sizeof *b->export_of);
	memset(b->constant_of, 0xff, graph->n_values * sizeof *b->constant_of);
	plan->n_variables = (uint32_t)graph->n_variables;
	for (i = 0; i < graph->n_variables; i++)
		plan->variables[i] = graph->variables[i].variable;
	if (b->options->feeds && !(b->options->skips & WEIR__PASS_HOIST) &&
	    weir__plan_find_invariants(graph, b->rewrite, b->options->feeds,
				       &b->is_invariant))
		return WEIR_ENOMEM;
	status = find_exports(b);
	if (!status)
		status = make_steps(b);
	if (!status)
		status = make_ends(b);
	return status ? status : weir__plan_find_takers(plan);
}

/* Whether steps may be done twice for the budget's sake. */
static bool
recomputes(const struct weir__plan_options *options)
{
	return options->recomputes && options->max_bytes &&
	       !options->keeps_all &&
	       !(options->skips & WEIR__PASS_RECOMPUTE);
}

weir_status
weir__plan_new(weir_graph *graph, struct weir__rewrite *rewrite,
	       const struct weir__plan_options *options, weir_plan **out)
{
	struct builder b = { .graph = graph, .rewrite = rewrite,
			     .options = options };
	struct weir__heap *heap = graph->heap;
	weir_plan *plan = weir__calloc(heap, 1, sizeof *plan);
	weir_status status;

	if (!plan) {
		weir__rewrite_free(rewrite);
		return WEIR_ENOMEM;
	}
	atomic_init(&plan->refs, 1);
	pthread_mutex_init(&plan->idle_lock, NULL);
	plan->heap = weir__heap_retain(heap);
	plan->graph = weir__graph_retain(graph);
	plan->n_values = graph->n_values;
	plan->rewrite = rewrite;
	plan->tracer = options->tracer;
	plan->team = options->team;
	plan->topology = options->topology;
	plan->outside = weir__outside_retain(options->outside);
	plan->paths = options->paths;
	plan->skips = options->skips;
	plan->max_bytes = options->max_bytes;
	plan->recomputes = options->recomputes;
	plan->is_measured = options->node_ns != NULL;
	weir__arena_init(&plan->arena, heap);
	b.plan = plan;
	status = build(&b);
	weir__free(heap, b.export_of);
	weir__free(heap, b.constant_of);
	weir__free(heap, b.step_of);
	weir__free(heap, b.is_invariant);
	if (!status)
		status = recomputes(options)
			? weir__plan_recompute(plan, options)
			: weir__plan_arrange(plan, options);
	if (!status)
		status = weir__place_exports(plan);
	/* Who looks at all values afterwards wants them as they were. */
	if (!status && options->poisons && !options->keeps_all)
		status = weir__poison_new(plan, &plan->poison);
#ifdef WEIR_DEBUG
	if (!status)
		status = weir__plan_check(plan);
#endif
	if (!status)
		status = weir__plan_tell(plan);
	if (status) {
		weir_plan_release(plan);
		return status;
	}
	*out = plan;
	return WEIR_OK;
}

weir_plan *
weir_plan_retain(weir_plan *plan)
{
	if (plan)
		atomic_fetch_add_explicit(&plan->refs, 1,
					  memory_order_relaxed);
	return plan;
}

void
weir_plan_release(weir_plan *plan)
{
	struct weir__heap *heap;

	if (!plan || atomic_fetch_sub_explicit(&plan->refs, 1,
					       memory_order_acq_rel) != 1)
		return;
	heap = plan->heap;
	if (plan->free_idle)
		plan->free_idle(plan);
	weir__rewrite_free(plan->rewrite);
	weir__plan_undo(plan);
	weir__free(heap, plan->steps);
	weir__free(heap, plan->slots);
	weir__free(heap, plan->parts);
	weir__free(heap, plan->parts_of_exports);
	weir__free(heap, plan->constants);
	weir__free(heap, plan->variables);
	weir__plan_controls_release(plan);
	weir__poison_free(heap, plan->poison);
	weir__outside_release(plan->outside);
	weir__arena_free(&plan->arena);
	pthread_mutex_destroy(&plan->idle_lock);
	weir__graph_unref(plan->graph);
	weir__free(heap, plan);
	weir__heap_release(heap);
}
