/*
 * Vectors of x86-64 processors, for code that is compiled for more than one
 * kind of them in one file: functions have WEIR__AVX512 or WEIR__AVX2 before
 * them and are called only where weir__has_avx512() or weir__has_avx2().
 */
#ifndef WEIR_OPS_X86_VECTORS_H
#define WEIR_OPS_X86_VECTORS_H

#if defined(__x86_64__) && defined(__GNUC__)
#define WEIR__X86_VECTORS 1

#include <immintrin.h>
#include <stdbool.h>
#include <stdint.h>

#define WEIR__AVX512 __attribute__((target("avx512f")))
#define WEIR__AVX2 __attribute__((target("avx2,fma")))

static inline bool
weir__has_avx512(void)
{
	return __builtin_cpu_supports("avx512f");
}

/* FMA included. */
static inline bool
weir__has_avx2(void)
{
	return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}

/*
 * The first n elements of a vector, 1 to all: loaded, with zeros for the others
 * and without touching these in memory; stored.
 */
#define WEIR__FIRST(n) ((1u << (n)) - 1)
#define WEIR__LOAD_16F(p, n) _mm512_maskz_loadu_ps((__mmask16)WEIR__FIRST(n), p)
#define WEIR__LOAD_8D(p, n) _mm512_maskz_loadu_pd((__mmask8)WEIR__FIRST(n), p)
#define WEIR__STORE_16F(p, n, v)					\
	_mm512_mask_storeu_ps(p, (__mmask16)WEIR__FIRST(n), v)
#define WEIR__STORE_8D(p, n, v)						\
	_mm512_mask_storeu_pd(p, (__mmask8)WEIR__FIRST(n), v)

/* From n before the middle on the first n are chosen. */
static const int32_t weir__chosen_32[] = { -1, -1, -1, -1, -1, -1, -1, -1,
					   0, 0, 0, 0, 0, 0, 0, 0 };
static const int64_t weir__chosen_64[] = { -1, -1, -1, -1, 0, 0, 0, 0 };

#define WEIR__FIRST_8F(n)						\
	_mm256_loadu_si256((const __m256i *)(weir__chosen_32 + 8 - (n)))
#define WEIR__FIRST_4D(n)						\
	_mm256_loadu_si256((const __m256i *)(weir__chosen_64 + 4 - (n)))
#define WEIR__LOAD_8F(p, n) _mm256_maskload_ps(p, WEIR__FIRST_8F(n))
#define WEIR__LOAD_4D(p, n) _mm256_maskload_pd(p, WEIR__FIRST_4D(n))
#define WEIR__STORE_8F(p, n, v) _mm256_maskstore_ps(p, WEIR__FIRST_8F(n), v)
#define WEIR__STORE_4D(p, n, v) _mm256_maskstore_pd(p, WEIR__FIRST_4D(n), v)

/* The same NaN in the place of all others: which of two an instruction hands on
 * depends on their order, which is the compiler's choice. */
#define WEIR__ONE_NAN_16F(v)						\
	_mm512_mask_mov_ps(v, _mm512_cmp_ps_mask(v, v, _CMP_UNORD_Q),	\
			   _mm512_set1_ps(__builtin_nanf("")))
#define WEIR__ONE_NAN_8D(v)						\
	_mm512_mask_mov_pd(v, _mm512_cmp_pd_mask(v, v, _CMP_UNORD_Q),	\
			   _mm512_set1_pd(__builtin_nan("")))
#define WEIR__ONE_NAN_8F(v)						\
	_mm256_blendv_ps(v, _mm256_set1_ps(__builtin_nanf("")),		\
			 _mm256_cmp_ps(v, v, _CMP_UNORD_Q))
#define WEIR__ONE_NAN_4D(v)						\
	_mm256_blendv_pd(v, _mm256_set1_pd(__builtin_nan("")),		\
			 _mm256_cmp_pd(v, v, _CMP_UNORD_Q))

#endif
#endif
