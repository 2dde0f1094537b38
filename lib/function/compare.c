/*
 * Both modes from the same state, op by op: what eager computes is kept by
 * ordinal and laid beside what the plan computes without using any buffer
 * twice.
 */
#include <string.h>

#include "function/function.h"
#include "graph/control_node.h"
#include "scope/control.h"

struct kept {			/* the results of one eager op */
	uint64_t ordinal;
	size_t first, n;	/* into results */
};

struct result {
	weir_tensor *tensor;	/* a reference */
	/* Which has become it in the bodies of a call, or NULL: alive, for what
	 * the function keeps has it. */
	const weir_tensor *variable;
};

struct comparison {
	struct weir__watcher watcher;
	struct weir__heap *heap;
	struct kept *kept;	/* by ordinal, as they came */
	size_t n, room;
	struct result *results;
	size_t n_results, results_room;
};

/* The variable that result i of a call is, if it is one. */
static const weir_tensor *
variable_of(const struct weir__applied *call, size_t i)
{
	const struct weir__controlled *c = call->control;
	size_t first;

	if (!c || i < c->call->n_out)
		return NULL;
	first = call->call.n_in - c->n_variables;
	return call->given[first + c->written[i - c->call->n_out]];
}

static weir_status
keep(struct weir__watcher *watcher, const struct weir__applied *call)
{
	struct comparison *c = (struct comparison *)watcher;
	struct kept *k;
	size_t i;

	if (weir__grow(c->heap, &c->kept, &c->room, c->n, sizeof *c->kept))
		return WEIR_ENOMEM;
	k = &c->kept[c->n];
	k->ordinal = call->ordinal;
	k->first = c->n_results;
	k->n = call->call.n_out;
	for (i = 0; i < call->call.n_out; i++) {
		if (weir__grow(c->heap, &c->results, &c->results_room,
			       c->n_results, sizeof *c->results))
			return WEIR_ENOMEM;
		c->results[c->n_results++] = (struct result){
			.tensor = weir_tensor_retain(call->out[i]),
			.variable = variable_of(call, i),
		};
	}
	c->n++;
	return WEIR_OK;
}

static const struct kept *
find(const struct comparison *c, uint64_t ordinal)
{
	size_t low = 0, high = c->n;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (c->kept[middle].ordinal < ordinal)
			low = middle + 1;
		else
			high = middle;
	}
	return low < c->n && c->kept[low].ordinal == ordinal ? &c->kept[low]
							     : NULL;
}

/* Whether two views of equal spec have the same bits; the first element that
 * has not, in row-major order. */
static bool
same_bits(weir_view a, weir_view b, int64_t *first)
{
	int64_t n = weir__spec_elements(a.spec), i, rest;
	size_t size = weir_dtype_size(a.spec->dtype);
	int axis;

	for (i = 0; i < n; i++) {
		const char *x = a.data, *y = b.data;

		for (rest = i, axis = a.spec->rank; axis-- > 0;) {
			int64_t at = rest % a.spec->shape[axis];

			rest /= a.spec->shape[axis];
			x += at * a.strides[axis];
			y += at * b.strides[axis];
		}
		if (memcmp(x, y, size) != 0) {
			*first = i;
			return false;
		}
	}
	return true;
}

/*
 * The number of the recorded result that an eager one, the i-th, is; past them:
 * none is. Variables come in the order in which they were touched, which in a
 * recording is that of both branches, eagerly of one.
 */
static size_t
recorded_as(const weir_graph *graph, const struct weir__node *node,
	    const struct result *result, size_t i)
{
	const struct weir__control *control = node->control;
	size_t first, j;

	if (!result->variable || !control)
		return i;
	first = weir__control_gives(control) - control->n_assigned;
	for (j = 0; j < control->n_assigned; j++)
		if (graph->variables[control->assigned[j]].variable ==
		    result->variable)
			return first + j;
	return node->n_out;
}

static weir_status
not_called(const struct weir__node *node, const char *name)
{
	return weir_fail(WEIR_EUNREPEATABLE, "op %llu, %s (called at %s), was "
			 "recorded but not called eagerly",
			 (unsigned long long)node->ordinal, name, node->site);
}

