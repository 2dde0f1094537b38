#include "scope/control.h"

#include <string.h>

#include "scope/controlling.h"

/* -- operands ---------------------------------------------------------------- */

weir_status
weir__control_refuse(struct weir__controlling *c, weir_status status,
		     const char *why)
{
	return weir__scope_fail_call(c->scope, status, c->op, NULL, c->given,
				     c->n_given, c->origin.site, why);
}

/* As has been said. */
static weir_status
refuse_as_said(struct weir__controlling *c, weir_status status)
{
	return c->scope->status ? c->scope->status
				: weir__control_refuse(c, status,
						       weir_error_text());
}

bool
weir__is_predicate(const weir_tensor *t)
{
	return weir__spec_is_predicate(&t->layout->spec);
}

weir_status
weir__control_other_state(struct weir__controlling *c, size_t i,
			  const weir_spec *was, const weir_spec *is)
{
	char before[128], after[128], why[384];
	struct weir__text text;

	weir__spec_text(was, before, sizeof before);
	weir__spec_text(is, after, sizeof after);
	weir__text_init(&text, why, sizeof why);
	weir__text_add(&text, "state %zu is %s, and the body makes %s of it",
		       i, before, after);
	return weir__control_refuse(c, WEIR_ESHAPE, why);
}

weir_status
weir__control_too_long(struct weir__controlling *c)
{
	char why[128];

	weir__loop_too_long_text(c->call->max_iterations, why, sizeof why);
	return weir__control_refuse(c, WEIR_ERANGE, why);
}

weir_status
weir__control_room(struct weir__controlling *c, size_t n_results)
{
	weir_tensor **results;

	if (c->results && n_results <= c->n_results)
		return WEIR_OK;
	results = weir__calloc(c->scope->eager.heap, n_results + 1,
			       sizeof *results);
	if (!results)
		return WEIR_ENOMEM;
	if (c->n_results)
		memcpy(results, c->results, c->n_results * sizeof *results);
	weir__free(c->scope->eager.heap, c->results);
	c->results = results;
	c->n_results = n_results;
	return WEIR_OK;
}

/* Room for so many operands. */
static weir_status
room_for(struct weir__controlling *c, size_t n)
{
	struct weir__heap *heap = c->scope->eager.heap;

	if (weir__grow(heap, &c->given, &c->given_room, n,
		       sizeof *c->given) ||
	    weir__grow(heap, &c->values, &c->values_room, n,
		       sizeof *c->values))
		return WEIR_ENOMEM;
	return WEIR_OK;
}

weir_status
weir__control_add_operand(struct weir__controlling *c, weir_tensor *given)
{
	weir_status status = room_for(c, c->n_operands);

	if (!status)
		status = weir__scope_take(c->scope, given, c->n_operands,
					  &c->values[c->n_operands]);
	if (status)
		return status;
	c->given[c->n_operands++] = given;
	return WEIR_OK;
}

static bool
has_gaps(const weir_tensor *t)
{
	int64_t strides[WEIR_RANK_MAX];

	weir__contiguous_strides(&t->layout->spec, strides);
	return memcmp(strides, t->layout->strides,
		      (size_t)t->layout->spec.rank * sizeof *strides) != 0;
}

/* What was handed in; of a loop, states without gaps. */
static weir_status
take_given(struct weir__controlling *c, weir_tensor *predicate,
	   weir_tensor *const *in)
{
	size_t n = c->call->n_in + (c->call->kind == WEIR__COND), i;
	weir_status status = room_for(c, n);

	if (status)
		return status;
	/* All of them, so that an error can speak of them. */
	if (c->call->kind == WEIR__COND)
		c->given[0] = predicate;
	c->first_in = n - c->call->n_in;
	if (c->call->n_in)
		memcpy(c->given + c->first_in, in, c->call->n_in * sizeof *in);
	c->n_given = n;
	for (i = 0; i < n && !status; i++)
		status = weir__control_add_operand(c, c->given[i]);
	if (!status && c->call->kind == WEIR__COND &&
	    !weir__is_predicate(c->values[0]))
		return weir_fail(WEIR_ESHAPE, "operand a is no bool with one "
				 "element");
	return status;
}

