/* Ops done a second time, so that what they made need not be kept. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <unistd.h>

#include "support/fault.h"
#include "support/spans.h"
#include "support/temporary.h"
#include "support/weir_test.h"

enum { SIDE = 32, BYTES = 4 * SIDE * SIDE };

static struct fault fault;
static weir_runtime *rt;
static weir_tensor *in[2];

static void
begin_without(unsigned threads, const char *passes)
{
	weir_allocator allocator = fault_allocator(&fault);
	weir_runtime_options options = { .size = sizeof options,
					 .threads = threads,
					 .skip_passes = passes,
					 .allocator = &allocator };
	static float data[SIDE * SIDE];
	int i;

	for (i = 0; i < SIDE * SIDE; i++)
		data[i] = (float)((i * 37) % 101) / 101 / SIDE;
	must(weir_runtime_create(&options, &rt));
	in[0] = must_tensor(rt, WEIR_F32, data, SIDE, SIDE);
	in[1] = must_tensor(rt, WEIR_F32, data, SIDE, SIDE);
}

static void
begin(void)
{
	begin_without(1, NULL);
}

static void
end(void)
{
	weir_tensor_release(in[0]);
	weir_tensor_release(in[1]);
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
	cr_expect_eq(fault.alive, 0);
}

TestSuite(recompute, .init = begin, .fini = end);

/* -- a chain with its gradient -------------------------------------------- */

static weir_graph *
chain_graph(int layers)
{
	int64_t shape[2] = { SIDE, SIDE };
	weir_tensor *x, *w, *h, *gradient;
	weir_graph *graph;
	weir_scope *s;
	weir_tape *tape;
	int i;

	must(weir_graph_create(rt, "chain", &graph));
	s = weir_graph_scope(graph);
	x = weir_graph_input(graph, WEIR_F32, 2, shape, "x");
	w = weir_graph_input(graph, WEIR_F32, 2, shape, "w");
	tape = weir_tape_begin(s);
	for (h = x, i = 0; i < layers; i++)
		h = weir_tanh(s, weir_matmul(s, h, w));
	must(weir_tape_gradients(tape, weir_sum(s, h, 0, NULL, false), &x, 1,
				 &gradient));
	must(weir_graph_output(graph, gradient));
	return graph;
}

/* The plan for so many bytes; NULL: it is refused, for want of *least. */
static weir_plan *
chain_within(int layers, size_t max_bytes, bool recompute, size_t *least)
{
	weir_compile_options options = { .size = sizeof options,
					 .max_bytes = max_bytes,
					 .poison = true,
					 .recompute = recompute };
	weir_graph *graph = chain_graph(layers);
	weir_plan *plan = NULL;
	unsigned long bytes = 0;
	weir_status status = weir_graph_compile_with(graph, &options, &plan);

	weir_graph_release(graph);
	if (!status) {
		must(weir_plan_check(plan));
		return plan;
	}
	cr_assert_eq(status, WEIR_ERANGE, "%s", weir_error_text());
	cr_assert(sscanf(weir_error_text(), "chain: a run takes %lu bytes",
			 &bytes) == 1, "%s", weir_error_text());
	*least = bytes;
	return NULL;
}

static size_t
least_of_chain(int layers, bool recompute)
{
	size_t least = 0;

	cr_assert_null(chain_within(layers, 1, recompute, &least));
	return least;
}

static weir_tensor *
run_and_release(weir_plan *plan)
{
	weir_tensor *out = NULL;

	must(weir_plan_run(plan, in, 2, &out, 1));
	weir_plan_release(plan);
	return out;
}

ParameterizedTestParameters(recompute_at, any_budget_has_the_same_bits)
{
	static const int threads[] = { 1, 2, 4, 8 };

	return cr_make_param_array(int, (void *)threads, 4);
}

ParameterizedTest(int *threads, recompute_at, any_budget_has_the_same_bits)
{
	enum { LAYERS = 40 };
	size_t least, plain, max_bytes;
	weir_tensor *expected, *result;
	weir_plan_info info;
	weir_plan *plan;

	begin_without((unsigned)*threads, NULL);
	plan = chain_within(LAYERS, 0, false, &least);
	plain = least_of_chain(LAYERS, false);
	expected = run_and_release(plan);
	least = least_of_chain(LAYERS, true);
	cr_assert_lt(2 * least, plain);
	for (max_bytes = least; max_bytes < plain + BYTES;
	     max_bytes += 3 * BYTES) {
		plan = chain_within(LAYERS, max_bytes, true, NULL);
		cr_assert(plan, "%s", weir_error_text());
		info = weir_plan_get_info(plan);
		cr_expect_leq(info.buffer_bytes, max_bytes);
		cr_expect(max_bytes < plain || !info.recomputed);
		cr_expect(max_bytes > plain / 2 || info.recomputed);
		cr_expect_eq(info.recompute_ns > 0, info.recomputed > 0);
		cr_expect_eq(info.recompute_flops > 0, info.recomputed > 0);
		cr_expect_lt(info.recompute_ns, info.estimate_ns);
		result = run_and_release(plan);
		expect_same_bits(result, expected);
		weir_tensor_release(result);
	}
	weir_tensor_release(expected);
	end();
}

