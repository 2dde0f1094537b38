/*
 * Control calls in an eager scope: the C functions are called now.
 *
 * Where a tape watches, what a body that is not called would have used counts
 * too, for in a recording it does: such a body is recorded, to be thrown away.
 */
#include <string.h>

#include "eager/eager_trace.h"
#include "scope/controlling.h"

static weir_status
begin(struct weir__controlling *c, unsigned which, bool is_recorded,
      bool notes, struct weir__body **body)
{
	weir_status status;

	*body = &c->bodies[c->n_bodies];
	status = weir__body_begin(c->scope, c->op, c->call->names[which],
				  is_recorded, notes, *body);
	if (!status)
		c->n_bodies++;
	return status;
}

static weir_status
call(struct weir__controlling *c, struct weir__body *body, unsigned which,
     weir_tensor *const *in, weir_tensor *const *named, size_t n_in,
     weir_tensor **out, size_t n_out)
{
	weir_status status;

	status = weir__body_call(body, c->call->names[which],
				 c->call->fns[which], c->call->arg, in, named,
				 n_in, out, n_out);
	return status ? weir__scope_fail_as(c->scope, status,
					    weir_error_text())
		      : WEIR_OK;
}

/* What a body that is not called would have used. */
static weir_status
learn(struct weir__controlling *c, unsigned which, weir_tensor *const *in,
      weir_tensor *const *named, size_t n_in)
{
	size_t n = weir__control_n_out(c);
	struct weir__heap *heap = c->scope->eager.heap;
	struct weir__body *body;
	weir_tensor **out;
	weir_status status;

	out = weir__calloc(heap, n + 1, sizeof *out);
	if (!out)
		return WEIR_ENOMEM;
	status = begin(c, which, true, true, &body);
	if (!status)
		status = call(c, body, which, in, named, n_in, out, n);
	weir__tensors_clear(out, n);
	weir__free(heap, out);
	return status;
}

/* -- loops ---------------------------------------------------------------------- */

/* The states of each iteration as it begins, while it is not known which
 * variables will be states. */
struct log {
	struct weir__heap *heap;
	weir_tensor **values;	/* states, then variables as they were
				   touched */
	size_t n, room;
	size_t *begin;		/* per iteration: into values */
	size_t n_begun, begin_room;
};

static weir_status
log_value(struct log *log, weir_tensor *value)
{
	if (weir__grow(log->heap, &log->values, &log->room, log->n,
		       sizeof *log->values))
		return WEIR_ENOMEM;
	log->values[log->n++] = weir_tensor_retain(value);
	return WEIR_OK;
}

static weir_status
log_iteration(struct log *log, const struct weir__body *body,
	      weir_tensor *const *states, size_t n)
{
	weir_status status = WEIR_OK;
	size_t i;

	if (weir__grow(log->heap, &log->begin, &log->begin_room, log->n_begun,
		       sizeof *log->begin))
		return WEIR_ENOMEM;
	log->begin[log->n_begun++] = log->n;
	for (i = 0; i < n && !status; i++)
		status = log_value(log, states[i]);
	for (i = 0; i < body->n_variables && !status; i++)
		status = log_value(log, body->variables[i].current);
	return status;
}

/* A variable's value as an iteration began; if it had not been touched by
 * then, what it was at first. */
static weir_tensor *
logged_variable(const struct weir__controlling *c, const struct log *log,
		size_t iteration, const struct weir__use *use)
{
	const struct weir__body *body = &c->bodies[0];
	size_t end = iteration + 1 < log->n_begun ? log->begin[iteration + 1]
						  : log->n;
	size_t at = log->begin[iteration] + c->call->n_in, i;

	for (i = 0; i < body->n_variables; i++, at++)
		if (body->variables[i].variable == use->variable)
			return at < end ? log->values[at]
					: body->variables[i].start;
	return use->start;
}

static weir_status
add_kept(struct weir__controlling *c, weir_tensor *like, size_t n)
{
	weir_status status = weir__rows_new(c->scope->eager.heap, like, n,
					    &c->kept[c->n_kept]);

	c->n_kept += !status;
	return status;
}

/* Rows of the states, which begin like these. */
static weir_status
begin_kept(struct weir__controlling *c, weir_tensor *const *states,
	   size_t n_states)
{
	size_t n = c->call->n_in, i;
	weir_status status = WEIR_OK;

	c->kept = weir__calloc(c->scope->eager.heap, n_states + 1,
			       sizeof *c->kept);
	if (!c->kept)
		return WEIR_ENOMEM;
	for (i = 0; i < n_states && !status; i++)
		status = add_kept(c, i < n ? states[i]
				     : c->uses[c->written[i - n]].variable,
				  c->times.n);
	return status;
}

