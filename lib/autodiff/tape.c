/*
 * Reverse mode over a tape (Griewank and Walther, Evaluating Derivatives,
 * 2008, chapter 3): every call is kept, then walked backwards; each op emits
 * the gradient of its operands from that of its results.
 *
 * Contributions to one tensor are added in the order in which the walk meets
 * its consumers, last call first. That order is the program's, so the sums
 * have the same bits whether they run now or in a plan.
 */
#include "autodiff/tape.h"

#include <stddef.h>
#include <string.h>

#include <weir/ops.h>

#include "base/pointer_map.h"
#include "ops/table.h"

struct entry {
	const weir_op *op;
	const void *attrs;
	size_t n_in, n_out;
	weir_tensor **in, **out;
	uint64_t held_in, held_out;	/* bit i: with a reference. The others
					   live as long as the tape's frame,
					   which outlives the tape */
	const struct weir__path *path;
	const char *site;
};

/* A variable was read: its value then stands for it. */
struct reading {
	weir_tensor *variable, *value;	/* references */
};

struct weir_tape {
	struct weir__watcher watcher;
	struct weir__attached attached;
	weir_scope *scope;
	const struct weir__frame *frame;	/* that it ends with */
	struct weir__heap *heap;
	struct weir__arena arena;
	struct entry *entries;
	size_t n, room;
	struct reading *readings;
	size_t n_readings, readings_room;
	bool is_used;
	/* Of the walk back. Tensors that depend on what is asked for are
	 * numbered as they are met; the sum of each is its gradient so far,
	 * borrowed from the scope, or NULL. */
	struct weir__pointer_map numbers;
	weir_tensor **sums;
	size_t n_sums, sums_room;
	weir_tensor **results;
	size_t results_room;
};

/* -- watching ------------------------------------------------------------------ */

static weir_tape *
tape_of(struct weir__attached *attached)
{
	return (weir_tape *)((char *)attached - offsetof(weir_tape, attached));
}

static void
free_tape(struct weir__attached *attached)
{
	weir_tape *tape = tape_of(attached);

	weir__free(tape->heap, tape->entries);
	weir__free(tape->heap, tape->readings);
	weir__free(tape->heap, tape->sums);
	weir__free(tape->heap, tape->results);
	weir__pointer_map_free(&tape->numbers);
	weir__arena_free(&tape->arena);
	weir__free(tape->heap, tape);
}

static void
release_held(weir_tensor **tensors, size_t n, uint64_t held)
{
	size_t i;

	for (i = 0; held && i < n; i++)
		if (held >> i & 1)
			weir_tensor_release(tensors[i]);
}

static void
end_tape(struct weir__attached *attached)
{
	weir_tape *tape = tape_of(attached);
	size_t i;

	weir__scope_unwatch(tape->scope, &tape->watcher);
	for (i = 0; i < tape->n; i++) {
		const struct entry *e = &tape->entries[i];

		release_held(e->in, e->n_in, e->held_in);
		release_held(e->out, e->n_out, e->held_out);
	}
	for (i = 0; i < tape->n_readings; i++) {
		weir_tensor_release(tape->readings[i].variable);
		weir_tensor_release(tape->readings[i].value);
	}
	tape->n = tape->n_readings = tape->n_sums = 0;
	weir__pointer_map_clear(&tape->numbers);
	weir__arena_reset(&tape->arena);
	weir__scope_keep_spare(tape->scope, attached);
}

static weir_status
note_reading(weir_tape *tape, weir_tensor *variable, weir_tensor *value)
{
	struct reading *r;
	size_t i;

	for (i = tape->n_readings; i-- > 0;)
		if (tape->readings[i].variable == variable &&
		    tape->readings[i].value == value)
			return WEIR_OK;
	if (weir__grow(tape->heap, &tape->readings, &tape->readings_room,
		       tape->n_readings, sizeof *tape->readings))
		return WEIR_ENOMEM;
	r = &tape->readings[tape->n_readings++];
	r->variable = weir_tensor_retain(variable);
	r->value = weir_tensor_retain(value);
	return WEIR_OK;
}

/* A copy of the list, with references where they are needed. */
static weir_tensor **
hold_all(weir_tape *tape, weir_tensor *const *tensors, size_t n,
	 uint64_t *held)
{
	weir_tensor **copy = weir__arena_copy(&tape->arena, tensors,
					      n * sizeof *tensors);
	size_t i;

	for (i = 0; copy && i < n; i++) {
		if (atomic_load_explicit(&copy[i]->frame,
					 memory_order_relaxed) == tape->frame)
			continue;
		weir_tensor_retain(copy[i]);
		*held |= (uint64_t)1 << i;
	}
	return copy;
}

