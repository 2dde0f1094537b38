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

/* -- saved_sources.c ------------------------------------------------------ */

struct weir__replay {
	const struct weir__saved_parts *parts;
	const struct weir__saved_lists *lists;
	weir_archive *archive;
	struct weir__archive_entry **by_name;
	weir_graph *graph;
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

#endif
