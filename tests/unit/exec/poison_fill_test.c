/* What nobody may read any more is spoilt, and so who reads it is found. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdlib.h>

#include "exec/run.h"
#include "plan/poison.h"
#include "support/weir_test.h"

enum { ROWS = 3, COLS = 41 };

static weir_runtime *rt;
static weir_tensor *x;

/* Equal calls are left as they are, and each is a step. */
static void
begin(unsigned threads)
{
	weir_runtime_options options = { .size = sizeof options,
					 .threads = threads,
					 .skip_passes = "cse,fuse" };
	float data[ROWS * COLS];
	int i;

	for (i = 0; i < ROWS * COLS; i++)
		data[i] = (float)(i % 17) / 16 - 0.5f;
	must(weir_runtime_create(&options, &rt));
	x = must_tensor(rt, WEIR_F32, data, ROWS, COLS);
}

static void
end(void)
{
	weir_tensor_release(x);
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
}

/* exp(x), twice, and the sum of one of them; the other is read after that. */
static weir_plan *
two_alike(bool poison)
{
	weir_compile_options options = { .size = sizeof options,
					 .poison = poison };
	int64_t shape[2] = { ROWS, COLS };
	weir_tensor *in, *a, *b;
	weir_graph *graph;
	weir_plan *plan;
	weir_scope *s;

	must(weir_graph_create(rt, "g", &graph));
	s = weir_graph_scope(graph);
	in = weir_graph_input(graph, WEIR_F32, 2, shape, "x");
	a = weir_exp(s, in);
	b = weir_sum(s, weir_exp(s, in), 0, NULL, false);
	must(weir_graph_output(graph, weir_mul(s, weir_add(s, a, b), a)));
	must(weir_graph_compile_with(graph, &options, &plan));
	weir_graph_release(graph);
	return plan;
}

static weir_tensor *
run_and_release(weir_plan *plan)
{
	weir_tensor *out = NULL;

	must(weir_plan_run(plan, &x, 1, &out, 1));
	weir_plan_release(plan);
	return out;
}

/* The slots of a value, by its number, are somewhere else. */
static void
move(weir_plan *plan, uint32_t value, int64_t by)
{
	uint32_t i;

	for (i = 0; i < plan->n_slots; i++)
		if (plan->slots[i].where == WEIR__AT_ARENA &&
		    plan->slots[i].index == value)
			plan->slots[i].offset += by;
}

/* The second of the values that are alike lies where the first does. */
static void
make_wrong(weir_plan *plan)
{
	const struct weir__slot *first, *second;

	first = &plan->slots[plan->steps[0].first_slot + 1];
	second = &plan->slots[plan->steps[1].first_slot + 1];
	cr_assert_eq(first->where, WEIR__AT_ARENA);
	cr_assert_eq(second->where, WEIR__AT_ARENA);
	cr_assert_neq(first->index, second->index);
	move(plan, second->index, first->offset - second->offset);
	if (!plan->poison)
		return;
	weir__poison_free(plan->heap, plan->poison);
	cr_assert_eq(weir__poison_new(plan, &plan->poison), WEIR_OK);
}

Test(poison, finds_a_plan_that_would_go_well_by_chance)
{
	weir_tensor *expected, *result;
	weir_plan *plan;
	int64_t differs = -2;

	begin(1);
	expected = run_and_release(two_alike(false));
	plan = two_alike(false);
	make_wrong(plan);
	cr_expect_eq(weir_plan_check(plan), WEIR_EINVAL);
	result = run_and_release(plan);
	cr_expect(weir_tensor_equal_bits(result, expected, NULL),
		  "it was to go unnoticed");
	weir_tensor_release(result);

	result = run_and_release(two_alike(true));
	cr_expect(weir_tensor_equal_bits(result, expected, NULL));
	weir_tensor_release(result);
	plan = two_alike(true);
	make_wrong(plan);
	result = run_and_release(plan);
	cr_expect_not(weir_tensor_equal_bits(result, expected, &differs));
	cr_expect_eq(differs, 0);
	weir_tensor_release(result);
	weir_tensor_release(expected);
	end();
}

/* -- all of the arena ----------------------------------------------------- */

enum { SIDE = 192 };

/* Wide enough for several workers, whose steps are cut and finished, and with
 * values of every dtype. */
