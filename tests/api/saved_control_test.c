/* Graphs with calls, branches and loops in files. */
#include "api/saved_child.h"
#include "api/saved_loops.h"

static struct loops loops;

static void
begin_loops(void)
{
	begin();
	loops_create(rt, &loops);
}

static void
end_loops(void)
{
	loops_release(&loops);
	end();
}

TestSuite(saved_control, .init = begin_loops, .fini = end_loops);

static weir_graph *
load_loops(void)
{
	weir_plan *plan = loops_plan(&loops);

	must(weir_plan_save(plan, file_path));
	weir_plan_release(plan);
	return must_load(rt, &with_ops);
}

/* -- the same bits -------------------------------------------------------- */

static void
expect_same_variables(const weir_graph *loaded)
{
	size_t i;

	for (i = 0; i < LOOPS_VARIABLES; i++)
		expect_same_bits(loops.variables[i], weir_graph_find_variable(
				loaded, weir_tensor_name(loops.variables[i])));
}

/* Eager steps, with the variables from before the graph was saved, against
 * those of a plan of the loaded graph, with its own. */
Test(saved_control, loops_give_the_bits_of_eager)
{
	static const bool lie = false;
	weir_tensor *in[LOOPS_IN] = { loops.x, loops.flag };
	weir_tensor *x[LOOPS_OUT], *y[LOOPS_OUT];
	weir_graph *g = load_loops();
	weir_plan *plan = must_compile(g);
	int n, i;

	expect_same_variables(g);
	for (n = 0; n < 4; n++) {
		must(weir_function_call(loops.step, &in_eager_mode, in,
					LOOPS_IN, x, LOOPS_OUT));
		must(weir_plan_run(plan, in, LOOPS_IN, y, LOOPS_OUT));
		for (i = 0; i < LOOPS_OUT; i++)
			expect_same_bits(x[i], y[i]);
		release_all(x, LOOPS_OUT);
		release_all(y, LOOPS_OUT);
		expect_same_variables(g);
		if (n == 1)
			must(weir_tensor_write(loops.flag, &lie, sizeof lie));
	}
	weir_plan_release(plan);
	weir_graph_release(g);
}

CHILD(save_loops)
{
	weir_runtime *runtime = must_runtime(1);
	weir_tensor *in[LOOPS_IN];
	struct loops l;
	weir_plan *plan;

	loops_create(runtime, &l);
	plan = loops_plan(&l);
	in[0] = l.x;
	in[1] = l.flag;
	save_with_results(runtime, plan, l.step, in, LOOPS_IN, LOOPS_OUT);
	weir_plan_release(plan);
	loops_release(&l);
	weir_runtime_release(runtime);
	return 0;
}

Test(saved_control, another_process_gets_the_bits_of_eager)
{
	weir_tensor *in[LOOPS_IN] = { loops.x, loops.flag };

	expect_results_of("save_loops", in, LOOPS_IN, LOOPS_OUT);
}

/* -- the same graph ------------------------------------------------------- */

static char *
text_of(const weir_graph *g, bool as_dot)
{
	char *text;

	must(weir_graph_describe(g, as_dot, &text));
	return text;
}

static size_t
read_file(char *bytes, size_t size)
{
	FILE *file = fopen(file_path, "rb");
	size_t n = fread(bytes, 1, size, file);

	fclose(file);
	return n;
}

/* What is loaded is the graph that was saved: its file, and its bodies in
 * words, are the same. */
Test(saved_control, graph_saved_again_is_the_same_file)
{
	static char first[1 << 18], second[1 << 18];
	weir_graph *g = load_loops(), *again;
	size_t n = read_file(first, sizeof first);
	char *one, *other;
	int as_dot;

	cr_assert(n > 1000 && n < sizeof first);
	again = save_and_load(g, &with_ops);
	cr_expect_eq(read_file(second, sizeof second), n);
	cr_expect_eq(memcmp(first, second, n), 0, "%s\n%s", first + 8,
		     second + 8);
	for (as_dot = 0; as_dot < 2; as_dot++) {
		one = text_of(g, as_dot);
		other = text_of(again, as_dot);
		cr_expect_str_eq(one, other);
		weir_text_release(one);
		weir_text_release(other);
	}
	weir_graph_release(again);
	weir_graph_release(g);
}

