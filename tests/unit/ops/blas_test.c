#include <criterion/criterion.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "ops/blas.h"

enum { M = 5, N = 7, K = 6 };

/* a[M,K] * b[K,N] with operands at these strides, against plain sums. */
static void
expect_product(const char *how, int64_t a_row, int64_t a_column, int64_t b_row,
	       int64_t b_column)
{
	static double a[4000], b[4000], c[M * N];
	const double *pa = a + 2000, *pb = b + 2000;
	int i, j, k;

	for (i = 0; i < 4000; i++) {
		a[i] = i % 13 - 6;
		b[i] = i % 17 - 8;
	}
	memset(c, 0xff, sizeof c);	/* NaN: must not be read */
	weir__gemm(WEIR_F64, M, N, K, pa, a_row, a_column, pb, b_row, b_column,
		   c, N);
	for (i = 0; i < M; i++)
		for (j = 0; j < N; j++) {
			double sum = 0;

			for (k = 0; k < K; k++)
				sum += pa[i * a_row + k * a_column] *
				       pb[k * b_row + j * b_column];
			cr_expect_eq(c[i * N + j], sum, "%s: [%d,%d] is %g, "
				     "not %g", how, i, j, c[i * N + j], sum);
		}
}

Test(blas, multiplies_at_any_strides)
{
	expect_product("contiguous", K, 1, N, 1);
	expect_product("both transposed", 1, M, 1, K);
	expect_product("left transposed, long rows", 1, 50, 60, 1);
	expect_product("negative rows", -K, 1, N, 1);
	expect_product("overlapping rows", 1, 1, N, 1);
	expect_product("broadcast", 0, 1, 0, 1);
	expect_product("no unit stride", 20, 2, 30, 3);
}

/* The same column and row beside zeros, which BLAS is given. */
Test(blas, one_column_by_one_row_has_the_bits_that_blas_gives)
{
	enum { ROWS = 37, COLUMNS = 53 };
	static float a[ROWS * 2], b[2 * COLUMNS], turned[COLUMNS * 3];
	static float c[ROWS * COLUMNS], d[ROWS * COLUMNS];
	int i;

	for (i = 0; i < ROWS; i++)
		a[2 * i] = i % 5 ? (float)(i - 20) / 7 : -0.0f;
	for (i = 0; i < COLUMNS; i++)
		b[i] = turned[3 * i] = i % 7 ? (float)(30 - i) * 1e-22f : 0;
	weir__gemm(WEIR_F32, ROWS, COLUMNS, 2, a, 2, 1, b, COLUMNS, 1, c,
		   COLUMNS);
	memset(d, 0xff, sizeof d);
	weir__gemm(WEIR_F32, ROWS, COLUMNS, 1, a, 2, 1, b, COLUMNS, 1, d,
		   COLUMNS);
	cr_expect_eq(memcmp(c, d, sizeof c), 0);
	memset(d, 0xff, sizeof d);
	weir__gemm(WEIR_F32, ROWS, COLUMNS, 1, a, 2, 1, turned, 1, 3, d,
		   COLUMNS);
	cr_expect_eq(memcmp(c, d, sizeof c), 0);
}

Test(blas, no_inner_dimension_gives_zeros)
{
	double c[4] = { 1, 2, 3, 4 };

	weir__gemm(WEIR_F64, 2, 2, 0, c, 0, 1, c, 2, 1, c, 2);
	cr_expect(!c[0] && !c[1] && !c[2] && !c[3]);
}

Test(blas, says_what_it_takes_without_a_copy)
{
	static const struct {
		int64_t shape[2], strides[2];
		bool takes;
	} cases[] = {
		{ { 3, 4 }, { 16, 4 }, true },
		{ { 3, 4 }, { 4, 12 }, true },
		{ { 3, 4 }, { 64, 4 }, true },
		{ { 3, 4 }, { 12, 4 }, false },		/* rows overlap */
		{ { 3, 4 }, { -16, 4 }, false },
		{ { 3, 4 }, { 0, 4 }, false },
		{ { 3, 4 }, { 32, 8 }, false },
		{ { 3, 4 }, { 18, 4 }, false },		/* not in elements */
		{ { 1, 4 }, { 0, 4 }, true },
		{ { 4, 1 }, { 4, 0 }, true },
		{ { 4, 1 }, { 40, 8 }, true },
		{ { 3, 4 }, { (int64_t)1 << 40, 4 }, false },
	};
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		weir_spec spec = { WEIR_F32, 2, { cases[i].shape[0],
						  cases[i].shape[1] } };

		cr_expect_eq(weir__blas_takes(&spec, cases[i].strides),
			     cases[i].takes, "case %zu", i);
	}
}

/* Large enough that a BLAS of several threads would use them. */
static void
multiply(float *a, float *c)
{
	weir__gemm(WEIR_F32, 256, 256, 256, a, 256, 1, a, 1, 256, c, 256);
}

Test(blas, gives_the_callers_thread_count_back)
{
	static float a[256 * 256], c[256 * 256];

	weir__blas_enter();
	omp_set_num_threads(3);
	multiply(a, c);
	cr_expect_eq(omp_get_max_threads(), 3);
	weir__blas_leave();
}

Test(blas, gives_the_same_bits_inside_a_parallel_region)
{
	static float a[256 * 256], alone[256 * 256], c[2][256 * 256];
	int i;

	for (i = 0; i < 256 * 256; i++)
		a[i] = (float)sin(i);
	weir__blas_enter();
	multiply(a, alone);
#pragma omp parallel num_threads(2)
	multiply(a, c[omp_get_thread_num()]);
	cr_expect_arr_eq(c[0], alone, sizeof alone);
	cr_expect_arr_eq(c[1], alone, sizeof alone);
	weir__blas_leave();
}

Test(blas, describes_itself)
{
	cr_expect_gt(strlen(weir__blas_describe()), 5);
	cr_expect_eq(weir__blas_describe(), weir__blas_describe());
}
