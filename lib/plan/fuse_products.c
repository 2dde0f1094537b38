/*
 * Products, and what their kernel does together with them (ops/finished.h), of
 * which there are no chunks, for they are small: all of them are one chunk. Of
 * large ones that would take too much scratch, for a gain that is small beside a
 * product that has no chunks though it is large.
 *
 * What they hand on nobody else reads, so no step can come both before and after
 * such a group but for the comparison of what leaves it, which needs nothing
 * else. Takes time linear in the slots.
 */
#include "plan/fuse.h"

#include "ops/table.h"

enum { FEW = 1024 };			/* elements: not worth being looked at */
enum { SMALL_BYTES = 512 << 10 };

/* One step for several workers is one for one of them. */
static const double LITTLE_NS = 16000;

struct finding {
	const weir_plan *plan;
	unsigned workers;
	bool are_whole;			/* those that no chunk has a part of */
	struct weir__groups *g;
	struct weir__uses uses;
	struct weir__fuser f;		/* as if all steps were to be fused */
};

/* Whether a step may be a member of a group with another one before it. */
static bool
goes_with(const struct finding *s, uint32_t number, uint32_t other)
{
	const struct weir__step *step = &s->plan->steps[number];
	const uint32_t within = s->plan->fuses_within;

	return (!within || number - other <= within) &&
	       s->g->leader[number] == number && s->g->groups[number].n == 1 &&
	       weir__can_be_fused(s->plan, step) &&
	       weir__spec_same_shape(step->call.out[0],
				     s->plan->steps[other].call.out[0]);
}

static bool
may_begin(const struct finding *s, uint32_t number)
{
	const weir_call *call = &s->plan->steps[number].call;
	struct weir__grain grain = { .tiles = 0 };

	if (!weir__may_be_finished(call) ||
	    weir__spec_elements(call->out[0]) < FEW ||
	    weir__spec_bytes(call->out[0]) > SMALL_BYTES ||
	    !goes_with(s, number, number))
		return false;
	if (s->are_whole)
		weir__grain_find(s->plan, number, &grain);
	return !grain.tiles;
}

/* The one step that reads what a step makes, or WEIR__NOWHERE. */
static uint32_t
only_reader(const struct finding *s, uint32_t number)
{
	const struct weir__step *step = &s->plan->steps[number];
	const struct weir__slot *result =
		&s->plan->slots[step->first_slot + step->call.n_in];
	uint32_t use = s->uses.first[number];

	return result->where == WEIR__AT_ARENA &&
	       s->f.uses[result->index] == 1 && use != WEIR__NOWHERE
		? s->uses.user[use] : WEIR__NOWHERE;
}

/* A product, and those after it that alone read what the one before makes. */
static void
add_readers(const struct finding *s, struct weir__making *m, uint32_t product,
	    uint32_t *last_user)
{
	uint32_t step = product;

	do {
		last_user[m->n] = m->n + 1;
		m->step[m->n++] = step;
		step = only_reader(s, step);
	} while (step != WEIR__NOWHERE && m->n < WEIR__FUSED_MAX &&
		 goes_with(s, step, product));
	last_user[m->n - 1] = m->n - 1;
}

/* Who compares what the last member makes with what was there before. */
static void
add_comparison(const struct finding *s, struct weir__making *m,
	       uint32_t *last_user)
{
	const weir_plan *plan = s->plan;
	uint32_t use = s->uses.first[m->step[m->n - 1]], n, user, maker;
	struct weir__finished found;

	for (n = 0; use != WEIR__NOWHERE && n < WEIR__FUSED_MAX; n++) {
		user = s->uses.user[use];
		use = s->uses.next[use];
		if (plan->steps[user].call.op != &weir__op_greater ||
		    !goes_with(s, user, m->step[0]))
			continue;
		maker = plan->slots[plan->steps[user].first_slot + 1].maker;
		if (maker != WEIR__NOWHERE && maker > m->step[0])
			continue;
		m->step[m->n] = user;
		last_user[m->n - 1] = last_user[m->n] = m->n;
		m->n++;
		weir__find_finished(&s->f, m, last_user, 0, &found);
		if (found.greater)
			return;
		m->n--;
	}
}

static void
join(struct finding *s, const struct weir__making *m)
{
	const struct weir__step *steps = s->plan->steps;
	uint32_t leader = m->step[0], i;
	int64_t n = weir__spec_elements(steps[leader].call.out[0]);

	for (i = 0; i < m->n; i++) {
		uint32_t step = m->step[i];

		s->g->leader[step] = leader;
		s->g->grains[step] = (struct weir__grain){
			.elements = n, .tiles = steps[step].tiles };
		if (i)
			s->g->next[m->step[i - 1]] = step;
	}
	s->g->groups[leader] = (struct weir__group){
		.n = m->n, .first = leader, .units = n, .granule = n };
}

static void
try_product(struct finding *s, uint32_t product)
{
	const struct weir__step *steps = s->plan->steps;
	uint32_t last_user[WEIR__FUSED_MAX], i;
	struct weir__making m = { .n = 0 };
	struct weir__finished found;
	double all = 0;

	add_readers(s, &m, product, last_user);
	weir__find_finished(&s->f, &m, last_user, 0, &found);
	if (!found.n)
		return;
	m.n = found.n;
	add_comparison(s, &m, last_user);
	for (i = 0; i < m.n; i++)
		all += steps[m.step[i]].cost.nanoseconds;
	if (s->workers < 2 || all < LITTLE_NS)
		join(s, &m);
	else
		s->g->is_for_many = true;
}

static weir_status
find(struct finding *s)
{
	const weir_plan *plan = s->plan;
	struct weir__heap *heap = plan->heap;
	size_t n = (size_t)plan->n_steps + 1;
	uint32_t i;
	weir_status status = weir__groups_init(plan, s->g);

	if (!status)
		status = weir__uses_find(plan, &s->uses);
	if (status)
		return status;
	s->g->grains = weir__calloc(heap, n, sizeof *s->g->grains);
	s->g->margins = weir__calloc(heap, n, sizeof *s->g->margins);
	s->f.uses = weir__calloc(heap, plan->n_values + 1, sizeof *s->f.uses);
	if (!s->g->grains || !s->g->margins || !s->f.uses)
		return WEIR_ENOMEM;
	weir__fuser_count(&s->f, plan->n_steps);
	for (i = 0; i < plan->n_steps; i++)
		if (may_begin(s, i))
			try_product(s, i);
	return WEIR_OK;
}

static weir_status
find_any(const weir_plan *plan, unsigned workers, bool are_whole,
	 struct weir__groups *groups)
{
	struct finding s = { .plan = plan, .workers = workers,
			     .are_whole = are_whole, .g = groups };
	weir_status status = WEIR_OK;
	uint32_t i = 0;

	s.f.old = plan->steps;
	s.f.old_slots = plan->slots;
	while (i < plan->n_steps && !weir__may_be_finished(&plan->steps[i].call))
		i++;
	if (i < plan->n_steps)
		status = find(&s);
	weir__uses_free(plan->heap, &s.uses);
	weir__free(plan->heap, s.f.uses);
	return status;
}

weir_status
weir__whole_products_find(const weir_plan *plan, unsigned workers,
			  struct weir__groups *groups)
{
	return find_any(plan, workers, true, groups);
}

weir_status
weir__products_find(const weir_plan *plan, unsigned workers,
		    struct weir__groups *groups)
{
	return find_any(plan, workers, false, groups);
}
