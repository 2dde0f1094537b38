/*
 * The loops of reductions, for one element type and one operation: include
 * this with T, NAME(name), JOIN(a, b) and IS_NAN(a) defined.
 *
 * Both ways, output by output and by columns, walk the same tree.
 */
#include "ops/reduce.h"

#define TREE_T T
#define TREE_NAME(name) NAME(name)
#define TREE_JOIN(a, b) JOIN(a, b)
#include "ops/tree_typed.h"

/* Elements first..last of outputs from..to, one output after the other. */
static void
NAME(by_outputs)(const struct weir__reduced *x, int64_t from, int64_t to,
		 int64_t first, int64_t last, T *y, int64_t y_step)
{
	bool is_packed = x->reduced.rank == 1 &&
			 x->reduced.step[0] == (int64_t)sizeof(T);
	T buffer[WEIR__LEAF];
	int64_t o, i, n;

	for (o = from; o < to; o++, y += y_step) {
		const char *base = x->base + weir__walk_offset(&x->kept, o);
		struct NAME(stack) stack;

		NAME(start)(&stack);
		for (i = first; i < last; i += n) {
			const T *run = buffer;

			n = weir__least(WEIR__LEAF, last - i);
			if (is_packed)
				run = (const T *)base + i;
			else
				weir__walk_gather(&x->reduced, base, i, n,
						  sizeof(T), buffer);
			NAME(push)(&stack, NAME(leaf)(run, n));
		}
		*y = NAME(collapse)(&stack);
	}
}

static inline void
NAME(set_row)(T *restrict y, const char *x, int64_t step, int64_t width)
{
	int64_t j;

	if (step == (int64_t)sizeof(T))
		for (j = 0; j < width; j++)
			y[j] = ((const T *)x)[j];
	else
		for (j = 0; j < width; j++)
			y[j] = *(const T *)(x + j * step);
}

static inline void
NAME(join_row)(T *restrict y, const char *x, int64_t step, int64_t width)
{
	int64_t j;

	if (step == (int64_t)sizeof(T))
		for (j = 0; j < width; j++)
			y[j] = JOIN(y[j], ((const T *)x)[j]);
	else
		for (j = 0; j < width; j++)
			y[j] = JOIN(y[j], *(const T *)(x + j * step));
}

/* y joined with two rows, one after the other; loops over more of them gcc does
 * not make vectors of, where it is the larger one that is kept. */
static inline void
NAME(join_2_rows)(T *restrict y, const char *x, int64_t row, int64_t width)
{
	const T *a = (const T *)x, *b = (const T *)(x + row);
	int64_t j;

	for (j = 0; j < width; j++) {
		T z = JOIN(y[j], a[j]);

		y[j] = JOIN(z, b[j]);
	}
}

/* The lanes of n rows that follow each other are joined in y. */
static inline void
NAME(join_lanes)(T *restrict lanes, int64_t n, int64_t width, T *restrict y)
{
	const int64_t size = sizeof(T);
	int64_t l, half;

	if (n < WEIR__TREE_LANES) {
		NAME(set_row)(y, (const char *)lanes, size, width);
		for (l = 1; l < n; l++)
			NAME(join_row)(y, (const char *)(lanes + l * width),
				       size, width);
		return;
	}
	for (half = WEIR__TREE_LANES / 2; half; half /= 2)
		for (l = 0; l < half; l++)
			NAME(join_row)(lanes + l * width,
				       (const char *)(lanes +
						      (l + half) * width),
				       size, width);
	NAME(set_row)(y, (const char *)lanes, size, width);
}

/* Rows begin..end of a leaf that begins at one of them or before. */
WEIR__WIDE static void
NAME(add_to_lanes)(const struct weir__folded *x, int64_t begin, int64_t end,
		   T *restrict lanes)
{
	const int64_t lap = WEIR__TREE_LANES;
	const bool is_packed = x->step == (int64_t)sizeof(T);
	int64_t from, i;

	for (from = begin; from < weir__least(begin + lap, end); from++) {
		T *lane = lanes + from % lap * x->width;

		i = from;
		if (i % WEIR__LEAF < lap) {
			NAME(set_row)(lane, x->base + i * x->row, x->step,
				      x->width);
			i += lap;
		}
		for (; is_packed && i + lap < end; i += 2 * lap)
			NAME(join_2_rows)(lane, x->base + i * x->row,
					  lap * x->row, x->width);
		for (; i < end; i += lap)
			NAME(join_row)(lane, x->base + i * x->row, x->step,
				       x->width);
	}
}

/* A leaf of n rows for width outputs side by side, into y. */
WEIR__WIDE static void
NAME(column_leaf)(const char *base, const int64_t *rows, int64_t n,
		  int64_t step, int64_t width, T *restrict y)
{
	T lane[WEIR__TREE_LANES][WEIR__COLUMNS];
	int64_t i, j;
	int half, l;

	if (n < WEIR__TREE_LANES) {
		NAME(set_row)(y, base + rows[0], step, width);
		for (i = 1; i < n; i++)
			NAME(join_row)(y, base + rows[i], step, width);
		return;
	}
	for (l = 0; l < WEIR__TREE_LANES; l++) {
		NAME(set_row)(lane[l], base + rows[l], step, width);
		if (l + WEIR__TREE_LANES < n)
			NAME(join_row)(lane[l],
				       base + rows[l + WEIR__TREE_LANES],
				       step, width);
	}
	for (i = 2 * WEIR__TREE_LANES; i < n; i++)
		NAME(join_row)(lane[i % WEIR__TREE_LANES], base + rows[i],
			       step, width);
	for (half = WEIR__TREE_LANES / 2; half > 1; half /= 2)
		for (l = 0; l < half; l++)
			NAME(join_row)(lane[l], (const char *)lane[l + half],
				       sizeof(T), width);
	for (j = 0; j < width; j++)
		y[j] = JOIN(lane[0][j], lane[1][j]);
}

