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

#include "autodiff/entry.h"
#include "ops/table.h"

/* -- going back through a body ------------------------------------------------- */

/* What the bodies of a gradient know: the arg of both. */
struct back {
	struct weir__shared shared;
	struct weir__heap *heap;
	struct weir__control_call call;	/* the first, with a reference */
	size_t n_outside;		/* captured, then variables: */
	size_t n_captured;
	weir_tensor **given, **values;	/* as they were given and taken:
					   references */
	uint32_t *written;		/* of the variables */
	size_t n_written;
	/* Whether there is a gradient of a result, those that variables get
	 * included, and whether one is wanted of what was handed in, and of
	 * what is outside. */
	bool *of_out, *of_in, *of_outside;
	struct weir__preset *presets;	/* of the variables */
	const char *site;
};

static void
free_back(struct weir__shared *shared)
{
	struct back *b = (struct back *)shared;
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
	weir__free(b->heap, b);
}

static size_t
n_results(const struct back *b)
{
	return b->call.n_out + b->n_written;
}

static weir_tensor *
written_variable(const struct back *b, size_t i)
{
	return b->given[b->n_captured + b->written[i]];
}

/* Tensors of a walk back: of what the gradients are, what they are, with
 * respect to what, and the results. */
struct lists {
	weir_tensor **of, **are, **with, **gradients;
	size_t n_of, n_with;
};

static weir_status
lists_init(const struct back *b, struct lists *l)
{
	size_t n = n_results(b), m = b->call.n_in + b->n_outside;

	*l = (struct lists){ 0 };
	l->of = weir__calloc(b->heap, 2 * (n + m) + 1, sizeof *l->of);
	if (!l->of)
		return WEIR_ENOMEM;
	l->are = l->of + n;
	l->with = l->are + n;
	l->gradients = l->with + m;
	return WEIR_OK;
}

/* The body once more, from `in`; what it gives is of l->of. */
static weir_status
go_through(const struct back *b, unsigned which, weir_scope *scope,
	   weir_tensor *const *in, struct lists *l)
{
	weir_status status;
	size_t i;

	status = weir__scope_enter(scope, b->call.names[which],
				   b->call.fns[which], b->call.arg, in, l->of);
	for (i = 0; i < b->call.n_out && !status; i++) {
		if (l->of[i] && l->of[i]->heap == b->heap &&
		    l->of[i]->kind != WEIR__VARIABLE &&
		    l->of[i]->kind != WEIR__RELEASED)
			weir__body_resolve(scope->body, l->of[i], &l->of[i]);
		status = weir__scope_check_result(scope, l->of[i], i);
	}
	for (i = 0; i < b->n_written; i++)
		l->of[b->call.n_out + i] = written_variable(b, i);
	l->n_of = n_results(b);
	return status;
}

/* What is outside and wanted, after what was handed in. */
static weir_status
add_outside(const struct back *b, weir_scope *scope, struct lists *l)
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

static weir_status
pull(const struct back *b, weir_tape *tape, struct lists *l)
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
	  struct back *b, unsigned which)
{
	size_t n_in = b->call.n_in, i, next = n_in;
	struct lists l;
	weir_tape *tape;
	weir_status status = lists_init(b, &l);

