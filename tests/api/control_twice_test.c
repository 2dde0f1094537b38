/* Gradients of gradients of calls, branches and loops, with respect to an operand
 * and a variable, against differences of the first ones in f64, and to the bit
 * in both modes. And theirs. */
#include <criterion/criterion.h>
#include <criterion/parameterized.h>

#include "support/weir_test.h"

static int each_thread_count[] = { 1, 2, 4 };

enum { N = 3 };

static weir_runtime *rt;
static weir_tensor *v;			/* a variable: f64[3] */
/* Of the operand, then of the variable. */
static const double at[2 * N] = { 0.9, 1.1, -0.4, 0.5, -0.25, 0.75 };

static void
start(int threads)
{
	rt = must_runtime((unsigned)threads);
	v = must_variable(rt, "v", WEIR_F64, at + N, N);
}

static void
stop(void)
{
	weir_tensor_release(v);
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
}

static weir_tensor *
total(weir_scope *s, weir_tensor *t)
{
	return weir_sum(s, t, 0, NULL, false);
}

/* -- what is differentiated ----------------------------------------------- */

static weir_status
layer(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *captured = arg;

	out[0] = weir_tanh(s, weir_mul(s, weir_mul(s, in[0], v), captured));
	return weir_scope_status(s);
}

static weir_status
power(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *captured = arg, *y;

	weir_call(s, "inner", layer, captured, in, 1, &y, 1);
	out[0] = weir_mul(s, weir_exp(s, y), in[0]);
	return weir_scope_status(s);
}

static weir_tensor *
loss_of_call(weir_scope *s, weir_tensor *x)
{
	weir_tensor *captured = weir_square(s, x), *y;

	weir_call(s, "layer", layer, captured, &x, 1, &y, 1);
	return total(s, weir_mul(s, y, weir_add(s, captured, v)));
}

static weir_tensor *
loss_of_branches(weir_scope *s, weir_tensor *x)
{
	weir_tensor *captured = weir_square(s, x), *is_more, *y, *z;
	weir_tensor *least = weir_constant(s, WEIR_F64, 0, NULL, -100);

	is_more = weir_greater(s, total(s, x), least);
	weir_cond(s, is_more, power, layer, captured, &x, 1, &y, 1);
	is_more = weir_greater(s, least, total(s, x));
	weir_cond(s, is_more, power, layer, captured, &y, 1, &z, 1);
	return total(s, weir_mul(s, y, z));
}

/* -- loops ---------------------------------------------------------------- */

/* What loops know: a tensor around them, and how often they go round. */
struct loop {
	weir_tensor *captured;
	int64_t rounds;
};

static weir_tensor *
number(weir_scope *s, weir_dtype dtype, double x)
{
	return weir_constant(s, dtype, 0, NULL, x);
}

static weir_status
goes_on(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const struct loop *loop = arg;

	out[0] = weir_greater(s, number(s, WEIR_I64, (double)loop->rounds),
			      in[1]);
	return weir_scope_status(s);
}

/* Of an integer, too, of which there is no gradient. */
static weir_status
turn(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const struct loop *loop = arg;

	out[0] = weir_tanh(s, weir_add(s, weir_mul(s, in[0], v),
				       weir_square(s, loop->captured)));
	out[1] = weir_add(s, in[1], number(s, WEIR_I64, 1));
	return weir_scope_status(s);
}

static weir_tensor *
go_round(weir_scope *s, weir_body_fn body, struct loop *loop, weir_tensor *x)
{
	weir_tensor *states[2] = { x, number(s, WEIR_I64, 0) }, *y[2];

	y[0] = NULL;
	weir_while(s, goes_on, body, loop, 5, states, y, 2);
	return y[0];
}

static weir_tensor *
loss_after(weir_scope *s, weir_tensor *x, struct loop *loop,
	   weir_body_fn body)
{
	weir_tensor *y;

	loop->captured = weir_exp(s, x);
	y = go_round(s, body, loop, x);
	return total(s, weir_mul(s, weir_square(s, y), v));
}

/* The args of bodies are there until the tapes are done. */
static struct loop outer_loop, inner_loop;

static weir_tensor *
loss_of_loop(weir_scope *s, weir_tensor *x)
{
	outer_loop.rounds = 4;
	return loss_after(s, x, &outer_loop, turn);
}

static weir_tensor *
loss_of_one_round(weir_scope *s, weir_tensor *x)
{
	outer_loop.rounds = 1;
	return loss_after(s, x, &outer_loop, turn);
}

static weir_tensor *
loss_of_no_round(weir_scope *s, weir_tensor *x)
{
	outer_loop.rounds = 0;
	return loss_after(s, x, &outer_loop, turn);
}

