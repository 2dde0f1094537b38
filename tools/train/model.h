/*
 * The model: Dense layers, all but the last with ReLU, the last with a
 * sigmoid; and the one function that trains it in both modes.
 */
#ifndef MODEL_H
#define MODEL_H

#include <stdint.h>

#include <weir.h>

#include "options.h"

#define PARAMS_MAX (2 * LAYERS_MAX)

struct layer {
	char name[16];		/* "layer1", in paths of traces and errors */
	weir_tensor *weights;	/* [in, out] */
	weir_tensor *bias;	/* [out] */
};

struct model {
	int n_layers;
	struct layer layers[LAYERS_MAX];
	size_t n_params;	/* weights and bias of each layer in turn */
	weir_tensor *params[PARAMS_MAX];
	weir_sgd *sgd;
};

/** What all models of one program start from: the bits of each parameter. */
struct start {
	weir_dtype dtype;
	double lr, momentum;
	int n_layers;
	int64_t columns[LAYERS_MAX + 1]; /* into the first layer, out of each */
	void *bits[PARAMS_MAX];
	size_t bytes[PARAMS_MAX];
};

/** Draw the weights (Glorot and Bengio 2010), from a seed. */
void
model_draw(weir_runtime *runtime, const struct options *options,
	   int64_t columns, struct start *start);

void
model_forget(struct start *start);

/** Number of parameters, one by one. */
int64_t
model_size(const struct start *start);

/** A model of its own with these parameters, and its optimizer. */
void
model_create(weir_runtime *runtime, const struct start *start,
	     struct model *model);

void
model_release(struct model *model);

/** One layer up to its ReLU; the last one gives logits. */
weir_tensor *
model_layer(weir_scope *scope, const struct model *model, int i,
	    weir_tensor *x);

/** All layers: logits. */
weir_tensor *
model_logits(weir_scope *scope, const struct model *model, weir_tensor *x);

/** A weir_function_fn; arg is the model. in: rows and classes of a batch;
 * out: their loss. Changes the parameters. */
weir_status
model_train_step(weir_scope *scope, weir_tensor *const *in, weir_tensor **out,
		 void *arg);

/** A weir_function_fn; arg is the model. in: rows and classes; out: their
 * loss and the probabilities of class 1. */
weir_status
model_evaluate(weir_scope *scope, weir_tensor *const *in, weir_tensor **out,
	       void *arg);

#endif /* MODEL_H */