static weir_status
compare_results(const struct comparison *c, const weir_graph *graph,
		const struct weir__node *node, const weir_view *views)
{
	const struct kept *k = find(c, node->ordinal);
	char spec[128], name[512];
	int64_t first;
	size_t n, i;

	weir__node_text(node, name, sizeof name);
	/* A loop may have kept more than eager gives. */
	if (!k || (node->control ? k->n > node->n_out : k->n != node->n_out))
		return not_called(node, name);
	for (n = 0; n < k->n; n++) {
		const struct result *result = &c->results[k->first + n];
		const weir_tensor *eager = result->tensor;

		i = recorded_as(graph, node, result, n);
		if (i >= node->n_out)
			return not_called(node, name);
		if (!weir__spec_equal(&eager->layout->spec, views[i].spec))
			return weir_fail(WEIR_EUNREPEATABLE, "op %llu, %s "
					 "(called at %s), has other shapes in "
					 "each mode",
					 (unsigned long long)node->ordinal,
					 name, node->site);
		if (same_bits(weir__view_of(eager), views[i], &first))
			continue;
		weir__spec_text(&eager->layout->spec, spec, sizeof spec);
		return weir_fail(WEIR_EBITS, "the first op whose bits differ "
				 "is op %llu, %s, called at %s: element %lld "
				 "of result %zu, %s",
				 (unsigned long long)node->ordinal, name,
				 node->site, (long long)first, i, spec);
	}
	return WEIR_OK;
}

static weir_status
inspect(void *arg, const struct weir__run *run)
{
	const struct comparison *c = arg;
	const weir_plan *plan = run->plan;
	weir_status status = WEIR_OK;
	uint32_t i;

	for (i = 0; i < plan->n_steps && !status; i++) {
		const struct weir__step *step = &plan->steps[i];

		status = compare_results(c, plan->graph, step->node,
					 &run->views[step->first_slot +
						     step->node->n_in]);
	}
	return status;
}

static weir_status
run_and_inspect(weir_function *f, struct comparison *c,
		weir_tensor *const *in, size_t n_in, size_t n_out)
{
	struct weir__run_how how = {
		.untraced = true,
		.discards = true,
		.inspect = inspect,
		.inspect_arg = c,
	};
	struct weir__compiler compiler = f->parts.compiler;
	struct weir__signature signature = { .n_in = 0 };
	weir_graph *graph;
	weir_plan *plan = NULL;
	weir_status status;

	compiler.dump = NULL;		/* it is no plan of the program's */
	status = weir__signature_of(f->heap, in, n_in, n_out, &signature);
	if (status)
		return status;
	status = weir__function_record(f, &signature, &graph);
	weir__signature_end(f->heap, &signature);
	if (status)
		return status;
	status = weir__compile_graph(graph, f->parts.tracer, f->parts.paths,
				     &compiler, true, &plan);
	weir__graph_unref(graph);
	if (!status)
		status = weir__plan_run(plan, &how, in, NULL);
	weir_plan_release(plan);
	return status;
}

weir_status
weir__function_compare(weir_function *function, weir_tensor *const *in,
		       size_t n_in, size_t n_out)
{
	struct comparison c = {
		.watcher = { .see = keep },
		.heap = function->heap,
	};
	weir_tensor **out, **values;
	weir_status status = WEIR_OK;
	size_t i;

	out = weir__calloc(c.heap, n_in + n_out + 1, sizeof *out);
	if (!out)
		return WEIR_ENOMEM;
	values = out + n_out;
	for (i = 0; i < n_in && !status; i++) {
		if (!in[i])
			status = weir_fail(WEIR_ENULL, "%s: operand %zu is "
					   "NULL", function->name, i);
		else if (in[i]->heap != c.heap || in[i]->kind == WEIR__SYMBOL)
			status = weir_fail(WEIR_EFOREIGN, "%s: operand %zu is "
					   "no tensor of this runtime",
					   function->name, i);
		else if (in[i]->kind == WEIR__VARIABLE)
			values[i] = weir__variable_snapshot(in[i]);
		else
			values[i] = weir_tensor_retain(in[i]);
	}
	if (!status)
		status = weir__function_eager(function, values, n_in, out,
					      n_out, false, &c.watcher);
	if (!status)
		status = run_and_inspect(function, &c, values, n_in, n_out);
	for (i = 0; i < n_in + n_out; i++)
		weir_tensor_release(out[i]);
	for (i = 0; i < c.n_results; i++)
		weir_tensor_release(c.results[i].tensor);
	weir__free(c.heap, c.kept);
	weir__free(c.heap, c.results);
	weir__free(c.heap, out);
	return status;
}
