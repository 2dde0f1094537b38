#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <string.h>

#include "ops/vector_math.h"

enum { N = 1000 };

static float f32[N + 8];
static double f64[N + 8];

/* All the corners, and numbers of all sizes between. */
static void
fill(void)
{
	static const double corners[] = {
		0, -0.0, 1, -1, INFINITY, -INFINITY, NAN, FLT_MIN, FLT_MAX,
		-FLT_MAX, 1e-42, -1e-42, 88.7, -103, 5e-324, DBL_MAX, 709, -745,
	};
	int i, n = sizeof corners / sizeof *corners;

	for (i = 0; i < N; i++) {
		double x = i < n ? corners[i]
				 : (i % 2 ? 1 : -1) * pow(1.07, i % 350 - 230);

		f32[i] = (float)x;
		f64[i] = x;
	}
}

static const struct weir__vector_math *
next(const struct weir__vector_math *math)
{
	while (!math->runs_here())
		math++;
	return math;
}

#define IS_LAST(math) (!strcmp((math)->name, "the C library"))

typedef void f32_fn(int64_t n, const float *x, float *y);
typedef void f64_fn(int64_t n, const double *x, double *y);

static bool
is_near(double y, double wanted, double epsilon, double least)
{
	if (isnan(wanted) || isinf(wanted))
		return isnan(wanted) ? isnan(y) : y == wanted;
	return fabs(y - wanted) <= epsilon * fabs(wanted) + least;
}

static void
expect_near_f32(const char *name, f32_fn *fn, double (*wanted)(double))
{
	float y[N];
	int i;

	fn(N, f32, y);
	for (i = 0; i < N; i++)
		cr_expect(is_near(y[i], (float)wanted(f32[i]), 2 * FLT_EPSILON,
				  1.5e-45), "%s: f32 %a gives %a, not %a", name,
			  f32[i], y[i], wanted(f32[i]));
}

static void
expect_near_f64(const char *name, f64_fn *fn, double (*wanted)(double))
{
	double y[N];
	int i;

	fn(N, f64, y);
	for (i = 0; i < N; i++)
		cr_expect(is_near(y[i], wanted(f64[i]), 2 * DBL_EPSILON,
				  5e-324), "%s: f64 %a gives %a, not %a", name,
			  f64[i], y[i], wanted(f64[i]));
}

Test(vector_math, is_right, .init = fill)
{
	const struct weir__vector_math *m = weir__vector_maths;

	for (;; m++) {
		m = next(m);
		expect_near_f32(m->name, m->exp_f32, exp);
		expect_near_f32(m->name, m->log_f32, log);
		expect_near_f32(m->name, m->tanh_f32, tanh);
		expect_near_f64(m->name, m->exp_f64, exp);
		expect_near_f64(m->name, m->log_f64, log);
		expect_near_f64(m->name, m->tanh_f64, tanh);
		if (IS_LAST(m))
			return;
	}
}

/* From each place on, so many at once, over itself. */
static void
expect_same_f32(const char *name, f32_fn *fn)
{
	float y[N], part[40];
	int from, n;

	fn(N, f32, y);
	for (from = 0; from < 33; from++)
		for (n = 0; n <= 35; n++) {
			memcpy(part, f32 + from, sizeof part);
			fn(n, part, part);
			cr_expect(!memcmp(part, y + from,
					  (size_t)n * sizeof *part) &&
				  !memcmp(part + n, f32 + from + n,
					  (size_t)(40 - n) * sizeof *part),
				  "%s: f32, %d from %d on", name, n, from);
		}
}

static void
expect_same_f64(const char *name, f64_fn *fn)
{
	double y[N], part[40];
	int from, n;

	fn(N, f64, y);
	for (from = 0; from < 33; from++)
		for (n = 0; n <= 35; n++) {
			memcpy(part, f64 + from, sizeof part);
			fn(n, part, part);
			cr_expect(!memcmp(part, y + from,
					  (size_t)n * sizeof *part) &&
				  !memcmp(part + n, f64 + from + n,
					  (size_t)(40 - n) * sizeof *part),
				  "%s: f64, %d from %d on", name, n, from);
		}
}

Test(vector_math, does_not_depend_on_the_neighbours, .init = fill)
{
	const struct weir__vector_math *m = weir__vector_maths;

	for (;; m++) {
		m = next(m);
		expect_same_f32(m->name, m->exp_f32);
		expect_same_f32(m->name, m->log_f32);
		expect_same_f32(m->name, m->tanh_f32);
		expect_same_f64(m->name, m->exp_f64);
		expect_same_f64(m->name, m->log_f64);
		expect_same_f64(m->name, m->tanh_f64);
		if (IS_LAST(m))
			return;
	}
}

#define EXPECT_SAME_BITS(function, x, y, z)				\
do {									\
	int i;								\
									\
	first->function(N, x, y);					\
	m->function(N, x, z);						\
	for (i = 0; i < N; i++)						\
		cr_expect(!memcmp(&y[i], &z[i], sizeof y[i]) ||		\
			  (isnan(y[i]) && isnan(z[i])),			\
			  #function " of %a: %s gives %a, %s %a", x[i],	\
			  first->name, y[i], m->name, z[i]);		\
} while (0)

Test(vector_math, does_not_depend_on_the_processor, .init = fill)
{
	const struct weir__vector_math *first = next(weir__vector_maths), *m;
	float y32[N], z32[N];
	double y64[N], z64[N];

	for (m = first; m->is_fast; m = next(m + 1)) {
		EXPECT_SAME_BITS(exp_f32, f32, y32, z32);
		EXPECT_SAME_BITS(log_f32, f32, y32, z32);
		EXPECT_SAME_BITS(tanh_f32, f32, y32, z32);
		EXPECT_SAME_BITS(exp_f64, f64, y64, z64);
		EXPECT_SAME_BITS(log_f64, f64, y64, z64);
		EXPECT_SAME_BITS(tanh_f64, f64, y64, z64);
	}
}