/* The same as by_outputs, up to WEIR__COLUMNS outputs at a time. */
static void
NAME(by_columns)(const struct weir__reduced *x, int64_t from, int64_t to,
		 int64_t first, int64_t last, T *y, int64_t y_step)
{
	const struct weir__walk *kept = &x->kept;
	int64_t length = kept->rank ? kept->shape[kept->rank - 1] : 1;
	int64_t step = kept->rank ? kept->step[kept->rank - 1] : 0;
	T stack[WEIR__TILE_LEVELS][WEIR__COLUMNS];
	int64_t rows[WEIR__LEAF];
	int64_t o, i, j, n, width;
	uint64_t leaves, carry;
	int depth;

	for (o = from; o < to; o += width, y += width * y_step) {
		const char *base = x->base + weir__walk_offset(kept, o);

		width = weir__least(length - o % length, to - o);
		width = weir__least(width, WEIR__COLUMNS);
		leaves = 0;
		depth = 0;
		for (i = first; i < last; i += n) {
			n = weir__least(WEIR__LEAF, last - i);
			weir__walk_offsets(&x->reduced, i, n, rows);
			NAME(column_leaf)(base, rows, n, step, width,
					  stack[depth]);
			for (carry = leaves++; carry & 1; carry >>= 1) {
				NAME(join_row)(stack[depth - 1],
					       (const char *)stack[depth],
					       sizeof(T), width);
				depth--;
			}
			depth++;
		}
		while (depth > 1) {
			NAME(join_row)(stack[depth - 2],
				       (const char *)stack[depth - 1],
				       sizeof(T), width);
			depth--;
		}
		for (j = 0; j < width; j++)
			y[j * y_step] = depth ? stack[0][j] : (T)0;
	}
}

/* Outputs from..to are whole: a mean's is divided by the count (0: none). One
 * NaN stands for all, whose bits would depend on which way was taken. */
static void
NAME(complete)(T *y, int64_t from, int64_t to, double count)
{
	int64_t o;

	for (o = from; o < to; o++) {
		if (count > 0)
			y[o] /= (T)count;
		if (IS_NAN(y[o]))
			y[o] = (T)__builtin_nan("");
	}
}

static void
NAME(tiles)(const struct weir__reduced *x, const struct weir__cut *cut,
	    int64_t begin, int64_t end, T *out, T *scratch, double count)
{
	int64_t tile;

	for (tile = begin; tile < end; tile++) {
		int64_t part = tile % cut->count_tiles;
		int64_t from = tile / cut->count_tiles * cut->outputs_tile;
		int64_t to = weir__least(from + cut->outputs_tile,
					 cut->outputs);
		int64_t first = part * cut->count_tile;
		int64_t last = weir__least(first + cut->count_tile,
					   cut->count);
		bool is_whole = cut->count_tiles == 1;
		T *y = is_whole ? out + from
				: scratch + from * cut->count_tiles + part;

		(x->by_columns ? NAME(by_columns) : NAME(by_outputs))(
			x, from, to, first, last, y, cut->count_tiles);
		if (is_whole)
			NAME(complete)(out, from, to, count);
	}
}

static void
NAME(finish)(const struct weir__cut *cut, const T *scratch, T *out,
	     double count)
{
	int64_t o, part;

	if (cut->count_tiles == 1)
		return;
	for (o = 0; o < cut->outputs; o++) {
		struct NAME(stack) stack;

		NAME(start)(&stack);
		for (part = 0; part < cut->count_tiles; part++)
			NAME(push)(&stack,
				   scratch[o * cut->count_tiles + part]);
		out[o] = NAME(collapse)(&stack);
	}
	NAME(complete)(out, 0, cut->outputs, count);
}

/* Rows begin..end, after those before them; the outputs, after the last one. */
static void
NAME(fold)(const struct weir__folded *x, int64_t begin, int64_t end,
	   T *restrict lanes, T *out, double divisor)
{
	const int64_t width = x->width, size = sizeof(T);
	T *stack = lanes + WEIR__TREE_LANES * width;	/* one row a level */
	int64_t depth = __builtin_popcountll((uint64_t)begin / WEIR__LEAF);
	int64_t next, j;
	uint64_t carry;

	for (; begin < end; begin = next) {
		next = weir__least((begin / WEIR__LEAF + 1) * WEIR__LEAF, end);
		NAME(add_to_lanes)(x, begin, next, lanes);
		if (next % WEIR__LEAF && next < x->count)
			return;		/* the leaf goes on */
		carry = (uint64_t)begin / WEIR__LEAF;
		NAME(join_lanes)(lanes, next - (int64_t)carry * WEIR__LEAF,
				 width, stack + depth * width);
		for (; carry & 1; carry >>= 1, depth--)
			NAME(join_row)(stack + (depth - 1) * width,
				       (const char *)(stack + depth * width),
				       size, width);
		depth++;
	}
	if (end < x->count)
		return;
	for (; depth > 1; depth--)
		NAME(join_row)(stack + (depth - 2) * width,
			       (const char *)(stack + (depth - 1) * width),
			       size, width);
	for (j = 0; j < width; j++)
		out[j] = depth ? stack[j] : (T)0;
	NAME(complete)(out, 0, width, divisor);
}

#undef T
#undef NAME
#undef JOIN
#undef IS_NAN
