#include <criterion/criterion.h>
#include <string.h>

#include "graph/graph.h"
#include "support/tasks.h"

static char *
printed(const struct made *m, bool as_dot)
{
	char *text;

	cr_assert_eq(weir_graph_describe(m->graph, as_dot, &text), WEIR_OK);
	return text;
}

static void
expect_says(const char *text, const char *what)
{
	cr_expect(strstr(text, what), "no '%s' in:\n%s", what, text);
}

static struct made
small(void)
{
	struct made m = must_make(1);
	weir_tensor *v, *y;

	cr_assert_eq(weir_variable_create(m.runtime, "w", m.zero, &v),
		     WEIR_OK);
	weir_scope_push(m.scope, "layer\"1\"");
	y = weir_keep(m.scope, weir_sum(m.scope, m.x, 0, NULL, true));
	weir_scope_pop(m.scope);
	y = weir_add(m.scope, y, v);
	y = weir_reshape(m.scope, y, 1, (int64_t[]){ 1 });
	weir_assign(m.scope, v, weir_neg(m.scope, weir_sum(m.scope, y, 0, NULL,
							   false)));
	cr_assert_eq(weir_graph_output(m.graph, y), WEIR_OK);
	weir_tensor_release(v);
	return m;
}

Test(graph_print, says_op_path_operands_attributes_and_place)
{
	struct made m = small();
	char *text = printed(&m, false);

	expect_says(text, "graph g: ");
	expect_says(text, "    1  g/layer\"1\"/sum(input0=x:f64[]) {axes=[], "
			  "keepdims=true} -> ");
	expect_says(text, "variable w:f64[]");
	expect_says(text, "(view)  ");
	expect_says(text, "graph_print_test.c:");
	expect_says(text, "output 0: %");
	expect_says(text, "variable w becomes %");
	weir_text_release(text);
	made_free(&m);
}

Test(graph_print, writes_dot_with_quotes_escaped_and_braces_closed)
{
	struct made m = small();
	char *text = printed(&m, true);

	cr_expect_eq(strncmp(text, "digraph \"g\" {\n", 14), 0, "%s", text);
	expect_says(text, "label=\"sum\\ng/layer\\\"1\\\"\"");
	expect_says(text, "style=dashed");
	expect_says(text, " -> n");
	expect_says(text, "shape=ellipse, label=\"x\"");
	expect_says(text, "}\n");
	weir_text_release(text);
	made_free(&m);
}

Test(graph_print, prints_a_graph_without_nodes)
{
	struct made m = must_make(1);
	char *text = printed(&m, false);

	cr_expect_str_eq(text, "graph g: 0 nodes, 1 values\n");
	weir_text_release(text);
	text = printed(&m, true);
	expect_says(text, "digraph \"g\" {");
	weir_text_release(text);
	made_free(&m);
}