static weir_status
twice(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *w = arg;

	weir_assign(s, w, weir_add(s, in[0], w));
	out[0] = weir_add(s, w, in[0]);
	return weir_scope_status(s);
}

/* Which variable a call has given a value is known of the loaded graph, too,
 * and a graph can be recorded into further. */
Test(saved_control, variables_that_bodies_assign_are_told)
{
	weir_tensor *w = must_variable(rt, "w", WEIR_F64, NULL, 3), *out, *x;
	weir_graph *g, *again;
	weir_scope *s;
	char *one, *other;

	must(weir_graph_create(rt, "g", &g));
	s = weir_graph_scope(g);
	x = weir_graph_input(g, WEIR_F64, 1, (int64_t[]){ 3 }, "x");
	must(weir_call(s, "twice", twice, w, &x, 1, &out, 1));
	weir_assign(s, w, weir_mul(s, w, out));
	must(weir_call(s, "twice", twice, w, &out, 1, &out, 1));
	must(weir_graph_output(g, out));
	again = save_and_load(g, NULL);
	must(weir_graph_output(again, weir_graph_find_variable(again, "w")));
	must(weir_graph_output(g, w));
	one = text_of(g, false);
	other = text_of(again, false);
	cr_expect_str_eq(one, other);
	expect_text(one, "variable w becomes %");
	weir_text_release(one);
	weir_text_release(other);
	weir_graph_release(again);
	weir_graph_release(g);
	weir_tensor_release(w);
}

/* -- the same sentences --------------------------------------------------- */

struct divisors {
	weir_tensor *captured, *variable;
};

static weir_status
more(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_greater(s, weir_constant(s, WEIR_I64, 0, NULL, 9),
			      in[0]);
	return weir_scope_status(s);
}

static weir_status
divide_captured(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		void *arg)
{
	const struct divisors *d = arg;

	weir_assign(s, d->variable, weir_add(s, d->variable, in[0]));
	out[0] = weir_add(s, in[0], weir_div(s, in[0], d->captured));
	return weir_scope_status(s);
}

static weir_status
divide_variable(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		void *arg)
{
	const struct divisors *d = arg;

	weir_scope_push(s, "deep");
	out[0] = weir_keep(s, weir_div(s, in[0], d->variable));
	weir_scope_pop(s);
	return weir_scope_status(s);
}

static weir_status
divides(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	struct divisors d = *(const struct divisors *)arg;
	weir_tensor *is_first = weir_equal(s, in[0], in[1]);

	d.captured = weir_sub(s, in[1], in[1]);
	if (d.captured)
		must(weir_tensor_set_name(d.captured, "nothing"));
	if (weir_cond(s, is_first, divide_captured, divide_variable, &d, in, 1,
		      out, 1))
		return weir_scope_status(s);
	return weir_while(s, more, divide_variable, &d, 0, out, out, 1);
}

/* In a body of a body: what is captured, what was a variable, states. */
Test(saved_control, errors_name_what_they_named_before)
{
	static const int64_t numbers[] = { 1, 2 };
	struct divisors d = { .variable = must_variable_of(
			rt, "zero", must_tensor_of(rt, WEIR_I64, 0, NULL,
						   NULL)) };
	weir_function *f = must_function(rt, "f", divides, &d);
	weir_tensor *in[2], *out[1];
	weir_graph *g;
	weir_plan *plan = NULL, *again;
	char before[2048];
	int second;

	in[0] = must_tensor_of(rt, WEIR_I64, 0, NULL, numbers);
	in[1] = must_tensor_of(rt, WEIR_I64, 0, NULL, numbers + 1);
	must(weir_function_plan(f, in, 2, 1, &plan));
	must(weir_plan_save(plan, file_path));
	g = must_load(rt, NULL);
	again = must_compile(g);
	for (second = 0; second < 2; second++) {
		cr_expect_neq(weir_function_call(f, &in_eager_mode, in, 2, out,
						 1), WEIR_OK);
		snprintf(before, sizeof before, "%s", weir_error_text());
		cr_expect_neq(weir_plan_run(again, in, 2, out, 1), WEIR_OK);
		cr_expect_str_eq(weir_error_text(), before);
		expect_text(before, second ? "nothing" : "variable zero");
		expect_text(before, "saved_control_test.c:");
		weir_tensor_release(in[1]);
		in[1] = must_tensor_of(rt, WEIR_I64, 0, NULL, numbers);
	}
	release_all(in, 2);
	weir_plan_release(again);
	weir_graph_release(g);
	weir_plan_release(plan);
	weir_function_release(f);
	weir_tensor_release(d.variable);
}