static weir_status
close_gaps(struct weir__controlling *c)
{
	weir_status status;
	size_t i;

	for (i = 0; i < c->n_given; i++) {
		weir_tensor *copy;

		if (!has_gaps(c->values[i]))
			continue;
		status = weir__scope_apply(c->scope, &weir__op_copy, NULL,
					   &c->given[i], 1, &copy, 1,
					   c->origin.site);
		if (status)
			return status;
		weir_tensor_release(c->values[i]);
		c->given[i] = copy;
		c->values[i] = weir_tensor_retain(copy);
	}
	return WEIR_OK;
}

/* -- what bodies have used ----------------------------------------------------- */

static struct weir__use *
use_of(struct weir__controlling *c, const weir_tensor *variable)
{
	size_t i;

	for (i = 0; i < c->n_uses; i++)
		if (c->uses[i].variable == variable)
			return &c->uses[i];
	return NULL;
}

static weir_status
merge_variable(struct weir__controlling *c, const struct weir__body *body,
	       const struct weir__env_entry *e)
{
	struct weir__use *use = use_of(c, e->variable);

	if (e->is_own)
		return WEIR_OK;
	if (!use) {
		if (weir__grow(c->scope->eager.heap, &c->uses, &c->uses_room,
			       c->n_uses, sizeof *c->uses))
			return WEIR_ENOMEM;
		use = &c->uses[c->n_uses++];
		*use = (struct weir__use){
			.variable = weir_tensor_retain(e->variable),
		};
	}
	/* The body that has run knows, be it the second. */
	if (!use->start && e->preset)
		use->start = weir_tensor_retain(e->preset);
	else if (!use->start && !body->scope->graph)
		use->start = weir_tensor_retain(e->start);
	if (e->is_written && !body->is_preset && !use->is_written) {
		use->is_written = true;
		c->n_written++;
	}
	return WEIR_OK;
}

static bool
is_captured(const struct weir__controlling *c, const weir_tensor *tensor)
{
	size_t i;

	for (i = c->first_captured; i < c->n_operands; i++)
		if (c->given[i] == tensor)
			return true;
	return false;
}

/* In the order of the functions, which need not be that of the calls. */
static const struct weir__body *
body_at(const struct weir__controlling *c, unsigned i)
{
	return &c->bodies[c->is_second_first ? c->n_bodies - 1 - i : i];
}

weir_status
weir__control_merge(struct weir__controlling *c)
{
	weir_status status = WEIR_OK;
	unsigned b;
	size_t i;

	c->first_captured = c->n_operands;
	for (b = 0; b < c->n_bodies; b++) {
		const struct weir__body *body = body_at(c, b);

		for (i = 0; i < body->n_captured && !status; i++)
			if (!is_captured(c, body->captured[i].outer))
				status = weir__control_add_operand(
					c, body->captured[i].outer);
	}
	c->n_captured = c->n_operands - c->first_captured;
	for (b = 0; b < c->n_bodies; b++) {
		const struct weir__body *body = body_at(c, b);

		for (i = 0; i < body->n_variables && !status; i++)
			status = merge_variable(c, body, &body->variables[i]);
	}
	for (i = 0; i < c->n_uses && !status; i++) {
		struct weir__use *use = &c->uses[i];

		status = room_for(c, c->n_operands);
		if (status)
			break;
		/* What has run now may have written it; and what is gone
		 * through once more has what it was then. */
		if (use->start)
			c->values[c->n_operands] =
				weir_tensor_retain(use->start);
		else
			status = weir__scope_take(c->scope, use->variable,
						  c->n_operands,
						  &c->values[c->n_operands]);
		if (!status)
			c->given[c->n_operands++] = use->variable;
	}
	if (status || !c->n_written)
		return status;
	c->written = weir__calloc(c->scope->eager.heap, c->n_written,
				  sizeof *c->written);
	if (!c->written)
		return WEIR_ENOMEM;
	c->n_written = 0;
	for (i = 0; i < c->n_uses; i++)
		if (c->uses[i].is_written)
			c->written[c->n_written++] = (uint32_t)i;
	return WEIR_OK;
}

