/*
 * Which steps are run by bands.
 *
 * A group begins with a value that nobody reads but steps that go through all
 * its rows for each column and leave little: sums over rows, products of its
 * transpose. Run by bands it needs no memory. For the same reason those follow
 * that make what it is made of; and those that leave little, too, of what the
 * group reads from memory anyway. A step is taken in if that moves less.
 *
 * What leaves a group is made by those that leave little. If all that the group
 * needs was there in the program before the first of these, no step can come
 * both before and after the group, nor before one group and after another: each
 * could be run at that place.
 *
 * Of a value with many readers not all are looked at, so it takes time linear
 * in the slots.
 */
#include "plan/fuse_trial.h"

enum { FEW = 2 * WEIR__FUSED_MAX };	/* that read a value */
enum { LITTLE = 4 };			/* a part of it that is */
enum { TURN_ROWS = 64 };			/* worth fetching sums for */
enum { BY_BANDS = 2 };			/* what reading short pieces of rows
					   takes longer than all of them */

static const double LEAST_BYTES = 128 << 10;	/* less stays in the cache */
static const double FEW_BYTES = 1024 << 10;	/* no need for all workers */
static const double BAND_BYTES = 1024 << 10;	/* what a band touches, unless
						   that is too narrow */

static bool
is_free(const struct weir__banding *s, uint32_t number)
{
	return s->g->leader[number] == number && s->g->groups[number].n == 1 &&
	       weir__can_be_banded(s->plan, weir__band_step(s, number));
}

/* -- who reads a value ----------------------------------------------------- */

/* Whether bands of an axis of a step's result are made of bands of an axis of
 * an operand. */
static bool
is_along(const struct weir__step *step, int axis, uint32_t operand, int of_in)
{
	int axes[WEIR_OPERANDS_MAX];

	return step->call.op->band(&step->call, axis, axes) &&
	       axes[operand] == of_in;
}

/* Who reads bands of an axis of a value, and leaves little, unless it is in. */
static bool
add_reader(const struct weir__banding *s, struct weir__trial *t, uint32_t use,
	   int value_axis)
{
	uint32_t number = s->uses.user[use];
	const struct weir__step *step = weir__band_step(s, number);
	const weir_spec *out;
	int axis, of_in;

	if (weir__trial_find(t, number))
		return true;
	of_in = weir__trial_axis(s, &s->plan->slots[use], value_axis);
	if (of_in < 0 || !is_free(s, number))
		return false;
	out = step->call.out[0];
	if (weir__spec_elements(out) > t->elements / LITTLE)
		return false;
	for (axis = out->rank - 1; axis >= 0; axis--)
		if (is_along(step, axis, use - step->first_slot, of_in) &&
		    weir__trial_add(s, t, (struct weir__band_member){
					    number, axis, true }))
			return true;
	return false;
}

/* All that read what a step makes, if there are any. */
static bool
add_readers(const struct weir__banding *s, struct weir__trial *t, uint32_t step,
	    int axis)
{
	uint32_t use = s->uses.first[step], n = 0;

	for (; use != WEIR__NOWHERE; use = s->uses.next[use])
		if (++n > FEW || !add_reader(s, t, use, axis))
			return false;
	return n > 0;
}

/* -- more of them ---------------------------------------------------------- */

/* An operand of a member that lies in what a step outside makes, and is cut
 * along an axis of its own. */
struct reading {
	const struct weir__slot *slot;
	int axis;
};

/* Those that read the same bands of a large value as a member does, and leave
 * little. */
static void
add_siblings(const struct weir__banding *s, struct weir__trial *t,
	     struct reading r)
{
	const struct weir__step *maker = weir__band_step(s, r.slot->maker);
	const weir_spec *made = maker->call.out[r.slot->result];
	uint32_t use = s->uses.first[r.slot->maker], n = 0;
	int axis = made->rank - 1;

	if ((double)weir__spec_bytes(made) <= LEAST_BYTES)
		return;
	while (axis >= 0 && weir__trial_axis(s, r.slot, axis) != r.axis)
		axis--;
	if (axis < 0)
		return;
	for (; use != WEIR__NOWHERE && n < FEW; use = s->uses.next[use], n++)
		if (s->plan->slots[use].result == r.slot->result)
			add_reader(s, t, use, axis);
}

