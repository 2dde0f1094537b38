/* Functions, and calls of them. */
#include "function/function.h"

#include "function/family.h"
#include "tensor/operands.h"

#include <string.h>

/* -- making and releasing --------------------------------------------------------- */

weir_status
weir__function_new(const struct weir__function_parts *parts, const char *name,
		   weir_function_fn fn, void *arg,
		   const weir_function_options *options,
		   weir_function **function)
{
	weir_function *f = weir__calloc(parts->heap, 1, sizeof *f);
	weir_status status;

	if (!f)
		return WEIR_ENOMEM;
	f->name = weir__strdup(parts->heap, name);
	status = f->name ? WEIR_OK : WEIR_ENOMEM;
	if (!status && options)
		status = weir__dimensions_take(parts->heap, options->dimensions,
					       options->n_dimensions,
					       &f->dimensions);
	if (status) {
		weir__dimensions_end(parts->heap, &f->dimensions);
		weir__free(parts->heap, f->name);
		weir__free(parts->heap, f);
		return status;
	}
	f->parts = *parts;
	f->heap = weir__heap_retain(parts->heap);
	f->fn = fn;
	f->arg = arg;
	if (options)
		f->options = *options;
	f->options.dimensions = NULL;	/* has been copied */
	if (!f->options.cache_limit)
		f->options.cache_limit = 8;
	f->parts.compiler.max_bytes = f->options.max_bytes;
	f->parts.compiler.recomputes = f->options.recompute;
	f->parts.compiler.poisons |= f->options.poison;
	pthread_mutex_init(&f->lock, NULL);
	pthread_cond_init(&f->recorded, NULL);
	*function = f;
	return WEIR_OK;
}

void
weir_function_release(weir_function *function)
{
	struct weir__heap *heap;

	if (!function)
		return;
	heap = function->heap;
	weir__last_call_end(&function->last);
	weir_scope_release(function->rested);
	weir__function_forget(function);
	weir__families_end(function);
	weir__dimensions_end(heap, &function->dimensions);
	pthread_cond_destroy(&function->recorded);
	pthread_mutex_destroy(&function->lock);
	weir__free(heap, function->name);
	weir__free(heap, function);
	weir__heap_release(heap);
}

/* -- calling -------------------------------------------------------------- */

weir_status
weir__function_check_operands(const weir_function *f, weir_tensor *const *in,
			      size_t n_in)
{
	size_t i;

	for (i = 0; i < n_in; i++) {
		if (!in[i])
			return weir_fail(WEIR_ENULL, "%s: operand %zu is NULL",
					 f->name, i);
		if (in[i]->heap != f->heap)
			return weir_fail(WEIR_EFOREIGN, "%s: operand %zu "
					 "belongs to another runtime",
					 f->name, i);
		if (in[i]->kind == WEIR__SYMBOL)
			return weir_fail(WEIR_EFOREIGN, "%s: operand %zu is a "
					 "symbol of a recording: call the C "
					 "function itself there", f->name, i);
	}
	return WEIR_OK;
}

static weir_status
run_eagerly(weir_function *f, weir_scope *scope, weir_tensor *const *in,
	    weir_tensor **aliases, size_t n_in, weir_tensor **out,
	    size_t n_out)
{
	weir_status status = WEIR_OK;
	size_t i, j;

	for (i = 0; i < n_in && !status; i++)
		status = weir__scope_hand_in(scope, in[i], in[i]->name,
					     &aliases[i]);
	if (status)
		return status;
	status = weir__scope_enter(scope, f->name, f->fn, f->arg, aliases, out);
	if (status)
		return status;
	for (i = 0; i < n_out && !status; i++)
		status = weir__scope_check_result(scope, out[i], i);
	for (i = 0; i < n_out && !status; i++) {
		for (j = 0; j < n_in && out[i] != aliases[j]; j++)
			;
		if (j < n_in)	/* an operand itself, not its alias */
			out[i] = weir_tensor_retain(in[j]);
		else if (out[i]->kind == WEIR__VARIABLE)
			out[i] = weir__variable_snapshot(out[i]);
		else
			weir_tensor_retain(out[i]);
	}
	return status;
}

