/* A training step with something of everything that a graph can have, and
 * what it needs; for tests of graphs in files. */
#ifndef API_SAVED_MODEL_H
#define API_SAVED_MODEL_H

#include <weir.h>

enum { MODEL_ROWS = 8, MODEL_COLUMNS = 6, MODEL_IN = 2, MODEL_OUT = 4 };

struct model {
	weir_runtime *rt;
	weir_tensor *x, *y;		/* operands of a step */
	weir_tensor *w, *b, *dice;	/* variables */
	weir_tensor *fixed, *steps;	/* constants, columns first */
	weir_sgd *sgd;
	weir_function *step;
};

/* z = scale * x + offset of f64, an op of the user. */
struct model_attrs {
	double scale;
	weir_dtype dtype;
	bool is_used;
	int64_t offset;
	weir_ints axes;
};

extern const weir_op model_op;

void
model_create(weir_runtime *rt, struct model *model);

void
model_release(struct model *model);

/* The plan of a step: a new reference. */
weir_plan *
model_plan(struct model *model);

#endif