/* Once it is known which variables are states. */
static weir_status
make_kept(struct weir__controlling *c, const struct log *log)
{
	size_t n = c->call->n_in, i, j;
	weir_status status;

	c->times = (struct weir__times){ .n = log->n_begun,
					 .most = c->call->max_iterations };
	status = begin_kept(c, c->values + c->first_in, n + c->n_written);
	for (i = 0; i < log->n_begun && !status; i++) {
		for (j = 0; j < n; j++)
			c->kept[j]->values[i] = weir_tensor_retain(
				log->values[log->begin[i] + j]);
		for (j = 0; j < c->n_written; j++)
			c->kept[n + j]->values[i] = weir_tensor_retain(
				logged_variable(c, log, i,
						&c->uses[c->written[j]]));
	}
	return status;
}

static weir_status
ask(struct weir__controlling *c, struct weir__body *body,
    weir_tensor *const *states, bool *goes_on)
{
	weir_tensor *answer;
	weir_status status;

	body->is_condition = true;
	status = call(c, body, 0, states, c->values, c->call->n_in, &answer,
		      1);
	body->is_condition = false;
	if (status)
		return status;
	if (!weir__is_predicate(answer))
		status = weir__control_refuse(c, WEIR_ESHAPE,
					      WEIR__NO_CONDITION);
	if (!status)
		*goes_on = *(const bool *)answer->data;
	weir_tensor_release(answer);
	return status;
}

/* The states become what a body has made of them; what else it has given stays
 * in `next`. */
static weir_status
iterate(struct weir__controlling *c, struct weir__body *body, unsigned which,
	weir_tensor *const *in, weir_tensor *const *named, size_t n_in,
	weir_tensor **states, weir_tensor **next)
{
	size_t n = c->call->n_in, i;
	weir_status status;

	status = call(c, body, which, in, named, n_in, next,
		      weir__control_n_out(c));
	for (i = 0; i < n && !status; i++)
		if (!weir__spec_equal(&states[i]->layout->spec,
				      &next[i]->layout->spec))
			status = weir__control_other_state(
				c, i, &states[i]->layout->spec,
				&next[i]->layout->spec);
	for (i = 0; i < n && !status; i++) {
		weir_tensor_release(states[i]);
		states[i] = next[i];
		next[i] = NULL;
	}
	if (status)
		weir__tensors_clear(next, weir__control_n_out(c));
	return status;
}

static weir_status
loop(struct weir__controlling *c, struct log *log, weir_tensor **states,
     weir_tensor **next)
{
	bool keeps = c->scope->watchers != NULL, goes_on = true;
	struct weir__body *body = &c->bodies[0];
	int64_t most = c->call->max_iterations, done;
	weir_status status;

	for (done = 0;; done++) {
		status = ask(c, body, states, &goes_on);
		if (status || !goes_on)
			break;
		if (most && done == most)
			return weir__control_too_long(c);
		if (keeps && log_iteration(log, body, states, c->call->n_in))
			return WEIR_ENOMEM;
		status = iterate(c, body, 1, states, c->values,
				 c->call->n_in, states, next);
		if (status)
			break;
	}
	if (!status && body->notes && !done)
		status = learn(c, 1, states, c->values, c->call->n_in);
	return status;
}

/* -- through the rows of a loop -------------------------------------------------- */

/* The lists of a repeat, each of them borrowed but for the states and what
 * follows these. */
struct repeating {
	weir_tensor **in, **named;	/* rows, then states */
	weir_tensor **states, **next;
};

static weir_status
begin_yields(struct weir__controlling *c)
{
	const struct weir__control_call *call = c->call;
	weir_status status = WEIR_OK;
	size_t i;

	for (i = 0; i < call->n_yields && !status; i++)
		status = weir__rows_new(c->scope->eager.heap,
					call->yields_like[i]->like,
					call->times.n, &call->yields[i]);
	return status;
}

/* Of row i, whose values are handed in before the states. */
static weir_status
repeat_row(struct weir__controlling *c, const struct repeating *r, size_t i)
{
	const struct weir__control_call *call = c->call;
	weir_status status;
	size_t j;

	for (j = 0; j < call->n_rows; j++)
		r->in[j] = call->rows[j]->values[i];
	for (j = 0; j < call->n_in; j++) {
		r->in[call->n_rows + j] = r->states[j];
		if (c->kept)
			c->kept[j]->values[i] =
				weir_tensor_retain(r->states[j]);
	}
	status = iterate(c, &c->bodies[0], 0, r->in, r->named,
			 call->n_rows + call->n_in, r->states, r->next);
	for (j = 0; j < call->n_yields && !status; j++) {
		call->yields[j]->values[i] = r->next[call->n_in + j];
		r->next[call->n_in + j] = NULL;
	}
	return status;
}

/* Where there are no rows, what the body would have used. */
static weir_status
repeat_none(struct weir__controlling *c, const struct repeating *r)
{
	const struct weir__control_call *call = c->call;
	size_t i;

	for (i = 0; i < call->n_rows; i++)
		r->in[i] = call->rows[i]->like;
	for (i = 0; i < call->n_in; i++)
		r->in[call->n_rows + i] = r->states[i];
	return learn(c, 0, r->in, r->named, call->n_rows + call->n_in);
}

