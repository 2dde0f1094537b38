#include "ops/gemv.h"

#include <string.h>

#include "ops/loop.h"

/* Half a cache line: half of the lanes of a sum. Elements may be anywhere. */
typedef float f32_vector
	__attribute__((vector_size(32), aligned(4), may_alias));
typedef double f64_vector
	__attribute__((vector_size(32), aligned(8), may_alias));

/* A cache line. */
typedef float f32_line
	__attribute__((vector_size(64), aligned(4), may_alias));
typedef double f64_line
	__attribute__((vector_size(64), aligned(8), may_alias));

#define PAIR(x, y, ...) __builtin_shufflevector(x, y, __VA_ARGS__)

/* Halves of two sums, of each half the halves, and of these the elements. */
static inline __attribute__((always_inline)) void
join_4_f32(f32_vector *total, f32_vector (*t)[2])
{
	f32_vector a = PAIR(t[0][0], t[2][0], 0, 1, 2, 3, 8, 9, 10, 11) +
		       PAIR(t[0][0], t[2][0], 4, 5, 6, 7, 12, 13, 14, 15);
	f32_vector b = PAIR(t[1][0], t[3][0], 0, 1, 2, 3, 8, 9, 10, 11) +
		       PAIR(t[1][0], t[3][0], 4, 5, 6, 7, 12, 13, 14, 15);
	f32_vector c = PAIR(a, b, 0, 1, 8, 9, 4, 5, 12, 13) +
		       PAIR(a, b, 2, 3, 10, 11, 6, 7, 14, 15);

	*total += PAIR(c, c, 0, 0, 2, 2, 4, 4, 6, 6) +
		  PAIR(c, c, 1, 1, 3, 3, 5, 5, 7, 7);
}

static inline __attribute__((always_inline)) void
join_4_f64(f64_vector *total, f64_vector (*t)[2])
{
	f64_vector a = PAIR(t[0][0], t[1][0], 0, 1, 4, 5) +
		       PAIR(t[0][0], t[1][0], 2, 3, 6, 7);
	f64_vector b = PAIR(t[2][0], t[3][0], 0, 1, 4, 5) +
		       PAIR(t[2][0], t[3][0], 2, 3, 6, 7);

	*total += PAIR(a, b, 0, 2, 4, 6) + PAIR(a, b, 1, 3, 5, 7);
}

#define T float
#define NAME(name) name##_f32
#define LANES 16
#define VECTOR f32_vector
#define LINE f32_line
#define JOIN(t) ((((t)[0] + (t)[4]) + ((t)[2] + (t)[6])) + \
		 (((t)[1] + (t)[5]) + ((t)[3] + (t)[7])))
#define SUM(r) (2 * (r))
#include "ops/gemv_typed.h"

#define T double
#define NAME(name) name##_f64
#define LANES 8
#define VECTOR f64_vector
#define LINE f64_line
#define JOIN(t) (((t)[0] + (t)[2]) + ((t)[1] + (t)[3]))
#define SUM(r) (r)
#include "ops/gemv_typed.h"

void
weir__gemv(weir_dtype dtype, int64_t m, int64_t k, int64_t part, const void *a,
	   int64_t a_row, int64_t a_column, const void *x, int64_t x_step,
	   void *y, int64_t y_step)
{
	if (dtype == WEIR_F32)
		gemv_f32(m, k, part, a, a_row, a_column, x, x_step, y, y_step);
	else
		gemv_f64(m, k, part, a, a_row, a_column, x, x_step, y, y_step);
}

void
weir__gemv_join(weir_dtype dtype, int64_t m, int64_t parts, const void *sums,
		void *y)
{
	if (dtype == WEIR_F32)
		join_f32(m, parts, sums, y);
	else
		join_f64(m, parts, sums, y);
}
