#include "ops/blas.h"

#include <cblas.h>
#include <limits.h>
#include <omp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "ops/gemv.h"
#include "ops/loop.h"

/* Weak: another CBLAS can be linked, or put in OpenBLAS's place later. */
extern int openblas_get_parallel(void) __attribute__((__weak__));
extern char *openblas_get_config(void) __attribute__((__weak__));
extern char *openblas_get_corename(void) __attribute__((__weak__));
extern int openblas_get_num_threads(void) __attribute__((__weak__));
extern void openblas_set_num_threads(int n) __attribute__((__weak__));

enum build {
	OTHER_BLAS = -1,
	SERIAL_OPENBLAS = 0,	/* as openblas_get_parallel() says */
	PTHREAD_OPENBLAS = 1,
	OPENMP_OPENBLAS = 2
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static unsigned runtimes;	/* under lock */
static int saved_threads;	/* under lock */

/* The serial build as Debian ships it gives wrong results to concurrent
 * callers: one call at a time. */
static pthread_mutex_t serial_calls = PTHREAD_MUTEX_INITIALIZER;

static enum build
build(void)
{
	return openblas_get_parallel ? (enum build)openblas_get_parallel()
				     : OTHER_BLAS;
}

void
weir__blas_enter(void)
{
	if (build() != PTHREAD_OPENBLAS)
		return;
	pthread_mutex_lock(&lock);
	if (runtimes++ == 0) {
		saved_threads = openblas_get_num_threads();
		openblas_set_num_threads(1);
	}
	pthread_mutex_unlock(&lock);
}

void
weir__blas_leave(void)
{
	if (build() != PTHREAD_OPENBLAS)
		return;
	pthread_mutex_lock(&lock);
	if (--runtimes == 0)
		openblas_set_num_threads(saved_threads);
	pthread_mutex_unlock(&lock);
}

static char description[512];

/*
 * OpenBLAS takes a CPU newer than itself for the oldest one it knows, and is
 * then several times slower than it could be.
 */
static bool
has_missed_the_cpu(void)
{
#if defined(__x86_64__) && defined(__GNUC__)
	static const char *const old[] = { "Prescott", "Core2", "Nehalem" };
	size_t i;

	if (!openblas_get_corename || !__builtin_cpu_supports("avx2"))
		return false;
	for (i = 0; i < sizeof old / sizeof *old; i++)
		if (!strcmp(openblas_get_corename(), old[i]))
			return true;
#endif
	return false;
}

static void
describe(void)
{
	static const char *const kinds[] = {
		"serial build (one call at a time)", "pthread build",
		"OpenMP build",
	};
	int kind = (int)build();

	if (kind < SERIAL_OPENBLAS || kind > OPENMP_OPENBLAS) {
		snprintf(description, sizeof description,
			 "a CBLAS other than OpenBLAS");
		return;
	}
	snprintf(description, sizeof description, "%s, %s%s",
		 openblas_get_config ? openblas_get_config() : "OpenBLAS",
		 kinds[kind], has_missed_the_cpu()
		 ? "; it does not know this CPU and uses slow kernels: set "
		   "OPENBLAS_CORETYPE=Haswell in the environment (or SkylakeX, "
		   "with AVX-512)" : "");
}

const char *
weir__blas_describe(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, describe);
	return description;
}

static int64_t small;

static void
find_small(void)
{
	static const char *const with_kernels[] = { "SkylakeX", "Cooperlake",
						    "SapphireRapids" };
	size_t i;

	for (i = 0; openblas_get_corename &&
		    i < sizeof with_kernels / sizeof *with_kernels; i++)
		if (!strcmp(openblas_get_corename(), with_kernels[i]))
			small = 1000000;	/* since OpenBLAS 0.3.16 */
}

int64_t
weir__blas_small(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, find_small);
	return small;
}

/*
 * An operand as BLAS names it: transposed or not, and its leading dimension,
 * which must fit an int and be no less than the length of what it leads.
 */
struct operand {
	enum CBLAS_TRANSPOSE transpose;
	int leading;
};

