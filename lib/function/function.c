#include "function/function.h"
#include "plan/outside.h"
#include "tensor/operands.h"

#include <string.h>

/* A plan and the signature it was made for. */
struct weir__function_entry {
	struct weir__function_entry *next;
	weir_plan *plan;
	size_t n_in, n_out;
	weir_spec *specs;		/* n_in */
	int64_t (*strides)[WEIR_RANK_MAX];
};

/* -- making and releasing --------------------------------------------------------- */

static void
entry_free(weir_function *f, struct weir__function_entry *entry)
{
	if (!entry)
		return;
	weir_plan_release(entry->plan);
	weir__free(f->heap, entry->specs);
	weir__free(f->heap, entry->strides);
	weir__free(f->heap, entry);
}

weir_status
weir__function_new(const struct weir__function_parts *parts, const char *name,
		   weir_function_fn fn, void *arg,
		   const weir_function_options *options,
		   weir_function **function)
{
	weir_function *f = weir__calloc(parts->heap, 1, sizeof *f);

	if (!f)
		return WEIR_ENOMEM;
	f->name = weir__strdup(parts->heap, name);
	if (!f->name) {
		weir__free(parts->heap, f);
		return WEIR_ENOMEM;
	}
	f->parts = *parts;
	f->heap = weir__heap_retain(parts->heap);
	f->fn = fn;
	f->arg = arg;
	if (options)
		f->options = *options;
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
	struct weir__function_entry *entry, *next;
	struct weir__heap *heap;

	if (!function)
		return;
	heap = function->heap;
	for (entry = function->entries; entry; entry = next) {
		next = entry->next;
		entry_free(function, entry);
	}
	pthread_cond_destroy(&function->recorded);
	pthread_mutex_destroy(&function->lock);
	weir__free(heap, function->name);
	weir__free(heap, function);
	weir__heap_release(heap);
}

static void
trace_making(const struct weir__function_parts *parts, const char *name,
	     enum weir__trace_kind kind, uint64_t start)
{
	if (!weir__trace_is_on(parts->tracer) || !start)
		return;
	weir__trace_span(parts->tracer, kind, 0, kind == WEIR__TRACE_RECORD
			 ? "record" : "compile", name, start);
}

/* -- the cache --------------------------------------------------------------------------- */

static bool
fits(const struct weir__function_entry *e, weir_tensor *const *in,
     size_t n_in, size_t n_out)
{
	size_t i;

	if (e->n_in != n_in || e->n_out != n_out)
		return false;
	for (i = 0; i < n_in; i++)
		if (!weir__spec_equal(&e->specs[i], &in[i]->layout->spec) ||
		    memcmp(e->strides[i], weir_tensor_strides(in[i]),
			   (size_t)in[i]->layout->spec.rank *
				   sizeof **e->strides))
			return false;
	return true;
}

static weir_status
entry_new(weir_function *f, weir_plan *plan, weir_tensor *const *in,
	  size_t n_in, size_t n_out, struct weir__function_entry **out)
{
	struct weir__function_entry *e = weir__calloc(f->heap, 1, sizeof *e);
	size_t i;

	if (!e)
		return WEIR_ENOMEM;
	e->specs = weir__calloc(f->heap, n_in + 1, sizeof *e->specs);
	e->strides = weir__calloc(f->heap, n_in + 1, sizeof *e->strides);
	if (!e->specs || !e->strides) {
		entry_free(f, e);
		return WEIR_ENOMEM;
	}
	for (i = 0; i < n_in; i++) {
		e->specs[i] = in[i]->layout->spec;
		memcpy(e->strides[i], weir_tensor_strides(in[i]),
		       sizeof e->strides[i]);
	}
	e->plan = weir_plan_retain(plan);
	e->n_in = n_in;
	e->n_out = n_out;
	*out = e;
	return WEIR_OK;
}

