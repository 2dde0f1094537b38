#include "ops/vector_math.h"

#include <math.h>
#include <pthread.h>

#include "ops/x86_vectors.h"

/* -- SLEEF ----------------------------------------------------------------- */

#if defined(WEIR_HAVE_SLEEF) && defined(WEIR__X86_VECTORS)
#define WITH_SLEEF 1

/* Its header has the longer vectors only for files that are for them alone. */
#define SLEEF_LOOP(name, function, T, VECTOR, LANES, TARGET, DO, LOAD, STORE) \
TARGET VECTOR function(VECTOR x);					\
									\
TARGET static void							\
name(int64_t n, const T *x, T *y)					\
{									\
	for (; n >= LANES; n -= LANES, x += LANES, y += LANES)		\
		DO(storeu)(y, function(DO(loadu)(x)));			\
	if (n > 0)							\
		STORE(y, n, function(LOAD(x, n)));			\
}

#define PS_512(name) _mm512_##name##_ps
#define PD_512(name) _mm512_##name##_pd
#define PS_256(name) _mm256_##name##_ps
#define PD_256(name) _mm256_##name##_pd

#define SLEEF_LOOPS(op)							\
SLEEF_LOOP(avx512_##op##_f32, Sleef_finz_##op##f16_u10avx512f, float,	\
	   __m512, 16, WEIR__AVX512, PS_512, WEIR__LOAD_16F,		\
	   WEIR__STORE_16F)						\
SLEEF_LOOP(avx512_##op##_f64, Sleef_finz_##op##d8_u10avx512f, double,	\
	   __m512d, 8, WEIR__AVX512, PD_512, WEIR__LOAD_8D,		\
	   WEIR__STORE_8D)						\
SLEEF_LOOP(avx2_##op##_f32, Sleef_finz_##op##f8_u10avx2, float,		\
	   __m256, 8, WEIR__AVX2, PS_256, WEIR__LOAD_8F,		\
	   WEIR__STORE_8F)						\
SLEEF_LOOP(avx2_##op##_f64, Sleef_finz_##op##d4_u10avx2, double,	\
	   __m256d, 4, WEIR__AVX2, PD_256, WEIR__LOAD_4D,		\
	   WEIR__STORE_4D)

SLEEF_LOOPS(exp)
SLEEF_LOOPS(log)
SLEEF_LOOPS(tanh)

#endif

/* -- the C library --------------------------------------------------------- */

#define LIBM_LOOP(name, function, T)					\
static void								\
name(int64_t n, const T *x, T *y)					\
{									\
	int64_t i;							\
									\
	for (i = 0; i < n; i++)						\
		y[i] = function(x[i]);					\
}

LIBM_LOOP(libm_exp_f32, expf, float)
LIBM_LOOP(libm_log_f32, logf, float)
LIBM_LOOP(libm_tanh_f32, tanhf, float)
LIBM_LOOP(libm_exp_f64, exp, double)
LIBM_LOOP(libm_log_f64, log, double)
LIBM_LOOP(libm_tanh_f64, tanh, double)

static bool
anywhere(void)
{
	return true;
}

/* -- which one ------------------------------------------------------------- */

#define FUNCTIONS(family)						\
	family##_exp_f32, family##_log_f32, family##_tanh_f32,		\
	family##_exp_f64, family##_log_f64, family##_tanh_f64

const struct weir__vector_math weir__vector_maths[] = {
#ifdef WITH_SLEEF
	{ "SLEEF, AVX-512", weir__has_avx512, true, FUNCTIONS(avx512) },
	{ "SLEEF, AVX2", weir__has_avx2, true, FUNCTIONS(avx2) },
#endif
	{ "the C library", anywhere, false, FUNCTIONS(libm) },
};

static const struct weir__vector_math *fastest;

static void
find_fastest(void)
{
	fastest = weir__vector_maths;
	while (!fastest->runs_here())
		fastest++;
}

const struct weir__vector_math *
weir__vector_math(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, find_fastest);
	return fastest;
}
