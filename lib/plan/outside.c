#include "plan/outside.h"

/* -- where it is ---------------------------------------------------------- */

static void
add_piece(weir_memory_place *pieces, size_t *n, const weir_tensor *tensor)
{
	const struct weir__storage *storage = tensor->storage;

	pieces[(*n)++] = (weir_memory_place){ .memory = storage->data,
					      .bytes = storage->bytes };
}

/* All that a plan of the graph could read from outside. */
static weir_status
ask(const weir_graph *graph, weir_tensor *const *operands, size_t n_operands,
    struct weir__memory_map **map)
{
	struct weir__heap *heap = graph->heap;
	size_t most = n_operands + graph->n_values + graph->n_variables;
	weir_memory_place *pieces = weir__calloc(heap, most + 1,
						 sizeof *pieces);
	weir_tensor **values = weir__calloc(heap, graph->n_variables + 1,
					    sizeof *values);
	weir_status status = WEIR_ENOMEM;
	size_t n = 0, i;

	if (pieces && values) {
		for (i = 0; i < n_operands; i++)
			add_piece(pieces, &n, operands[i]);
		for (i = 0; i < graph->n_values; i++)
			if (graph->values[i]->kind == WEIR__GV_CAPTURE)
				add_piece(pieces, &n, graph->values[i]->tensor);
		for (i = 0; i < graph->n_variables; i++) {
			values[i] = weir__variable_snapshot(
				graph->variables[i].variable);
			add_piece(pieces, &n, values[i]);
		}
		status = weir__memory_map_ask(heap, pieces, n, map);
		weir__tensors_clear(values, graph->n_variables);
	}
	weir__free(heap, values);
	weir__free(heap, pieces);
	return status;
}

/* -- making and releasing -------------------------------------------------- */

weir_status
weir__outside_new(const weir_graph *graph, weir_tensor *const *operands,
		  size_t n_operands, const weir_memory_place *places,
		  size_t n_places, struct weir__outside **out)
{
	struct weir__heap *heap = graph->heap;
	struct weir__outside *o = weir__calloc(heap, 1, sizeof *o);
	weir_status status = WEIR_ENOMEM;
	size_t i;

	if (!o)
		return WEIR_ENOMEM;
	atomic_init(&o->refs, 1);
	o->heap = weir__heap_retain(heap);
	o->n_in = n_operands;
	o->in = weir__calloc(heap, n_operands + 1, sizeof *o->in);
	if (o->in) {
		for (i = 0; i < n_operands; i++)
			o->in[i] = operands[i]->data;
		status = places
			? weir__memory_map_new(heap, places, n_places, &o->map)
			: ask(graph, operands, n_operands, &o->map);
	}
	if (status) {
		weir__outside_release(o);
		return status;
	}
	*out = o;
	return WEIR_OK;
}

struct weir__outside *
weir__outside_retain(struct weir__outside *o)
{
	if (o)
		atomic_fetch_add_explicit(&o->refs, 1, memory_order_relaxed);
	return o;
}

void
weir__outside_release(struct weir__outside *o)
{
	struct weir__heap *heap;

	if (!o || atomic_fetch_sub_explicit(&o->refs, 1,
					    memory_order_acq_rel) != 1)
		return;
	heap = o->heap;
	weir__memory_map_free(o->map);
	weir__free(heap, o->in);
	weir__free(heap, o);
	weir__heap_release(heap);
}

/* -- what work takes from there -------------------------------------------- */

/* The first element of what a slot lies in; NULL: not known. */
static const char *
address_of(const weir_plan *plan, const struct weir__slot *slot)
{
	const struct weir__outside *o = plan->outside;
	const char *address = NULL;
	weir_tensor *value;

	if (slot->where == WEIR__AT_INPUT && slot->index < o->n_in)
		address = o->in[slot->index];
	if (slot->where == WEIR__AT_CONSTANT)
		address = plan->constants[slot->index]->data;
	if (slot->where == WEIR__AT_VARIABLE) {
		value = weir__variable_snapshot(plan->variables[slot->index]);
		address = value->data;
		weir_tensor_release(value);
	}
	return address;
}

void
weir__outside_add_far(const weir_plan *plan, const struct weir__work *work,
		      double ns_a_byte, float *row)
{
	const struct weir__step *step = &plan->steps[work->step];
	int64_t begin, end;
	const char *address;
	uint32_t i;

	for (i = 0; i < step->call.n_in; i++) {
		address = address_of(plan, &plan->slots[step->first_slot + i]);
		if (!address || !weir__work_reach_bytes(plan, work, i, &begin,
							&end))
			continue;
		weir__memory_map_add_far(plan->outside->map, plan->topology,
					 address + begin,
					 (size_t)(end - begin), ns_a_byte,
					 row);
	}
}