	if (status)
		return status;
	weir__body_preset(scope->body, b->presets,
			  b->n_outside - b->n_captured);
	tape = weir__tape_begin(scope, b->site);
	status = go_through(b, which, scope, in, &l);
	for (i = 0; i < n_results(b); i++)
		if (b->of_out[i])
			l.are[i] = in[next++];
	for (i = 0; i < n_in; i++)
		if (b->of_in[i])
			l.with[l.n_with++] = in[i];
	if (!status)
		status = add_outside(b, scope, &l);
	if (!status)
		status = tape ? pull(b, tape, &l) : scope->status;
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

/* -- iterations -------------------------------------------------------------------- */

/* in: the states as the iteration began, and what has been summed up so far:
 * gradients of the states after it (of_out), and of what is outside; out: the
 * latter, with the iteration's added. */
static weir_status
back_iteration(weir_scope *scope, weir_tensor *const *in, weir_tensor **out,
	       void *arg)
{
	struct back *b = arg;
	size_t n = n_results(b), n_in = b->call.n_in, i, next = n, first;
	struct lists l;
	weir_tape *tape;
	weir_status status = lists_init(b, &l);

	if (status)
		return status;
	for (i = 0; i < b->n_written; i++)
		b->presets[b->written[i]].value = in[n_in + i];
	weir__body_preset(scope->body, b->presets,
			  b->n_outside - b->n_captured);
	tape = weir__tape_begin(scope, b->site);
	status = go_through(b, 1, scope, in, &l);
	for (i = 0; i < n; i++) {
		if (!b->of_out[i])
			continue;
		l.are[i] = in[next++];
		l.with[l.n_with++] = i < n_in ? in[i]
					      : written_variable(b, i - n_in);
	}
	first = l.n_with;
	if (!status)
		status = add_outside(b, scope, &l);
	if (!status)
		status = tape ? pull(b, tape, &l) : scope->status;
	for (i = 0; i < l.n_with && !status; i++) {
		out[i] = i < first ? l.gradients[i]
				   : weir__emit2(scope, &weir__op_add, NULL,
						 in[n + i], l.gradients[i]);
		status = scope->status;
	}
	weir__free(b->heap, l.of);
	return status;
}

/* -- emission ------------------------------------------------------------------------ */

/* Room for what is known of an entry, and that. */
static struct back *
back_new(weir_tape *tape, const struct weir__entry *e)
{
	const struct weir__tape_control *c = e->control;
	struct weir__heap *heap = tape->heap;
	struct back *b = weir__calloc(heap, 1, sizeof *b);
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
	n_flags = n_results(b) + c->call.n_in + b->n_outside;
	b->given = weir__retained(heap, c->given, b->n_outside);
	b->values = weir__retained(heap, e->in + e->n_in - b->n_outside,
				   b->n_outside);
	b->written = weir__calloc(heap, b->n_written + 1, sizeof *b->written);
	b->of_out = weir__calloc(heap, n_flags + 1, sizeof *b->of_out);
	b->presets = weir__calloc(heap, c->n_variables + 1,
				  sizeof *b->presets);
	if (!b->given || !b->values || !b->written || !b->of_out ||
	    !b->presets) {
		free_back(&b->shared);
		return NULL;
	}
	b->of_in = b->of_out + n_results(b);
	b->of_outside = b->of_in + c->call.n_in;
	for (i = 0; i < b->n_written; i++)
		b->written[i] = c->written[i];
	for (i = 0; i < c->n_variables; i++)
		b->presets[i] = (struct weir__preset){
			.variable = b->given[b->n_captured + i],
			.value = b->values[b->n_captured + i],
		};
	return b;
}

/* A walk of one entry. */
struct walk {
	weir_tape *tape;
	const struct weir__entry *e;
	struct back *back;
	size_t first_in;		/* operand that was handed in first */
	size_t first_outside;
	weir_tensor **in, **out;	/* of the call that is emitted */
	size_t n_in, n_out;
};

static weir_tensor *
sum_of_result(const struct walk *w, size_t i)
{
	return w->tape->slots[w->e->slots[w->e->n_in + i]].sum;
}

static bool
is_wanted(const struct walk *w, size_t operand)
{
	return w->tape->slots[w->e->slots[operand]].is_wanted &&
	       weir__is_float(w->e->in[operand]);
}

static weir_status
emit(struct walk *w, struct weir__control_call *call, weir_tensor *predicate)
{
	weir_scope *scope = w->tape->scope;

	call->arg = w->back;
	call->shared = &w->back->shared;
	call->n_in = w->n_in;
	call->n_out = w->n_out;
	return weir__scope_control(scope, call, predicate, w->in, w->out,
				   w->e->site);
}

static weir_status
contribute(struct walk *w, size_t operand, size_t result)
{
	return weir__tape_contribute(w->tape, w->e->slots[operand],
				     w->out[result]);
}

static weir_status
walk_once(struct walk *w)
{
	const struct weir__entry *e = w->e;
	struct back *b = w->back;
	struct weir__control_call call = {
		.kind = b->call.kind,
		.names = { b->call.names[0], b->call.names[1] },
		.fns = { back_first, back_second },
	};
	weir_status status;
	size_t i, n = 0;

	for (i = 0; i < b->call.n_in; i++) {
		w->in[w->n_in++] = e->in[w->first_in + i];
		w->n_out += b->of_in[i] = is_wanted(w, w->first_in + i);
	}
	for (i = 0; i < n_results(b); i++) {
		b->of_out[i] = sum_of_result(w, i) != NULL;
		if (b->of_out[i])
			w->in[w->n_in++] = sum_of_result(w, i);
	}
	for (i = 0; i < b->n_outside; i++)
		w->n_out += b->of_outside[i] = is_wanted(w, w->first_outside +
							    i);
	status = emit(w, &call, call.kind == WEIR__COND ? e->in[0] : NULL);
	for (i = 0; i < b->call.n_in && !status; i++)
		if (b->of_in[i])
			status = contribute(w, w->first_in + i, n++);
	for (i = 0; i < b->n_outside && !status; i++)
		if (b->of_outside[i])
			status = contribute(w, w->first_outside + i, n++);
	return status;
}

/* The operand that a state begins as. */
static size_t
initial(const struct walk *w, size_t state)
{
	const struct back *b = w->back;

	return state < b->call.n_in
		? w->first_in + state
		: w->first_outside + b->n_captured +
		  b->written[state - b->call.n_in];
}

static bool
is_written(const struct back *b, size_t outside)
{
	size_t i;

	for (i = 0; i < b->n_written; i++)
		if (b->n_captured + b->written[i] == outside)
			return true;
	return false;
}

/* All states that are floats are carried along: one may make another
 * wanted. */
static weir_status
walk_loop(struct walk *w)
{
	const struct weir__entry *e = w->e;
	struct back *b = w->back;
	weir_scope *scope = w->tape->scope;
	struct weir__control_call call = {
		.kind = WEIR__REPEAT,
		.names = { b->call.names[1] },
		.fns = { back_iteration },
		.rows = &e->control->rows,
	};
	weir_status status;
	size_t i, n = 0;

	for (i = 0; i < n_results(b); i++) {
		weir_tensor *sum = sum_of_result(w, i);

		b->of_out[i] = weir__is_float(e->out[i]);
		if (b->of_out[i])
			w->in[w->n_in++] = sum ? sum : weir__grad_filled(
				scope, &e->out[i]->layout->spec, 0.0);
	}
	for (i = 0; i < b->n_outside; i++) {
		size_t operand = w->first_outside + i;

		b->of_outside[i] = is_wanted(w, operand) && !is_written(b, i);
		if (b->of_outside[i])
			w->in[w->n_in++] = weir__grad_filled(
				scope, &e->in[operand]->layout->spec, 0.0);
	}
	w->n_out = w->n_in;
	status = scope->status ? scope->status : emit(w, &call, NULL);
	for (i = 0; i < n_results(b) && !status; i++) {
		if (b->of_out[i] && is_wanted(w, initial(w, i)))
			status = contribute(w, initial(w, i), n);
		n += b->of_out[i];
	}
	for (i = 0; i < b->n_outside && !status; i++)
		if (b->of_outside[i])
			status = contribute(w, w->first_outside + i, n++);
	return status;
}

static weir_status
refuse(struct walk *w, weir_status status, const char *why)
{
	const struct weir__entry *e = w->e;

	w->tape->scope->path = e->path;
	return weir__scope_fail_call(w->tape->scope, status, e->op, NULL,
				     e->in, w->first_in + e->control->call.n_in,
				     e->site, why);
}

static weir_status
walk(struct walk *w)
{
	const struct weir__entry *e = w->e;
	const struct weir__tape_control *c = e->control;
	weir_scope *scope = w->tape->scope;
	size_t room = 2 * (e->n_in + e->n_out) + 1;
	weir_status status;

	if (c->call.kind == WEIR__REPEAT)
		return refuse(w, WEIR_ENOGRAD, "the gradient of a loop has "
			      "none itself");
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
		status = c->call.kind == WEIR__WHILE ? walk_loop(w)
						     : walk_once(w);
	}
	if (w->back)
		weir__shared_release(&w->back->shared);
	weir__free(w->tape->heap, w->in);
	return status;
}

weir_status
weir__walk_control(weir_tape *tape, const struct weir__entry *e)
{
	const struct weir__tape_control *c = e->control;
	struct walk w = { .tape = tape, .e = e };
	bool any_in = weir__rows_are_wanted(tape, e), any_out = false;
	size_t i;

	w.first_in = c->call.kind == WEIR__COND;
	w.first_outside = e->n_in - c->n_captured - c->n_variables;
	for (i = 0; i < e->n_in; i++)
		any_in |= is_wanted(&w, i);
	for (i = 0; i < e->n_out; i++)
		any_out |= sum_of_result(&w, i) != NULL;
	if (!any_in || !any_out)
		return WEIR_OK;
	tape->scope->site = e->site;
	return walk(&w);
}