/* -- the end of the call --------------------------------------------------------- */

static weir_status
tell_watchers(struct weir__controlling *c)
{
	const struct weir__controlled controlled = {
		.call = c->call,
		.n_captured = c->n_captured,
		.n_variables = c->n_uses,
		.written = c->written,
		.n_written = c->n_written,
		.kept = c->kept,
		.times = c->times,
	};
	struct weir__applied applied = {
		.call.op = c->op,
		.call.n_in = c->n_operands,
		.call.n_out = c->call->n_out + c->n_written,
		.given = c->given,
		.in = c->values,
		.out = c->results,
		.control = &controlled,
		.ordinal = c->ordinal,
		.origin = c->origin,
		.frame = c->scope->frame,
	};

	return weir__scope_tell(c->scope, &applied);
}

/* Results are the frame's, watchers are told, and variables assigned. */
static weir_status
finish(struct weir__controlling *c, weir_tensor **out)
{
	size_t n = c->call->n_out + c->n_written, i;
	weir_status status = WEIR_OK;

	for (i = 0; i < n && !status; i++) {
		weir__tensor_made(c->results[i], &c->origin, c->scope->frame);
		status = weir__scope_hold(c->scope,
					  weir_tensor_retain(c->results[i]));
	}
	if (!status && c->scope->watchers)
		status = tell_watchers(c);
	for (i = 0; i < c->n_written && !status; i++)
		status = weir__scope_assign(c->scope,
					    c->uses[c->written[i]].variable,
					    c->results[c->call->n_out + i],
					    NULL);
	if (!status && c->call->n_out)
		memcpy(out, c->results, c->call->n_out * sizeof *out);
	return status;
}

/* -- all of it ----------------------------------------------------------------------- */

static void
end_bodies(struct weir__controlling *c)
{
	while (c->n_bodies)
		weir__body_end(&c->bodies[--c->n_bodies]);
}

static weir_status
make(struct weir__controlling *c, weir_tensor *predicate,
     weir_tensor *const *in, weir_tensor **out)
{
	weir_scope *scope = c->scope;
	weir_status status;

	status = weir__scope_check_open(scope);
	if (!status)
		status = take_given(c, predicate, in);
	if (!status && c->call->kind >= WEIR__WHILE)
		status = close_gaps(c);
	if (!status)
		status = scope->graph ? weir__control_record(c)
				      : weir__control_eager(c);
	end_bodies(c);
	return status ? status : finish(c, out);
}

static void
clean_up(struct weir__controlling *c)
{
	struct weir__heap *heap = c->scope->eager.heap;
	size_t i;

	for (i = 0; i < c->n_operands; i++)
		weir_tensor_release(c->values[i]);
	for (i = 0; i < c->n_uses; i++) {
		weir_tensor_release(c->uses[i].variable);
		weir_tensor_release(c->uses[i].start);
	}
	for (i = 0; c->results && i < c->n_results; i++)
		weir_tensor_release(c->results[i]);
	weir__rows_list_free(heap, c->kept, c->n_kept);
	weir_tensor_release(c->times.count);
	weir__free(heap, c->given);
	weir__free(heap, c->values);
	weir__free(heap, c->uses);
	weir__free(heap, c->written);
	weir__free(heap, c->results);
}

weir_status
weir__scope_control(weir_scope *scope, const struct weir__control_call *call,
		    weir_tensor *predicate, weir_tensor *const *in,
		    weir_tensor **out, const char *site)
{
	struct weir__controlling c = {
		.scope = scope,
		.call = call,
		.op = weir__control_op(call->kind),
	};
	weir_status status;

	if (scope->status)
		return scope->status;
	c.origin.path = scope->path;
	c.origin.op = c.op->name;
	c.origin.site = scope->site ? scope->site : site;
	status = make(&c, predicate, in, out);
	if (status)
		status = refuse_as_said(&c, status);
	clean_up(&c);
	return status;
}
