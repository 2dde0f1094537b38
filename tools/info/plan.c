#include "plan.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "say.h"

enum { FEATURES = 20, PARAMETERS = 4, LARGEST = 1 << 20 };

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
print_plan(const weir_runtime_options *options, const char *size)
{
	int64_t rows = 800, hidden = 1024;
	weir_runtime *runtime;
	weir_graph *graph;
	weir_plan *plan;
	char *text;

	if (size)
		parse_size(size, &rows, &hidden);
	must(weir_runtime_create(options, &runtime));
	must(weir_graph_create(runtime, "step", &graph));
	record(graph, rows, hidden);
	must(weir_graph_compile(graph, &plan));
	must(weir_plan_check(plan));
	must(weir_plan_describe(plan, &text));
	fputs(text, stdout);
	if (options->synthetic_topology || options->topology_file)
		puts("For another machine: planned, not bound.");
	weir_text_release(text);
	weir_plan_release(plan);
	weir_graph_release(graph);
	weir_runtime_release(runtime);
}
