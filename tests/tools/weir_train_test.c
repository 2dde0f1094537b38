/* weir-train as its users run it: modes, models, results. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <weir.h>

#include "support/spans.h"
#include "weir_train_run.h"

TestSuite(weir_train, .init = suite_begin, .fini = suite_end, .timeout = 120);

static bool
is_true(const struct outcome *outcome, const char *path)
{
	return json_is_true(value(outcome, path));
}

Test(weir_train, learns_with_the_defaults)
{
	struct outcome o = must_run("");
	double best = figure(&o, "data.best_accuracy");
	double before = INFINITY;
	char path[64];
	int epoch;

	for (epoch = 0; epoch < 5; epoch++) {
		snprintf(path, sizeof(path), "graph.epochs.%d.loss", epoch);
		cr_expect_lt(figure(&o, path), before);
		before = figure(&o, path);
	}
	cr_expect_leq(figure(&o, "graph.loss"), 0.35);
	cr_expect_leq(fabs(figure(&o, "graph.accuracy") - best), 0.03);
	cr_expect_str_empty(o.err);
}

Test(weir_train, gives_the_same_bits_in_both_modes)
{
	static const char *const same[] = { "loss", "test_loss", "accuracy" };
	struct outcome o = must_run("--mode both");
	size_t i;

	cr_expect(is_true(&o, "bitwise_equal"));
	cr_expect(strstr(o.out, "bitwise equal: yes (") != NULL);
	for (i = 0; i < 3; i++) {
		char eager[32], graph[32];

		snprintf(eager, sizeof(eager), "eager.%s", same[i]);
		snprintf(graph, sizeof(graph), "graph.%s", same[i]);
		cr_expect_eq(figure(&o, eager), figure(&o, graph));
	}
	for (i = 0; i < 3; i++) {
		char path[32];
		int threads = 1 << i;
		json_t *all = value(&o, "bitwise.threads");
		size_t at, n_found = 0;

		for (at = 0; at < json_array_size(all); at++)
			n_found += json_integer_value(json_array_get(all, at))
				== threads;
		snprintf(path, sizeof(path), "%d threads", threads);
		cr_expect_eq(n_found, 1, "%s", path);
	}
}

Test(weir_train, measures_both_modes)
{
	static const char *const figures[] = {
		"steps_per_s", "first_step_s", "step_p50_s", "step_p99_s",
		"peak_bytes"
	};
	struct outcome o = must_run("--epochs 2");
	size_t i;

	for (i = 0; i < sizeof(figures) / sizeof(figures[0]); i++) {
		char path[32];

		snprintf(path, sizeof(path), "eager.%s", figures[i]);
		cr_expect_gt(figure(&o, path), 0, "%s", path);
		snprintf(path, sizeof(path), "graph.%s", figures[i]);
		cr_expect_gt(figure(&o, path), 0, "%s", path);
	}
	cr_expect_gt(figure(&o, "graph.record_s"), 0);
	cr_expect_gt(figure(&o, "graph.compile_s"), 0);
	cr_expect_geq(figure(&o, "eager.allocations_per_step"), 0);
	cr_expect_eq(figure(&o, "graph.allocations_per_step"), 0);
}

Test(weir_train, breaks_even_by_the_figures_that_it_gives)
{
	static const char *const arguments[] = {
		"--hidden 512 --batch 400 --threads 2", "--threads 1",
		"--batch 800 --epochs 1"
	};
	size_t i;

	for (i = 0; i < 3; i++) {
		struct outcome o = must_run(arguments[i]);
		double eager = figure(&o, "eager.step_p50_s");
		double graph = figure(&o, "graph.step_p50_s");
		double steps = figure(&o, "break_even_steps");
		double lead = figure(&o, "graph.first_step_s") -
			      figure(&o, "eager.first_step_s");

		cr_expect_eq(isnan(steps), graph >= eager, "%s", arguments[i]);
		if (isnan(steps))
			continue;
		/* then, and no step sooner, but for rounding */
		cr_expect_geq((steps - 1 + 1e-6) * (eager - graph), lead, "%s",
			      arguments[i]);
		if (steps > 1)
			cr_expect_lt((steps - 2 - 1e-6) * (eager - graph), lead,
				     "%s", arguments[i]);
	}
}

