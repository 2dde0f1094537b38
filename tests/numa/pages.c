/*
 * To be run on a machine with several NUMA nodes, see tests/numa/check: the
 * memory of a run is where the plan has it, page by page, in several nodes,
 * also if it has been used before, elsewhere; and the caller's memory policy is
 * what it was. Exit status 0, or 1 after a line.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <weir.h>

#include "exec/run.h"

enum { ROWS = 800, FEATURES = 20, HIDDEN = 512, NODES_MAX = 64 };

static int
fail(const char *what, const char *text)
{
	printf("pages: %s: %s\n", what, text);
	return 1;
}

static weir_tensor *
input(weir_graph *graph, int64_t rows, int64_t columns)
{
	int64_t shape[] = { rows, columns };

	return weir_graph_input(graph, WEIR_F32, 2, shape, NULL);
}

/* Two layers, and the gradient of the first. */
static weir_status
record(weir_graph *graph)
{
	weir_scope *s = weir_graph_scope(graph);
	weir_tensor *x = input(graph, ROWS, FEATURES);
	weir_tensor *w = input(graph, FEATURES, HIDDEN);
	weir_tensor *v = input(graph, HIDDEN, 1);
	weir_tensor *gradients[2];
	weir_tensor *params[] = { w, v };
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *y = weir_matmul(s, weir_relu(s, weir_matmul(s, x, w)),
				     v);

	y = weir_sum(s, y, 0, NULL, false);
	weir_tape_gradients(tape, y, params, 2, gradients);
	if (weir_graph_output(graph, gradients[0]))
		return weir_scope_status(s);
	return weir_graph_output(graph, gradients[1]);
}

static weir_status
make_inputs(weir_runtime *runtime, weir_tensor **in)
{
	int64_t shapes[][2] = { { ROWS, FEATURES }, { FEATURES, HIDDEN },
				{ HIDDEN, 1 } };
	weir_status status = WEIR_OK;
	int i;

	for (i = 0; i < 3 && !status; i++)
		status = weir_tensor_create(runtime, WEIR_F32, 2, shapes[i],
					    &in[i]);
	return status;
}

/* Memory for the run that has been written to, by this thread. */
static weir_status
use_before(weir_runtime *runtime, const weir_plan *plan)
{
	int64_t bytes = (int64_t)plan->arena_bytes + WEIR__PAGE - 1;
	weir_tensor *tensor;
	weir_status status = weir_tensor_create(runtime, WEIR_BOOL, 1, &bytes,
						&tensor);

	if (!status)
		weir_tensor_release(tensor);
	return status;
}

static int
node_of(void *page)
{
	int node = -1;

	if (syscall(SYS_move_pages, 0, 1UL, &page, NULL, &node, 0))
		return -1;
	return node;
}

static int
compare(const weir_plan *plan)
{
	struct weir__run *run = plan->idle_first;
	size_t of_node[NODES_MAX] = { 0 }, wrong = 0, nodes = 0, i;

	for (i = 0; i < plan->n_pages; i++) {
		int is = node_of(run->arena + i * WEIR__PAGE);

		if (plan->node_of_page[i] == WEIR__NO_NODE)
			continue;
		wrong += is != plan->node_of_page[i];
		if (is >= 0 && is < NODES_MAX)
			of_node[is]++;
	}
	for (i = 0; i < NODES_MAX; i++) {
		nodes += of_node[i] > 0;
		if (of_node[i])
			printf("NUMA node %zu: %zu pages\n", i, of_node[i]);
	}
	printf("%zu of %zu pages are not where the plan has them\n", wrong,
	       plan->n_pages);
	return wrong || nodes < 2;
}

/* Pages that this thread makes are on its own node. */
static bool
has_default_policy(void)
{
	int mode = -1;

	return syscall(SYS_get_mempolicy, &mode, NULL, 0UL, NULL, 0UL) == 0 &&
	       mode == 0;
}

/* In a runtime of its own: what another one has placed is not used again. */
static int
try(bool is_used)
{
	weir_runtime *runtime;
	weir_tensor *in[3] = { NULL }, *out[2] = { NULL };
	weir_graph *graph;
	weir_plan *plan;
	int bad;

	if (weir_runtime_create(NULL, &runtime))
		return fail("weir_runtime_create", weir_error_text());
	if (weir_graph_create(runtime, "step", &graph) || record(graph) ||
	    weir_graph_compile(graph, &plan) || weir_plan_check(plan))
		return fail("plan", weir_error_text());
	if (!plan->node_of_page)
		return fail("plan", "it is for one node");
	if (make_inputs(runtime, in) ||
	    (is_used && use_before(runtime, plan)) ||
	    weir_plan_run(plan, in, 3, out, 2))
		return fail("run", weir_error_text());
	bad = compare(plan);
	weir_tensor_release(out[0]);
	weir_tensor_release(out[1]);
	weir_tensor_release(in[0]);
	weir_tensor_release(in[1]);
	weir_tensor_release(in[2]);
	weir_plan_release(plan);
	weir_graph_release(graph);
	weir_runtime_release(runtime);
	return bad;
}

int
main(void)
{
	int bad = try(false);

	bad = try(true) || bad;
	if (!has_default_policy())
		return fail("caller", "its memory policy has changed");
	return bad;
}
