/* Plans near what they read from outside. */
#include <criterion/criterion.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "support/fault.h"
#include "support/machine.h"

/* Somewhere. */
static const weir_memory_place places[] = {
	{ (const void *)4096, 4096, 0 }, { (const void *)8192, 4096, 1 },
};

enum { ROWS = 4096, COLUMNS = 256 };

struct made {
	weir_runtime *rt;
	weir_graph *graph;
	weir_tensor *x, *w;
};

/* Two matrix products, of which one operand is captured. */
static void
make(struct made *m, const char *text)
{
	int64_t shape[] = { ROWS, COLUMNS };
	weir_scope *s;
	weir_tensor *x;

	m->rt = must_machine(text);
	m->x = must_tensor(m->rt, WEIR_F32, NULL, ROWS, COLUMNS);
	m->w = must_tensor(m->rt, WEIR_F32, NULL, COLUMNS, COLUMNS);
	must(weir_graph_create(m->rt, "g", &m->graph));
	s = weir_graph_scope(m->graph);
	x = weir_graph_input(m->graph, WEIR_F32, 2, shape, "x");
	must(weir_graph_output(m->graph, weir_matmul(s, x, m->w)));
}

static void
made_free(struct made *m)
{
	weir_graph_release(m->graph);
	weir_tensor_release(m->x);
	weir_tensor_release(m->w);
	weir_runtime_release(m->rt);
}

/* Of the lines of a plan that are near a node, how many there are and how many
 * are of a worker there. */
static void
count_lines(const weir_plan *plan, unsigned *near, unsigned *there)
{
	unsigned node = 0, is;
	char *text, *line, *next, *found;

	*near = *there = 0;
	must(weir_plan_describe(plan, &text));
	for (line = text; line; line = next) {
		next = strchr(line, '\n');
		if (next)
			*next++ = '\0';
		found = strstr(line, "NUMA node ");
		if (strncmp(line, "worker ", 7) == 0)
			node = found ? (unsigned)atoi(found + 10) : 0;
		found = strstr(line, "(near NUMA node ");
		if (!found)
			continue;
		is = (unsigned)atoi(found + 16);
		++*near;
		*there += is == node;
	}
	weir_text_release(text);
}

/* The upper half of an operand's rows is in node `upper`. */
static weir_plan *
must_plan(struct made *m, unsigned upper)
{
	const char *data = weir_tensor_data(m->x);
	size_t half = (size_t)ROWS * COLUMNS / 2 * sizeof(float);
	const weir_memory_place halves[] = { { data, half, upper },
					     { data + half, half, !upper } };
	weir_compile_options options = { .size = sizeof options,
					 .operands = &m->x,
					 .places = halves, .n_places = 2 };
	weir_plan *plan = NULL;

	must(weir_graph_compile_with(m->graph, &options, &plan));
	must(weir_plan_check(plan));
	return plan;
}

static void
expect_same_runs(struct made *m, weir_plan *a, weir_plan *b)
{
	weir_tensor *out[2];
	float *x = weir_tensor_data(m->x);
	size_t i;

	for (i = 0; i < (size_t)ROWS * COLUMNS; i++)
		x[i] = (float)(i % 17) - 8;
	for (i = 0; i < (size_t)COLUMNS * COLUMNS; i++)
		((float *)weir_tensor_data(m->w))[i] = (float)(i % 5);
	must(weir_plan_run(a, &m->x, 1, &out[0], 1));
	must(weir_plan_run(b, &m->x, 1, &out[1], 1));
	expect_same_bits(out[0], out[1]);
	weir_tensor_release(out[0]);
	weir_tensor_release(out[1]);
}

Test(plan_places, of_operands_say_who_does_a_plans_work)
{
	unsigned near, there, upper;
	weir_plan *plan, *plain, *again;
	double node_ns[4];
	struct made m;

	for (upper = 0; upper < 2; upper++) {
		make(&m, machine);
		plan = must_plan(&m, upper);
		count_lines(plan, &near, &there);
		cr_expect_gt(near, 2);
		cr_expect_eq(there, near, "%u of %u", there, near);
		/* It is known still when that is compiled again. */
		must(weir_plan_measure(plan, &m.x, 1, 1, node_ns));
		node_ns[0] = 1e8;
		must(weir_plan_recompile(plan, node_ns,
					 weir_plan_get_info(plan).nodes,
					 &again));
		count_lines(again, &near, &there);
		cr_expect_gt(near, 2);
		cr_expect_eq(there, near, "%u of %u", there, near);
		must(weir_graph_compile(m.graph, &plain));
		count_lines(plain, &near, &there);
		cr_expect_eq(near, 0);
		expect_same_runs(&m, plan, plain);
		expect_same_runs(&m, again, plain);
		weir_plan_release(again);
		weir_plan_release(plain);
		weir_plan_release(plan);
		made_free(&m);
	}
}

