/*
 * A matrix product whose elements are wrong in their last bit now and then, to
 * be loaded before the CBLAS: what weir-train must notice. All elements: the
 * error of one may be lost in a rounding, which depends on the processor.
 *
 * Declared here rather than taken from cblas.h, whose spelling of the types
 * differs between implementations; how they are passed does not.
 */
#include <dlfcn.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define EVERY 13

typedef void
sgemm(int order, int a_turned, int b_turned, int m, int n, int k, float alpha,
      const float *a, int lda, const float *b, int ldb, float beta, float *c,
      int ldc);

__attribute__((__visibility__("default"))) sgemm cblas_sgemm;

void
cblas_sgemm(int order, int a_turned, int b_turned, int m, int n, int k,
	    float alpha, const float *a, int lda, const float *b, int ldb,
	    float beta, float *c, int ldc)
{
	static atomic_uint calls;
	sgemm *real;
	uint32_t bits;
	int i, j;

	*(void **)&real = dlsym(RTLD_NEXT, "cblas_sgemm");
	real(order, a_turned, b_turned, m, n, k, alpha, a, lda, b, ldb, beta, c,
	     ldc);
	if (m == 0 || n == 0 || atomic_fetch_add(&calls, 1) % EVERY != 0)
		return;
	for (i = 0; i < m; i++)		/* the library has rows */
		for (j = 0; j < n; j++) {
			float *at = c + (size_t)i * (size_t)ldc + j;

			memcpy(&bits, at, sizeof(bits));
			bits ^= 1;
			memcpy(at, &bits, sizeof(bits));
		}
}
