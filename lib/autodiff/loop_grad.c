/*
 * Gradients of loops: a repeat, which goes through the rows of the loop's
 * states from the last iteration to the first; and of a repeat, one that goes
 * through what that has gone through, and kept itself, the other way round. So
 * a gradient has a gradient, as often as it is asked for.
 *
 * An iteration takes
 *
 *	rows	those that the first loop's iteration was handed; its states; the
 *		gradients that its states have got as rows; those that what else
 *		it gave has got
 *	states	gradients of the states after it; sums for what is outside
 *
 * and gives the states, gradients of those before it, and, as rows, those of the
 * rows that it was handed.
 *
 * What rows have got is summed up row by row, in the order in which it came, so
 * nothing is ever done with rows of iterations that there were not.
 */
#include <string.h>

#include "autodiff/control_grad.h"
#include "ops/table.h"

/* -- an iteration -------------------------------------------------------------- */

/* Where in `in` the lists begin. */
struct places {
	size_t states, state_parts, yield_parts, gradients;
};

static struct places
places_of(const struct weir__back *b)
{
	struct places at = { .states = b->call.n_rows };

	at.state_parts = at.states + weir__back_results(b);
	at.yield_parts = at.state_parts + b->n_state_parts;
	at.gradients = at.yield_parts + b->n_yield_parts;
	return at;
}

/* What the gradients are of: the next states, and what else was given. */
static void
add_seeds(const struct weir__back *b, weir_tensor *const *in,
	  struct weir__back_lists *l)
{
	const struct places at = places_of(b);
	size_t n = weir__back_results(b), next = at.gradients, i;

	for (i = 0; i < n; i++) {
		l->of[l->n_of] = l->outs[i];
		if (b->of_out[i])
			l->are[l->n_of] = in[next++];
		l->n_of++;
	}
	for (i = 0; i < b->n_yield_parts; i++) {
		size_t of = b->parts_of[b->n_state_parts + i];

		l->of[l->n_of] = l->outs[b->call.n_out + of];
		l->are[l->n_of++] = in[at.yield_parts + i];
	}
}

/* The states, then what is outside, then rows. */
static weir_status
add_wanted(const struct weir__back *b, weir_scope *scope,
	   weir_tensor *const *in, struct weir__back_lists *l)
{
	const struct places at = places_of(b);
	size_t n_in = b->call.n_in, i;
	weir_status status;

	for (i = 0; i < weir__back_results(b); i++)
		if (b->of_out[i])
			l->with[l->n_with++] = i < n_in
				? in[at.states + i]
				: weir__back_variable(b, i - n_in);
	status = weir__back_add_outside(b, scope, l);
	for (i = 0; i < b->call.n_rows; i++)
		if (b->of_row[i])
			l->with[l->n_with++] = in[i];
	return status;
}

static weir_tensor *
sum(weir_scope *scope, weir_tensor *a, weir_tensor *b)
{
	return weir__emit2(scope, &weir__op_add, NULL, a, b);
}

/* What there is of each state as a row is added to what comes from the
 * iteration; what is outside to what it has got so far. */
static weir_status
add_up(const struct weir__back *b, weir_scope *scope, weir_tensor *const *in,
       const struct weir__back_lists *l, weir_tensor **out)
{
	const struct places at = places_of(b);
	size_t n = 0, i, j;

	for (i = 0; i < weir__back_results(b); i++) {
		if (!b->of_out[i])
			continue;
		out[n] = l->gradients[n];
		for (j = 0; j < b->n_state_parts && !scope->status; j++)
			if (b->parts_of[j] == i)
				out[n] = sum(scope, out[n],
					     in[at.state_parts + j]);
		n++;
	}
	for (i = 0; i < b->n_outside; i++) {
		if (!b->of_outside[i])
			continue;
		out[n] = sum(scope, in[at.gradients + n], l->gradients[n]);
		n++;
	}
	for (; n < l->n_with; n++)
		out[n] = l->gradients[n];
	return scope->status;
}

/* Variables are what they were, by rows that were handed in: to a tape that
 * watches, as of a gradient of this one, they have been assigned these. */
static weir_status
preset(const struct weir__back *b, weir_scope *scope, weir_tensor *const *rows)
{
	weir_status status = WEIR_OK;
	size_t i;

	for (i = 0; i < b->n_written; i++)
		b->presets[b->written[i]].value = rows[i];
	weir__body_preset(scope->body, b->presets,
			  b->n_outside - b->n_captured);
	for (i = 0; i < b->n_written && !status; i++) {
		weir_tensor *in[2] = { weir__back_variable(b, i), rows[i] };
		const struct weir__applied assigned = {
			.call.op = &weir__op_assign, .call.n_in = 2,
			.given = in, .in = in,
			.origin.path = scope->path, .origin.site = b->site,
		};

		status = weir__scope_tell(scope, &assigned);
	}
	return status;
}

static weir_status
back_iteration(weir_scope *scope, weir_tensor *const *in, weir_tensor **out,
	       void *arg)
{
	struct weir__back *b = arg;
	const struct places at = places_of(b);
	unsigned which = b->call.kind == WEIR__WHILE;
	struct weir__back_lists l;
	weir_tape *tape;
	weir_status status = weir__back_lists_init(b, &l);

	if (status)
		return status;
	status = preset(b, scope, in + at.states + b->call.n_in);
	tape = status ? NULL : weir__tape_begin(scope, b->site);
	if (!status)
		status = weir__back_go_through(b, which, scope, in, &l);
	add_seeds(b, in, &l);
	if (!status)
		status = add_wanted(b, scope, in, &l);
	if (!status)
		status = tape ? weir__back_pull(b, tape, &l) : scope->status;
	if (!status)
		status = add_up(b, scope, in, &l, out);
	weir__free(b->heap, l.of);
	return status;
}

