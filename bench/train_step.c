/*
 * What a training step costs: eagerly, from its plan, and written by hand.
 *
 * The floor is the same step in plain C over the same kernels and tiles: the
 * ops' own kernel functions, called in order on buffers allocated once. So
 * graph / floor is what the library adds, and (eager - floor) / ops is what
 * an eager call costs.
 *
 * All variants of a size are measured in turn, in many short rounds, and
 * compared within a round: a busy machine, or one that changes its speed, then
 * hits both sides of a comparison. A figure is the median over the rounds, with
 * the two figures between which half of the rounds are.
 */
#include <argp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <weir.h>

#include "figure.h"
#include "train_floor.h"

enum { FEATURES = 20, ROUNDS = 151, VARIANTS = 4 };

enum variant { FLOOR, EAGER, GRAPH, GRAPH_ALL };

struct size {
	int64_t batch, hidden;
};

static const struct size sizes[] = {
	{ 8, 16 }, { 8, 64 }, { 8, 512 }, { 8, 1024 },
	{ 32, 16 }, { 32, 64 }, { 32, 512 }, { 32, 1024 },
	{ 128, 16 }, { 128, 64 }, { 128, 512 }, { 128, 1024 },
	{ 800, 16 }, { 800, 64 }, { 800, 512 }, { 800, 1024 },
};

