#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ops/gemm.h"
#include "ops/gemm_fma.h"

static double
some(int64_t i)
{
	return (double)(i * 7919 % 1009 - 500) / 77;
}

/* -- our own kernels ------------------------------------------------------- */

/* Where the elements of a matrix are. */
enum layout { ROWS, COLUMNS, GAPS, BACKWARDS, LAYOUTS };

static bool has_nans;		/* of one sign in a, of the other one in b */
static int64_t part;		/* of a sum, that is made at once; 0: all */

struct matrix {
	void *memory, *first;		/* no byte more than it needs */
	int64_t row, column;
};

static void
strides(enum layout layout, int64_t rows, int64_t columns,
	struct matrix *out)
{
	switch (layout) {
	case ROWS:
		out->row = columns;
		out->column = 1;
		return;
	case COLUMNS:
		out->row = 1;
		out->column = rows;
		return;
	case GAPS:
		out->row = 2 * columns + 3;
		out->column = 2;
		return;
	default:
		out->row = -columns;
		out->column = -1;
	}
}

static struct matrix
matrix(weir_dtype dtype, enum layout layout, int64_t rows, int64_t columns,
       int64_t seed)
{
	size_t size = weir_dtype_size(dtype);
	struct matrix x;
	int64_t span, i, j;

	strides(layout, rows, columns, &x);
	span = (rows - 1) * llabs(x.row) + (columns - 1) * llabs(x.column);
	x.memory = malloc((size_t)(span + 1) * size);
	cr_assert_not_null(x.memory);
	memset(x.memory, 0xff, (size_t)(span + 1) * size);
	x.first = (char *)x.memory + (x.row < 0 ? (size_t)span * size : 0);
	for (i = 0; i < rows; i++)
		for (j = 0; j < columns; j++) {
			int64_t at = i * x.row + j * x.column;
			double value = has_nans && (i + j) % 11 == 5
				? copysign(NAN, seed % 2 ? 1 : -1)
				: some(seed + i * columns + j);

			if (dtype == WEIR_F32)
				((float *)x.first)[at] = (float)value;
			else
				((double *)x.first)[at] = value;
		}
	return x;
}

static float
element_f32(const struct matrix *a, const struct matrix *b, int64_t i,
	    int64_t j, int64_t k)
{
	float sum = 0;
	int64_t l;

	for (l = 0; l < k; l++)
		sum = fmaf(((float *)a->first)[i * a->row + l * a->column],
			   ((float *)b->first)[l * b->row + j * b->column],
			   sum);
	return isnan(sum) ? NAN : sum;
}

static double
element_f64(const struct matrix *a, const struct matrix *b, int64_t i,
	    int64_t j, int64_t k)
{
	double sum = 0;
	int64_t l;

	for (l = 0; l < k; l++)
		sum = fma(((double *)a->first)[i * a->row + l * a->column],
			  ((double *)b->first)[l * b->row + j * b->column],
			  sum);
	return isnan(sum) ? (double)NAN : sum;
}

static void
multiply_part(const struct weir__fma_gemm *gemm, weir_dtype dtype, int64_t m,
	      int64_t n, int64_t from, int64_t k, const struct matrix *a,
	      const struct matrix *b, void *c, int64_t ldc)
{
	int64_t to_a = from * a->column, to_b = from * b->row;

	if (dtype == WEIR_F32)
		gemm->f32(m, n, k, (float *)a->first + to_a, a->row, a->column,
			  (float *)b->first + to_b, b->row, b->column, c, ldc,
			  from > 0, NULL);
	else
		gemm->f64(m, n, k, (double *)a->first + to_a, a->row,
			  a->column, (double *)b->first + to_b, b->row,
			  b->column, c, ldc, from > 0, NULL);
}

static void
multiply(const struct weir__fma_gemm *gemm, weir_dtype dtype, int64_t m,
	 int64_t n, int64_t k, const struct matrix *a, const struct matrix *b,
	 void *c, int64_t ldc)
{
	int64_t at_once = part ? part : k, from = 0;

	do {
		multiply_part(gemm, dtype, m, n, from,
			      k - from < at_once ? k - from : at_once, a, b, c,
			      ldc);
		from += at_once;
	} while (from < k);
}