Test(plan_places, change_no_plan_of_one_node)
{
	weir_plan *plan, *plain;
	char *text, *same;
	struct made m;

	make(&m, "core:4 pu:1");
	plan = must_plan(&m, 0);
	must(weir_graph_compile(m.graph, &plain));
	must(weir_plan_describe(plan, &text));
	must(weir_plan_describe(plain, &same));
	cr_expect_str_eq(text, same);
	weir_text_release(text);
	weir_text_release(same);
	weir_plan_release(plan);
	weir_plan_release(plain);
	made_free(&m);
}

Test(plan_places, of_operands_that_cannot_be_are_refused)
{
	weir_compile_options options = { .size = sizeof options };
	weir_tensor *none = NULL, *symbol;
	weir_plan *plan = NULL;
	weir_memory_place twice[2];
	struct made m, other;

	make(&m, machine);
	make(&other, machine);
	options.operands = &none;
	cr_expect_eq(weir_graph_compile_with(m.graph, &options, &plan),
		     WEIR_ENULL);
	options.operands = &other.x;
	cr_expect_eq(weir_graph_compile_with(m.graph, &options, &plan),
		     WEIR_EFOREIGN);
	symbol = weir_graph_input(m.graph, WEIR_F32, 0, NULL, NULL);
	cr_assert_not_null(symbol);
	options.operands = (weir_tensor *[]){ m.x, symbol };
	cr_expect_eq(weir_graph_compile_with(m.graph, &options, &plan),
		     WEIR_EFOREIGN);
	twice[0] = twice[1] = places[0];
	options = (weir_compile_options){ .size = sizeof options,
					  .places = twice, .n_places = 2 };
	cr_expect_eq(weir_graph_compile_with(m.graph, &options, &plan),
		     WEIR_EINVAL);
	cr_expect_null(plan);
	options.n_places = 1;
	must(weir_graph_compile_with(m.graph, &options, &plan));
	weir_plan_release(plan);
	made_free(&m);
	made_free(&other);
}

static weir_status
product(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	out[0] = weir_matmul(s, in[0], arg);
	return weir_scope_status(s);
}

/* The system says where they are: on this machine, or where a made-up one has
 * none such nodes. */
Test(plan_places, of_the_operands_of_a_function_are_asked_of_the_system)
{
	static const char *const machines[] = { NULL, "numa:2 core:2 pu:1" };
	weir_function_options options = { .size = sizeof options,
					  .near_operands = true };
	size_t i;

	for (i = 0; i < 2; i++) {
		struct made m;
		weir_function *near, *plain;
		weir_tensor *out[2], *v;
		weir_plan *plan;

		make(&m, machines[i]);
		must(weir_function_create_with(m.rt, "f", product, m.w,
					       &options, &near));
		must(weir_function_create(m.rt, "f", product, m.w, &plain));
		/* Of a variable its value counts. */
		must(weir_variable_create(m.rt, "v", m.x, &v));
		must(weir_function_plan(near, &v, 1, 1, &plan));
		must(weir_plan_check(plan));
		weir_plan_release(plan);
		weir_tensor_release(v);
		must(weir_function_call(near, NULL, &m.x, 1, &out[0], 1));
		must(weir_function_call(plain, NULL, &m.x, 1, &out[1], 1));
		expect_same_bits(out[0], out[1]);
		weir_tensor_release(out[0]);
		weir_tensor_release(out[1]);
		weir_function_release(near);
		weir_function_release(plain);
		made_free(&m);
	}
}

static weir_status
try_plan(struct fault *fault, bool asks, long k)
{
	weir_allocator allocator = fault_allocator(fault);
	weir_runtime_options options = { .size = sizeof options,
					 .synthetic_topology = machine,
					 .allocator = &allocator };
	weir_compile_options how = { .size = sizeof how };
	int64_t shape[] = { ROWS, COLUMNS };
	weir_plan *plan = NULL;
	weir_status status;
	weir_graph *graph;
	weir_runtime *rt;
	weir_tensor *x;

	must(weir_runtime_create(&options, &rt));
	must(weir_tensor_create(rt, WEIR_F32, 2, shape, &x));
	must(weir_graph_create(rt, "g", &graph));
	must(weir_graph_output(graph, weir_exp(
		weir_graph_scope(graph),
		weir_graph_input(graph, WEIR_F32, 2, shape, "x"))));
	how.operands = &x;
	how.places = asks ? NULL : places;
	how.n_places = asks ? 0 : 2;
	fault_arm(fault, k);
	status = weir_graph_compile_with(graph, &how, &plan);
	fault_arm(fault, 0);
	cr_assert(!status || status == WEIR_ENOMEM, "%s", weir_error_text());
	weir_plan_release(plan);
	weir_graph_release(graph);
	weir_tensor_release(x);
	weir_runtime_release(rt);
	cr_expect_eq(fault->alive, 0);
	return status;
}

Test(plan_places, of_operands_are_used_or_there_is_no_memory)
{
	struct fault fault = { 0 };
	long k;
	int asks;

	for (asks = 0; asks < 2; asks++) {
		for (k = 1; try_plan(&fault, asks, k); k++)
			;
		cr_expect_gt(k, 20);
	}
}
