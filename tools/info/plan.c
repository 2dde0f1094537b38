#include "plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "say.h"

enum {
	FEATURES = 20, PARAMETERS = 4, LARGEST = 1 << 20,
	INPUTS = 2 + PARAMETERS, NODES_MAX = 1024
};

/* The operands of a step, and where they are. */
struct operands {
	weir_tensor *list[INPUTS];
	weir_memory_place places[INPUTS * NODES_MAX];
	size_t n_places;
};

static void
must(weir_status status)
{
	if (status)
		give_up("%s", weir_error_text());
}

/* "800x1024" */
static void
parse_size(const char *text, int64_t *rows, int64_t *hidden)
{
	long a, b;
	char *end;

	errno = 0;
	a = strtol(text, &end, 10);
	if (end == text || *end != 'x')
		give_up("plan: `%s' is not ROWSxHIDDEN, such as 800x1024",
			text);
	text = end + 1;
	b = strtol(text, &end, 10);
	if (end == text || *end || errno || a < 1 || b < 1 || a > LARGEST ||
	    b > LARGEST)
		give_up("plan: rows and hidden units are 1 to %d", LARGEST);
	*rows = a;
	*hidden = b;
}

static weir_tensor *
matrix(weir_graph *graph, int64_t rows, int64_t columns, const char *name)
{
	int64_t shape[] = { rows, columns };

	return weir_graph_input(graph, WEIR_F32, 2, shape, name);
}

/* "0 1": how many there are. */
static size_t
parse_nodes(const char *text, unsigned *nodes)
{
	const char *all = text;
	size_t n = 0;
	char *end;

	while (*text) {
		unsigned long node;

		errno = 0;
		node = strtoul(text, &end, 10);
		if (*text < '0' || *text > '9' || errno || node > UINT16_MAX ||
		    n == NODES_MAX || (*end && *end != ' ' && *end != ','))
			give_up("--operands: `%s' is not numbers of NUMA nodes",
				all);
		nodes[n++] = (unsigned)node;
		text = *end ? end + 1 : end;
	}
	return n;
}

/* Only where they are counts. */
static void
make_operands(weir_runtime *runtime, int64_t rows, int64_t hidden,
	      const char *text, struct operands *o)
{
	const int64_t shapes[INPUTS][2] = {
		{ rows, FEATURES }, { rows, 1 }, { FEATURES, hidden },
		{ 1, hidden }, { hidden, 1 }, { 1, 1 },
	};
	unsigned nodes[NODES_MAX];
	size_t n = parse_nodes(text, nodes), i, k;

	for (i = 0; i < INPUTS; i++) {
		size_t bytes = (size_t)(shapes[i][0] * shapes[i][1]) *
			       sizeof(float);
		const char *data;

		must(weir_tensor_create(runtime, WEIR_F32, 2, shapes[i],
					&o->list[i]));
		data = weir_tensor_data(o->list[i]);
		for (k = 0; k < n; k++)
			o->places[o->n_places++] = (weir_memory_place){
				data + bytes * k / n,
				bytes * (k + 1) / n - bytes * k / n,
				nodes[k] };
	}
}

/* Two layers, their loss, and its gradients. */
static void
record(weir_graph *graph, int64_t rows, int64_t hidden)
{
	weir_scope *s = weir_graph_scope(graph);
	weir_tensor *x = matrix(graph, rows, FEATURES, "x");
	weir_tensor *y = matrix(graph, rows, 1, "y");
	weir_tensor *p[PARAMETERS] = {
		matrix(graph, FEATURES, hidden, "w1"),
		matrix(graph, 1, hidden, "b1"),
		matrix(graph, hidden, 1, "w2"),
		matrix(graph, 1, 1, "b2"),
	};
	weir_tensor *gradients[PARAMETERS], *h, *z, *loss;
	weir_tape *tape = weir_tape_begin(s);
	int i;

	h = weir_relu(s, weir_add(s, weir_matmul(s, x, p[0]), p[1]));
	z = weir_add(s, weir_matmul(s, h, p[2]), p[3]);
	loss = weir_bce_with_logits(s, z, y);
	weir_tape_gradients(tape, loss, p, PARAMETERS, gradients);
	must(weir_graph_output(graph, loss));
	for (i = 0; i < PARAMETERS; i++)
		must(weir_graph_output(graph, gradients[i]));
}

void
print_plan(const weir_runtime_options *options, const char *size,
	   const char *nodes)
{
	weir_compile_options how = { .size = sizeof how };
	int64_t rows = 800, hidden = 1024;
	static struct operands operands;
	weir_runtime *runtime;
	weir_graph *graph;
	weir_plan *plan;
	char *text;
	size_t i;

	if (size)
		parse_size(size, &rows, &hidden);
	must(weir_runtime_create(options, &runtime));
	must(weir_graph_create(runtime, "step", &graph));
	record(graph, rows, hidden);
	if (nodes) {
		make_operands(runtime, rows, hidden, nodes, &operands);
		how.operands = operands.list;
		how.places = operands.places;
		how.n_places = operands.n_places;
	}
	must(weir_graph_compile_with(graph, &how, &plan));
	must(weir_plan_check(plan));
	must(weir_plan_describe(plan, &text));
	fputs(text, stdout);
	if (options->synthetic_topology || options->topology_file)
		puts("For another machine: planned, not bound.");
	weir_text_release(text);
	for (i = 0; i < INPUTS; i++)
		weir_tensor_release(operands.list[i]);
	weir_plan_release(plan);
	weir_graph_release(graph);
	weir_runtime_release(runtime);
}
