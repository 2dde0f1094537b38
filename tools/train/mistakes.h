/* How well the library explains what a user did wrong, in each mode. */
#ifndef MISTAKES_H
#define MISTAKES_H

#include <stddef.h>

#include <weir.h>

struct mistakes {
	size_t n;		/* made, in each mode */
	size_t eager, graph;	/* of those, explained */
	size_t same;		/* explained in the same words in both */
};

/**
 * Make some typical mistakes in both modes. One counts as explained if the
 * sentence names the op, its scope path, the file and line of the call, and
 * the dtype and shape of every operand there is.
 */
struct mistakes
mistakes_make(weir_runtime *runtime);

#endif /* MISTAKES_H */
