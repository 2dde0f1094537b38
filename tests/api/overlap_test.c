/*
 * What a trace shows: that independent work overlaps on several workers, and
 * what became of every op.
 *
 * The machine may be busy with other things: what must be possible is tried a
 * few times.
 */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include <weir.h>

#include "support/child.h"
#include "support/sleeper.h"
#include "support/traced.h"

enum { TRIES = 40, SIDE = 512 };

static const double MOST_MS = 20000;	/* of tries that take a moment each */

TestSuite(overlap, .init = begin_traced, .fini = end_traced,
	  .timeout = 300);

static double
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return 1e3 * (double)t.tv_sec + 1e-6 * (double)t.tv_nsec;
}

/* Read the file of one traced call; out is released. */
static struct spans
traced_call(weir_function *f, weir_mode mode, weir_tensor *const *in,
	    size_t n_in, weir_trace_clock clock)
{
	weir_run_options how = { .size = sizeof how, .mode = mode };
	weir_trace_options options = { .size = sizeof options,
				       .clock = clock };
	weir_tensor *out;
	struct spans spans;

	cr_assert_eq(weir_trace_start(runtime, &options), WEIR_OK);
	cr_assert_eq(weir_function_call(f, &how, in, n_in, &out, 1), WEIR_OK,
		     "%s", weir_error_text());
	weir_tensor_release(out);
	stop_and_read(&spans);
	return spans;
}

static weir_tensor *
matrix(int64_t rows, int64_t columns, float step)
{
	int64_t shape[2] = { rows, columns }, i;
	weir_tensor *tensor;
	float *data;

	cr_assert_eq(weir_tensor_create(runtime, WEIR_F32, 2, shape, &tensor),
		     WEIR_OK);
	data = weir_tensor_data(tensor);
	for (i = 0; i < rows * columns; i++)
		data[i] = (float)(i % 97) * step - 0.4f;
	return tensor;
}

/* -- at the same time ------------------------------------------------------ */

/* Two independent products of two tiles each. */
static weir_status
two_products(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	     void *arg)
{
	(void)arg;
	out[0] = weir_add(s, weir_matmul(s, in[0], in[1]),
			  weir_matmul(s, in[1], in[0]));
	return weir_scope_status(s);
}

static bool
any_overlap(const struct spans *spans, bool of_one_op)
{
	size_t i, j;

	for (i = 0; i < spans->n; i++)
		for (j = i + 1; j < spans->n; j++) {
			const struct span *a = &spans->all[i];
			const struct span *b = &spans->all[j];

			if (strcmp(a->name, "matmul") == 0 &&
			    strcmp(b->name, "matmul") == 0 &&
			    (a->ordinal == b->ordinal) == of_one_op &&
			    spans_overlap(a, b))
				return true;
		}
	return false;
}

static void
expect_overlap(bool of_one_op)
{
	weir_tensor *in[2] = { matrix(SIDE, SIDE, 0.01f),
			       matrix(SIDE, SIDE, 0.02f) };
	const double start = now_ms();
	bool found = false;
	weir_function *f;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2) {
		end_traced();	/* a test that is skipped has none */
		cr_skip_test("one processor");
	}
	cr_assert_eq(weir_function_create(runtime, "f", two_products, NULL,
					  &f), WEIR_OK);
	while (!found && now_ms() - start < MOST_MS) {
		struct spans spans = traced_call(f, WEIR_MODE_GRAPH, in, 2,
						 WEIR_TRACE_TIME);

		found = any_overlap(&spans, of_one_op);
		spans_free(&spans);
	}
	cr_expect(found, "in %g ms", now_ms() - start);
	weir_function_release(f);
	weir_tensor_release(in[0]);
	weir_tensor_release(in[1]);
}

Test(overlap, is_there_for_two_independent_nodes)
{
	expect_overlap(false);
}

Test(overlap, is_there_for_two_tiles_of_one_matmul)
{
	expect_overlap(true);
}

static weir_status
two_sleepers(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	     void *arg)
{
	weir_tensor *both[2] = { NULL, NULL };

	(void)arg;
	weir_apply(s, &sleep_op, NULL, in, 1, &both[0], 1);
	weir_apply(s, &sleep_op, NULL, in, 1, &both[1], 1);
	out[0] = weir_add(s, both[0], both[1]);
	return weir_scope_status(s);
}

