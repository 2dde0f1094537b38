#include "graphs.h"

#include <stdlib.h>
#include <string.h>

enum { FEATURES = 20, ROOM = 64 };

static weir_tensor *
number(weir_scope *s, double value)
{
	return weir_constant(s, WEIR_F32, 0, NULL, value);
}

/* -- a training step of two layers, with momentum: batch, hidden ------------ */

static bool
train_input(const int64_t *size, size_t i, int64_t shape[2])
{
	shape[0] = size[0];
	shape[1] = i ? 1 : FEATURES;
	return i < 2;
}

static bool
train_variable(const int64_t *size, size_t i, int64_t shape[2])
{
	shape[0] = i == 0 ? FEATURES : i == 2 ? size[1] : 1;
	shape[1] = i < 2 ? size[1] : 1;
	return i < BENCH_VARIABLES;
}

static weir_status
train(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const struct bench_call *call = arg;
	weir_tensor *const *p = call->variables;
	weir_tensor *grads[BENCH_VARIABLES] = { NULL }, *h, *z;
	weir_tape *tape = weir_tape_begin(s);

	h = weir_relu(s, weir_add(s, weir_matmul(s, in[0], p[0]), p[1]));
	z = weir_add(s, weir_matmul(s, h, p[2]), p[3]);
	out[0] = weir_bce_with_logits(s, z, in[1]);
	weir_tape_gradients(tape, out[0], p, BENCH_VARIABLES, grads);
	weir_sgd_step(s, call->sgd, p, grads, BENCH_VARIABLES);
	return weir_scope_status(s);
}

/* -- a perceptron of many layers, with its gradient: layers, batch, width ---- */

/* Every other layer is half as wide. */
static int64_t
width_of(const int64_t *size, int64_t layer)
{
	return layer % 2 ? size[2] / 2 : size[2];
}

static bool
mlp_input(const int64_t *size, size_t i, int64_t shape[2])
{
	shape[0] = i ? width_of(size, (int64_t)i - 1) : size[1];
	shape[1] = width_of(size, (int64_t)i);
	if (!i)
		shape[1] = size[2];
	return i <= (size_t)size[0];
}

static weir_status
mlp(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const struct bench_call *call = arg;
	weir_tape *tape = weir_tape_begin(s);
	size_t n = (size_t)call->graph->size[0], i;
	weir_tensor *x = in[0];

	for (i = 1; i <= n; i++)
		x = weir_tanh(s, weir_matmul(s, x, in[i]));
	weir_tape_gradients(tape, weir_mean(s, weir_square(s, x), 0, NULL,
					    false), &in[1], n, out);
	/* what each step would tell of its gradients */
	for (i = 0; i < n; i++)
		out[i] = weir_sum(s, weir_square(s, out[i]), 0, NULL, false);
	return weir_scope_status(s);
}

/* -- attention with its gradient: tokens, heads, width of a head ------------- */

static weir_tensor *
softmax(weir_scope *s, weir_tensor *x)
{
	const int64_t last = -1;

	x = weir_exp(s, weir_sub(s, x, weir_max(s, x, 1, &last, true)));
	return weir_div(s, x, weir_sum(s, x, 1, &last, true));
}

static weir_tensor *
columns(weir_scope *s, weir_tensor *x, int64_t tokens, int64_t from, int64_t n)
{
	int64_t starts[2] = { 0, from }, stops[2] = { tokens, from + n };

	return weir_slice(s, x, 2, starts, stops, NULL);
}

static bool
attention_input(const int64_t *size, size_t i, int64_t shape[2])
{
	shape[1] = size[1] * size[2];
	shape[0] = i ? shape[1] : size[0];
	return i < 5;
}