Test(weir_train, explains_every_mistake_in_both_modes)
{
	struct outcome o = must_run("--epochs 1");

	cr_expect_eq(figure(&o, "mistakes_explained.made"), 25);
	cr_expect_eq(figure(&o, "mistakes_explained.eager"), 25);
	cr_expect_eq(figure(&o, "mistakes_explained.graph"), 25);
	cr_expect_eq(figure(&o, "mistakes_explained.same_words"), 25);
}

Test(weir_train, runs_one_mode_alone)
{
	struct outcome o = must_run("--mode eager --epochs 1");

	cr_expect(json_is_null(value(&o, "graph")));
	cr_expect(json_is_null(value(&o, "bitwise_equal")));
	cr_expect(strstr(o.out, "4 train, eager") != NULL);
	cr_expect(strstr(o.out, "5 train, graph") == NULL);

	o = must_run("--mode graph --epochs 1");
	cr_expect(json_is_null(value(&o, "eager")));
	cr_expect(strstr(o.out, "4 train, eager") == NULL);
	cr_expect(strstr(o.out, "5 train, graph") != NULL);
}

/* See weir_train_noise.c. */
Test(weir_train, names_the_op_that_differs)
{
	const char *noise = getenv("WEIR_TRAIN_NOISE");
	char environment[1024];
	struct outcome o;

	if (noise == NULL || access(noise, R_OK) != 0)
		skip_test("WEIR_TRAIN_NOISE names no library to preload");
	snprintf(environment, sizeof(environment),
		 "env WEIR_MATMUL=blas LD_PRELOAD='%s' "
		 "ASAN_OPTIONS=\"$ASAN_OPTIONS:verify_asan_link_order=0\"",
		 noise);
	o = run_with(environment, "--quiet --epochs 1");
	cr_expect_eq(o.status, 1, "%s", o.err);
	cr_expect(strstr(o.err, "eager and graph differ") != NULL, "%s", o.err);
	cr_expect(strstr(o.err, "matmul") != NULL, "%s", o.err);
	cr_expect(strchr(o.err, '\n') == o.err + strlen(o.err) - 1, "%s",
		  o.err);
	cr_expect(json_is_false(value(&o, "bitwise_equal")));
}

/* -- models and batches ---------------------------------------------------- */

static const char *const shapes[] = {
	"--dtype f64", "--layers 1", "--layers 3 --hidden 8", "--layers 16 "
	"--hidden 3", "--batch 7", "--batch 1 --synthetic 50x3",
	"--batch 100000", "--hidden 1", "--momentum 0", "--threads 1",
	"--threads 3", "--synthetic 4x1", "--synthetic 64x1 --batch 3",
	"--test-fraction 0.9", "--seed 18446744073709551615"
};

ParameterizedTestParameters(weir_train, has_the_same_bits_in_any_shape)
{
	static size_t index[sizeof(shapes) / sizeof(shapes[0])];
	size_t i, n = sizeof(index) / sizeof(index[0]);

	for (i = 0; i < n; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, n);
}

ParameterizedTest(size_t *i, weir_train, has_the_same_bits_in_any_shape)
{
	char arguments[128];
	struct outcome o;

	snprintf(arguments, sizeof(arguments), "--epochs 2 %s", shapes[*i]);
	o = must_run(arguments);
	cr_expect(is_true(&o, "bitwise_equal"), "%s", shapes[*i]);
}

Test(weir_train, repeats_a_seed_and_only_that)
{
	struct outcome a = must_run("--seed 7 --epochs 2");
	struct outcome b = must_run("--seed 7 --epochs 2 --threads 1");
	struct outcome c = must_run("--seed 8 --epochs 2");

	cr_expect_eq(figure(&a, "graph.loss"), figure(&b, "graph.loss"));
	cr_expect_neq(figure(&a, "graph.loss"), figure(&c, "graph.loss"));
}

Test(weir_train, says_that_it_diverged)
{
	struct outcome o = must_run("--lr 1e30 --momentum 0");

	cr_expect(strstr(o.out, "diverged") != NULL);
	cr_expect(strstr(o.err, "smaller --lr") != NULL);
	cr_expect(is_true(&o, "bitwise_equal"));
}

