/*
 * A call, checked once for both modes, then run or recorded.
 *
 * Always: out is written on success only; on failure the scope keeps the
 * sentence, and whatever the call had made is released.
 */
#include "eager/eager_trace.h"
#include "ops/infer.h"
#include "ops/schema.h"
#include "ops/table.h"
#include "scope/body.h"

struct call {
	struct weir__applied applied;
	const weir_spec **in_specs;
	weir_tensor **in, **out;
	/* Snapshots to release when the call is over. */
	weir_tensor **held;
	size_t n_held;
	bool is_implied;	/* made by another call, for itself */
	/* Where the scope's memo cannot say what follows from the call. */
	struct weir__memo_room room;
};

/* -- the sentence about a failed call ----------------------------------------- */

weir_status
weir__scope_fail_call(weir_scope *scope, weir_status status,
		      const weir_op *op, const void *attrs,
		      weir_tensor *const *in, size_t n_in, const char *site,
		      const char *why)
{
	struct weir__operand operands[WEIR_OPERANDS_MAX];
	struct weir__text text;
	char reason[WEIR__ERROR_SIZE];
	size_t i;

	if (scope->status)
		return scope->status;
	if (n_in > WEIR_OPERANDS_MAX)
		n_in = WEIR_OPERANDS_MAX;
	for (i = 0; i < n_in; i++) {
		const weir_tensor *t = in[i];

		operands[i] = (struct weir__operand){ .name = "" };
		if (!t)
			continue;
		operands[i].spec = &t->layout->spec;
		operands[i].name = t->name ? t->name : "";
		operands[i].is_variable = t->kind == WEIR__VARIABLE;
		/* Another runtime's paths may be gone with it. */
		if (t->heap == scope->eager.heap)
			operands[i].origin = t->origin;
	}
	weir__text_init(&text, reason, sizeof reason);
	weir__text_add(&text, "%s", why);	/* why may be the thread's text */
	weir__text_init(&text, scope->error, WEIR__ERROR_SIZE);
	weir__call_text(op, attrs, reason, scope->path, site, operands, n_in,
			&text);
	scope->status = status;
	return weir_fail(status, "%s", scope->error);
}

/* The reason is what the failed function left as the thread's text. */
static weir_status
refuse_as_said(weir_scope *scope, const struct call *c, weir_status status)
{
	return weir__scope_fail_applied(scope, &c->applied, status);
}

/* -- operands ----------------------------------------------------------------- */

/* A variable's value now: a snapshot, or in a recording its symbol. One that
 * is assigned to stands for itself: nobody reads it. */
static weir_status
read_variable(weir_scope *scope, struct call *c, size_t i)
{
	bool is_read = !(c->applied.call.op->flags & WEIR_OP_ASSIGN && i == 0);
	weir_tensor *variable = c->applied.given[i];
	weir_status status;

	c->in[i] = variable;
	if (!is_read)
		return scope->graph || scope->body
			? WEIR_OK : weir__scope_note_touch(scope, variable);
	status = weir__scope_read(scope, variable, &c->in[i]);
	if (!status)
		c->held[c->n_held++] = c->in[i];
	return status;
}

static weir_status
take_operands(weir_scope *scope, struct call *c)
{
	weir_tensor *const *given = c->applied.given;
	const struct weir__heap *heap = scope->eager.heap;
	const size_t n = c->applied.call.n_in;
	weir_status status = WEIR_OK;
	size_t i;

	for (i = 0; i < n; i++) {
		weir_tensor *t = given[i];

		if (!t || t->heap != heap || t->kind == WEIR__RELEASED)
			return weir__scope_refuse_operand(t, i);
		if (t->kind == WEIR__VARIABLE) {
			status = read_variable(scope, c, i);
		} else {
			c->in[i] = t;
			if (t->kind == WEIR__SYMBOL || scope->body)
				status = weir__scope_resolve(scope, t, i,
							     &c->in[i]);
		}
		if (status)
			return status;
		c->in_specs[i] = &c->in[i]->layout->spec;
	}
	return WEIR_OK;
}

