/*
 * Reverse mode over a tape (Griewank and Walther, Evaluating Derivatives,
 * 2008, chapter 3): the calls are walked backwards; each op emits the gradient
 * of its operands from that of its results.
 *
 * Contributions to one tensor are added in the order in which the walk meets
 * its consumers, last call first. That order is the program's, so the sums
 * have the same bits whether they run now or in a plan.
 */
#include <string.h>

#include <weir/ops.h>

#include "autodiff/entry.h"
#include "ops/table.h"

static weir_status
mark(weir_tape *tape, const void *key)
{
	if (weir__pointer_map_get(&tape->numbers, key) != WEIR__NOT_MAPPED)
		return WEIR_OK;
	if (weir__grow(tape->heap, &tape->sums, &tape->sums_room,
		       tape->n_sums, sizeof *tape->sums) ||
	    weir__pointer_map_put(&tape->numbers, key,
				  (uint32_t)tape->n_sums))
		return WEIR_ENOMEM;
	tape->sums[tape->n_sums++] = NULL;
	return WEIR_OK;
}

static bool
is_marked(const weir_tape *tape, const void *key)
{
	return weir__pointer_map_get(&tape->numbers, key) !=
	       WEIR__NOT_MAPPED;
}

static weir_tensor **
sum_of(const weir_tape *tape, const void *key)
{
	uint32_t number = weir__pointer_map_get(&tape->numbers, key);

	return number == WEIR__NOT_MAPPED ? NULL : &tape->sums[number];
}

static bool
is_float(const weir_tensor *tensor)
{
	return WEIR_FLOATS & WEIR_DTYPE_BIT(tensor->spec.dtype);
}

/* Mark what the gradient is asked for, then forwards all that depends on it. */
static weir_status
mark_dependents(weir_tape *tape, weir_tensor *const *with, size_t n)
{
	size_t i, j;

	for (i = 0; i < n; i++) {
		if (with[i]->kind != WEIR__VARIABLE && mark(tape, with[i]))
			return WEIR_ENOMEM;
		for (j = 0; j < tape->n_readings; j++)
			if (tape->readings[j].variable == with[i] &&
			    !tape->readings[j].is_assigned &&
			    mark(tape, tape->readings[j].key))
				return WEIR_ENOMEM;
	}
	for (i = 0; i < tape->n; i++) {
		const struct weir__entry *e = &tape->entries[i];
		bool depends = false;

		if (e->op->flags & WEIR_OP_ASSIGN) {
			if (is_marked(tape, e->keys[0]) &&
			    mark(tape, e->keys[1]))
				return WEIR_ENOMEM;
			continue;
		}
		for (j = 0; j < e->n_in; j++)
			depends |= is_marked(tape, e->keys[j]);
		for (j = 0; depends && j < e->n_out; j++)
			if (is_float(e->out[j]) && mark(tape, e->out[j]))
				return WEIR_ENOMEM;
	}
	return WEIR_OK;
}

static weir_tensor *
filled(weir_scope *scope, const weir_spec *spec, double value)
{
	struct weir_constant_attrs attrs = { .dtype = spec->dtype,
					     .value = value };

	attrs.shape.n = spec->rank;
	memcpy(attrs.shape.v, spec->shape, sizeof spec->shape);
	return weir__emit(scope, &weir__op_constant, &attrs, NULL, 0);
}

static weir_status
add_contribution(weir_tape *tape, const void *to,
		 weir_tensor *contribution)
{
	weir_tensor **sum = sum_of(tape, to);

	if (!*sum)
		*sum = contribution;
	else
		*sum = weir__emit2(tape->scope, &weir__op_add, NULL, *sum,
				   contribution);
	return tape->scope->status;
}

/* What the readings of an assigned variable got is the value's. */
static weir_status
walk_assign(weir_tape *tape, const struct weir__entry *e)
{
	weir_tensor **sum = sum_of(tape, e->keys[1]);

	if (!sum || !*sum || !is_marked(tape, e->keys[0]))
		return WEIR_OK;
	return add_contribution(tape, e->keys[0], *sum);
}

/* Emit the gradient of one call and hand it to its operands. */
static weir_status
walk_entry(weir_tape *tape, const struct weir__entry *e)
{
	weir_tensor *of_out[WEIR_RESULTS_MAX] = { NULL };
	weir_tensor *of_in[WEIR_OPERANDS_MAX];
	bool wanted[WEIR_OPERANDS_MAX], any_in = false, any_out = false;
	weir_scope *scope = tape->scope;
	weir_gradient g;
	weir_status status;
	size_t i;

	if (e->op->flags & WEIR_OP_ASSIGN)
		return walk_assign(tape, e);
	for (i = 0; i < e->n_out; i++) {
		weir_tensor **sum = sum_of(tape, e->out[i]);

		of_out[i] = sum ? *sum : NULL;
		any_out |= of_out[i] != NULL;
	}
	for (i = 0; i < e->n_in; i++) {
		of_in[i] = NULL;
		wanted[i] = is_float(e->in[i]) && is_marked(tape, e->keys[i]);
		any_in |= wanted[i];
	}
	if (!any_in || !any_out)
		return WEIR_OK;
	scope->site = e->site;
	scope->path = e->path;
	if (!e->op->grad)
		return weir__scope_fail_call(scope, WEIR_ENOGRAD, e->op,
					     e->attrs, e->in, e->n_in, e->site,
					     "it has no gradient, and the "
					     "loss depends on its result");
	scope->path = weir__path_intern(scope->eager.paths, e->path,
					e->op->name);
	if (scope->path)
		scope->path = weir__path_intern(scope->eager.paths,
						scope->path, "grad");
	if (!scope->path) {
		scope->path = scope->frame->path;
		return weir__scope_fail(scope, WEIR_ENOMEM, e->site, "%s",
					weir_error_text());
	}
	g = (weir_gradient){
		.op = e->op, .attrs = e->attrs,
		.n_in = e->n_in, .n_out = e->n_out,
		.in = e->in, .out = e->out,
		.of_out = of_out, .wanted = wanted, .of_in = of_in,
	};
	status = e->op->grad(scope, &g);
	if (scope->status)
		return scope->status;
	if (status)
		return weir__scope_fail_call(scope, status, e->op, e->attrs,
					     e->in, e->n_in, e->site,
					     weir_error_text());
	for (i = 0; i < e->n_in; i++)
		if (wanted[i] && of_in[i] &&
		    add_contribution(tape, e->keys[i], of_in[i]))
			return scope->status;
	return WEIR_OK;
}