static weir_status
repeat(struct weir__controlling *c, const struct repeating *r)
{
	const struct weir__control_call *call = c->call;
	size_t n = call->times.n, i;
	weir_status status;

	c->times = call->times;
	status = begin_yields(c);
	if (!status && c->scope->watchers)
		status = begin_kept(c, r->states, call->n_in);
	if (call->n_in)
		memcpy(r->named + call->n_rows, c->values,
		       call->n_in * sizeof *r->named);
	for (i = 0; i < n && !status; i++)
		status = repeat_row(c, r, call->is_forward ? i : n - 1 - i);
	if (!status && c->bodies[0].notes && !n)
		status = repeat_none(c, r);
	return status;
}

/* -- the whole call ----------------------------------------------------------------- */

static weir_status
run_loop(struct weir__controlling *c, bool notes)
{
	struct weir__heap *heap = c->scope->eager.heap;
	size_t n = c->call->n_in, n_all = n + c->call->n_rows, i;
	struct log log = { .heap = heap };
	struct weir__body *body;
	weir_tensor **lists;
	weir_status status;

	lists = weir__calloc(heap, n + weir__control_n_out(c) + 2 * n_all + 1,
			     sizeof *lists);
	if (!lists)
		return WEIR_ENOMEM;
	for (i = 0; i < n; i++)
		lists[i] = weir_tensor_retain(c->values[c->first_in + i]);
	status = begin(c, 0, false, notes, &body);
	if (!status && c->call->kind == WEIR__REPEAT) {
		struct repeating r = { .states = lists, .next = lists + n };

		r.in = r.next + weir__control_n_out(c);
		r.named = r.in + n_all;
		status = repeat(c, &r);
	} else if (!status) {
		status = loop(c, &log, lists, lists + n);
	}
	if (!status)
		status = weir__control_merge(c);
	if (!status && c->scope->watchers && c->call->kind == WEIR__WHILE)
		status = make_kept(c, &log);
	if (!status && n)
		memcpy(c->results, lists, n * sizeof *lists);
	else if (status)
		weir__tensors_clear(lists, n);
	weir__tensors_clear(log.values, log.n);
	weir__free(heap, log.values);
	weir__free(heap, log.begin);
	weir__free(heap, lists);
	return status;
}

/* A call, or the branch that is taken. */
static weir_status
run_once(struct weir__controlling *c, bool notes)
{
	unsigned which = c->call->kind == WEIR__COND &&
			 !*(const bool *)c->values[0]->data;
	weir_tensor *const *in = c->values + c->first_in;
	struct weir__body *body;
	weir_status status;

	c->is_second_first = which == 1;
	status = begin(c, which, false, notes, &body);
	if (!status)
		status = call(c, body, which, in, in, c->call->n_in,
			      c->results, c->call->n_out);
	if (!status && notes && c->call->kind == WEIR__COND)
		status = learn(c, !which, in, in, c->call->n_in);
	return status ? status : weir__control_merge(c);
}

static void
trace(struct weir__controlling *c, uint64_t start)
{
	const weir_spec **specs;
	struct weir__applied applied = {
		.call.op = c->op,
		.call.n_in = c->n_given,
		.call.n_out = c->call->n_out,
		.in = c->values,
		.out = c->results,
		.ordinal = c->ordinal,
		.origin = c->origin,
	};
	size_t n = c->n_given + c->call->n_out, i;

	specs = weir__calloc(c->scope->eager.heap, n + 1, sizeof *specs);
	if (!specs) {
		weir__trace_lose(c->scope->eager.tracer);
		return;
	}
	for (i = 0; i < n; i++)
		specs[i] = i < c->n_given
			? &c->values[i]->layout->spec
			: &c->results[i - c->n_given]->layout->spec;
	applied.call.in = specs;
	applied.call.out = specs + c->n_given;
	weir__eager_trace_control(&c->scope->eager, &applied, start);
	weir__free(c->scope->eager.heap, specs);
}

weir_status
weir__control_eager(struct weir__controlling *c)
{
	weir_scope *scope = c->scope;
	bool notes = scope->watchers || (scope->body && scope->body->notes);
	struct weir__tracer *tracer = scope->eager.tracer;
	uint64_t start = weir__trace_is_on(tracer) ? weir__trace_now(tracer)
						   : 0;
	weir_status status;

	status = weir__control_room(c, c->call->n_out);
	if (!status)
		status = c->call->kind >= WEIR__WHILE ? run_loop(c, notes)
						      : run_once(c, notes);
	if (!status)
		status = weir__control_room(c, c->call->n_out + c->n_written);
	if (!status)
		status = weir__control_own_results(c);
	if (status)
		return status;
	c->ordinal = ++scope->ordinal;
	if (start)
		trace(c, start);
	return WEIR_OK;
}