/* Of a variable it is the variable that is copied: tapes are to see that it is
 * read. */
static weir_status
copy_operand(weir_scope *scope, struct call *c, size_t i)
{
	weir_tensor *const *given = &c->applied.given[i];
	weir_tensor *copy = NULL;
	weir_status status;

	status = weir__scope_apply(scope, &weir__op_copy, NULL,
				   (*given)->kind == WEIR__VARIABLE
				   ? given : &c->in[i],
				   1, &copy, 1, c->applied.origin.site);
	if (status)
		return status;
	c->in[i] = copy;
	c->in_specs[i] = &copy->layout->spec;
	return WEIR_OK;
}

/* -- run or record -------------------------------------------------------------- */

static weir_status
record(weir_scope *scope, struct call *c)
{
	const struct weir__applied *a = &c->applied;
	const struct weir__derived *d = a->derived;
	struct weir__node node = {
		.op = a->call.op,
		.attrs = a->call.attrs,
		.n_in = (uint32_t)a->call.n_in,
		.n_out = (uint32_t)a->call.n_out,
		.ordinal = a->ordinal,
		.path = a->origin.path,
		.site = a->origin.site,
		.is_implied_copy = c->is_implied &&
				   a->call.op == &weir__op_copy,
	};
	weir_spec specs[WEIR_RESULTS_MAX];
	weir_status status;
	size_t i;

	for (i = 0; i < a->call.n_out; i++)
		specs[i] = d->results[i]->spec;
	status = weir__graph_name_operands(scope->graph, a->given,
					   a->call.n_in, &node.names);
	if (!status)
		status = weir__graph_add_node(scope->graph, &node, a->in,
					      specs, d->is_view
					      ? d->results[0]->strides : NULL,
					      d->view_offset, a->out);
	for (i = 0; !status && i < a->call.n_out; i++)
		weir__tensor_made(a->out[i], &a->origin, a->frame);
	return status;
}

bool
weir__scope_owns(const weir_scope *scope, const weir_tensor *t)
{
	const void *owner = atomic_load_explicit(&t->frame,
						 memory_order_relaxed);
	const struct weir__frame *frame = scope->frame;

	if (t->kind == WEIR__VALUE && t->maker == scope->eager.maker)
		return true;
	while (frame && frame != owner)
		frame = frame->outer;
	return frame != NULL;
}

bool
weir__scope_has_made(const weir_scope *scope, const weir_tensor *t)
{
	if (scope->graph) {
		const struct weir__gvalue *v;

		if (t->kind != WEIR__SYMBOL)
			return false;
		v = scope->graph->values[t->value];
		return v->kind == WEIR__GV_RESULT && v->base == t->value;
	}
	return t->kind == WEIR__VALUE && t->maker == scope->eager.maker &&
	       !t->is_view;
}

weir_status
weir__scope_assign(weir_scope *scope, weir_tensor *variable,
		   weir_tensor *value, const struct weir__gassign *call)
{
	if (scope->body)
		return weir__body_assign(scope->body, variable, value);
	if (scope->graph)
		return weir__graph_write(scope->graph, variable, value, call);
	weir_tensor_release(weir__variable_swap(variable,
						weir_tensor_retain(value)));
	return WEIR_OK;
}

static weir_status
assign(weir_scope *scope, struct call *c)
{
	const struct weir__applied *a = &c->applied;
	const struct weir__gassign call = { .ordinal = a->ordinal,
					    .path = a->origin.path,
					    .site = a->origin.site };
	weir_status status;
	uint64_t start = 0;

	if (!scope->body && !scope->graph &&
	    weir__trace_is_on(scope->eager.tracer))
		start = weir__trace_now(scope->eager.tracer);
	status = weir__scope_assign(scope, a->given[0], a->in[1], &call);
	if (start)
		weir__eager_trace_op(&scope->eager, a, start);
	return status;
}

weir_status
weir__scope_tell(weir_scope *scope, const struct weir__applied *applied)
{
	struct weir__watcher *w, *next;
	weir_status status = WEIR_OK;

	for (w = scope->watchers; w && !status; w = next) {
		next = w->next;
		status = w->see(w, applied);
	}
	return status;
}

