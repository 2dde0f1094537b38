#include "ops/blas.h"

#include <cblas.h>
#include <limits.h>
#include <omp.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "ops/walk.h"

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

bool
weir__blas_misses_the_cpu(void)
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
		 kinds[kind], weir__blas_misses_the_cpu()
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

bool
weir__blas_gemm(weir_dtype dtype, int64_t m, int64_t n, int64_t k,
		const void *a, int64_t a_row, int64_t a_column,
		const void *b, int64_t b_row, int64_t b_column,
		void *c, int64_t ldc)
{
	enum build kind;
	struct operand left, right;
	int threads = 1;

	if (!k || m > INT_MAX || n > INT_MAX || k > INT_MAX || ldc > INT_MAX ||
	    !operand(m, k, a_row, a_column, &left) ||
	    !operand(k, n, b_row, b_column, &right))
		return false;

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
	return true;
}
