#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

#include "graph/graph.h"
#include "support/tasks.h"

/* x -> neg (value 1, node 0) -> transpose (2, a view) -> add (3) -> output,
 * and a variable that is read and written. */
static struct made
sound(void)
{
	static const int64_t shape[] = { 2, 3 };
	struct made m = must_make(1);
	weir_tensor *x, *a, *b, *start, *v;

	x = weir_graph_input(m.graph, WEIR_F32, 2, shape, "m");
	a = weir_neg(m.scope, x);
	b = weir_transpose(m.scope, a, 0, NULL);
	b = weir_add(m.scope, b, b);
	cr_assert_eq(weir_tensor_create(m.runtime, WEIR_F32, 2,
					(int64_t[]){ 3, 2 }, &start), WEIR_OK);
	cr_assert_eq(weir_variable_create(m.runtime, "v", start, &v), WEIR_OK);
	weir_assign(m.scope, v, weir_add(m.scope, v, b));
	cr_assert_eq(weir_graph_output(m.graph, b), WEIR_OK, "%s",
		     weir_scope_error(m.scope));
	weir_tensor_release(start);
	weir_tensor_release(v);
	return m;
}

static struct weir__gvalue *
result_of(weir_graph *g, uint32_t node)
{
	return g->values[g->nodes[node]->out[0]];
}

/* Each breaks one thing and puts it right again when called once more. */

static void
swap_u32(uint32_t *field, uint32_t with)
{
	static uint32_t before;
	static bool is_broken;
	uint32_t now = *field;

	*field = is_broken ? before : with;
	before = now;
	is_broken = !is_broken;
}

static void
base_is_later(weir_graph *g)
{
	swap_u32(&g->values[1]->base, (uint32_t)g->n_values - 1);
}

static void
base_is_a_view(weir_graph *g)
{
	swap_u32(&result_of(g, 2)->base, g->nodes[1]->out[0]);
}

static void
result_of_no_node(weir_graph *g)
{
	swap_u32(&result_of(g, 0)->node, 77);
}

static void
result_that_its_node_has_not(weir_graph *g)
{
	swap_u32(&result_of(g, 0)->index, 1);
}

static void
result_of_another_node(weir_graph *g)
{
	swap_u32(&result_of(g, 0)->node, 2);
}

static void
nodes_out_of_order(weir_graph *g)
{
	struct weir__node *first = g->nodes[0];

	g->nodes[0] = g->nodes[1];
	g->nodes[1] = first;
}

static void
operand_before_it_is_made(weir_graph *g)
{
	swap_u32((uint32_t *)(uintptr_t)&g->nodes[0]->in[0],
		 g->nodes[2]->out[0]);
}

static void
output_that_is_not_there(weir_graph *g)
{
	swap_u32(&g->outputs[0], (uint32_t)g->n_values);
}

static void
variable_becomes_what_is_not_there(weir_graph *g)
{
	swap_u32(&g->variables[0].current, (uint32_t)g->n_values);
}

static void
assignment_to_no_variable(weir_graph *g)
{
	swap_u32(&g->assigns[0].variable, 5);
}

static const struct {
	const char *label;
	void (*swap)(weir_graph *graph);
} breaks[] = {
	{ "a base that comes later", base_is_later },
	{ "a base that is a view", base_is_a_view },
	{ "a result of no node", result_of_no_node },
	{ "a result that its node has not", result_that_its_node_has_not },
	{ "a result of another node", result_of_another_node },
	{ "nodes out of order", nodes_out_of_order },
	{ "an operand that is made later", operand_before_it_is_made },
	{ "an output that is not there", output_that_is_not_there },
	{ "a variable's value that is not there",
	  variable_becomes_what_is_not_there },
	{ "an assignment to no variable", assignment_to_no_variable },
};

enum { N_BREAKS = sizeof breaks / sizeof *breaks };

Test(graph_check, is_content_with_a_sound_graph)
{
	struct made m = sound();

	cr_expect_eq(weir__graph_check(m.graph), WEIR_OK, "%s",
		     weir_error_text());
	made_free(&m);
}

ParameterizedTestParameters(graph_check, finds_what_is_broken)
{
	static size_t index[N_BREAKS];
	size_t i;

	for (i = 0; i < N_BREAKS; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, N_BREAKS);
}

ParameterizedTest(size_t *i, graph_check, finds_what_is_broken)
{
	struct made m = sound();

	breaks[*i].swap(m.graph);
	cr_expect_eq(weir__graph_check(m.graph), WEIR_EINVAL, "%s",
		     breaks[*i].label);
	cr_expect(strstr(weir_error_text(), "graph check: "), "%s",
		  breaks[*i].label);
	breaks[*i].swap(m.graph);
	cr_expect_eq(weir__graph_check(m.graph), WEIR_OK, "%s",
		     breaks[*i].label);
	made_free(&m);
}

/* -- two recordings -------------------------------------------------------- */

Test(graph_check, finds_two_recordings_of_one_program_equal)
{
	struct made m = sound();

	cr_expect_eq(weir__graph_compare(m.graph, m.graph), WEIR_OK);
	made_free(&m);
}

Test(graph_check, names_the_first_op_in_which_recordings_differ)
{
	struct made m = must_make(1);
	weir_graph *other;
	weir_tensor *x;

	weir_neg(m.scope, m.x);
	weir_exp(m.scope, m.x);
	cr_assert_eq(weir_graph_create(m.runtime, "g", &other), WEIR_OK);
	x = weir_graph_input(other, WEIR_F64, 0, NULL, "x");
	weir_neg(weir_graph_scope(other), x);
	weir_log(weir_graph_scope(other), x);
	cr_expect_eq(weir__graph_compare(m.graph, other), WEIR_EUNREPEATABLE);
	cr_expect(strstr(weir_error_text(), "op 2: first g/exp") &&
		  strstr(weir_error_text(), "then g/log"), "%s",
		  weir_error_text());
	weir_graph_release(other);
	made_free(&m);
}

Test(graph_check, names_an_op_that_only_one_recording_has)
{
	struct made m = must_make(1);
	weir_graph *other;

	weir_neg(m.scope, m.x);
	cr_assert_eq(weir_graph_create(m.runtime, "g", &other), WEIR_OK);
	weir_graph_input(other, WEIR_F64, 0, NULL, "x");
	cr_expect_eq(weir__graph_compare(other, m.graph), WEIR_EUNREPEATABLE);
	cr_expect(strstr(weir_error_text(), "first nothing more") &&
		  strstr(weir_error_text(), "then g/neg"), "%s",
		  weir_error_text());
	weir_graph_release(other);
	made_free(&m);
}
