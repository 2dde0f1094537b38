/*
 * A call, branch or loop of a random program, whose bodies are what the program
 * likes. Which branch is taken and how often a loop goes round follows from
 * values.
 */
#ifndef STRESS_RANDOM_BODIES_H
#define STRESS_RANDOM_BODIES_H

#include <weir.h>
#include <weir/control.h>

/* The first member of what the bodies know; as long as gradients may go through
 * them again. */
struct random_bodies {
	/* A value like x, of ops on it and others; by another salt of other
	 * ops. */
	weir_tensor *(*walk)(const struct random_bodies *bodies, weir_scope *s,
			     weir_tensor *x, uint64_t salt);
	int rounds;		/* of a loop */
};

enum random_bodies_kind {
	RANDOM_CALL, RANDOM_BRANCH, RANDOM_LOOP, RANDOM_KINDS
};

/* Of x; a loop goes round so often at most. NULL where it fails. */
weir_tensor *
random_bodies_call(weir_scope *s, enum random_bodies_kind kind,
		   struct random_bodies *bodies, weir_tensor *x, int64_t most);

#endif