#define MUST(call) \
	do { \
		if (call) { \
			fprintf(stderr, "train_step: %s\n", \
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

/* -- the step, the library's way ------------------------------------------------- */

struct model {
	weir_tensor *params[4];		/* w1 b1 w2 b2 */
	weir_sgd *sgd;
	weir_tensor *in[2];		/* x, y */
	weir_function *function;
	weir_scope *scope;
	weir_runtime *runtime;
};

static weir_status
train_step(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	struct model *m = arg;
	weir_tensor *const *p = m->params;
	weir_tensor *grads[4];
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *h, *z;

	h = weir_relu(s, weir_add(s, weir_matmul(s, in[0], p[0]), p[1]));
	z = weir_add(s, weir_matmul(s, h, p[2]), p[3]);
	out[0] = weir_bce_with_logits(s, z, in[1]);
	weir_tape_gradients(tape, out[0], m->params, 4, grads);
	weir_sgd_step(s, m->sgd, m->params, grads, 4);
	return weir_scope_status(s);
}

static weir_tensor *
tensor(weir_runtime *rt, int64_t rows, int64_t columns, const float *data)
{
	int64_t shape[2] = { rows, columns };
	weir_tensor *t;

	MUST(weir_tensor_copy_of(rt, WEIR_F32, 2, shape, data, &t));
	return t;
}

static void
model_init(struct model *m, const struct train_data *d, unsigned threads)
{
	static const char *const names[] = { "w1", "b1", "w2", "b2" };
	weir_runtime_options options = { .size = sizeof options,
					 .threads = threads };
	int i;

	MUST(weir_runtime_create(&options, &m->runtime));
	for (i = 0; i < 4; i++) {
		weir_tensor *t = tensor(m->runtime, d->rows[i], d->columns[i],
					d->params[i]);

		MUST(weir_variable_create(m->runtime, names[i], t,
					  &m->params[i]));
		weir_tensor_release(t);
	}
	MUST(weir_sgd_create(m->runtime, m->params, 4, TRAIN_RATE,
			     TRAIN_MOMENTUM, &m->sgd));
	m->in[0] = tensor(m->runtime, d->batch, FEATURES, d->x);
	m->in[1] = tensor(m->runtime, d->batch, 1, d->y);
	MUST(weir_function_create(m->runtime, "train", train_step, m,
				  &m->function));
	MUST(weir_scope_create(m->runtime, "train", &m->scope));
}

static void
model_free(struct model *m)
{
	int i;

	for (i = 0; i < 4; i++)
		weir_tensor_release(m->params[i]);
	weir_tensor_release(m->in[0]);
	weir_tensor_release(m->in[1]);
	weir_sgd_release(m->sgd);
	weir_function_release(m->function);
	weir_scope_release(m->scope);
	weir_runtime_release(m->runtime);
}

static void
step_eagerly(struct model *m)
{
	weir_tensor *loss;

	weir_scope_push(m->scope, "step");
	MUST(train_step(m->scope, m->in, &loss, m));
	weir_scope_pop(m->scope);
}

static void
step_from_plan(struct model *m)
{
	weir_tensor *loss;

	MUST(weir_function_call(m->function, NULL, m->in, 2, &loss, 1));
	weir_tensor_release(loss);
}

/* -- measuring --------------------------------------------------------------------- */

struct setup {
	struct train_data data;
	struct train_floor *floor;
	struct model models[VARIANTS];	/* [FLOOR] is not used */
};

static void
run(struct setup *s, enum variant v, int steps)
{
	while (steps-- > 0) {
		if (v == FLOOR)
			train_floor_step(s->floor);
		else if (v == EAGER)
			step_eagerly(&s->models[v]);
		else
			step_from_plan(&s->models[v]);
	}
}

/*
 * All begin anew. Over thousands of steps on the same few rows units of the
 * hidden layer die; their gradients are 0 from then on, and their velocities
 * decay into subnormal numbers, on which an op takes hundreds of cycles: the
 * floor was twice as slow, and figures told how long it had been training.
 */
static void
restart(struct setup *s)
{
	const struct train_data *d = &s->data;
	int v, i;

	train_floor_restart(s->floor, d);
	for (v = EAGER; v < VARIANTS; v++)
		for (i = 0; i < 4; i++)
			MUST(weir_tensor_write(s->models[v].params[i],
					       d->params[i],
					       (size_t)(d->rows[i] *
							d->columns[i]) *
					       sizeof(float)));
}

/* The four must have done the same arithmetic, or the ratios mean nothing. */
static void
check_bits(struct setup *s, const struct size *size)
{
	int v, i;

	for (v = EAGER; v < VARIANTS; v++)
		for (i = 0; i < 4; i++) {
			const struct train_data *d = &s->data;
			size_t bytes = (size_t)(d->rows[i] * d->columns[i]) *
				       sizeof(float);

			if (!memcmp(weir_tensor_data(s->models[v].params[i]),
				    train_floor_param(s->floor, i), bytes))
				continue;
			fprintf(stderr, "train_step: %lldx%lld: variant %d "
				"differs from the floor in parameter %d\n",
				(long long)size->batch,
				(long long)size->hidden, v, i);
			exit(1);
		}
}

/* Nanoseconds that an eager call takes beyond its kernel, within a round. */
static struct figure
per_call(double samples[VARIANTS][ROUNDS], double calls)
{
	double costs[ROUNDS];
	int i;

	for (i = 0; i < ROUNDS; i++)
		costs[i] = (samples[EAGER][i] - samples[FLOOR][i]) / calls;
	return figure_of(costs, ROUNDS);
}

/* How many times what one variant takes another does, within a round. */
static struct figure
ratios(double samples[VARIANTS][ROUNDS], enum variant a, enum variant b)
{
	double values[ROUNDS];
	int i;

	for (i = 0; i < ROUNDS; i++)
		values[i] = samples[a][i] / samples[b][i];
	return figure_of(values, ROUNDS);
}

static void
measure(const struct size *size, unsigned all, double budget_ms)
{
	struct setup *s = calloc(1, sizeof *s);
	double samples[VARIANTS][ROUNDS], start;
	struct figure f[VARIANTS], call, ratio, speedup;
	weir_plan *plan;
	int v, round, steps;

	train_data_init(&s->data, size->batch, FEATURES, size->hidden);
	s->floor = train_floor_create(&s->data);
	model_init(&s->models[EAGER], &s->data, 1);
	model_init(&s->models[GRAPH], &s->data, 1);
	model_init(&s->models[GRAPH_ALL], &s->data, all);
	for (v = 0; v < VARIANTS; v++)
		run(s, v, 3);
	check_bits(s, size);
	start = now();
	for (v = 0; v < VARIANTS; v++)
		run(s, v, 5);
	steps = (int)(budget_ms * 1e6 / ROUNDS / ((now() - start) / 5)) + 1;
	for (round = 0; round < ROUNDS; round++) {
		restart(s);
		for (v = 0; v < VARIANTS; v++) {
			run(s, v, 1);	/* into the caches */
			start = now();
			run(s, v, steps);
			samples[v][round] = (now() - start) / steps;
		}
	}
	check_bits(s, size);
	MUST(weir_function_plan(s->models[GRAPH].function,
				s->models[GRAPH].in, 2, 1, &plan));
	call = per_call(samples, (double)weir_plan_get_info(plan).recorded);
	weir_plan_release(plan);
	ratio = ratios(samples, GRAPH, FLOOR);
	speedup = ratios(samples, GRAPH, GRAPH_ALL);
	for (v = 0; v < VARIANTS; v++)
		f[v] = figure_of(samples[v], ROUNDS);
	printf("%4lldx%-5lld %8.1f %8.1f %8.1f %8.1f  %6.2f (%.2f-%.2f)  "
	       "%5.0f (%.0f to %.0f)  %5.2f (%.2f-%.2f)\n",
	       (long long)size->batch, (long long)size->hidden,
	       f[FLOOR].median / 1e3, f[EAGER].median / 1e3,
	       f[GRAPH].median / 1e3, f[GRAPH_ALL].median / 1e3,
	       ratio.median, ratio.low, ratio.high,
	       call.median, call.low, call.high,
	       speedup.median, speedup.low, speedup.high);
	fflush(stdout);
	for (v = EAGER; v < VARIANTS; v++)
		model_free(&s->models[v]);
	train_floor_release(s->floor);
	train_data_free(&s->data);
	free(s);
}

/* -- the command line ---------------------------------------------------------------- */

struct arguments {
	double budget_ms;
	int64_t batch, hidden;
};

static const struct argp_option options[] = {
	{ "time", 't', "MS", 0, "Milliseconds for each size (default 600)",
	  0 },
	{ "size", 's', "BATCHxHIDDEN", 0, "This size only", 0 },
	{ 0 },
};

static error_t
parse(int key, char *value, struct argp_state *state)
{
	struct arguments *a = state->input;
	long long batch, hidden;

	switch (key) {
	case 't':
		a->budget_ms = atof(value);
		if (!(a->budget_ms > 0))
			argp_error(state, "--time %s is no time", value);
		return 0;
	case 's':
		if (sscanf(value, "%lldx%lld", &batch, &hidden) != 2 ||
		    batch < 1 || hidden < 1)
			argp_error(state, "--size %s is no size", value);
		a->batch = batch;
		a->hidden = hidden;
		return 0;
	case ARGP_KEY_ARG:
		argp_usage(state);
		return 0;
	default:
		return ARGP_ERR_UNKNOWN;
	}
}

int
main(int argc, char **argv)
{
	static const struct argp argp = {
		options, parse, NULL,
		"Times one training step of a two-layer classifier over 20 "
		"features: hand-written over the library's kernels (floor), "
		"eager, from its plan with one thread, and with all.",
		NULL, NULL, NULL,
	};
	struct arguments a = { .budget_ms = 600 };
	weir_runtime *runtime;
	unsigned all;
	size_t i;

	argp_parse(&argp, argc, argv, 0, NULL, &a);
	MUST(weir_runtime_create(NULL, &runtime));
	all = weir_runtime_threads(runtime);
	weir_runtime_release(runtime);
	printf("train_step --time %g: microseconds a step, medians of %d "
	       "rounds (and where half of them are); f32, %d features, "
	       "momentum; %u threads\n",
	       a.budget_ms, ROUNDS, FEATURES, all);
	printf("%-10s %8s %8s %8s %8s  %-18s  %-20s  %s\n", "size", "floor",
	       "eager", "graph", "graph*N", "graph/floor", "eager, ns/op",
	       "graph/graph*N");
	for (i = 0; i < sizeof sizes / sizeof *sizes; i++) {
		struct size only = { a.batch, a.hidden };

		if (!a.batch)
			measure(&sizes[i], all, a.budget_ms);
		else if (i == 0)
			measure(&only, all, a.budget_ms);
	}
	return 0;
}
