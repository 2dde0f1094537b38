#include "plan/order.h"

/* -- making ---------------------------------------------------------------------- */

static void
find_places(struct weir__order *o)
{
	const struct weir__schedule *s = o->plan->schedule;
	uint32_t block, i;
	unsigned w;

	for (w = 0; w < o->workers; w++)
		for (block = s->first_block[w]; block < s->first_block[w + 1];
		     block++)
			for (i = s->first_item[block];
			     i < s->first_item[block + 1]; i++) {
				o->worker_of[i] = w;
				o->block_of[i] = block;
			}
}

/* Both lists: counted two places on, summed, then filled one place on. What is
 * left is where each list begins. */
static void
find_entries(struct weir__order *o)
{
	const struct weir__work *work = o->plan->work;
	uint32_t n = o->plan->schedule->n_items, i;

	for (i = 0; i < n; i++)
		o->first_entry[work[i].step + 2]++;
	for (i = 2; i <= o->plan->n_steps + 1; i++)
		o->first_entry[i] += o->first_entry[i - 1];
	for (i = 0; i < n; i++)
		o->entries[o->first_entry[work[i].step + 1]++] = i;
}

static uint32_t
n_slots_of(const struct weir__step *step)
{
	return step->node->n_in + step->node->n_out;
}

static void
find_uses(struct weir__order *o)
{
	const weir_plan *plan = o->plan;
	const struct weir__slot *slot;
	size_t v;
	uint32_t i, j;

	for (i = 0; i < plan->n_slots; i++)
		if (plan->slots[i].where == WEIR__AT_ARENA)
			o->first_use[plan->slots[i].index + 2]++;
	for (v = 2; v <= plan->n_values + 1; v++)
		o->first_use[v] += o->first_use[v - 1];
	for (i = 0; i < plan->n_steps; i++) {
		slot = &plan->slots[plan->steps[i].first_slot];
		for (j = n_slots_of(&plan->steps[i]); j > 0; j--, slot++)
			if (slot->where == WEIR__AT_ARENA)
				o->uses[o->first_use[slot->index + 1]++] = i;
	}
}

weir_status
weir__order_init(struct weir__order *o, const weir_plan *plan)
{
	struct weir__heap *heap = plan->heap;
	size_t entries = plan->schedule->n_items;
	weir_status status;

	o->plan = plan;
	o->workers = plan->schedule->workers;
#define ROOM_FOR(field, n) \
	((field) = weir__calloc(heap, (size_t)(n) + 1, sizeof *(field)))
	if (!ROOM_FOR(o->worker_of, entries) ||
	    !ROOM_FOR(o->block_of, entries) ||
	    !ROOM_FOR(o->entries, entries) ||
	    !ROOM_FOR(o->first_entry, plan->n_steps + 1) ||
	    !ROOM_FOR(o->uses, plan->n_slots) ||
	    !ROOM_FOR(o->first_use, plan->n_values + 1))
		return WEIR_ENOMEM;
#undef ROOM_FOR
	status = weir__schedule_clocks(plan->schedule, &o->clocks);
	if (status)
		return status;
	find_places(o);
	find_entries(o);
	find_uses(o);
	return WEIR_OK;
}

void
weir__order_free(struct weir__order *o)
{
	struct weir__heap *heap = o->plan->heap;

	weir__free(heap, o->clocks);
	weir__free(heap, o->worker_of);
	weir__free(heap, o->block_of);
	weir__free(heap, o->first_entry);
	weir__free(heap, o->entries);
	weir__free(heap, o->first_use);
	weir__free(heap, o->uses);
}

/* -- asking ----------------------------------------------------------------------- */

static uint32_t
stream_start(const struct weir__order *o, unsigned worker)
{
	const struct weir__schedule *s = o->plan->schedule;

	return s->first_item[s->first_block[worker]];
}

uint32_t
weir__order_place(const struct weir__order *o, uint32_t entry)
{
	return entry - stream_start(o, o->worker_of[entry]);
}

uint32_t
weir__order_sure(const struct weir__order *o, uint32_t entry, unsigned worker)
{
	const struct weir__schedule *s = o->plan->schedule;
	size_t row = (size_t)o->block_of[entry] * o->workers;

	if (o->worker_of[entry] == worker)
		return weir__order_place(o, entry);
	return s->first_item[s->first_block[worker] +
			     o->clocks[row + worker]] - stream_start(o, worker);
}

bool
weir__order_is_before(const struct weir__order *o, uint32_t earlier,
		      uint32_t later)
{
	return weir__order_place(o, earlier) <
	       weir__order_sure(o, later, o->worker_of[earlier]);
}

/* Whether an entry touches any of the elements first..last of a value. */
static bool
touches(const struct weir__order *o, uint32_t entry, uint32_t value,
	int64_t first, int64_t last)
{
	const struct weir__work *work = &o->plan->work[entry];
	const struct weir__step *step = &o->plan->steps[work->step];
	const struct weir__slot *slots = &o->plan->slots[step->first_slot];
	uint32_t i;
	int64_t from, to;

	for (i = 0; i < n_slots_of(step); i++) {
		if (slots[i].where != WEIR__AT_ARENA ||
		    slots[i].index != value)
			continue;
		weir__work_reach_of_value(o->plan, work, i, &from, &to);
		if (from < last && first < to)
			return true;
	}
	return false;
}

bool
weir__order_is_done_with(const struct weir__order *o, uint32_t user,
			 uint32_t value, uint32_t writer)
{
	const weir_plan *plan = o->plan;
	const struct weir__step *step = &plan->steps[writer];
	uint32_t i, j;
	int64_t first, last;

	for (i = o->first_entry[writer]; i < o->first_entry[writer + 1]; i++) {
		uint32_t q = o->entries[i];

		weir__work_reach(step, &plan->work[q], step->call.n_in, &first,
				 &last);
		for (j = o->first_entry[user]; j < o->first_entry[user + 1];
		     j++) {
			uint32_t r = o->entries[j];

			if (r != q && !weir__order_is_before(o, r, q) &&
			    touches(o, r, value, first, last))
				return false;
		}
	}
	return true;
}
