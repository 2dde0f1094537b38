/*
 * Independent calls of one function over the workers: each call runs whole on
 * one of them, whichever comes first.
 */
#include <string.h>

#include "function/function.h"
#include "ops/table.h"
#include "scope/control.h"

struct batches {
	weir_function *function;
	weir_plan **plans;		/* per batch: references */
	weir_tensor **in;		/* n_batches x n_in: references */
	weir_tensor **results;		/* n_batches x n_out */
	size_t n_in, n_out, n;
	atomic_size_t next;		/* the first nobody has taken */
	pthread_mutex_t lock;		/* guards the three below */
	size_t failed;			/* the lowest that has failed, or n */
	weir_status status;
	char why[WEIR__ERROR_SIZE];
};

/* The same sentence in both modes about the first assign, or call whose bodies
 * assign. */
static weir_status
refuse(const weir_tensor *variable, const struct weir__path *path,
       const char *site)
{
	struct weir__operand operand = {
		.spec = &variable->layout->spec,
		.name = variable->name,
		.is_variable = true,
	};
	char sentence[WEIR__ERROR_SIZE];
	struct weir__text text;

	weir__text_init(&text, sentence, sizeof sentence);
	weir__call_text(&weir__op_assign, NULL, "independent calls, as "
			"weir_run_batches() makes them, may not write "
			"variables", path, site, &operand, 1, &text);
	return weir_fail(WEIR_ESTATE, "%s", sentence);
}

static bool
writes_variables(const weir_graph *graph)
{
	size_t i;

	for (i = 0; i < graph->n_variables; i++)
		if (graph->variables[i].written_by)
			return true;
	return false;
}

/* The first call whose bodies assign variables, or NULL. */
static const struct weir__node *
find_writer(const weir_graph *graph)
{
	size_t i;

	for (i = 0; i < graph->n_nodes; i++)
		if (graph->nodes[i]->control &&
		    graph->nodes[i]->control->n_assigned)
			return graph->nodes[i];
	return NULL;
}

static weir_status
refuse_writes(const weir_plan *plan)
{
	const weir_graph *graph = plan->graph;
	const struct weir__gassign *first = graph->assigns;
	const struct weir__node *node;

	if (!writes_variables(graph))
		return WEIR_OK;
	node = find_writer(graph);
	if (node && (!graph->n_assigns || node->ordinal < first->ordinal))
		return refuse(graph->variables[node->control->assigned[0]]
				      .variable, node->path, node->site);
	return refuse(graph->variables[first->variable].variable, first->path,
		      first->site);
}

static weir_status
find_plans(struct batches *b)
{
	weir_status status;
	size_t i;

	for (i = 0; i < b->n; i++) {
		status = weir__function_plan(b->function, b->in + i * b->n_in,
					     b->n_in, b->n_out, &b->plans[i]);
		if (!status)
			status = refuse_writes(b->plans[i]);
		if (status)
			return weir_fail(status, "batch %zu: %s", i,
					 weir_error_text());
	}
	return WEIR_OK;
}

static void
note_failure(struct batches *b, size_t batch, weir_status status)
{
	pthread_mutex_lock(&b->lock);
	if (batch < b->failed) {
		struct weir__text text;

		b->failed = batch;
		b->status = status;
		weir__text_init(&text, b->why, sizeof b->why);
		weir__text_add(&text, "%s", weir_error_text());
	}
	pthread_mutex_unlock(&b->lock);
}

static void
work(void *arg, unsigned me, unsigned size)
{
	struct batches *b = arg;
	struct weir__run_how how = { .alone = true, .caller = me };
	weir_status status;
	size_t i;

	(void)size;
	for (;;) {
		i = atomic_fetch_add_explicit(&b->next, 1,
					      memory_order_relaxed);
		if (i >= b->n)
			return;
		status = weir__plan_run(b->plans[i], &how, b->in + i * b->n_in,
					b->results + i * b->n_out);
		if (status)
			note_failure(b, i, status);
	}
}

static void
run_all(struct batches *b)
{
	struct weir__team *team = b->function->parts.compiler.team;
	struct weir__job job = { .work = work, .arg = b,
				 .want = weir__team_size(team) };

	if (b->n < job.want)
		job.want = b->n ? (unsigned)b->n : 1;
	weir__team_run(team, &job);
}

static void
release_results(struct batches *b)
{
	size_t i;

	for (i = 0; i < b->n * b->n_out; i++)
		weir_tensor_release(b->results[i]);
}

