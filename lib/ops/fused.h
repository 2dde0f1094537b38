/*
 * Several calls as one: a part of the first, the same part of the second, and
 * so on, then the next part, so that what one call makes is still in the cache
 * when the next one wants it.
 *
 * All calls ("members") work through the same *units* in the same order: rows
 * of their results, or single elements. A *chunk* is so many units, and a tile
 * of the whole call. Each member does its own tiles by its own kernel: the
 * bits are those of the calls one by one. One whose units before and after the
 * chunk's are wanted, too, does some tiles more than once.
 *
 * Where a chunk is more than the first cache holds, because of one member, others
 * that follow each other may take *turns* in it, fewer units at a time.
 *
 * What only members read has no place in memory but for a chunk of it, in
 * scratch, which therefore no two threads may share.
 *
 * Units of a member may also be those of what it sums up: it makes a part of its
 * sums in each chunk (weir_op.parts), in scratch that all threads share; when all
 * chunks are done the parts are joined.
 */
#ifndef WEIR_OPS_FUSED_H
#define WEIR_OPS_FUSED_H

#include <weir/op.h>
#include "ops/finished.h"

/* As many as an op may have results: each could be wanted outside. */
enum { WEIR__FUSED_MAX = WEIR_RESULTS_MAX };

struct weir__fused_operand {
	bool is_made;		/* by the member `index`, else it is operand
				   `index` of the whole call */
	uint32_t index;
	/* Of what a member makes: where it is in that, in bytes. */
	int64_t offset;
	const int64_t *strides;
};

struct weir__fused_member {	/* has one result */
	weir_call call;
	const struct weir__fused_operand *in;
	bool is_kept;			/* its result is one of the whole call:
					   `result`; else a chunk of it is in
					   scratch from `offset` on */
	uint32_t result;
	int64_t offset;
	int64_t width;			/* elements a unit of the result */
	/* For units u..v - 1 of the whole call it makes u - before .. v +
	 * after - 1 of its own, in whole grains; so it may make some of them
	 * for two chunks, and then is not kept. */
	int64_t before, after;
	/* So many members, of which it is the first, or one, do so many units at a
	 * time. */
	uint32_t together;
	int64_t turn;
	/* Where a chain begins, see chain.h: how many members are in it, and
	 * whether one reads the same of each row; else 0. */
	uint8_t chain;
	bool is_by_rows;
	/* In a chain: the link, which operand is the value, and whether the
	 * other one is the same for each row. */
	uint8_t link, through;
	bool has_row;
	/* The end of one, too large for its result to come back from caches. */
	bool is_past;
	struct weir__finished finished;	/* if it is a product */
	bool is_in_parts;		/* then tiles are parts, and they are at
					   `offset` of what is shared */
	int64_t tiles;
	/* So many tiles make so many units; the last ones may make fewer. */
	int64_t grain_tiles, grain_units;
	int64_t strides[WEIR_RANK_MAX];	/* of the result: contiguous */
};

/* The attributes of the whole call. */
struct weir__fused {
	uint32_t n_members;
	const struct weir__fused_member *members;	/* operands first */
	int64_t units, chunk;		/* chunk: of each, but the last one */
	size_t scratch_bytes;		/* for each thread, */
	size_t shared_bytes;		/* and for all of them */
	bool has_past;			/* a member */
	int64_t chain_offset;		/* in it: of what a chain makes that is
					   kept over one of its operands */
};

/* What such ops have in common; each has a name of its own. The second one joins
 * parts. */
extern const weir_op weir__op_fused, weir__op_fused_in_parts;

/* Of a call whose op has a finish(): whether that makes result i of it. */
bool
weir__fused_finishes(const weir_call *call, uint32_t i);

/* The member's tiles for chunks begin..end - 1. */
void
weir__fused_tiles(const struct weir__fused *fused,
		  const struct weir__fused_member *member, int64_t begin,
		  int64_t end, int64_t *first, int64_t *last);

#endif
