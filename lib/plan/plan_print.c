/* A plan as text: what runs, in which blocks, at home where. */
#include "plan/control_plan.h"

#include "base/text.h"
#include "plan/outside.h"

static void
print_slot(const struct weir__slot *slot, struct weir__text *text)
{
	char spec[128];

	weir__spec_text(slot->spec, spec, sizeof spec);
	switch (slot->where) {
	case WEIR__AT_INPUT:
		weir__text_add(text, "%s@input%u", spec, slot->index);
		break;
	case WEIR__AT_CONSTANT:
		weir__text_add(text, "%s@constant%u", spec, slot->index);
		break;
	case WEIR__AT_VARIABLE:
		weir__text_add(text, "%s@variable%u", spec, slot->index);
		break;
	case WEIR__AT_EXPORT:
		weir__text_add(text, "%s@export%u", spec, slot->index);
		break;
	case WEIR__AT_ARENA:
		weir__text_add(text, "%s@%lld", spec,
			       (long long)slot->offset);
		break;
	}
}

static void
print_work(const weir_plan *plan, const struct weir__work *work,
	   struct weir__text *text)
{
	const struct weir__step *step = &plan->steps[work->step];
	const struct weir__node *node = step->node;
	uint32_t i;

	weir__text_add(text, "    %5llu  %s/%s%s",
		       (unsigned long long)weir__step_ordinal(step),
		       node->path->text, node->op->name,
		       step->is_invariant ? "  (first iteration only)" : "");
	if (step->again)
		weir__text_add(text, ": recomputed from %llu",
			       (unsigned long long)node->ordinal);
	if (work->begin == work->end && step->tiles) {
		weir__text_add(text, work->is_void ? "  (no tiles)\n"
						   : "  (finish)\n");
		return;
	}
	if (work->end - work->begin != step->tiles)
		weir__text_add(text, "  tiles %lld..%lld of %lld",
			       (long long)work->begin, (long long)work->end,
			       (long long)step->tiles);
	weir__text_add(text, "  ");
	for (i = 0; i < node->n_in + node->n_out; i++) {
		weir__text_add(text, "%s",
			       i == 0 ? "" : i == node->n_in ? " -> " : ", ");
		print_slot(&plan->slots[step->first_slot + i], text);
	}
	if (work->near != WEIR__NO_NODE)
		weir__text_add(text, "  (near NUMA node %u)", work->near);
	weir__text_add(text, "\n");
}

/* What a block is expected to take. */
static double
nanoseconds_of(const weir_plan *plan, uint32_t block)
{
	const struct weir__schedule *s = plan->schedule;
	uint32_t i;
	double ns = 0;

	for (i = s->first_item[block]; i < s->first_item[block + 1]; i++)
		ns += weir__dag_cost(&plan->dag, s->items[i]);
	return ns;
}

/* A block, numbered within its stream from 1 as waits are. */
static void
print_block(const weir_plan *plan, unsigned worker, uint32_t block,
	    struct weir__text *text)
{
	const struct weir__schedule *s = plan->schedule;
	uint32_t i, end = s->first_item[block + 1], wait_end;

	weir__text_add(text, "  block %u.%u, about %.1f us", worker,
		       block - s->first_block[worker] + 1,
		       nanoseconds_of(plan, block) / 1000);
	wait_end = s->first_wait[block + 1];
	for (i = s->first_wait[block]; i < wait_end; i++)
		weir__text_add(text, "%s%u.%u",
			       i > s->first_wait[block] ? ", " : ", after ",
			       s->waits[i].worker, s->waits[i].position);
	weir__text_add(text, "\n");
	for (i = s->first_item[block]; i < end; i++)
		print_work(plan, &plan->work[i], text);
}

static void
print_worker(const weir_plan *plan, unsigned worker, struct weir__text *text)
{
	const uint32_t *first = plan->schedule->first_block;
	size_t pool = weir__topology_pool_of_worker(plan->topology, worker);
	weir_pool_info info = weir__topology_pool(plan->topology, pool);
	uint32_t i, blocks = first[worker + 1] - first[worker];
	double ns = 0;

	for (i = first[worker]; i < first[worker + 1]; i++)
		ns += nanoseconds_of(plan, i);
	weir__text_add(text, "worker %u", worker);
	if (weir__topology_pools(plan->topology) > 1) {
		weir__text_add(text, " (pool %zu, NUMA node %u", pool,
			       info.numa_node);
		if (info.l3 >= 0)
			weir__text_add(text, ", L3 %d", info.l3);
		weir__text_add(text, ")");
	}
	weir__text_add(text, ": %u block%s, about %.1f us\n", blocks,
		       blocks == 1 ? "" : "s", ns / 1000);
	for (i = first[worker]; i < first[worker + 1]; i++)
		print_block(plan, worker, i, text);
}

