/*
 * Control flow in a graph: nodes that hold sub-graphs.
 *
 * A body is a graph of its own without variables: whatever it takes from
 * outside, be it handed in, captured or the value of a variable, is one of its
 * inputs, and what it gives, variables that it writes included, one of its
 * outputs. Feeds say what each input is when the body is run.
 *
 *	call	results are the outputs of the body
 *	cond	results are those of one of two bodies, which operand 0 chooses
 *	while	states begin as operands; while the first body says true, the
 *		second makes the next ones; results are the last. It may keep
 *		what they were in each iteration, as rows of further results,
 *		and how many those are
 *	repeat	as many iterations of a body as operand `count` says, from the
 *		last row of what a while has kept to the first
 *
 * Always: outputs of the bodies have the specs of what becomes of them, and
 * states have no gaps.
 */
#ifndef WEIR_GRAPH_CONTROL_NODE_H
#define WEIR_GRAPH_CONTROL_NODE_H

#include "graph/graph.h"

enum weir__control_kind {
	WEIR__CALL,
	WEIR__COND,
	WEIR__WHILE,
	WEIR__REPEAT
};

enum { WEIR__BODIES_MAX = 2 };

enum weir__feed_from {
	WEIR__FROM_OPERAND,	/* the node's operand `index` */
	WEIR__FROM_STATE,	/* state `index` */
	WEIR__FROM_ROW		/* the iteration's row of operand `index` */
};

struct weir__feed {
	enum weir__feed_from from;
	uint32_t index;
};

struct weir__control {
	enum weir__control_kind kind;
	uint32_t n_bodies;
	weir_graph *bodies[WEIR__BODIES_MAX];	/* references */
	const struct weir__feed *feeds[WEIR__BODIES_MAX];	/* per input */
	uint32_t n_states;
	const uint32_t *initial;	/* per state: an operand */
	/* Of a while: after the states, results are the rows of each of them,
	 * if it keeps_rows, and the number of iterations. */
	bool keeps_rows;
	int64_t max_iterations;		/* 0: any number */
	uint32_t count;			/* of a repeat: an operand */
	/* The first so many operands were given by the caller: these are what
	 * an error speaks of. */
	uint32_t n_given;
};

/* Calls of these cannot be made by weir_apply(). */
extern const weir_op weir__op_call, weir__op_cond, weir__op_while,
	weir__op_repeat;

const weir_op *
weir__control_op(enum weir__control_kind kind);

/* How often a body is thought to be run: nobody knows. */
enum { WEIR__ITERATIONS_GUESSED = 16 };

/* Which body condition and iteration are of. */
static inline uint32_t
weir__loop_body(const struct weir__control *control)
{
	return control->kind == WEIR__WHILE ? 1 : 0;
}

/* Why a while has failed that is to go on: the same in both modes. */
void
weir__loop_too_long_text(int64_t max_iterations, char *text, size_t size);

/* Unref its bodies. */
void
weir__control_end(const struct weir__control *control);

weir_status
weir__control_check(const weir_graph *graph, const struct weir__node *node);

/* Whether any call in its bodies is of an op that is not pure, or may fail. */
bool
weir__control_has_effects(const struct weir__control *control);

/* The first difference between two, in words. */
weir_status
weir__control_compare(const struct weir__control *a,
		      const struct weir__control *b);

#endif