/* The gradient of one thing asked for: for a variable, of the value it had
 * when the tape began, wherever it was read. */
static weir_tensor *
collect(weir_tape *tape, weir_tensor *with)
{
	weir_tensor *total = NULL;
	size_t i;

	if (with->kind != WEIR__VARIABLE)
		total = *sum_of(tape, with);
	for (i = 0; i < tape->n_readings; i++) {
		weir_tensor *part;

		if (tape->readings[i].variable != with ||
		    tape->readings[i].is_assigned)
			continue;
		part = *sum_of(tape, tape->readings[i].key);
		if (total && part)
			total = weir__emit2(tape->scope, &weir__op_add, NULL,
					    total, part);
		else if (part)
			total = part;
	}
	return total ? total : filled(tape->scope, &with->spec, 0.0);
}

static weir_status
check_request(weir_tape *tape, const weir_tensor *loss,
	      weir_tensor *const *with, size_t n, const char *site)
{
	weir_scope *scope = tape->scope;
	char spec[128];
	size_t i, j;
	bool is_seen = false;

	if (tape->is_used)
		return weir__scope_fail(scope, WEIR_ESTATE, site,
					"weir_tape_gradients: the tape has "
					"been used already");
	if (!loss)
		return weir__scope_fail(scope, WEIR_ENULL, site,
					"weir_tape_gradients: the loss is "
					"NULL");
	if (!is_float(loss) || weir__spec_elements(&loss->spec) != 1) {
		weir__spec_text(&loss->spec, spec, sizeof spec);
		return weir__scope_fail(scope, WEIR_ESHAPE, site,
					"weir_tape_gradients: the loss is "
					"%s, it must be one float", spec);
	}
	for (i = 0; i < tape->n && !is_seen; i++)
		for (j = 0; j < tape->entries[i].n_out; j++)
			is_seen |= tape->entries[i].out[j] == loss;
	for (i = 0; i < n; i++)
		is_seen |= with[i] == loss;
	if (!is_seen)
		return weir__scope_fail(scope, WEIR_EFOREIGN, site,
					"weir_tape_gradients: the loss was "
					"not made under the tape");
	for (i = 0; i < n; i++) {
		char other[128];

		if (with[i] && (with[i]->heap != tape->heap ||
				(with[i]->kind == WEIR__SYMBOL &&
				 !weir__symbol_is_of(with[i], scope->graph))))
			return weir__scope_fail(scope, WEIR_EFOREIGN, site,
						"weir_tape_gradients: tensor "
						"%zu belongs to another "
						"runtime or recording", i);
		if (!with[i])
			return weir__scope_fail(scope, WEIR_ENULL, site,
						"weir_tape_gradients: tensor "
						"%zu is NULL", i);
		if (with[i]->spec.dtype == loss->spec.dtype)
			continue;
		weir__spec_text(&loss->spec, spec, sizeof spec);
		weir__spec_text(&with[i]->spec, other, sizeof other);
		return weir__scope_fail(scope, WEIR_EDTYPE, site,
					"weir_tape_gradients: tensor %zu is "
					"%s, the loss is %s", i, other, spec);
	}
	return WEIR_OK;
}

static weir_status
walk_back(weir_tape *tape, weir_tensor *loss, weir_tensor *const *with,
	  size_t n, const char *site)
{
	weir_scope *scope = tape->scope;
	weir_status status = WEIR_OK;
	size_t i;

	if (mark_dependents(tape, with, n))
		return weir__scope_fail(scope, WEIR_ENOMEM, site, "%s",
					weir_error_text());
	scope->site = site;
	if (is_marked(tape, loss))
		*sum_of(tape, loss) = filled(scope, &loss->spec, 1.0);
	for (i = tape->n; i-- > 0 && !status && !scope->status;)
		status = walk_entry(tape, &tape->entries[i]);
	scope->site = site;
	scope->path = scope->frame->path;
	for (i = 0; i < n && !scope->status; i++)
		tape->results[i] = collect(tape, with[i]);
	return scope->status;
}

weir_status
weir__tape_gradients(weir_tape *tape, weir_tensor *loss,
		     weir_tensor *const *with, size_t n,
		     weir_tensor **gradients, const char *site)
{
	weir_scope *scope = tape->scope;
	const char *outer_site = scope->site;
	weir_status status;

	if (scope->status)
		return scope->status;
	status = check_request(tape, loss, with, n, site);
	if (status)
		return status;
	tape->is_used = true;
	weir__scope_unwatch(scope, &tape->watcher);
	if (weir__grow(tape->heap, &tape->results, &tape->results_room, n,
		       sizeof *tape->results))
		return weir__scope_fail(scope, WEIR_ENOMEM, site, "%s",
					weir_error_text());
	status = walk_back(tape, loss, with, n, site);
	if (!status && n)
		memcpy(gradients, tape->results, n * sizeof *gradients);
	scope->site = outer_site;
	scope->path = scope->frame->path;
	return status;
}
