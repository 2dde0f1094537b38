/*
 * What a tape holds; between tape.c, which fills it, and gradient.c, which
 * walks it backwards.
 */
#ifndef WEIR_AUTODIFF_ENTRY_H
#define WEIR_AUTODIFF_ENTRY_H

#include "autodiff/tape.h"
#include "base/pointer_map.h"
#include "scope/control.h"

/*
 * Gradients are summed up in slots: one for each tensor that a call on the
 * tape has taken or made, one for each reading of a variable, and one for all
 * rows of a value in a loop.
 */
struct weir__entry {
	const weir_op *op;
	const void *attrs;
	size_t n_in, n_out;
	weir_tensor **in, **out;
	uint32_t *slots;		/* of the operands, then of the
					   results; of an assignment those of
					   the value and of reading it from
					   the variable */
	uint64_t held_in, held_out;	/* bit i: with a reference. The others
					   live as long as the tape's frame,
					   which outlives the tape */
	const struct weir__path *path;
	const char *site;
	/* Of a call of a C function, which holds all it has; or NULL. */
	struct weir__tape_control *control;
};

/* What there is to know of such a call: see scope/control.h. */
struct weir__tape_control {
	struct weir__control_call call;	/* with a reference to what it shares */
	struct weir__heap *heap;
	weir_tensor **given;		/* captured, then variables: references */
	size_t n_captured, n_variables;
	uint32_t *written;		/* of the variables */
	size_t n_written;
	/* Of a loop: the rows that it goes through, those of its states if
	 * they are kept, and of what else its body gives: references, and the
	 * slot of each. How often it has gone round. */
	struct weir__rows **rows;
	size_t n_rows, n_kept, n_yields;
	uint32_t *row_slots;
	struct weir__times times;
};

/* The slot of a row that was read; of one that was kept, of state i; and of
 * what else was given. */
static inline uint32_t
weir__row_slot(const struct weir__tape_control *c, size_t i)
{
	return c->row_slots[i];
}

static inline uint32_t
weir__kept_slot(const struct weir__tape_control *c, size_t i)
{
	return c->row_slots[c->n_rows + i];
}

static inline uint32_t
weir__yield_slot(const struct weir__tape_control *c, size_t i)
{
	return c->row_slots[c->n_rows + c->n_kept + i];
}

/* A variable was read. Its value may be the result of a call on the same tape
 * (assigned before), whose gradient is another: so readings have slots of
 * their own. */
struct weir__reading {
	weir_tensor *variable, *value;	/* references */
	uint32_t slot;
	bool is_assigned;		/* the value was assigned on the tape,
					   so it is not the variable that the
					   tape began with */
};

/* One of what rows have got, the last one first. They are not summed up: who
 * goes through them does that, row by row. */
struct weir__row_part {
	struct weir__rows *rows;	/* a reference */
	struct weir__row_part *before;
	struct weir__row_part *next;	/* of all of the tape */
};

struct weir__slot {
	union {
		weir_tensor *sum;	/* so far, borrowed from the scope; or
					   NULL */
		struct weir__row_part *parts;	/* of rows; or NULL */
	};
	bool is_wanted;			/* depends on what is asked for */
};

/* The path that the gradient of an op called in another has. */
struct weir__grad_path {
	const struct weir__path *of;
	const weir_op *op;
	const struct weir__path *path;	/* NULL: not filled */
};

enum { WEIR__GRAD_PATHS = 32 };		/* a power of two */

struct weir_tape {
	struct weir__watcher watcher;
	struct weir__attached attached;
	weir_scope *scope;
	const struct weir__frame *frame;	/* that it ends with */
	struct weir__heap *heap;
	struct weir__arena arena;
	struct weir__entry *entries;
	size_t n, room;
	struct weir__reading *readings;
	size_t n_readings, readings_room;
	struct weir__pointer_map numbers;	/* of tensors: their slots */
	uint32_t n_slots;
	bool is_used;
	/* Of the walk back: */
	struct weir__slot *slots;
	size_t slots_room;
	struct weir__row_part *row_parts;	/* to be released */
	weir_tensor **results;
	size_t results_room;
	struct weir__grad_path grad_paths[WEIR__GRAD_PATHS];
};

/* -- tape.c ---------------------------------------------------------------- */

/* The slot of a tensor, or of rows, made if need be. */
weir_status
weir__tape_slot(weir_tape *tape, const void *tensor, uint32_t *slot);

/* The slot of a reading: the same until the variable is assigned. */
weir_status
weir__tape_reading(weir_tape *tape, weir_tensor *variable, weir_tensor *value,
		   uint32_t *slot);

/* -- gradient.c ------------------------------------------------------------ */

/* What the gradients of some of a tape's tensors are. */
struct weir__seeds {
	size_t n;
	weir_tensor *const *of;		/* tensors or variables: borrowed */
	weir_tensor *const *are;	/* NULL: nothing, or of_ones: ones */
	bool of_ones;
};

/* Walk the tape backwards from the seeds: n gradients, as of
 * weir_tape_gradients(). */
weir_status
weir__tape_pull(weir_tape *tape, const struct weir__seeds *seeds,
		weir_tensor *const *with, size_t n, weir_tensor **gradients,
		const char *site);

weir_tensor *
weir__grad_filled(weir_scope *scope, const weir_spec *spec, double value);

weir_status
weir__tape_contribute(weir_tape *tape, uint32_t to, weir_tensor *contribution);

bool
weir__is_float(const weir_tensor *tensor);

/* "path/op/grad", or NULL without memory. */
const struct weir__path *
weir__grad_path(weir_tape *tape, const struct weir__entry *e);

/* -- tape_control.c -------------------------------------------------------- */

/* A list of references; NULL without memory. */
weir_tensor **
weir__retained(struct weir__heap *heap, weir_tensor *const *tensors, size_t n);

/* Keep what a watcher is told of a control call; rows have slots. */
weir_status
weir__tape_control_new(weir_tape *tape,
		       const struct weir__controlled *controlled,
		       const struct weir__applied *call,
		       struct weir__tape_control **control);

/* Whether it goes through rows that depend on what is asked for. */
bool
weir__rows_are_wanted(const weir_tape *tape, const struct weir__entry *e);

/* So do the rows that it has made. */
void
weir__rows_want(weir_tape *tape, const struct weir__entry *e);

/* Rows have got a gradient, in each iteration one: takes the reference over,
 * also on failure. */
weir_status
weir__rows_contribute(weir_tape *tape, uint32_t slot, struct weir__rows *rows);

/* Release all that rows have got. */
void
weir__rows_forget(weir_tape *tape);

void
weir__tape_control_end(struct weir__tape_control *control);

/* -- control_grad.c -------------------------------------------------------- */

/* Emit its gradient, and hand it to its operands. */
weir_status
weir__walk_control(weir_tape *tape, const struct weir__entry *e);

#endif
