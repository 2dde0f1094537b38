/* What comes after a product in the same kernel, element by element. */
#include <criterion/criterion.h>
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ops/gemm_fma.h"

enum { GAP = 3, ROWS = 26, COLUMNS = 70, DEPTH = 300 };

enum parts { ROW = 1, CHOOSE = 2, RELU = 4, GREATER = 8, PARTS = 16 };

struct shape {
	int64_t m, n, k;
};

/* Row-major, with gaps in what is read and what is written. */
struct operands {
	double a[ROWS * DEPTH], b[DEPTH * COLUMNS], row[COLUMNS];
	double other, bound;
	unsigned char chosen[ROWS * (COLUMNS + GAP)];
};

static struct operands o;

static void
fill(void)
{
	size_t i;

	for (i = 0; i < sizeof o.a / sizeof *o.a; i++)
		o.a[i] = (double)(i * 7919 % 1009) / 77 - 6.5;
	for (i = 0; i < sizeof o.b / sizeof *o.b; i++)
		o.b[i] = (double)(i * 104729 % 997) / 63 - 8;
	for (i = 0; i < COLUMNS; i++)
		o.row[i] = (double)(i * 31 % 17) - 8;
	for (i = 0; i < sizeof o.chosen; i++)
		o.chosen[i] = i * 13 % 7 < 4;
	o.other = 2.5;
	o.bound = 1.25;
}

struct outputs {
	void *c;
	unsigned char *greater;
	size_t elements;
};

static struct outputs
outputs(struct shape s, size_t size)
{
	struct outputs out = { .elements = (size_t)(s.m * (s.n + GAP)) };

	out.c = malloc(out.elements * size);
	out.greater = malloc(out.elements);
	cr_assert(out.c && out.greater);
	memset(out.c, 0xff, out.elements * size);
	memset(out.greater, 0xff, out.elements);
	return out;
}

static void
outputs_free(struct outputs *out)
{
	free(out->c);
	free(out->greater);
}

static struct weir__epilogue
epilogue(struct shape s, unsigned parts, const void *row, const void *other,
	 const void *bound, unsigned char *greater)
{
	return (struct weir__epilogue){
		.is_one_product = s.k == 1,
		.row = parts & ROW ? row : NULL,
		.chosen = parts & CHOOSE ? o.chosen : NULL,
		.chosen_row = s.n + GAP, .other = other,
		.is_relu = parts & RELU,
		.greater = parts & GREATER ? greater : NULL,
		.greater_row = s.n + GAP, .bound = bound,
	};
}

/* Operation by operation, and by a kernel; whether it was done. */
#define TRIAL(name, T, f, fused)					\
static bool								\
name(const struct weir__fma_gemm *gemm, struct shape s, unsigned parts)	\
{									\
	static T a[ROWS * DEPTH], b[DEPTH * COLUMNS], row[COLUMNS];	\
	T other = (T)o.other, bound = (T)o.bound;			\
	struct outputs want = outputs(s, sizeof(T));			\
	struct outputs got = outputs(s, sizeof(T));			\
	struct weir__epilogue e = epilogue(s, parts, row, &other, &bound, \
					   got.greater);		\
	int64_t i, j, l;						\
	bool is_done;							\
									\
	for (i = 0; i < s.m * s.k; i++)					\
		a[i] = (T)o.a[i];					\
	for (i = 0; i < s.k * s.n; i++)					\
		b[i] = (T)o.b[i];					\
	for (i = 0; i < s.n; i++)					\
		row[i] = (T)o.row[i];					\
	for (i = 0; i < s.m; i++)					\
		for (j = 0; j < s.n; j++) {				\
			int64_t at = i * (s.n + GAP) + j;		\
			volatile T x = 0;				\
									\
			for (l = 0; l < s.k; l++)			\
				x = fused(a[i * s.k + l],		\
					  b[l * s.n + j], x);		\
			if (s.k == 1) {					\
				x = a[i] * b[j];			\
				x = 0 + x;				\
			}						\
			if (parts & ROW)				\
				x = x + row[j];				\
			if (parts & CHOOSE && !o.chosen[at])		\
				x = other;				\
			if (parts & RELU && x <= 0)			\
				x = 0;					\
			((T *)want.c)[at] = x;				\
			if (parts & GREATER)				\
				want.greater[at] = x > bound;		\
		}							\
	is_done = gemm->f(s.m, s.n, s.k, a, s.k, 1, b, s.n, 1, got.c,	\
			  s.n + GAP, false, &e);			\
	if (is_done) {							\
		cr_expect_eq(memcmp(got.c, want.c,			\
				    want.elements * sizeof(T)), 0,	\
			     "%s, %s, %lldx%lldx%lld, %u",		\
			     gemm->vectors, #T, (long long)s.m,		\
			     (long long)s.n, (long long)s.k, parts);	\
		cr_expect_eq(memcmp(got.greater, want.greater,		\
				    want.elements), 0);			\
	}								\
	outputs_free(&want);						\
	outputs_free(&got);						\
	return is_done;							\
}

