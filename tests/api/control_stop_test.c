/* Calls, branches and loops that fail, are refused, or are stopped. */

#include "support/fault.h"
#include "support/weir_test.h"

static weir_runtime *rt;
static struct fault fault;
static weir_tensor *v;			/* a variable: i64[2] */
static weir_tensor *x, *ints, *zeros;	/* f32[3]; i64[2] */

static void
begin(void)
{
	static const float data[] = { 1, 2, 3 };
	static const int64_t numbers[] = { 7, 9 }, none[] = { 1, 0 };

	weir_allocator allocator = fault_allocator(&fault);

	rt = must_runtime_on(2, &allocator);
	x = must_tensor(rt, WEIR_F32, data, 3);
	must(weir_tensor_set_name(x, "x"));
	ints = must_tensor(rt, WEIR_I64, numbers, 2);
	zeros = must_tensor(rt, WEIR_I64, none, 2);
	v = must_variable(rt, "v", WEIR_I64, numbers, 2);
}

static void
end(void)
{
	weir_tensor_release(v);
	weir_tensor_release(x);
	weir_tensor_release(ints);
	weir_tensor_release(zeros);
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
	cr_expect_eq(fault.alive, 0);
}

TestSuite(control_stop, .init = begin, .fini = end);

/* Both modes fail with this, in the same words, one of which this is; and leave
 * results and variables as they were. */
static void
expect_failure(weir_function_fn fn, weir_status wanted, const char *word)
{
	weir_tensor *in[3] = { x, ints, zeros }, *out = x;
	weir_function *f = must_function(rt, "f", fn, NULL);
	char said[2][2048];
	int64_t now[2];
	int mode;

	for (mode = 0; mode < 2; mode++) {
		cr_expect_eq(weir_function_call(f, both_modes[mode], in, 3,
						&out, 1), wanted,
			     "%s: %s", mode_names[mode], weir_error_text());
		snprintf(said[mode], sizeof *said, "%s", weir_error_text());
		expect_text(said[mode], word);
		cr_expect_eq(out, x);
		must(weir_tensor_read(v, now, sizeof now));
		cr_expect_eq(now[0], 7);
	}
	cr_expect_str_eq(said[0], said[1]);
	weir_function_release(f);
}

static weir_tensor *
integer(weir_scope *s, double value)
{
	return weir_constant(s, WEIR_I64, 0, NULL, value);
}

static weir_status
always(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)in;
	(void)arg;
	out[0] = weir_constant(s, WEIR_BOOL, 0, NULL, 1);
	return weir_scope_status(s);
}

static weir_status
as_it_is(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = in[0];
	return weir_scope_status(s);
}

/* -- ops that fail in a body ------------------------------------------------------- */

static weir_status
divides(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *by = arg;

	weir_assign(s, v, in[0]);
	out[0] = weir_div(s, in[0], by);
	return weir_scope_status(s);
}

static weir_status
divides_in_a_call(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		  void *arg)
{
	(void)arg;
	weir_call(s, "divide", divides, in[2], in + 1, 1, out, 1);
	return weir_scope_status(s);
}

Test(control_stop, an_op_that_fails_in_a_body_is_told_of_as_elsewhere)
{
	expect_failure(divides_in_a_call, WEIR_ERANGE,
		       "in f/call/divide/div, called at ");
	expect_failure(divides_in_a_call, WEIR_ERANGE, "control_stop_test.c");
}

/* The third iteration divides by zero. */
static weir_status
counts_down(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	weir_assign(s, v, weir_add(s, v, in[0]));
	out[0] = weir_sub(s, weir_div(s, in[0], in[0]), integer(s, 1));
	return weir_scope_status(s);
}

static weir_status
fails_in_a_loop(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		void *arg)
{
	(void)arg;
	weir_while(s, always, counts_down, NULL, 0, in + 1, out, 1);
	return weir_scope_status(s);
}

Test(control_stop, a_later_iteration_that_fails_is_told_of_as_elsewhere)
{
	expect_failure(fails_in_a_loop, WEIR_ERANGE, "in f/while/body/div");
}

static weir_status
loops_for_ever(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	       void *arg)
{
	(void)arg;
	weir_while(s, always, as_it_is, NULL, 10, in, out, 1);
	return weir_scope_status(s);
}

Test(control_stop, a_loop_that_is_too_long_fails)
{
	expect_failure(loops_for_ever, WEIR_ERANGE,
		       "while: the condition still holds after 10 iterations; "
		       "in f/while, called at ");
}

/* -- mistakes ------------------------------------------------------------------------ */

static weir_status
mistakes_a_predicate(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		     void *arg)
{
	(void)arg;
	weir_cond(s, in[0], as_it_is, as_it_is, NULL, in, 1, out, 1);
	return weir_scope_status(s);
}

static weir_status
mistakes_a_condition(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		     void *arg)
{
	(void)arg;
	weir_while(s, as_it_is, as_it_is, NULL, 0, in, out, 1);
	return weir_scope_status(s);
}

static weir_status
changes_shape(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	      void *arg)
{
	(void)arg;
	out[0] = weir_sum(s, in[0], 0, NULL, false);
	return weir_scope_status(s);
}