static weir_status
run_graph_batches(struct batches *b, weir_tensor **out)
{
	weir_status status = find_plans(b);

	if (status)
		return status;
	run_all(b);
	if (b->failed < b->n) {
		release_results(b);
		return weir_fail(b->status, "batch %zu: %s", b->failed,
				 b->why);
	}
	if (b->n_out)
		memcpy(out, b->results, b->n * b->n_out * sizeof *out);
	return WEIR_OK;
}

/* Eagerly: one after the other, on this thread. Writes are found out as they
 * happen and taken back. */
struct no_writes {
	struct weir__watcher watcher;
	const weir_tensor *variable;	/* the first one written, or NULL */
	const struct weir__path *path;
	const char *site;
};

static weir_status
see_write(struct weir__watcher *watcher, const struct weir__applied *call)
{
	struct no_writes *w = (struct no_writes *)watcher;
	const struct weir__controlled *c = call->control;

	if (c && c->n_written)
		w->variable = call->given[call->call.n_in - c->n_variables +
					  c->written[0]];
	else if (call->call.op->flags & WEIR_OP_ASSIGN)
		w->variable = call->given[0];
	else
		return WEIR_OK;
	w->path = call->origin.path;
	w->site = call->origin.site;
	return refuse(w->variable, w->path, w->site);
}

static weir_status
run_eager_batches(struct batches *b, weir_tensor **out)
{
	weir_status status;
	size_t i;

	for (i = 0; i < b->n; i++) {
		struct no_writes w = { .watcher = { .see = see_write } };

		status = weir__function_eager(b->function,
					      b->in + i * b->n_in, b->n_in,
					      b->results + i * b->n_out,
					      b->n_out, false,
					      &w.watcher);
		if (!status)
			continue;
		if (w.variable)
			refuse(w.variable, w.path, w.site);
		note_failure(b, i, status);
		release_results(b);
		return weir_fail(status, "batch %zu: %s", i, b->why);
	}
	if (b->n_out)
		memcpy(out, b->results, b->n * b->n_out * sizeof *out);
	return WEIR_OK;
}

/* The operands as values: a variable's is that at the call. */
static weir_status
take_operands(struct batches *b, weir_tensor *const *in)
{
	weir_function *f = b->function;
	size_t i;

	for (i = 0; i < b->n * b->n_in; i++) {
		if (!in[i])
			return weir_fail(WEIR_ENULL, "%s: operand %zu of batch "
					 "%zu is NULL", f->name, i % b->n_in,
					 i / b->n_in);
		if (in[i]->heap != f->heap || in[i]->kind == WEIR__SYMBOL)
			return weir_fail(WEIR_EFOREIGN, "%s: operand %zu of "
					 "batch %zu is no tensor of this "
					 "runtime", f->name, i % b->n_in,
					 i / b->n_in);
		b->in[i] = in[i]->kind == WEIR__VARIABLE
			? weir__variable_snapshot(in[i])
			: weir_tensor_retain(in[i]);
	}
	return WEIR_OK;
}

weir_status
weir__run_batches(weir_function *function, weir_mode mode,
		  weir_tensor *const *in, size_t n_in, weir_tensor **out,
		  size_t n_out, size_t n_batches)
{
	struct weir__heap *heap = function->heap;
	struct batches *b;
	weir_status status;
	size_t i;

	b = weir__calloc(heap, 1, sizeof *b);
	if (!b)
		return WEIR_ENOMEM;
	b->function = function;
	b->n_in = n_in;
	b->n_out = n_out;
	b->n = b->failed = n_batches;
	pthread_mutex_init(&b->lock, NULL);
	b->plans = weir__calloc(heap, n_batches + 1, sizeof *b->plans);
	b->results = weir__calloc(heap, n_batches * n_out + 1,
				  sizeof *b->results);
	b->in = weir__calloc(heap, n_batches * n_in + 1, sizeof *b->in);
	status = WEIR_ENOMEM;
	if (b->plans && b->results && b->in)
		status = take_operands(b, in);
	if (!status)
		status = mode == WEIR_MODE_EAGER ? run_eager_batches(b, out)
						 : run_graph_batches(b, out);
	for (i = 0; b->plans && i < n_batches; i++)
		weir_plan_release(b->plans[i]);
	for (i = 0; b->in && i < n_batches * n_in; i++)
		weir_tensor_release(b->in[i]);
	weir__free(heap, b->plans);
	weir__free(heap, b->results);
	weir__free(heap, b->in);
	pthread_mutex_destroy(&b->lock);
	weir__free(heap, b);
	return status;
}
