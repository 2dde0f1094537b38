/* Calls, branches and loops: the same in both modes, to the bit. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdatomic.h>

#include "support/weir_test.h"

static const unsigned thread_counts[] = { 1, 2, 4 };

enum { THREADS = sizeof thread_counts / sizeof *thread_counts };

/* A runtime for each number of threads: each test does all it does in all. */
static int each_thread_count[] = { 0, 1, 2 };

#define FOR_EACH_THREAD_COUNT(suite, test)				\
ParameterizedTestParameters(suite, test)				\
{									\
	return cr_make_param_array(int, each_thread_count, THREADS);	\
}									\
ParameterizedTest(int *threads, suite, test)

static weir_runtime *rt;
static weir_tensor *v, *w;		/* variables */
static weir_tensor *x, *yes, *no;

static void
start(int threads)
{
	static const float data[] = { 1, 2, 3 }, more[] = { 0.5f, -1, 4 };
	static const bool truth = true, lie = false;

	rt = must_runtime(thread_counts[threads]);
	x = must_tensor(rt, WEIR_F32, data, 3);
	v = must_variable(rt, "v", WEIR_F32, data, 3);
	w = must_variable(rt, "w", WEIR_F32, more, 3);
	yes = must_tensor_of(rt, WEIR_BOOL, 0, NULL, &truth);
	no = must_tensor_of(rt, WEIR_BOOL, 0, NULL, &lie);
}

static void
stop(void)
{
	weir_tensor_release(x);
	weir_tensor_release(v);
	weir_tensor_release(w);
	weir_tensor_release(yes);
	weir_tensor_release(no);
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
}

enum { RESULTS_MAX = 8, VARIABLES = 2 };

static void
set(weir_tensor *variable, const float *data)
{
	must(weir_tensor_write(variable, data, 3 * sizeof *data));
}

/* What a variable is now. */
static weir_tensor *
copy(weir_tensor *variable)
{
	float data[3];

	must(weir_tensor_read(variable, data, sizeof data));
	return must_tensor(rt, WEIR_F32, data, 3);
}

/* What a call leaves. */
struct outcome {
	weir_tensor *out[RESULTS_MAX + VARIABLES];
	size_t n;
};

static struct outcome
outcome_of(weir_function *f, const weir_run_options *mode,
	   weir_tensor *const *in, size_t n_in, size_t n_out)
{
	static const float data[] = { 1, 2, 3 }, more[] = { 0.5f, -1, 4 };
	struct outcome o = { .n = n_out };

	set(v, data);
	set(w, more);
	must(weir_function_call(f, mode, in, n_in, o.out, n_out));
	o.out[o.n++] = copy(v);
	o.out[o.n++] = copy(w);
	return o;
}

static void
release(struct outcome *o)
{
	while (o->n)
		weir_tensor_release(o->out[--o->n]);
}

/* Both modes leave the same bits, also a second time. Returns what they
 * leave: to be released. */
static struct outcome
same_in_both(const char *name, weir_function_fn fn, void *arg,
	     weir_tensor *const *in, size_t n_in, size_t n_out)
{
	weir_function *f = must_function(rt, name, fn, arg);
	struct outcome eager = outcome_of(f, &in_eager_mode, in, n_in, n_out);
	int times;
	size_t i;

	for (times = 0; times < 2; times++) {
		struct outcome graph = outcome_of(f, &in_graph_mode, in, n_in,
						  n_out);

		for (i = 0; i < eager.n; i++)
			expect_same_bits(eager.out[i], graph.out[i]);
		release(&graph);
	}
	must(weir_function_compare(f, in, n_in, n_out));
	weir_function_release(f);
	return eager;
}

static weir_tensor *
number(weir_scope *s, double value)
{
	return weir_constant(s, WEIR_F32, 0, NULL, value);
}

/* -- calls --------------------------------------------------------------------- */

static weir_status
double_it(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_mul(s, in[0], number(s, 2));
	return weir_scope_status(s);
}

static weir_status
calls_twice(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	    void *arg)
{
	weir_tensor *once;

	(void)arg;
	weir_call(s, "double", double_it, NULL, in, 1, &once, 1);
	weir_call(s, "double", double_it, NULL, &once, 1, out, 1);
	return weir_scope_status(s);
}

FOR_EACH_THREAD_COUNT(control, a_call_gives_what_its_function_gives)
{
	struct outcome o;

	start(*threads);
	o = same_in_both("f", calls_twice, NULL, &x, 1, 1);
	expect_f32s(o.out[0], 4, 8, 12);
	release(&o);
	stop();
}

/* Tensors around a body that it uses by its arg. */
struct around {
	weir_tensor *a, *b;
};

