/*
 * What a plan for a new batch size takes: where it is recorded, where its graph
 * is derived and compiled, and where it is laid out as that of a larger batch
 * is. And what the last costs in each later run.
 *
 * A training step of so many layers, at sizes between one and its half. Figures
 * are medians over them.
 */
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <weir.h>

#include "figure.h"

enum { FEATURES = 20, LAYERS_MAX = 12, SIZES = 12, RUNS = 3 };

#define MUST(call) \
	do { \
		if (call) { \
			fprintf(stderr, "batch_sizes: %s\n", \
				weir_error_text()); \
			exit(1); \
		} \
	} while (0)

static double
now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

/* -- the step -------------------------------------------------------------- */

struct model {
	weir_runtime *runtime;
	int layers;
	weir_tensor *params[2 * LAYERS_MAX];
	weir_sgd *sgd;
};

static weir_status
train_step(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	struct model *m = arg;
	size_t n = 2 * (size_t)m->layers, i;
	weir_tensor *x = in[0], *gradients[2 * LAYERS_MAX];
	weir_tape *tape = weir_tape_begin(s);

	for (i = 0; i < n; i += 2) {
		x = weir_add(s, weir_matmul(s, x, m->params[i]),
			     m->params[i + 1]);
		if (i + 2 < n)
			x = weir_relu(s, x);
	}
	out[0] = weir_bce_with_logits(s, x, in[1]);
	weir_tape_gradients(tape, out[0], m->params, n, gradients);
	weir_sgd_step(s, m->sgd, m->params, gradients, n);
	return weir_scope_status(s);
}

static weir_tensor *
numbers(weir_runtime *runtime, int64_t rows, int64_t columns)
{
	int64_t shape[2] = { rows, columns }, i;
	weir_tensor *x;

	MUST(weir_tensor_create(runtime, WEIR_F32, 2, shape, &x));
	for (i = 0; i < rows * columns; i++)
		((float *)weir_tensor_data(x))[i] =
			(float)(i * 7919 % 101 - 50) / 500;
	return x;
}

static void
model_init(struct model *m, weir_runtime *runtime, int layers, int64_t width)
{
	int64_t from = FEATURES, to;
	weir_tensor *start;
	int i;

	m->runtime = runtime;
	m->layers = layers;
	for (i = 0; i < 2 * layers; i += 2, from = to) {
		to = i + 2 < 2 * layers ? width : 1;
		start = numbers(runtime, from, to);
		MUST(weir_variable_create(runtime, "w", start, &m->params[i]));
		weir_tensor_release(start);
		start = numbers(runtime, 1, to);
		MUST(weir_variable_create(runtime, "b", start,
					  &m->params[i + 1]));
		weir_tensor_release(start);
	}
	MUST(weir_sgd_create(runtime, m->params, 2 * (size_t)layers, 0.01, 0,
			     &m->sgd));
}

static void
model_free(struct model *m)
{
	int i;

	weir_sgd_release(m->sgd);
	for (i = 0; i < 2 * m->layers; i++)
		weir_tensor_release(m->params[i]);
}

/* -- measuring ------------------------------------------------------------- */

struct times {
	double record, compile;		/* or derive; or lay out */
	double run;			/* the fastest */
};

/* Of a plan for so many rows, and of n calls. */
static struct times
call(weir_function *f, weir_runtime *runtime, int64_t rows, int n)
{
	weir_tensor *in[2] = { numbers(runtime, rows, FEATURES),
			       numbers(runtime, rows, 1) };
	struct times times = { .run = 1e300 };
	weir_plan_info info;
	weir_plan *plan;
	weir_tensor *out;
	double start;

	MUST(weir_function_plan(f, in, 2, 1, &plan));
	info = weir_plan_get_info(plan);
	times.record = info.record_ns;
	times.compile = info.compile_ns;
	weir_plan_release(plan);
	for (; n > 0; n--) {
		start = now();
		MUST(weir_function_call(f, NULL, in, 2, &out, 1));
		start = now() - start;
		times.run = start < times.run ? start : times.run;
		weir_tensor_release(out);
	}
	weir_tensor_release(in[0]);
	weir_tensor_release(in[1]);
	return times;
}

