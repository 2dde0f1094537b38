/*
 * Of a plan's work, what is over for certain before what begins, under any
 * schedule the plan admits; and which work touches which values.
 *
 * An entry is a piece of work: plan->work[entry]. Known from the order within
 * streams and from the waits between them (clocks.c).
 */
#ifndef WEIR_PLAN_ORDER_H
#define WEIR_PLAN_ORDER_H

#include "plan/plan.h"

struct weir__order {
	const weir_plan *plan;
	unsigned workers;
	uint32_t *clocks;		  /* blocks x workers, see clocks.c */
	uint32_t *worker_of, *block_of;	  /* per entry */
	uint32_t *first_entry, *entries;  /* per step, and one more */
	uint32_t *first_use, *uses;	  /* per value of the arena, and one
					     more: the steps that make or read
					     it, each as often as it does */
};

/* Of a plan that has been partitioned. Fills an order that is zero;
 * weir__order_free() it, also on failure. */
weir_status
weir__order_init(struct weir__order *order, const weir_plan *plan);

void
weir__order_free(struct weir__order *order);

/* The place of an entry in its stream, from 0. */
uint32_t
weir__order_place(const struct weir__order *order, uint32_t entry);

/* So many entries of a worker's stream, from its beginning on, are over when
 * this entry begins. */
uint32_t
weir__order_sure(const struct weir__order *order, uint32_t entry,
		 unsigned worker);

/* Whether `earlier` is over when `later` begins. */
bool
weir__order_is_before(const struct weir__order *order, uint32_t earlier,
		      uint32_t later);

/*
 * Whether each entry of step `writer`, when it comes to write elements of its
 * result 0, finds the same elements of a value, by number, untouched by what
 * else step `user` does from then on.
 */
bool
weir__order_is_done_with(const struct weir__order *order, uint32_t user,
			 uint32_t value, uint32_t writer);

#endif
