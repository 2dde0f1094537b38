#include "ops/chain.h"

#include <string.h>

#include "ops/table.h"
#include "ops/x86_vectors.h"

/* -- which ones --------------------------------------------------------------- */

static const struct {
	const weir_op *op;
	uint8_t codes[2];		/* by which operand the value is */
} known[] = {
	{ &weir__op_neg, { WEIR__LINK_NEG } },
	{ &weir__op_square, { WEIR__LINK_SQUARE } },
	{ &weir__op_relu, { WEIR__LINK_RELU } },
	{ &weir__op_sqrt, { WEIR__LINK_SQRT } },
	{ &weir__op_add, { WEIR__LINK_ADD, WEIR__LINK_ADD } },
	{ &weir__op_mul, { WEIR__LINK_MUL, WEIR__LINK_MUL } },
	{ &weir__op_sub, { WEIR__LINK_SUB, WEIR__LINK_FROM } },
	{ &weir__op_div, { WEIR__LINK_DIV, WEIR__LINK_INTO } },
	{ &weir__op_maximum, { WEIR__LINK_MAX, WEIR__LINK_OF_MAX } },
};

enum weir__link_code
weir__link_code(const weir_call *call, size_t through)
{
	weir_dtype dtype = call->out[0]->dtype;
	size_t i;

	if (dtype != WEIR_F32 && dtype != WEIR_F64)
		return WEIR__LINK_NONE;
	for (i = 0; i < sizeof known / sizeof *known; i++)
		if (known[i].op == call->op)
			return known[i].codes[through];
	return WEIR__LINK_NONE;
}

#ifdef WEIR__X86_VECTORS

/* Whether as many elements of the other operand are read as there are values. */
static inline bool
reads_all(unsigned code)
{
	return code >= WEIR__LINK_ADD && code < WEIR__LINK_ONE;
}

/* -- with 512 bits ------------------------------------------------------------ */

#define T float
#define NAME(name) name##_16f
#define LANES 16
#define VECTOR __m512
#define TARGET WEIR__AVX512
#define LOAD(p) _mm512_loadu_ps(p)
#define STORE(p, v) _mm512_storeu_ps(p, v)
#define STREAM(p, v) _mm512_stream_ps(p, v)
#define SET1(x) _mm512_set1_ps(x)
#define ADD(a, b) _mm512_add_ps(a, b)
#define SUB(a, b) _mm512_sub_ps(a, b)
#define MUL(a, b) _mm512_mul_ps(a, b)
#define DIV(a, b) _mm512_div_ps(a, b)
#define SQRT(a) _mm512_sqrt_ps(a)
#define NEG(a) _mm512_castsi512_ps(_mm512_xor_si512(			\
	_mm512_castps_si512(a), _mm512_set1_epi32(INT32_MIN)))
#define RELU WEIR__RELU_16F
#define MAX(a, b) _mm512_mask_mov_ps(					\
	b, _mm512_cmp_ps_mask(a, b, _CMP_GE_OQ) |			\
		   _mm512_cmp_ps_mask(a, a, _CMP_UNORD_Q), a)
#define ANY_NAN WEIR__ANY_NAN_16F
#include "ops/chain_typed.h"

#define T double
#define NAME(name) name##_8d
#define LANES 8
#define VECTOR __m512d
#define TARGET WEIR__AVX512
#define LOAD(p) _mm512_loadu_pd(p)
#define STORE(p, v) _mm512_storeu_pd(p, v)
#define STREAM(p, v) _mm512_stream_pd(p, v)
#define SET1(x) _mm512_set1_pd(x)
#define ADD(a, b) _mm512_add_pd(a, b)
#define SUB(a, b) _mm512_sub_pd(a, b)
#define MUL(a, b) _mm512_mul_pd(a, b)
#define DIV(a, b) _mm512_div_pd(a, b)
#define SQRT(a) _mm512_sqrt_pd(a)
#define NEG(a) _mm512_castsi512_pd(_mm512_xor_si512(			\
	_mm512_castpd_si512(a), _mm512_set1_epi64(INT64_MIN)))
