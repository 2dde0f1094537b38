#include "ops/gemv.h"

#include <string.h>

#include "ops/loop.h"

/* Half a cache line: half of the lanes of a sum. Elements may be anywhere. */
typedef float f32_vector
	__attribute__((vector_size(32), aligned(4), may_alias));
typedef double f64_vector
	__attribute__((vector_size(32), aligned(8), may_alias));

#define T float
#define NAME(name) name##_f32
#define LANES 16
#define VECTOR f32_vector
#define JOIN(t) ((((t)[0] + (t)[4]) + ((t)[2] + (t)[6])) + \
		 (((t)[1] + (t)[5]) + ((t)[3] + (t)[7])))
#include "ops/gemv_typed.h"

#define T double
#define NAME(name) name##_f64
#define LANES 8
#define VECTOR f64_vector
#define JOIN(t) (((t)[0] + (t)[2]) + ((t)[1] + (t)[3]))
#include "ops/gemv_typed.h"

void
weir__gemv(weir_dtype dtype, int64_t m, int64_t k, const void *a, int64_t a_row,
	   int64_t a_column, const void *x, int64_t x_step, void *y,
	   int64_t y_step)
{
	if (dtype == WEIR_F32)
		gemv_f32(m, k, a, a_row, a_column, x, x_step, y, y_step);
	else
		gemv_f64(m, k, a, a_row, a_column, x, x_step, y, y_step);
}
