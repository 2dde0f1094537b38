/*
 * Gradients of calls, branches and loops: a call of the same kind, whose bodies
 * go through those of the first once more, under a tape of their own, and then
 * back. What the first had made is not kept but made again (Griewank and
 * Walther, Evaluating Derivatives, 2008, chapter 12); of a loop the states of
 * each iteration are.
 *
 * Sums within a body are its own: what goes to an operand is one contribution.
 * So their order is the program's, and the bits are the same in both modes.
 */
#include <string.h>

#include "autodiff/control_grad.h"

/* -- going back through a body ------------------------------------------------- */

static void
free_back(struct weir__shared *shared)
{
	struct weir__back *b = (struct weir__back *)shared;
	size_t i;

	for (i = 0; b->given && i < b->n_outside; i++)
		weir_tensor_release(b->given[i]);
	for (i = 0; b->values && i < b->n_outside; i++)
		weir_tensor_release(b->values[i]);
	weir__shared_release(b->call.shared);
	weir__free(b->heap, b->given);
	weir__free(b->heap, b->values);
	weir__free(b->heap, b->written);
	weir__free(b->heap, b->of_out);
	weir__free(b->heap, b->presets);
	weir__free(b->heap, b->parts_of);
	weir__free(b->heap, b);
}

weir_tensor *
weir__back_variable(const struct weir__back *b, size_t written)
{
	return b->given[b->n_captured + b->written[written]];
}

weir_status
weir__back_lists_init(const struct weir__back *b, struct weir__back_lists *l)
{
	size_t gives = b->call.n_out + b->call.n_yields + b->n_written;
	size_t n = gives + b->n_yield_parts;
	size_t m = b->call.n_rows + b->call.n_in + b->n_written + b->n_outside;

	*l = (struct weir__back_lists){ 0 };
	l->of = weir__calloc(b->heap, 2 * (n + m) + gives + 1, sizeof *l->of);
	if (!l->of)
		return WEIR_ENOMEM;
	l->are = l->of + n;
	l->with = l->are + n;
	l->gradients = l->with + m;
	l->outs = l->gradients + m;
	return WEIR_OK;
}

weir_status
weir__back_go_through(const struct weir__back *b, unsigned which,
		      weir_scope *scope, weir_tensor *const *in,
		      struct weir__back_lists *l)
{
	size_t n = b->call.n_out + b->call.n_yields, i;
	weir_tensor **out = l->outs;
	weir_status status;

	status = weir__scope_enter(scope, b->call.names[which],
				   b->call.fns[which], b->call.arg, in, out);
	for (i = 0; i < n && !status; i++) {
		if (out[i] && out[i]->heap == b->heap &&
		    out[i]->kind != WEIR__VARIABLE &&
		    out[i]->kind != WEIR__RELEASED)
			weir__body_resolve(scope->body, out[i], &out[i]);
		status = weir__scope_check_result(scope, out[i], i);
	}
	for (i = 0; i < b->n_written; i++)
		out[n + i] = weir__back_variable(b, i);
	return status;
}

weir_status
weir__back_add_outside(const struct weir__back *b, weir_scope *scope,
		       struct weir__back_lists *l)
{
	weir_status status = WEIR_OK;
	size_t i;

	for (i = 0; i < b->n_outside && !status; i++) {
		weir_tensor **with = &l->with[l->n_with];

		if (!b->of_outside[i])
			continue;
		*with = b->given[i];
		if (i < b->n_captured)
			status = weir__body_resolve(scope->body, b->given[i],
						    with);
		l->n_with++;
	}
	return status;
}

weir_status
weir__back_pull(const struct weir__back *b, weir_tape *tape,
		struct weir__back_lists *l)
{
	const struct weir__seeds seeds = { .n = l->n_of, .of = l->of,
					   .are = l->are };

	return weir__tape_pull(tape, &seeds, l->with, l->n_with, l->gradients,
			       b->site);
}

/* -- calls and branches ----------------------------------------------------------- */

/* in: what was handed in, and gradients of results; out: those wanted. */
static weir_status
back_once(weir_scope *scope, weir_tensor *const *in, weir_tensor **out,
	  struct weir__back *b, unsigned which)
{
	size_t n_in = b->call.n_in, i, next = n_in;
	struct weir__back_lists l;
	weir_tape *tape;
	weir_status status = weir__back_lists_init(b, &l);

