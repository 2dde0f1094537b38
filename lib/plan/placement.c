#include "plan/placement.h"

#include <stdlib.h>
#include <string.h>

#include "base/error.h"

/* -- who is where --------------------------------------------------------- */

/* Workers are numbered pool after pool, and pools are in the order of nodes. */
static void
find_workers(struct weir__nodes *nodes, const weir_plan *plan)
{
	unsigned w;

	for (w = 0; w < plan->workers; w++) {
		size_t pool = weir__topology_pool_of_worker(plan->topology, w);
		uint16_t number = (uint16_t)weir__topology_pool(
			plan->topology, pool).numa_node;

		if (!nodes->n || nodes->number[nodes->n - 1] != number)
			nodes->number[nodes->n++] = number;
		nodes->of_worker[w] = (uint16_t)(nodes->n - 1);
	}
}

static uint16_t
node_of_step(const struct weir__nodes *nodes, const struct weir__order *o,
	     uint32_t step)
{
	const uint32_t *entry = o->entries + o->first_entry[step];
	const uint32_t *end = o->entries + o->first_entry[step + 1];
	uint16_t node = nodes->of_worker[o->worker_of[*entry]];

	for (; entry < end; entry++)
		if (nodes->of_worker[o->worker_of[*entry]] != node)
			return (uint16_t)nodes->n;
	return node;
}

weir_status
weir__nodes_init(struct weir__nodes *nodes, const struct weir__order *order)
{
	const weir_plan *plan = order->plan;
	uint32_t i;

	nodes->heap = plan->heap;
	nodes->number = weir__calloc(plan->heap, plan->workers,
				     sizeof *nodes->number);
	nodes->of_worker = weir__calloc(plan->heap, plan->workers,
					sizeof *nodes->of_worker);
	nodes->of_step = weir__calloc(plan->heap, (size_t)plan->n_steps + 1,
				      sizeof *nodes->of_step);
	if (!nodes->number || !nodes->of_worker || !nodes->of_step)
		return WEIR_ENOMEM;
	find_workers(nodes, plan);
	for (i = 0; i < plan->n_steps; i++)
		nodes->of_step[i] = node_of_step(nodes, order, i);
	return WEIR_OK;
}

void
weir__nodes_free(struct weir__nodes *nodes)
{
	weir__free(nodes->heap, nodes->number);
	weir__free(nodes->heap, nodes->of_worker);
	weir__free(nodes->heap, nodes->of_step);
}

/* -- pages ---------------------------------------------------------------- */

/* Pages with any of the bytes from..to that have no node yet. */
static void
claim(weir_plan *plan, size_t from, size_t to, uint16_t number)
{
	size_t page = from / WEIR__PAGE;

	for (; from < to && page * WEIR__PAGE < to; page++)
		if (plan->node_of_page[page] == WEIR__NO_NODE)
			plan->node_of_page[page] = number;
}

/* What the pieces of a step write of a result. What comes after all pieces
 * writes nothing first. */
static void
claim_result(weir_plan *plan, const struct weir__order *o,
	     const struct weir__nodes *nodes, uint32_t number, uint32_t result)
{
	const struct weir__step *step = &plan->steps[number];
	uint32_t operand = step->node->n_in + result, k;
	const struct weir__slot *slot = &plan->slots[step->first_slot +
						     operand];
	int64_t size = (int64_t)weir_dtype_size(slot->spec->dtype);
	int64_t first, last;

	for (k = o->first_entry[number]; k < o->first_entry[number + 1]; k++) {
		const struct weir__work *work = &plan->work[o->entries[k]];
		unsigned w = o->worker_of[o->entries[k]];

		if (work->begin == work->end && step->tiles)
			continue;
		weir__work_reach(step, work, operand, &first, &last);
		claim(plan, (size_t)(slot->offset + first * size),
		      (size_t)(slot->offset + last * size),
		      nodes->number[nodes->of_worker[w]]);
	}
}

weir_status
weir__place_pages(weir_plan *plan, const struct weir__order *order,
		  const struct weir__nodes *nodes, const size_t *begin)
{
	size_t pages = (plan->arena_bytes + WEIR__PAGE - 1) / WEIR__PAGE;
	uint32_t i, k;
	unsigned n;

	weir__free(plan->heap, plan->node_of_page);
	plan->node_of_page = NULL;
	if (nodes->n < 2 || !pages)
		return WEIR_OK;
	plan->node_of_page = weir__alloc(plan->heap, pages *
					 sizeof *plan->node_of_page);
	if (!plan->node_of_page)
		return WEIR_ENOMEM;
	plan->n_pages = pages;
	memset(plan->node_of_page, 0xff, pages * sizeof *plan->node_of_page);
	for (n = 0; n < nodes->n; n++)
		claim(plan, begin[n], begin[n + 1], nodes->number[n]);
	for (i = 0; i < plan->n_steps; i++)
		for (k = 0; k < plan->steps[i].node->n_out; k++)
			if (plan->slots[plan->steps[i].first_slot +
					plan->steps[i].node->n_in + k].where ==
			    WEIR__AT_ARENA)
				claim_result(plan, order, nodes, i, k);
	return WEIR_OK;
}

/* -- exports -------------------------------------------------------------- */

static int
by_begin(const void *a, const void *b)
{
	const struct weir__placed *x = a, *y = b;

	return (x->begin > y->begin) - (x->begin < y->begin);
}

/* In their order, and each byte in the first of those that have it: bands of
 * columns are in every row. How many are left. */
