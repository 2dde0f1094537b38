/*
 * Steps that make room are done soon: what is summed up at the end of a program
 * need not be kept until then.
 *
 * Taken in their order, each is followed at once by those of its readers that
 * have all they need and leave no more bytes behind than they free, for nobody
 * else reads their operands; and by the readers of these likewise. Ops that are
 * not pure stay in their order.
 */
#include <string.h>

#include "plan/recompute.h"

struct sooner {
	const weir_plan *plan;
	uint32_t *place;
	uint32_t *first_reader, *readers;	/* per step, and one more: as
						   often as they read it */
	uint32_t *missing;	/* per step: operands that are not there */
	uint32_t *left;		/* per step: readers to come */
	uint32_t *pending;	/* a stack */
	uint32_t n;		/* that have a place */
};

static const struct weir__slot *
slots_of(const struct sooner *s, uint32_t step)
{
	return &s->plan->slots[s->plan->steps[step].first_slot];
}

static void
find_readers(struct sooner *s)
{
	const weir_plan *plan = s->plan;
	uint32_t i, maker;
	size_t j;

	for (i = 0; i < plan->n_steps; i++)
		for (j = 0; j < plan->steps[i].call.n_in; j++) {
			maker = slots_of(s, i)[j].maker;
			if (maker == WEIR__NOWHERE)
				continue;
			s->first_reader[maker + 2]++;
			s->missing[i]++;
			s->left[maker]++;
		}
	for (i = 2; i <= plan->n_steps + 1; i++)
		s->first_reader[i] += s->first_reader[i - 1];
	for (i = 0; i < plan->n_steps; i++)
		for (j = 0; j < plan->steps[i].call.n_in; j++) {
			maker = slots_of(s, i)[j].maker;
			if (maker != WEIR__NOWHERE)
				s->readers[s->first_reader[maker + 1]++] = i;
		}
}

static size_t
bytes_of(const struct sooner *s, uint32_t step)
{
	const struct weir__step *of = &s->plan->steps[step];
	const struct weir__slot *out = slots_of(s, step) + of->call.n_in;
	size_t bytes = 0, i;

	for (i = 0; i < of->call.n_out; i++)
		if (out[i].where == WEIR__AT_ARENA)
			bytes += (size_t)weir__spec_bytes(out[i].spec);
	return bytes;
}

/* What nobody reads any more when the step has been done. */
static size_t
freed_by(const struct sooner *s, uint32_t step)
{
	const struct weir__slot *in = slots_of(s, step);
	size_t n = s->plan->steps[step].call.n_in, bytes = 0, i, j, reads;

	for (i = 0; i < n; i++) {
		if (in[i].where != WEIR__AT_ARENA)
			continue;
		for (j = 0; j < i && in[j].maker != in[i].maker; j++)
			;
		if (j < i)
			continue;
		for (reads = 0; j < n; j++)
			reads += in[j].maker == in[i].maker;
		if (s->left[in[i].maker] == reads)
			bytes += bytes_of(s, in[i].maker);
	}
	return bytes;
}

/* Readers that are ready then and make room go on the stack. */
static void
put(struct sooner *s, uint32_t step, uint32_t *depth)
{
	const struct weir__slot *in = slots_of(s, step);
	uint32_t i, reader;
	size_t j;

	s->place[step] = s->n++;
	for (j = 0; j < s->plan->steps[step].call.n_in; j++)
		if (in[j].maker != WEIR__NOWHERE)
			s->left[in[j].maker]--;
	for (i = s->first_reader[step]; i < s->first_reader[step + 1]; i++)
		s->missing[s->readers[i]]--;
	for (i = s->first_reader[step + 1]; i-- > s->first_reader[step];) {
		reader = s->readers[i];
		if (s->missing[reader] || s->place[reader] != WEIR__NOWHERE ||
		    (i > s->first_reader[step] && s->readers[i - 1] == reader))
			continue;
		if (s->plan->steps[reader].call.op->flags & WEIR_OP_PURE &&
		    bytes_of(s, reader) <= freed_by(s, reader))
			s->pending[(*depth)++] = reader;
	}
}

static void
put_all(struct sooner *s)
{
	uint32_t i, step, depth = 0;

	for (i = 0; i < s->plan->n_steps; i++) {
		if (s->place[i] != WEIR__NOWHERE)
			continue;
		s->pending[depth++] = i;
		while (depth) {
			step = s->pending[--depth];
			if (s->place[step] == WEIR__NOWHERE)
				put(s, step, &depth);
		}
	}
}

weir_status
weir__sooner_find(const weir_plan *plan, uint32_t *place)
{
	struct weir__heap *heap = plan->heap;
	struct sooner s = { .plan = plan, .place = place };
	size_t n = (size_t)plan->n_steps + 2;
	weir_status status = WEIR_ENOMEM;

	memset(place, 0xff, plan->n_steps * sizeof *place);
	s.first_reader = weir__calloc(heap, n + 1, sizeof *s.first_reader);
	s.readers = weir__calloc(heap, (size_t)plan->n_slots + 1,
				 sizeof *s.readers);
	s.missing = weir__calloc(heap, n, sizeof *s.missing);
	s.left = weir__calloc(heap, n, sizeof *s.left);
	s.pending = weir__calloc(heap, (size_t)plan->n_slots + n,
				 sizeof *s.pending);
	if (s.first_reader && s.readers && s.missing && s.left && s.pending) {
		find_readers(&s);
		put_all(&s);
		status = WEIR_OK;
	}
	weir__free(heap, s.first_reader);
	weir__free(heap, s.readers);
	weir__free(heap, s.missing);
	weir__free(heap, s.left);
	weir__free(heap, s.pending);
	return status;
}

weir_status
weir__sooner_apply(weir_plan *plan, const uint32_t *place)
{
	struct weir__step *steps = weir__calloc(plan->heap,
						(size_t)plan->n_steps + 1,
						sizeof *steps);
	uint32_t i;
	size_t j;

	if (!steps)
		return WEIR_ENOMEM;
	for (i = 0; i < plan->n_steps; i++) {
		struct weir__slot *in = &plan->slots[plan->steps[i].first_slot];

		for (j = 0; j < plan->steps[i].call.n_in; j++)
			if (in[j].maker != WEIR__NOWHERE)
				in[j].maker = place[in[j].maker];
		steps[place[i]] = plan->steps[i];
	}
	for (i = 0; i < plan->info.nodes; i++)
		plan->parts[i].step = place[plan->parts[i].step];
	weir__free(plan->heap, plan->steps);
	plan->steps = steps;
	return WEIR_OK;
}
