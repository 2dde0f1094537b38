/*
 * Where that is which a plan takes from outside: the operands of its runs, what
 * has been captured, and the values that variables have now. Known when it is
 * compiled, or not; nothing but who does what depends on it.
 */
#ifndef WEIR_PLAN_OUTSIDE_H
#define WEIR_PLAN_OUTSIDE_H

#include "plan/plan.h"
#include "topology/memory_map.h"

struct weir__outside {
	atomic_uint refs;
	struct weir__heap *heap;
	struct weir__memory_map *map;
	/* Per input: the first element of such an operand, which is only an
	 * address. 0 of them: they are not known. */
	const void **in;
	size_t n_in;
};

/*
 * operands: borrowed; values as runs will have them, one an input or none at
 * all. places: where memory is; NULL: where the system has these, and what the
 * graph has captured, now.
 *
 * @return WEIR_OK, WEIR_ENOMEM, WEIR_EINVAL (see weir__memory_map_new())
 */
weir_status
weir__outside_new(const weir_graph *graph, weir_tensor *const *operands,
		  size_t n_operands, const weir_memory_place *places,
		  size_t n_places, struct weir__outside **outside);

/* NULL is fine for both. */
struct weir__outside *
weir__outside_retain(struct weir__outside *outside);

void
weir__outside_release(struct weir__outside *outside);

/* Add to a row, see weir__memory_map_add_far(), what a step's work reads from
 * outside. */
void
weir__outside_add_far(const weir_plan *plan, const struct weir__work *work,
		      double ns_a_byte, float *row);

#endif