/* Bit for bit the sums that the header promises, and no byte beside them. */
static void
expect_sums(const struct weir__fma_gemm *gemm, weir_dtype dtype, int64_t m,
	    int64_t n, int64_t k, enum layout of_a, enum layout of_b,
	    int64_t gap)
{
	size_t size = weir_dtype_size(dtype), elements;
	struct matrix a = matrix(dtype, of_a, m, k ? k : 1, 3);
	struct matrix b = matrix(dtype, of_b, k ? k : 1, n, 72);
	char *c, *wanted;
	int64_t i, j;

	elements = (size_t)((m - 1) * (n + gap) + n);
	c = malloc(elements * size);
	wanted = malloc(elements * size);
	cr_assert(c && wanted);
	memset(c, 0xff, elements * size);
	memset(wanted, 0xff, elements * size);
	for (i = 0; i < m; i++)
		for (j = 0; j < n; j++) {
			int64_t at = i * (n + gap) + j;

			if (dtype == WEIR_F32)
				((float *)wanted)[at] =
					element_f32(&a, &b, i, j, k);
			else
				((double *)wanted)[at] =
					element_f64(&a, &b, i, j, k);
		}
	multiply(gemm, dtype, m, n, k, &a, &b, c, n + gap);
	cr_expect_eq(memcmp(c, wanted, elements * size), 0,
		     "%s, %s, %lldx%lldx%lld, layouts %d and %d",
		     gemm->vectors, weir_dtype_name(dtype), (long long)m,
		     (long long)n, (long long)k, of_a, of_b);
	free(a.memory);
	free(b.memory);
	free(c);
	free(wanted);
}

static void
expect_both_types(int64_t m, int64_t n, int64_t k, enum layout of_a,
		  enum layout of_b, int64_t gap)
{
	const struct weir__fma_gemm *gemm;

	for (gemm = weir__fma_gemms; gemm->runs_here; gemm++) {
		if (!gemm->runs_here())
			continue;
		expect_sums(gemm, WEIR_F32, m, n, k, of_a, of_b, gap);
		expect_sums(gemm, WEIR_F64, m, n, k, of_a, of_b, gap);
	}
}

Test(gemm_fma, sums_in_the_order_of_k_at_all_widths_and_heights)
{
	int64_t m, n;

	for (m = 1; m <= 26; m++)
		for (n = 1; n <= 70; n++)
			expect_both_types(m, n, 7, ROWS, ROWS, 0);
}

Test(gemm_fma, takes_any_strides)
{
	enum layout a, b;

	for (a = ROWS; a < LAYOUTS; a++)
		for (b = ROWS; b < LAYOUTS; b++) {
			expect_both_types(5, 7, 6, a, b, 0);
			expect_both_types(29, 67, 11, a, b, 3);
			expect_both_types(16, 32, 300, a, b, 0);
		}
}

Test(gemm_fma, sums_in_the_order_of_k_beyond_what_is_copied_at_once)
{
	static const int64_t sums[] = { 0, 1, 255, 256, 257, 513 };
	size_t i;

	for (i = 0; i < sizeof sums / sizeof *sums; i++) {
		expect_both_types(3, 5, sums[i], ROWS, ROWS, 0);
		expect_both_types(13, 33, sums[i], COLUMNS, ROWS, 1);
		expect_both_types(12, 64, sums[i], ROWS, COLUMNS, 0);
	}
}

Test(gemm_fma, goes_on_with_sums_that_have_been_begun)
{
	static const int64_t parts[] = { 1, 8, 100, 256, 300 };
	size_t i;

	for (i = 0; i < sizeof parts / sizeof *parts; i++) {
		part = parts[i];
		expect_both_types(3, 5, 513, ROWS, ROWS, 0);
		expect_both_types(13, 33, 300, COLUMNS, ROWS, 1);
		expect_both_types(20, 64, 257, COLUMNS, GAPS, 0);
		expect_both_types(30, 70, 257, ROWS, COLUMNS, 0);
	}
}

/* Rows of b that are near each other, or far, for one, two and more groups of
 * rows of a. */