static weir_status
mistakes_a_state(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		 void *arg)
{
	(void)arg;
	weir_while(s, always, changes_shape, NULL, 0, in, out, 1);
	return weir_scope_status(s);
}

static weir_status
gives_nothing(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	      void *arg)
{
	(void)in;
	(void)out;
	(void)arg;
	return weir_scope_status(s);
}

static weir_status
mistakes_a_result(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		  void *arg)
{
	(void)arg;
	weir_call(s, "none", gives_nothing, NULL, in, 1, out, 1);
	return weir_scope_status(s);
}

static weir_status
refuses(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)s;
	(void)in;
	(void)out;
	(void)arg;
	return WEIR_EIO;
}

static weir_status
calls_what_refuses(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		   void *arg)
{
	(void)arg;
	weir_call(s, "refuses", refuses, NULL, in, 1, out, 1);
	return weir_scope_status(s);
}

static weir_status
null_operand(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	     void *arg)
{
	weir_tensor *none = NULL;

	(void)arg;
	(void)in;
	weir_call(s, "same", as_it_is, NULL, &none, 1, out, 1);
	return weir_scope_status(s);
}

static weir_status
uses_the_scope_around(weir_scope *s, weir_tensor *const *in,
		      weir_tensor **out, void *arg)
{
	(void)s;
	out[0] = weir_neg(arg, in[0]);
	return WEIR_OK;
}

static weir_status
mistakes_the_scope(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		   void *arg)
{
	(void)arg;
	weir_call(s, "wrong", uses_the_scope_around, s, in, 1, out, 1);
	return weir_scope_status(s);
}

static weir_status
assigning_condition(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		    void *arg)
{
	weir_assign(s, v, weir_neg(s, v));
	return always(s, in, out, arg);
}

static weir_status
mistakes_an_assignment(weir_scope *s, weir_tensor *const *in,
		       weir_tensor **out, void *arg)
{
	(void)arg;
	weir_while(s, assigning_condition, as_it_is, NULL, 0, in, out, 1);
	return weir_scope_status(s);
}

Test(control_stop, mistakes_are_told_in_the_same_words)
{
	expect_failure(mistakes_a_predicate, WEIR_ESHAPE,
		       "cond: operand a is no bool with one element; in "
		       "f/cond, called at ");
	expect_failure(mistakes_a_condition, WEIR_ESHAPE,
		       "the condition gives no bool with one element");
	expect_failure(mistakes_a_state, WEIR_ESHAPE,
		       "state 0 is f32[3], and the body makes f32[] of it");
	expect_failure(mistakes_a_result, WEIR_ENULL,
		       "the function left result 0 NULL");
	expect_failure(calls_what_refuses, WEIR_EIO,
		       "refuses: the function returned");
	expect_failure(null_operand, WEIR_ENULL, "operand a is NULL");
	expect_failure(mistakes_the_scope, WEIR_ESTATE,
		       "its ops go to the scope that it is given");
	expect_failure(mistakes_an_assignment, WEIR_ESTATE,
		       "the condition of a loop must not assign variables");
}

/* Of branches only one is called eagerly, so only a recording can know. */
static weir_status
unequal_branches(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		 void *arg)
{
	weir_tensor *is_more;

	(void)arg;
	is_more = weir_greater(s, weir_sum(s, in[0], 0, NULL, false),
			       weir_constant(s, WEIR_F32, 0, NULL, 0));
	weir_cond(s, is_more, as_it_is, changes_shape, NULL, in, 1, out, 1);
	return weir_scope_status(s);
}

Test(control_stop, branches_give_the_same_shapes)
{
	weir_function *f = must_function(rt, "f", unequal_branches, NULL);
	weir_tensor *out = NULL;

	cr_expect_eq(weir_function_call(f, NULL, &x, 1, &out, 1), WEIR_ESHAPE);
	expect_text(weir_error_text(), "result 0 is f32[3] of one branch and "
				       "f32[] of the other");
	cr_expect_null(out);
	weir_function_release(f);
}

Test(control_stop, arguments_are_checked)
{
	weir_scope *s = must_scope(rt, "s");
	weir_tensor *out = NULL;

	cr_expect_eq(weir_call(NULL, "f", as_it_is, NULL, &x, 1, &out, 1),
		     WEIR_ENULL);
	cr_expect_eq(weir_call(s, "f", NULL, NULL, &x, 1, &out, 1),
		     WEIR_ENULL);
	expect_text(weir_error_text(), "weir_call: a function is NULL");
	weir_scope_clear(s);
	cr_expect_eq(weir_cond(s, x, as_it_is, NULL, NULL, &x, 1, &out, 1),
		     WEIR_ENULL);
	weir_scope_clear(s);
	cr_expect_eq(weir_cond(s, NULL, as_it_is, as_it_is, NULL, &x, 1, &out,
			       1), WEIR_ENULL);
	expect_text(weir_error_text(), "cond: operand a is NULL");
	weir_scope_clear(s);
	cr_expect_eq(weir_while(s, always, as_it_is, NULL, -1, &x, &out, 1),
		     WEIR_EINVAL);
	weir_scope_clear(s);
	cr_expect_eq(weir_while(s, always, as_it_is, NULL, 0, NULL, &out, 1),
		     WEIR_ENULL);
	cr_expect_null(out);
	weir_scope_release(s);
}

