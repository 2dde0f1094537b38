#include "memory_graphs.h"

enum { FEATURES = 20, LAYERS_MAX = 100000 };

static weir_tensor *
input(weir_graph *g, int64_t rows, int64_t columns)
{
	int64_t shape[2] = { rows, columns };

	return weir_graph_input(g, WEIR_F32, 2, shape, NULL);
}

/* What goes wrong is kept by the graph's scope, too. */
static weir_status
outputs(weir_graph *g, weir_tensor *const *tensors, size_t n)
{
	weir_status status = weir_scope_status(weir_graph_scope(g));

	for (; n > 0 && !status; n--)
		status = weir_graph_output(g, *tensors++);
	return status;
}

static weir_tensor *
number(weir_scope *s, double value)
{
	return weir_constant(s, WEIR_F32, 0, NULL, value);
}

/* -- a training step of two layers, with momentum: batch, hidden ------------ */

static weir_tensor *
variable(weir_runtime *runtime, int64_t rows, int64_t columns)
{
	int64_t shape[2] = { rows, columns };
	weir_tensor *zeros, *v = NULL;

	if (weir_tensor_create(runtime, WEIR_F32, 2, shape, &zeros))
		return NULL;
	if (weir_variable_create(runtime, "p", zeros, &v))
		v = NULL;
	weir_tensor_release(zeros);
	return v;
}

static weir_status
record_train(weir_graph *g, const int64_t *size)
{
	weir_scope *s = weir_graph_scope(g);
	weir_runtime *runtime = weir_scope_runtime(s);
	weir_tensor *x = input(g, size[0], FEATURES), *y = input(g, size[0], 1);
	weir_tensor *p[4] = { variable(runtime, FEATURES, size[1]),
			      variable(runtime, 1, size[1]),
			      variable(runtime, size[1], 1),
			      variable(runtime, 1, 1) };
	weir_tensor *grads[4] = { NULL }, *h, *z, *loss;
	weir_tape *tape = weir_tape_begin(s);
	weir_sgd *sgd = NULL;
	weir_status status;
	int i;

	status = weir_sgd_create(runtime, p, 4, 0.1, 0.9, &sgd);
	if (!status) {
		h = weir_relu(s, weir_add(s, weir_matmul(s, x, p[0]), p[1]));
		z = weir_add(s, weir_matmul(s, h, p[2]), p[3]);
		loss = weir_bce_with_logits(s, z, y);
		weir_tape_gradients(tape, loss, p, 4, grads);
		weir_sgd_step(s, sgd, p, grads, 4);
		status = outputs(g, &loss, 1);
	}
	weir_sgd_release(sgd);
	for (i = 0; i < 4; i++)
		weir_tensor_release(p[i]);
	return status;
}

/* -- a perceptron of many layers, with its gradient: layers, batch, width ---- */

/* Every other layer is half as wide. */
static int64_t
width_of(const int64_t *size, int64_t layer)
{
	return layer % 2 ? size[2] / 2 : size[2];
}