static weir_status
see(struct weir__watcher *watcher, const struct weir__applied *call)
{
	weir_tape *tape = (weir_tape *)((char *)watcher -
					offsetof(weir_tape, watcher));
	struct entry e = { .op = call->op, .path = call->path,
			   .site = call->site };
	size_t i;

	if (call->op->flags & WEIR_OP_ASSIGN)
		return WEIR_OK;
	for (i = 0; i < call->n_in; i++)
		if (call->given[i]->kind == WEIR__VARIABLE &&
		    note_reading(tape, call->given[i], call->in[i]))
			return WEIR_ENOMEM;
	if (weir__grow(tape->heap, &tape->entries, &tape->room, tape->n,
		       sizeof *tape->entries))
		return WEIR_ENOMEM;
	if (call->attrs) {
		e.attrs = weir__arena_copy(&tape->arena, call->attrs,
					   call->op->attrs_size);
		if (!e.attrs)
			return WEIR_ENOMEM;
	}
	e.in = hold_all(tape, call->in, call->n_in, &e.held_in);
	e.n_in = e.in ? call->n_in : 0;
	e.out = hold_all(tape, call->out, call->n_out, &e.held_out);
	e.n_out = e.out ? call->n_out : 0;
	tape->entries[tape->n++] = e;
	return e.in && e.out ? WEIR_OK : WEIR_ENOMEM;
}

static weir_tape *
tape_new(weir_scope *scope)
{
	weir_tape *tape = weir__calloc(scope->eager.heap, 1, sizeof *tape);

	if (!tape)
		return NULL;
	tape->watcher.see = see;
	tape->attached.end = end_tape;
	tape->attached.free = free_tape;
	tape->scope = scope;
	tape->heap = scope->eager.heap;
	weir__arena_init(&tape->arena, tape->heap);
	weir__pointer_map_init(&tape->numbers, tape->heap);
	return tape;
}

weir_tape *
weir__tape_begin(weir_scope *scope, const char *site)
{
	struct weir__attached *spare;
	weir_tape *tape;

	if (scope->status)
		return NULL;
	spare = weir__scope_take_spare(scope, end_tape);
	tape = spare ? tape_of(spare) : tape_new(scope);
	if (!tape) {
		weir__scope_fail(scope, WEIR_ENOMEM, site, "%s",
				 weir_error_text());
		return NULL;
	}
	tape->frame = scope->frame;
	tape->is_used = false;
	weir__scope_attach(scope, &tape->attached);
	weir__scope_watch(scope, &tape->watcher);
	return tape;
}

/* -- the walk back --------------------------------------------------------------- */

static weir_status
mark(weir_tape *tape, weir_tensor *tensor)
{
	if (weir__pointer_map_get(&tape->numbers, tensor) != WEIR__NOT_MAPPED)
		return WEIR_OK;
	if (weir__grow(tape->heap, &tape->sums, &tape->sums_room,
		       tape->n_sums, sizeof *tape->sums) ||
	    weir__pointer_map_put(&tape->numbers, tensor,
				  (uint32_t)tape->n_sums))
		return WEIR_ENOMEM;
	tape->sums[tape->n_sums++] = NULL;
	return WEIR_OK;
}

static bool
is_marked(const weir_tape *tape, const weir_tensor *tensor)
{
	return weir__pointer_map_get(&tape->numbers, tensor) !=
	       WEIR__NOT_MAPPED;
}

static weir_tensor **
sum_of(const weir_tape *tape, const weir_tensor *tensor)
{
	uint32_t number = weir__pointer_map_get(&tape->numbers, tensor);

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
			    mark(tape, tape->readings[j].value))
				return WEIR_ENOMEM;
	}
	for (i = 0; i < tape->n; i++) {
		const struct entry *e = &tape->entries[i];
		bool depends = false;

		for (j = 0; j < e->n_in; j++)
			depends |= is_marked(tape, e->in[j]);
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
add_contribution(weir_tape *tape, const weir_tensor *to,
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

/* Emit the gradient of one call and hand it to its operands. */
static weir_status
walk_entry(weir_tape *tape, const struct entry *e)
{
	weir_tensor *of_out[WEIR_RESULTS_MAX] = { NULL };
	weir_tensor *of_in[WEIR_OPERANDS_MAX];
	bool wanted[WEIR_OPERANDS_MAX], any_in = false, any_out = false;
	weir_scope *scope = tape->scope;
	weir_gradient g;
	weir_status status;
	size_t i;

	for (i = 0; i < e->n_out; i++) {
		weir_tensor **sum = sum_of(tape, e->out[i]);

		of_out[i] = sum ? *sum : NULL;
		any_out |= of_out[i] != NULL;
	}
	for (i = 0; i < e->n_in; i++) {
		of_in[i] = NULL;
		wanted[i] = is_float(e->in[i]) && is_marked(tape, e->in[i]);
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
		    add_contribution(tape, e->in[i], of_in[i]))
			return scope->status;
	return WEIR_OK;
}

/* The gradient of one thing asked for: for a variable, over all its reads in
 * the order in which they were first made. */
static weir_tensor *
collect(weir_tape *tape, weir_tensor *with)
{
	weir_tensor *total = NULL;
	size_t i;

	if (with->kind != WEIR__VARIABLE)
		total = *sum_of(tape, with);
	for (i = 0; i < tape->n_readings; i++) {
		weir_tensor *part;

		if (tape->readings[i].variable != with)
			continue;
		part = *sum_of(tape, tape->readings[i].value);
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
	size_t i;

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
	for (i = 0; i < n; i++) {
		char other[128];

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
