/* The program of a file, entry by entry; see saved_graph.h. */
#ifndef WEIR_API_SAVED_ENTRY_H
#define WEIR_API_SAVED_ENTRY_H

#include "api/saved_graph.h"

/* -- saved_entry.c -------------------------------------------------------- */

/* What is left of an entry. */
struct weir__fields {
	const struct weir__json *next;
};

/* The next field, if it is of this type; else NULL. */
const struct weir__json *
weir__take_field(struct weir__fields *f, enum weir__json_type type);

bool
weir__take_text(struct weir__fields *f, const char **text);

/* A number below n. */
bool
weir__take_number(struct weir__fields *f, size_t n, size_t *number);

/* Dtype and shape. */
bool
weir__take_spec(struct weir__fields *f, weir_spec *spec);

/* Strides that elements can be found through; [] for contiguous. */
weir_status
weir__take_strides(struct weir__fields *f, const weir_spec *spec,
		   int64_t *strides, bool *are_given);

/* "it is malformed", WEIR_EFORMAT. */
weir_status
weir__malformed(void) WEIR_COLD;

/* Any number that is not negative. */
bool
weir__take_count(struct weir__fields *f, int64_t *count);

bool
weir__take_bool(struct weir__fields *f, bool *truth);

/* -- saved_sources.c ------------------------------------------------------ */

/* What the inputs of a body may be fed: by the call whose it is. */
struct weir__fed {
	const struct weir__control *control;	/* its states */
	weir_tensor *const *operands;
	size_t n;
	struct weir__feed *feeds;		/* taken so far */
	size_t n_feeds, room;
};

/* What is left of the list of bodies. */
struct weir__saved_bodies {
	const struct weir__json *next;
	size_t begun;
};

/* A graph that is recorded: that of the file, or a body in it. */
struct weir__replay {
	const struct weir__saved_parts *parts;
	const struct weir__saved_lists *lists;
	weir_archive *archive;
	struct weir__archive_entry **by_name;
	struct weir__saved_bodies *bodies;
	struct weir__fed *fed;		/* of a body; else NULL */
	unsigned depth;			/* bodies around it, itself included */
	weir_graph *graph;
	weir_scope *scope;		/* calls go to it */
	weir_tensor **symbols;	/* of each value; references */
	size_t n, room;
};

/* Before the first entry; and after the last: whether all tensors of the file
 * have found a place. */
weir_status
weir__replay_begin(struct weir__replay *r);

weir_status
weir__replay_end(const struct weir__replay *r);

/* The next value: a reference is taken. */
weir_status
weir__replay_keep(struct weir__replay *r, weir_tensor *symbol, uint32_t value);

/* What no call makes. */
weir_status
weir__replay_input(struct weir__replay *r, struct weir__fields *f);

weir_status
weir__replay_constant(struct weir__replay *r, struct weir__fields *f);

weir_status
weir__replay_variable(struct weir__replay *r, struct weir__fields *f);

/* -- saved_replay.c ------------------------------------------------------- */

/* Of a list of operands room for as many; what each was called, and whether it
 * was a variable of a body. */
weir_status
weir__replay_operands(struct weir__replay *r, const struct weir__json *list,
		      weir_tensor **operands,
		      struct weir__operand_name *names);

/* The operands of the node that was recorded last were called so: one value may
 * have two names in a call, and its symbol has the last. */
weir_status
weir__replay_mark(struct weir__replay *r,
		  const struct weir__operand_name *names);

/* The results that a call has, as they were; they are kept. */
weir_status
weir__replay_results(struct weir__replay *r, const struct weir__json *list,
		     weir_tensor **results);

/* A program and the outputs, into r; where: "its program". */
weir_status
weir__replay_program(struct weir__replay *r, const struct weir__json *program,
		     const struct weir__json *outputs, const char *where);

void
weir__replay_forget(struct weir__replay *r);

/* -- saved_replay_control.c ----------------------------------------------- */

weir_status
weir__replay_control(struct weir__replay *r, struct weir__fields *f);

#endif
