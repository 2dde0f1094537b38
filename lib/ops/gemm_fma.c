#include "ops/gemm_fma.h"

#include <pthread.h>
#include <string.h>

#include "ops/walk.h"
#include "ops/x86_vectors.h"

#ifdef WEIR__X86_VECTORS

enum {
	DEPTH = 256,		/* of a panel */
	FEW_ROWS = 32		/* that caches hold wherever they are */
};

/* Of an epilogue, the part from a row and a column on; of: NULL, there is
 * none. */
struct epilogue_at {
	const struct weir__epilogue *of;
	int64_t row, column;
};

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

#define T float
#define NAME(name) avx512_f32_##name
#define VECTOR __m512
#define LANES 16
#define ROWS 12
#define TARGET WEIR__AVX512
#define DO(name) _mm512_##name##_ps
#define ONE_NAN WEIR__ONE_NAN_16F
#define ANY_NAN WEIR__ANY_NAN_16F
#define RELU WEIR__RELU_16F
#define LOAD_PART WEIR__LOAD_16F
#define STORE_PART WEIR__STORE_16F
#define CHOOSE WEIR__CHOOSE_16F
#define TELL WEIR__TELL_16F
#include "ops/gemm_fma_typed.h"

#define T double
#define NAME(name) avx512_f64_##name
#define VECTOR __m512d
#define LANES 8
#define ROWS 12
#define TARGET WEIR__AVX512
#define DO(name) _mm512_##name##_pd
#define ONE_NAN WEIR__ONE_NAN_8D
#define ANY_NAN WEIR__ANY_NAN_8D
#define RELU WEIR__RELU_8D
#define LOAD_PART WEIR__LOAD_8D
#define STORE_PART WEIR__STORE_8D
#define CHOOSE WEIR__CHOOSE_8D
#define TELL WEIR__TELL_8D
#include "ops/gemm_fma_typed.h"

/* -- AVX2 and FMA ---------------------------------------------------------- */

#define T float
#define NAME(name) avx2_f32_##name
#define VECTOR __m256
#define LANES 8
#define ROWS 6
#define TARGET WEIR__AVX2
#define DO(name) _mm256_##name##_ps
#define ONE_NAN WEIR__ONE_NAN_8F
#define ANY_NAN WEIR__ANY_NAN_8F
#define RELU WEIR__RELU_8F
#define LOAD_PART WEIR__LOAD_8F
#define STORE_PART WEIR__STORE_8F
#define CHOOSE WEIR__CHOOSE_8F
#define TELL WEIR__TELL_8F
#include "ops/gemm_fma_typed.h"

#define T double
#define NAME(name) avx2_f64_##name
#define VECTOR __m256d
#define LANES 4
#define ROWS 6
#define TARGET WEIR__AVX2
#define DO(name) _mm256_##name##_pd
#define ONE_NAN WEIR__ONE_NAN_4D
#define ANY_NAN WEIR__ANY_NAN_4D
#define RELU WEIR__RELU_4D
#define LOAD_PART WEIR__LOAD_4D
#define STORE_PART WEIR__STORE_4D
#define CHOOSE WEIR__CHOOSE_4D
#define TELL WEIR__TELL_4D
#include "ops/gemm_fma_typed.h"

#endif

/* -- which one ------------------------------------------------------------- */

const struct weir__fma_gemm weir__fma_gemms[] = {
#ifdef WEIR__X86_VECTORS
	{ "AVX-512", weir__has_avx512, avx512_f32_gemm, avx512_f64_gemm },
	{ "AVX2", weir__has_avx2, avx2_f32_gemm, avx2_f64_gemm },
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