TRIAL(try_f32, float, f32, fmaf)
TRIAL(try_f64, double, f64, fma)

/* All kernels that run here; whether each of them has done it, or none. */
static void
expect(struct shape s, unsigned parts, bool is_done)
{
	const struct weir__fma_gemm *gemm;

	for (gemm = weir__fma_gemms; gemm->runs_here; gemm++) {
		if (!gemm->runs_here())
			continue;
		cr_expect_eq(try_f32(gemm, s, parts), is_done, "%s",
			     gemm->vectors);
		cr_expect_eq(try_f64(gemm, s, parts), is_done, "%s",
			     gemm->vectors);
	}
}

Test(epilogue, has_the_bits_of_one_operation_after_the_other)
{
	struct shape s = { .k = 7 };
	unsigned parts;

	fill();
	for (parts = 0; parts < PARTS; parts++)
		for (s.m = 1; s.m <= ROWS; s.m += 1 + s.m / 13 * 4)
			for (s.n = 1; s.n <= COLUMNS; s.n++)
				expect(s, parts, true);
}

Test(epilogue, comes_after_the_last_of_a_long_sum)
{
	static const int64_t sums[] = { 0, 1, 20, 255, 256, 257, DEPTH };
	size_t i;

	fill();
	for (i = 0; i < sizeof sums / sizeof *sums; i++) {
		expect((struct shape){ 13, 33, sums[i] }, PARTS - 1, true);
		expect((struct shape){ ROWS, 64, sums[i] }, PARTS - 1, true);
	}
}

/* 0 + -1e-300 * 1e-300 is 0, but a multiply-add that rounds once gives -0. */
Test(epilogue, begins_the_sum_of_one_product_at_0)
{
	struct shape s = { 5, 35, 1 };
	size_t i;

	fill();
	for (i = 0; i < (size_t)s.m; i++)
		o.a[i] = i % 2 ? -FLT_MIN : FLT_MIN;
	for (i = 0; i < (size_t)s.n; i++)
		o.b[i] = i % 3 ? FLT_MIN : -FLT_MIN;
	expect(s, 0, true);
	for (i = 0; i < (size_t)s.m; i++)
		o.a[i] = i % 2 ? -DBL_MIN : DBL_MIN;
	for (i = 0; i < (size_t)s.n; i++)
		o.b[i] = i % 3 ? DBL_MIN : -DBL_MIN;
	expect(s, 0, true);
	o.chosen[3] = 0;
	expect(s, CHOOSE | GREATER, true);
}

Test(epilogue, gives_up_where_a_result_is_nan)
{
	struct shape s = { 13, 35, 4 };
	int64_t j;

	fill();
	for (j = 0; j < s.n; j += 17) {
		double was = o.b[2 * s.n + j];

		o.b[2 * s.n + j] = NAN;
		expect(s, RELU, false);
		expect(s, ROW | GREATER, false);
		o.b[2 * s.n + j] = was;
	}
	o.row[34] = NAN;
	expect(s, ROW, false);
	expect(s, CHOOSE, true);
	o.row[34] = 1;
	o.other = NAN;
	expect(s, CHOOSE | RELU, false);
	/* Which nobody has chosen. */
	o.other = 0;
	o.a[4 * s.k] = INFINITY;
	o.b[3] = 0;
	expect(s, 0, false);
	memset(o.chosen, 0, sizeof o.chosen);
	expect(s, CHOOSE | RELU, true);
}

Test(epilogue, tells_nan_from_infinity)
{
	struct shape s = { 3, 32, 1 };

	fill();
	o.b[7] = o.a[1] = INFINITY;
	o.b[3] = 1;
	expect(s, GREATER | RELU, true);
	o.row[7] = -INFINITY;
	expect(s, ROW, false);
}