static weir_status
attention(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const int64_t *size = ((const struct bench_call *)arg)->graph->size;
	const int64_t tokens = size[0], heads = size[1], width = size[2];
	weir_tensor *const *w = &in[1];
	weir_tensor *made[3], *head[16], *part[3], *y;
	weir_tape *tape = weir_tape_begin(s);
	int64_t i, j;

	for (i = 0; i < 3; i++)
		made[i] = weir_matmul(s, in[0], w[i]);
	for (i = 0; i < heads; i++) {
		for (j = 0; j < 3; j++)
			part[j] = columns(s, made[j], tokens, i * width,
					  width);
		y = weir_matmul(s, part[0], weir_transpose(s, part[1], 0,
							   NULL));
		y = softmax(s, weir_mul(s, y, number(s, 0.125)));
		head[i] = weir_matmul(s, y, part[2]);
	}
	y = weir_matmul(s, weir_concat(s, head, (size_t)heads, 1), w[3]);
	y = weir_mean(s, weir_square(s, weir_add(s, in[0], y)), 0, NULL,
		      false);
	weir_tape_gradients(tape, y, w, 4, out);
	return weir_scope_status(s);
}

/* -- a stencil of five points: steps, side ------------------------------------ */

static weir_tensor *
shifted(weir_scope *s, weir_tensor *x, int64_t n, int64_t down, int64_t right)
{
	int64_t starts[2] = { down, right };
	int64_t stops[2] = { n + down, n + right };

	return weir_slice(s, x, 2, starts, stops, NULL);
}

static bool
stencil_input(const int64_t *size, size_t i, int64_t shape[2])
{
	shape[0] = shape[1] = size[1];
	return i < 2;
}

static weir_tensor *
stencil_step(weir_scope *s, weir_tensor *x, weir_tensor *source)
{
	static const int64_t one[2] = { 1, 1 };
	const int64_t n = weir_tensor_shape(source)[0];
	weir_tensor *p = weir_pad(s, x, 2, one, one, NULL), *y;

	y = weir_add(s, shifted(s, p, n, 0, 1), shifted(s, p, n, 2, 1));
	y = weir_add(s, y, weir_add(s, shifted(s, p, n, 1, 0),
				    shifted(s, p, n, 1, 2)));
	return weir_mul(s, weir_add(s, y, source), number(s, 0.25));
}

static weir_status
stencil(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const int64_t *size = ((const struct bench_call *)arg)->graph->size;
	int64_t i;

	out[0] = in[0];
	for (i = 0; i < size[0]; i++)
		out[0] = stencil_step(s, out[0], in[1]);
	return weir_scope_status(s);
}

/* The same as a loop: states are the grid, and how many steps are left. */
static weir_status
steps_are_left(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	       void *arg)
{
	(void)arg;
	out[0] = weir_greater(s, in[1], number(s, 0));
	return weir_scope_status(s);
}

static weir_status
one_step(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	out[0] = stencil_step(s, in[0], arg);
	out[1] = weir_sub(s, in[1], number(s, 1));
	return weir_scope_status(s);
}

static weir_status
stencil_loop(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	     void *arg)
{
	const int64_t *size = ((const struct bench_call *)arg)->graph->size;
	weir_tensor *states[2] = { in[0], number(s, (double)size[0]) };
	weir_tensor *last[2] = { NULL };

	weir_while(s, steps_are_left, one_step, in[1], 0, states, last, 2);
	out[0] = last[0];
	return weir_scope_status(s);
}

/* -- conjugate gradients: rounds, unknowns ------------------------------------ */

static weir_tensor *
dot(weir_scope *s, weir_tensor *a, weir_tensor *b)
{
	return weir_sum(s, weir_mul(s, a, b), 0, NULL, false);
}

static bool
cg_input(const int64_t *size, size_t i, int64_t shape[2])
{
	shape[0] = size[1];
	shape[1] = i ? 1 : size[1];
	return i < 2;
}

enum cg_state { CG_X, CG_R, CG_P, CG_RR, CG_LEFT, CG_STATES };

static void
cg_begin(weir_scope *s, weir_tensor *b, weir_tensor **state)
{
	state[CG_X] = weir_mul(s, b, number(s, 0));
	state[CG_R] = state[CG_P] = b;
	state[CG_RR] = dot(s, b, b);
}

