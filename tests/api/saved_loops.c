#include "api/saved_loops.h"

#include "api/saved_model.h"
#include "support/weir_test.h"

enum { V, COUNT, DICE };	/* f64[3], i64[], a generator */

enum { ROUNDS = 4 };

static weir_tensor *
mean(weir_scope *s, weir_tensor *t)
{
	return weir_mean(s, t, 0, NULL, false);
}

/* -- branches within a loop ----------------------------------------------- */

/* An op of the user, and a variable that only this branch assigns. */
static weir_status
then(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const struct loops *l = arg;
	struct model_attrs attrs = { 0.5, WEIR_F32, true, 1, { 0, { 0 } } };
	weir_tensor *m = mean(s, in[0]), *drawn;

	weir_assign(s, l->variables[V],
		    weir_mul(s, l->variables[V], weir_tanh(s, m)));
	drawn = weir_uniform(s, l->variables[DICE], WEIR_F64, 0, NULL, 0, 1);
	if (drawn)
		must(weir_tensor_set_name(drawn, "drawn"));
	weir_apply(s, &model_op, &attrs, &drawn, 1, &drawn, 1);
	out[0] = weir_mul(s, in[0], weir_sigmoid(s, mean(s, in[0])));
	out[1] = weir_add(s, m, drawn);
	return weir_scope_status(s);
}

static weir_status
otherwise(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const struct loops *l = arg;

	out[0] = weir_add(s, in[0], l->variables[V]);
	out[1] = weir_uniform(s, l->variables[DICE], WEIR_F64, 0, NULL, 0, 1);
	return weir_scope_status(s);
}

/* -- the loop ------------------------------------------------------------- */

/* It ends by the states, and by a variable that the body assigns. */
static weir_status
goes_on(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const struct loops *l = arg;
	weir_tensor *most = weir_constant(s, WEIR_I64, 0, NULL, 100);

	weir_tensor *goes = weir_greater(
		s, weir_constant(s, WEIR_I64, 0, NULL, ROUNDS - 1), in[1]);

	out[0] = weir_where(s, goes, weir_greater(s, most,
						  l->variables[COUNT]), goes);
	return weir_scope_status(s);
}

static weir_status
round_of(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const struct loops *l = arg;
	weir_tensor *one = weir_constant(s, WEIR_I64, 0, NULL, 1), *got[2];
	weir_tensor *row, *is_more;

	weir_assign(s, l->variables[COUNT],
		    weir_add(s, l->variables[COUNT], one));
	row = weir_reshape(s, in[0], 2, (int64_t[]){ 1, 3 });
	row = weir_matmul(s, row, l->fixed);
	row = weir_tanh(s, weir_reshape(s, row, 1, (int64_t[]){ 3 }));
	is_more = weir_greater(s, mean(s, row),
			       weir_constant(s, WEIR_F64, 0, NULL, 0.1));
	if (weir_cond(s, is_more, then, otherwise, arg, &row, 1, got, 2))
		return weir_scope_status(s);
	out[0] = weir_add(s, got[0], got[1]);
	out[1] = weir_add(s, in[1], one);
	return weir_scope_status(s);
}

/* -- all of it ------------------------------------------------------------ */

static weir_status
inner(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *states[2] = { in[0], weir_constant(s, WEIR_I64, 0, NULL,
							0) }, *got[2];

	if (weir_while(s, goes_on, round_of, arg, ROUNDS, states, got, 2))
		return weir_scope_status(s);
	out[0] = weir_square(s, got[0]);
	out[1] = got[1];
	return weir_scope_status(s);
}

static weir_status
step(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const struct loops *l = arg;
	weir_tensor *with[2] = { in[0], l->variables[V] }, *gradients[2];
	weir_tensor *got[2] = { NULL }, *states[2], *branch[2] = { NULL };
	weir_tape *tape = weir_tape_begin(s);

	weir_call(s, "whole", inner, arg, in, 1, got, 2);
	weir_cond(s, in[1], then, otherwise, arg, got, 1, branch, 2);
	states[0] = branch[0];
	states[1] = weir_constant(s, WEIR_I64, 0, NULL, 1);
	weir_while(s, goes_on, round_of, arg, ROUNDS, states, states, 2);
	out[0] = weir_add(s, mean(s, states[0]), branch[1]);
	weir_tape_gradients(tape, out[0], with, 2, gradients);
	weir_assign(s, l->variables[V],
		    weir_sub(s, l->variables[V], gradients[1]));
	out[1] = gradients[0];
	out[2] = gradients[1];
	out[3] = got[1];
	out[4] = weir_add(s, l->variables[V],
			  weir_cast(s, l->variables[COUNT], WEIR_F64));
	return weir_scope_status(s);
}

void
loops_create(weir_runtime *rt, struct loops *l)
{
	static const double at[] = { 0.9, 1.1, -0.4 }, v[] = { 0.5, -1, 2 };
	static double fixed[] = { 0.3, -0.6, 0.9, 77, 0.2, 0.7, -0.1, 77, 1.2,
				  0.4, -0.8, 77 };
	static const bool truth = true;

	l->rt = rt;
	l->x = must_tensor(rt, WEIR_F64, at, 3);
	must(weir_tensor_set_name(l->x, "x"));
	l->flag = must_tensor_of(rt, WEIR_BOOL, 0, NULL, &truth);
	must(weir_tensor_wrap(rt, WEIR_F64, 2, (int64_t[]){ 3, 3 },
			      (int64_t[]){ 8, 32 }, fixed, NULL, NULL,
			      &l->fixed));
	must(weir_tensor_set_name(l->fixed, "fixed"));
	l->variables[V] = must_variable(rt, "v", WEIR_F64, v, 3);
	l->variables[COUNT] = must_variable_of(
		rt, "count", must_tensor_of(rt, WEIR_I64, 0, NULL, NULL));
	must(weir_generator_create(rt, "dice", 5, &l->variables[DICE]));
	l->step = must_function(rt, "loops", step, l);
}

void
loops_release(struct loops *l)
{
	int i;

	weir_function_release(l->step);
	weir_tensor_release(l->x);
	weir_tensor_release(l->flag);
	weir_tensor_release(l->fixed);
	for (i = 0; i < LOOPS_VARIABLES; i++)
		weir_tensor_release(l->variables[i]);
}

weir_plan *
loops_plan(struct loops *l)
{
	weir_tensor *in[LOOPS_IN] = { l->x, l->flag };
	weir_plan *plan = NULL;

	must(weir_function_plan(l->step, in, LOOPS_IN, LOOPS_OUT, &plan));
	return plan;
}