/* Called with the lock held. */
static void
say_reason(weir_function *f, weir_tensor *const *in, size_t n_in,
	   size_t n_out)
{
	const struct weir__function_entry *last = f->entries;
	struct weir__text text;
	char was[128], is[128];
	size_t i;

	weir__text_init(&text, f->reason, sizeof f->reason);
	if (!last) {
		weir__text_add(&text, "first call");
		return;
	}
	if (last->n_in != n_in || last->n_out != n_out) {
		weir__text_add(&text, "%zu operands and %zu results -> %zu "
			       "and %zu", last->n_in, last->n_out, n_in,
			       n_out);
		return;
	}
	for (i = 0; i < n_in; i++) {
		const char *name = weir_tensor_name(in[i]);
		bool same = weir__spec_equal(&last->specs[i],
					     &in[i]->layout->spec);

		if (same && memcmp(last->strides[i],
				   weir_tensor_strides(in[i]),
				   (size_t)in[i]->layout->spec.rank *
				   sizeof **last->strides) == 0)
			continue;
		weir__spec_text(&last->specs[i], was, sizeof was);
		weir__spec_text(&in[i]->layout->spec, is, sizeof is);
		weir__text_add(&text, "%sargument %zu", text.length ? "; " : "",
			       i);
		if (*name)
			weir__text_add(&text, " `%s`", name);
		weir__text_add(&text, ": %s -> %s%s", was, is,
			       same ? " with other strides" : "");
	}
	if (!text.length)
		weir__text_add(&text, "the plan for this signature was the "
			       "least recently used one and had gone");
}

/* Compile a recording, near these operands if that is wanted. */
static weir_status
compile(const weir_function *f, weir_scope *scope, weir_tensor *const *in,
	size_t n_in, weir_plan **plan)
{
	struct weir__compiler compiler = f->parts.compiler;
	struct weir__operands values;
	weir_status status = WEIR_OK;

	if (f->options.near_operands) {
		status = weir__operands_take(&values, f->heap, in, n_in);
		if (!status)
			status = weir__outside_new(scope->graph, values.values,
						   n_in, NULL, 0,
						   &compiler.outside);
		weir__operands_release(&values);
	}
	if (!status)
		status = weir__compile(scope, &compiler, false, plan);
	weir__outside_release(compiler.outside);
	return status;
}

/* Record and compile, without the lock: the C function may do what it likes,
 * and others may run the plans there are. */
static weir_status
make_plan(weir_function *f, weir_tensor *const *in, size_t n_in, size_t n_out,
	  weir_plan **plan)
{
	bool is_traced = weir__trace_is_on(f->parts.tracer);
	uint64_t start = is_traced ? weir__trace_now(f->parts.tracer) : 0;
	weir_scope *scope;
	weir_status status;

	status = weir__function_record(f, in, n_in, n_out, &scope);
	if (status)
		return status;
	trace_making(&f->parts, f->name, WEIR__TRACE_RECORD, start);
	if (f->options.check_repeatable)
		status = weir__function_check_repeatable(f, scope->graph, in,
							 n_in, n_out);
	start = is_traced ? weir__trace_now(f->parts.tracer) : 0;
	if (!status)
		status = compile(f, scope, in, n_in, plan);
	if (!status)
		trace_making(&f->parts, f->name, WEIR__TRACE_COMPILE, start);
	weir_scope_release(scope);
	return status;
}

static void
remember(weir_function *f, struct weir__function_entry *entry)
{
	struct weir__function_entry **at = &f->entries;

	entry->next = f->entries;
	f->entries = entry;
	if (++f->n_entries <= f->options.cache_limit)
		return;
	while ((*at)->next)
		at = &(*at)->next;
	entry_free(f, *at);
	*at = NULL;
	f->n_entries--;
}

/* The plan of a signature, now the most recently used; NULL without one. */
static weir_plan *
look_up(weir_function *f, weir_tensor *const *in, size_t n_in, size_t n_out)
{
	struct weir__function_entry **at, *e;

	for (at = &f->entries; (e = *at); at = &e->next)
		if (fits(e, in, n_in, n_out))
			break;
	if (!e)
		return NULL;
	*at = e->next;
	e->next = f->entries;
	f->entries = e;
	return weir_plan_retain(e->plan);
}

/* Called with the lock held, and lets it go while the function is recorded:
 * by one thread at a time, for which others wait if they need another plan. */
