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
#include <string.h>

#define WEIR__AVX512 __attribute__((target("avx512f,avx512bw,avx512vl")))
#define WEIR__AVX2 __attribute__((target("avx2,fma")))

/* With vectors of bytes and short ones. */
static inline bool
weir__has_avx512(void)
{
	return __builtin_cpu_supports("avx512f") &&
	       __builtin_cpu_supports("avx512bw") &&
	       __builtin_cpu_supports("avx512vl");
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

/* Whether an element of either is NaN: not 0. */
#define WEIR__ANY_NAN_16F(v, w) _mm512_cmp_ps_mask(v, w, _CMP_UNORD_Q)
#define WEIR__ANY_NAN_8D(v, w) _mm512_cmp_pd_mask(v, w, _CMP_UNORD_Q)
#define WEIR__ANY_NAN_8F(v, w)						\
	(unsigned)_mm256_movemask_ps(_mm256_cmp_ps(v, w, _CMP_UNORD_Q))
#define WEIR__ANY_NAN_4D(v, w)						\
	(unsigned)_mm256_movemask_pd(_mm256_cmp_pd(v, w, _CMP_UNORD_Q))

/* As relu: 0 for what is less than 0, or -0; NaN stays. */
#define WEIR__RELU_16F(v) _mm512_maskz_mov_ps(				\
	_mm512_cmp_ps_mask(v, _mm512_setzero_ps(), _CMP_NLE_UQ), v)
#define WEIR__RELU_8D(v) _mm512_maskz_mov_pd(				\
	_mm512_cmp_pd_mask(v, _mm512_setzero_pd(), _CMP_NLE_UQ), v)
#define WEIR__RELU_8F(v) _mm256_and_ps(					\
	v, _mm256_cmp_ps(v, _mm256_setzero_ps(), _CMP_NLE_UQ))
#define WEIR__RELU_4D(v) _mm256_and_pd(					\
	v, _mm256_cmp_pd(v, _mm256_setzero_pd(), _CMP_NLE_UQ))

static inline __attribute__((target("sse2"))) __m128i
weir__4_bytes(const unsigned char *p)
{
	int bytes;

	memcpy(&bytes, p, sizeof bytes);
	return _mm_cvtsi32_si128(bytes);
}

/* v where as many bools at p are true, else w. */
#define WEIR__TRUE_16(p)						\
	_mm_cmpneq_epi8_mask(_mm_loadu_si128((const __m128i *)(p)),	\
			     _mm_setzero_si128())
#define WEIR__TRUE_8(p)							\
	(__mmask8)_mm_cmpneq_epi8_mask(					\
		_mm_loadl_epi64((const __m128i *)(p)), _mm_setzero_si128())
#define WEIR__CHOOSE_16F(p, v, w)					\
	_mm512_mask_mov_ps(w, WEIR__TRUE_16(p), v)
#define WEIR__CHOOSE_8D(p, v, w)					\
	_mm512_mask_mov_pd(w, WEIR__TRUE_8(p), v)
#define WEIR__CHOOSE_8F(p, v, w)					\
	_mm256_blendv_ps(w, v, _mm256_castsi256_ps(			\
		_mm256_cmpgt_epi32(_mm256_cvtepu8_epi32(		\
				       _mm_loadl_epi64((const __m128i *)(p))), \
				   _mm256_setzero_si256())))
#define WEIR__CHOOSE_4D(p, v, w)					\
	_mm256_blendv_pd(w, v, _mm256_castsi256_pd(			\
		_mm256_cmpgt_epi64(_mm256_cvtepu8_epi64(		\
				       weir__4_bytes(p)),		\
				   _mm256_setzero_si256())))
/* Bools at p: where v is greater than w. */
#define WEIR__TELL_16F(p, v, w)						\
	_mm_storeu_si128((__m128i *)(p), _mm_maskz_set1_epi8(		\
		_mm512_cmp_ps_mask(v, w, _CMP_GT_OQ), 1))
#define WEIR__TELL_8D(p, v, w)						\
	_mm_storel_epi64((__m128i *)(p), _mm_maskz_set1_epi8(		\
		_mm512_cmp_pd_mask(v, w, _CMP_GT_OQ), 1))
#define WEIR__TELL_8F(p, v, w) weir__put_bools(p, 8, (unsigned)		\
	_mm256_movemask_ps(_mm256_cmp_ps(v, w, _CMP_GT_OQ)))
#define WEIR__TELL_4D(p, v, w) weir__put_bools(p, 4, (unsigned)		\
	_mm256_movemask_pd(_mm256_cmp_pd(v, w, _CMP_GT_OQ)))

/* The lowest bits, at most 8, as bools: each bit of seven is copied to the byte
 * that it belongs to, and to others, which are masked. */
static inline void
weir__put_bools(unsigned char *p, size_t n, unsigned bits)
{
	uint64_t bytes = (bits & 0x7f) * 0x02040810204081u &
			 0x0101010101010101u;

	bytes |= (uint64_t)(bits >> 7) << 56;
	memcpy(p, &bytes, n);
}

#endif
#endif