Test(overlap, lets_two_sleepers_of_20_ms_end_within_30)
{
	double least = 1e9;
	weir_tensor *x, *out;
	weir_function *f;
	int i;

	cr_assert_eq(weir_tensor_create(runtime, WEIR_F64, 0, NULL, &x),
		     WEIR_OK);
	cr_assert_eq(weir_function_create(runtime, "f", two_sleepers, NULL,
					  &f), WEIR_OK);
	for (i = 0; i < TRIES && least >= 30; i++) {
		double start = now_ms(), took;

		cr_assert_eq(weir_function_call(f, NULL, &x, 1, &out, 1),
			     WEIR_OK);
		took = now_ms() - start;
		weir_tensor_release(out);
		cr_assert_geq(took, 20);
		least = took < least ? took : least;
	}
	cr_expect_lt(least, 30, "%g ms", least);
	weir_function_release(f);
	weir_tensor_release(x);
}

/* -- nothing is lost ------------------------------------------------------- */

struct model {
	weir_tensor *w, *dice;
	weir_sgd *sgd;
};

/* With something to merge, fold, drop, view, cut, assign and differentiate. */
static weir_status
train(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	static const int64_t shape[] = { SIDE, 1 };
	struct model *m = arg;
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *two, *h, *g, *noise;

	two = weir_mul(s, weir_constant(s, WEIR_F32, 0, NULL, 1),
		       weir_constant(s, WEIR_F32, 0, NULL, 2));
	noise = weir_uniform(s, m->dice, WEIR_F32, 2, shape, -1, 1);
	weir_exp(s, noise);
	weir_scope_push(s, "layer");
	h = weir_tanh(s, weir_add(s, weir_matmul(s, in[0], m->w), noise));
	h = weir_add(s, weir_tanh(s, weir_add(s, weir_matmul(s, in[0], m->w),
					      noise)), h);
	h = weir_keep(s, weir_mul(s, h, two));
	weir_scope_pop(s);
	h = weir_transpose(s, h, 0, NULL);
	out[0] = weir_mean(s, weir_square(s, h), 0, NULL, false);
	weir_tape_gradients(tape, out[0], &m->w, 1, &g);
	weir_sgd_step(s, m->sgd, &m->w, &g, 1);
	return weir_scope_status(s);
}

static void
model_init(struct model *m)
{
	weir_tensor *start = matrix(SIDE, SIDE, 0.001f);

	cr_assert_eq(weir_variable_create(runtime, "w", start, &m->w),
		     WEIR_OK);
	cr_assert_eq(weir_generator_create(runtime, "dice", 1, &m->dice),
		     WEIR_OK);
	cr_assert_eq(weir_sgd_create(runtime, &m->w, 1, 0.1, 0.9, &m->sgd),
		     WEIR_OK);
	weir_tensor_release(start);
}

static void
model_free(struct model *m)
{
	weir_sgd_release(m->sgd);
	weir_tensor_release(m->dice);
	weir_tensor_release(m->w);
}

enum { ORDINALS = 200 };

/* Who is in the trace: 1 as an event, 2 as a note. */
static int64_t
gather(const struct spans *spans, const char *category, unsigned char *seen)
{
	int64_t last = 0;
	size_t i;

	for (i = 0; i < spans->n; i++) {
		if (strcmp(spans->all[i].category, category) != 0)
			continue;
		cr_assert(spans->all[i].ordinal > 0 &&
			  spans->all[i].ordinal < ORDINALS);
		seen[spans->all[i].ordinal] |= 1;
		if (last < spans->all[i].ordinal)
			last = spans->all[i].ordinal;
	}
	for (i = 0; i < spans->n_notes; i++) {
		const struct note *n = &spans->notes[i];

		cr_assert(n->ordinal > 0 && n->ordinal < ORDINALS);
		cr_expect(strstr("merged folded dropped view fused", n->fate), "%s",
			  n->fate);
		cr_expect_eq(seen[n->ordinal], 0, "op %d twice",
			     (int)n->ordinal);
		seen[n->ordinal] |= 2;
	}
	return last;
}

