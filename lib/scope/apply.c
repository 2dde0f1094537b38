/*
 * A call, checked once for both modes, then run or recorded.
 *
 * Always: out is written on success only; on failure the scope keeps the
 * sentence, and whatever the call had made is released.
 */
#include <limits.h>
#include <string.h>

#include "ops/infer.h"
#include "eager/eager_trace.h"
#include "ops/schema.h"
#include "ops/table.h"
#include "scope/scope.h"

/* What a call consists of while it is on its way. It is filled in place: to
 * pass the parts by value costs more than all the checks. */
struct call {
	weir_call call;		/* op, attributes, specs */
	weir_tensor *const *given;
	const char *site;
	uint64_t ordinal;
	weir_tensor *in[WEIR_OPERANDS_MAX];	/* no variables among them */
	const weir_spec *in_specs[WEIR_OPERANDS_MAX];
	weir_spec out_specs[WEIR_RESULTS_MAX];
	const weir_spec *out_spec_list[WEIR_RESULTS_MAX];
	weir_tensor *out[WEIR_RESULTS_MAX];
	/* Snapshots and copies to release when the call is over. */
	weir_tensor *held[WEIR_OPERANDS_MAX];
	size_t n_held;
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
		operands[i].spec = &t->spec;
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

static weir_status
refuse(weir_scope *scope, const struct call *c, weir_status status,
       const char *why)
{
	return weir__scope_fail_call(scope, status, c->call.op, c->call.attrs,
				     c->given, c->call.n_in, c->site, why);
}

/* The reason is what the failed function left as the thread's text. */
static weir_status
refuse_as_said(weir_scope *scope, const struct call *c, weir_status status)
{
	return refuse(scope, c, status, weir_error_text());
}

/* -- operands ----------------------------------------------------------------- */

static weir_status
check_symbol(weir_scope *scope, const weir_tensor *t, size_t i)
{
	char label[WEIR__LABEL_SIZE];

	if (weir__symbol_is_of(t, scope->graph))
		return WEIR_OK;
	return weir_fail(WEIR_EFOREIGN, "operand %s is a symbol of another "
			 "recording and has no value here",
			 weir__operand_label(i, label));
}

/* A variable's value now: a snapshot, or in a recording its symbol. One that
 * is assigned to stands for itself: nobody reads it. */
static weir_status
read_variable(weir_scope *scope, struct call *c, size_t i)
{
	bool is_read = !(c->call.op->flags & WEIR_OP_ASSIGN && i == 0);
	weir_tensor *variable = c->given[i];
	weir_status status;

	if (scope->graph)
		return is_read ? weir__graph_read(scope->graph, variable,
						  &c->in[i]) : WEIR_OK;
	status = weir__scope_note_touch(scope, variable);
	if (status || !is_read)
		return status;
	c->in[i] = weir__variable_snapshot(variable);
	c->held[c->n_held++] = c->in[i];
	return WEIR_OK;
}

static weir_status
take_operands(weir_scope *scope, struct call *c)
{
	char label[WEIR__LABEL_SIZE];
	weir_status status;
	size_t i;

	for (i = 0; i < c->call.n_in; i++) {
		weir_tensor *t = c->given[i];

		if (!t)
			return weir_fail(WEIR_ENULL, "operand %s is NULL",
					 weir__operand_label(i, label));
		if (t->kind == WEIR__RELEASED)
			return weir_fail(WEIR_ESTATE, "operand %s went with "
					 "its frame: see weir_keep()",
					 weir__operand_label(i, label));
		if (t->heap != scope->eager.heap)
			return weir_fail(WEIR_EFOREIGN, "operand %s belongs "
					 "to another runtime",
					 weir__operand_label(i, label));
		c->in[i] = t;
		status = WEIR_OK;
		if (t->kind == WEIR__SYMBOL)
			status = check_symbol(scope, t, i);
		else if (t->kind == WEIR__VARIABLE)
			status = read_variable(scope, c, i);
		if (status)
			return status;
		c->in_specs[i] = &c->in[i]->spec;
	}
	return WEIR_OK;
}

/* Whether BLAS can take the last two axes as they are. */
static bool
suits_blas(const weir_tensor *t)
{
	const int64_t size = t->spec.dtype == WEIR_F32 ? 4 : 8;
	int64_t rows, columns, row, column;

	if (t->spec.rank < 2)
		return true;
	rows = t->spec.shape[t->spec.rank - 2];
	columns = t->spec.shape[t->spec.rank - 1];
	row = t->strides[t->spec.rank - 2];
	column = t->strides[t->spec.rank - 1];
	if (row & (size - 1) || column & (size - 1))
		return false;
	return (column == size && row >= size * (columns > 1 ? columns : 1) &&
		row <= size * INT_MAX) ||
	       (row == size && column >= size * (rows > 1 ? rows : 1) &&
		column <= size * INT_MAX);
}

static weir_status
copy_operand(weir_scope *scope, struct call *c, size_t i)
{
	weir_tensor *copy = NULL;
	weir_status status;

	status = weir__scope_apply(scope, &weir__op_copy, NULL, &c->in[i], 1,
				   &copy, 1, c->site);
	if (status)
		return status;
	c->in[i] = copy;
	c->in_specs[i] = &copy->spec;
	return WEIR_OK;
}

/* -- run or record -------------------------------------------------------------- */

static weir_status
record(weir_scope *scope, struct call *c, const int64_t *view_strides,
       int64_t view_offset)
{
	struct weir__node node = {
		.op = c->call.op,
		.attrs = c->call.attrs,
		.n_in = (uint32_t)c->call.n_in,
		.n_out = (uint32_t)c->call.n_out,
		.ordinal = c->ordinal,
		.path = scope->path,
		.site = c->site,
	};
	weir_status status;
	size_t i;

	status = weir__graph_name_operands(scope->graph, c->given,
					   c->call.n_in, &node.names);
	if (!status)
		status = weir__graph_add_node(scope->graph, &node, c->in,
					      c->out_specs, view_strides,
					      view_offset, c->out);
	for (i = 0; !status && i < c->call.n_out; i++)
		c->out[i]->origin = (struct weir__origin){
			scope->path, c->call.op->name, c->site,
		};
	return status;
}

static weir_status
run_or_record(weir_scope *scope, struct call *c)
{
	const weir_op *op = c->call.op;
	struct weir__eager_call eager;
	int64_t strides[WEIR_RANK_MAX], offset = 0;
	bool is_view = false;
	size_t i;

	/* The specs of results are known to view() as to the kernel. */
	for (i = 0; i < op->n_out; i++)
		c->out_spec_list[i] = &c->out_specs[i];
	c->call.out = c->out_spec_list;
	if (op->view) {
		memset(strides, 0, sizeof strides);
		is_view = op->view(&c->call, c->in[0]->strides, strides,
				   &offset);
	}
	if (scope->graph)
		return record(scope, c, is_view ? strides : NULL, offset);
	eager.call = &c->call;
	eager.in = c->in;
	eager.view_strides = is_view ? strides : NULL;
	eager.view_offset = offset;
	eager.path = scope->path;
	eager.site = c->site;
	eager.ordinal = c->ordinal;
	return weir__eager_apply(&scope->eager, &eager, c->out);
}

static bool
owns(const weir_scope *scope, const weir_tensor *t)
{
	const void *owner = atomic_load_explicit(&t->frame,
						 memory_order_relaxed);
	const struct weir__frame *frame = scope->frame;

	while (frame && frame != owner)
		frame = frame->outer;
	return frame != NULL;
}

/* Whether a variable may take the tensor over as its value: an op of this
 * scope has made it, so nobody else can write to it, and it is laid out as
 * variables are. The same in both modes, for a copy takes an ordinal. */
static bool
can_become_current(const weir_scope *scope, const weir_tensor *t)
{
	if (!weir_tensor_is_contiguous(t))
		return false;
	if (scope->graph) {
		const struct weir__gvalue *v;

		if (t->kind != WEIR__SYMBOL)
			return false;
		v = scope->graph->values[t->value];
		return v->kind == WEIR__GV_RESULT && v->base == t->value;
	}
	return t->is_result && t->origin.op && !t->is_view &&
	       owns(scope, t);
}

static weir_status
assign(weir_scope *scope, struct call *c)
{
	weir_tensor *variable = c->given[0], *value = c->in[1];
	uint64_t start = 0;

	if (scope->graph) {
		struct weir__gassign call = { .ordinal = c->ordinal,
					      .path = scope->path,
					      .site = c->site };

		return weir__graph_write(scope->graph, variable, value, &call);
	}
	if (weir__trace_is_on(scope->eager.tracer))
		start = weir__trace_now(scope->eager.tracer);
	weir_tensor_release(weir__variable_swap(variable,
						weir_tensor_retain(value)));
	if (start)
		weir__eager_trace_op(&scope->eager, &(struct weir__eager_call){
			.call = &c->call,
			.in = c->in,
			.path = scope->path,
			.site = c->site,
			.ordinal = c->ordinal,
		}, start);
	return WEIR_OK;
}

static weir_status
tell_watchers(weir_scope *scope, const struct call *c)
{
	struct weir__applied applied = {
		.op = c->call.op,
		.attrs = c->call.attrs,
		.given = c->given,
		.in = c->in,
		.n_in = c->call.n_in,
		.out = c->out,
		.n_out = c->call.n_out,
		.ordinal = c->ordinal,
		.path = scope->path,
		.site = c->site,
	};
	struct weir__watcher *w, *next;
	weir_status status = WEIR_OK;

	for (w = scope->watchers; w && !status; w = next) {
		next = w->next;
		status = w->see(w, &applied);
	}
	return status;
}

/* -- the whole call ---------------------------------------------------------------- */

static weir_status
check_call(weir_scope *scope, struct call *c, size_t n_out)
{
	const weir_op *op = c->call.op;
	weir_status status;

	if (scope->is_closed)
		return weir_fail(WEIR_ESTATE, "the scope is closed: its "
				 "recording is over");
	if (c->call.n_in > WEIR_OPERANDS_MAX)
		return weir_fail(WEIR_EINVAL, "%zu operands, the most are %d",
				 c->call.n_in, WEIR_OPERANDS_MAX);
	if (n_out != op->n_out)
		return weir_fail(WEIR_EINVAL, "it has %d results, %zu were "
				 "asked for", op->n_out, n_out);
	if (op->attrs && !c->call.attrs)
		return weir_fail(WEIR_EINVAL, "its attributes are missing");
	status = take_operands(scope, c);
	if (status)
		return status;
	if (op->flags & WEIR_OP_ASSIGN &&
	    (c->call.n_in != 2 || c->given[0]->kind != WEIR__VARIABLE))
		return weir_fail(WEIR_EINVAL, "operand a is no variable");
	return weir__call_infer(&c->call, c->out_specs);
}

static weir_status
prepare_operands(weir_scope *scope, struct call *c)
{
	weir_status status = WEIR_OK;
	size_t i;

	if (c->call.op->flags & WEIR_OP_ASSIGN &&
	    !can_become_current(scope, c->in[1]))
		return copy_operand(scope, c, 1);
	if (!(c->call.op->flags & WEIR_OP_BLAS_OPERANDS))
		return WEIR_OK;
	for (i = 0; i < c->call.n_in && !status; i++)
		if (!suits_blas(c->in[i]))
			status = copy_operand(scope, c, i);
	return status;
}

static weir_status
apply(weir_scope *scope, struct call *c, weir_tensor **out, size_t n_out)
{
	weir_status status;
	size_t i, owned = 0;

	status = check_call(scope, c, n_out);
	if (status)
		return refuse_as_said(scope, c, status);
	status = prepare_operands(scope, c);
	if (status)
		return status;
	/* Copies come first, so their ordinals do too. */
	c->ordinal = ++scope->ordinal;
	if (c->call.op->flags & WEIR_OP_ASSIGN) {
		/* Whoever watches is told first: an eager assignment cannot
		 * fail, so a failure leaves the variable as it was. */
		status = scope->watchers ? tell_watchers(scope, c) : WEIR_OK;
		if (!status)
			status = assign(scope, c);
		return status ? refuse_as_said(scope, c, status) : WEIR_OK;
	}
	status = run_or_record(scope, c);
	if (status)
		return refuse_as_said(scope, c, status);
	for (; owned < n_out && !status; owned++)
		status = weir__scope_own(scope, c->out[owned]);
	if (status) {
		for (; owned < n_out; owned++)
			weir_tensor_release(c->out[owned]);
		return status;
	}
	if (scope->watchers) {
		status = tell_watchers(scope, c);
		if (status)
			return refuse_as_said(scope, c, status);
	}
	for (i = 0; i < n_out; i++)
		out[i] = c->out[i];
	return WEIR_OK;
}

weir_status
weir__scope_apply(weir_scope *scope, const weir_op *op, const void *attrs,
		  weir_tensor *const *in, size_t n_in, weir_tensor **out,
		  size_t n_out, const char *site)
{
	struct call c;
	weir_status status;

	if (scope->status)
		return scope->status;
	c.call.op = op;
	c.call.attrs = attrs;
	c.call.n_in = n_in;
	c.call.n_out = op->n_out;
	c.call.in = c.in_specs;
	c.call.out = NULL;
	c.given = in;
	c.site = scope->site ? scope->site : site;
	c.ordinal = 0;
	c.n_held = 0;
	status = apply(scope, &c, out, n_out);
	while (c.n_held > 0)
		weir_tensor_release(c.held[--c.n_held]);
	return status;
}