/* How much of the arena is in which node, in the order of nodes. */
static void
print_pages(const weir_plan *plan, struct weir__text *text)
{
	size_t p, pools = weir__topology_pools(plan->topology), i, pages;
	unsigned before = WEIR__NO_NODE;

	for (p = 0; plan->node_of_page && p < pools; p++) {
		unsigned node = weir__topology_pool(plan->topology, p)
					.numa_node;

		for (pages = i = 0; i < plan->n_pages; i++)
			pages += plan->node_of_page[i] == node;
		if (node != before && pages)
			weir__text_add(text, "%s NUMA node %u: %zu KiB",
				       before == WEIR__NO_NODE ? "buffers:"
				       : ",", node, pages * WEIR__PAGE >> 10);
		before = pages ? node : before;
	}
	weir__text_add(text, before == WEIR__NO_NODE ? "" : "\n");
}

/* How much is in a node of what is known from outside; the next node that has
 * any, or WEIR__NO_NODE. */
static unsigned
node_after(const weir_memory_place *places, size_t n, unsigned node,
	   size_t *bytes)
{
	unsigned next = WEIR__NO_NODE;
	size_t i;

	for (*bytes = i = 0; i < n; i++) {
		if (places[i].numa_node == node)
			*bytes += places[i].bytes;
		if (places[i].numa_node > node && places[i].numa_node < next)
			next = places[i].numa_node;
	}
	return next;
}

/* Of work that is nearer to one node than to others how much is done there. */
static void
print_near(const weir_plan *plan, struct weir__text *text)
{
	const struct weir__schedule *s = plan->schedule;
	uint32_t near = 0, there = 0, i;
	unsigned w, node;

	for (w = 0; w < plan->workers; w++) {
		node = weir__topology_pool(
			plan->topology,
			weir__topology_pool_of_worker(plan->topology, w))
			.numa_node;
		for (i = s->first_item[s->first_block[w]];
		     i < s->first_item[s->first_block[w + 1]]; i++) {
			near += plan->work[i].near != WEIR__NO_NODE;
			there += plan->work[i].near == node;
		}
	}
	weir__text_add(text, "; of %u piece%s of work that %s nearest to one, "
		       "%u %s done there\n", near, near == 1 ? "" : "s",
		       near == 1 ? "is" : "are", there,
		       there == 1 ? "is" : "are");
}

/* Where that is which comes from outside, in the order of nodes. */
static void
print_outside(const weir_plan *plan, struct weir__text *text)
{
	const weir_memory_place *places;
	unsigned node = 0, next;
	size_t n, bytes;
	bool is_first = true;

	if (!plan->outside || weir__topology_pools(plan->topology) < 2)
		return;
	n = weir__memory_map_places(plan->outside->map, &places);
	for (; node != WEIR__NO_NODE; node = next) {
		next = node_after(places, n, node, &bytes);
		if (bytes)
			weir__text_add(text, "%s NUMA node %u: %zu KiB",
				       is_first ? "outside:" : ",", node,
				       bytes >> 10);
		is_first = is_first && !bytes;
	}
	if (is_first)
		weir__text_add(text, "outside: nothing is known");
	print_near(plan, text);
}

static void print_plan(const void *arg, struct weir__text *text);

/* The plans of the bodies of its steps. */
static void
print_bodies(const weir_plan *plan, struct weir__text *text)
{
	uint32_t i, j;

	for (i = 0; i < plan->n_steps; i++) {
		const struct weir__step *step = &plan->steps[i];

		if (!step->control)
			continue;
		for (j = 0; j < step->control->control->n_bodies; j++) {
			weir__text_add(text, "of call %llu: ",
				       (unsigned long long)
					       step->node->ordinal);
			print_plan(step->control->bodies[j].plan, text);
		}
	}
}

static void
print_plan(const void *arg, struct weir__text *text)
{
	const weir_plan *plan = arg;
	const weir_plan_info *info = &plan->info;
	unsigned w;

	weir__text_add(text, "plan %s: %zu ops recorded, %zu run (%zu merged, "
		       "%zu folded, %zu dropped, %zu views), %zu fused\n",
		       plan->graph->path->text, info->recorded, info->nodes,
		       info->merged, info->folded, info->dropped, info->views,
		       info->fused);
	weir__text_add(text, "%zu blocks for %u worker%s, about %.1f us of "
		       "work, %zu bytes of buffers\n", info->blocks,
		       info->workers, info->workers == 1 ? "" : "s",
		       info->estimate_ns / 1000, info->buffer_bytes);
	weir__text_add(text, "memory: %zu buffers, of which %zu bytes live at once, "
		       "and %zu bytes of results; eager would hold %zu; %zu "
		       "are moved\n",
		       info->buffers, info->live_bytes, info->result_bytes,
		       info->eager_bytes, info->moved_bytes);
	if (info->recomputed)
		weir__text_add(text, "recomputed: %zu ops, about %.1f us of "
			       "work\n", info->recomputed,
			       info->recompute_ns / 1000);
	print_outside(plan, text);
	print_pages(plan, text);
	for (w = 0; w < plan->workers; w++)
		print_worker(plan, w, text);
	print_bodies(plan, text);
}

weir_status
weir__plan_print(const weir_plan *plan, char **text)
{
	return weir__text_make(plan->heap, print_plan, plan, text);
}
