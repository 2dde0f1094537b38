/*
 * A walk: the places of a strided operand's elements in row-major order.
 *
 * Axes of length 1 are left out and axes that continue each other are joined,
 * so a walk over contiguous memory has one axis and needs no arithmetic.
 */
#ifndef WEIR_OPS_WALK_H
#define WEIR_OPS_WALK_H

#include <stdint.h>
#include <string.h>

#include <weir/op.h>

struct weir__walk {
	int rank;			/* 0: one place */
	int64_t shape[WEIR_RANK_MAX];
	int64_t step[WEIR_RANK_MAX];	/* bytes */
};

static inline int64_t
weir__elements(const weir_spec *spec)
{
	int64_t n = 1;
	int i;

	for (i = 0; i < spec->rank; i++)
		n *= spec->shape[i];
	return n;
}

static inline size_t
weir__element_size(weir_dtype dtype)
{
	return dtype == WEIR_F32 ? 4 : dtype == WEIR_BOOL ? 1 : 8;
}

static inline int64_t
weir__least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static inline int64_t
weir__most(int64_t a, int64_t b)
{
	return a > b ? a : b;
}

static inline int64_t
weir__ceil_div(int64_t a, int64_t b)
{
	return a / b + (a % b != 0);
}

/* An address that is so many bytes away: with integers, for it may be that of an
 * element that is not there. */
static inline void *
weir__plus(const void *start, int64_t bytes)
{
	return (void *)((uintptr_t)start + (uintptr_t)bytes);
}

/*
 * memcpy() for runs of elements. Of what is longer than some KB that of glibc
 * leaves the copy to the processor, of which some take eight times as long
 * where a target begins less than a cache line after the source, in pages of 4
 * KB: just where the rows of a padded matrix do.
 */
static inline void
weir__copy_bytes(void *to, const void *from, size_t n)
{
	enum { BLOCK = 256 };
	const char *x = from;
	char *y = to;

	for (; n >= BLOCK; n -= BLOCK, x += BLOCK, y += BLOCK)
		memcpy(y, x, BLOCK);
	memcpy(y, x, n);
}

/* Add an axis inside those that are there. */
static inline void
weir__walk_add(struct weir__walk *walk, int64_t length, int64_t step)
{
	int last = walk->rank - 1;

	if (length == 1)
		return;
	if (last >= 0 && walk->step[last] == step * length) {
		walk->shape[last] *= length;
		walk->step[last] = step;
		return;
	}
	walk->shape[walk->rank] = length;
	walk->step[walk->rank] = step;
	walk->rank++;
}

/* All axes of an operand. */
static inline void
weir__walk_of(struct weir__walk *walk, const weir_view *view)
{
	int i;

	walk->rank = 0;
	for (i = 0; i < view->spec->rank; i++)
		weir__walk_add(walk, view->spec->shape[i], view->strides[i]);
}

/* Bytes from the first place to the i-th. */
static inline int64_t
weir__walk_offset(const struct weir__walk *walk, int64_t i)
{
	int64_t offset = 0;
	int axis;

	for (axis = walk->rank - 1; axis > 0; axis--) {
		offset += i % walk->shape[axis] * walk->step[axis];
		i /= walk->shape[axis];
	}
	return walk->rank ? offset + i * walk->step[0] : 0;
}

/* The same for count places from first on; cheaper than one by one. */
void
weir__walk_offsets(const struct weir__walk *walk, int64_t first,
		   int64_t count, int64_t *offsets);

/* Copy the count elements of size bytes from the first-th on to packed
 * memory. */
void
weir__walk_gather(const struct weir__walk *walk, const void *base,
		  int64_t first, int64_t count, size_t size, void *to);

#endif
