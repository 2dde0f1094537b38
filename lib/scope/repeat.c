/*
 * Calls that an eager scope has seen before, in one go: nearly all of those of
 * a program that repeats itself.
 *
 * Whatever is out of the ordinary is left to apply.c, which does all calls:
 * nothing has happened yet by then, but that variables may have been noted. So
 * both do the same, and here nothing is checked whose outcome is known.
 */
#include "ops/table.h"
#include "scope/scope.h"

/* A call that is about to be made, and what it may need until it is over. */
struct repeat {
	struct weir__applied applied;
	const weir_spec *in_specs[WEIR__FEW_IN];
	weir_tensor *in[WEIR__FEW_IN], *results[WEIR__FEW_OUT];
	struct weir__access access;	/* to the variables among them */
	weir_tensor *variables[WEIR__FEW_IN];
	struct weir__loan loans[WEIR__FEW_IN];
};

static inline bool
is_ordinary(const weir_scope *scope)
{
	return scope->memo && !scope->is_in_call && !scope->is_closed &&
	       !scope->body && !weir__trace_is_on(scope->eager.tracer);
}

/* Before a variable is read or written. */
static inline bool
note(weir_scope *scope, weir_tensor *variable)
{
	return weir__scope_has_noted(scope, variable) ||
	       !weir__scope_note_touch(scope, variable);
}

/* Values and variables of this runtime. */
static inline bool
take_operands(weir_scope *scope, struct repeat *r)
{
	weir_tensor *const *given = r->applied.given;
	size_t i, n = r->applied.call.n_in, k = 0;

	for (i = 0; i < n; i++) {
		weir_tensor *t = given[i];

		if (!t || t->heap != scope->eager.heap)
			return false;
		if (t->kind == WEIR__VARIABLE && note(scope, t))
			r->variables[k++] = t;
		else if (t->kind != WEIR__VALUE)
			return false;
		r->in[i] = t;
		r->in_specs[i] = &t->layout->spec;
	}
	r->access.n = k;
	return true;
}

/* The memo knows the variables by their layouts, which their values have
 * unless they have gaps: false then. */
static inline bool
borrow(struct repeat *r)
{
	size_t i, k;

	r->access.variables = r->variables;
	r->access.loans = r->loans;
	r->access.n_written = 0;
	weir__variables_begin(&r->access, NULL);
	for (i = k = 0; k < r->access.n; i++) {
		weir_tensor *value;

		if (r->in[i]->kind != WEIR__VARIABLE)
			continue;
		value = r->loans[k++].value;
		if (value->layout != r->in[i]->layout)
			return false;
		r->in[i] = value;
	}
	return true;
}

static inline weir_status
run(weir_scope *scope, struct weir__applied *a, weir_tensor **out)
{
	weir_status status;

	a->ordinal = ++scope->ordinal;
	scope->is_in_call = true;
	status = weir__eager_apply(&scope->eager, a);
	status = status ? weir__scope_fail_applied(scope, a, status)
			: weir__scope_hand_over(scope, a, out);
	scope->is_in_call = false;
	return status;
}

/* Of a value that the variable may take over as it is. */
static bool
assign(weir_scope *scope, struct weir__applied *a, weir_status *status)
{
	weir_tensor *variable = a->in[0], *value = a->in[1];

	if (variable->kind != WEIR__VARIABLE || value->kind != WEIR__VALUE ||
	    variable->layout != value->layout ||
	    !weir__scope_has_made(scope, value))
		return false;
	a->derived = NULL;
	a->ordinal = ++scope->ordinal;
	*status = WEIR_OK;
	if (scope->watchers) {
		scope->is_in_call = true;
		*status = weir__scope_tell(scope, a);
		scope->is_in_call = false;
	}
	if (*status)
		weir__scope_fail_applied(scope, a, *status);
	else
		weir__scope_assign(scope, variable, value, NULL);
	return true;
}

