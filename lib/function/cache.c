/*
 * The plans of a function: looked up by the signature of a call, made where
 * there is none, least recently used out.
 *
 * A graph is recorded, or derived from what has been recorded at other extents
 * (family.h), and compiled. That is done without the lock: the C function may
 * do what it likes, and others may run the plans there are.
 */
#include "function/family.h"
#include "plan/outside.h"
#include "tensor/operands.h"

#include <string.h>

/* A plan and the signature it was made for. */
struct weir__function_entry {
	struct weir__function_entry *next;
	weir_plan *plan;
	struct weir__signature signature;
};

static void
entry_free(weir_function *f, struct weir__function_entry *entry)
{
	weir_plan_release(entry->plan);
	weir__signature_end(f->heap, &entry->signature);
	weir__free(f->heap, entry);
}

void
weir__function_forget(weir_function *f)
{
	struct weir__function_entry *entry, *next;

	for (entry = f->entries; entry; entry = next) {
		next = entry->next;
		entry_free(f, entry);
	}
	f->entries = NULL;
}

/* -- making a plan -------------------------------------------------------- */

static uint64_t
start_trace(const weir_function *f)
{
	return weir__trace_is_on(f->parts.tracer)
		? weir__trace_now(f->parts.tracer) : 0;
}

static void
trace_making(const weir_function *f, enum weir__trace_kind kind,
	     uint64_t start)
{
	if (weir__trace_is_on(f->parts.tracer) && start)
		weir__trace_span(f->parts.tracer, kind, 0,
				 kind == WEIR__TRACE_RECORD ? "record"
							    : "compile",
				 f->name, start);
}

static weir_status
record(struct weir__making *m, weir_graph **graph)
{
	weir_function *f = m->function;
	uint64_t start = start_trace(f);
	weir_graph *recorded;
	weir_status status;

	status = weir__function_record(f, &m->signature, &recorded);
	if (status)
		return status;
	trace_making(f, WEIR__TRACE_RECORD, start);
	if (f->options.check_repeatable)
		status = weir__function_check_repeatable(f, recorded,
							 &m->signature);
	if (status)
		weir__graph_unref(recorded);
	else
		*graph = recorded;
	return status;
}

/* Where the call's operands are, if plans are to be near them. */
static weir_status
find_outside(const struct weir__making *m, const weir_graph *graph,
	     struct weir__outside **outside)
{
	const weir_function *f = m->function;
	struct weir__operands values;
	weir_status status;

	if (!f->options.near_operands)
		return WEIR_OK;
	status = weir__operands_take(&values, f->heap, m->in, m->n_in);
	if (!status)
		status = weir__outside_new(graph, values.values, m->n_in, NULL,
					   0, outside);
	weir__operands_release(&values);
	return status;
}

/* As a plan of larger extents is, if the graph was derived and that can be. */
static weir_status
compile(struct weir__making *m, weir_graph *graph, weir_plan **plan)
{
	const weir_function *f = m->function;
	struct weir__compiler compiler = f->parts.compiler;
	uint64_t start = start_trace(f);
	struct weir__text unlike;
	weir_status status;

	weir__text_init(&unlike, m->unlike, sizeof m->unlike);
	/* A plan like another one is near what that one was near. */
	compiler.like = m->is_derived && !f->options.near_operands ? m->like
								   : NULL;
	compiler.unlike = &unlike;
	status = find_outside(m, graph, &compiler.outside);
	if (!status)
		status = weir__compile_graph(graph, f->parts.tracer,
					     f->parts.paths, &compiler, false,
					     plan);
	weir__outside_release(compiler.outside);
	if (status)
		return status;
	m->is_laid_out = (*plan)->is_laid_out_as_other;
	trace_making(f, WEIR__TRACE_COMPILE, start);
	return WEIR_OK;
}

