/*
 * Prediction of one row. Which layers run eagerly and which as a graph is a
 * matter of the caller: both run the same layers().
 */
#include "predict.h"

#include <stdlib.h>
#include <string.h>

#include "batches.h"
#include "fail.h"

/* Layers begin <= i < end of a model; arg of layers(). */
struct stretch {
	const struct model *model;
	int begin, end;
};

/* A weir_function_fn. in: what the first of them takes; out: what each
 * gives, the last one of the model through its sigmoid. */
static weir_status
layers(weir_scope *s, weir_tensor *const *in, weir_tensor **out, void *arg)
{
	const struct stretch *stretch = arg;
	const struct model *model = stretch->model;
	weir_tensor *x = in[0];
	int i;

	for (i = stretch->begin; i < stretch->end; i++) {
		x = model_layer(s, model, i, x);
		if (i + 1 == model->n_layers)
			x = weir_sigmoid(s, x);
		out[i - stretch->begin] = x;
	}
	return weir_scope_status(s);
}

static void
save(struct prediction *prediction, weir_tensor *tensor)
{
	size_t n = prediction->n_outputs++;
	size_t columns = (size_t)weir_tensor_elements(tensor);
	size_t bytes = columns * weir_dtype_size(prediction->dtype);

	prediction->columns[n] = columns;
	prediction->bits[n] = allocate(bytes, 1);
	check(weir_tensor_read(tensor, prediction->bits[n], bytes),
	      "prediction");
}

/* Run the first layers at once. The results are owned by the scope. */
static void
run_eagerly(weir_scope *scope, const struct model *model, int end,
	    weir_tensor *row, struct prediction *prediction,
	    weir_tensor **last)
{
	struct stretch stretch = { model, 0, end };
	weir_tensor *out[LAYERS_MAX];
	int i;

	check(layers(scope, &row, out, &stretch), "prediction");
	for (i = 0; i < end; i++)
		save(prediction, out[i]);
	*last = end != 0 ? out[end - 1] : row;
}

/* Run the layers from begin on as a graph. */
static void
run_as_graph(weir_runtime *runtime, const struct model *model, int begin,
	     weir_tensor *x, struct prediction *prediction)
{
	struct stretch stretch = { model, begin, model->n_layers };
	weir_tensor *out[LAYERS_MAX];
	weir_function *function;
	int i, n = model->n_layers - begin;

	check(weir_function_create(runtime, "predict", layers, &stretch,
				   &function), "prediction");
	check(weir_function_call(function, NULL, &x, 1, out, (size_t)n),
	      "prediction");
	for (i = 0; i < n; i++) {
		save(prediction, out[i]);
		weir_tensor_release(out[i]);
	}
	weir_function_release(function);
}

struct prediction
predict(weir_runtime *runtime, const struct features *features, int64_t row,
	const struct model *model, enum predict_mode mode)
{
	int n_eager = mode == PREDICT_EAGER ? model->n_layers :
		mode == PREDICT_MIXED ? 1 : 0;
	struct prediction prediction = {
		.dtype = weir_tensor_dtype(features->x)
	};
	struct batches one;
	weir_scope *scope;
	weir_tensor *x;

	check(weir_scope_create(runtime, "predict", &scope), "prediction");
	batches_create(runtime, features, row, row + 1, 1, &one);
	x = one.in[0][0];
	save(&prediction, x);
	run_eagerly(scope, model, n_eager, x, &prediction, &x);
	if (n_eager < model->n_layers)
		run_as_graph(runtime, model, n_eager, x, &prediction);
	weir_scope_release(scope);
	batches_release(&one);
	prediction.probability = prediction_value(&prediction,
		prediction.n_outputs - 1, 0);
	return prediction;
}

double
prediction_value(const struct prediction *prediction, size_t output, size_t i)
{
	if (prediction->dtype == WEIR_F64)
		return ((const double *)prediction->bits[output])[i];
	return (double)((const float *)prediction->bits[output])[i];
}

void
prediction_release(struct prediction *prediction)
{
	size_t i;

	for (i = 0; i < prediction->n_outputs; i++)
		free(prediction->bits[i]);
}

const char *
predict_mode_name(enum predict_mode mode)
{
	return mode == PREDICT_EAGER ? "eager" :
	       mode == PREDICT_MIXED ? "mixed" : "graph";
}
