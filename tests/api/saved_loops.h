/* A step with calls, branches and loops in each other, and gradients through
 * them; for tests of graphs in files. */
#ifndef API_SAVED_LOOPS_H
#define API_SAVED_LOOPS_H

#include <weir.h>

enum { LOOPS_IN = 2, LOOPS_OUT = 5, LOOPS_VARIABLES = 3 };

struct loops {
	weir_runtime *rt;
	weir_tensor *x, *flag;			/* operands: f64[3], bool[] */
	weir_tensor *variables[LOOPS_VARIABLES];
	weir_tensor *fixed;			/* captured, columns first */
	weir_function *step;
};

void
loops_create(weir_runtime *rt, struct loops *loops);

void
loops_release(struct loops *loops);

/* The plan of a step: a new reference. */
weir_plan *
loops_plan(struct loops *loops);

#endif