Test(recompute, of_a_chain_takes_about_the_root_of_its_length)
{
	static const int layers[] = { 16, 64, 256 };
	size_t i, least;

	for (i = 0; i < sizeof layers / sizeof *layers; i++) {
		least = least_of_chain(layers[i], true);
		cr_expect_leq((double)least, (2 * sqrt(layers[i]) + 3) * BYTES,
			      "%d layers: %zu", layers[i], least / BYTES);
		cr_expect_geq(least_of_chain(layers[i], false),
			      (size_t)layers[i] * BYTES);
	}
}

Test(recompute, refuses_less_than_it_takes_with_the_figure)
{
	size_t least = least_of_chain(20, true), again = 0;
	weir_plan *plan;

	cr_expect_null(chain_within(20, least - 1, true, &again));
	cr_expect_eq(again, least);
	plan = chain_within(20, least, true, &again);
	cr_assert(plan, "%s", weir_error_text());
	weir_plan_release(plan);
}

/* The less there is, the more is done twice. */
Test(recompute, does_no_more_than_it_has_to)
{
	size_t least = least_of_chain(30, true);
	size_t plain = least_of_chain(30, false), i;
	double before = 0, ns;

	for (i = 0; i <= 4; i++) {
		size_t bytes = plain - (plain - least) * i / 5;
		weir_plan *plan = chain_within(30, bytes, true, NULL);

		cr_assert(plan, "%s", weir_error_text());
		ns = weir_plan_get_info(plan).recompute_ns;
		cr_expect_geq(ns, before);
		before = ns;
		weir_plan_release(plan);
	}
	cr_expect_gt(before, 0);
}

Test(recompute, is_told_of_by_plans)
{
	size_t least = least_of_chain(20, true);
	weir_plan *plan = chain_within(20, least, true, NULL);
	char *text;

	cr_assert(plan);
	must(weir_plan_describe(plan, &text));
	cr_expect(strstr(text, "\nrecomputed: "), "%s", text);
	cr_expect(strstr(text, "chain/tanh: recomputed from 2 "), "%s", text);
	weir_text_release(text);
	weir_plan_release(plan);
}

Test(recompute_at, a_runtime_that_leaves_it_out_is_not_done)
{
	size_t least = 0, plain;

	begin_without(1, "recompute");
	plain = least_of_chain(20, false);
	cr_expect_null(chain_within(20, plain - 1, true, &least));
	cr_expect_eq(least, plain);
	end();
}

Test(recompute, survives_every_allocation_that_fails)
{
	weir_compile_options options = { .size = sizeof options,
					 .max_bytes = least_of_chain(9, true),
					 .recompute = true };
	weir_graph *graph = chain_graph(9);
	weir_plan *plan = NULL;
	weir_status status = WEIR_ENOMEM;
	long k;

	for (k = 1; status; k++) {
		fault_arm(&fault, k);
		status = weir_graph_compile_with(graph, &options, &plan);
		fault_arm(&fault, 0);
		cr_assert(!status || status == WEIR_ENOMEM, "%s",
			  weir_error_text());
	}
	cr_expect_gt(k, 100);
	must(weir_plan_check(plan));
	cr_expect_gt(weir_plan_get_info(plan).recomputed, 0);
	weir_plan_release(plan);
	weir_graph_release(graph);
}

/* -- traces --------------------------------------------------------------- */

static const struct span *
span_of(const struct spans *spans, int64_t ordinal)
{
	size_t i;

	for (i = 0; i < spans->n; i++)
		if (strcmp(spans->all[i].category, "graph") == 0 &&
		    spans->all[i].ordinal == ordinal)
			return &spans->all[i];
	return NULL;
}

Test(recompute, shows_in_traces)
{
	size_t least = least_of_chain(20, true), i, n = 0, recomputed;
	weir_plan *plan = chain_within(20, least, true, NULL);
	char path[TEMPORARY];
	struct spans spans;

	cr_assert(plan);
	recomputed = weir_plan_get_info(plan).recomputed;
	temporary_file(path);
	must(weir_trace_start(rt, NULL));
	weir_tensor_release(run_and_release(plan));
	weir_trace_stop(rt);
	must(weir_trace_write(rt, path));
	spans_read(&spans, path);
	unlink(path);
	for (i = 0; i < spans.n_notes; i++) {
		const struct note *note = &spans.notes[i];
		const struct span *first, *again;

		if (strcmp(note->fate, "recomputed") != 0)
			continue;
		first = span_of(&spans, note->into);
		again = span_of(&spans, note->ordinal);
		cr_assert(first && again, "%d", (int)note->ordinal);
		cr_expect_str_eq(first->path, again->path);
		cr_expect_str_eq(first->name, again->name);
		cr_expect_lt(first->start, again->start);
		n++;
	}
	cr_expect_eq(n, recomputed);
	spans_free(&spans);
}
