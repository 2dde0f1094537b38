#include "ops/gemm.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "ops/blas.h"
#include "ops/gemm_fma.h"
#include "ops/gemv.h"
#include "ops/loop.h"

enum { THIN = 64 };	/* a BLAS copies both matrices first: from such lengths
			   on that pays */

static enum choice { AUTO, BLAS, OURS, UNKNOWN } choice;

/* What WEIR_MATMUL says. */
static enum choice
asked_for(const char *text)
{
	static const char *const names[] = { "auto", "blas", "weir" };
	int i = AUTO;

	if (!text || !*text)
		return AUTO;
	while (i < UNKNOWN && strcmp(text, names[i]) != 0)
		i++;
	return (enum choice)i;
}

static void
choose(void)
{
	choice = asked_for(getenv("WEIR_MATMUL"));
	if (choice == UNKNOWN)
		choice = AUTO;
	if (!weir__fma_gemm())
		choice = BLAS;
	else if (choice == AUTO && weir__blas_misses_the_cpu())
		choice = OURS;
}

/* The same for the whole process; AUTO if products are done by both. */
static enum choice
chosen(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, choose);
	return choice;
}

weir_status
weir__gemm_check(void)
{
	const char *text = getenv("WEIR_MATMUL");
	enum choice asked = asked_for(text);

	if (asked == UNKNOWN)
		return weir_fail(WEIR_EINVAL, "WEIR_MATMUL is \"%s\"; it must "
				 "be auto, blas or weir", text);
	if (asked == OURS && !weir__fma_gemm())
		return weir_fail(WEIR_EINVAL, "WEIR_MATMUL is \"weir\", and "
				 "there is no kernel for this processor");
	return WEIR_OK;
}

enum weir__product
weir__product_of(int64_t m, int64_t n, int64_t k)
{
	if (k == 1)
		return WEIR__OUTER_PRODUCT;
	if (m == 1 || n == 1)
		return WEIR__VECTOR_PRODUCT;
	switch (chosen()) {
	case BLAS:
		return WEIR__THICK_PRODUCT;
	case OURS:
		return WEIR__THIN_PRODUCT;
	default:
		break;
	}
	return m <= THIN || n <= THIN || k <= THIN ? WEIR__THIN_PRODUCT
						   : WEIR__THICK_PRODUCT;
}

void
weir__gemm_describe(char *text, size_t size)
{
	enum choice by = chosen();

	if (by == BLAS)
		snprintf(text, size, "by the BLAS");
	else
		snprintf(text, size, "%sby weir's kernels for %s%s",
			 by == OURS ? "" : "thin ones ",
			 weir__fma_gemm()->vectors,
			 by == OURS ? "" : ", others by the BLAS");
}

#define PLAIN_GEMM(name, T)						\
static void								\
name(int64_t m, int64_t n, int64_t k, const T *a, int64_t a_row,	\
     int64_t a_column, const T *b, int64_t b_row, int64_t b_column,	\
     T *c, int64_t ldc)							\
{									\
	int64_t i, j, l;						\
									\
	for (i = 0; i < m; i++) {					\
		T *y = c + i * ldc;					\
									\
		for (j = 0; j < n; j++)					\
			y[j] = 0;					\
		for (l = 0; l < k; l++) {				\
			T x = a[i * a_row + l * a_column];		\
			const T *z = b + l * b_row;			\
									\
			for (j = 0; j < n; j++)				\
				y[j] += x * z[j * b_column];		\
		}							\
	}								\
}

/* For what BLAS cannot take: lengths beyond int, negative or overlapping
 * strides. Correct, not fast. */
PLAIN_GEMM(plain_sgemm, float)
PLAIN_GEMM(plain_dgemm, double)

/*
 * One column by one row, which BLAS takes three times as long for as memory
 * does. The sum begins at 0, as everywhere: no result is -0.
 */
