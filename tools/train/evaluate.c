/*
 * Evaluation by independent invocations of one function.
 *
 * Rows are cut into parts of a fixed size, whatever the number of workers:
 * the sums behind the loss must be the same everywhere.
 */
#include "evaluate.h"

#include <stdlib.h>

#include "fail.h"

#define PART_ROWS 64

void
evaluator_create(weir_runtime *runtime, const struct features *features,
		 int64_t begin, int64_t end, struct model *model,
		 weir_mode mode, struct evaluator *evaluator)
{
	*evaluator = (struct evaluator){
		.how = { .size = sizeof(weir_run_options), .mode = mode },
		.begin = begin, .rows = end - begin
	};
	check(weir_function_create(runtime, "evaluate", model_evaluate, model,
				   &evaluator->function), "evaluation");
	batches_create(runtime, features, begin, end, PART_ROWS,
		       &evaluator->batches);
	evaluator->out = allocate(evaluator->batches.n,
				  sizeof(*evaluator->out));
}

void
evaluator_release(struct evaluator *evaluator)
{
	weir_function_release(evaluator->function);
	batches_release(&evaluator->batches);
	free(evaluator->out);
}

/* Those of one shape in one call. */
static void
run(struct evaluator *evaluator, size_t first, size_t n)
{
	if (n == 0)
		return;
	check(weir_run_batches(evaluator->function, &evaluator->how,
			       evaluator->batches.in[first], 2,
			       evaluator->out[first], 2, n), "evaluation");
}

static bool
is_likely(const void *probabilities, weir_dtype dtype, size_t i)
{
	if (dtype == WEIR_F64)
		return ((const double *)probabilities)[i] >= 0.5;
	return ((const float *)probabilities)[i] >= 0.5f;
}

struct evaluation
evaluate(struct evaluator *evaluator, const unsigned char *classes)
{
	const struct batches *batches = &evaluator->batches;
	weir_dtype dtype = weir_tensor_dtype(batches->in[0][0]);
	size_t size = weir_dtype_size(dtype), rows = (size_t)evaluator->rows, i;
	size_t n_whole = batches->n - (batches->last_rows < batches->rows);
	unsigned char *predicted = allocate(rows, 1);
	struct evaluation result = { .bytes = rows * size };
	char *to = result.probabilities = allocate(rows, size);
	double sum = 0;

	run(evaluator, 0, n_whole);
	run(evaluator, n_whole, batches->n - n_whole);
	for (i = 0; i < batches->n; i++) {
		size_t n = (size_t)batches_rows(batches, i);

		sum += weir_item_f64(evaluator->out[i][0]) * (double)n;
		check(weir_tensor_read(evaluator->out[i][1], to, n * size),
		      "evaluation");
		to += n * size;
		weir_tensor_release(evaluator->out[i][0]);
		weir_tensor_release(evaluator->out[i][1]);
	}
	for (i = 0; i < rows; i++)
		predicted[i] = is_likely(result.probabilities, dtype, i);
	result.loss = sum / (double)rows;
	result.metrics = metrics_of(classes + evaluator->begin, predicted,
				    rows);
	free(predicted);
	return result;
}