/* One round; arg: the matrix. */
static weir_status
cg_round(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	weir_tensor *p = in[CG_P], *q = weir_matmul(s, arg, p), *alpha, *beta;

	alpha = weir_div(s, in[CG_RR], dot(s, p, q));
	out[CG_X] = weir_add(s, in[CG_X], weir_mul(s, p, alpha));
	out[CG_R] = weir_sub(s, in[CG_R], weir_mul(s, q, alpha));
	out[CG_RR] = dot(s, out[CG_R], out[CG_R]);
	beta = weir_div(s, out[CG_RR], in[CG_RR]);
	out[CG_P] = weir_add(s, out[CG_R], weir_mul(s, p, beta));
	return weir_scope_status(s);
}

static weir_status
cg(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const int64_t *size = ((const struct bench_call *)arg)->graph->size;
	weir_tensor *state[CG_STATES], *next[CG_STATES];
	int64_t i;

	cg_begin(s, in[1], state);
	for (i = 0; i < size[0]; i++) {
		cg_round(s, state, next, in[0]);
		memcpy(state, next, CG_LEFT * sizeof *state);
	}
	out[0] = state[CG_X];
	return weir_scope_status(s);
}

/* The same as a loop. */
static weir_status
rounds_are_left(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		void *arg)
{
	(void)arg;
	out[0] = weir_greater(s, in[CG_LEFT], number(s, 0));
	return weir_scope_status(s);
}

static weir_status
cg_body(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	out[CG_LEFT] = weir_sub(s, in[CG_LEFT], number(s, 1));
	return cg_round(s, in, out, arg);
}

static weir_status
cg_loop(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const int64_t *size = ((const struct bench_call *)arg)->graph->size;
	weir_tensor *state[CG_STATES], *last[CG_STATES] = { NULL };

	cg_begin(s, in[1], state);
	state[CG_LEFT] = number(s, (double)size[0]);
	weir_while(s, rounds_are_left, cg_body, in[0], 0, state, last,
		   CG_STATES);
	out[0] = last[CG_X];
	return weir_scope_status(s);
}

/* -- random calls: how many, seed ---------------------------------------------- */

struct walk {
	weir_scope *s;
	uint64_t state;
	weir_tensor *values[ROOM];	/* some of the last ones */
};

static int64_t
below(struct walk *walk, int64_t n)
{
	walk->state = walk->state * 6364136223846793005u + 1442695040888963407u;
	return (int64_t)((walk->state >> 33) % (uint64_t)n);
}

/* Half of its rows, and a product that gives it another number of columns. */
static weir_tensor *
reshaped(struct walk *walk, weir_tensor *x, weir_tensor *y)
{
	const int64_t *shape = weir_tensor_shape(x);
	int64_t starts[2] = { 0, 0 }, stops[2] = { shape[0], shape[1] };

	if (shape[0] == weir_tensor_shape(y)[0])
		return weir_matmul(walk->s, weir_transpose(walk->s, x, 0, NULL),
				   y);
	stops[0] = (shape[0] + 1) / 2;
	return weir_tanh(walk->s, weir_slice(walk->s, x, 2, starts, stops,
					     NULL));
}

static weir_tensor *
random_call(struct walk *walk, weir_tensor *x, weir_tensor *y)
{
	static const int64_t first = 0;
	weir_tensor *both[2] = { x, y };

	switch (below(walk, 6)) {
	case 0:
		return weir_exp(walk->s, weir_neg(walk->s, x));
	case 1:
		return weir_add(walk->s, x, weir_sum(walk->s, y, 0, NULL,
						     false));
	case 2:
		return weir_mul(walk->s, x, weir_max(walk->s, x, 1, &first,
						     true));
	case 3:
		if (weir_tensor_shape(x)[1] == weir_tensor_shape(y)[1] &&
		    weir_tensor_shape(x)[0] + weir_tensor_shape(y)[0] < 500)
			return weir_concat(walk->s, both, 2, 0);
		return weir_tanh(walk->s, x);
	default:
		return reshaped(walk, x, y);
	}
}