Test(gemm_fma, reads_what_it_need_not_copy)
{
	static const int64_t heights[] = { 6, 12, 20, 24, 25, 40 };
	size_t i;

	for (i = 0; i < sizeof heights / sizeof *heights; i++) {
		expect_both_types(heights[i], 64, 70, ROWS, ROWS, 0);
		expect_both_types(heights[i], 256, 20, ROWS, ROWS, 0);
		expect_both_types(heights[i], 256, 70, COLUMNS, ROWS, 0);
	}
}

Test(gemm_fma, makes_the_same_nan_of_all)
{
	int64_t m, n;

	has_nans = true;
	for (m = 1; m <= 13; m++)
		for (n = 1; n <= 34; n++)
			expect_both_types(m, n, 7, ROWS, ROWS, 0);
	expect_both_types(13, 33, 300, COLUMNS, ROWS, 0);
}

Test(gemm_fma, touches_nothing_where_there_is_nothing)
{
	const struct weir__fma_gemm *gemm;
	float c = 5;

	for (gemm = weir__fma_gemms; gemm->runs_here; gemm++) {
		if (!gemm->runs_here())
			continue;
		gemm->f32(0, 1, 1, &c, 1, 1, &c, 1, 1, &c, 1,
			  false, NULL);
		gemm->f32(1, 0, 1, &c, 1, 1, &c, 1, 1, &c, 1,
			  false, NULL);
		cr_expect_eq(c, 5);
	}
}

/* -- what does which ------------------------------------------------------- */

Test(gemm, has_kernels_of_its_own)
{
	const char *asked = getenv("WEIR_MATMUL");
	enum weir__product thin = weir__fma_gemm() ? WEIR__THIN_PRODUCT
						   : WEIR__THICK_PRODUCT;

	if (asked && strcmp(asked, "blas") == 0)
		thin = WEIR__THICK_PRODUCT;
	cr_expect_eq(weir__product_of(300, 300, 1), WEIR__OUTER_PRODUCT);
	cr_expect_eq(weir__product_of(1, 300, 300), WEIR__VECTOR_PRODUCT);
	cr_expect_eq(weir__product_of(300, 1, 300), WEIR__VECTOR_PRODUCT);
	cr_expect_eq(weir__product_of(1, 1, 300), WEIR__VECTOR_PRODUCT);
	cr_expect_eq(weir__product_of(300, 300, 20), thin);
	cr_expect_eq(weir__product_of(20, 300, 300), thin);
	cr_expect_eq(weir__product_of(300, 20, 300), thin);
	cr_expect(weir__product_has_free_parts(WEIR__OUTER_PRODUCT));
	cr_expect(!weir__product_has_free_parts(WEIR__THICK_PRODUCT));
}

Test(gemm, describes_itself)
{
	char text[80];

	weir__gemm_describe(text, sizeof text);
	cr_expect_not_null(strstr(text, "by "), "%s", text);
	cr_expect_lt(strlen(text), sizeof text - 1);
}

/* -- all kinds of them ----------------------------------------------------- */

enum { M = 5, N = 7, K = 6 };