Test(overlap, shows_every_eager_op_in_the_graph_s_trace)
{
	unsigned char eager[ORDINALS] = { 0 }, graph[ORDINALS] = { 0 };
	weir_tensor *in = matrix(SIDE, SIDE, 0.01f);
	struct spans spans;
	struct model m;
	weir_function *f;
	int64_t last, i;
	static const char *const fates[] = { "merged", "folded", "dropped",
					     "view", "fused" };
	size_t j, k, n;

	model_init(&m);
	cr_assert_eq(weir_function_create(runtime, "train", train, &m, &f),
		     WEIR_OK);
	spans = traced_call(f, WEIR_MODE_EAGER, &in, 1, WEIR_TRACE_TIME);
	last = gather(&spans, "eager", eager);
	spans_free(&spans);
	cr_expect_gt(last, 30);
	spans = traced_call(f, WEIR_MODE_GRAPH, &in, 1, WEIR_TRACE_TIME);
	gather(&spans, "graph", graph);
	for (i = 1; i <= last; i++)
		cr_expect(graph[i] || !eager[i], "op %d is not in the graph's "
			  "trace", (int)i);
	for (k = 0; k < sizeof fates / sizeof *fates; k++) {
		for (n = j = 0; j < spans.n_notes; j++)
			n += strcmp(spans.notes[j].fate, fates[k]) == 0;
		cr_expect_gt(n, 0, "no op is %s", fates[k]);
	}
	spans_free(&spans);
	weir_function_release(f);
	model_free(&m);
	weir_tensor_release(in);
}

/* -- the same each time ---------------------------------------------------- */

static char *
read_file(const char *name)
{
	FILE *file = fopen(name, "rb");
	char *text;
	long size;

	cr_assert(file);
	fseek(file, 0, SEEK_END);
	size = ftell(file);
	rewind(file);
	text = calloc((size_t)size + 1, 1);
	cr_assert_eq(fread(text, 1, (size_t)size, file), (size_t)size);
	fclose(file);
	return text;
}

CHILD(eager_with_logical_clock)
{
	weir_runtime_options options = { .size = sizeof options,
					 .threads = 2 };
	weir_trace_options clock = { .size = sizeof clock,
				     .clock = WEIR_TRACE_LOGICAL };
	weir_run_options how = { .size = sizeof how, .mode = WEIR_MODE_EAGER };
	weir_tensor *in, *out;
	struct model m;
	weir_function *f;
	int i;

	if (weir_runtime_create(&options, &runtime))
		return 1;
	model_init(&m);
	in = matrix(SIDE, SIDE, 0.01f);
	if (weir_trace_start(runtime, &clock) ||
	    weir_function_create(runtime, "train", train, &m, &f))
		return 2;
	for (i = 0; i < 3; i++) {
		if (weir_function_call(f, &how, &in, 1, &out, 1))
			return 3;
		weir_tensor_release(out);
	}
	weir_trace_stop(runtime);
	if (weir_trace_write(runtime, getenv("TEST_TRACE")))
		return 4;
	weir_function_release(f);
	model_free(&m);
	weir_tensor_release(in);
	weir_runtime_release(runtime);
	return 0;
}

Test(overlap, writes_the_same_bytes_of_two_eager_runs_by_the_logical_clock)
{
	char *first, *second;

	setenv("TEST_TRACE", path, 1);
	cr_assert_eq(child_run("eager_with_logical_clock", NULL), 0);
	first = read_file(path);
	cr_assert_eq(child_run("eager_with_logical_clock", NULL), 0);
	second = read_file(path);
	cr_expect_gt(strlen(first), 5000);
	cr_expect_str_eq(first, second);
	free(first);
	free(second);
}

/* -- a program that just ends ---------------------------------------------- */

CHILD(never_releases)
{
	static struct model m;		/* still reachable in the end */
	static weir_tensor *in;
	static weir_function *f;
	weir_tensor *out;
	int i;

	if (weir_runtime_create(NULL, &runtime))
		return 1;
	model_init(&m);
	in = matrix(SIDE, SIDE, 0.01f);
	if (weir_function_create(runtime, "train", train, &m, &f))
		return 2;
	for (i = 0; i < 5; i++)
		if (weir_function_call(f, NULL, &in, 1, &out, 1))
			return 3;
		else
			weir_tensor_release(out);
	return 0;
}

Test(overlap, is_written_whole_by_a_program_that_never_releases_its_runtime)
{
	char setting[TEMPORARY + 64];
	struct spans spans;
	size_t i, runs = 0;

	snprintf(setting, sizeof setting, "WEIR_TRACE=%s", path);
	cr_assert_eq(child_run("never_releases", setting), 0);
	spans_read(&spans, path);
	for (i = 0; i < spans.n; i++)
		runs += strcmp(spans.all[i].category, "run") == 0;
	cr_expect_eq(runs, 5);
	cr_expect_eq(spans.lost, 0);
	spans_free(&spans);
}
