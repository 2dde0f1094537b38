/*
 * The loop of element-wise ops: operands of any strides, broadcast to the
 * shape of the result, cut into tiles of about WEIR__TILE elements of the
 * result in row-major order (weir__loop_tile()).
 *
 * An op gives the innermost loops over `rows` rows of `n` elements; the WEIR__
 * macros below write them. Whatever the range that tiles are run in, an element
 * is always computed by the same instruction of the same loop, so not even the
 * payload of a NaN depends on how the work was cut: where loops could tell
 * where a tile ends, each is walked from its own first element.
 */
#ifndef WEIR_OPS_LOOP_H
#define WEIR_OPS_LOOP_H

#include <weir/op.h>
#include "ops/walk.h"

enum {
	WEIR__TILE_LOG = 12,
	WEIR__TILE = 1 << WEIR__TILE_LOG,	/* elements: a µs of work, fits
						   in L1 */
	WEIR__LEAST_TILE = 64,	/* of what has one element a row, and */
	WEIR__TILES_OF_VECTOR = 64,	/* as many of them before they grow */
	WEIR__LOOP_IN = 4	/* the most operands; results: one */
};

/* An operand or the result as the innermost loops see it. The result has steps
 * of one element and rows that follow each other. */
struct weir__lane {
	char *at;
	int64_t row, step;	/* bytes from row to row, element to element */
};

/* -1, or the row-major index of the first element that failed. */
typedef int64_t (*weir__loop_fn)(int64_t rows, int64_t n,
				 const struct weir__lane *out,
				 const struct weir__lane *in);

/* The kernel's tiles begin..end. failure is the sentence for an element that
 * failed, to which its place is added; NULL where the loop never fails. */
weir_status
weir__loop(const weir_kernel *kernel, int64_t begin, int64_t end,
	   weir__loop_fn fn, const char *failure);

/* Of n elements side by side, a power of two. */
static inline int64_t
weir__loop_tile_of_vector(int64_t n)
{
	int64_t tile = WEIR__LEAST_TILE;

	while (tile < WEIR__TILE && tile * WEIR__TILES_OF_VECTOR < n)
		tile *= 2;
	return tile;
}

/*
 * The elements of a tile of a result: as many rows as fit in WEIR__TILE, but a
 * power of two of them, so that the tiles of results with equally many rows
 * begin at the same rows; or WEIR__TILE where not even one fits. What has one
 * element a row goes with rows of others, which may be long: tiles of it are
 * smaller if there are few rows.
 */
static inline int64_t
weir__loop_tile(const weir_spec *out)
{
	int64_t row = out->rank ? out->shape[out->rank - 1] : 1;
	int up = 0;			/* 2^up is the least that is row or more */

	if (row < 1 || row > WEIR__TILE)
		return WEIR__TILE;
	if (row == 1)
		return weir__loop_tile_of_vector(weir__elements(out));
	if (row > 1)
		up = 64 - __builtin_clzll((unsigned long long)row - 1);
	return row << (WEIR__TILE_LOG - up);
}

/* The elements of a result that are in tiles begin..end. */
static inline void
weir__loop_range(const weir_spec *out, int64_t begin, int64_t end,
		 int64_t *first, int64_t *last)
{
	int64_t tile = weir__loop_tile(out);

	*first = begin * tile;
	*last = weir__least(end * tile, weir__elements(out));
}

int64_t
weir__loop_tiles(const weir_call *call);

/* What tiles touch: of the results, and of operands of the same shape. */
void
weir__loop_reach(const weir_call *call, size_t operand, int64_t begin,
		 int64_t end, int64_t *first, int64_t *last);

/* Bands of the last axis, for ops of which each element has the same bits
 * wherever in a row it is. */
bool
weir__loop_band(const weir_call *call, int axis, int *axes);

/* The same for arithmetic on two operands: whose NaN comes through depends on
 * whether an element is in what is left of a row when vectors are too long for
 * it. So there must be nothing left. */
bool
weir__loop_band_of_vectors(const weir_call *call, int axis, int *axes);

/*
 * Before a function: compiled also for processors with wider vectors. One is
 * chosen when the library is loaded, for both modes, and each element's
 * arithmetic is the same in all of them.
 */