static weir_plan *
wide(weir_tensor **operand)
{
	weir_compile_options options = { .size = sizeof options,
					 .poison = true };
	int64_t shape[2] = { SIDE, SIDE };
	weir_tensor *in, *y, *mask, *sum = NULL;
	weir_graph *graph;
	weir_plan *plan;
	weir_scope *s;
	int i;

	must(weir_tensor_create(rt, WEIR_F64, 2, shape, operand));
	must(weir_graph_create(rt, "wide", &graph));
	s = weir_graph_scope(graph);
	in = weir_graph_input(graph, WEIR_F64, 2, shape, "x");
	for (i = 0; i < 6; i++) {
		y = weir_add(s, in, weir_constant(s, WEIR_F64, 0, NULL, i));
		y = weir_matmul(s, weir_transpose(s, weir_exp(s, y), 0, NULL),
				y);
		mask = weir_greater(s, y, in);
		y = weir_where(s, mask, y,
			       weir_cast(s, weir_cast(s, y, WEIR_I64),
					 WEIR_F64));
		y = weir_sum(s, weir_tanh(s, y), 0, NULL, false);
		sum = sum ? weir_add(s, sum, y) : y;
	}
	must(weir_graph_output(graph, sum));
	must(weir_graph_compile_with(graph, &options, &plan));
	weir_graph_release(graph);
	return plan;
}

/* Whether a byte is one of those that are filled in. */
static bool
is_spoilt(unsigned char byte)
{
	static const unsigned char bytes[] = { 0xad, 0xde, 0xf4, 0x7f, 0xa4,
					       0xed, 0xfe, 0xff };
	size_t i;

	for (i = 0; i < sizeof bytes; i++)
		if (bytes[i] == byte)
			return true;
	return false;
}

ParameterizedTestParameters(poison, leaves_nothing_behind_a_run)
{
	static const int threads[] = { 1, 2, 4, 8 };

	return cr_make_param_array(int, (void *)threads, 4);
}

ParameterizedTest(int *threads, poison, leaves_nothing_behind_a_run)
{
	weir_tensor *operand, *out, *first = NULL;
	const struct weir__run *run;
	weir_plan *plan;
	size_t i;
	int k;

	begin((unsigned)*threads);
	plan = wide(&operand);
	for (k = 0; k < 5; k++) {
		must(weir_plan_run(plan, &operand, 1, &out, 1));
		if (!first)
			first = weir_tensor_retain(out);
		cr_expect(weir_tensor_equal_bits(out, first, NULL));
		weir_tensor_release(out);
		run = atomic_load(&plan->idle_first);
		cr_assert(run && plan->arena_bytes > 0);
		for (i = 0; i < plan->arena_bytes; i++)
			cr_assert(is_spoilt((unsigned char)run->arena[i]),
				  "byte %zu of %zu is %x", i,
				  plan->arena_bytes, run->arena[i]);
		for (i = 0; i < plan->poison->n; i++)
			cr_expect_eq(run->uses_left[i], 0);
	}
	weir_tensor_release(first);
	weir_tensor_release(operand);
	weir_plan_release(plan);
	end();
}

/* -- who asks for it ------------------------------------------------------ */

static bool
has_poison(void)
{
	weir_plan *plan = two_alike(false);
	bool has = plan->poison != NULL;

	weir_plan_release(plan);
	return has;
}

Test(poison, is_what_the_environment_says)
{
	weir_runtime *none = NULL;

	setenv("WEIR_POISON", "1", 1);
	begin(1);
	cr_expect(has_poison());
	end();
	setenv("WEIR_POISON", "0", 1);
	begin(1);
	cr_expect_not(has_poison());
	end();
	setenv("WEIR_POISON", "arsenic", 1);
	cr_expect_eq(weir_runtime_create(NULL, &none), WEIR_EINVAL);
	cr_expect(strstr(weir_error_text(), "WEIR_POISON is \"arsenic\""),
		  "%s", weir_error_text());
	unsetenv("WEIR_POISON");
}

Test(poison, stays_when_a_plan_is_compiled_anew)
{
	double ns[16] = { 0 };
	weir_plan *plan, *again;

	begin(1);
	plan = two_alike(true);
	must(weir_plan_recompile(plan, ns, weir_plan_get_info(plan).nodes,
				 &again));
	cr_expect_not_null(again->poison);
	weir_plan_release(again);
	weir_plan_release(plan);
	end();
}

/* The place of a value without elements may be another's by then, for nobody
 * waits for who makes it. */
Test(poison, spoils_nothing_for_a_value_without_elements)
{
	weir_compile_options options = { .size = sizeof options,
					 .poison = true };
	int64_t shape[2] = { 0, COLS };
	size_t empty = 0, i;
	weir_graph *graph;
	weir_plan *plan;
	weir_tensor *y;
	weir_scope *s;

	begin(1);
	must(weir_graph_create(rt, "g", &graph));
	s = weir_graph_scope(graph);
	y = weir_exp(s, weir_graph_input(graph, WEIR_F32, 2, shape, "x"));
	must(weir_graph_output(graph, weir_sum(s, y, 0, NULL, false)));
	must(weir_graph_compile_with(graph, &options, &plan));
	cr_assert_not_null(plan->poison);
	for (i = 0; i < plan->poison->n; i++)
		empty += plan->poison->remains[i].bytes == 0;
	cr_expect_eq(empty, 1);
	weir_plan_release(plan);
	weir_graph_release(graph);
	end();
}