weir_status
weir__scope_drop_results(const struct weir__applied *applied, size_t owned,
			 weir_status status)
{
	for (; owned < applied->call.n_out; owned++)
		weir_tensor_release(applied->out[owned]);
	return status;
}

weir_status
weir__scope_fail_applied(weir_scope *scope, const struct weir__applied *a,
			 weir_status status)
{
	return weir__scope_fail_call(scope, status, a->call.op, a->call.attrs,
				     a->given, a->call.n_in, a->origin.site,
				     weir_error_text());
}

/* -- the whole call ---------------------------------------------------------------- */

weir_status
weir__scope_check_open(const weir_scope *scope)
{
	if (scope->is_closed)
		return weir_fail(WEIR_ESTATE, scope->n_bodies
				 ? "a body of a call is under way: its ops go "
				   "to the scope that it is given"
				 : scope->graph
				 ? "the scope is closed: its recording is over"
				 : "the scope is closed: the call that it was "
				   "for is over");
	return WEIR_OK;
}

static inline weir_status
check_counts(const weir_scope *scope, const weir_call *call)
{
	if (scope->is_closed)
		return weir__scope_check_open(scope);
	if (call->n_in > WEIR_OPERANDS_MAX)
		return weir_fail(WEIR_EINVAL, "%zu operands, the most are %d",
				 call->n_in, WEIR_OPERANDS_MAX);
	if (call->n_out != call->op->n_out)
		return weir_fail(WEIR_EINVAL, "it has %d results, %zu were "
				 "asked for", call->op->n_out, call->n_out);
	if (call->op->attrs && !call->attrs)
		return weir_fail(WEIR_EINVAL, "its attributes are missing");
	return WEIR_OK;
}

/* What follows from assigning a value that is laid out as the variable is. */
static const struct weir__derived nothing;

static weir_status
check_operands(weir_scope *scope, struct call *c)
{
	struct weir__applied *a = &c->applied;
	const weir_op *op = a->call.op;
	weir_status status;

	status = take_operands(scope, c);
	if (status)
		return status;
	if (op->flags & WEIR_OP_ASSIGN) {
		if (a->call.n_in != 2 || a->given[0]->kind != WEIR__VARIABLE)
			return weir_fail(WEIR_EINVAL, "operand a is no "
					 "variable");
		if (op == &weir__op_assign &&
		    c->in[0]->layout == c->in[1]->layout) {
			a->derived = &nothing;
			return WEIR_OK;
		}
	}
	return weir__memo_derive(scope->is_in_call ? NULL : scope->memo,
				 scope->eager.heap, a, &c->room, &a->derived);
}

static weir_status
prepare_operands(weir_scope *scope, struct call *c)
{
	uint64_t to_copy = c->applied.derived->to_copy;
	weir_status status = WEIR_OK;
	size_t i;

	for (i = 0; to_copy && !status; i++, to_copy >>= 1)
		if (to_copy & 1)
			status = copy_operand(scope, c, i);
	return status;
}

static weir_status
apply_assign(weir_scope *scope, struct call *c)
{
	struct weir__applied *a = &c->applied;
	weir_status status;

	/* A variable may take over what nobody else can write to; which is the
	 * same in both modes, for a copy takes an ordinal. */
	status = a->derived->to_copy || !weir__scope_has_made(scope, c->in[1])
		? copy_operand(scope, c, 1) : WEIR_OK;
	if (status)
		return status;
	a->ordinal = ++scope->ordinal;
	/* Whoever watches is told first: an eager assignment cannot fail, so a
	 * failure leaves the variable as it was. */
	status = scope->watchers ? weir__scope_tell(scope, &c->applied) : WEIR_OK;
	if (!status)
		status = assign(scope, c);
	return status ? refuse_as_said(scope, c, status) : WEIR_OK;
}