static weir_status
make_plan(struct weir__making *m, weir_plan **plan)
{
	weir_graph *graph = NULL;
	weir_plan *made;
	weir_status status;

	weir__family_find(m);
	status = weir__family_derive(m, &graph);
	m->is_derived = graph != NULL;
	if (!status && !graph)
		status = record(m, &graph);
	if (status)
		return status;
	status = compile(m, graph, &made);
	if (!status && !m->is_derived) {
		status = weir__family_learn(m, graph);
		if (status)
			weir_plan_release(made);
	}
	weir__graph_unref(graph);
	if (!status)
		*plan = made;
	return status;
}

/* -- the cache ------------------------------------------------------------ */

static bool
was_evicted(const weir_function *f, uint64_t hash)
{
	size_t i;

	for (i = 0; i < f->n_evicted && i < WEIR__EVICTED_KNOWN; i++)
		if (f->evicted[i] == hash)
			return true;
	return false;
}

static void
note_eviction(weir_function *f, const struct weir__signature *signature)
{
	uint64_t hash = weir__signature_hash(signature);

	if (!was_evicted(f, hash))
		f->evicted[f->n_evicted++ % WEIR__EVICTED_KNOWN] = hash;
}

/* Called with the lock held. */
static void
say_why(const weir_function *f, const struct weir__making *m, char *why,
	size_t size)
{
	struct weir__text text;

	weir__text_init(&text, why, size);
	if (!f->entries) {
		weir__text_add(&text, "first call");
		return;
	}
	if (was_evicted(f, weir__signature_hash(&m->signature))) {
		weir__text_add(&text, "planned before, but no longer ");
		if (f->options.cache_limit == 1)
			weir__text_add(&text, "the one that is kept");
		else
			weir__text_add(&text, "among the %zu that are kept",
				       f->options.cache_limit);
	}
	weir__signature_difference(&f->entries->signature, &m->signature,
				   &text);
}

/* Whether a plan of these extents can do for a call of those: a plan for
 * several workers leaves some of them without work, so not for much less. */
static bool
serves(const weir_plan *plan, const struct weir__extents *has,
       const struct weir__extents *wants)
{
	size_t i;

	for (i = 0; i < wants->n; i++)
		if (has->of[i] < wants->of[i] ||
		    (plan->workers > 1 && has->of[i] / 2 > wants->of[i]))
			return false;
	return true;
}

static double
volume(const struct weir__extents *e)
{
	double product = 1;
	size_t i;

	for (i = 0; i < e->n; i++)
		product *= (double)e->of[i];
	return product;
}

/* The least compiled plan as which one for the call may be laid out. Called
 * with the lock held. */
static void
find_like(const weir_function *f, struct weir__making *m)
{
	const struct weir__dimensions *d = &f->dimensions;
	const struct weir__function_entry *e, *best = NULL;
	struct weir__extents wants, has, least = { .n = 0 };
	struct weir__text text;

	weir__text_init(&text, m->like_at, sizeof m->like_at);
	if (!d->n || !weir__dimensions_of(d, &m->signature, &wants, &text))
		return;
	for (e = f->entries; e; e = e->next) {
		if (e->plan->is_laid_out_as_other ||
		    !weir__dimensions_of(d, &e->signature, &has, &text) ||
		    !weir__dimensions_alike(d, &e->signature, &m->signature) ||
		    !serves(e->plan, &has, &wants) ||
		    (best && volume(&least) <= volume(&has)))
			continue;
		best = e;
		least = has;
	}
	if (!best)
		return;
	m->like = weir_plan_retain(best->plan);
	weir__text_init(&text, m->like_at, sizeof m->like_at);
	weir__extents_say(d, &least, &text);
}

static void
say_layout(const struct weir__making *m, struct weir__text *text)
{
	if (m->is_laid_out)
		weir__text_add(text, "laid out as for %s", m->like_at);
	else if (*m->unlike)
		weir__text_add(text, "not laid out as for %s: %s", m->like_at,
			       m->unlike);
	else
		weir__text_add(text, "compiled");
}

/* The same, when it has been tried. */
static void
keep_reasons(weir_function *f, const struct weir__making *m, const char *why)
{
	struct weir__text text;

	weir__text_init(&text, f->plan_reason, sizeof f->plan_reason);
	weir__text_add(&text, "%s", why);
	if (m->is_derived) {
		weir__text_add(&text, "; derived from %s; ", m->from);
		say_layout(m, &text);
		return;
	}
	if (*m->not_derived)
		weir__text_add(&text, "; not derived: %s", m->not_derived);
	memcpy(f->reason, f->plan_reason, sizeof f->reason);
}