/* What a member reads of steps outside. */
static uint32_t
readings_of(const struct weir__banding *s, const struct weir__trial *t,
	    uint32_t step, struct reading *readings)
{
	const struct weir__band_member *member = weir__trial_find(t, step);
	const struct weir__step *of = weir__band_step(s, step);
	const struct weir__slot *slot = &s->plan->slots[of->first_slot];
	int axes[WEIR_OPERANDS_MAX];
	uint32_t n = 0, i;

	if (!of->call.op->band(&of->call, member->axis, axes))
		return 0;
	for (i = 0; i < of->call.n_in; i++, slot++)
		if (slot->maker != WEIR__NOWHERE && axes[i] >= 0 &&
		    !weir__trial_find(t, slot->maker))
			readings[n++] = (struct reading){ slot, axes[i] };
	return n;
}

/*
 * Whether less is moved if a step and others are taken in. What the step makes
 * need not be written and read then. That it reads its own operands may be new:
 * where it is now it may find them in a chunk. Those of the others are read in
 * any case, but row after row.
 */
static bool
is_worth_it(const struct weir__banding *s, const struct weir__trial *t,
	    const struct weir__trial *with, uint32_t step)
{
	struct weir__sums was, is, alone;
	double saved = (double)weir__spec_bytes(weir__band_result(s, step));
	uint32_t i;

	weir__trial_sum_up(s, t, &was);
	weir__trial_sum_up(s, with, &is);
	for (i = 0; i < with->n; i++) {
		struct weir__trial one = { .n = 1, .extent = t->extent };

		one.members[0] = with->members[i];
		if (one.members[0].step == step ||
		    weir__trial_find(t, one.members[0].step))
			continue;
		weir__trial_sum_up(s, &one, &alone);
		saved += alone.read;
	}
	return BY_BANDS * is.read <= BY_BANDS * was.read + saved;
}

/* The step that makes what a member reads, and all that read it besides. */
static bool
add_maker(const struct weir__banding *s, struct weir__trial *t,
	  struct reading r)
{
	const struct weir__step *maker = weir__band_step(s, r.slot->maker);
	const weir_spec *out = maker->call.out[0];
	struct reading own[WEIR_OPERANDS_MAX];
	uint32_t n, i;
	int axis;

	if (!is_free(s, r.slot->maker) ||
	    weir__spec_elements(out) < t->elements / 2 ||
	    s->plan->slots[maker->first_slot + maker->call.n_in].where !=
		    WEIR__AT_ARENA)
		return false;
	for (axis = out->rank - 1; axis >= 0; axis--) {
		struct weir__trial with = *t;

		if (weir__trial_axis(s, r.slot, axis) != r.axis ||
		    !weir__trial_add(s, &with, (struct weir__band_member){
					     r.slot->maker, axis, false }) ||
		    !add_readers(s, &with, r.slot->maker, axis))
			continue;
		n = readings_of(s, &with, r.slot->maker, own);
		for (i = 0; i < n; i++)
			add_siblings(s, &with, own[i]);
		if (!is_worth_it(s, t, &with, r.slot->maker))
			continue;
		*t = with;
		return true;
	}
	return false;
}

/* What all members read is made by a member, or read by others at the same
 * time, if that can be; those that come in for that are members, too. */
static void
add_more(const struct weir__banding *s, struct weir__trial *t)
{
	uint32_t done[WEIR__FUSED_MAX], n_done = 0, n, i, j;
	struct reading readings[WEIR_OPERANDS_MAX];

	while (n_done < t->n) {
		uint32_t step = WEIR__NOWHERE;

		for (i = 0; i < t->n; i++) {
			for (j = 0; j < n_done; j++)
				if (done[j] == t->members[i].step)
					break;
			if (j == n_done)
				step = t->members[i].step;
		}
		done[n_done++] = step;
		n = readings_of(s, t, step, readings);
		for (i = 0; i < n; i++)
			if (!weir__trial_find(t, readings[i].slot->maker) &&
			    !add_maker(s, t, readings[i]))
				add_siblings(s, t, readings[i]);
	}
}

/* -- groups ---------------------------------------------------------------- */

