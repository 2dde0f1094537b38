/*
 * Bit for bit: bytes are compared, never numbers, so that -0 is not 0 and one
 * NaN is not another.
 */
#include "compare.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "batches.h"
#include "fail.h"

WEIR_PRINTF(2, 3) static void
differs(struct comparison *comparison, const char *format, ...)
{
	va_list ap;

	if (comparison->is_different)
		return;
	comparison->is_different = true;
	comparison->different_threads =
		comparison->threads[comparison->n_threads - 1];
	va_start(ap, format);
	vsnprintf(comparison->difference, sizeof(comparison->difference),
		  format, ap);
	va_end(ap);
}

/* Compare n tensors of size bytes that lie one after another; the number of
 * the first that differs, or n. */
static size_t
first_difference(const void *a, const void *b, size_t n, size_t size,
		 struct comparison *comparison)
{
	const char *x = a, *y = b;
	size_t i;

	comparison->tensors += n;
	comparison->bytes += n * size;
	for (i = 0; i < n; i++) {
		if (memcmp(x + i * size, y + i * size, size) != 0)
			return i;
	}
	return n;
}

void
compare_histories(const struct history *eager, const struct history *graph,
		  unsigned threads, struct comparison *comparison)
{
	size_t size = weir_dtype_size(eager->dtype), i;

	comparison->threads[comparison->n_threads++] = threads;
	i = first_difference(eager->losses, graph->losses, eager->n_steps,
			     size, comparison);
	if (i < eager->n_steps)
		differs(comparison, "at %u threads the loss of step %zu is "
			"%.17g eagerly and %.17g as a graph", threads, i + 1,
			history_loss(eager, i), history_loss(graph, i));
	for (i = 0; i < eager->n_params; i++) {
		if (first_difference(eager->params[i], graph->params[i], 1,
				     eager->params_bytes[i], comparison) == 0)
			differs(comparison, "at %u threads the trained %s of "
				"layer %zu differ", threads,
				i % 2 == 0 ? "weights" : "biases", i / 2 + 1);
	}
	i = first_difference(eager->probabilities, graph->probabilities, 1,
			     eager->probabilities_bytes, comparison);
	if (i == 0)
		differs(comparison, "at %u threads the predictions of the test "
			"rows differ", threads);
}

void
compare_predictions(const struct prediction *a, const struct prediction *b,
		    const char *what, struct comparison *comparison)
{
	size_t i;

	for (i = 0; i < a->n_outputs; i++) {
		size_t bytes = a->columns[i] * weir_dtype_size(a->dtype);

		if (first_difference(a->bits[i], b->bits[i], 1, bytes,
				     comparison) == 0)
			differs(comparison, "predicting one row, the output of "
				"layer %zu differs between eager and %s", i,
				what);
	}
}

void
compare_at_thread_counts(const struct training *training,
			 const struct history *eager,
			 const struct history *graph,
			 struct comparison *comparison)
{
	static const unsigned counts[] = { 1, 2, 4 };
	unsigned had = weir_runtime_threads(training->runtime);
	size_t i;

	compare_histories(eager, graph, had, comparison);
	for (i = 0; i < sizeof(counts) / sizeof(counts[0]); i++) {
		weir_runtime_options options = { .size = sizeof(options),
						 .threads = counts[i] };
		struct training again = *training;
		struct history history;
		struct model model;
		char progress[32];

		if (counts[i] == had)
			continue;
		snprintf(progress, sizeof(progress), "graph, %u thread%s",
			 counts[i], counts[i] == 1 ? "" : "s");
		check(weir_runtime_create(&options, &again.runtime),
		      "another runtime");
		again.mode = WEIR_MODE_GRAPH;
		again.on_epoch = NULL;
		again.progress = progress;
		train(&again, &model, &history);
		compare_histories(eager, &history, counts[i], comparison);
		history_release(&history);
		model_release(&model);
		weir_runtime_release(again.runtime);
	}
}

/* Compare one step op by op; if all agree, make it, so that the next one
 * starts from there. */
static bool
step_differs(weir_function *function, weir_tensor *const *in)
{
	static const weir_run_options eagerly = { .size = sizeof(eagerly),
						  .mode = WEIR_MODE_EAGER };
	weir_status status = weir_function_compare(function, in, 2, 1);
	weir_tensor *out[1];

	if (status == WEIR_EBITS)
		return true;
	check(status, "the search for the op");
	check(weir_function_call(function, &eagerly, in, 2, out, 1),
	      "the search for the op");
	weir_tensor_release(out[0]);
	return false;
}

void
compare_name_op(const struct training *training, unsigned threads, char *text,
		size_t size)
{
	weir_runtime_options options = { .size = sizeof(options),
					 .threads = threads };
	const struct features *features = training->features;
	struct batches batches;
	struct model model;
	weir_runtime *runtime;
	weir_function *function;
	int64_t *order;
	size_t i;

	check(weir_runtime_create(&options, &runtime), "another runtime");
	batches_create(runtime, features, 0, features->train_rows,
		       training->batch, &batches);
	order = allocate(batches.n, sizeof(*order));
	batches_shuffle(&batches, training->seed, 0, order);
	model_create(runtime, training->start, &model);
	check(weir_function_create(runtime, "train", model_train_step, &model,
				   &function), "the search for the op");

	snprintf(text, size, "no single op differs when the first epoch is "
		 "repeated step by step");
	for (i = 0; i < batches.n; i++) {
		if (step_differs(function, batches.in[order[i]])) {
			snprintf(text, size, "step %zu: %s", i + 1,
				 weir_error_text());
			break;
		}
	}
	weir_function_release(function);
	model_release(&model);
	batches_release(&batches);
	weir_runtime_release(runtime);
	free(order);
}