	if (status)
		return status;
	weir__body_preset(scope->body, b->presets,
			  b->n_outside - b->n_captured);
	tape = weir__tape_begin(scope, b->site);
	status = weir__back_go_through(b, which, scope, in, &l);
	for (i = 0; i < weir__back_results(b); i++, l.n_of++) {
		l.of[i] = l.outs[i];
		if (b->of_out[i])
			l.are[i] = in[next++];
	}
	for (i = 0; i < n_in; i++)
		if (b->of_in[i])
			l.with[l.n_with++] = in[i];
	if (!status)
		status = weir__back_add_outside(b, scope, &l);
	if (!status)
		status = tape ? weir__back_pull(b, tape, &l) : scope->status;
	if (!status)
		memcpy(out, l.gradients, l.n_with * sizeof *out);
	weir__free(b->heap, l.of);
	return status;
}

static weir_status
back_first(weir_scope *scope, weir_tensor *const *in, weir_tensor **out,
	   void *arg)
{
	return back_once(scope, in, out, arg, 0);
}

static weir_status
back_second(weir_scope *scope, weir_tensor *const *in, weir_tensor **out,
	    void *arg)
{
	return back_once(scope, in, out, arg, 1);
}

/* -- emission ------------------------------------------------------------------------ */

/* The rows of gradients that those have got which it has made. */
static size_t
count_parts(const weir_tape *tape, uint32_t slot)
{
	const struct weir__row_part *part;
	size_t n = 0;

	for (part = tape->slots[slot].parts; part; part = part->before)
		n++;
	return n;
}

/* Which those are; the rows themselves follow from the same slots. */
static weir_status
list_parts(const weir_tape *tape, const struct weir__tape_control *c,
	   struct weir__back *b)
{
	size_t i, n;
	uint32_t *next;

	for (i = 0; i < c->n_kept; i++)
		b->n_state_parts += count_parts(tape, weir__kept_slot(c, i));
	for (i = 0; i < c->n_yields; i++)
		b->n_yield_parts += count_parts(tape, weir__yield_slot(c, i));
	n = b->n_state_parts + b->n_yield_parts;
	b->parts_of = next = weir__calloc(b->heap, n + 1, sizeof *next);
	if (!next)
		return WEIR_ENOMEM;
	for (i = 0; i < c->n_kept; i++)
		for (n = count_parts(tape, weir__kept_slot(c, i)); n; n--)
			*next++ = (uint32_t)i;
	for (i = 0; i < c->n_yields; i++)
		for (n = count_parts(tape, weir__yield_slot(c, i)); n; n--)
			*next++ = (uint32_t)i;
	return WEIR_OK;
}

/* Room for what is known of an entry, and that. */
static struct weir__back *
back_new(weir_tape *tape, const struct weir__entry *e)
{
	const struct weir__tape_control *c = e->control;
	struct weir__heap *heap = tape->heap;
	struct weir__back *b = weir__calloc(heap, 1, sizeof *b);
	size_t n_flags, i;

	if (!b)
		return NULL;
	atomic_init(&b->shared.refs, 1);
	b->shared.free = free_back;
	b->heap = heap;
	b->call = c->call;
	weir__shared_retain(b->call.shared);
	b->site = e->site;
	b->n_captured = c->n_captured;
	b->n_outside = c->n_captured + c->n_variables;
	b->n_written = c->n_written;
	n_flags = weir__back_results(b) + c->call.n_in + b->n_outside +
		  c->n_rows;
	b->given = weir__retained(heap, c->given, b->n_outside);
	b->values = weir__retained(heap, e->in + e->n_in - b->n_outside,
				   b->n_outside);
	b->written = weir__calloc(heap, b->n_written + 1, sizeof *b->written);
	b->of_out = weir__calloc(heap, n_flags + 1, sizeof *b->of_out);
	b->presets = weir__calloc(heap, c->n_variables + 1,
				  sizeof *b->presets);
	if (!b->given || !b->values || !b->written || !b->of_out ||
	    !b->presets || list_parts(tape, c, b)) {
		free_back(&b->shared);
		return NULL;
	}
	b->of_in = b->of_out + weir__back_results(b);
	b->of_outside = b->of_in + c->call.n_in;
	b->of_row = b->of_outside + b->n_outside;
	for (i = 0; i < b->n_written; i++)
		b->written[i] = c->written[i];
	for (i = 0; i < c->n_variables; i++)
		b->presets[i] = (struct weir__preset){
			.variable = b->given[b->n_captured + i],
			.value = b->values[b->n_captured + i],
		};
	return b;
}

weir_tensor *
weir__walk_sum(const struct weir__control_walk *w, size_t result)
{
	return w->tape->slots[w->e->slots[w->e->n_in + result]].sum;
}

bool
weir__walk_is_wanted(const struct weir__control_walk *w, size_t operand)
{
	return w->tape->slots[w->e->slots[operand]].is_wanted &&
	       weir__is_float(w->e->in[operand]);
}