static bool
random_input(const int64_t *size, size_t i, int64_t shape[2])
{
	static const int64_t sides[] = { 8, 24, 100, 200, 300 };
	struct walk walk = { .state = (uint64_t)size[1] * 1000 + i };

	below(&walk, 5);
	shape[0] = sides[below(&walk, 5)];
	shape[1] = sides[below(&walk, 5)];
	return i < ROOM;
}

static weir_status
random_calls(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	     void *arg)
{
	const int64_t *size = ((const struct bench_call *)arg)->graph->size;
	struct walk walk = { .s = s, .state = (uint64_t)size[1] };
	int64_t i;

	for (i = 0; i < ROOM; i++)
		walk.values[i] = in[i];
	for (i = 0; i < size[0] && walk.values[0]; i++) {
		weir_tensor **at = &walk.values[below(&walk, ROOM)];

		*at = random_call(&walk, walk.values[below(&walk, ROOM)],
				  walk.values[below(&walk, ROOM)]);
		if (!*at)
			return weir_scope_status(s);
	}
	out[0] = number(s, 0);
	for (i = 0; i < ROOM; i++)
		out[0] = weir_add(s, out[0], weir_sum(s, walk.values[i], 0,
						      NULL, false));
	return weir_scope_status(s);
}

/* -- a chain of element-wise ops: ops, rows, columns ---------------------------- */

static bool
chain_input(const int64_t *size, size_t i, int64_t shape[2])
{
	shape[0] = size[1];
	shape[1] = size[2];
	return i < 1;
}

static weir_status
chain(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const int64_t *size = ((const struct bench_call *)arg)->graph->size;
	weir_tensor *x = in[0];
	int64_t i;

	for (i = 0; i < size[0]; i++)
		switch (i % 3) {
		case 0: x = weir_add(s, x, number(s, 0.5)); break;
		case 1: x = weir_mul(s, x, number(s, 1.01)); break;
		default: x = weir_relu(s, x); break;
		}
	out[0] = x;
	return weir_scope_status(s);
}

/* -- the list ------------------------------------------------------------------- */

#define TRAIN train_input, train_variable, train, false, 1
#define MLP mlp_input, NULL, mlp, false
#define ATTENTION attention_input, NULL, attention, false, 4
#define STENCIL stencil_input, NULL, stencil, false, 1
#define CG cg_input, NULL, cg, false, 1
#define STENCIL_LOOP stencil_input, NULL, stencil_loop, false, 1
#define CG_LOOP cg_input, NULL, cg_loop, false, 1
#define CHAIN chain_input, NULL, chain, true, 1
#define RANDOM random_input, NULL, random_calls, false, 1

const struct bench_graph bench_graphs[] = {
	{ "train", "8x16", TRAIN, { 8, 16 }, true },
	{ "train", "32x64", TRAIN, { 32, 64 }, true },
	{ "train", "128x512", TRAIN, { 128, 512 }, true },
	{ "train", "800x1024", TRAIN, { 800, 1024 }, true },
	{ "mlp", "12 layers, 64x256", MLP, 12, { 12, 64, 256 }, true },
	{ "mlp", "12 layers, 512x1024", MLP, 12, { 12, 512, 1024 }, true },
	{ "attention", "128, 4 heads of 64", ATTENTION, { 128, 4, 64 }, true },
	{ "attention", "512, 8 heads of 64", ATTENTION, { 512, 8, 64 }, true },
	{ "stencil", "100 steps, 64x64", STENCIL, { 100, 64 }, true },
	{ "stencil", "100 steps, 1024x1024", STENCIL, { 100, 1024 }, false },
	{ "while", "stencil, 64x64", STENCIL_LOOP, { 100, 64 }, true },
	{ "while", "stencil, 1024x1024", STENCIL_LOOP, { 100, 1024 }, false },
	{ "cg", "50 rounds, 200", CG, { 50, 200 }, true },
	{ "cg", "50 rounds, 2000", CG, { 50, 2000 }, false },
	{ "while", "cg, 200", CG_LOOP, { 50, 200 }, true },
	{ "while", "cg, 2000", CG_LOOP, { 50, 2000 }, false },
	{ "chain", "8 ops, 64x64", CHAIN, { 8, 64, 64 }, true },
	{ "chain", "8 ops, 2048x2048", CHAIN, { 8, 2048, 2048 }, true },
	{ "random", "300, seed 1", RANDOM, { 300, 1 }, true },
	{ "random", "300, seed 2", RANDOM, { 300, 2 }, true },
	{ "random", "300, seed 3", RANDOM, { 300, 3 }, true },
	{ "random", "3000, seed 4", RANDOM, { 3000, 4 }, false },
	{ "random", "30000, seed 5", RANDOM, { 30000, 5 }, false },
};

