#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ops/gemv.h"

enum { ROWS = 150, LONG = 1031, GAP = 3 };

static double
some(int i)
{
	return (double)(i * 7919 % 1009 - 500) / 77;
}

/* Element i of n of this type. */
static void
put(weir_dtype dtype, void *at, int64_t i, double value)
{
	if (dtype == WEIR_F32)
		((float *)at)[i] = (float)value;
	else
		((double *)at)[i] = value;
}

static double
get(weir_dtype dtype, const void *at, int64_t i)
{
	return dtype == WEIR_F32 ? (double)((const float *)at)[i]
				 : ((const double *)at)[i];
}

struct layout {
	const char *name;
	int64_t row, column, step;	/* 0: as long as the other axis */
};

static const struct layout layouts[] = {
	{ "rows", 0, 1, 1 },
	{ "columns", 1, 0, 1 },
	{ "strided rows", 0, 1, GAP },
	{ "strided columns", 1, 0, GAP },
	{ "neither", 0, GAP, 1 },
	{ "backwards", 0, -1, -1 },
};

static double matrix[2 * GAP * ROWS * LONG + 64], vector[2 * GAP * LONG + 64];
static double result[GAP * ROWS], first[ROWS];

/* y = a x with a laid out so, from the element `shift' elements on. */
static void
multiply(weir_dtype dtype, const struct layout *layout, int64_t m, int64_t k,
	 int shift, int64_t y_step)
{
	size_t size = dtype == WEIR_F32 ? 4 : 8;
	int64_t row = layout->row ? layout->row
				  : k * llabs(layout->column) + 5;
	int64_t column = layout->column ? layout->column : m + 2;
	int64_t a0 = shift + (column < 0 ? k : 0);
	int64_t x0 = shift + (layout->step < 0 ? k : 0);
	int64_t i, l;

	memset(matrix, 0xff, sizeof matrix);
	memset(vector, 0xff, sizeof vector);
	memset(result, 0xff, sizeof result);
	for (i = 0; i < m; i++)
		for (l = 0; l < k; l++)
			put(dtype, matrix, a0 + i * row + l * column,
			    some((int)(i * k + l)));
	for (l = 0; l < k; l++)
		put(dtype, vector, x0 + l * layout->step, some((int)l + 40));
	weir__gemv(dtype, m, k, weir__gemv_part(k),
		   (char *)matrix + (size_t)a0 * size, row, column,
		   (char *)vector + (size_t)x0 * size, layout->step, result,
		   y_step);
}

/* Against a sum in double, or in long double for double. */
static void
expect_near(weir_dtype dtype, int64_t m, int64_t k, int64_t y_step)
{
	long double unit = dtype == WEIR_F32 ? 0x1p-24L : 0x1p-53L;
	int64_t i, l;

	for (i = 0; i < m; i++) {
		long double sum = 0, size = 0, y;

		for (l = 0; l < k; l++) {
			long double term = some((int)(i * k + l));

			term *= some((int)l + 40);
			sum += term;
			size += fabsl(term);
		}
		y = get(dtype, result, i * y_step);
		/* Two roundings of the operands, one of each product, and as
		 * many of the sum as its longest path has. */
		cr_assert(fabsl(y - sum) <=
			  (long double)(3 + k / 8 + 6) * unit * size,
			  "[%d,%d]: element %d is %Lg, not %Lg", (int)m,
			  (int)k, (int)i, y, sum);
	}
}

static void
try(weir_dtype dtype, int64_t m, int64_t k)
{
	size_t j;
	int64_t i;

	for (j = 0; j < sizeof layouts / sizeof *layouts; j++) {
		int64_t y_step = j % 2 ? 1 : GAP;

		multiply(dtype, &layouts[j], m, k, (int)j, y_step);
		expect_near(dtype, m, k, y_step);
		for (i = 0; i < m; i++) {
			double y = get(dtype, result, i * y_step);

			if (j == 0)
				first[i] = y;
			cr_assert(!memcmp(&y, &first[i], sizeof y), "[%d,%d], "
				  "%s: element %d is %a, by rows %a", (int)m,
				  (int)k, layouts[j].name, (int)i, y,
				  first[i]);
		}
	}
}

