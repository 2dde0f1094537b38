#include "ops/gemm_fma.h"

#include <pthread.h>

#include "ops/walk.h"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>

enum { DEPTH = 256 };		/* of a panel */

/* X(0) X(1) ... for so many rows; and X(1) X(2) ... up to so many. */
#define GEMM_ROWS_1(X) X(0)
#define GEMM_ROWS_2(X) GEMM_ROWS_1(X) X(1)
#define GEMM_ROWS_3(X) GEMM_ROWS_2(X) X(2)
#define GEMM_ROWS_4(X) GEMM_ROWS_3(X) X(3)
#define GEMM_ROWS_5(X) GEMM_ROWS_4(X) X(4)
#define GEMM_ROWS_6(X) GEMM_ROWS_5(X) X(5)
#define GEMM_ROWS_7(X) GEMM_ROWS_6(X) X(6)
#define GEMM_ROWS_8(X) GEMM_ROWS_7(X) X(7)
#define GEMM_ROWS_9(X) GEMM_ROWS_8(X) X(8)
#define GEMM_ROWS_10(X) GEMM_ROWS_9(X) X(9)
#define GEMM_ROWS_11(X) GEMM_ROWS_10(X) X(10)
#define GEMM_ROWS_12(X) GEMM_ROWS_11(X) X(11)
#define GEMM_UP_TO_6(X) X(1) X(2) X(3) X(4) X(5) X(6)
#define GEMM_UP_TO_12(X) GEMM_UP_TO_6(X) X(7) X(8) X(9) X(10) X(11) X(12)
#define GEMM_EACH(rows, X) GEMM_EACH_(rows, X)
#define GEMM_EACH_(rows, X) GEMM_UP_TO_##rows(X)

/* -- AVX-512 --------------------------------------------------------------- */

#define FIRST(n) ((1u << (n)) - 1)

#define T float
#define NAME(name) avx512_f32_##name
#define VECTOR __m512
#define LANES 16
#define ROWS 12
#define TARGET __attribute__((target("avx512f")))
#define DO(name) _mm512_##name##_ps
#define LOAD_PART(p, n) _mm512_maskz_loadu_ps((__mmask16)FIRST(n), p)
#define STORE_PART(p, n, v) _mm512_mask_storeu_ps(p, (__mmask16)FIRST(n), v)
#include "ops/gemm_fma_typed.h"

#define T double
#define NAME(name) avx512_f64_##name
#define VECTOR __m512d
#define LANES 8
#define ROWS 12
#define TARGET __attribute__((target("avx512f")))
#define DO(name) _mm512_##name##_pd
#define LOAD_PART(p, n) _mm512_maskz_loadu_pd((__mmask8)FIRST(n), p)
#define STORE_PART(p, n, v) _mm512_mask_storeu_pd(p, (__mmask8)FIRST(n), v)
#include "ops/gemm_fma_typed.h"

static bool
has_avx512(void)
{
	return __builtin_cpu_supports("avx512f");
}

/* -- AVX2 and FMA ---------------------------------------------------------- */

/* From n before the middle on: the first n are chosen. */
static const int32_t chosen_32[] = { -1, -1, -1, -1, -1, -1, -1, -1,
				     0, 0, 0, 0, 0, 0, 0, 0 };
static const int64_t chosen_64[] = { -1, -1, -1, -1, 0, 0, 0, 0 };

#define FIRST_32(n) _mm256_loadu_si256((const __m256i *)(chosen_32 + 8 - (n)))
#define FIRST_64(n) _mm256_loadu_si256((const __m256i *)(chosen_64 + 4 - (n)))

#define T float
#define NAME(name) avx2_f32_##name
#define VECTOR __m256
#define LANES 8
#define ROWS 6
#define TARGET __attribute__((target("avx2,fma")))
#define DO(name) _mm256_##name##_ps
#define LOAD_PART(p, n) _mm256_maskload_ps(p, FIRST_32(n))
#define STORE_PART(p, n, v) _mm256_maskstore_ps(p, FIRST_32(n), v)
#include "ops/gemm_fma_typed.h"

#define T double
#define NAME(name) avx2_f64_##name
#define VECTOR __m256d
#define LANES 4
#define ROWS 6
#define TARGET __attribute__((target("avx2,fma")))
#define DO(name) _mm256_##name##_pd
#define LOAD_PART(p, n) _mm256_maskload_pd(p, FIRST_64(n))
#define STORE_PART(p, n, v) _mm256_maskstore_pd(p, FIRST_64(n), v)
#include "ops/gemm_fma_typed.h"

static bool
has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

#endif

/* -- which one ------------------------------------------------------------- */

const struct weir__fma_gemm weir__fma_gemms[] = {
#if defined(__x86_64__) && defined(__GNUC__)
	{ "AVX-512", has_avx512, avx512_f32_gemm, avx512_f64_gemm },
	{ "AVX2", has_avx2, avx2_f32_gemm, avx2_f64_gemm },
#endif
	{ NULL, NULL, NULL, NULL }
};

static const struct weir__fma_gemm *fastest;

static void
find_fastest(void)
{
	const struct weir__fma_gemm *gemm = weir__fma_gemms;

	while (gemm->runs_here && !gemm->runs_here())
		gemm++;
	if (gemm->runs_here)
		fastest = gemm;
}

const struct weir__fma_gemm *
weir__fma_gemm(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, find_fastest);
	return fastest;
}