/* For an eager call: the scope of the last one, which remembers what it did, or
 * a new one. The eager lock is held, here and below. */
static weir_status
take_scope(weir_function *f, weir_scope **scope)
{
	struct weir__scope_parts parts = {
		.heap = f->parts.heap,
		.paths = f->parts.paths,
		.tracer = f->parts.tracer,
		.runtime = f->parts.runtime,
	};

	if (!f->rested)
		return weir__scope_new(&parts, f->name, scope);
	*scope = f->rested;
	f->rested = NULL;
	weir__scope_resume(*scope);
	return WEIR_OK;
}

/* A function that has called itself has more than one to give back. */
static void
give_scope_back(weir_function *f, weir_scope *scope)
{
	if (f->rested) {
		weir_scope_release(scope);
		return;
	}
	weir__scope_rest(scope);
	f->rested = scope;
}

static weir_status
call_eagerly(weir_function *f, weir_tensor *const *in, size_t n_in,
	     weir_tensor **results, size_t n_out, bool keeps,
	     struct weir__watcher *watcher)
{
	weir_scope *scope;
	weir_status status = take_scope(f, &scope);

	if (status)
		return status;
	weir__scope_begin_undo(scope);
	if (watcher)
		weir__scope_watch(scope, watcher);
	status = run_eagerly(f, scope, in, results + n_out, n_in, results,
			     n_out);
	weir__scope_end_undo(scope, status || !keeps);
	give_scope_back(f, scope);
	return status;
}

weir_status
weir__function_eager(weir_function *f, weir_tensor *const *in, size_t n_in,
		     weir_tensor **out, size_t n_out, bool keeps,
		     struct weir__watcher *watcher)
{
	weir_tensor *few[2 * WEIR__FEW_OPERANDS] = { NULL };
	weir_tensor **results = few;	/* and the operands' aliases */
	weir_status status;

	if (n_in + n_out > 2 * WEIR__FEW_OPERANDS)
		results = weir__calloc(f->heap, n_in + n_out, sizeof *results);
	if (!results)
		return WEIR_ENOMEM;
	pthread_mutex_lock(f->parts.eager_lock);
	status = call_eagerly(f, in, n_in, results, n_out, keeps, watcher);
	pthread_mutex_unlock(f->parts.eager_lock);
	if (!status && n_out)
		memcpy(out, results, n_out * sizeof *out);
	if (results != few)
		weir__free(f->heap, results);
	return status;
}

static weir_status
call_with_values(weir_function *f, weir_mode mode, weir_tensor *const *in,
		 size_t n_in, weir_tensor **out, size_t n_out)
{
	const struct weir__run_how how = { .alone = false };
	weir_plan *plan;
	weir_status status;

	if (mode == WEIR_MODE_EAGER)
		return weir__function_eager(f, in, n_in, out, n_out, true,
					    NULL);
	if (weir__last_call_run(f, in, n_in, out, n_out, &status))
		return status;
	status = weir__function_plan(f, in, n_in, n_out, &plan);
	if (status)
		return status;
	status = weir__plan_run(plan, &how, in, out);
	weir_plan_release(plan);
	return status;
}

weir_status
weir__function_call(weir_function *f, weir_mode mode, weir_tensor *const *in,
		    size_t n_in, weir_tensor **out, size_t n_out)
{
	struct weir__operands operands;
	weir_status status;

	status = weir__function_check_operands(f, in, n_in);
	if (status)
		return status;
	status = weir__operands_take(&operands, f->heap, in, n_in);
	if (!status)
		status = call_with_values(f, mode, operands.values, n_in, out,
					  n_out);
	weir__operands_release(&operands);
	return status;
}
