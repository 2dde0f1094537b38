#include <criterion/criterion.h>
#include <math.h>
#include <omp.h>
#include <string.h>

#include "ops/blas.h"

Test(blas, says_what_it_takes_without_a_copy)
{
	static const struct {
		int64_t shape[2], strides[2];
		bool takes;
	} cases[] = {
		{ { 3, 4 }, { 16, 4 }, true },
		{ { 3, 4 }, { 4, 12 }, true },
		{ { 3, 4 }, { 64, 4 }, true },
		{ { 3, 4 }, { 12, 4 }, false },		/* rows overlap */
		{ { 3, 4 }, { -16, 4 }, false },
		{ { 3, 4 }, { 0, 4 }, false },
		{ { 3, 4 }, { 32, 8 }, false },
		{ { 3, 4 }, { 18, 4 }, false },		/* not in elements */
		{ { 1, 4 }, { 0, 4 }, true },
		{ { 4, 1 }, { 4, 0 }, true },
		{ { 4, 1 }, { 40, 8 }, true },
		{ { 3, 4 }, { (int64_t)1 << 40, 4 }, false },
	};
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		weir_spec spec = { WEIR_F32, 2, { cases[i].shape[0],
						  cases[i].shape[1] } };

		cr_expect_eq(weir__blas_takes(&spec, cases[i].strides),
			     cases[i].takes, "case %zu", i);
	}
}

/* Large enough that a BLAS of several threads would use them. */
static void
multiply(float *a, float *c)
{
	cr_expect(weir__blas_gemm(WEIR_F32, 256, 256, 256, a, 256, 1, a, 1, 256,
				  c, 256));
}

Test(blas, gives_the_callers_thread_count_back)
{
	static float a[256 * 256], c[256 * 256];

	weir__blas_enter();
	omp_set_num_threads(3);
	multiply(a, c);
	cr_expect_eq(omp_get_max_threads(), 3);
	weir__blas_leave();
}

Test(blas, gives_the_same_bits_inside_a_parallel_region)
{
	static float a[256 * 256], alone[256 * 256], c[2][256 * 256];
	int i;

	for (i = 0; i < 256 * 256; i++)
		a[i] = (float)sin(i);
	weir__blas_enter();
	multiply(a, alone);
#pragma omp parallel num_threads(2)
	multiply(a, c[omp_get_thread_num()]);
	cr_expect_arr_eq(c[0], alone, sizeof alone);
	cr_expect_arr_eq(c[1], alone, sizeof alone);
	weir__blas_leave();
}

Test(blas, says_what_it_does_not_take)
{
	static float a[4], c[4];

	cr_expect_not(weir__blas_gemm(WEIR_F32, 2, 2, 0, a, 0, 1, a, 2, 1, c,
				      2));
	cr_expect_not(weir__blas_gemm(WEIR_F32, 2, 2, 2, a + 2, -2, 1, a, 2, 1,
				      c, 2));
}

Test(blas, describes_itself)
{
	cr_expect_gt(strlen(weir__blas_describe()), 5);
	cr_expect_eq(weir__blas_describe(), weir__blas_describe());
}