/* Describe the call; false: it is out of the ordinary. */
static inline bool
prepare(weir_scope *scope, struct repeat *r, const weir_op *op,
	const void *attrs, weir_tensor *const *given, size_t n_in, size_t n_out,
	const char *site)
{
	struct weir__applied *a = &r->applied;

	if (n_in > WEIR__FEW_IN || n_out != op->n_out ||
	    n_out > WEIR__FEW_OUT || !is_ordinary(scope))
		return false;
	a->call.op = op;
	a->call.attrs = attrs;
	a->call.n_in = n_in;
	a->call.n_out = n_out;
	a->call.in = r->in_specs;
	a->call.out = NULL;
	a->given = given;
	a->in = r->in;
	a->out = r->results;
	a->control = NULL;
	a->origin.path = scope->path;
	a->origin.op = op->name;
	a->origin.site = scope->site ? scope->site : site;
	a->frame = scope->frame;
	return take_operands(scope, r);
}

/* Where it has been seen before, and nothing has to be copied for it. */
static inline struct weir__memo_entry *
find(const weir_scope *scope, struct repeat *r)
{
	struct weir__memo_entry *known = weir__memo_next(scope->memo,
							 &r->applied);

	if (!known || known->derived.to_copy)
		return NULL;
	r->applied.derived = &known->derived;
	return known;
}

bool
weir__scope_repeat(weir_scope *scope, const weir_op *op, const void *attrs,
		   weir_tensor *const *given, size_t n_in, weir_tensor **out,
		   size_t n_out, const char *site, weir_status *status)
{
	struct weir__memo_entry *known;
	struct repeat r;
	bool is_done;

	if (!prepare(scope, &r, op, attrs, given, n_in, n_out, site))
		return false;
	if (op->flags & WEIR_OP_ASSIGN)
		return op == &weir__op_assign && n_in == 2 &&
		       assign(scope, &r.applied, status);
	known = find(scope, &r);
	if (!known)
		return false;
	is_done = !r.access.n || borrow(&r);
	if (is_done) {
		scope->memo->last = known;
		*status = run(scope, &r.applied, out);
	}
	if (r.access.n)
		weir__variables_end(&r.access, NULL);
	return is_done;
}

/* -- with assignments ------------------------------------------------------ */

/* Whether variables may take over what the call makes. */
static inline bool
can_assign(weir_scope *scope, const struct repeat *r,
	   weir_tensor *const *variables)
{
	const struct weir__derived *derived = r->applied.derived;
	size_t i;

	if (derived->is_view)
		return false;
	for (i = 0; i < r->applied.call.n_out; i++)
		if (!variables[i] || variables[i]->kind != WEIR__VARIABLE ||
		    variables[i]->heap != scope->eager.heap ||
		    variables[i]->layout != derived->results[i] ||
		    !note(scope, variables[i]))
			return false;
	return true;
}

/* Only the variables have the results: whoever has called never sees them. */
static inline weir_status
run_and_assign(weir_scope *scope, struct repeat *r,
	       weir_tensor *const *variables)
{
	struct weir__applied *a = &r->applied;
	const size_t n = a->call.n_out;
	weir_status status;

	a->frame = NULL;
	a->ordinal = ++scope->ordinal;
	status = weir__eager_apply(&scope->eager, a);
	if (status) {
		weir__scope_fail_applied(scope, a, status);
		weir__variables_end(&r->access, NULL);
		return status;
	}
	scope->ordinal += n;
	weir__variables_end_and_commit(&r->access, variables, n, r->results);
	weir__tensors_clear(r->results, n);
	weir__scope_fetch(scope);
	return WEIR_OK;
}

bool
weir__scope_repeat_and_assign(weir_scope *scope, const weir_op *op,
			      const void *attrs, weir_tensor *const *given,
			      size_t n_in, weir_tensor *const *variables,
			      size_t n_out, const char *site,
			      weir_status *status)
{
	struct weir__memo_entry *known;
	struct repeat r;

	/* Who watches is told of each call. */
	if (scope->watchers ||
	    !prepare(scope, &r, op, attrs, given, n_in, n_out, site) ||
	    !r.access.n)
		return false;
	known = find(scope, &r);
	if (!known || !can_assign(scope, &r, variables))
		return false;
	if (!borrow(&r)) {
		weir__variables_end(&r.access, NULL);
		return false;
	}
	scope->memo->last = known;
	*status = run_and_assign(scope, &r, variables);
	return true;
}
