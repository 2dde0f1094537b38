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
 *	repeat	as many iterations of a body as operand `count` says, through the
 *		rows of a while, from the last to the first or the other way
 *		round. It may keep its states, too, in the same rows: as they
 *		are before the iteration of each. What the body gives beside
 *		the next states is one more row of further results
 *
 * Always (control_check.c): outputs of the bodies have the specs of what
 * becomes of them, inputs the strides of what they are fed, and states have no
 * gaps. `count` is that of a while of its graph, and what a repeat goes through
 * has been kept by that or by a repeat of the same `count`, so there are as many
 * rows as it says.
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
	/* Of a loop: after the states, results are the rows of each of them,
	 * if it keeps_rows; of a repeat, then those of what else the body
	 * gives; of a while that keeps them the number of iterations. */
	bool keeps_rows;
	uint32_t n_yields;
	int64_t max_iterations;		/* 0: any number; no rows */
	uint32_t count;			/* of a repeat: an operand */
	bool is_forward;		/* likewise */
	/* The first so many operands were given by the caller: these are what
	 * an error speaks of. */
	uint32_t n_given;
	/* What the last of the states, or of the results of a call or branch,
	 * become the values of: variables of the graph; none in a body. */
	uint32_t n_assigned;
	const uint32_t *assigned;
};

/* Calls of these cannot be made by weir_apply(). */
extern const weir_op weir__op_call, weir__op_cond, weir__op_while,
	weir__op_repeat;

const weir_op *
weir__control_op(enum weir__control_kind kind);

static inline uint32_t
weir__control_bodies(enum weir__control_kind kind)
{
	return kind == WEIR__COND || kind == WEIR__WHILE ? 2 : 1;
}

/* What a condition gives, and a branch is chosen by. */
static inline bool
weir__spec_is_predicate(const weir_spec *spec)
{
	return spec->dtype == WEIR_BOOL && weir__spec_elements(spec) == 1;
}

/* What follows from its bodies, all of which are there: how many results it
 * has, without rows and with them, and the spec of one. */
uint32_t
weir__control_gives(const struct weir__control *control);

uint32_t
weir__control_results(const struct weir__control *control);

/* That of the output of the last body that a result is, or is rows of; NULL of
 * the number of iterations. */
const weir_spec *
weir__control_row_spec(const struct weir__control *control, uint32_t result);

weir_status
weir__control_result_spec(const struct weir__control *control, uint32_t result,
			  weir_spec *spec);

/* The operand that an input is fed, at first if it is a state; or
 * WEIR__NO_OPERAND. */
#define WEIR__NO_OPERAND UINT32_MAX

static inline uint32_t
weir__feed_operand(const struct weir__control *control,
		   const struct weir__feed *feed)
{
	if (feed->from != WEIR__FROM_STATE)
		return feed->index;
	return feed->index < control->n_states
		? control->initial[feed->index] : WEIR__NO_OPERAND;
}

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

/* -- control_check.c ----------------------------------------------------- */

/* The node itself, not what is in its bodies; the reason alone. */
weir_status
weir__control_check(const weir_graph *graph, const struct weir__node *node);

/* -- control_node.c ------------------------------------------------------ */

/* Whether any call in its bodies is of an op that is not pure, or may fail. */
bool
weir__control_has_effects(const struct weir__control *control);

/* The result of a repeat that is the first of what its body yields. */
static inline uint32_t
weir__control_first_yield(const struct weir__control *control)
{
	return control->keeps_rows ? 2 * control->n_states
				   : control->n_states;
}

/* Whether a body of two controls works on the same operands and states. */
bool
weir__control_is_fed_alike(const struct weir__control *a,
			   const struct weir__control *b, uint32_t body);

/* The first difference between two, in words. */
weir_status
weir__control_compare(const struct weir__control *a,
		      const struct weir__control *b);

/* -- graph_print.c ------------------------------------------------------- */

/* "state 0" */
void
weir__feed_text(const struct weir__feed *feed, struct weir__text *text);

/* What is before the text of a body: of which call it is; and within it, what
 * each of its inputs is: nothing if feeds is NULL. */
void
weir__body_text(const struct weir__node *node, struct weir__text *text);

void
weir__feeds_text(const weir_graph *body, const struct weir__feed *feeds,
		 struct weir__text *text);

#endif