#ifdef WEIR_HAVE_TARGET_CLONES
#define WEIR__WIDE \
	__attribute__((target_clones("default", "arch=x86-64-v3",	\
				     "arch=x86-64-v4")))
#else
#define WEIR__WIDE
#endif

/* x, of which it is the same NaN whichever that was: which of two an instruction
 * hands on is the compiler's choice. */
#define WEIR__ONE_NAN(T, x) ((x) == (x) ? (x) : (T)__builtin_nan(""))

/*
 * The iterations are independent: true also where a result lies exactly over
 * an operand, which `restrict` would forbid.
 */
#define WEIR__INDEPENDENT _Pragma("omp simd")

/* y = expr(a), from T to R. */
#define WEIR__UNARY_LOOP(name, T, R, expr)				\
	WEIR__UNARY_LOOP_(name, T, R, expr, WEIR__INDEPENDENT)
/* The same for an expr that calls a function. */
#define WEIR__UNARY_CALL_LOOP(name, T, R, expr)				\
	WEIR__UNARY_LOOP_(name, T, R, expr, )
#define WEIR__UNARY_LOOP_(name, T, R, expr, independent)		\
WEIR__WIDE static int64_t						\
name(int64_t rows, int64_t n, const struct weir__lane *out,		\
     const struct weir__lane *in)					\
{									\
	const char *pa = in->at;					\
	const int64_t sa = in->step;					\
	R *y = (R *)out->at;						\
	int64_t i;							\
									\
	for (; rows > 0; rows--, pa += in->row, y += n) {		\
		if (sa == (int64_t)sizeof(T)) {				\
			const T *u = (const T *)pa;			\
									\
			independent					\
			for (i = 0; i < n; i++) {			\
				const T a = u[i];			\
				y[i] = (R)(expr);			\
			}						\
		} else {						\
			for (i = 0; i < n; i++) {			\
				const T a = *(const T *)(pa + i * sa);	\
				y[i] = (R)(expr);			\
			}						\
		}							\
	}								\
	return -1;							\
}

/*
 * y = expr(a, b), from T to R. Where a and b both are NaN, compilers differ
 * from loop to loop in whose bits they keep: so whose it is depends on the
 * layout of the operands, but not on the cut or on who computes it.
 */
#define WEIR__BINARY_LOOP(name, T, R, expr)				\
WEIR__WIDE static int64_t						\
name(int64_t rows, int64_t n, const struct weir__lane *out,		\
     const struct weir__lane *in)					\
{									\
	const int64_t size = sizeof(T), sa = in[0].step, sb = in[1].step; \
	const char *pa = in[0].at, *pb = in[1].at;			\
	R *y = (R *)out->at;						\
	int64_t i;							\
									\
	for (; rows > 0;						\
	     rows--, pa += in[0].row, pb += in[1].row, y += n) {	\
		const T *u = (const T *)pa, *v = (const T *)pb;		\
									\
		if (sa == size && sb == size) {				\
			WEIR__INDEPENDENT				\
			for (i = 0; i < n; i++) {			\
				const T a = u[i], b = v[i];		\
				y[i] = (R)(expr);			\
			}						\
		} else if (sa == size && sb == 0) {			\
			const T b = *v;					\
									\
			WEIR__INDEPENDENT				\
			for (i = 0; i < n; i++) {			\
				const T a = u[i];			\
				y[i] = (R)(expr);			\
			}						\
		} else if (sa == 0 && sb == size) {			\
			const T a = *u;					\
									\
			WEIR__INDEPENDENT				\
			for (i = 0; i < n; i++) {			\
				const T b = v[i];			\
				y[i] = (R)(expr);			\
			}						\
		} else {						\
			for (i = 0; i < n; i++) {			\
				const T a = *(const T *)(pa + i * sa);	\
				const T b = *(const T *)(pb + i * sb);	\
				y[i] = (R)(expr);			\
			}						\
		}							\
	}								\
	return -1;							\
}

/* The kernel of an op: loops holds one loop a dtype of operand `by`. */
#define WEIR__LOOP_KERNEL(name, loops, by)				\
static weir_status							\
name(const weir_kernel *kernel, int64_t begin, int64_t end)		\
{									\
	return weir__loop(kernel, begin, end,				\
			  loops[kernel->call.in[by]->dtype], NULL);	\
}

#endif