static weir_status
uses_what_is_around(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		    void *arg)
{
	struct around *around = arg;

	out[0] = weir_add(s, weir_mul(s, in[0], around->a), around->b);
	out[1] = around->a;
	out[2] = in[0];
	out[3] = v;
	return weir_scope_status(s);
}

static weir_status
captures(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	struct around around = { .a = weir_neg(s, in[0]), .b = v };

	(void)arg;
	weir_call(s, "body", uses_what_is_around, &around, in, 1, out, 4);
	return weir_scope_status(s);
}

FOR_EACH_THREAD_COUNT(control, a_body_uses_what_is_around_it)
{
	struct outcome o;

	start(*threads);
	o = same_in_both("f", captures, NULL, &x, 1, 4);
	expect_f32s(o.out[0], 0, -2, -6);
	expect_f32s(o.out[1], -1, -2, -3);
	expect_f32s(o.out[2], 1, 2, 3);
	expect_f32s(o.out[3], 1, 2, 3);
	release(&o);
	stop();
}

static weir_status
calls_a_call(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	     void *arg)
{
	weir_call(s, "inner", uses_what_is_around, arg, in, 1, out, 4);
	return weir_scope_status(s);
}

static weir_status
captures_deeper(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		void *arg)
{
	struct around around = { .a = weir_neg(s, in[0]), .b = v };

	(void)arg;
	weir_call(s, "outer", calls_a_call, &around, in, 1, out, 4);
	return weir_scope_status(s);
}

FOR_EACH_THREAD_COUNT(control, a_body_in_a_body_uses_what_is_around_both)
{
	struct outcome o;

	start(*threads);
	o = same_in_both("f", captures_deeper, NULL, &x, 1, 4);
	expect_f32s(o.out[0], 0, -2, -6);
	release(&o);
	stop();
}

/* -- branches -------------------------------------------------------------------- */

static weir_status
assigns_v(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	weir_assign(s, v, weir_add(s, v, in[0]));
	out[0] = weir_mul(s, v, w);
	return weir_scope_status(s);
}

static weir_status
assigns_w(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	weir_assign(s, w, in[0]);
	out[0] = weir_neg(s, w);
	return weir_scope_status(s);
}

static weir_status
branches(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	weir_cond(s, in[1], assigns_v, assigns_w, NULL, in, 1, out, 1);
	out[1] = weir_add(s, v, w);
	return weir_scope_status(s);
}

FOR_EACH_THREAD_COUNT(control, a_branch_is_taken_and_only_that_one_assigns)
{
	weir_tensor *in[2];
	struct outcome o;

	start(*threads);
	in[0] = x;
	in[1] = yes;
	o = same_in_both("f", branches, NULL, in, 2, 2);
	expect_f32s(o.out[0], 1, -4, 24);
	expect_f32s(o.out[1], 2.5f, 3, 10);
	expect_f32s(o.out[2], 2, 4, 6);
	expect_f32s(o.out[3], 0.5f, -1, 4);
	release(&o);
	in[1] = no;
	o = same_in_both("f", branches, NULL, in, 2, 2);
	expect_f32s(o.out[0], -1, -2, -3);
	expect_f32s(o.out[2], 1, 2, 3);
	expect_f32s(o.out[3], 1, 2, 3);
	release(&o);
	stop();
}

/* -- loops ------------------------------------------------------------------------ */

/* while sum(a) < 1000: a = 2 a + v, count += 1 */
static weir_status
is_small(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_greater(s, number(s, 1000),
			      weir_sum(s, in[0], 0, NULL, false));
	return weir_scope_status(s);
}

static weir_status
grow(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_add(s, weir_mul(s, in[0], number(s, 2)), v);
	out[1] = weir_add(s, in[1], number(s, 1));
	return weir_scope_status(s);
}

static weir_status
grows(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *states[2] = { in[0], number(s, 0) };

	(void)arg;
	weir_while(s, is_small, grow, NULL, 0, states, out, 2);
	return weir_scope_status(s);
}

FOR_EACH_THREAD_COUNT(control, a_loop_goes_on_while_its_condition_holds)
{
	struct outcome o;

	start(*threads);
	o = same_in_both("f", grows, NULL, &x, 1, 2);
	expect_f32s(o.out[0], 255, 510, 765);
	expect_f32s(o.out[1], 7);
	release(&o);
	stop();
}

static weir_status
never(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)in;
	(void)arg;
	out[0] = weir_constant(s, WEIR_BOOL, 0, NULL, 0);
	return weir_scope_status(s);
}

