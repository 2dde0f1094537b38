/*
 * Arrays of any layout, and op kernels run on them without a runtime: through
 * the descriptor alone, as any caller could.
 */
#ifndef TESTS_OPS_ARRAYS_H
#define TESTS_OPS_ARRAYS_H

#include <weir.h>

struct array {
	weir_spec spec;
	int64_t strides[WEIR_RANK_MAX];
	char *data;		/* of the first element */
	void *memory;		/* all of it */
};

/* How an array lies in memory; the elements are the same. */
enum layout {
	CONTIGUOUS,
	REVERSED_AXES,		/* column-major */
	SPACED,			/* every third element along the last axis */
	BACKWARDS,		/* negative strides */
	ROTATED_AXES,		/* the last axis outermost, the rest row-major */
	N_LAYOUTS
};

enum fill {
	MIXED,			/* small numbers of both signs, ties, zeros */
	NONZERO,		/* of both signs, none near 0, no ties */
	POSITIVE,
	UNIT,			/* within [0, 1] */
	SMALL_POSITIVE		/* 0.01 to 0.11 */
};

weir_spec spec_of(weir_dtype dtype, int rank, const int64_t *shape);
int64_t spec_count(const weir_spec *spec);

struct array array_new(const weir_spec *spec, enum layout layout);
/* number picks other elements. */
struct array array_filled(const weir_spec *spec, enum fill fill, unsigned number);
struct array array_copy(const struct array *from, enum layout layout);
/* Entries begin..end - 1 of an axis alone, which are in copy, as if they were
 * where they would be in the whole. */
struct array array_part(const struct array *whole, int axis, int64_t begin,
			int64_t end, enum layout layout, struct array *copy);
void array_free(struct array *array);
/* Free what is left; .fini of suites whose tests do not. */
void arrays_free(void);

/* The i-th element in row-major order. */
void *array_at(const struct array *array, int64_t i);
double array_get(const struct array *array, int64_t i);
void array_set(struct array *array, int64_t i, double value);
/* Of floats: two NaNs in three elements or so, all with bits of their own. */
void array_fill_with_nans(struct array *array, unsigned salt);
/* Row-major index of the first element whose bits differ; -1: none. */
int64_t array_differs(const struct array *a, const struct array *b);

/* The tiles of a run: in one go, one by one from the last to the first, or in
 * two ranges of which the second one runs first. */
enum { WHOLE = 0, ONE_BY_ONE = -1 };	/* > 0: cut here */

struct run {
	weir_status status;
	int64_t tiles;
	struct array out[WEIR_RESULTS_MAX];
};

/* Infer and run; outputs are filled with rubbish first. */
struct run run_op(const weir_op *op, const void *attrs,
		  const struct array *in, size_t n_in, int64_t cut);
void run_free(struct run *run, const weir_op *op);

/* Infer alone. */
weir_status infer_op(const weir_op *op, const void *attrs,
		     const weir_spec *in, size_t n_in, weir_spec *out);

#endif