Test(weir_train, knows_when_it_is_made_to_run_eagerly)
{
	struct outcome o = run_with("WEIR_MODE=eager", "--epochs 1");

	cr_expect_eq(o.status, 0);
	cr_expect(strstr(o.err, "WEIR_MODE=eager") != NULL);
	cr_expect(is_true(&o, "bitwise_equal"));
}

/* -- evaluation and prediction --------------------------------------------- */

Test(weir_train, counts_every_test_row_once)
{
	struct outcome o = must_run("--epochs 1 --synthetic 500x4");
	double sum = figure(&o, "evaluation.confusion.0.0") +
		figure(&o, "evaluation.confusion.0.1") +
		figure(&o, "evaluation.confusion.1.0") +
		figure(&o, "evaluation.confusion.1.1");

	cr_expect_eq(sum, 100);
	cr_expect_eq(figure(&o, "data.test_rows"), 100);
	cr_expect_eq(figure(&o, "evaluation.accuracy"),
		     figure(&o, "graph.accuracy"));
}

Test(weir_train, predicts_alike_in_every_mode)
{
	struct outcome eager = must_run("--epochs 1 --predict-mode eager");
	struct outcome graph = must_run("--epochs 1 --predict-mode graph");
	struct outcome mixed = must_run("--epochs 1 --predict-mode mixed "
					"--mode eager");

	cr_expect_eq(figure(&eager, "prediction.probability"),
		     figure(&graph, "prediction.probability"));
	cr_expect_eq(figure(&eager, "prediction.probability"),
		     figure(&mixed, "prediction.probability"));
	cr_expect_str_eq(json_string_value(value(&mixed, "prediction.mode")),
			 "mixed");
}

Test(weir_train, shows_what_each_layer_makes_of_the_row)
{
	struct outcome o = must_run("--epochs 1 --predict-row 3 --hidden 5 "
				    "--predict-mode mixed");

	cr_expect(strstr(o.out, "row 3 of the data") != NULL);
	cr_expect(strstr(o.out, "input          1x20") != NULL);
	cr_expect(strstr(o.out, "Dense+ReLU     1x5") != NULL);
	cr_expect(strstr(o.out, "Dense+Sigmoid  1x1") != NULL);
	cr_expect_eq(figure(&o, "prediction.row"), 3);
}

Test(weir_train, warns_where_accuracy_hides_a_missed_class)
{
	struct outcome o;
	char full[512];
	FILE *file;
	int i;

	/* one row in fifty is of class 1, and nothing tells which */
	snprintf(full, sizeof(full), "%s/rare.csv", folder());
	file = fopen(full, "w");
	cr_assert_not_null(file);
	for (i = 0; i < 1000; i++)
		fprintf(file, "%d,%d,%d\n", i * 7919 % 101, i * 104729 % 97,
			i % 50 == 0);
	fclose(file);
	o = must_run("--data rare.csv --mode graph");
	cr_expect(strstr(o.err, "no better than always answering 0") != NULL,
		  "%s", o.err);
	cr_expect_eq(json_array_size(value(&o, "warnings")), 1);
}

/* -- output ---------------------------------------------------------------- */

Test(weir_train, passes_seven_stages)
{
	static const char *const stages[] = {
		"\n1 input           1000x10 -> 1000x10\n",
		"\n2 normalise       1000x10 -> 1000x10\n",
		"\n3 add squares     1000x10 -> 1000x20\n",
		"\n4 train, eager    800x20 -> 800x1\n",
		"\n5 train, graph    800x20 -> 800x1\n",
		"\n6 evaluate        200x20 -> 200x1\n",
		"\n7 predict         1x20 -> 1x1\n"
	};
	struct outcome o = run_with("LC_ALL=C", "--epochs 1");
	const char *at = o.out;
	size_t i;

	for (i = 0; i < 7 && at != NULL; i++) {
		at = strstr(at, stages[i]);
		cr_expect_not_null(at, "%s", stages[i]);
	}
	for (i = 0; o.out[i] != '\0'; i++)
		cr_assert((unsigned char)o.out[i] < 0x80 && o.out[i] != '\r' &&
			  o.out[i] != '\033', "at byte %zu", i);
}