/* -- emission ------------------------------------------------------------------ */

/* The operand that a state begins as. */
static size_t
initial(const struct weir__control_walk *w, size_t state)
{
	const struct weir__back *b = w->back;

	return state < b->call.n_in
		? w->first_in + state
		: w->first_outside + b->n_captured +
		  b->written[state - b->call.n_in];
}

static bool
is_written(const struct weir__back *b, size_t outside)
{
	size_t i;

	for (i = 0; i < b->n_written; i++)
		if (b->n_captured + b->written[i] == outside)
			return true;
	return false;
}

/* The gradients that rows have got, the first one first. */
static struct weir__rows **
add_parts(const struct weir__control_walk *w, uint32_t slot,
	  struct weir__rows **list)
{
	const struct weir__row_part *part = w->tape->slots[slot].parts, *p;
	size_t n = 0;

	for (p = part; p; p = p->before)
		n++;
	for (p = part; p; p = p->before)
		list[--n] = p->rows;
	for (p = part; p; p = p->before)
		list++;
	return list;
}

/* The rows that are gone through, and those of which there is to be a gradient:
 * borrowed, in two lists of one piece of memory. */
static weir_status
list_rows(struct weir__control_walk *w, struct weir__control_call *call,
	  struct weir__rows ***memory)
{
	const struct weir__tape_control *c = w->e->control;
	struct weir__back *b = w->back;
	struct weir__rows **list, **like;
	size_t i;

	call->n_rows = c->n_rows + c->n_kept + b->n_state_parts +
		       b->n_yield_parts;
	list = weir__calloc(b->heap, call->n_rows + 2 * c->n_rows + 1,
			    sizeof *list);
	if (!list)
		return WEIR_ENOMEM;
	*memory = list;
	call->rows = list;
	memcpy(list, c->rows, (c->n_rows + c->n_kept) * sizeof *list);
	list += c->n_rows + c->n_kept;
	for (i = 0; i < c->n_kept; i++)
		list = add_parts(w, weir__kept_slot(c, i), list);
	for (i = 0; i < c->n_yields; i++)
		list = add_parts(w, weir__yield_slot(c, i), list);
	call->yields_like = like = list;
	for (i = 0; i < c->n_rows; i++) {
		b->of_row[i] = w->tape->slots[weir__row_slot(c, i)].is_wanted;
		if (b->of_row[i])
			like[call->n_yields++] = c->rows[i];
	}
	call->yields = like + c->n_rows;
	return WEIR_OK;
}

/* All states that are floats are carried along: one may make another
 * wanted. */
static weir_status
hand_in(struct weir__control_walk *w)
{
	const struct weir__entry *e = w->e;
	struct weir__back *b = w->back;
	weir_scope *scope = w->tape->scope;
	size_t i;

	for (i = 0; i < weir__back_results(b); i++) {
		weir_tensor *so_far = weir__walk_sum(w, i);

		b->of_out[i] = weir__is_float(e->out[i]);
		if (b->of_out[i])
			w->in[w->n_in++] = so_far ? so_far : weir__grad_filled(
				scope, &e->out[i]->layout->spec, 0.0);
	}
	for (i = 0; i < b->n_outside; i++) {
		size_t operand = w->first_outside + i;

		b->of_outside[i] = weir__walk_is_wanted(w, operand) &&
				   !is_written(b, i);
		if (b->of_outside[i])
			w->in[w->n_in++] = weir__grad_filled(
				scope, &e->in[operand]->layout->spec, 0.0);
	}
	w->n_out = w->n_in;
	return scope->status;
}

/* What each has got goes where it belongs; rows give up their references. */
static weir_status
hand_on(struct weir__control_walk *w, const struct weir__control_call *call)
{
	const struct weir__tape_control *c = w->e->control;
	const struct weir__back *b = w->back;
	weir_status status = WEIR_OK;
	size_t i, n = 0;

	for (i = 0; i < weir__back_results(b) && !status; i++) {
		if (b->of_out[i] && weir__walk_is_wanted(w, initial(w, i)))
			status = weir__walk_contribute(w, initial(w, i), n);
		n += b->of_out[i];
	}
	for (i = 0; i < b->n_outside && !status; i++)
		if (b->of_outside[i])
			status = weir__walk_contribute(w, w->first_outside + i,
						       n++);
	for (i = n = 0; i < c->n_rows && !status; i++) {
		struct weir__rows **rows = &call->yields[n];

		if (!b->of_row[i])
			continue;
		status = weir__rows_contribute(w->tape, weir__row_slot(c, i),
					       *rows);
		*rows = NULL;
		n++;
	}
	return status;
}

weir_status
weir__walk_loop(struct weir__control_walk *w)
{
	const struct weir__tape_control *c = w->e->control;
	struct weir__back *b = w->back;
	bool is_while = b->call.kind == WEIR__WHILE;
	struct weir__control_call call = {
		.kind = WEIR__REPEAT,
		.names = { b->call.names[is_while] },
		.fns = { back_iteration },
		.times = c->times,
		.is_forward = !is_while && !b->call.is_forward,
	};
	struct weir__rows **rows = NULL;
	weir_status status = list_rows(w, &call, &rows);
	size_t i;

	if (!status)
		status = hand_in(w);
	if (!status)
		status = weir__walk_emit(w, &call, NULL);
	if (!status)
		status = hand_on(w, &call);
	for (i = 0; i < call.n_yields; i++)
		weir__rows_release(call.yields[i]);
	weir__free(b->heap, rows);
	if (status && !w->tape->scope->status)
		weir__scope_fail(w->tape->scope, status, w->e->site, "%s",
				 weir_error_text());
	return status;
}
