/* The parts of weir-train that need no training: metrics, observations,
 * comparison, timing figures, curves, splits. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include <criterion/criterion.h>

#include "../../tools/train/compare.h"
#include "../../tools/train/curve.h"
#include "../../tools/train/data.h"
#include "../../tools/train/history.h"
#include "../../tools/train/metrics.h"
#include "../../tools/train/observe.h"
#include "../../tools/train/screen.h"

/* -- metrics --------------------------------------------------------------- */

/* Metrics of this confusion matrix: [actual][predicted]. */
static struct metrics
metrics_from(int n00, int n01, int n10, int n11)
{
	unsigned char actual[2048], predicted[2048];
	int counts[4] = { n00, n01, n10, n11 }, cell, i;
	size_t n = 0;

	for (cell = 0; cell < 4; cell++) {
		for (i = 0; i < counts[cell]; i++, n++) {
			actual[n] = (unsigned char)(cell / 2);
			predicted[n] = (unsigned char)(cell % 2);
		}
	}
	return metrics_of(actual, predicted, n);
}

Test(metrics, follow_from_the_confusion_matrix)
{
	struct metrics m = metrics_from(50, 10, 5, 35);

	cr_expect_eq(m.n, 100);
	cr_expect_eq(m.confusion[0][1], 10);
	cr_expect_eq(m.confusion[1][0], 5);
	cr_expect_float_eq(m.accuracy, 0.85, 1e-12);
	cr_expect_float_eq(m.precision[1], 35.0 / 45, 1e-12);
	cr_expect_float_eq(m.recall[1], 35.0 / 40, 1e-12);
	cr_expect_float_eq(m.recall[0], 50.0 / 60, 1e-12);
	cr_expect_eq(m.majority, 0);
	cr_expect_float_eq(m.majority_rate, 0.6, 1e-12);
}

Test(metrics, warn_at_98_percent_accuracy_and_12_percent_recall)
{
	/* 1,225 rows, 25 of class 1, of which 3 are found: 98.2 % and 12 %
	 * where always answering 0 gives 98.0 % */
	struct metrics m = metrics_from(1200, 0, 22, 3);
	char text[256];

	cr_expect_float_eq(m.accuracy, 0.982, 0.0005);
	cr_expect_float_eq(m.recall[1], 0.12, 1e-12);
	cr_expect_gt(m.accuracy, m.majority_rate);
	cr_expect(metrics_mislead(&m, text, sizeof(text)));
	cr_expect(strstr(text, "98.2 % misleads") != NULL, "%s", text);
	cr_expect(strstr(text, "always answering 0 gives 98.0 %") != NULL,
		  "%s", text);
	cr_expect(strstr(text, "12 %") != NULL, "%s", text);
	cr_expect(strstr(text, "class 1") != NULL, "%s", text);
}

Test(metrics, warn_where_only_the_majority_is_answered)
{
	struct metrics m = metrics_from(0, 20, 0, 980);
	char text[256];

	cr_expect(isnan(m.precision[0]));
	cr_expect(metrics_mislead(&m, text, sizeof(text)));
	cr_expect(strstr(text, "class 0") != NULL, "%s", text);
}

/* As good as the majority's rate to the last row: not misleading, useless. */
Test(metrics, say_what_is_no_better_than_one_answer)
{
	struct metrics one_answer = metrics_from(50, 0, 50, 0);
	struct metrics by_chance = metrics_from(30, 20, 30, 20);
	char text[256];

	cr_expect(metrics_mislead(&one_answer, text, sizeof(text)));
	cr_expect_str_eq(text, "accuracy 50.0 % is no better than always "
			 "answering 0, and of class 1 only 0 % are found "
			 "(recall 0.00)");
	cr_expect(metrics_mislead(&by_chance, text, sizeof(text)));
	cr_expect_str_eq(text, "accuracy 50.0 % is no better than always "
			 "answering 0, and of class 1 only 40 % are found "
			 "(recall 0.40)");
}

Test(metrics, do_not_warn_of_what_everybody_sees)
{
	struct metrics good = metrics_from(90, 10, 10, 90);
	struct metrics bad = metrics_from(30, 70, 60, 40);
	struct metrics a_row_worse = metrics_from(49, 1, 50, 0);
	struct metrics rare = metrics_from(980, 0, 8, 12);
	struct metrics one_class = metrics_from(100, 0, 0, 0);
	char text[256];

	cr_expect(!metrics_mislead(&good, text, sizeof(text)));
	cr_expect(!metrics_mislead(&bad, text, sizeof(text)));
	cr_expect(!metrics_mislead(&a_row_worse, text, sizeof(text)));
	cr_expect(!metrics_mislead(&rare, text, sizeof(text)));
	cr_expect(!metrics_mislead(&one_class, text, sizeof(text)));
	cr_expect(isnan(one_class.recall[1]));
}

