/*
 * The memory of a plan that may have so many bytes, and no more.
 *
 * Where several workers need more, buffers are put as for one worker, each kept
 * for so many steps after its last use as there is room for; and the steps that
 * write over what others have used wait for these, by edges added to the graph,
 * which is then dealt to the workers anew. So what is surely over when bytes
 * are used again does not depend on who runs what. Where that does not do, one
 * worker has all; and if even this takes more, the plan is refused.
 */
#include <string.h>

#include "base/error.h"
#include "plan/offsets.h"
#include "plan/placement.h"

struct occupant {		/* whose bytes nobody else has all of */
	size_t begin, end;
	uint32_t step, value;	/* who writes it; WEIR__NOWHERE: scratch */
};

struct edge {
	uint32_t after, before;	/* steps */
};

struct budget {
	weir_plan *plan;
	struct weir__heap *heap;
	size_t max_bytes;
	int64_t *slot_offset;	/* per slot: as it was without an arena */
	struct weir__order order;	/* knows who uses what */
	struct weir__buffers buffers;
	struct weir__buffer *longer;	/* the same, kept for longer */
	size_t *offset;			/* per buffer */
	struct occupant *live;
	size_t n_live, live_room;
	struct edge *edges;		/* by ascending step that is after */
	size_t n_edges, edges_room;
};

/* -- where buffers are ---------------------------------------------------- */

static void
keep_for(struct budget *b, uint32_t steps)
{
	uint32_t last = b->plan->n_steps - 1, i;

	for (i = 0; i < b->buffers.n; i++) {
		b->longer[i] = b->buffers.list[i];
		b->longer[i].last = last - b->longer[i].last > steps
			? b->longer[i].last + steps : last;
	}
}

/* What is needed at least if each is kept for so many steps more. */
static weir_status
live_if_kept_for(struct budget *b, uint32_t steps, size_t *bytes)
{
	struct weir__buffers longer = b->buffers;
	weir_status status;

	keep_for(b, steps);
	longer.list = b->longer;
	status = weir__buffers_find_live(&longer, b->plan->n_steps);
	*bytes = longer.live;
	return status;
}

/* The most steps for which that is within the budget. */
static weir_status
find_steps(struct budget *b, uint32_t *steps)
{
	uint32_t low = 0, high = b->plan->n_steps;
	weir_status status = WEIR_OK;
	size_t bytes;

	while (high - low > 1 && !status) {
		uint32_t middle = low + (high - low) / 2;

		status = live_if_kept_for(b, middle, &bytes);
		if (bytes <= b->max_bytes)
			low = middle;
		else
			high = middle;
	}
	*steps = low;
	return status;
}

static weir_status
find_offsets(struct budget *b, bool *fits)
{
	struct weir__buffers longer = b->buffers;
	weir_status status;
	uint32_t steps;
	size_t peak;

	*fits = false;
	status = find_steps(b, &steps);
	for (; !status; steps /= 2) {
		status = live_if_kept_for(b, steps, &longer.live);
		longer.list = b->longer;
		if (!status)
			status = weir__offsets_find(&longer, b->plan->n_steps,
						    b->offset, &peak);
		*fits = !status && peak <= b->max_bytes;
		if (*fits || steps == 0)
			break;
	}
	if (*fits)
		b->plan->arena_bytes = peak;
	return status;
}

/* -- who waits for whom --------------------------------------------------- */

static weir_status
add_edge(struct budget *b, uint32_t after, uint32_t before)
{
	if (after == before)
		return WEIR_OK;
	if (weir__grow(b->heap, &b->edges, &b->edges_room, b->n_edges,
		       sizeof *b->edges))
		return WEIR_ENOMEM;
	b->edges[b->n_edges++] = (struct edge){ after, before };
	return WEIR_OK;
}

