/*
 * Mistakes that users make, each as a C function that can be run eagerly or
 * recorded. Its ops are called in the frame "layer" of the scope it is given.
 */
#ifndef TESTS_API_MISTAKES_H
#define TESTS_API_MISTAKES_H

#include <weir.h>

/* The operands that the function is called with. */
enum operand { X, W, INTS, ZEROS, FLAGS, WIDE, CUBE, N_OPERANDS };

enum { N_RESULTS = 4 };

/* Where the mistakes are made, and what they leave behind. */
struct workshop {
	weir_runtime *rt;
	weir_tensor *in[N_OPERANDS];
	weir_tensor *variable;		/* f32[2,2] v */
	weir_tensor *counter;		/* i64[3] counter */
	weir_tensor *generator;
	weir_sgd *sgd;			/* of variable */
	weir_tensor *foreign;		/* f32[4,3] of another runtime */
	weir_graph *other;		/* another recording */
	weir_tensor *symbol;		/* f32[4,3] of it */

	const struct mistake *mistake;	/* to be made by make_mistake() */
	const char *file;		/* of the call that was wrong */
	int line;
	weir_tensor *results[N_RESULTS]; /* a failed call leaves these alone */
	char said[2048];		/* where the text is not the scope's */
};

enum mistake_flags {
	NO_CALL = 1,		/* nothing was called that would know a place */
	ELSEWHERE = 2,		/* kept by another scope; see said */
	IN_A_FUNCTION = 4,	/* cannot be made in a scope of one's own */
	IN_NO_LAYER = 8		/* made when the frame "layer" is closed */
};

struct mistake {
	const char *what;	/* "add_shapes_that_do_not_broadcast" */
	weir_status (*make)(struct workshop *shop, weir_scope *s,
			    weir_tensor *const *in, weir_tensor **out);
	weir_status expected;
	const char *words[5];	/* all of them are in the text */
	unsigned flags;
};

/* Each ends with a row without a name. */
extern const struct mistake mistakes_of_operands[];
extern const struct mistake mistakes_of_state[];
extern const struct mistake mistakes_of_kernels[];

/* The i-th of all, or NULL. */
const struct mistake *
mistake_at(size_t i);

/* A weir_function_fn; arg is the workshop. */
weir_status
make_mistake(weir_scope *scope, weir_tensor *const *in, weir_tensor **out,
	     void *arg);

#endif
