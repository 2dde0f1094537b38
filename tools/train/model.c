/* The model and its training step. */
#include "model.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "fail.h"

/* -- parameters ------------------------------------------------------------ */

static void
save(weir_tensor *tensor, void **bits, size_t *bytes)
{
	*bytes = (size_t)weir_tensor_elements(tensor) *
		weir_dtype_size(weir_tensor_dtype(tensor));
	*bits = allocate(*bytes, 1);
	check(weir_tensor_read(tensor, *bits, *bytes), "the first weights");
}

void
model_draw(weir_runtime *runtime, const struct options *options,
	   int64_t columns, struct start *start)
{
	weir_tensor *generator, *weights, *bias;
	weir_scope *scope;
	int i;

	*start = (struct start){
		.dtype = options->dtype, .lr = options->lr,
		.momentum = options->momentum,
		.n_layers = (int)options->layers
	};
	start->columns[0] = columns;
	for (i = 1; i < start->n_layers; i++)
		start->columns[i] = options->hidden;
	start->columns[i] = 1;

	check(weir_generator_create(runtime, "weights", options->seed,
				    &generator), "the first weights");
	check(weir_scope_create(runtime, "start", &scope), "the first weights");
	for (i = 0; i < start->n_layers; i++) {
		int64_t *shape = &start->columns[i]; /* [in, out] */
		double limit = sqrt(6.0 / (double)(shape[0] + shape[1]));

		weights = weir_uniform(scope, generator, start->dtype, 2,
				       shape, -limit, limit);
		bias = weir_constant(scope, start->dtype, 1, shape + 1, 0);
		check(weir_scope_status(scope), "the first weights");
		save(weights, &start->bits[2 * i], &start->bytes[2 * i]);
		save(bias, &start->bits[2 * i + 1], &start->bytes[2 * i + 1]);
	}
	weir_scope_release(scope);
	weir_tensor_release(generator);
}

void
model_forget(struct start *start)
{
	int i;

	for (i = 0; i < 2 * start->n_layers; i++)
		free(start->bits[i]);
}

int64_t
model_size(const struct start *start)
{
	int64_t n = 0;
	int i;

	for (i = 0; i < start->n_layers; i++)
		n += (start->columns[i] + 1) * start->columns[i + 1];
	return n;
}

static weir_tensor *
variable(weir_runtime *runtime, const struct start *start, int param,
	 size_t rank, const int64_t *shape)
{
	weir_tensor *initial, *result;
	char name[16];

	snprintf(name, sizeof(name), "%s%d", param % 2 == 0 ? "w" : "b",
		 param / 2 + 1);
	check(weir_tensor_copy_of(runtime, start->dtype, rank, shape,
				  start->bits[param], &initial), name);
	check(weir_variable_create(runtime, name, initial, &result), name);
	weir_tensor_release(initial);
	return result;
}

void
model_create(weir_runtime *runtime, const struct start *start,
	     struct model *model)
{
	int i;

	*model = (struct model){ .n_layers = start->n_layers };
	for (i = 0; i < start->n_layers; i++) {
		struct layer *layer = &model->layers[i];
		const int64_t *shape = &start->columns[i];

		snprintf(layer->name, sizeof(layer->name), "layer%d", i + 1);
		layer->weights = variable(runtime, start, 2 * i, 2, shape);
		layer->bias = variable(runtime, start, 2 * i + 1, 1, shape + 1);
		model->params[model->n_params++] = layer->weights;
		model->params[model->n_params++] = layer->bias;
	}
	check(weir_sgd_create(runtime, model->params, model->n_params,
			      start->lr, start->momentum, &model->sgd),
	      "the optimizer");
}

void
model_release(struct model *model)
{
	size_t i;

	weir_sgd_release(model->sgd);
	for (i = 0; i < model->n_params; i++)
		weir_tensor_release(model->params[i]);
}

/* -- what it computes ------------------------------------------------------ */

weir_tensor *
model_layer(weir_scope *s, const struct model *model, int i, weir_tensor *x)
{
	const struct layer *layer = &model->layers[i];

	weir_scope_push(s, layer->name);
	x = weir_add(s, weir_matmul(s, x, layer->weights), layer->bias);
	if (i + 1 < model->n_layers)
		x = weir_relu(s, x);
	x = weir_keep(s, x);
	weir_scope_pop(s);
	return x;
}

weir_tensor *
model_logits(weir_scope *s, const struct model *model, weir_tensor *x)
{
	int i;

	for (i = 0; i < model->n_layers; i++)
		x = model_layer(s, model, i, x);
	return x;
}

weir_status
model_train_step(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
		 void *arg)
{
	struct model *model = arg;
	weir_tensor *gradients[PARAMS_MAX] = { NULL };
	weir_tape *tape = weir_tape_begin(s);
	weir_tensor *z = model_logits(s, model, in[0]);

	out[0] = weir_bce_with_logits(s, z, in[1]);
	weir_tape_gradients(tape, out[0], model->params, model->n_params,
			    gradients);
	weir_sgd_step(s, model->sgd, model->params, gradients,
		      model->n_params);
	return weir_scope_status(s);
}

weir_status
model_evaluate(weir_scope *s, weir_tensor *const *in, weir_tensor **out,
	       void *arg)
{
	weir_tensor *z = model_logits(s, arg, in[0]);

	out[0] = weir_bce_with_logits(s, z, in[1]);
	out[1] = weir_sigmoid(s, z);
	return weir_scope_status(s);
}