static weir_status
apply_prepared(weir_scope *scope, struct call *c, weir_tensor **out)
{
	struct weir__applied *a = &c->applied;
	weir_status status;

	if (a->call.op->flags & WEIR_OP_ASSIGN)
		return apply_assign(scope, c);
	/* Copies come first, so their ordinals do too. */
	status = prepare_operands(scope, c);
	if (status)
		return status;
	a->ordinal = ++scope->ordinal;
	status = scope->graph ? record(scope, c)
			      : weir__eager_apply(&scope->eager, a);
	return status ? refuse_as_said(scope, c, status)
		      : weir__scope_hand_over(scope, a, out);
}

static weir_status
apply(weir_scope *scope, struct call *c, weir_tensor **out)
{
	const bool was_in_call = scope->is_in_call;
	weir_status status;

	c->applied.call.in = c->in_specs;
	c->applied.in = c->in;
	c->applied.out = c->out;
	c->n_held = 0;
	c->is_implied = was_in_call;
	status = check_operands(scope, c);
	if (status) {
		refuse_as_said(scope, c, status);
	} else {
		scope->is_in_call = true;
		status = apply_prepared(scope, c, out);
		scope->is_in_call = was_in_call;
	}
	while (c->n_held > 0)
		weir_tensor_release(c->held[--c->n_held]);
	return status;
}

/* apply() with room for so many operands and results. */
#define DEFINE_APPLY(name, most_in, most_out)				\
static weir_status							\
name(weir_scope *scope, struct call *c, weir_tensor **out)		\
{									\
	const weir_spec *in_specs[most_in];				\
	weir_tensor *in[most_in], *held[most_in], *results[most_out];	\
									\
	c->in_specs = in_specs;						\
	c->in = in;							\
	c->held = held;							\
	c->out = results;						\
	return apply(scope, c, out);					\
}

DEFINE_APPLY(apply_few, WEIR__FEW_IN, WEIR__FEW_OUT)
WEIR_COLD
DEFINE_APPLY(apply_many, WEIR_OPERANDS_MAX, WEIR_RESULTS_MAX)

weir_status
weir__scope_apply(weir_scope *scope, const weir_op *op, const void *attrs,
		  weir_tensor *const *in, size_t n_in, weir_tensor **out,
		  size_t n_out, const char *site)
{
	weir_status status;
	struct call c;

	if (scope->status)
		return scope->status;
	if (weir__scope_repeat(scope, op, attrs, in, n_in, out, n_out, site,
			       &status))
		return status;
	c.applied.call.op = op;
	c.applied.call.attrs = attrs;
	c.applied.call.n_in = n_in;
	c.applied.call.n_out = n_out;
	c.applied.call.out = NULL;
	c.applied.given = in;
	c.applied.control = NULL;
	c.applied.ordinal = 0;
	c.applied.origin.path = scope->path;
	c.applied.origin.op = op->name;
	c.applied.origin.site = scope->site ? scope->site : site;
	c.applied.frame = scope->frame;
	status = check_counts(scope, &c.applied.call);
	if (status)
		return refuse_as_said(scope, &c, status);
	return weir__has_few(&c.applied.call) ? apply_few(scope, &c, out)
					      : apply_many(scope, &c, out);
}

weir_status
weir__scope_apply_and_assign(weir_scope *scope, const weir_op *op,
			     const void *attrs, weir_tensor *const *in,
			     size_t n_in, weir_tensor *const *variables,
			     size_t n_out, const char *site)
{
	weir_tensor *out[WEIR_RESULTS_MAX] = { NULL };
	weir_status status;
	size_t i;

	if (scope->status)
		return scope->status;
	if (weir__scope_repeat_and_assign(scope, op, attrs, in, n_in, variables,
					  n_out, site, &status))
		return status;
	status = weir__scope_apply(scope, op, attrs, in, n_in, out, n_out,
				   site);
	for (i = 0; i < n_out && !status; i++) {
		weir_tensor *both[2] = { variables[i], out[i] };

		status = weir__scope_apply(scope, &weir__op_assign, NULL, both,
					   2, NULL, 0, site);
	}
	return status;
}