static void
count(weir_function *f, const struct weir__making *m, const weir_plan *made)
{
	f->info.trials += m->trials;
	if (!made)
		return;
	if (made->is_laid_out_as_other)
		f->info.resized++;
	else
		f->info.compiled++;
	if (m->is_derived)
		f->info.derived++;
	else
		f->info.recordings++;
}

/* What somebody has looked up may no longer be what is found, or no longer the
 * last that was used. Called with the lock held. */
static void
note_change(weir_function *f)
{
	atomic_fetch_add_explicit(&f->changes, 1, memory_order_relaxed);
}

/* The entry takes the signature. */
static weir_status
remember(weir_function *f, struct weir__making *m, weir_plan *plan)
{
	struct weir__function_entry *e = weir__calloc(f->heap, 1, sizeof *e);
	struct weir__function_entry **at = &f->entries;

	if (!e)
		return WEIR_ENOMEM;
	e->plan = weir_plan_retain(plan);
	e->signature = m->signature;
	memset(&m->signature, 0, sizeof m->signature);
	e->next = f->entries;
	f->entries = e;
	note_change(f);
	if (++f->n_entries <= f->options.cache_limit)
		return WEIR_OK;
	while ((*at)->next)
		at = &(*at)->next;
	note_eviction(f, &(*at)->signature);
	entry_free(f, *at);
	*at = NULL;
	f->n_entries--;
	return WEIR_OK;
}

/* The plan of a signature, now the most recently used; NULL without one. */
static weir_plan *
look_up(weir_function *f, weir_tensor *const *in, size_t n_in, size_t n_out)
{
	struct weir__function_entry **at, *e;

	for (at = &f->entries; (e = *at); at = &e->next)
		if (weir__signature_fits(&e->signature, in, n_in, n_out))
			break;
	if (!e)
		return NULL;
	if (at != &f->entries) {
		*at = e->next;
		e->next = f->entries;
		f->entries = e;
		note_change(f);
	}
	return weir_plan_retain(e->plan);
}

/* Called with the lock held, and lets it go while the function is recorded:
 * by one thread at a time, for which others wait if they need another plan. */
static weir_status
make_entry(weir_function *f, struct weir__making *m, weir_plan **plan)
{
	char why[sizeof f->reason];
	weir_plan *made = NULL;
	weir_status status;

	say_why(f, m, why, sizeof why);
	find_like(f, m);
	f->is_recording = true;
	f->recorder = pthread_self();
	pthread_mutex_unlock(&f->lock);
	status = make_plan(m, &made);
	pthread_mutex_lock(&f->lock);
	f->is_recording = false;
	pthread_cond_broadcast(&f->recorded);
	keep_reasons(f, m, why);
	count(f, m, made);
	if (status)
		return status;
	status = remember(f, m, made);
	if (status)
		weir_plan_release(made);
	else
		*plan = made;
	return status;
}

static WEIR_COLD weir_status
make_plan_of_call(weir_function *f, weir_tensor *const *in, size_t n_in,
		  size_t n_out, weir_plan **plan)
{
	struct weir__making m = { .function = f, .in = in, .n_in = n_in };
	weir_status status;

	status = weir__signature_of(f->heap, in, n_in, n_out, &m.signature);
	if (!status)
		status = make_entry(f, &m, plan);
	weir__signature_end(f->heap, &m.signature);
	weir_plan_release(m.like);
	return status;
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
			return make_plan_of_call(f, in, n_in, n_out, plan);
		if (pthread_equal(f->recorder, pthread_self()))
			return weir_fail(WEIR_ESTATE, "%s calls itself while "
					 "it is recorded: call the C function "
					 "itself there", f->name);
		pthread_cond_wait(&f->recorded, &f->lock);
	}
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
		note_change(f);
	}
	pthread_mutex_unlock(&f->lock);
	weir_plan_release(gone);
}
