#include "ops/walk.h"

/* A position in a walk: one index an axis but the last. */
struct position {
	int64_t index[WEIR_RANK_MAX];
	int64_t column;		/* along the last axis */
	int64_t offset;		/* of the row that it is in */
};

static void
position_set(struct position *at, const struct weir__walk *walk, int64_t i)
{
	int last = walk->rank - 1, axis;

	at->column = i % walk->shape[last];
	i /= walk->shape[last];
	at->offset = 0;
	for (axis = last - 1; axis >= 0; axis--) {
		at->index[axis] = i % walk->shape[axis];
		at->offset += at->index[axis] * walk->step[axis];
		i /= walk->shape[axis];
	}
}

static void
position_next_row(struct position *at, const struct weir__walk *walk)
{
	int axis;

	at->column = 0;
	for (axis = walk->rank - 2; axis >= 0; axis--) {
		at->offset += walk->step[axis];
		if (++at->index[axis] < walk->shape[axis])
			return;
		at->offset -= walk->step[axis] * walk->shape[axis];
		at->index[axis] = 0;
	}
}

/* Without leaving the innermost but one axis. */
static void
position_skip_rows(struct position *at, const struct weir__walk *walk,
		   int64_t rows)
{
	at->index[walk->rank - 2] += rows;
	at->offset += rows * walk->step[walk->rank - 2];
}

void
weir__walk_offsets(const struct weir__walk *walk, int64_t first,
		   int64_t count, int64_t *offsets)
{
	struct position at;
	int64_t i, n, step;

	if (!walk->rank) {
		for (i = 0; i < count; i++)
			offsets[i] = 0;
		return;
	}
	step = walk->step[walk->rank - 1];
	position_set(&at, walk, first);
	while (count > 0) {
		n = weir__least(count, walk->shape[walk->rank - 1] - at.column);
		for (i = 0; i < n; i++)
			offsets[i] = at.offset + (at.column + i) * step;
		offsets += n;
		count -= n;
		position_next_row(&at, walk);
	}
}

#define STRIDED_COPY(name, T)						\
static void								\
name(const char *from, int64_t step, int64_t n, void *to)		\
{									\
	T *y = to;							\
	int64_t i;							\
									\
	for (i = 0; i < n; i++)						\
		y[i] = *(const T *)(from + i * step);			\
}

STRIDED_COPY(copy_1, uint8_t)
STRIDED_COPY(copy_4, uint32_t)
STRIDED_COPY(copy_8, uint64_t)

static void
copy_run(const char *from, int64_t step, int64_t n, size_t size, char *to)
{
	if (step == (int64_t)size)
		weir__copy_bytes(to, from, (size_t)n * size);
	else if (size == 4)
		copy_4(from, step, n, to);
	else if (size == 8)
		copy_8(from, step, n, to);
	else
		copy_1(from, step, n, to);
}

/*
 * A transposed matrix: rows of `width` elements whose steps are long while the
 * rows themselves are one element apart. Row by row, each element would cost
 * a cache line; eight rows at once share them.
 */
#define TRANSPOSED_COPY(name, T)					\
static void								\
name(const char *from, int64_t step, int64_t rows, int64_t width, T *y)	\
{									\
	enum { ROWS = 8 };						\
	int64_t r, c;							\
	int i;								\
									\
	for (r = 0; r + ROWS <= rows; r += ROWS, y += ROWS * width)	\
		for (c = 0; c < width; c++) {				\
			const T *x = (const T *)(from + c * step) + r;	\
									\
			for (i = 0; i < ROWS; i++)			\
				y[i * width + c] = x[i];		\
		}							\
	for (; r < rows; r++, y += width)				\
		for (c = 0; c < width; c++)				\
			y[c] = ((const T *)(from + c * step))[r];	\
}

TRANSPOSED_COPY(transposed_1, uint8_t)
TRANSPOSED_COPY(transposed_4, uint32_t)
TRANSPOSED_COPY(transposed_8, uint64_t)

static void
copy_transposed(const char *from, int64_t step, int64_t rows, int64_t width,
		size_t size, char *to)
{
	if (size == 4)
		transposed_4(from, step, rows, width, (uint32_t *)to);
	else if (size == 8)
		transposed_8(from, step, rows, width, (uint64_t *)to);
	else
		transposed_1(from, step, rows, width, (uint8_t *)to);
}

void
weir__walk_gather(const struct weir__walk *walk, const void *base,
		  int64_t first, int64_t count, size_t size, void *to)
{
	const char *from = base;
	char *y = to;
	struct position at;
	int last = walk->rank - 1;
	int64_t n;

	if (count <= 0)
		return;
	if (last <= 0) {
		int64_t step = last < 0 ? (int64_t)size : walk->step[0];

		copy_run(from + first * step, step, count, size, y);
		return;
	}
	position_set(&at, walk, first);
	while (count > 0) {
		int64_t width = walk->shape[last], step = walk->step[last];
		int64_t rows = weir__least(count / width,
					   walk->shape[last - 1] -
						   at.index[last - 1]);

		if (rows > 1 && !at.column &&
		    walk->step[last - 1] == (int64_t)size) {
			n = rows * width;
			copy_transposed(from + at.offset, step, rows, width,
					size, y);
			position_skip_rows(&at, walk, rows - 1);
		} else {
			n = weir__least(count, width - at.column);
			copy_run(from + at.offset + at.column * step, step, n,
				 size, y);
		}
		y += n * (int64_t)size;
		count -= n;
		position_next_row(&at, walk);
	}
}