/*
 * As wide as the cache allows, and such that a turn has rows enough: what goes
 * through these fetches what it has summed up so far once for each turn. But one
 * for each worker; and all of one width, if that is half of it or more. 0: they
 * would be too many workers, and something to do for all of them.
 */
static int64_t
width_of(const struct weir__banding *s, const struct weir__trial *t)
{
	int64_t units = t->extent / WEIR_BAND, most, i;
	size_t size = weir_dtype_size(weir__band_result(
		s, t->members[0].step)->dtype);
	struct weir__sums sums;

	weir__trial_sum_up(s, t, &sums);
	most = (int64_t)(BAND_BYTES / weir__trial_least_band(t, &sums));
	if (most > WEIR__TURN_BYTES / (TURN_ROWS * WEIR_BAND * (int64_t)size))
		most = WEIR__TURN_BYTES /
		       (TURN_ROWS * WEIR_BAND * (int64_t)size);
	if (most < 1)
		most = 1;
	if (most > units / (int64_t)s->workers) {
		most = units / (int64_t)s->workers;
		s->g->is_for_many = true;
	}
	if (!most && sums.made + sums.read <= FEW_BYTES)
		most = 1;
	for (i = most; i > most / 2; i--)
		if (units % i == 0)
			return i * WEIR_BAND;
	return most * WEIR_BAND;
}

static void
join(struct weir__banding *s, const struct weir__trial *t, int64_t width)
{
	uint32_t leader = t->members[0].step, i;

	for (i = 0; i < t->n; i++) {
		uint32_t step = t->members[i].step;

		s->g->leader[step] = leader;
		s->g->axes[step] = (uint8_t)t->members[i].axis;
		if (i)
			s->g->next[t->members[i - 1].step] = step;
	}
	s->g->groups[leader] = (struct weir__group){
		.n = t->n, .first = leader, .units = t->extent,
		.granule = width };
}

static void
try_to_begin(struct weir__banding *s, uint32_t number)
{
	const weir_spec *out = weir__band_result(s, number);
	struct weir__band_member first = { number, out->rank - 1, false };
	struct weir__trial t = { .extent = out->shape[first.axis],
				 .elements = weir__spec_elements(out) };
	int64_t width;

	if (!is_free(s, number) || !weir__trial_add(s, &t, first) ||
	    !add_readers(s, &t, number, first.axis))
		return;
	add_more(s, &t);
	width = width_of(s, &t);
	if (width)
		join(s, &t, width);
}

/* Whether a step may be what a group begins with, as far as it goes itself. */
static bool
may_begin(const weir_plan *plan, const struct weir__step *step)
{
	const weir_spec *out;
	int64_t extent;

	if (!weir__can_be_banded(plan, step) ||
	    plan->slots[step->first_slot + step->call.n_in].where !=
		    WEIR__AT_ARENA)
		return false;
	out = step->call.out[0];
	extent = out->rank ? out->shape[out->rank - 1] : 1;
	return extent >= WEIR_BAND && extent < weir__spec_elements(out) &&
	       (double)weir__spec_bytes(out) > LEAST_BYTES;
}

static weir_status
find(struct weir__banding *s)
{
	const weir_plan *plan = s->plan;
	struct weir__groups *g = s->g;
	size_t n = (size_t)plan->n_steps + 1;
	weir_status status;
	uint32_t i;

	status = weir__groups_init(plan, g);
	if (!status)
		status = weir__uses_find(plan, &s->uses);
	if (status)
		return status;
	g->axes = weir__calloc(plan->heap, n, sizeof *g->axes);
	if (!g->axes)
		return WEIR_ENOMEM;
	for (i = 0; i < plan->n_steps; i++)
		if (may_begin(plan, &plan->steps[i]))
			try_to_begin(s, i);
	return WEIR_OK;
}

weir_status
weir__bands_find(const weir_plan *plan, unsigned workers,
		 struct weir__groups *groups)
{
	struct weir__banding s = { .plan = plan, .g = groups,
				   .workers = workers ? workers : 1 };
	weir_status status = WEIR_OK;
	uint32_t i = 0;

	while (i < plan->n_steps && !may_begin(plan, &plan->steps[i]))
		i++;
	if (i < plan->n_steps)
		status = find(&s);
	weir__uses_free(plan->heap, &s.uses);
	return status;
}