/* A loop, a call and a branch in each round. */
static weir_status
turn_of_turns(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	      void *arg)
{
	const struct loop *loop = arg;
	weir_tensor *is_more, *y, *z;

	inner_loop.captured = weir_mul(s, in[0], loop->captured);
	inner_loop.rounds = 2;
	y = go_round(s, turn, &inner_loop, in[0]);
	is_more = weir_greater(s, total(s, y), number(s, WEIR_F64, 0.5));
	weir_cond(s, is_more, power, layer, loop->captured, &y, 1, &z, 1);
	weir_call(s, "layer", layer, loop->captured, &z, 1, &y, 1);
	out[0] = weir_tanh(s, weir_add(s, y, z));
	out[1] = weir_add(s, in[1], number(s, WEIR_I64, 1));
	return weir_scope_status(s);
}

static weir_tensor *
loss_of_nested_loops(weir_scope *s, weir_tensor *x)
{
	outer_loop.rounds = 3;
	return loss_after(s, x, &outer_loop, turn_of_turns);
}

/* Round by round the variable becomes another. */
static weir_status
turn_writing(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	     void *arg)
{
	const struct loop *loop = arg;

	out[0] = weir_tanh(s, weir_add(s, weir_mul(s, in[0], v),
				       loop->captured));
	weir_assign(s, v, weir_tanh(s, weir_mul(s, v, out[0])));
	out[1] = weir_add(s, in[1], number(s, WEIR_I64, 1));
	return weir_scope_status(s);
}

static weir_tensor *
loss_of_loop_that_writes(weir_scope *s, weir_tensor *x)
{
	weir_tensor *was = weir_mul(s, v, number(s, WEIR_F64, 1)), *loss;

	outer_loop.rounds = 3;
	loss = loss_after(s, x, &outer_loop, turn_writing);
	weir_assign(s, v, was);
	return loss;
}

static weir_status
looping(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	(void)arg;
	inner_loop.captured = weir_square(s, in[0]);
	inner_loop.rounds = 3;
	out[0] = go_round(s, turn, &inner_loop, in[0]);
	return weir_scope_status(s);
}

static weir_tensor *
loss_of_call_that_loops(weir_scope *s, weir_tensor *x)
{
	weir_tensor *y;

	weir_call(s, "looping", looping, NULL, &x, 1, &y, 1);
	return total(s, weir_mul(s, y, v));
}

typedef weir_tensor *loss_fn(weir_scope *s, weir_tensor *x);

static loss_fn *const losses[] = {
	loss_of_call, loss_of_branches, loss_of_loop, loss_of_one_round,
	loss_of_no_round, loss_of_nested_loops, loss_of_loop_that_writes,
	loss_of_call_that_loops,
};

enum { N_LOSSES = sizeof losses / sizeof *losses };

/* -- how often ------------------------------------------------------------ */

static weir_tensor *
bent(weir_scope *s, weir_tensor *t)
{
	return total(s, weir_tanh(s, weir_mul(s, t, number(s, WEIR_F64, 0.3))));
}

/* A number that depends on the first gradients, and its gradients. */
static weir_status
twice(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	loss_fn *loss = *(loss_fn **)arg;
	weir_tape *outer = weir_tape_begin(s), *tape = weir_tape_begin(s);
	weir_tensor *with[2] = { in[0], v }, *first[2];

	weir_tape_gradients(tape, loss(s, in[0]), with, 2, first);
	out[0] = weir_add(s, bent(s, first[0]), bent(s, first[1]));
	weir_tape_gradients(outer, out[0], with, 2, out + 1);
	return weir_scope_status(s);
}

/* A number that depends on the second gradients, and its gradients. */
static weir_status
thrice(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *with[2] = { in[0], v }, *second[3];

	if (twice(s, in, second, arg))
		return weir_scope_status(s);
	out[0] = weir_add(s, bent(s, second[1]), bent(s, second[2]));
	weir_tape_gradients(tape, out[0], with, 2, out + 1);
	return weir_scope_status(s);
}

/* Two gradients of one loop, both of which go through its rows; and one of
 * them is asked for with respect to what the loop gives, too. */
static weir_status
two_at_once(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	    void *arg)
{
	weir_tape *outer = weir_tape_begin(s), *a = weir_tape_begin(s);
	weir_tape *b = weir_tape_begin(s);
	weir_tensor *with[2] = { in[0], v }, *of[2], *first[2], *y;

	(void)arg;
	outer_loop.rounds = 3;
	outer_loop.captured = weir_square(s, in[0]);
	y = go_round(s, turn, &outer_loop, in[0]);
	of[0] = in[0];
	of[1] = y;
	weir_tape_gradients(a, total(s, weir_square(s, y)), of, 2, first);
	out[0] = weir_add(s, bent(s, first[0]), bent(s, first[1]));
	weir_tape_gradients(b, total(s, weir_tanh(s, y)), &v, 1, first);
	out[0] = weir_add(s, out[0], bent(s, first[0]));
	weir_tape_gradients(outer, out[0], with, 2, out + 1);
	return weir_scope_status(s);
}

/* The outer tape has not seen the loop, so what that kept is given; what goes
 * back through it begins with what the tape has seen. */
