#include "plan/poison.h"

#include <string.h>

#include "plan/buffers.h"

struct maker {
	const weir_plan *plan;
	struct weir__poison *p;
	uint32_t *of_value;	/* the number of what is left of it */
	uint32_t *pieces;	/* per step: of its work */
	uint32_t n_uses;
};

/* -- what there is -------------------------------------------------------- */

static const struct weir__slot *
results_of(const weir_plan *plan, const struct weir__step *step)
{
	return &plan->slots[step->first_slot + step->call.n_in];
}

/* Of a value without elements nothing: nobody waits for who makes it, so by
 * the time that it has been used the place may be another's. */
static uint32_t
add(struct maker *m, int64_t offset, size_t bytes, weir_dtype dtype)
{
	m->p->remains[m->p->n] = (struct weir__remains){
		.offset = (size_t)offset,
		.bytes = bytes ? weir__aligned(bytes) : 0,
		.dtype = dtype,
	};
	return m->p->n++;
}

/* Once a step, whatever it does with it. */
static void
use(struct maker *m, uint32_t step, uint32_t number)
{
	uint32_t i = m->p->first_use[step];

	for (; i < m->n_uses; i++)
		if (m->p->uses[i] == number)
			return;
	m->p->uses[m->n_uses++] = number;
	m->p->remains[number].uses += m->pieces[step];
}

/* An operand that lies where result 0 does. */
static void
note_writing_over(struct maker *m, const struct weir__step *step)
{
	const struct weir__slot *in = &m->plan->slots[step->first_slot];
	const struct weir__slot *out = results_of(m->plan, step);
	uint32_t i;

	if (!(step->call.op->flags & WEIR_OP_IN_PLACE) || !step->call.n_out ||
	    out->where != WEIR__AT_ARENA)
		return;
	for (i = 0; i < step->call.n_in; i++)
		if (in[i].where == WEIR__AT_ARENA && in[i].is_direct &&
		    in[i].offset == out->offset)
			m->p->remains[m->of_value[in[i].index]]
				.is_written_over = true;
}

static void
add_step(struct maker *m, uint32_t number)
{
	const weir_plan *plan = m->plan;
	const struct weir__step *step = &plan->steps[number];
	const struct weir__slot *in = &plan->slots[step->first_slot];
	const struct weir__slot *out = results_of(plan, step);
	uint32_t i;

	m->p->first_use[number] = m->n_uses;
	note_writing_over(m, step);
	for (i = 0; i < step->call.n_in; i++)
		if (in[i].where == WEIR__AT_ARENA)
			use(m, number, m->of_value[in[i].index]);
	for (i = 0; i < step->call.n_out; i++) {
		if (out[i].where != WEIR__AT_ARENA)
			continue;
		m->of_value[out[i].index] = add(
			m, out[i].offset, (size_t)weir__spec_bytes(out[i].spec),
			out[i].spec->dtype);
		use(m, number, m->of_value[out[i].index]);
	}
	/* Its own, too, is empty once all of it is over. */
	if (step->scratch_bytes)
		use(m, number, add(m, step->scratch,
				   weir__step_scratch(plan, step), WEIR_F64));
	m->p->first_use[number + 1] = m->n_uses;
}

/* -- all of it ------------------------------------------------------------ */

static weir_status
fill(struct maker *m)
{
	const weir_plan *plan = m->plan;
	struct weir__heap *heap = plan->heap;
	size_t uses = (size_t)plan->n_slots + plan->n_steps + 1;
	uint32_t i;

	m->p->remains = weir__calloc(heap, uses, sizeof *m->p->remains);
	m->p->uses = weir__calloc(heap, uses, sizeof *m->p->uses);
	m->p->first_use = weir__calloc(heap, (size_t)plan->n_steps + 1,
				       sizeof *m->p->first_use);
	m->of_value = weir__calloc(heap, plan->n_values + 1,
				   sizeof *m->of_value);
	m->pieces = weir__calloc(heap, (size_t)plan->n_steps + 1,
				 sizeof *m->pieces);
	if (!m->p->remains || !m->p->uses || !m->p->first_use ||
	    !m->of_value || !m->pieces)
		return WEIR_ENOMEM;
	for (i = 0; i < plan->schedule->n_items; i++)
		m->pieces[plan->work[i].step]++;
	for (i = 0; i < plan->n_steps; i++)
		add_step(m, i);
	return WEIR_OK;
}

weir_status
weir__poison_new(const weir_plan *plan, struct weir__poison **poison)
{
	struct weir__heap *heap = plan->heap;
	struct maker m = { .plan = plan };
	weir_status status;

	m.p = weir__calloc(heap, 1, sizeof *m.p);
	if (!m.p)
		return WEIR_ENOMEM;
	status = fill(&m);
	weir__free(heap, m.of_value);
	weir__free(heap, m.pieces);
	if (status)
		weir__poison_free(heap, m.p);
	else
		*poison = m.p;
	return status;
}

void
weir__poison_free(struct weir__heap *heap, struct weir__poison *poison)
{
	if (!poison)
		return;
	weir__free(heap, poison->remains);
	weir__free(heap, poison->uses);
	weir__free(heap, poison->first_use);
	weir__free(heap, poison);
}
