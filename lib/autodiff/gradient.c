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

/* The slot of a tensor that the gradient is asked for. */
static struct weir__slot *
slot_of(const weir_tape *tape, const weir_tensor *tensor)
{
	return &tape->slots[weir__pointer_map_get(&tape->numbers, tensor)];
}

bool
weir__is_float(const weir_tensor *tensor)
{
	return WEIR_FLOATS & WEIR_DTYPE_BIT(tensor->layout->spec.dtype);
}

/* Fresh slots; what the gradient is asked for has one, used or not. */
static weir_status
make_slots(weir_tape *tape, weir_tensor *const *with, size_t n)
{
	uint32_t slot;
	size_t i;

	for (i = 0; i < n; i++) {
		if (with[i]->kind != WEIR__VARIABLE &&
		    weir__tape_slot(tape, with[i], &slot))
			return WEIR_ENOMEM;
	}
	if (weir__grow(tape->heap, &tape->slots, &tape->slots_room,
		       tape->n_slots, sizeof *tape->slots))
		return WEIR_ENOMEM;
	memset(tape->slots, 0, tape->n_slots * sizeof *tape->slots);
	return WEIR_OK;
}

/* What the gradient is asked for is wanted, then forwards all that depends on
 * it. */
static void
mark_dependents(weir_tape *tape, weir_tensor *const *with, size_t n)
{
	struct weir__slot *slots = tape->slots;
	size_t i, j;

	for (i = 0; i < n; i++) {
		if (with[i]->kind != WEIR__VARIABLE) {
			slot_of(tape, with[i])->is_wanted = true;
			continue;
		}
		for (j = 0; j < tape->n_readings; j++)
			if (tape->readings[j].variable == with[i] &&
			    !tape->readings[j].is_assigned)
				slots[tape->readings[j].slot].is_wanted = true;
	}
	for (i = 0; i < tape->n; i++) {
		const struct weir__entry *e = &tape->entries[i];
		bool depends = weir__rows_are_wanted(tape, e);

		if (e->op->flags & WEIR_OP_ASSIGN) {
			slots[e->slots[1]].is_wanted =
				slots[e->slots[0]].is_wanted;
			continue;
		}
		for (j = 0; j < e->n_in; j++)
			depends |= slots[e->slots[j]].is_wanted;
		for (j = 0; depends && j < e->n_out; j++)
			if (weir__is_float(e->out[j]))
				slots[e->slots[e->n_in + j]].is_wanted = true;
		if (depends && e->control)
			weir__rows_want(tape, e);
	}
}

weir_tensor *
weir__grad_filled(weir_scope *scope, const weir_spec *spec, double value)
{
	struct weir_constant_attrs attrs = { .dtype = spec->dtype,
					     .value = value };

	attrs.shape.n = spec->rank;
	memcpy(attrs.shape.v, spec->shape, sizeof spec->shape);
	return weir__emit(scope, &weir__op_constant, &attrs, NULL, 0);
}

weir_status
weir__tape_contribute(weir_tape *tape, uint32_t to, weir_tensor *contribution)
{
	weir_tensor **sum = &tape->slots[to].sum;

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
	weir_tensor *sum = tape->slots[e->slots[1]].sum;

	if (!sum || !tape->slots[e->slots[0]].is_wanted)
		return WEIR_OK;
	return weir__tape_contribute(tape, e->slots[0], sum);
}

const struct weir__path *
weir__grad_path(weir_tape *tape, const struct weir__entry *e)
{
	struct weir__paths *paths = tape->scope->eager.paths;
	struct weir__grad_path *g;

	g = &tape->grad_paths[((uintptr_t)e->path >> 4 ^ (uintptr_t)e->op >> 5)
			      % WEIR__GRAD_PATHS];
	if (g->path && g->of == e->path && g->op == e->op)
		return g->path;
	g->of = e->path;
	g->op = e->op;
	g->path = weir__path_intern(paths, e->path, e->op->name);
	if (g->path)
		g->path = weir__path_intern(paths, g->path, "grad");
	return g->path;
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
	if (e->control)
		return weir__walk_control(tape, e);
	for (i = 0; i < e->n_out; i++) {
		of_out[i] = tape->slots[e->slots[e->n_in + i]].sum;
		any_out |= of_out[i] != NULL;
	}
	for (i = 0; i < e->n_in; i++) {
		of_in[i] = NULL;
		wanted[i] = tape->slots[e->slots[i]].is_wanted &&
			    weir__is_float(e->in[i]);
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
	scope->path = weir__grad_path(tape, e);
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
		    weir__tape_contribute(tape, e->slots[i], of_in[i]))
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
		total = slot_of(tape, with)->sum;
	for (i = 0; i < tape->n_readings; i++) {
		weir_tensor *part;

		if (tape->readings[i].variable != with ||
		    tape->readings[i].is_assigned)
			continue;
		part = tape->slots[tape->readings[i].slot].sum;
		if (total && part)
			total = weir__emit2(tape->scope, &weir__op_add, NULL,
					    total, part);
		else if (part)
			total = part;
	}
	return total ? total : weir__grad_filled(tape->scope, &with->layout->spec, 0.0);
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
	if (!weir__is_float(loss) || weir__spec_elements(&loss->layout->spec) != 1) {
		weir__spec_text(&loss->layout->spec, spec, sizeof spec);
		return weir__scope_fail(scope, WEIR_ESHAPE, site,
					"weir_tape_gradients: the loss is "
					"%s, it must be one float", spec);
	}
	for (i = tape->n; i-- > 0 && !is_seen;)
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
		if (with[i]->layout->spec.dtype == loss->layout->spec.dtype)
			continue;
		weir__spec_text(&loss->layout->spec, spec, sizeof spec);
		weir__spec_text(&with[i]->layout->spec, other, sizeof other);
		return weir__scope_fail(scope, WEIR_EDTYPE, site,
					"weir_tape_gradients: tensor %zu is "
					"%s, the loss is %s", i, other, spec);
	}
	return WEIR_OK;
}