/* A step comes after all that use an occupant. */
static weir_status
come_after(struct budget *b, uint32_t step, const struct occupant *old)
{
	const struct weir__order *o = &b->order;
	weir_status status = WEIR_OK;
	uint32_t i;

	if (old->value == WEIR__NOWHERE)
		return add_edge(b, step, old->step);
	for (i = o->first_use[old->value];
	     i < o->first_use[old->value + 1] && !status; i++)
		status = add_edge(b, step, o->uses[i]);
	return status;
}

/* Those of which it covers all are forgotten: whoever comes after it comes
 * after them, too. */
static weir_status
move_in(struct budget *b, uint32_t buffer, uint32_t step, uint32_t value)
{
	struct occupant new = { .begin = b->offset[buffer], .step = step,
				.value = value };
	size_t i, kept = 0;

	new.end = new.begin + b->buffers.list[buffer].bytes;
	for (i = 0; i < b->n_live; i++) {
		struct occupant old = b->live[i];

		if (old.begin < new.end && new.begin < old.end) {
			if (come_after(b, step, &old))
				return WEIR_ENOMEM;
			if (new.begin <= old.begin && old.end <= new.end)
				continue;
		}
		b->live[kept++] = old;
	}
	b->n_live = kept;
	if (weir__grow(b->heap, &b->live, &b->live_room, b->n_live,
		       sizeof *b->live))
		return WEIR_ENOMEM;
	b->live[b->n_live++] = new;
	return WEIR_OK;
}

static weir_status
find_edges(struct budget *b)
{
	const weir_plan *plan = b->plan;
	weir_status status = WEIR_OK;
	uint32_t i, k;

	for (i = 0; i < plan->n_steps && !status; i++) {
		const struct weir__step *step = &plan->steps[i];
		const struct weir__slot *out = &plan->slots[step->first_slot +
							    step->node->n_in];

		for (k = 0; k < step->node->n_out && !status; k++)
			if (out[k].where == WEIR__AT_ARENA)
				status = move_in(b, b->buffers.of_value[
						 out[k].index], i,
						 out[k].index);
		if (!status && step->scratch_bytes)
			status = move_in(b, b->buffers.of_scratch[i], i,
					 WEIR__NOWHERE);
	}
	return status;
}

/* The edges become the plan's. */
static weir_status
hand_over_edges(struct budget *b)
{
	weir_plan *plan = b->plan;
	size_t q;
	uint32_t i;

	if (b->n_edges >= UINT32_MAX)
		return WEIR_ENOMEM;
	plan->first_after = weir__calloc(b->heap, (size_t)plan->n_steps + 2,
					 sizeof *plan->first_after);
	plan->after = weir__alloc(b->heap, (b->n_edges + 1) *
				  sizeof *plan->after);
	if (!plan->first_after || !plan->after)
		return WEIR_ENOMEM;
	for (q = 0; q < b->n_edges; q++) {
		plan->first_after[b->edges[q].after + 1]++;
		plan->after[q] = b->edges[q].before;
	}
	for (i = 0; i < plan->n_steps; i++)
		plan->first_after[i + 1] += plan->first_after[i];
	return WEIR_OK;
}

/* -- the ways ------------------------------------------------------------- */

/* As if there were no arena yet, and no worker. */
static void
start_afresh(struct budget *b)
{
	weir_plan *plan = b->plan;
	uint32_t i;

	for (i = 0; i < plan->n_slots; i++)
		plan->slots[i].offset = b->slot_offset[i];
	weir__free(b->heap, plan->node_of_page);
	weir__free(b->heap, plan->first_after);
	weir__free(b->heap, plan->after);
	plan->node_of_page = NULL;
	plan->first_after = plan->after = NULL;
	plan->n_pages = 0;
	plan->is_tight = false;
}