static weir_status
does_not_loop(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	      void *arg)
{
	static const int64_t axes[] = { 1, 0 };
	weir_tensor *states[2] = { weir_transpose(s, in[0], 2, axes), v };

	(void)arg;
	weir_while(s, never, double_it, NULL, 0, states, out, 1);
	weir_while(s, never, assigns_v, NULL, 0, states + 1, out + 1, 1);
	return weir_scope_status(s);
}

FOR_EACH_THREAD_COUNT(control, a_loop_may_do_nothing)
{
	static const float data[] = { 1, 2, 3, 4, 5, 6 };
	weir_tensor *matrix;
	struct outcome o;

	start(*threads);
	matrix = must_tensor(rt, WEIR_F32, data, 2, 3);
	o = same_in_both("f", does_not_loop, NULL, &matrix, 1, 2);
	expect_f32s(o.out[0], 1, 4, 2, 5, 3, 6);
	expect_f32s(o.out[1], 1, 2, 3);
	expect_f32s(o.out[2], 1, 2, 3);
	release(&o);
	weir_tensor_release(matrix);
	stop();
}

/* Variables are states of a loop: while sum(v) < 1000: v = v + v * x. */
static weir_status
v_is_small(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)in;
	return is_small(s, &v, out, arg);
}

static weir_status
grow_v(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	struct around *around = arg;

	weir_assign(s, v, weir_add(s, v, weir_mul(s, v, around->a)));
	out[0] = weir_add(s, in[0], number(s, 1));
	return weir_scope_status(s);
}

static weir_status
grows_v(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	struct around around = { .a = in[0] };
	weir_tensor *count = number(s, 0);

	(void)arg;
	weir_while(s, v_is_small, grow_v, &around, 0, &count, out, 1);
	out[1] = weir_neg(s, v);
	return weir_scope_status(s);
}

FOR_EACH_THREAD_COUNT(control, a_loop_carries_variables)
{
	struct outcome o;

	start(*threads);
	o = same_in_both("f", grows_v, NULL, &x, 1, 2);
	expect_f32s(o.out[0], 5);
	expect_f32s(o.out[1], -32, -486, -3072);
	expect_f32s(o.out[2], 32, 486, 3072);
	release(&o);
	stop();
}

/* A loop in a branch in a loop. */
static weir_status
branch_with_a_loop(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		   void *arg)
{
	struct around around = { .a = in[0] };
	weir_tensor *count = number(s, 0);

	(void)arg;
	weir_while(s, v_is_small, grow_v, &around, 0, &count, out, 1);
	out[0] = weir_add(s, weir_mul(s, in[0], number(s, 3)), out[0]);
	return weir_scope_status(s);
}

static weir_status
nested_body(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	    void *arg)
{
	weir_tensor *large = weir_greater(s, weir_sum(s, in[0], 0, NULL,
						      false), number(s, 50));

	(void)arg;
	weir_cond(s, large, branch_with_a_loop, double_it, NULL, in, 1, out,
		  1);
	out[1] = weir_add(s, in[1], number(s, 1));
	return weir_scope_status(s);
}

static weir_status
nests(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *states[2] = { in[0], number(s, 0) };

	(void)arg;
	weir_while(s, is_small, nested_body, NULL, 0, states, out, 2);
	return weir_scope_status(s);
}

FOR_EACH_THREAD_COUNT(control, bodies_are_nested)
{
	struct outcome o;

	start(*threads);
	o = same_in_both("f", nests, NULL, &x, 1, 2);
	expect_f32s(o.out[1], 7);
	release(&o);
	stop();
}

/* -- what does not change in a loop -------------------------------------------------- */

static atomic_int counted;

static weir_status
count_infer(const weir_call *call, weir_spec *out)
{
	*out = *call->in[0];
	return WEIR_OK;
}

/* x + 1; how often it is called shows. */
static weir_status
count_kernel(const weir_kernel *kernel, int64_t begin, int64_t end)
{
	const float *from = kernel->in[0].data;
	float *to = kernel->out[0].data;
	int i;

	(void)begin;
	(void)end;
	for (i = 0; i < 3; i++)
		to[i] = from[i] + 1;
	atomic_fetch_add(&counted, 1);
	return WEIR_OK;
}

static const weir_op counting = {
	.size = sizeof(weir_op), .name = "counting", .doc = "Adds 1.",
	.n_in = 1, .n_out = 1, .flags = WEIR_OP_PURE, .infer = count_infer,
	.kernel = count_kernel,
};