static weir_status
record_mlp(weir_graph *g, const int64_t *size)
{
	static weir_tensor *w[LAYERS_MAX], *grads[LAYERS_MAX];
	weir_scope *s = weir_graph_scope(g);
	weir_tensor *x = input(g, size[1], size[2]);
	weir_tape *tape = weir_tape_begin(s);
	size_t n = (size_t)size[0], i;

	for (i = 0; i < n; i++) {
		w[i] = input(g, width_of(size, (int64_t)i),
			     width_of(size, (int64_t)i + 1));
		x = weir_tanh(s, weir_matmul(s, x, w[i]));
	}
	weir_tape_gradients(tape, weir_mean(s, weir_square(s, x), 0, NULL,
					    false), w, n, grads);
	/* what each step would tell of its gradients */
	for (i = 0; i < n; i++)
		grads[i] = weir_sum(s, weir_square(s, grads[i]), 0, NULL,
				    false);
	return outputs(g, grads, n);
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

static weir_status
record_attention(weir_graph *g, const int64_t *size)
{
	const int64_t tokens = size[0], heads = size[1], width = size[2];
	weir_scope *s = weir_graph_scope(g);
	weir_tensor *x = input(g, tokens, heads * width), *w[4], *made[3];
	weir_tensor *grads[4] = { NULL }, *head[16], *part[3], *y;
	weir_tape *tape = weir_tape_begin(s);
	int64_t i, j;

	for (i = 0; i < 4; i++)
		w[i] = input(g, heads * width, heads * width);
	for (i = 0; i < 3; i++)
		made[i] = weir_matmul(s, x, w[i]);
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
	y = weir_mean(s, weir_square(s, weir_add(s, x, y)), 0, NULL, false);
	weir_tape_gradients(tape, y, w, 4, grads);
	return outputs(g, grads, 4);
}

/* -- a stencil of five points: steps, side ------------------------------------ */

static weir_tensor *
shifted(weir_scope *s, weir_tensor *x, int64_t n, int64_t down, int64_t right)
{
	int64_t starts[2] = { down, right };
	int64_t stops[2] = { n + down, n + right };

	return weir_slice(s, x, 2, starts, stops, NULL);
}

static weir_status
record_stencil(weir_graph *g, const int64_t *size)
{
	static const int64_t one[2] = { 1, 1 };
	const int64_t n = size[1];
	weir_scope *s = weir_graph_scope(g);
	weir_tensor *x = input(g, n, n), *f = input(g, n, n), *p, *y;
	int64_t i;

	for (i = 0; i < size[0]; i++) {
		p = weir_pad(s, x, 2, one, one, NULL);
		y = weir_add(s, shifted(s, p, n, 0, 1), shifted(s, p, n, 2, 1));
		y = weir_add(s, y, weir_add(s, shifted(s, p, n, 1, 0),
					    shifted(s, p, n, 1, 2)));
		x = weir_mul(s, weir_add(s, y, f), number(s, 0.25));
	}
	return outputs(g, &x, 1);
}

/* -- conjugate gradients: rounds, unknowns ------------------------------------ */

static weir_tensor *
dot(weir_scope *s, weir_tensor *a, weir_tensor *b)
{
	return weir_sum(s, weir_mul(s, a, b), 0, NULL, false);
}

static weir_status
record_cg(weir_graph *g, const int64_t *size)
{
	weir_scope *s = weir_graph_scope(g);
	weir_tensor *a = input(g, size[1], size[1]), *b = input(g, size[1], 1);
	weir_tensor *x = weir_mul(s, b, number(s, 0)), *r = b, *p = b, *q;
	weir_tensor *alpha, *rr = dot(s, r, r), *before;
	int64_t i;

	for (i = 0; i < size[0]; i++) {
		q = weir_matmul(s, a, p);
		alpha = weir_div(s, rr, dot(s, p, q));
		x = weir_add(s, x, weir_mul(s, p, alpha));
		r = weir_sub(s, r, weir_mul(s, q, alpha));
		before = rr;
		rr = dot(s, r, r);
		p = weir_add(s, r, weir_mul(s, p, weir_div(s, rr, before)));
	}
	return outputs(g, &x, 1);
}

/* -- random calls: how many, seed ---------------------------------------------- */

struct walk {
	weir_scope *s;
	uint64_t state;
	weir_tensor *values[64];	/* some of the last ones */
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

static weir_status
record_random(weir_graph *g, const int64_t *size)
{
	static const int64_t sides[] = { 8, 24, 100, 200, 300 };
	const int64_t room = 64;
	struct walk walk = { .s = weir_graph_scope(g),
			     .state = (uint64_t)size[1] };
	weir_tensor *sum;
	int64_t i;

	for (i = 0; i < room; i++)
		walk.values[i] = input(g, sides[below(&walk, 5)],
				       sides[below(&walk, 5)]);
	for (i = 0; i < size[0] && walk.values[0]; i++) {
		weir_tensor **at = &walk.values[below(&walk, room)];

		*at = random_call(&walk, walk.values[below(&walk, room)],
				  walk.values[below(&walk, room)]);
		if (!*at)
			return weir_scope_status(walk.s);
	}
	sum = number(walk.s, 0);
	for (i = 0; i < room; i++)
		sum = weir_add(walk.s, sum, weir_sum(walk.s, walk.values[i], 0,
						     NULL, false));
	return outputs(g, &sum, 1);
}

/* -- the list ------------------------------------------------------------------- */

const struct memory_graph memory_graphs[] = {
	{ "train", "8x16", record_train, { 8, 16 }, true },
	{ "train", "32x64", record_train, { 32, 64 }, true },
	{ "train", "128x512", record_train, { 128, 512 }, true },
	{ "train", "800x1024", record_train, { 800, 1024 }, true },
	{ "mlp", "12 layers, 64x256", record_mlp, { 12, 64, 256 }, true },
	{ "mlp", "12 layers, 512x1024", record_mlp, { 12, 512, 1024 }, true },
	{ "attention", "128, 4 heads of 64", record_attention,
	  { 128, 4, 64 }, true },
	{ "attention", "512, 8 heads of 64", record_attention,
	  { 512, 8, 64 }, true },
	{ "stencil", "100 steps, 64x64", record_stencil, { 100, 64 }, true },
	{ "stencil", "100 steps, 1024x1024", record_stencil, { 100, 1024 },
	  false },
	{ "cg", "50 rounds, 200", record_cg, { 50, 200 }, true },
	{ "cg", "50 rounds, 2000", record_cg, { 50, 2000 }, false },
	{ "random", "300, seed 1", record_random, { 300, 1 }, true },
	{ "random", "300, seed 2", record_random, { 300, 2 }, true },
	{ "random", "300, seed 3", record_random, { 300, 3 }, true },
	{ "random", "3000, seed 4", record_random, { 3000, 4 }, false },
	{ "random", "30000, seed 5", record_random, { 30000, 5 }, false },
};

const size_t n_memory_graphs = sizeof memory_graphs / sizeof *memory_graphs;

const struct memory_graph memory_deep_graph = {
	"mlp", "70000 layers, 4x8", record_mlp, { 70000, 4, 8 }, false
};

weir_status
memory_graph_record(const struct memory_graph *what, weir_runtime *runtime,
		    weir_graph **graph)
{
	weir_status status = weir_graph_create(runtime, what->name, graph);

	if (status)
		return status;
	status = what->record(*graph, what->size);
	if (status)
		weir_graph_release(*graph);
	return status;
}
