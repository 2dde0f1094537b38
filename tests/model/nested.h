/* Runs that tasks call, for another model (nested_model.c). */
#ifndef TESTS_MODEL_NESTED_H
#define TESTS_MODEL_NESTED_H

#include "exec/stream_loop.h"

/* No thread is anywhere. */
void
model_nested_forget(void);

/* Set up a loop of two streams of one block, which do not know each other;
 * somebody has the first. */
struct weir__stream_loop *
model_nested_pair(void);

#endif