static weir_status
grow_by_invariants(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		   void *arg)
{
	weir_tensor *captured = arg, *same, *other;

	weir_apply(s, &counting, NULL, &captured, 1, &same, 1);
	weir_apply(s, &counting, NULL, &w, 1, &other, 1);
	out[0] = weir_add(s, weir_mul(s, in[0], number(s, 2)), same);
	out[1] = weir_add(s, in[1], number(s, 1));
	weir_assign(s, v, other);	/* the same again and again */
	return weir_scope_status(s);
}

static weir_status
has_invariants(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	       void *arg)
{
	weir_tensor *states[2] = { in[0], number(s, 0) };

	(void)arg;
	weir_while(s, is_small, grow_by_invariants, weir_neg(s, in[0]), 0,
		   states, out, 2);
	out[2] = weir_neg(s, v);
	return weir_scope_status(s);
}

FOR_EACH_THREAD_COUNT(control, what_does_not_change_in_a_loop_is_done_once)
{
	struct outcome o;
	weir_function *f;
	weir_plan *plan;
	char *text;
	int rounds;

	start(*threads);
	o = same_in_both("f", has_invariants, NULL, &x, 1, 3);
	rounds = (int)*(const float *)weir_tensor_data(o.out[1]);
	cr_assert_gt(rounds, 3);
	release(&o);
	f = must_function(rt, "f", has_invariants, NULL);
	atomic_store(&counted, 0);
	o = outcome_of(f, &in_eager_mode, &x, 1, 3);
	cr_expect_eq(atomic_load(&counted), 2 * rounds);
	release(&o);
	atomic_store(&counted, 0);
	o = outcome_of(f, &in_graph_mode, &x, 1, 3);
	cr_expect_eq(atomic_load(&counted), 2);
	release(&o);
	o = outcome_of(f, &in_graph_mode, &x, 1, 3);
	cr_expect_eq(atomic_load(&counted), 4);
	release(&o);
	must(weir_function_plan(f, &x, 1, 3, &plan));
	must(weir_plan_describe(plan, &text));
	expect_text(text, "of call ");
	expect_text(text, "/while/body/counting  (first iteration only)");
	weir_text_release(text);
	weir_plan_release(plan);
	weir_function_release(f);
	stop();
}

FOR_EACH_THREAD_COUNT(control, hoisting_can_be_left_out)
{
	weir_function *f;
	struct outcome o;

	setenv("WEIR_SKIP_PASSES", "hoist", 1);
	start(*threads);
	f = must_function(rt, "f", has_invariants, NULL);
	atomic_store(&counted, 0);
	o = outcome_of(f, &in_graph_mode, &x, 1, 3);
	cr_expect_gt(atomic_load(&counted), 2);
	release(&o);
	weir_function_release(f);
	stop();
	unsetenv("WEIR_SKIP_PASSES");
}

/* -- as text -------------------------------------------------------------------------- */

FOR_EACH_THREAD_COUNT(control, a_graph_is_described_with_its_bodies)
{
	int64_t shape[1] = { 3 };
	weir_tensor *in, *out[2] = { NULL };
	weir_graph *graph;
	char *text;

	start(*threads);
	must(weir_graph_create(rt, "g", &graph));
	in = weir_graph_input(graph, WEIR_F32, 1, shape, "x");
	must(grows(weir_graph_scope(graph), &in, out, NULL));
	must(weir_graph_describe(graph, false, &text));
	expect_text(text, "g/while(input0=x:f32[3]");
	expect_text(text, "graph g/while/condition: ");
	expect_text(text, "graph g/while/body: ");
	expect_text(text, "input0 is state 0\n");
	expect_text(text, "is operand 2\n");
	weir_text_release(text);
	weir_graph_release(graph);
	stop();
}

/* -- whether they do the same each time ----------------------------------- */

static weir_status
writes_one(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *const *variable = arg;

	weir_assign(s, *variable, weir_neg(s, in[0]));
	out[0] = weir_exp(s, in[0]);
	return weir_scope_status(s);
}

static weir_status
writes_another(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	       void *arg)
{
	int *calls = arg;

	return weir_call(s, "body", writes_one, (*calls)++ % 2 ? &v : &w, in,
			 1, out, 1);
}

Test(control, bodies_that_write_another_variable_each_time_are_found_out)
{
	weir_function_options options = { .size = sizeof options,
					  .check_repeatable = true };
	weir_function *f = NULL;
	weir_tensor *out[1];
	int calls = 0;

	start(0);
	must(weir_function_create_with(rt, "f", writes_another, &calls,
				       &options, &f));
	cr_expect_eq(weir_function_call(f, NULL, &x, 1, out, 1),
		     WEIR_EUNREPEATABLE);
	expect_text(weir_error_text(), "writes other variables");
	weir_function_release(f);
	stop();
}