#define RELU WEIR__RELU_8D
#define MAX(a, b) _mm512_mask_mov_pd(					\
	b, _mm512_cmp_pd_mask(a, b, _CMP_GE_OQ) |			\
		   _mm512_cmp_pd_mask(a, a, _CMP_UNORD_Q), a)
#define ANY_NAN WEIR__ANY_NAN_8D
#include "ops/chain_typed.h"

/* -- with 256 bits ------------------------------------------------------------ */

#define T float
#define NAME(name) name##_8f
#define LANES 8
#define VECTOR __m256
#define TARGET WEIR__AVX2
#define LOAD(p) _mm256_loadu_ps(p)
#define STORE(p, v) _mm256_storeu_ps(p, v)
#define STREAM(p, v) _mm256_stream_ps(p, v)
#define SET1(x) _mm256_set1_ps(x)
#define ADD(a, b) _mm256_add_ps(a, b)
#define SUB(a, b) _mm256_sub_ps(a, b)
#define MUL(a, b) _mm256_mul_ps(a, b)
#define DIV(a, b) _mm256_div_ps(a, b)
#define SQRT(a) _mm256_sqrt_ps(a)
#define NEG(a) _mm256_xor_ps(a, _mm256_set1_ps(-0.0f))
#define RELU WEIR__RELU_8F
#define MAX(a, b) _mm256_blendv_ps(b, a, _mm256_or_ps(			\
	_mm256_cmp_ps(a, b, _CMP_GE_OQ), _mm256_cmp_ps(a, a, _CMP_UNORD_Q)))
#define ANY_NAN WEIR__ANY_NAN_8F
#include "ops/chain_typed.h"

#define T double
#define NAME(name) name##_4d
#define LANES 4
#define VECTOR __m256d
#define TARGET WEIR__AVX2
#define LOAD(p) _mm256_loadu_pd(p)
#define STORE(p, v) _mm256_storeu_pd(p, v)
#define STREAM(p, v) _mm256_stream_pd(p, v)
#define SET1(x) _mm256_set1_pd(x)
#define ADD(a, b) _mm256_add_pd(a, b)
#define SUB(a, b) _mm256_sub_pd(a, b)
#define MUL(a, b) _mm256_mul_pd(a, b)
#define DIV(a, b) _mm256_div_pd(a, b)
#define SQRT(a) _mm256_sqrt_pd(a)
#define NEG(a) _mm256_xor_pd(a, _mm256_set1_pd(-0.0))
#define RELU WEIR__RELU_4D
#define MAX(a, b) _mm256_blendv_pd(b, a, _mm256_or_pd(			\
	_mm256_cmp_pd(a, b, _CMP_GE_OQ), _mm256_cmp_pd(a, a, _CMP_UNORD_Q)))
#define ANY_NAN WEIR__ANY_NAN_4D
#include "ops/chain_typed.h"

void
weir__chain_fence(void)
{
	_mm_sfence();
}

const struct weir__chain_loops weir__chain_loops[WEIR__CHAIN_LOOPS] = {
	{ weir__has_avx512, run_16f, run_8d },
	{ weir__has_avx2, run_8f, run_4d },
};

#else

void
weir__chain_fence(void)
{
}

static bool
has_none(void)
{
	return false;
}

const struct weir__chain_loops weir__chain_loops[WEIR__CHAIN_LOOPS] = {
	{ has_none, NULL, NULL }, { has_none, NULL, NULL },
};

#endif

bool
weir__chain_run(weir_dtype dtype, const struct weir__link *links,
		uint32_t n_links, const void *from, void *to, int64_t rows,
		int64_t n, bool is_past)
{
	const struct weir__chain_loops *loops = weir__chain_loops;
	const struct weir__chain_loops *end = loops + WEIR__CHAIN_LOOPS;

	while (loops < end && !loops->are_there())
		loops++;
	return loops < end &&
	       (dtype == WEIR_F32 ? loops->f32 : loops->f64)(
		       links, n_links, from, to, rows, n, is_past);
}
