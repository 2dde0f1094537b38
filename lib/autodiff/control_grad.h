/*
 * The gradient of a call that has bodies, on its way: between control_grad.c,
 * which has what all of them need, and loop_grad.c.
 */
#ifndef WEIR_AUTODIFF_CONTROL_GRAD_H
#define WEIR_AUTODIFF_CONTROL_GRAD_H

#include "autodiff/entry.h"

/* What the bodies of a gradient know: the arg of both. */
struct weir__back {
	struct weir__shared shared;
	struct weir__heap *heap;
	struct weir__control_call call;	/* the first, with a reference */
	size_t n_outside;		/* captured, then variables: */
	size_t n_captured;
	weir_tensor **given, **values;	/* as they were given and taken:
					   references */
	uint32_t *written;		/* of the variables */
	size_t n_written;
	/* Whether there is a gradient of a result, those that variables get
	 * included, and whether one is wanted of what was handed in, of what
	 * is outside, and of a row. */
	bool *of_out, *of_in, *of_outside, *of_row;
	struct weir__preset *presets;	/* of the variables */
	/* Of a loop: the rows of gradients that states have got, then those of
	 * what else the body gave: of which. */
	uint32_t *parts_of;
	size_t n_state_parts, n_yield_parts;
	const char *site;
};

/* The states of a loop; or results of another. */
static inline size_t
weir__back_results(const struct weir__back *b)
{
	return b->call.n_out + b->n_written;
}

weir_tensor *
weir__back_variable(const struct weir__back *b, size_t written);

/* Tensors of a walk back: of what the gradients are, what they are, with
 * respect to what, and the results. */
struct weir__back_lists {
	weir_tensor **of, **are, **with, **gradients;
	size_t n_of, n_with;
	weir_tensor **outs;	/* of the body */
};

weir_status
weir__back_lists_init(const struct weir__back *b, struct weir__back_lists *l);

/* The body once more, from `in`: what it gives is in l->outs. */
weir_status
weir__back_go_through(const struct weir__back *b, unsigned which,
		      weir_scope *scope, weir_tensor *const *in,
		      struct weir__back_lists *l);

/* What is outside and wanted, after what was handed in. */
weir_status
weir__back_add_outside(const struct weir__back *b, weir_scope *scope,
		       struct weir__back_lists *l);

weir_status
weir__back_pull(const struct weir__back *b, weir_tape *tape,
		struct weir__back_lists *l);

/* A walk of one entry. */
struct weir__control_walk {
	weir_tape *tape;
	const struct weir__entry *e;
	struct weir__back *back;
	size_t first_in;		/* operand that was handed in first */
	size_t first_outside;
	weir_tensor **in, **out;	/* of the call that is emitted */
	size_t n_in, n_out;
};

weir_tensor *
weir__walk_sum(const struct weir__control_walk *w, size_t result);

bool
weir__walk_is_wanted(const struct weir__control_walk *w, size_t operand);

weir_status
weir__walk_emit(struct weir__control_walk *w, struct weir__control_call *call,
		weir_tensor *predicate);

/* A result goes to an operand. */
weir_status
weir__walk_contribute(struct weir__control_walk *w, size_t operand,
		      size_t result);

/* -- loop_grad.c ----------------------------------------------------------- */

weir_status
weir__walk_loop(struct weir__control_walk *w);

#endif
