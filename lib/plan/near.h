/*
 * Near whom items are: the pool where they take least, if what they work on is
 * in memory of which it is known where it is.
 */
#ifndef WEIR_PLAN_NEAR_H
#define WEIR_PLAN_NEAR_H

#include "plan/schedule.h"

enum { WEIR__NO_POOL = 0xffff };

/* Of a row of a graph's `far` the pool with least, the first of equals;
 * WEIR__NO_POOL where all have as much. */
uint16_t
weir__near_of_row(const float *row, size_t pools);

/* The workers that items are dealt to, by pools. */
struct weir__near {
	struct weir__heap *heap;
	const struct weir__dag *dag;	/* it has `far` */
	uint16_t *first;	/* per pool, and one more: in the list of */
	uint16_t *workers;	/* these, pool after pool */
};

/* Fills one that is zero; weir__near_free() it, also on failure. */
weir_status
weir__near_init(struct weir__near *near, struct weir__heap *heap,
		const struct weir__dag *dag, unsigned workers);

void
weir__near_free(struct weir__near *near);

/* As weir__near_of_row(), of those pools that have workers. */
uint16_t
weir__near_pool(const struct weir__near *near, uint32_t item);

/*
 * Whose each item is that misses nothing: those that are near a pool are shared
 * out among its workers in equal numbers, and with the others each worker gets
 * its part of the work, or, where there are only those, as many as others;
 * neighbours are one's. Entries of others stay as they are.
 */
weir_status
weir__near_deal(const struct weir__near *near, const uint32_t *missing,
		unsigned workers, uint16_t *home);

/*
 * A worker for each of as many shares of some work, of which it is known what
 * they take longer in each pool (far: shares x pools): that with most at stake
 * first, where it takes least. Share w is worker w's where that is as good.
 */
weir_status
weir__near_match(const struct weir__near *near, const double *far,
		 unsigned workers, uint16_t *worker_of);

/*
 * What is known of a graph's memory, for another whose items stand for those
 * of it that are listed, or for none (any number that it does not have): fills
 * dag->far, of *rows, which the caller frees. Nothing is known: it stays NULL.
 */
weir_status
weir__far_by(struct weir__heap *heap, const struct weir__dag *of,
	     const uint32_t *items, struct weir__dag *dag, float **rows);

#endif
