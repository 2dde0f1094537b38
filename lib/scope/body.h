/*
 * The scope that the body of a control call has: in it ops go, eager or into
 * a graph of its own, while the scope around it waits.
 *
 * A body may use tensors of what is around it, and variables. Tensors are
 * captured: in a recording they become inputs of the body's graph. A variable
 * has the value here that it had outside when the body first touched it, until
 * the body assigns another; in eager mode that is in the variable at once, too,
 * and in both the scope around assigns it when the call is over.
 *
 * Always: a body's graph has no variables. What is the order of captures and
 * variables here is their order among its inputs, and in the operands of the
 * call.
 *
 * Threads: as the scopes: one at a time.
 */
#ifndef WEIR_SCOPE_BODY_H
#define WEIR_SCOPE_BODY_H

#include <weir/control.h>
#include "scope/scope.h"

/* A tensor from outside. */
struct weir__captured {
	weir_tensor *outer;	/* a reference: as the body was given it */
	weir_tensor *inner;	/* a reference: as ops here take it; in eager
				   mode the same */
};

/* A variable that has been touched. */
struct weir__env_entry {
	weir_tensor *variable;		/* a reference, as are */
	weir_tensor *start;		/* its value when it was touched, and */
	weir_tensor *current;		/* now: both as ops here take them */
	bool is_written;
	/* Of one that was preset: what it was outside, borrowed; or NULL, and
	 * it is what the body itself had or was handed. */
	weir_tensor *preset;
	bool is_own;
};

/* What a variable is to have been when the body began: see
 * weir__body_preset(). */
struct weir__preset {
	weir_tensor *variable, *value;	/* of the scope, or around it */
};

/* An input of the body's graph. */
struct weir__body_input {
	enum { WEIR__IN_GIVEN, WEIR__IN_CAPTURED, WEIR__IN_VARIABLE } kind;
	uint32_t index;
};

struct weir__body {
	weir_scope *outer;
	weir_scope *scope;		/* the body's own */
	bool notes;			/* captures are needed: it is recorded,
					   or somebody watches the call */
	bool is_private;		/* variables outside stay as they are */
	bool is_preset;			/* see weir__body_preset() */
	bool is_condition;		/* what it does now may not assign */
	struct weir__captured *captured;
	struct weir__env_entry *variables;
	struct weir__body_input *inputs;
	const struct weir__preset *presets;	/* borrowed */
	size_t n_captured, n_variables, n_inputs, n_presets;
	size_t captured_room, variables_room, inputs_room;
};

/* A scope for bodies of a call of an op. notes: see above. is_recorded: into a
 * graph, as `name`; even where the scope around it is eager, to learn what the
 * body uses. The scope around it takes no ops until weir__body_end(). */
weir_status
weir__body_begin(weir_scope *outer, const weir_op *op, const char *name,
		 bool is_recorded, bool notes, struct weir__body *body);

/* Frees all it holds; fine after a failed begin. */
void
weir__body_end(struct weir__body *body);

/* What a tensor that the body uses, its own or from outside, is to its ops:
 * borrowed. */
weir_status
weir__body_resolve(struct weir__body *body, weir_tensor *tensor,
		   weir_tensor **inner);

/* The entry of a variable, made at the first touch. */
weir_status
weir__body_touch(struct weir__body *body, weir_tensor *variable,
		 struct weir__env_entry **entry);

/* Another value from now on. */
weir_status
weir__body_assign(struct weir__body *body, weir_tensor *variable,
		  weir_tensor *value);

/* In a body that is gone through once more for its gradient: variables are
 * what they were then, and what it assigns to them is not seen outside. Before
 * anything is done in it; presets are borrowed until its end. */
void
weir__body_preset(struct weir__body *body, const struct weir__preset *presets,
		  size_t n);

/*
 * Call a C function in the body, in a frame called `name`, with n_in values,
 * which have the names of others there (or, if such is NULL, none). Its results are references, of
 * tensors that ops of the body have made, without gaps: what is not so is
 * copied. On failure there are none.
 */
weir_status
weir__body_call(struct weir__body *body, const char *name, weir_body_fn fn,
		void *arg, weir_tensor *const *in, weir_tensor *const *named,
		size_t n_in, weir_tensor **out, size_t n_out);

#endif