static weir_status
loop_before_tape(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		 void *arg)
{
	weir_tape *tape = weir_tape_begin(s), *outer;
	weir_tensor *with[2] = { in[0], v }, *first, *y, *x;
	weir_tensor *three = number(s, WEIR_F64, 3), *held;

	(void)arg;
	outer_loop.rounds = 3;
	held = weir_mul(s, number(s, WEIR_F64, 1), in[1]);
	outer_loop.captured = weir_square(s, held);
	x = weir_mul(s, held, three);
	y = go_round(s, turn, &outer_loop, x);
	outer = weir_tape_begin(s);
	weir_tape_gradients(tape, total(s, weir_mul(s, y, weir_square(s,
						in[0]))), &x, 1, &first);
	out[0] = bent(s, first);
	weir_tape_gradients(outer, out[0], with, 2, out + 1);
	return weir_scope_status(s);
}

/* -- how it is known ------------------------------------------------------ */

static void
release_all(weir_tensor **tensors, size_t n)
{
	while (n--)
		weir_tensor_release(tensors[n]);
}

static void
set_variable(const double *data)
{
	weir_tensor *value = must_tensor(rt, WEIR_F64, data, N);
	weir_scope *s;

	must(weir_scope_create(rt, "set", &s));
	weir_assign(s, v, value);
	must(weir_scope_status(s));
	weir_scope_release(s);
	weir_tensor_release(value);
}

static void
call(weir_function *f, const weir_run_options *mode, const double *data,
     weir_tensor **out)
{
	weir_tensor *in[2] = { must_tensor(rt, WEIR_F64, data, N),
			       must_tensor(rt, WEIR_F64, at, N) };

	set_variable(data + N);
	must(weir_function_call(f, mode, in, 2, out, 3));
	weir_tensor_release(in[0]);
	weir_tensor_release(in[1]);
}

static double
value_at(weir_function *f, size_t i, double off)
{
	double data[2 * N], value;
	weir_tensor *out[3];

	memcpy(data, at, sizeof data);
	data[i] += off;
	call(f, &in_graph_mode, data, out);
	value = weir_item_f64(out[0]);
	release_all(out, 3);
	return value;
}

static void
expect_gradients(weir_function_fn fn, loss_fn *loss, size_t n_with)
{
	const double step = 1e-5;
	weir_function *f = must_function(rt, "f", fn, &loss);
	weir_tensor *out[2][3];
	double got[2 * N];
	size_t i, mode;

	for (mode = 0; mode < 2; mode++)
		call(f, both_modes[mode], at, out[mode]);
	must(weir_tensor_read(out[0][1], got, sizeof got / 2));
	must(weir_tensor_read(out[0][2], got + N, sizeof got / 2));
	for (i = 0; i < n_with * N; i++) {
		double wanted = (value_at(f, i, step) -
				 value_at(f, i, -step)) / (2 * step);
		double off = got[i] < wanted ? wanted - got[i]
					     : got[i] - wanted;

		cr_expect_lt(off, 1e-6 * (1 + (wanted < 0 ? -wanted : wanted)),
			     "element %zu is %g, not %g", i, got[i], wanted);
	}
	for (i = 0; i < 3; i++)
		expect_same_bits(out[0][i], out[1][i]);
	release_all(out[0], 3);
	release_all(out[1], 3);
	weir_function_release(f);
}

/* Of each loss with each number of threads. */
struct parameter {
	size_t loss;
	int threads;
};

static struct criterion_test_params
all_parameters(void)
{
	static struct parameter all[N_LOSSES * 3];
	size_t i;

	for (i = 0; i < N_LOSSES * 3; i++)
		all[i] = (struct parameter){ i / 3, each_thread_count[i % 3] };
	return cr_make_param_array(struct parameter, all, N_LOSSES * 3);
}

ParameterizedTestParameters(control_twice, there_are_second_gradients)
{
	return all_parameters();
}

ParameterizedTest(struct parameter *p, control_twice,
		  there_are_second_gradients)
{
	start(p->threads);
	expect_gradients(twice, losses[p->loss], 2);
	stop();
}

ParameterizedTestParameters(control_twice, there_are_third_gradients)
{
	return all_parameters();
}

ParameterizedTest(struct parameter *p, control_twice,
		  there_are_third_gradients)
{
	start(p->threads);
	expect_gradients(thrice, losses[p->loss], 2);
	stop();
}

ParameterizedTestParameters(control_twice, rows_have_several_readers)
{
	return cr_make_param_array(int, each_thread_count, 3);
}

ParameterizedTest(int *threads, control_twice, rows_have_several_readers)
{
	start(*threads);
	expect_gradients(two_at_once, NULL, 2);
	stop();
}

Test(control_twice, what_a_loop_kept_before_a_tape_began_is_given)
{
	start(2);
	expect_gradients(loop_before_tape, NULL, 1);
	stop();
}