static uint32_t
set_apart(struct weir__placed *parts, uint32_t n)
{
	uint32_t i, left = 0;
	size_t at = 0;

	qsort(parts, n, sizeof *parts, by_begin);
	for (i = 0; i < n; i++) {
		struct weir__placed part = parts[i];

		part.begin = part.begin > at ? part.begin : at;
		if (part.begin >= part.end)
			continue;
		at = part.end;
		parts[left++] = part;
	}
	return left;
}

/* What the pieces of a step write of a result that is an export. */
static void
add_parts(weir_plan *plan, const struct weir__order *o,
	  const struct weir__nodes *nodes, uint32_t number, uint32_t result,
	  uint32_t *n)
{
	const struct weir__step *step = &plan->steps[number];
	uint32_t operand = step->node->n_in + result, k;
	const struct weir__slot *slot = &plan->slots[step->first_slot +
						     operand];
	struct weir__export *export = &plan->exports[slot->index];
	size_t size = weir_dtype_size(slot->spec->dtype);
	int64_t first, last;

	export->first_part = *n;
	for (k = o->first_entry[number]; k < o->first_entry[number + 1]; k++) {
		const struct weir__work *work = &plan->work[o->entries[k]];
		unsigned w = o->worker_of[o->entries[k]];

		if (work->begin == work->end && step->tiles)
			continue;
		weir__work_reach(step, work, operand, &first, &last);
		plan->parts_of_exports[(*n)++] = (struct weir__placed){
			size * (size_t)first, size * (size_t)last,
			nodes->number[nodes->of_worker[w]] };
	}
	export->n_parts = set_apart(&plan->parts_of_exports[export->first_part],
				    *n - export->first_part);
	*n = export->first_part + export->n_parts;
}

static const struct weir__slot *
result_slot(const weir_plan *plan, uint32_t step, uint32_t result)
{
	return &plan->slots[plan->steps[step].first_slot +
			    plan->steps[step].node->n_in + result];
}

static weir_status
find_parts(weir_plan *plan, const struct weir__order *o,
	   const struct weir__nodes *nodes)
{
	size_t room = 0;
	uint32_t i, k, n = 0;

	for (i = 0; i < plan->n_steps; i++)
		for (k = 0; k < plan->steps[i].node->n_out; k++)
			if (result_slot(plan, i, k)->where == WEIR__AT_EXPORT)
				room += o->first_entry[i + 1] -
					o->first_entry[i];
	plan->parts_of_exports = weir__calloc(plan->heap, room + 1,
					      sizeof *plan->parts_of_exports);
	if (!plan->parts_of_exports)
		return WEIR_ENOMEM;
	for (i = 0; i < plan->n_steps; i++)
		for (k = 0; k < plan->steps[i].node->n_out; k++)
			if (result_slot(plan, i, k)->where == WEIR__AT_EXPORT)
				add_parts(plan, o, nodes, i, k, &n);
	plan->first_layout = weir__heap_layouts(plan->heap, plan->n_exports);
	return WEIR_OK;
}

weir_status
weir__place_exports(weir_plan *plan)
{
	struct weir__order order = { .plan = plan };
	struct weir__nodes nodes = { .heap = plan->heap };
	weir_status status = WEIR_OK;

	if (plan->workers < 2 || weir__topology_pools(plan->topology) < 2)
		return WEIR_OK;
	status = weir__order_init(&order, plan);
	if (!status)
		status = weir__nodes_init(&nodes, &order);
	if (!status && nodes.n > 1 && plan->n_exports)
		status = find_parts(plan, &order, &nodes);
	weir__nodes_free(&nodes);
	weir__order_free(&order);
	return status;
}

/* -- checking ------------------------------------------------------------- */

static bool
is_on(const weir_plan *plan, int64_t from, int64_t bytes, uint16_t number)
{
	size_t page = (size_t)from / WEIR__PAGE;

	for (; bytes && page * WEIR__PAGE < (size_t)(from + bytes); page++)
		if (plan->node_of_page[page] != number)
			return false;
	return true;
}

static weir_status
check_step(const weir_plan *plan, const struct weir__nodes *nodes,
	   uint32_t number)
{
	const struct weir__step *step = &plan->steps[number];
	const struct weir__slot *out = &plan->slots[step->first_slot +
						    step->node->n_in];
	uint16_t node = nodes->of_step[number];
	bool is_right;
	uint32_t i;

	if (node == nodes->n)
		return WEIR_OK;
	node = nodes->number[node];
	is_right = !step->scratch_bytes ||
		   is_on(plan, step->scratch,
			 (int64_t)weir__step_scratch(plan, step), node);
	for (i = 0; i < step->node->n_out; i++)
		if (out[i].where == WEIR__AT_ARENA)
			is_right &= is_on(plan, out[i].offset,
					  weir__spec_bytes(out[i].spec), node);
	return is_right ? WEIR_OK
			: weir_fail(WEIR_EINVAL, "plan check: step %u is done "
				    "in NUMA node %u, but what it writes is "
				    "elsewhere", number, node);
}

weir_status
weir__placement_check(const weir_plan *plan, const struct weir__order *order)
{
	struct weir__nodes nodes = { .heap = plan->heap };
	weir_status status = weir__nodes_init(&nodes, order);
	uint32_t i;

	if (!status && (nodes.n > 1 && plan->arena_bytes) !=
		       (plan->node_of_page != NULL))
		status = weir_fail(WEIR_EINVAL, "plan check: workers are of %u "
				   "NUMA nodes, and pages are not", nodes.n);
	for (i = 0; i < plan->n_steps && plan->node_of_page &&
		    !plan->is_tight && !status; i++)
		status = check_step(plan, &nodes, i);
	weir__nodes_free(&nodes);
	return status;
}