/* -- stopped from outside --------------------------------------------------------------- */

/* A recording of a loop that does not end. */
static weir_plan *
endless_plan(weir_graph **graph)
{
	int64_t shape[1] = { 3 };
	weir_tensor *in, *out = NULL;
	weir_plan *plan;

	must(weir_graph_create(rt, "g", graph));
	in = weir_graph_input(*graph, WEIR_F32, 1, shape, NULL);
	must(weir_while(weir_graph_scope(*graph), always, as_it_is, NULL, 0,
			&in, &out, 1));
	must(weir_graph_output(*graph, out));
	must(weir_graph_compile(*graph, &plan));
	return plan;
}

Test(control_stop, a_loop_without_end_is_cancelled)
{
	weir_tensor *out = NULL;
	weir_graph *graph;
	weir_plan *plan = endless_plan(&graph);
	weir_run *run;

	must(weir_plan_start(plan, &x, 1, &out, 1, NULL, &run));
	weir_run_cancel(run);
	cr_expect_eq(weir_run_wait(run), WEIR_ECANCELED);
	expect_text(weir_error_text(), "g: cancelled");
	cr_expect_null(out);
	weir_run_release(run);
	weir_plan_release(plan);
	weir_graph_release(graph);
}

Test(control_stop, a_loop_without_end_has_a_deadline)
{
	weir_start_options options = { .size = sizeof options,
				       .deadline = 0.01 };
	weir_tensor *out = NULL;
	weir_graph *graph;
	weir_plan *plan = endless_plan(&graph);
	weir_run *run;

	must(weir_plan_start(plan, &x, 1, &out, 1, &options, &run));
	cr_expect_eq(weir_run_wait(run), WEIR_ETIMEDOUT);
	expect_text(weir_error_text(), "g: the deadline is over");
	cr_expect_null(out);
	weir_run_release(run);
	weir_plan_release(plan);
	weir_graph_release(graph);
}

/* -- memory --------------------------------------------------------------------------------- */

static weir_status
halves(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	out[0] = weir_mul(s, in[0], weir_constant(s, WEIR_F32, 0, NULL, 0.5));
	out[0] = weir_add(s, out[0], weir_mul(s, arg, out[0]));
	return weir_scope_status(s);
}

static weir_status
is_large(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	out[0] = weir_greater(s, weir_sum(s, in[0], 0, NULL, false),
			      weir_constant(s, WEIR_F32, 0, NULL, 0.1));
	return weir_scope_status(s);
}

/* A loop, a branch and a call, and gradients through them. */
static weir_status
everything(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *captured = weir_tanh(s, in[0]), *y, *large, *loss;

	(void)arg;
	captured = weir_mul(s, captured,
			    weir_constant(s, WEIR_F32, 0, NULL, 0.125));
	weir_while(s, is_large, halves, captured, 60, in, &y, 1);
	is_large(s, &y, &large, NULL);
	weir_cond(s, large, halves, as_it_is, captured, &y, 1, &y, 1);
	weir_call(s, "halves", halves, captured, &y, 1, &y, 1);
	loss = weir_sum(s, y, 0, NULL, false);
	out[0] = y;
	weir_tape_gradients(tape, loss, in, 1, out + 1);
	return weir_scope_status(s);
}

Test(control_stop, a_steady_run_allocates_nothing)
{
	weir_function *f = must_function(rt, "f", everything, NULL);
	weir_tensor *out[2];
	long before = 0;
	int i;

	for (i = 0; i < 20; i++) {
		must(weir_function_call(f, NULL, &x, 1, out, 2));
		weir_tensor_release(out[0]);
		weir_tensor_release(out[1]);
		if (i == 9)
			before = fault.calls;
	}
	cr_expect_eq(fault.calls, before);
	weir_function_release(f);
}

/* Each allocation fails once, in both modes; some can be done without. */
Test(control_stop, without_memory_it_fails_and_leaves_nothing)
{
	weir_tensor *out[2];
	weir_function *f;
	weir_status status;
	bool has_struck;
	int mode;
	long n;

	for (mode = 0; mode < 2; mode++) {
		for (n = 1, has_struck = true; has_struck; n++) {
			f = must_function(rt, "f", everything, NULL);
			weir_runtime_trim(rt);
			fault_arm(&fault, n);
			status = weir_function_call(f, both_modes[mode], &x, 1,
						    out, 2);
			has_struck = fault_has_struck(&fault);
			fault_arm(&fault, 0);
			cr_assert(!status || status == WEIR_ENOMEM, "%s",
				  weir_error_text());
			if (!status) {
				weir_tensor_release(out[0]);
				weir_tensor_release(out[1]);
			}
			weir_function_release(f);
		}
		cr_expect_gt(n, 100, "%ld", n);
	}
}
