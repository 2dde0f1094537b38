/*
 * Several calls as one, band by band: entries 0 to 63, say, of one axis that all
 * their results have, of the first call, of the second, and so on, then entries
 * from 64 on. A band is all rows, but a few columns: so there can be calls among
 * them that go through all rows for each column, as a sum over rows does, and
 * what they read is still in the cache.
 *
 * Each call ("member") makes its part of a band by a smaller call of its own,
 * all tiles of it and its end, as eager makes a call: the op says that the bits
 * are those of the whole call (weir_op.band). Members that follow each other row
 * by row take turns, a few tiles each, as those of a fused op do (fused.h); and
 * so do those that go through what they make, if they can do so part by part
 * (weir_op.fold). So what they hand on is in the first cache; and of what nobody
 * else reads there are no more rows than those of a turn.
 *
 * What only members read has no place in memory but for a band of it, in
 * scratch, which therefore no two threads may share. What others read is
 * written there, too, and then to its columns, unless a band of it is in one
 * piece.
 */
#ifndef WEIR_OPS_BANDED_H
#define WEIR_OPS_BANDED_H

#include "ops/fused.h"

/* Bands are of two lengths: the last one takes what is left, too. */
enum { WEIR__BAND_KINDS = 2 };

struct weir__banded_operand {
	bool is_made;			/* by the member `index`, else it is
					   operand `index` of the whole call */
	uint32_t index;
	int axis;			/* of which it is a band; -1: it is all
					   of operand `index` */
	/* Of what a member makes, for each kind of band. */
	int64_t offset[WEIR__BAND_KINDS];	/* where it is in that, in bytes */
	int64_t strides[WEIR__BAND_KINDS][WEIR_RANK_MAX];
};

struct weir__banded_member {		/* has one result */
	weir_call call[WEIR__BAND_KINDS];	/* of such a band */
	int64_t tiles[WEIR__BAND_KINDS];
	/* So many members, of which it is the first, take turns; or it is alone,
	 * or not the first. Then: of its tiles, how many are a turn. */
	uint32_t together;
	int64_t chunk[WEIR__BAND_KINDS];
	/* It goes through rows, part by part: `tiles` and `chunk` are rows; what
	 * it hands on is in scratch, at `state`. */
	bool is_fold;
	int64_t state;
	struct weir__finished finished;	/* if it is a product, of such a turn */
	/* Bytes of the result that are a turn; 0: there is room for all. */
	int64_t turn_bytes[WEIR__BAND_KINDS];
	const struct weir__banded_operand *in;
	int axis;			/* of the result, of which it is bands */
	bool is_kept;			/* it is `result` of the whole call, */
	bool is_direct;			/* and is made there; else in scratch,
					   from `offset` on */
	uint32_t result;
	int64_t offset;
	/* Of the result: contiguous. */
	int64_t strides[WEIR__BAND_KINDS][WEIR_RANK_MAX];
};

/* The attributes of the whole call. */
struct weir__banded {
	uint32_t n_members;
	const struct weir__banded_member *members;	/* operands first */
	int64_t extent, width;		/* of the axis; of a band */
	int64_t own_scratch;		/* where that of a member's call is */
	size_t scratch_bytes;		/* for each thread */
};

/* What such ops have in common; each has a name of its own. */
extern const weir_op weir__op_banded;

/* How many calls a call is: one, unless it is of a fused or banded op. */
uint32_t
weir__calls_within(const weir_call *call);

#endif