/* -- observations ---------------------------------------------------------- */

Test(observation, follows_from_the_figures)
{
	/* before training, and after each epoch */
	static const double falls[] = { 0.7, 0.5, 0.4 };
	static const double stays[] = { 0.7, 0.5, 0.499 };
	static const double rises[] = { 0.7, 0.5, 0.6 };
	static const double explodes[] = { 0.7, 0.5, 1.5 };
	static const double breaks[] = { 0.7, 0.5, NAN };
	static const double test_worse[] = { 0.7, 0.5, 0.52 };
	static const double test_a_bit_worse[] = { 0.7, 0.5, 0.505 };

	cr_expect_eq(observe(falls, falls, 1), FALLING);
	cr_expect_eq(observe(falls, falls, 2), FALLING);
	cr_expect_eq(observe(stays, stays, 2), PLATEAU);
	cr_expect_eq(observe(rises, rises, 2), RISING);
	cr_expect_eq(observe(explodes, falls, 2), DIVERGED);
	cr_expect_eq(observe(breaks, falls, 2), DIVERGED);
	cr_expect_eq(observe(falls, breaks, 2), DIVERGED);
	cr_expect_eq(observe(falls, test_worse, 2), OVERFITTING);
	cr_expect_eq(observe(stays, test_worse, 2), OVERFITTING);
	cr_expect_eq(observe(falls, test_a_bit_worse, 2), FALLING);
}

/* -- comparison ------------------------------------------------------------ */

struct fake {
	struct history history;
	float losses[4], weights[6], probabilities[3];
};

static void
make_fake(struct fake *fake)
{
	int i;

	memset(fake, 0, sizeof(*fake));
	for (i = 0; i < 4; i++)
		fake->losses[i] = 1.0f / (float)(i + 1);
	fake->history.dtype = WEIR_F32;
	fake->history.n_steps = 4;
	fake->history.losses = (unsigned char *)fake->losses;
	fake->history.n_params = 1;
	fake->history.params[0] = fake->weights;
	fake->history.params_bytes[0] = sizeof(fake->weights);
	fake->history.probabilities = fake->probabilities;
	fake->history.probabilities_bytes = sizeof(fake->probabilities);
}

Test(comparison, counts_what_it_compared)
{
	struct comparison comparison = { 0 };
	struct fake eager, graph;

	make_fake(&eager);
	make_fake(&graph);
	compare_histories(&eager.history, &graph.history, 2, &comparison);
	cr_expect(!comparison.is_different);
	cr_expect_eq(comparison.tensors, 4 + 1 + 1);
	cr_expect_eq(comparison.bytes, 4 * (4 + 6 + 3));
	cr_expect_eq(comparison.threads[0], 2);
}

Test(comparison, finds_the_first_bit_that_differs)
{
	struct comparison comparison = { 0 };
	struct fake eager, graph;

	make_fake(&eager);
	make_fake(&graph);
	graph.losses[2] = nextafterf(graph.losses[2], 1);
	graph.probabilities[0] = 1;
	compare_histories(&eager.history, &graph.history, 4, &comparison);
	cr_expect(comparison.is_different);
	cr_expect_eq(comparison.different_threads, 4);
	cr_expect(strstr(comparison.difference, "loss of step 3") != NULL,
		  "%s", comparison.difference);
}

Test(comparison, tells_minus_zero_from_zero)
{
	struct comparison comparison = { 0 };
	struct fake eager, graph;

	make_fake(&eager);
	make_fake(&graph);
	graph.weights[5] = -0.0f;
	compare_histories(&eager.history, &graph.history, 1, &comparison);
	cr_expect(comparison.is_different);
	cr_expect(strstr(comparison.difference, "weights of layer 1") != NULL,
		  "%s", comparison.difference);
}

/* -- figures --------------------------------------------------------------- */