/* a[M,K] * b[K,N] with operands at these strides, against plain sums. */
static void
expect_product(enum weir__product product, const char *how, int64_t a_row,
	       int64_t a_column, int64_t b_row, int64_t b_column)
{
	static double a[4000], b[4000], c[M * N];
	const double *pa = a + 2000, *pb = b + 2000;
	int i, j, k;

	for (i = 0; i < 4000; i++) {
		a[i] = i % 13 - 6;
		b[i] = i % 17 - 8;
	}
	memset(c, 0xff, sizeof c);	/* NaN: must not be read */
	weir__gemm(product, WEIR_F64, M, N, K, pa, a_row, a_column, pb, b_row,
		   b_column, c, N);
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

Test(gemm, multiplies_at_any_strides)
{
	enum weir__product p[2] = { WEIR__THICK_PRODUCT,
				    weir__product_of(M, N, K) };
	int i;

	for (i = 0; i < 2; i++) {
		expect_product(p[i], "contiguous", K, 1, N, 1);
		expect_product(p[i], "both transposed", 1, M, 1, K);
		expect_product(p[i], "left transposed, long rows", 1, 50, 60,
			       1);
		expect_product(p[i], "negative rows", -K, 1, N, 1);
		expect_product(p[i], "overlapping rows", 1, 1, N, 1);
		expect_product(p[i], "broadcast", 0, 1, 0, 1);
		expect_product(p[i], "no unit stride", 20, 2, 30, 3);
	}
}

/* The same column and row beside zeros, by a kernel and by a BLAS. */
Test(gemm, one_column_by_one_row_has_the_bits_of_a_longer_sum)
{
	enum { ROWS_ = 37, COLUMNS_ = 53 };
	static float a[ROWS_ * 2], b[2 * COLUMNS_], turned[COLUMNS_ * 3];
	static float c[ROWS_ * COLUMNS_], d[ROWS_ * COLUMNS_];
	enum weir__product one = weir__product_of(ROWS_, COLUMNS_, 1);
	enum weir__product two[2] = { weir__product_of(ROWS_, COLUMNS_, 2),
				      WEIR__THICK_PRODUCT };
	int i;

	for (i = 0; i < ROWS_; i++)
		a[2 * i] = i % 5 ? (float)(i - 20) / 7 : -0.0f;
	for (i = 0; i < COLUMNS_; i++)
		b[i] = turned[3 * i] = i % 7 ? (float)(30 - i) * 1e-22f : 0;
	for (i = 0; i < 2; i++) {
		weir__gemm(two[i], WEIR_F32, ROWS_, COLUMNS_, 2, a, 2, 1, b,
			   COLUMNS_, 1, c, COLUMNS_);
		memset(d, 0xff, sizeof d);
		weir__gemm(one, WEIR_F32, ROWS_, COLUMNS_, 1, a, 2, 1, b,
			   COLUMNS_, 1, d, COLUMNS_);
		cr_expect_eq(memcmp(c, d, sizeof c), 0);
		memset(d, 0xff, sizeof d);
		weir__gemm(one, WEIR_F32, ROWS_, COLUMNS_, 1, a, 2, 1, turned,
			   1, 3, d, COLUMNS_);
		cr_expect_eq(memcmp(c, d, sizeof c), 0);
	}
}

/* Whatever the cut, and whichever of two NaNs comes first. */
Test(gemm, vector_and_outer_products_make_the_same_nan_of_all)
{
	enum { MANY = 37 };
	const float wanted = NAN;
	float a[MANY], b[MANY], c[MANY * MANY];
	int64_t n, i;

	for (i = 0; i < MANY; i++) {
		a[i] = NAN;
		b[i] = copysignf(NAN, -1);
	}
	for (n = 1; n <= MANY; n++) {
		weir__gemm(WEIR__VECTOR_PRODUCT, WEIR_F32, 1, 1, n, a, n, 1, b,
			   1, 1, c, 1);
		cr_expect_eq(memcmp(c, &wanted, sizeof wanted), 0);
		weir__gemm(WEIR__VECTOR_PRODUCT, WEIR_F32, n, 1, 1, a, 1, n, b,
			   1, 1, c, 1);
		for (i = 0; i < n; i++)
			cr_expect_eq(memcmp(&c[i], &wanted, sizeof wanted), 0);
		weir__gemm(WEIR__OUTER_PRODUCT, WEIR_F32, n, n, 1, a, 1, 1, b,
			   n, 1, c, n);
		for (i = 0; i < n * n; i++)
			cr_expect_eq(memcmp(&c[i], &wanted, sizeof wanted), 0);
	}
}

Test(gemm, no_inner_dimension_gives_zeros)
{
	enum weir__product products[2] = { weir__product_of(2, 2, 0),
					   WEIR__THICK_PRODUCT };
	int i;

	for (i = 0; i < 2; i++) {
		double c[4] = { 1, 2, 3, 4 };

		weir__gemm(products[i], WEIR_F64, 2, 2, 0, c, 0, 1, c, 2, 1, c,
			   2);
		cr_expect(!c[0] && !c[1] && !c[2] && !c[3]);
	}
}