static bool
leads(int64_t unit, int64_t n_unit, int64_t stride, int64_t n, int64_t *leading)
{
	if (unit != 1 && n_unit > 1)
		return false;
	*leading = n > 1 ? stride : weir__most(n_unit, 1);
	return *leading >= weir__most(n_unit, 1) && *leading <= INT_MAX;
}

static bool
operand(int64_t rows, int64_t columns, int64_t row, int64_t column,
	struct operand *out)
{
	int64_t leading;

	if (leads(column, columns, row, rows, &leading))
		out->transpose = CblasNoTrans;
	else if (leads(row, rows, column, columns, &leading))
		out->transpose = CblasTrans;
	else
		return false;
	out->leading = (int)leading;
	return true;
}

bool
weir__blas_takes(const weir_spec *spec, const int64_t *strides)
{
	int64_t size = (int64_t)weir__element_size(spec->dtype);
	int last = spec->rank - 1;
	struct operand ignored;

	if (last < 1 || strides[last] % size || strides[last - 1] % size)
		return false;
	return operand(spec->shape[last - 1], spec->shape[last],
		       strides[last - 1] / size, strides[last] / size,
		       &ignored);
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

static void
plain_gemm(weir_dtype dtype, int64_t m, int64_t n, int64_t k, const void *a,
	   int64_t a_row, int64_t a_column, const void *b, int64_t b_row,
	   int64_t b_column, void *c, int64_t ldc)
{
	if (dtype == WEIR_F32)
		plain_sgemm(m, n, k, a, a_row, a_column, b, b_row, b_column, c,
			    ldc);
	else
		plain_dgemm(m, n, k, a, a_row, a_column, b, b_row, b_column, c,
			    ldc);
}

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
				y[j] = 0 + x * b[j];			\
		else							\
			for (j = 0; j < n; j++)				\
				y[j] = 0 + x * b[j * b_column];		\
	}								\
}

OUTER_PRODUCT(outer_f32, float)
OUTER_PRODUCT(outer_f64, double)

void
weir__gemm(weir_dtype dtype, int64_t m, int64_t n, int64_t k,
	   const void *a, int64_t a_row, int64_t a_column,
	   const void *b, int64_t b_row, int64_t b_column,
	   void *c, int64_t ldc)
{
	enum build kind;
	struct operand left, right;
	int threads = 1;

	if (k == 1) {
		if (dtype == WEIR_F32)
			outer_f32(m, n, a, a_row, b, b_column, c, ldc);
		else
			outer_f64(m, n, a, a_row, b, b_column, c, ldc);
		return;
	}
	if (n == 1) {
		weir__gemv(dtype, m, k, a, a_row, a_column, b, b_row, c, ldc);
		return;
	}
	if (m == 1) {
		weir__gemv(dtype, n, k, b, b_column, b_row, a, a_column, c, 1);
		return;
	}
	if (!k || m > INT_MAX || n > INT_MAX || k > INT_MAX || ldc > INT_MAX ||
	    !operand(m, k, a_row, a_column, &left) ||
	    !operand(k, n, b_row, b_column, &right)) {
		plain_gemm(dtype, m, n, k, a, a_row, a_column, b, b_row,
			   b_column, c, ldc);
		return;
	}

	kind = build();
	if (kind == SERIAL_OPENBLAS) {
		pthread_mutex_lock(&serial_calls);
	} else if (kind == OPENMP_OPENBLAS && !omp_in_parallel()) {
		/* Inside a region it uses one thread by itself; outside it
		 * takes as many as the calling thread's setting says. */
		threads = omp_get_max_threads();
		if (threads != 1)
			omp_set_num_threads(1);
	}

	if (dtype == WEIR_F32)
		cblas_sgemm(CblasRowMajor, left.transpose, right.transpose,
			    (int)m, (int)n, (int)k, 1.0f, a,
			    left.leading, b, right.leading, 0.0f, c,
			    (int)ldc);
	else
		cblas_dgemm(CblasRowMajor, left.transpose, right.transpose,
			    (int)m, (int)n, (int)k, 1.0, a,
			    left.leading, b, right.leading, 0.0, c,
			    (int)ldc);

	if (kind == SERIAL_OPENBLAS)
		pthread_mutex_unlock(&serial_calls);
	else if (threads != 1)
		omp_set_num_threads(threads);
}