/* Pages are where the plan first writes to them. */
static weir_status
place_pages(weir_plan *plan)
{
	struct weir__order order = { .plan = plan };
	struct weir__nodes nodes = { .heap = plan->heap };
	weir_status status = weir__order_init(&order, plan);
	size_t *begin = NULL;

	if (!status)
		status = weir__nodes_init(&nodes, &order);
	if (!status) {
		begin = weir__calloc(plan->heap, (size_t)nodes.n + 1,
				     sizeof *begin);
		status = begin ? weir__place_pages(plan, &order, &nodes, begin)
			       : WEIR_ENOMEM;
	}
	weir__free(plan->heap, begin);
	weir__nodes_free(&nodes);
	weir__order_free(&order);
	return status;
}

/* Several workers, who wait for each other more often. */
static weir_status
wait_more(struct budget *b, bool *fits)
{
	weir_plan *plan = b->plan;
	unsigned workers = plan->workers;
	weir_status status;

	status = find_offsets(b, fits);
	if (status || !*fits)
		return status;
	status = find_edges(b);
	if (!status)
		status = hand_over_edges(b);
	if (!status)
		status = weir__partition_again(plan, workers);
	*fits = plan->workers > 1;
	if (status || !*fits)
		return status;
	weir__buffers_put(plan, &b->buffers, b->offset);
	plan->is_tight = true;
	status = place_pages(plan);
	if (status)
		return status;
	/* What is done in place must be so whoever does which piece. */
	status = weir__plan_check(plan);
	*fits = !status;
	if (status != WEIR_EINVAL)
		return status;
	weir__error_clear();
	return WEIR_OK;
}

static weir_status
be_alone(struct budget *b)
{
	weir_plan *plan = b->plan;
	weir_status status = WEIR_OK;

	start_afresh(b);
	if (plan->workers > 1)
		status = weir__partition_again(plan, 1);
	if (!status)
		status = weir__plan_memory_alone(plan);
	if (status || plan->arena_bytes <= b->max_bytes)
		return status;
	return weir_fail(WEIR_ERANGE, "%s: a run takes %zu bytes for buffers "
			 "at least, and max_bytes is %zu",
			 plan->graph->path->text, plan->arena_bytes,
			 b->max_bytes);
}

static weir_status
try_ways(struct budget *b)
{
	weir_plan *plan = b->plan;
	bool fits = false;
	weir_status status = WEIR_OK;
	size_t n;

	if (plan->workers > 1) {
		start_afresh(b);
		status = weir__order_init(&b->order, plan);
		if (!status)
			status = weir__buffers_init(&b->buffers, plan);
		n = (size_t)b->buffers.n + 1;
		b->longer = weir__alloc(b->heap, n * sizeof *b->longer);
		b->offset = weir__alloc(b->heap, n * sizeof *b->offset);
		if (!b->longer || !b->offset)
			status = WEIR_ENOMEM;
		if (!status)
			status = wait_more(b, &fits);
	}
	return status || fits ? status : be_alone(b);
}

static weir_status
save_slots(struct budget *b)
{
	const weir_plan *plan = b->plan;
	uint32_t i;

	b->slot_offset = weir__alloc(b->heap, ((size_t)plan->n_slots + 1) *
				     sizeof *b->slot_offset);
	for (i = 0; b->slot_offset && i < plan->n_slots; i++)
		b->slot_offset[i] = plan->slots[i].offset;
	return b->slot_offset ? WEIR_OK : WEIR_ENOMEM;
}

weir_status
weir__plan_memory_within(weir_plan *plan, size_t max_bytes)
{
	struct budget b = { .plan = plan, .heap = plan->heap,
			    .max_bytes = max_bytes, .order = { .plan = plan },
			    .buffers = { .heap = plan->heap } };
	weir_status status = save_slots(&b);

	if (!status)
		status = weir__plan_memory(plan, false);
	if (!status && plan->arena_bytes > max_bytes)
		status = try_ways(&b);
	weir__order_free(&b.order);
	weir__buffers_free(&b.buffers);
	weir__free(b.heap, b.slot_offset);
	weir__free(b.heap, b.longer);
	weir__free(b.heap, b.offset);
	weir__free(b.heap, b.live);
	weir__free(b.heap, b.edges);
	return status;
}