#define OUTER_PRODUCT(name, T)						\
WEIR__WIDE static void							\
name(int64_t m, int64_t n, const T *a, int64_t a_row, const T *b,	\
     int64_t b_column, T *restrict c, int64_t ldc)			\
{									\
	int64_t i, j;							\
									\
	for (i = 0; i < m; i++) {					\
		T x = a[i * a_row];					\
		T *restrict y = c + i * ldc;				\
									\
		if (b_column == 1)					\
			for (j = 0; j < n; j++)				\
				y[j] = WEIR__ONE_NAN(T, 0 + x * b[j]);	\
		else							\
			for (j = 0; j < n; j++)				\
				y[j] = WEIR__ONE_NAN(T, 0 +		\
						     x * b[j * b_column]); \
	}								\
}

OUTER_PRODUCT(outer_f32, float)
OUTER_PRODUCT(outer_f64, double)

static bool
fma_gemm(weir_dtype dtype, int64_t m, int64_t n, int64_t k,
	 const void *a, int64_t a_row, int64_t a_column,
	 const void *b, int64_t b_row, int64_t b_column,
	 void *c, int64_t ldc, bool adds, const struct weir__epilogue *e)
{
	const struct weir__fma_gemm *gemm = weir__fma_gemm();

	return dtype == WEIR_F32
		? gemm->f32(m, n, k, a, a_row, a_column, b, b_row, b_column, c,
			    ldc, adds, e)
		: gemm->f64(m, n, k, a, a_row, a_column, b, b_row, b_column, c,
			    ldc, adds, e);
}

void
weir__thin_gemm(weir_dtype dtype, int64_t m, int64_t n, int64_t k,
		const void *a, int64_t a_row, int64_t a_column,
		const void *b, int64_t b_row, int64_t b_column,
		void *c, int64_t ldc, bool adds)
{
	fma_gemm(dtype, m, n, k, a, a_row, a_column, b, b_row, b_column, c, ldc,
		 adds, NULL);
}

bool
weir__finished_gemm(weir_dtype dtype, int64_t m, int64_t n, int64_t k,
		    const void *a, int64_t a_row, int64_t a_column,
		    const void *b, int64_t b_row, int64_t b_column,
		    void *c, int64_t ldc, const struct weir__epilogue *e)
{
	return fma_gemm(dtype, m, n, k, a, a_row, a_column, b, b_row, b_column,
			c, ldc, false, e);
}

void
weir__gemm(enum weir__product product, weir_dtype dtype,
	   int64_t m, int64_t n, int64_t k,
	   const void *a, int64_t a_row, int64_t a_column,
	   const void *b, int64_t b_row, int64_t b_column,
	   void *c, int64_t ldc)
{
	switch (product) {
	case WEIR__OUTER_PRODUCT:
		if (dtype == WEIR_F32)
			outer_f32(m, n, a, a_row, b, b_column, c, ldc);
		else
			outer_f64(m, n, a, a_row, b, b_column, c, ldc);
		return;
	case WEIR__VECTOR_PRODUCT:
		if (n == 1)
			weir__gemv(dtype, m, k, weir__gemv_part(k), a, a_row,
				   a_column, b, b_row, c, ldc);
		else
			weir__gemv(dtype, n, k, weir__gemv_part(k), b,
				   b_column, b_row, a, a_column, c, 1);
		return;
	case WEIR__THIN_PRODUCT:
		weir__thin_gemm(dtype, m, n, k, a, a_row, a_column, b, b_row,
				b_column, c, ldc, false);
		return;
	case WEIR__THICK_PRODUCT:
		break;
	}
	if (weir__blas_gemm(dtype, m, n, k, a, a_row, a_column, b, b_row,
			    b_column, c, ldc))
		return;
	if (dtype == WEIR_F32)
		plain_sgemm(m, n, k, a, a_row, a_column, b, b_row, b_column, c,
			    ldc);
	else
		plain_dgemm(m, n, k, a, a_row, a_column, b, b_row, b_column, c,
			    ldc);
}
