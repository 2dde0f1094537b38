/*
 * Elementary functions of packed elements: SLEEF's, a vector at a time, where
 * the library was configured with it and the processor has AVX2 and FMA, else
 * the C library's.
 *
 * An element's result does not depend on where it stands or on how many others
 * there are, and with SLEEF (its deterministic functions for processors with
 * FMA, which promise 1.0 ulp; tanh of 7e-8 is off by a hair more) it is the same
 * on all such processors, but for the sign of a NaN.
 */
#ifndef WEIR_OPS_VECTOR_MATH_H
#define WEIR_OPS_VECTOR_MATH_H

#include <stdbool.h>
#include <stdint.h>

/* y[i] = f(x[i]); y may be x. */
struct weir__vector_math {
	const char *name;		/* "SLEEF, AVX2" */
	bool (*runs_here)(void);
	bool is_fast;
	void (*exp_f32)(int64_t n, const float *x, float *y);
	void (*log_f32)(int64_t n, const float *x, float *y);
	void (*tanh_f32)(int64_t n, const float *x, float *y);
	void (*exp_f64)(int64_t n, const double *x, double *y);
	void (*log_f64)(int64_t n, const double *x, double *y);
	void (*tanh_f64)(int64_t n, const double *x, double *y);
};

/* All that were compiled, the fastest first. The last one is the C library's
 * and runs anywhere. */
extern const struct weir__vector_math weir__vector_maths[];

/* The fastest one that runs here; the same from first to last. */
const struct weir__vector_math *
weir__vector_math(void);

#endif