Test(figures, leave_first_steps_out)
{
	double eager_times[] = { 9, 2, 3, 2, 2 }, graph_times[] = { 50, 1, 1, 1,
		1 };
	bool is_steady[] = { false, true, true, true, true };
	struct history eager = { .n_epochs = 1, .steps_per_epoch = 5,
				 .n_steps = 5, .step_seconds = eager_times,
				 .is_steady = is_steady,
				 .first_step_seconds = 10 };
	struct history graph = { .n_epochs = 1, .steps_per_epoch = 5,
				 .n_steps = 5, .step_seconds = graph_times,
				 .is_steady = is_steady, .record_seconds = 2,
				 .compile_seconds = 4.5,
				 .first_step_seconds = 52 };
	struct step_times times = history_step_times(&eager);

	cr_expect_eq(times.n, 4);
	cr_expect_float_eq(times.per_second, 4 / 9.0, 1e-12);
	cr_expect_eq(times.p50, 2);
	cr_expect_eq(times.p99, 3);
	/* 10 + 42 x 2 = 52 + 42 x 1 */
	cr_expect_eq(history_break_even(&eager, &graph), 43);
	cr_expect(isinf(history_break_even(&graph, &eager)));
	cr_expect(isinf(history_break_even(&eager, &eager)));
	graph.first_step_seconds = 9;
	cr_expect_eq(history_break_even(&eager, &graph), 1);
}

/* Ten whole batches and a smaller one an epoch. */
static void
make_times(struct history *history, double first, double step, double last)
{
	static bool is_steady[22];
	size_t i;

	*history = (struct history){
		.n_epochs = 2, .steps_per_epoch = 11, .n_steps = 22,
		.step_seconds = calloc(22, sizeof(double)),
		.is_steady = is_steady, .first_step_seconds = first
	};
	for (i = 0; i < 22; i++) {
		is_steady[i] = i != 0 && i != 10;
		history->step_seconds[i] = i == 0 ? first : i == 10 ? last :
			step;
	}
}

/* Add up what the steps take, far beyond those that there are. */
static double
sum_up(const struct history *eager, const struct history *graph)
{
	double e = 0, g = 0;
	int i, n = 1;

	for (i = 0; i < 1000; i++) {
		e += eager->step_seconds[i < 22 ? i : 21];
		g += graph->step_seconds[i < 22 ? i : 21];
		if (g > e)
			n = i + 2;
	}
	return n;
}

Test(figures, break_even_where_the_sums_do)
{
	/* of a graph, first step and that of the smaller batch; eager takes 4
	 * for each, and 2 for the others, a graph 1 */
	static const double times[][2] = {
		{ 3, 2 }, { 4, 4 }, { 7, 4 }, { 13, 2 }, { 14, 2 }, { 15, 2 },
		{ 7, 8 }, { 7, 40 }, { 40, 4 }, { 40, 40 }, { 14, 60 }
	};
	size_t i;

	for (i = 0; i < sizeof(times) / sizeof(times[0]); i++) {
		struct history eager, graph;

		make_times(&eager, 4, 2, 4);
		make_times(&graph, times[i][0], 1, times[i][1]);
		cr_expect_eq(history_break_even(&eager, &graph),
			     sum_up(&eager, &graph), "%g and %g: %g, not %g",
			     times[i][0], times[i][1],
			     history_break_even(&eager, &graph),
			     sum_up(&eager, &graph));
		free(eager.step_seconds);
		free(graph.step_seconds);
	}
}

Test(figures, do_not_let_one_busy_epoch_decide)
{
	double seconds[] = { 9, 2, 2, 2, 700, 2 };
	bool is_steady[] = { false, true, true, true, true, true };
	struct history history = { .n_epochs = 3, .steps_per_epoch = 2,
				   .n_steps = 6, .step_seconds = seconds,
				   .is_steady = is_steady };

	cr_expect_float_eq(history_step_times(&history).per_second, 0.5,
			   1e-12);
}

Test(figures, are_those_of_first_steps_where_there_are_no_others)
{
	double seconds[] = { 4 };
	bool is_steady[] = { false };
	struct history history = { .n_epochs = 1, .steps_per_epoch = 1,
				   .n_steps = 1, .step_seconds = seconds,
				   .is_steady = is_steady };

	cr_expect_float_eq(history_step_times(&history).per_second, 0.25,
			   1e-12);
}

Test(figures, have_units)
{
	cr_expect_str_eq(as_time(48.12e-6).s, "48.1 us");
	cr_expect_str_eq(as_time(2.5e-3).s, "2.50 ms");
	cr_expect_str_eq(as_time(0.9999).s, "1.00 s");
	cr_expect_str_eq(as_bytes(512).s, "512 B");
	cr_expect_str_eq(as_bytes(1.5 * 1024 * 1024).s, "1.5 MiB");
	cr_expect_str_eq(as_count(999).s, "999");
	cr_expect_str_eq(as_count(1234567).s, "1,234,567");
	cr_expect_str_eq(as_percent(0.9772).s, "97.7 %");
	cr_expect_str_eq(as_percent(NAN).s, "-");
	cr_expect_str_eq(as_shape(1000, 10).s, "1000x10");
}

