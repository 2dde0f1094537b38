/*
 * Families: signatures that differ in the extents of named dimensions only,
 * and what is known of how the recordings follow from these.
 *
 * A family has seen one recording; then a second, at other extents, and has
 * learned a pattern, which holds within a box of extents, or that there is
 * none.
 *
 * Threads: one at a time, which records the function.
 */
#ifndef WEIR_FUNCTION_FAMILY_H
#define WEIR_FUNCTION_FAMILY_H

#include "function/function.h"

struct weir__family {
	struct weir__family *next;
	struct weir__signature signature;	/* of the first recording, */
	struct weir__extents extents;
	weir_graph *first;		/* which is this one, until it has
					   been learned from; a reference */
	struct weir__pattern *pattern;	/* once it has; NULL: there is none */
	char why[256];			/* in words */
	int64_t least[WEIR_DIMENSIONS_MAX], most[WEIR_DIMENSIONS_MAX];
};

/* A plan that is being made for a call. */
struct weir__making {
	weir_function *function;
	weir_tensor *const *in;		/* the call's operands; borrowed */
	size_t n_in;
	struct weir__signature signature;
	struct weir__extents extents;	/* n is 0 where it has none */
	struct weir__family *family;	/* or NULL */
	bool is_derived, is_laid_out;
	uint64_t trials;
	/* A compiled plan of the family, of larger extents; a reference, or
	 * NULL. */
	weir_plan *like;
	/* Why nothing was derived; from what it was derived; how it was laid
	 * out. */
	char not_derived[384], from[96], like_at[96], unlike[256];
};

/* Find the extents and the family of the call, most recently used from now
 * on. */
void
weir__family_find(struct weir__making *making);

/* The graph of the call, if the family knows it; else NULL, or a failure that
 * is the call's. */
weir_status
weir__family_derive(struct weir__making *making, weir_graph **graph);

/* Learn from the call's own recording, which is closed. Fails without memory
 * only. */
weir_status
weir__family_learn(struct weir__making *making, weir_graph *recorded);

void
weir__families_end(weir_function *function);

/* -- inside learning ------------------------------------------------------ */

enum { WEIR__EXTENT_LEAST = 2 };	/* ops treat 0 and 1 otherwise */

/* A family that has seen this recording alone. */
weir_status
weir__family_begin(struct weir__making *making, weir_graph *recorded);

/* Record at extents that no call has, or for no plan: closed, a reference. */
weir_status
weir__family_record_at(struct weir__making *making,
		       const struct weir__extents *extents,
		       weir_graph **graph);

/* Whether a recording is what would have been derived in its place; if not,
 * the reason alone. */
weir_status
weir__family_hold_against(const struct weir__making *making,
			  const struct weir__extents *extents,
			  const weir_graph *recorded);

/* Whether extents are within what is known. */
bool
weir__family_knows(const struct weir__family *family,
		   const struct weir__extents *extents);

#endif
