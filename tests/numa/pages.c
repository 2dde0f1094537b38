/*
 * To be run on a machine with several NUMA nodes, see tests/numa/check: the
 * memory of a run is where the plan has it, page by page, in several nodes,
 * also if it has been used before, elsewhere: its buffers, what it results in,
 * what workers read of their streams, and where they tell how far they are. And
 * the caller's memory policy is what it was. Exit status 0, or 1 after a line.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <weir.h>

#include "exec/run.h"
#include "exec/stream.h"

enum {
	ROWS = 800, FEATURES = 20, HIDDEN = 512, NODES_MAX = 64,
	TASKS = 20000
};

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

/* Two layers, their gradients, and something large. */
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
	weir_tensor *h = weir_relu(s, weir_matmul(s, x, w));
	weir_tensor *y = weir_sum(s, weir_matmul(s, h, v), 0, NULL, false);

	weir_tape_gradients(tape, y, params, 2, gradients);
	if (weir_graph_output(graph, gradients[0]) ||
	    weir_graph_output(graph, gradients[1]))
		return weir_scope_status(s);
	return weir_graph_output(graph, weir_exp(s, h));
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

/* What has been looked at. */
struct count {
	size_t pages, wrong, of_node[NODES_MAX];
};

static void
look(struct count *count, void *page, unsigned wanted)
{
	int is = node_of(page);

	count->pages++;
	count->wrong += is != (int)wanted;
	if (is >= 0 && is < NODES_MAX)
		count->of_node[is]++;
}

/* The pages that are wholly in some memory, of which bytes begin..end - 1 are to
 * be in a node: those that begin there. */
static void
look_at_part(struct count *count, void *memory, size_t bytes, size_t begin,
	     size_t end, unsigned wanted)
{
	char *page = (char *)memory + begin, *all = (char *)memory + bytes;

	page += -(uintptr_t)page & (WEIR__PAGE - 1);
	for (; page < (char *)memory + end && page + WEIR__PAGE <= all;
	     page += WEIR__PAGE)
		look(count, page, wanted);
}

/* Nothing is wrong, and something is in two nodes at least. */
static int
tell(const char *what, const struct count *count)
{
	size_t nodes = 0, i;

	printf("%s: %zu of %zu pages are not where the plan has them;", what,
	       count->wrong, count->pages);
	for (i = 0; i < NODES_MAX; i++) {
		nodes += count->of_node[i] > 0;
		if (count->of_node[i])
			printf(" NUMA node %zu: %zu", i, count->of_node[i]);
	}
	printf("\n");
	return count->wrong || nodes < 2;
}

static int
compare_buffers(const weir_plan *plan, const struct weir__run *run)
{
	struct count count = { 0 };
	size_t i;

	for (i = 0; i < plan->n_pages; i++)
		if (plan->node_of_page[i] != WEIR__NO_NODE)
			look(&count, run->arena + i * WEIR__PAGE,
			     plan->node_of_page[i]);
	return tell("buffers", &count);
}

/* Results that nobody has used before are where they are written. */
static int
compare_results(const weir_plan *plan, weir_tensor *const *out)
{
	struct count count = { 0 };
	uint32_t i, k;

	for (i = 0; i < plan->n_outputs; i++) {
		const struct weir__export *export =
			&plan->exports[plan->outputs[i].slot.index];
		const struct weir__placed *part =
			&plan->parts_of_exports[export->first_part];

		for (k = 0; k < export->n_parts; k++)
			look_at_part(&count, out[i]->data,
				     out[i]->storage->bytes, part[k].begin,
				     part[k].end, part[k].node);
	}
	return tell("results", &count);
}

static int
compare_progress(const struct weir__stream_loop *loop,
		 const struct weir__topology *topology)
{
	struct count count = { 0 };
	char *page;
	unsigned w;

	for (w = 0; w < loop->streams->workers; w++) {
		page = (char *)weir__progress_of(loop, w);
		page -= (uintptr_t)page % WEIR__PAGE;
		look(&count, page, weir__topology_node_of_worker(topology, w));
	}
	return tell("progress", &count);
}

/* -- tasks ----------------------------------------------------------------- */

static weir_status
do_nothing(void *arg)
{
	(void)arg;
	return WEIR_OK;
}

/* Chains of tasks, so many that their streams take pages. */
static weir_status
make_schedule(weir_runtime *runtime, weir_schedule **schedule)
{
	weir_task_options options = { .size = sizeof options,
				      .nanoseconds = 1e4 };
	unsigned chains = weir_runtime_threads(runtime);
	weir_tasks *tasks;
	weir_status status = weir_tasks_create(runtime, "chains", &tasks);
	uint32_t i, after;

	for (i = 0; i < TASKS && !status; i++) {
		after = i - chains;
		status = weir_tasks_add_after(tasks, do_nothing, NULL, &after,
					      i >= chains, &options, NULL);
	}
	if (!status)
		status = weir_tasks_compile(tasks, schedule);
	weir_tasks_release(tasks);
	return status;
}

static int
compare_streams(const weir_schedule *schedule,
		const struct weir__topology *topology)
{
	const struct weir__schedule *s = schedule->streams;
	struct count count = { 0 };
	uint32_t begin, end;
	unsigned w, node;

	for (w = 0; w < s->workers; w++) {
		begin = s->first_item[s->first_block[w]];
		end = s->first_item[s->first_block[w + 1]];
		node = weir__topology_node_of_worker(topology, w);
		look_at_part(&count, schedule->entries,
			     s->n_items * sizeof *schedule->entries,
			     begin * sizeof *schedule->entries,
			     end * sizeof *schedule->entries, node);
		look_at_part(&count, s->items, s->n_items * sizeof *s->items,
			     begin * sizeof *s->items, end * sizeof *s->items,
			     node);
	}
	return tell("streams", &count);
}

static int
try_tasks(void)
{
	const struct weir__topology *topology;
	weir_schedule *schedule;
	weir_runtime *runtime;
	int bad;

	if (weir_runtime_create(NULL, &runtime))
		return fail("weir_runtime_create", weir_error_text());
	if (make_schedule(runtime, &schedule) ||
	    weir_schedule_run(schedule, 2))
		return fail("tasks", weir_error_text());
	topology = weir__team_topology(schedule->team);
	bad = compare_streams(schedule, topology) |
	      compare_progress(&schedule->idle->loop, topology);
	weir_schedule_release(schedule);
	weir_runtime_release(runtime);
	return bad;
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
	weir_tensor *in[3] = { NULL }, *out[3] = { NULL };
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
	    weir_plan_run(plan, in, 3, out, 3))
		return fail("run", weir_error_text());
	bad = compare_buffers(plan, plan->idle_first) |
	      compare_progress(&((struct weir__run *)plan->idle_first)->loop,
			       plan->topology);
	if (!is_used)
		bad |= compare_results(plan, out);
	weir_tensor_release(out[0]);
	weir_tensor_release(out[1]);
	weir_tensor_release(out[2]);
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

	bad |= try(true);
	bad |= try_tasks();
	if (!has_default_policy())
		return fail("caller", "its memory policy has changed");
	return bad;
}