Test(curve, spans_its_values)
{
	double values[] = { 4, 3, NAN, 2, 1 };
	struct curve curve = curve_draw(values, 5, false);
	int row;

	cr_expect_eq(curve.low, 1);
	cr_expect_eq(curve.high, 4);
	cr_expect_eq(curve.lines[0][0], '*');
	for (row = 0; row < CURVE_ROWS; row++)
		cr_expect_eq(strlen(curve.lines[row]), CURVE_COLUMNS);
	curve = curve_draw(values, 5, true);
	for (row = 0; row < CURVE_ROWS; row++)
		cr_expect_eq(strlen(curve.lines[row]), 3 * CURVE_COLUMNS);
}

/* -- split ----------------------------------------------------------------- */

static struct data
synthetic(int64_t rows, double positive_rate)
{
	struct options options = { .rows = rows, .columns = 2,
				   .positive_rate = positive_rate, .seed = 3 };
	struct data data;

	data_synthesise(&options, &data);
	return data;
}

Test(split, gives_both_parts_their_share_of_a_rare_class)
{
	struct data data = synthetic(1000, 0.02);

	data_split(&data, 0.2, 3);
	cr_expect_eq(data.train_rows, 800);
	cr_expect_eq(data_positives(&data, 0, 800), 16);
	cr_expect_eq(data_positives(&data, 800, 1000), 4);
	data_release(&data);
}

Test(split, keeps_every_row_once)
{
	struct data data = synthetic(101, 0.5), before = synthetic(101, 0.5);
	bool seen[101] = { false };
	int64_t i;

	data_split(&data, 0.37, 3);
	for (i = 0; i < 101; i++) {
		int64_t from = data.source[i];

		cr_assert(!seen[from]);
		seen[from] = true;
		cr_expect_eq(data.classes[i], before.classes[from]);
		cr_expect_eq(data.values[2 * i + 1],
			     before.values[2 * from + 1]);
	}
	data_release(&data);
	data_release(&before);
}

Test(split, leaves_a_row_on_each_side)
{
	struct data data = synthetic(4, 0.5);

	data_split(&data, 0.001, 3);
	cr_expect_eq(data.train_rows, 3);
	data_release(&data);
	data = synthetic(4, 0.5);
	data_split(&data, 0.999, 3);
	cr_expect_eq(data.train_rows, 1);
	data_release(&data);
}

/* The classifier that knows how the rows were made: its accuracy is what is
 * printed as the best possible one. */
Test(synthetic, has_the_accuracy_that_it_claims)
{
	static const double rates[] = { 0.5, 0.1 };
	size_t i;

	for (i = 0; i < 2; i++) {
		struct data data = synthetic(200000, rates[i]);
		double mean[2][2] = { { 0 } }, n[2] = { 0 }, spread[2] = { 0 };
		double direction[2], best = 0, threshold, d = 0;
		int64_t row, right = 0;
		int c, j;

		for (row = 0; row < data.rows; row++) {
			c = data.classes[row];
			n[c]++;
			for (j = 0; j < 2; j++)
				mean[c][j] += data.values[2 * row + j];
		}
		for (c = 0; c < 2; c++) {
			mean[c][0] /= n[c];
			mean[c][1] /= n[c];
		}
		for (row = 0; row < data.rows; row++) {
			c = data.classes[row];
			for (j = 0; j < 2; j++) {
				double x = data.values[2 * row + j] - mean[c][j];

				spread[j] += x * x / (double)data.rows;
			}
		}
		/* columns are independent, so Fisher's rule is this */
		threshold = log(n[0] / n[1]);
		for (j = 0; j < 2; j++) {
			direction[j] = (mean[1][j] - mean[0][j]) / spread[j];
			threshold += direction[j] *
				(mean[0][j] + mean[1][j]) / 2;
			d += direction[j] * (mean[1][j] - mean[0][j]);
		}
		for (row = 0; row < data.rows; row++)
			right += (direction[0] * data.values[2 * row] +
				  direction[1] * data.values[2 * row + 1] >
				  threshold) == (data.classes[row] != 0);
		best = (double)right / (double)data.rows;
		cr_expect_float_eq(best, data.best_accuracy, 0.002);
		cr_expect_float_eq(sqrt(d), 3.6, 0.05);
		data_release(&data);
	}
}