Test(gemv, has_the_same_bits_in_every_layout)
{
	static const int lengths[] = { 0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 33, 63,
				       64, 65, 100, 128, 200, 331, 511, 512,
				       513, 800, 1024, LONG };
	static const int rows[] = { 0, 1, 2, 3, 4, 5, 8, 13, 129, ROWS };
	size_t i, j;

	for (i = 0; i < sizeof rows / sizeof *rows; i++)
		for (j = 0; j < sizeof lengths / sizeof *lengths; j++) {
			try(WEIR_F32, rows[i], lengths[j]);
			try(WEIR_F64, rows[i], lengths[j]);
		}
}

Test(gemv, parts_are_eight_to_sixteen_of_equal_length)
{
	int64_t k, part;

	for (k = 0; k < 5000; k++) {
		part = weir__gemv_part(k);
		cr_assert(part > 0);
		if (k < 512) {
			cr_assert(part >= k, "%d", (int)k);
			continue;
		}
		cr_assert(part >= 64 && (part & (part - 1)) == 0, "%d",
			  (int)k);
		cr_assert((k + part - 1) / part >= 8 &&
			  (k + part - 1) / part <= 16, "%d", (int)k);
	}
}

/* What a plan relies on that has parts made by several workers. */
Test(gemv, is_the_sum_of_its_parts_from_the_first_on)
{
	enum { M = 7, K = 1031 };
	static float a[M * K], x[K], whole[M], sum[M], one[M];
	const int64_t part = weir__gemv_part(K);
	int64_t from, n;
	int i, turned;

	for (i = 0; i < M * K; i++)
		a[i] = (float)some(i);
	for (i = 0; i < K; i++)
		x[i] = (float)some(i + 9);
	for (turned = 0; turned < 2; turned++) {
		int64_t row = turned ? 1 : K, column = turned ? M : 1;

		weir__gemv(WEIR_F32, M, K, part, a, row, column, x, 1, whole,
			   1);
		for (from = 0; from < K; from += part) {
			n = K - from < part ? K - from : part;
			weir__gemv(WEIR_F32, M, n, n, a + from * column, row,
				   column, x + from, 1, one, 1);
			for (i = 0; i < M; i++)
				sum[i] = from ? sum[i] + one[i] : one[i];
		}
		cr_assert_arr_eq(sum, whole, sizeof whole);
	}
}

/* More columns than have their lanes side by side. */
Test(gemv, strips_of_columns_meet)
{
	enum { COLUMNS = 2500, K = 37 };
	float *a = malloc(COLUMNS * K * sizeof *a), x[K], y[COLUMNS], z;
	int i, l;

	for (i = 0; i < COLUMNS * K; i++)
		a[i] = (float)some(i);
	for (i = 0; i < K; i++)
		x[i] = (float)some(i + 3);
	weir__gemv(WEIR_F32, COLUMNS, K, K, a, 1, COLUMNS, x, 1, y, 1);
	for (i = 0; i < COLUMNS; i++) {
		float row[K];

		for (l = 0; l < K; l++)
			row[l] = a[l * COLUMNS + i];
		weir__gemv(WEIR_F32, 1, K, K, row, K, 1, x, 1, &z, 1);
		cr_assert_eq(z, y[i], "column %d: %a, alone %a", i,
			     (double)y[i], (double)z);
	}
	free(a);
}

/* An element that is no number spoils its own row only. */
Test(gemv, keeps_what_is_no_number_in_its_row)
{
	enum { N = 40 };
	static float a[N][N], x[N], y[N];
	int i, turned;

	for (i = 0; i < N * N; i++)
		a[i / N][i % N] = 1;
	for (i = 0; i < N; i++)
		x[i] = 1;
	a[7][39] = NAN;
	a[9][0] = INFINITY;
	a[11][20] = -INFINITY;
	for (turned = 0; turned < 2; turned++) {
		weir__gemv(WEIR_F32, N, N, N, a, turned ? 1 : N,
			   turned ? N : 1, x, 1, y, 1);
		for (i = 0; i < N; i++) {
			int row = i == 7 || i == 9 || i == 11;

			if (turned)
				row = i == 39 || i == 0 || i == 20;
			cr_assert_eq(isfinite(y[i]) == 0, row, "%d: %g", i,
				     (double)y[i]);
		}
		cr_assert(isnan(y[turned ? 39 : 7]));
		cr_assert(y[turned ? 0 : 9] > 0 && y[turned ? 20 : 11] < 0);
	}
}