/* The slot of a tensor, or of reading a variable now; made if need be. */
static weir_status
slot_of_seed(weir_tape *tape, weir_tensor *of, uint32_t *slot)
{
	weir_tensor *value;
	weir_status status;

	if (of->kind != WEIR__VARIABLE)
		return weir__tape_slot(tape, of, slot);
	status = weir__scope_read(tape->scope, of, &value);
	if (status)
		return status;
	status = weir__tape_reading(tape, of, value, slot);
	weir_tensor_release(value);
	return status;
}

static weir_status
plant(weir_tape *tape, const struct weir__seeds *seeds, const uint32_t *slots)
{
	weir_scope *scope = tape->scope;
	size_t i;

	for (i = 0; i < seeds->n && !scope->status; i++) {
		weir_tensor *seed = seeds->are ? seeds->are[i] : NULL;

		if (!tape->slots[slots[i]].is_wanted)
			continue;
		if (seeds->of_ones)
			seed = weir__grad_filled(scope, &seeds->of[i]->layout
							       ->spec, 1.0);
		if (seed)
			weir__tape_contribute(tape, slots[i], seed);
	}
	return scope->status;
}

static weir_status
walk_back(weir_tape *tape, const struct weir__seeds *seeds, uint32_t *slots,
	  weir_tensor *const *with, size_t n, const char *site)
{
	weir_scope *scope = tape->scope;
	weir_status status = WEIR_OK;
	size_t i;

	for (i = 0; i < seeds->n && !status; i++)
		status = slot_of_seed(tape, seeds->of[i], &slots[i]);
	if (status || make_slots(tape, with, n))
		return weir__scope_fail(scope, WEIR_ENOMEM, site, "%s",
					weir_error_text());
	mark_dependents(tape, with, n);
	scope->site = site;
	status = plant(tape, seeds, slots);
	for (i = tape->n; i-- > 0 && !status && !scope->status;)
		status = walk_entry(tape, &tape->entries[i]);
	scope->site = site;
	scope->path = scope->frame->path;
	for (i = 0; i < n && !scope->status; i++)
		tape->results[i] = collect(tape, with[i]);
	return scope->status;
}

weir_status
weir__tape_pull(weir_tape *tape, const struct weir__seeds *seeds,
		weir_tensor *const *with, size_t n, weir_tensor **gradients,
		const char *site)
{
	weir_scope *scope = tape->scope;
	const char *outer_site = scope->site;
	struct weir__eager_calls calls;
	uint32_t *slots;
	weir_status status;

	tape->is_used = true;
	weir__scope_unwatch(scope, &tape->watcher);
	slots = weir__arena_room(&tape->arena, (seeds->n + 1) * sizeof *slots);
	if (!slots || weir__grow(tape->heap, &tape->results,
				 &tape->results_room, n, sizeof *tape->results))
		return weir__scope_fail(scope, WEIR_ENOMEM, site, "%s",
					weir_error_text());
	/* Gradients compute constants, such as 1 / n, as they are emitted. */
	weir__eager_calls_begin(&scope->eager, &calls);
	scope->pulling = tape;
	status = walk_back(tape, seeds, slots, with, n, site);
	scope->pulling = NULL;
	weir__eager_calls_end(&scope->eager, &calls);
	weir__rows_forget(tape);
	if (!status && n)
		memcpy(gradients, tape->results, n * sizeof *gradients);
	scope->site = outer_site;
	scope->path = scope->frame->path;
	return status;
}

weir_status
weir__tape_gradients(weir_tape *tape, weir_tensor *loss,
		     weir_tensor *const *with, size_t n,
		     weir_tensor **gradients, const char *site)
{
	const struct weir__seeds ones = { .n = 1, .of = &loss,
					  .of_ones = true };
	weir_status status;

	if (tape->scope->status)
		return tape->scope->status;
	status = check_request(tape, loss, with, n, site);
	return status ? status : weir__tape_pull(tape, &ones, with, n,
						 gradients, site);
}