const size_t n_bench_graphs = sizeof bench_graphs / sizeof *bench_graphs;

const struct bench_graph bench_deep_graph = {
	"mlp", "70000 layers, 4x8", MLP, 70000, { 70000, 4, 8 }, false
};

/* -- calls ---------------------------------------------------------------------- */

/* Close to one on the diagonal, small elsewhere. */
static weir_status
matrix(weir_runtime *runtime, const int64_t shape[2], size_t seed,
       weir_tensor **tensor)
{
	weir_status status = weir_tensor_create(runtime, WEIR_F32, 2, shape,
						tensor);
	struct walk walk = { .state = seed };
	int64_t i, j;
	float *x;

	if (status)
		return status;
	x = weir_tensor_data(*tensor);
	for (i = 0; i < shape[0]; i++)
		for (j = 0; j < shape[1]; j++)
			*x++ = (float)(i == j) +
			       (float)(below(&walk, 2001) - 1000) * 1e-5f;
	return WEIR_OK;
}

static weir_status
make_variables(struct bench_call *call, weir_runtime *runtime)
{
	weir_status status = WEIR_OK;
	weir_tensor *value;
	int64_t shape[2];
	size_t i;

	for (i = 0; call->graph->variable && !status &&
	     call->graph->variable(call->graph->size, i, shape); i++) {
		status = matrix(runtime, shape, i, &value);
		if (status)
			break;
		status = weir_variable_create(runtime, "p", value,
					      &call->variables[i]);
		weir_tensor_release(value);
	}
	if (!i || status)
		return status;
	return weir_sgd_create(runtime, call->variables, i, 0.1, 0.9,
			       &call->sgd);
}

weir_status
bench_call_create(const struct bench_graph *graph, weir_runtime *runtime,
		  struct bench_call *call)
{
	return bench_call_create_with(graph, runtime, NULL, call);
}

weir_status
bench_call_create_with(const struct bench_graph *graph, weir_runtime *runtime,
		       const weir_function_options *options,
		       struct bench_call *call)
{
	weir_status status;
	int64_t shape[2];
	size_t i;

	*call = (struct bench_call){ .graph = graph, .n_out = graph->n_out };
	while (graph->input(graph->size, call->n_in, shape))
		call->n_in++;
	call->in = calloc(call->n_in + 1, sizeof *call->in);
	call->out = calloc(call->n_out + 1, sizeof *call->out);
	if (!call->in || !call->out)
		return WEIR_ENOMEM;
	status = make_variables(call, runtime);
	for (i = 0; i < call->n_in && !status; i++) {
		graph->input(graph->size, i, shape);
		status = matrix(runtime, shape, i, &call->in[i]);
	}
	if (status)
		return status;
	return weir_function_create_with(runtime, graph->name, graph->fn, call,
					 options, &call->function);
}

void
bench_call_free(struct bench_call *call)
{
	size_t i;

	weir_function_release(call->function);
	weir_sgd_release(call->sgd);
	for (i = 0; i < BENCH_VARIABLES; i++)
		weir_tensor_release(call->variables[i]);
	for (i = 0; call->in && i < call->n_in; i++)
		weir_tensor_release(call->in[i]);
	free(call->in);
	free(call->out);
}

weir_status
bench_call_plan(struct bench_call *call, weir_plan **plan)
{
	return weir_function_plan(call->function, call->in, call->n_in,
				  call->n_out, plan);
}
