/* A training step, and predictions, whose batches have other sizes from call
 * to call: eager's bits, and fn is not called for each. */
#include <stdlib.h>

#include "support/weir_test.h"

enum { COLUMNS = 20 };

struct model {
	weir_runtime *rt;
	weir_function *train, *predict;
	weir_tensor *params[4];	/* w1, b1, w2, b2 */
	weir_sgd *sgd;
};

static const weir_dimension batch[] = {
	{ .name = "batch", .operand = 0, .axis = 0 },
	{ .name = "batch", .operand = 1, .axis = 0 },
};

static weir_tensor *
forward(weir_scope *s, const struct model *m, weir_tensor *x)
{
	weir_tensor *h;

	h = weir_add(s, weir_matmul(s, x, m->params[0]), m->params[1]);
	h = weir_relu(s, h);
	return weir_add(s, weir_matmul(s, h, m->params[2]), m->params[3]);
}

static weir_status
train(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const struct model *m = arg;
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *z = forward(s, m, in[0]), *loss, *gradients[4];

	loss = weir_add(s, weir_bce_with_logits(s, z, in[1]),
			weir_mean(s, weir_square(s, z), 0, NULL, false));
	weir_tape_gradients(tape, loss, m->params, 4, gradients);
	weir_sgd_step(s, m->sgd, m->params, gradients, 4);
	out[0] = loss;
	out[1] = z;
	return weir_scope_status(s);
}

static weir_status
predict(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	out[0] = weir_sigmoid(s, forward(s, arg, in[0]));
	return weir_scope_status(s);
}

static weir_tensor *
noise(weir_runtime *rt, int64_t rows, int64_t columns, unsigned seed)
{
	weir_tensor *x = must_tensor(rt, WEIR_F32, NULL, rows, columns);
	float *data = weir_tensor_data(x);
	int64_t i;

	for (i = 0; i < rows * columns; i++) {
		seed = seed * 1664525 + 1013904223;
		data[i] = (float)(seed >> 8) / (1 << 23) - 1;
	}
	return x;
}

static void
model_init(struct model *m, weir_runtime *rt, int64_t width, bool poisons)
{
	weir_function_options o = {
		.size = sizeof o, .dimensions = batch, .n_dimensions = 2,
		.poison = poisons, .check_dimensions = poisons,
	};

	m->rt = rt;
	m->params[0] = must_variable_of(rt, "w1", noise(rt, COLUMNS, width, 1));
	m->params[1] = must_variable_of(rt, "b1", noise(rt, 1, width, 2));
	m->params[2] = must_variable_of(rt, "w2", noise(rt, width, 1, 3));
	m->params[3] = must_variable_of(rt, "b2", noise(rt, 1, 1, 4));
	must(weir_sgd_create(rt, m->params, 4, 0.05, 0.9, &m->sgd));
	must(weir_function_create_with(rt, "train", train, m, &o, &m->train));
	o.n_dimensions = 1;
	must(weir_function_create_with(rt, "predict", predict, m, &o,
				       &m->predict));
}

static void
model_free(struct model *m)
{
	int i;

	weir_function_release(m->train);
	weir_function_release(m->predict);
	weir_sgd_release(m->sgd);
	for (i = 0; i < 4; i++)
		weir_tensor_release(m->params[i]);
}

static void
step(struct model *m, const weir_run_options *mode, int64_t rows,
     unsigned seed, weir_tensor **out)
{
	weir_tensor *in[2] = { noise(m->rt, rows, COLUMNS, seed),
			       noise(m->rt, rows, 1, seed + 1) };

	must(weir_function_call(m->train, mode, in, 2, out, 2));
	weir_tensor_release(in[0]);
	weir_tensor_release(in[1]);
}

static void
check_last_plan(struct model *m, int64_t rows)
{
	weir_tensor *in[2] = { noise(m->rt, rows, COLUMNS, 1),
			       noise(m->rt, rows, 1, 1) };
	weir_plan *plan = NULL;

	must(weir_function_plan(m->train, in, 2, 2, &plan));
	must(weir_plan_check(plan));
	weir_plan_release(plan);
	weir_tensor_release(in[0]);
	weir_tensor_release(in[1]);
}

/* Steps with these sizes, in both modes, from the same parameters. */
static void
train_both(unsigned threads, int64_t width, bool poisons, const int64_t *sizes,
	   size_t n, weir_function_info *info)
{
	weir_runtime *rt = must_runtime(threads);
	struct model graph, eager;
	size_t i;
	int k;

	model_init(&graph, rt, width, poisons);
	model_init(&eager, rt, width, false);
	for (i = 0; i < n; i++) {
		weir_tensor *x[2], *y[2];

		step(&graph, &in_graph_mode, sizes[i], (unsigned)i + 7, x);
		step(&eager, &in_eager_mode, sizes[i], (unsigned)i + 7, y);
		check_last_plan(&graph, sizes[i]);
		for (k = 0; k < 2; k++) {
			expect_same_bits(x[k], y[k]);
			weir_tensor_release(x[k]);
			weir_tensor_release(y[k]);
		}
		for (k = 0; k < 4; k++)
			expect_same_bits(graph.params[k], eager.params[k]);
	}
	*info = weir_function_get_info(graph.train);
	model_free(&graph);
	model_free(&eager);
	cr_expect_eq(weir_runtime_memory(rt).in_use, 0);
	weir_runtime_release(rt);
}

Test(dimensions_train, steps_of_32_8_and_20_rows_are_recorded_twice)
{
	static const int64_t sizes[] = { 32, 8, 20, 31, 8, 9, 64, 17, 20 };
	static const unsigned threads[] = { 1, 2, 4 };
	weir_function_info info;
	size_t i;

	for (i = 0; i < 6; i++) {
		train_both(threads[i / 2], 16, i % 2, sizes, 9, &info);
		cr_expect_eq(info.recordings, 2);
		cr_expect_eq(info.derived, 5);
		cr_expect_eq(info.compiled + info.resized, 7);
	}
}

Test(dimensions_train, large_steps_are_recorded_twice)
{
	static const int64_t sizes[] = { 800, 500, 799, 640, 401, 513, 1000,
					 900 };
	weir_function_info info;
	int threads;

	for (threads = 1; threads <= 4; threads *= 2) {
		train_both((unsigned)threads, 256, threads == 2, sizes, 8,
			   &info);
		cr_expect_eq(info.recordings, 2);
		cr_expect_eq(info.derived, 6);
	}
}

/* Batches of their own sizes: the first two are recorded. */
Test(dimensions_train, independent_batches_may_have_other_sizes)
{
	enum { BATCHES = 12 };
	weir_runtime *rt = must_runtime(2);
	weir_tensor *in[BATCHES], *x[BATCHES], *y[BATCHES];
	struct model m;
	int i;

	model_init(&m, rt, 16, false);
	for (i = 0; i < BATCHES; i++)
		in[i] = noise(rt, 8 + i * 5 % 12, COLUMNS, (unsigned)i);
	must(weir_run_batches(m.predict, &in_graph_mode, in, 1, x, 1,
			      BATCHES));
	must(weir_run_batches(m.predict, &in_eager_mode, in, 1, y, 1,
			      BATCHES));
	cr_expect_eq(weir_function_recordings(m.predict), 2);
	for (i = 0; i < BATCHES; i++) {
		expect_same_bits(x[i], y[i]);
		weir_tensor_release(x[i]);
		weir_tensor_release(y[i]);
		weir_tensor_release(in[i]);
	}
	model_free(&m);
	weir_runtime_release(rt);
}
