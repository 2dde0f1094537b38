/*
 * A control call under way: between control.c, which begins and ends it, and
 * control_eager.c and control_record.c, which do what the mode does.
 */
#ifndef WEIR_SCOPE_CONTROLLING_H
#define WEIR_SCOPE_CONTROLLING_H

#include "ops/table.h"
#include "scope/control.h"

/* A variable that a body has touched. */
struct weir__use {
	weir_tensor *variable;		/* a reference */
	weir_tensor *start;		/* likewise, if a body has run or was
					   preset; or NULL */
	bool is_written;
};

struct weir__controlling {
	weir_scope *scope;
	const struct weir__control_call *call;
	const weir_op *op;
	struct weir__origin origin;
	uint64_t ordinal;
	/* Operands as they were given, and as the scope takes them:
	 * references. */
	weir_tensor **given, **values;
	size_t n_operands, given_room, values_room;
	size_t first_in, n_given, first_captured, n_captured;
	struct weir__body bodies[WEIR__BODIES_MAX];
	unsigned n_bodies;		/* begun */
	bool is_second_first;		/* the second function is the first of
					   them */
	struct weir__use *uses;
	size_t n_uses, uses_room;
	uint32_t *written;		/* of the uses */
	size_t n_written;
	weir_tensor **results;		/* references: what was asked for, then
					   what variables become */
	size_t n_results;
	/* Of a loop: its states in each iteration, if somebody watches; what a
	 * repeat has given beside them is in call->yields. */
	struct weir__rows **kept;
	size_t n_kept;
	struct weir__times times;
};

/* What the body of a call gives. */
static inline size_t
weir__control_n_out(const struct weir__controlling *c)
{
	return c->call->n_out + c->call->n_yields;
}

/* Why a call is refused: the same in both modes. */
#define WEIR__NO_CONDITION "the condition gives no bool with one element"

weir_status
weir__control_other_state(struct weir__controlling *c, size_t i,
			  const weir_spec *was, const weir_spec *is);

weir_status
weir__control_too_long(struct weir__controlling *c);

/* Room for so many results. */
weir_status
weir__control_room(struct weir__controlling *c, size_t n_results);

/* Fail, for a reason. */
weir_status
weir__control_refuse(struct weir__controlling *c, weir_status status,
		     const char *why);

bool
weir__is_predicate(const weir_tensor *t);

weir_status
weir__control_add_operand(struct weir__controlling *c, weir_tensor *given);

/* What bodies have captured, and the variables that they have touched, become
 * operands; which of these are written. */
weir_status
weir__control_merge(struct weir__controlling *c);

/* Do it: bodies, ordinal, results. A failure in a body is the scope's already;
 * others leave their reason. */
weir_status weir__control_eager(struct weir__controlling *c);

/* Once bodies have given their results: make them, and what variables have
 * become, the call's. On failure some are. */
weir_status
weir__control_own_results(struct weir__controlling *c);
weir_status weir__control_record(struct weir__controlling *c);

#endif