static weir_status
make_entry(weir_function *f, weir_tensor *const *in, size_t n_in, size_t n_out,
	   weir_plan **plan)
{
	struct weir__function_entry *e;
	weir_plan *made;
	weir_status status;

	say_reason(f, in, n_in, n_out);
	f->is_recording = true;
	f->recorder = pthread_self();
	pthread_mutex_unlock(&f->lock);
	status = make_plan(f, in, n_in, n_out, &made);
	pthread_mutex_lock(&f->lock);
	f->is_recording = false;
	pthread_cond_broadcast(&f->recorded);
	if (status)
		return status;
	f->recordings++;
	status = entry_new(f, made, in, n_in, n_out, &e);
	if (status) {
		weir_plan_release(made);
		return status;
	}
	remember(f, e);
	*plan = made;
	return WEIR_OK;
}

static weir_status
find_plan(weir_function *f, weir_tensor *const *in, size_t n_in, size_t n_out,
	  weir_plan **plan)
{
	for (;;) {
		*plan = look_up(f, in, n_in, n_out);
		if (*plan)
			return WEIR_OK;
		if (!f->is_recording)
			return make_entry(f, in, n_in, n_out, plan);
		if (pthread_equal(f->recorder, pthread_self()))
			return weir_fail(WEIR_ESTATE, "%s calls itself while "
					 "it is recorded: call the C function "
					 "itself there", f->name);
		pthread_cond_wait(&f->recorded, &f->lock);
	}
}

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

weir_status
weir__function_plan(weir_function *f, weir_tensor *const *in, size_t n_in,
		    size_t n_out, weir_plan **plan)
{
	weir_status status = weir__function_check_operands(f, in, n_in);
	weir_plan *found;

	if (status)
		return status;
	pthread_mutex_lock(&f->lock);
	status = find_plan(f, in, n_in, n_out, &found);
	pthread_mutex_unlock(&f->lock);
	if (!status)
		*plan = found;
	return status;
}

/* A call that has taken the one before keeps it. */
void
weir__function_replace(weir_function *f, const weir_plan *plan, weir_plan *by)
{
	struct weir__function_entry *e;
	weir_plan *gone = NULL;

	pthread_mutex_lock(&f->lock);
	for (e = f->entries; e && e->plan != plan; e = e->next)
		;
	if (e) {
		gone = e->plan;
		e->plan = weir_plan_retain(by);
	}
	pthread_mutex_unlock(&f->lock);
	weir_plan_release(gone);
}

/* -- calling -------------------------------------------------------------------------------- */

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

weir_status
weir__function_eager(weir_function *f, weir_tensor *const *in, size_t n_in,
		     weir_tensor **out, size_t n_out, bool keeps,
		     struct weir__watcher *watcher)
{
	struct weir__scope_parts parts = {
		.heap = f->parts.heap,
		.paths = f->parts.paths,
		.tracer = f->parts.tracer,
		.runtime = f->parts.runtime,
	};
	weir_tensor **results;
	weir_scope *scope;
	weir_status status;

	results = weir__calloc(f->heap, n_in + n_out + 1, sizeof *results);
	if (!results)
		return WEIR_ENOMEM;
	status = weir__scope_new(&parts, f->name, &scope);
	if (status) {
		weir__free(f->heap, results);
		return status;
	}
	pthread_mutex_lock(f->parts.eager_lock);
	weir__scope_begin_undo(scope);
	if (watcher)
		weir__scope_watch(scope, watcher);
	status = run_eagerly(f, scope, in, results + n_out, n_in, results,
			     n_out);
	weir__scope_end_undo(scope, status || !keeps);
	pthread_mutex_unlock(f->parts.eager_lock);
	if (!status && n_out)
		memcpy(out, results, n_out * sizeof *out);
	weir_scope_release(scope);
	weir__free(f->heap, results);
	return status;
}

static weir_status
call_with_values(weir_function *f, weir_mode mode, weir_tensor *const *in,
		 size_t n_in, weir_tensor **out, size_t n_out)
{
	struct weir__run_how how = { .alone = false };
	weir_plan *plan;
	weir_status status;

	if (mode == WEIR_MODE_EAGER)
		return weir__function_eager(f, in, n_in, out, n_out, true,
					    NULL);
	status = weir__function_plan(f, in, n_in, n_out, &plan);
	if (status)
		return status;
	status = weir__plan_run(plan, &how, in, n_in, out, n_out);
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
