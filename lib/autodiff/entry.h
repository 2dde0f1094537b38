/*
 * What a tape holds; between tape.c, which fills it, and gradient.c, which
 * walks it backwards.
 */
#ifndef WEIR_AUTODIFF_ENTRY_H
#define WEIR_AUTODIFF_ENTRY_H

#include "autodiff/tape.h"
#include "base/pointer_map.h"

struct weir__entry {
	const weir_op *op;
	const void *attrs;
	size_t n_in, n_out;
	weir_tensor **in, **out;
	const void **keys;		/* what the gradient of each operand is
					   summed up under; of an assignment
					   those of the value and of reading
					   it from the variable */
	uint64_t held_in, held_out;	/* bit i: with a reference. The others
					   live as long as the tape's frame,
					   which outlives the tape */
	const struct weir__path *path;
	const char *site;
};

/* A variable was read. Its value may be the result of a call on the same tape
 * (assigned before), whose gradient is another: so readings have keys of
 * their own. */
struct weir__reading {
	weir_tensor *variable, *value;	/* references */
	const void *key;
	bool is_assigned;		/* the value was assigned on the tape,
					   so it is not the variable that the
					   tape began with */
};

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
	bool is_used;
	/* Of the walk back. Tensors that depend on what is asked for are
	 * numbered as they are met; the sum of each is its gradient so far,
	 * borrowed from the scope, or NULL. */
	struct weir__pointer_map numbers;
	weir_tensor **sums;
	size_t n_sums, sums_room;
	weir_tensor **results;
	size_t results_room;
};

#endif