/* Both variables have the value that one of them had. */
static weir_status
divide_equals(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	      void *arg)
{
	weir_tensor *const *variables = arg;

	weir_assign(s, variables[1], variables[0]);
	out[0] = weir_add(s, in[0], weir_div(s, variables[0], variables[1]));
	return weir_scope_status(s);
}

static weir_status
divides_equals(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	       void *arg)
{
	return weir_call(s, "body", divide_equals, arg, in, 1, out, 1);
}

Test(saved_control, one_value_has_both_its_names_in_a_sentence)
{
	weir_tensor *variables[2], *in, *out;
	char before[2048];
	weir_function *f;
	weir_plan *plan = NULL, *again;
	weir_graph *g;
	int i;

	for (i = 0; i < 2; i++)
		variables[i] = must_variable_of(
			rt, i ? "also" : "zero",
			must_tensor_of(rt, WEIR_I64, 0, NULL, NULL));
	f = must_function(rt, "f", divides_equals, variables);
	in = must_tensor_of(rt, WEIR_I64, 0, NULL, NULL);
	must(weir_function_plan(f, &in, 1, 1, &plan));
	must(weir_plan_save(plan, file_path));
	g = must_load(rt, NULL);
	again = must_compile(g);
	cr_expect_neq(weir_function_call(f, &in_eager_mode, &in, 1, &out, 1),
		      WEIR_OK);
	snprintf(before, sizeof before, "%s", weir_error_text());
	expect_text(before, "variable zero");
	expect_text(before, "variable also");
	cr_expect_neq(weir_plan_run(again, &in, 1, &out, 1), WEIR_OK);
	cr_expect_str_eq(weir_error_text(), before);
	weir_plan_release(again);
	weir_graph_release(g);
	weir_plan_release(plan);
	weir_function_release(f);
	weir_tensor_release(in);
	release_all(variables, 2);
}

/* -- what is refused ------------------------------------------------------ */

static weir_status
nest(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	int *left = arg;

	if (--*left)
		return weir_call(s, "n", nest, arg, in, 1, out, 1);
	out[0] = weir_exp(s, in[0]);
	return weir_scope_status(s);
}

static weir_graph *
nested(int depth)
{
	weir_tensor *x, *out;
	weir_graph *g;

	must(weir_graph_create(rt, "g", &g));
	x = weir_graph_input(g, WEIR_F64, 1, (int64_t[]){ 2 }, "x");
	must(weir_call(weir_graph_scope(g), "n", nest, &depth, &x, 1, &out,
		       1));
	must(weir_graph_output(g, out));
	return g;
}

Test(saved_control, bodies_are_saved_so_deep_and_no_deeper)
{
	weir_graph *deep = nested(64), *deeper = nested(65), *again;
	weir_tensor *x = must_tensor(rt, WEIR_F64, NULL, 2), *out;
	weir_plan *plan;

	again = save_and_load(deep, NULL);
	plan = must_compile(again);
	must(weir_plan_run(plan, &x, 1, &out, 1));
	cr_expect_eq(weir_graph_save(deeper, file_path), WEIR_ERANGE);
	expect_text(weir_error_text(), "weir_graph_save: the bodies of call in "
		    "g/call/n/");
	expect_text(weir_error_text(), "saved_control_test.c:");
	expect_text(weir_error_text(), "are in 64 others: no more are saved");
	weir_tensor_release(out);
	weir_tensor_release(x);
	weir_plan_release(plan);
	weir_graph_release(again);
	weir_graph_release(deeper);
	weir_graph_release(deep);
}

Test(saved_control, ops_of_bodies_are_looked_for_too)
{
	weir_plan *plan = loops_plan(&loops);
	weir_graph *g = NULL;

	must(weir_plan_save(plan, file_path));
	cr_expect_eq(weir_graph_load(rt, file_path, NULL, &g), WEIR_EFORMAT);
	expect_text(weir_error_text(), "the op `model/affine' of its user");
	cr_expect_null(g);
	weir_plan_release(plan);
}