weir_status
weir__walk_emit(struct weir__control_walk *w, struct weir__control_call *call,
		weir_tensor *predicate)
{
	weir_scope *scope = w->tape->scope;

	call->arg = w->back;
	call->shared = &w->back->shared;
	call->n_in = w->n_in;
	call->n_out = w->n_out;
	return weir__scope_control(scope, call, predicate, w->in, w->out,
				   w->e->site);
}

weir_status
weir__walk_contribute(struct weir__control_walk *w, size_t operand,
		      size_t result)
{
	return weir__tape_contribute(w->tape, w->e->slots[operand],
				     w->out[result]);
}

static weir_status
walk_once(struct weir__control_walk *w)
{
	const struct weir__entry *e = w->e;
	struct weir__back *b = w->back;
	struct weir__control_call call = {
		.kind = b->call.kind,
		.names = { b->call.names[0], b->call.names[1] },
		.fns = { back_first, back_second },
	};
	weir_status status;
	size_t i, n = 0;

	for (i = 0; i < b->call.n_in; i++) {
		w->in[w->n_in++] = e->in[w->first_in + i];
		w->n_out += b->of_in[i] =
			weir__walk_is_wanted(w, w->first_in + i);
	}
	for (i = 0; i < weir__back_results(b); i++) {
		b->of_out[i] = weir__walk_sum(w, i) != NULL;
		if (b->of_out[i])
			w->in[w->n_in++] = weir__walk_sum(w, i);
	}
	for (i = 0; i < b->n_outside; i++)
		w->n_out += b->of_outside[i] =
			weir__walk_is_wanted(w, w->first_outside + i);
	status = weir__walk_emit(w, &call, call.kind == WEIR__COND ? e->in[0]
								   : NULL);
	for (i = 0; i < b->call.n_in && !status; i++)
		if (b->of_in[i])
			status = weir__walk_contribute(w, w->first_in + i,
						       n++);
	for (i = 0; i < b->n_outside && !status; i++)
		if (b->of_outside[i])
			status = weir__walk_contribute(w, w->first_outside + i,
						       n++);
	return status;
}

static weir_status
refuse(struct weir__control_walk *w, weir_status status, const char *why)
{
	const struct weir__entry *e = w->e;

	w->tape->scope->path = e->path;
	return weir__scope_fail_call(w->tape->scope, status, e->op, NULL,
				     e->in, w->first_in + e->control->call.n_in,
				     e->site, why);
}

static weir_status
walk(struct weir__control_walk *w)
{
	const struct weir__entry *e = w->e;
	const struct weir__tape_control *c = e->control;
	weir_scope *scope = w->tape->scope;
	size_t room = 2 * (e->n_in + e->n_out) + 1;
	weir_status status;

	if (c->call.kind == WEIR__WHILE && !c->call.max_iterations)
		return refuse(w, WEIR_ENOGRAD, "it has no gradient without "
			      "max_iterations");
	w->back = back_new(w->tape, e);
	w->in = weir__calloc(w->tape->heap, 2 * room, sizeof *w->in);
	scope->path = weir__grad_path(w->tape, e);
	if (!scope->path)
		scope->path = scope->frame->path;
	if (!w->back || !w->in || scope->path == scope->frame->path) {
		status = weir__scope_fail(scope, WEIR_ENOMEM, e->site, "%s",
					  weir_error_text());
	} else {
		w->out = w->in + room;
		status = c->call.kind >= WEIR__WHILE ? weir__walk_loop(w)
						     : walk_once(w);
	}
	if (w->back)
		weir__shared_release(&w->back->shared);
	weir__free(w->tape->heap, w->in);
	return status;
}

/* Whether there is a gradient of anything that it has made. */
static bool
has_any(const struct weir__control_walk *w)
{
	const struct weir__tape_control *c = w->e->control;
	size_t i;

	for (i = 0; i < w->e->n_out; i++)
		if (weir__walk_sum(w, i))
			return true;
	for (i = 0; i < c->n_kept + c->n_yields; i++)
		if (w->tape->slots[c->row_slots[c->n_rows + i]].parts)
			return true;
	return false;
}

weir_status
weir__walk_control(weir_tape *tape, const struct weir__entry *e)
{
	const struct weir__tape_control *c = e->control;
	struct weir__control_walk w = { .tape = tape, .e = e };
	bool any_in = weir__rows_are_wanted(tape, e);
	size_t i;

	w.first_in = c->call.kind == WEIR__COND;
	w.first_outside = e->n_in - c->n_captured - c->n_variables;
	for (i = 0; i < e->n_in; i++)
		any_in |= weir__walk_is_wanted(&w, i);
	if (!any_in || !has_any(&w))
		return WEIR_OK;
	tape->scope->site = e->site;
	return walk(&w);
}
