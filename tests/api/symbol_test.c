/* Tensors that are recorded: they have no elements to ask for. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>
#include <weir.h>

#include "support/fault.h"

static weir_runtime *runtime;
static struct fault fault;

static void
begin(void)
{
	weir_allocator allocator = fault_allocator(&fault);
	weir_runtime_options options = {
		.size = sizeof options,
		.synthetic_topology = "pu:1",
		.allocator = &allocator,
	};

	cr_assert_eq(weir_runtime_create(&options, &runtime), WEIR_OK);
}

static void
end(void)
{
	weir_runtime_release(runtime);
	cr_expect_eq(fault.alive, 0);
}

TestSuite(symbol, .init = begin, .fini = end);

static weir_graph *graph;

static weir_tensor *
symbol(void)
{
	weir_tensor *x;

	cr_assert_eq(weir_graph_create(runtime, "g", &graph), WEIR_OK);
	x = weir_graph_input(graph, WEIR_F32, 1, (int64_t[]){ 6 }, "x");
	cr_assert_not_null(x);
	cr_expect(weir_tensor_is_symbolic(x));
	return x;
}

static void
expect_recording_failed(void)
{
	weir_scope *scope = weir_graph_scope(graph);

	cr_expect_not_null(strstr(weir_error_text(), "has no value while it "
				  "is recorded; branch with weir_cond() or "
				  "weir_where(), loop with weir_while(), or "
				  "decide outside the function"),
			   "%s", weir_error_text());
	cr_expect_eq(weir_scope_status(scope), WEIR_ESYMBOLIC);
	cr_expect_not_null(strstr(weir_scope_error(scope), "has no value"),
			   "%s", weir_scope_error(scope));
	weir_graph_release(graph);
}

Test(symbol, has_no_item)
{
	cr_expect(isnan(weir_item_f64(symbol())));
	expect_recording_failed();
}

/* They know of no place, but of the rest. */
Test(symbol, has_nothing_for_the_plain_functions_either)
{
	weir_tensor *x = symbol();
	float elements[6];

	cr_expect(isnan((weir_item_f64)(x)));
	cr_expect_null(strstr(weir_error_text(), "called at"));
	cr_expect_not_null(strstr(weir_error_text(), "; in g"));
	weir_scope_clear(weir_graph_scope(graph));
	cr_expect_null((weir_tensor_data)(x));
	cr_expect_not_null(strstr(weir_error_text(),
				  "weir_tensor_data: f32[6]"));
	weir_scope_clear(weir_graph_scope(graph));
	cr_expect_eq((weir_tensor_read)(x, elements, sizeof elements),
		     WEIR_ESYMBOLIC);
	(weir_scope_pop)(weir_graph_scope(graph));
	expect_recording_failed();
}

Test(symbol, has_no_data)
{
	cr_expect_null(weir_tensor_data(symbol()));
	expect_recording_failed();
}

Test(symbol, cannot_be_read)
{
	float got[6];

	cr_expect_eq(weir_tensor_read(symbol(), got, sizeof got),
		     WEIR_ESYMBOLIC);
	expect_recording_failed();
}

Test(symbol, cannot_be_written)
{
	static const float six[6];

	cr_expect_eq(weir_tensor_write(symbol(), six, sizeof six),
		     WEIR_ESYMBOLIC);
	expect_recording_failed();
}