Test(weir_train, says_nothing_when_quiet)
{
	struct outcome o = must_run("--quiet --epochs 1");

	cr_expect_str_empty(o.out);
	cr_expect_str_empty(o.err);
}

static void
read_timeline(const char *name, struct spans *spans)
{
	char full[512];

	snprintf(full, sizeof(full), "%s/%s", folder(), name);
	spans_read(spans, full);
	cr_expect_eq(spans->lost, 0);
}

/* Whether an op of a graph's timeline is one that an eager step has called, or
 * several as one of which that is the last. */
static bool
is_it(const struct span *in_graph, const struct span *op)
{
	const char *a = strrchr(in_graph->path, '/'), *b = strrchr(op->path, '/');
	const char *last = strrchr(in_graph->path, '+');

	if (strcmp(in_graph->path, op->path) == 0)
		return true;
	return a != NULL && b != NULL && last != NULL && last > a &&
	       a - in_graph->path == b - op->path &&
	       strncmp(in_graph->path, op->path, (size_t)(a - in_graph->path)) ==
		       0 &&
	       strcmp(last + 1, b + 1) == 0;
}

/* Whether a graph's timeline has an op that an eager step has called: run, or
 * as a note of what became of it. */
static bool
accounts_for(const struct spans *graph, const struct span *op)
{
	size_t i;

	for (i = 0; i < graph->n; i++)
		if (strcmp(graph->all[i].category, "graph") == 0 &&
		    graph->all[i].ordinal == op->ordinal &&
		    is_it(&graph->all[i], op))
			return true;
	for (i = 0; i < graph->n_notes; i++)
		if (graph->notes[i].ordinal == op->ordinal &&
		    strcmp(graph->notes[i].op, op->name) == 0)
			return true;
	return false;
}

Test(weir_train, writes_timelines_that_can_be_laid_side_by_side)
{
	struct outcome o = must_run("--trace t --epochs 2 "
				    "--predict-mode mixed");
	struct spans eager, graph;
	size_t i, steps = 0;

	cr_expect(strstr(o.out, "t-eager.json") != NULL);
	cr_expect(strstr(o.out, "t-graph.json") != NULL);
	read_timeline("t-eager.json", &eager);
	read_timeline("t-graph.json", &graph);
	for (i = 0; i < eager.n; i++) {
		const struct span *op = &eager.all[i];

		if (strcmp(op->category, "eager") != 0 ||
		    strncmp(op->path, "train/", 6) != 0)
			continue;
		steps += op->ordinal == 1;
		cr_expect(accounts_for(&graph, op), "%s, %lld", op->path,
			  (long long)op->ordinal);
	}
	cr_expect_eq(steps, 50);	/* 25 batches an epoch */
	spans_free(&eager);
	spans_free(&graph);
}

Test(weir_train, leaves_a_trace_of_the_whole_program_alone)
{
	struct outcome o = run_with("WEIR_TRACE=whole.json",
				    "--trace part --epochs 1");
	char full[512];

	cr_expect_eq(o.status, 0);
	snprintf(full, sizeof(full), "%s/whole.json", folder());
	cr_expect_eq(access(full, R_OK), 0);
	snprintf(full, sizeof(full), "%s/part-graph.json", folder());
	cr_expect_eq(access(full, R_OK), 0);
}

Test(weir_train, notices_that_nobody_takes_its_output)
{
	struct outcome o;

	if (access("/dev/full", W_OK) != 0)
		skip_test("this system has no /dev/full");
	o = run("--epochs 1 --json /dev/full");
	cr_expect_eq(o.status, 2);
	cr_expect(strstr(o.err, "/dev/full") != NULL);
}

Test(weir_train, takes_a_million_rows)
{
	struct outcome o;

	if (getenv("WEIR_TEST_LONG") == NULL)
		skip_test("WEIR_TEST_LONG is not set");
	o = must_run("--synthetic 1000000x10 --epochs 1");
	cr_expect(is_true(&o, "bitwise_equal"));
	cr_expect_leq(fabs(figure(&o, "graph.accuracy") -
			   figure(&o, "data.best_accuracy")), 0.01);
}