enum way { RECORDED, DERIVED, LAID_OUT, WAYS };

/* A function that knows what it has to, and nothing of the sizes to come. */
static weir_function *
function_for(struct model *m, enum way way, int64_t most)
{
	const weir_dimension batch[2] = {
		{ .name = "batch", .operand = 0 },
		{ .name = "batch", .operand = 1 },
	};
	weir_function_options options = {
		.size = sizeof options, .cache_limit = 2 * SIZES,
		.dimensions = batch, .n_dimensions = way == RECORDED ? 0 : 2,
	};
	weir_function *f;

	MUST(weir_function_create_with(m->runtime, "train", train_step, m,
				       &options, &f));
	if (way == RECORDED)
		return f;
	call(f, m->runtime, most / 2, 1);
	call(f, m->runtime, way == LAID_OUT ? most + 1 : most / 2 + 1, 1);
	return f;
}

struct figures {
	double record[WAYS], compile[WAYS], run[WAYS];
};

static void
measure(struct model *m, int64_t most, struct figures *figures)
{
	double record[SIZES], compile[SIZES], run[SIZES];
	weir_function_info info;
	weir_function *f;
	int way, i;

	for (way = RECORDED; way < WAYS; way++) {
		f = function_for(m, (enum way)way, most);
		for (i = 0; i < SIZES; i++) {
			/* Upwards, there is no larger plan. */
			int64_t rows = way == DERIVED
				? most / 2 + 2 + i * (most / 2 - 2) / SIZES
				: most - i * (most / 2 - 2) / SIZES;

			struct times t = call(f, m->runtime, rows, RUNS);

			record[i] = t.record;
			compile[i] = t.compile;
			run[i] = t.run;
		}
		info = weir_function_get_info(f);
		if ((way == DERIVED && info.derived != SIZES) ||
		    (way == LAID_OUT && info.resized != SIZES))
			printf("# %s: of %d sizes %llu derived, %llu laid out "
			       "as others: %s\n",
			       way == DERIVED ? "derived" : "laid out", SIZES,
			       (unsigned long long)info.derived,
			       (unsigned long long)info.resized,
			       weir_function_plan_reason(f));
		figures->record[way] = figure_of(record, SIZES).median;
		figures->compile[way] = figure_of(compile, SIZES).median;
		figures->run[way] = figure_of(run, SIZES).median;
		weir_function_release(f);
	}
}

int
main(void)
{
	static const struct {
		int layers;
		int64_t width, most;
	} cases[] = {
		{ 2, 16, 64 }, { 12, 16, 64 }, { 2, 256, 800 },
		{ 12, 256, 800 },
	};
	struct figures f;
	weir_runtime *runtime;
	struct model m;
	size_t i;

	MUST(weir_runtime_create(NULL, &runtime));
	printf("# us that a plan for a batch size takes; run: laid out / "
	       "compiled\n"
	       "# layers width  rows     record   + compile    derive   "
	       "+ compile  derive + lay out     run\n");
	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		model_init(&m, runtime, cases[i].layers, cases[i].width);
		measure(&m, cases[i].most, &f);
		printf("  %6d %5lld %5lld %10.1f %11.1f %9.1f %11.1f %17.1f "
		       "%7.3f\n", cases[i].layers, (long long)cases[i].width,
		       (long long)cases[i].most, f.record[RECORDED] / 1e3,
		       f.compile[RECORDED] / 1e3, f.record[DERIVED] / 1e3,
		       f.compile[DERIVED] / 1e3,
		       (f.record[LAID_OUT] + f.compile[LAID_OUT]) / 1e3,
		       f.run[LAID_OUT] / f.run[RECORDED]);
		fflush(stdout);
		model_free(&m);
	}
	weir_runtime_release(runtime);
	return 0;
}
