/* Values that are written out: the rules of ops.h at their edges. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "ops/arrays.h"

/* An array of one axis with these elements. */
static struct array
array_of(weir_dtype dtype, int64_t n, const void *elements)
{
	weir_spec spec = spec_of(dtype, 1, &n);
	struct array a = array_new(&spec, CONTIGUOUS);

	memcpy(a.data, elements, (size_t)n * weir_dtype_size(dtype));
	return a;
}

#define COUNT(list) ((int64_t)(sizeof(list) / sizeof *(list)))

/* The bits of op(a, b) are those of want; NaN is like NaN. */
static void
expect(const char *name, const void *attrs, const struct array *in,
       size_t n_in, weir_dtype dtype, int64_t n, const void *want)
{
	const weir_op *op = weir_op_find(name);
	struct run run = run_op(op, attrs, in, n_in, WHOLE);
	struct array expected = array_of(dtype, n, want);
	int64_t i;

	cr_assert_eq(run.status, WEIR_OK, "%s: %s", name, weir_error_text());
	cr_assert_eq(run.out[0].spec.dtype, dtype, "%s", name);
	cr_assert_eq(spec_count(&run.out[0].spec), n, "%s", name);
	for (i = 0; i < n; i++) {
		const char *got = run.out[0].data +
				  (size_t)i * weir_dtype_size(dtype);

		if (isnan(array_get(&expected, i)) && dtype <= WEIR_F64) {
			cr_expect(isnan(array_get(&run.out[0], i)),
				  "%s: element %lld", name, (long long)i);
			continue;
		}
		cr_expect_arr_eq(got, array_at(&expected, i),
				 weir_dtype_size(dtype),
				 "%s: element %lld is %.17g, not %.17g", name,
				 (long long)i, array_get(&run.out[0], i),
				 array_get(&expected, i));
	}
	run_free(&run, op);
	array_free(&expected);
}

#define EXPECT2(name, from, a, b, to, ...)				\
	do {								\
		struct array in[] = { array_of(from, COUNT(a), a),	\
				      array_of(from, COUNT(b), b) };	\
									\
		expect(name, NULL, in, 2, to, COUNT(a), __VA_ARGS__);	\
	} while (0)

#define EXPECT1(name, attrs, from, a, to, n, ...)			\
	do {								\
		struct array in = array_of(from, COUNT(a), a);		\
									\
		expect(name, attrs, &in, 1, to, n, __VA_ARGS__);	\
	} while (0)

TestSuite(values, .fini = arrays_free);
TestSuite(uniform, .fini = arrays_free);

Test(values, i64_wraps)
{
	const int64_t a[] = { INT64_MAX, INT64_MIN, INT64_MIN, 7, -7, -7 };
	const int64_t b[] = { 1, 1, -1, -2, 2, -2 };

	EXPECT2("add", WEIR_I64, a, b, WEIR_I64,
		(int64_t[]){ INT64_MIN, INT64_MIN + 1, INT64_MAX, 5, -5, -9 });
	EXPECT2("sub", WEIR_I64, a, b, WEIR_I64,
		(int64_t[]){ INT64_MAX - 1, INT64_MAX, INT64_MIN + 1, 9, -9,
			     -5 });
	EXPECT2("mul", WEIR_I64, a, b, WEIR_I64,
		(int64_t[]){ INT64_MAX, INT64_MIN, INT64_MIN, -14, -14, 14 });
	EXPECT2("div", WEIR_I64, a, b, WEIR_I64,
		(int64_t[]){ INT64_MAX, INT64_MIN, INT64_MIN, -3, -3, 3 });
	EXPECT1("neg", NULL, WEIR_I64, a, WEIR_I64, 6,
		(int64_t[]){ -INT64_MAX, INT64_MIN, INT64_MIN, -7, 7, 7 });
	EXPECT1("square", NULL, WEIR_I64, a, WEIR_I64, 6,
		(int64_t[]){ 1, 0, 0, 49, 49, 49 });
	EXPECT1("relu", NULL, WEIR_I64, a, WEIR_I64, 6,
		(int64_t[]){ INT64_MAX, 0, 0, 7, 0, 0 });
}

Test(values, i64_division_by_zero_names_the_first_element)
{
	const int64_t shape[] = { 2, 3 };
	weir_spec spec = spec_of(WEIR_I64, 2, shape);
	struct array in[] = { array_filled(&spec, POSITIVE, 0),
			      array_filled(&spec, POSITIVE, 1) };
	struct run run;

	array_set(&in[1], 5, 0);
	array_set(&in[1], 4, 0);
	run = run_op(weir_op_find("div"), NULL, in, 2, WHOLE);
	cr_expect_eq(run.status, WEIR_ERANGE);
	cr_expect_str_eq(weir_error_text(),
			 "division by zero at element [1,1]");
}

Test(values, float_division_by_zero_is_infinite)
{
	const double a[] = { 1, -1, 0 }, b[] = { 0, 0, 0 };

	EXPECT2("div", WEIR_F64, a, b, WEIR_F64,
		(double[]){ INFINITY, -INFINITY, NAN });
}

Test(values, nan_goes_through_comparison_as_documented)
{
	const float a[] = { NAN, 1, NAN, 2, -1, INFINITY };
	const float b[] = { 1, NAN, NAN, 1, -1, INFINITY };

	EXPECT2("maximum", WEIR_F32, a, b, WEIR_F32,
		(float[]){ NAN, NAN, NAN, 2, -1, INFINITY });
	EXPECT2("equal", WEIR_F32, a, b, WEIR_BOOL,
		(uint8_t[]){ 0, 0, 0, 0, 1, 1 });
	EXPECT2("greater", WEIR_F32, a, b, WEIR_BOOL,
		(uint8_t[]){ 0, 0, 0, 1, 0, 0 });
	EXPECT1("relu", NULL, WEIR_F32, a, WEIR_F32, 6,
		(float[]){ NAN, 1, NAN, 2, 0, INFINITY });
}

Test(values, relu_of_minus_zero_is_zero)
{
	const double a[] = { -0.0, 0.0 };

	EXPECT1("relu", NULL, WEIR_F64, a, WEIR_F64, 2, (double[]){ 0, 0 });
}

Test(values, sigmoid_does_not_overflow)
{
	const double a[] = { 0, 1000, -1000, INFINITY, -INFINITY, NAN };

	EXPECT1("sigmoid", NULL, WEIR_F64, a, WEIR_F64, 6,
		(double[]){ 0.5, 1, 0, 1, 0, NAN });
}

Test(values, casts_saturate)
{
	const double a[] = { 1.9, -1.9, NAN, INFINITY, -INFINITY, 9.3e18,
			     -9.3e18, -0.0, 0x1p63, -0x1p63, 0x1p62 };
	const int64_t big[] = { (1 << 24) + 1, INT64_MAX, 0, -1 };
	const uint8_t flags[] = { 0, 1, 7 };
	weir_cast_attrs to_i64 = { WEIR_I64 }, to_bool = { WEIR_BOOL };
	weir_cast_attrs to_f32 = { WEIR_F32 };

	EXPECT1("cast", &to_i64, WEIR_F64, a, WEIR_I64, 11,
		(int64_t[]){ 1, -1, 0, INT64_MAX, INT64_MIN, INT64_MAX,
			     INT64_MIN, 0, INT64_MAX, INT64_MIN,
			     (int64_t)1 << 62 });
	EXPECT1("cast", &to_bool, WEIR_F64, a, WEIR_BOOL, 11,
		(uint8_t[]){ 1, 1, 1, 1, 1, 1, 1, 0, 1, 1, 1 });
	EXPECT1("cast", &to_f32, WEIR_I64, big, WEIR_F32, 4,
		(float[]){ 1 << 24, 0x1p63f, 0, -1 });
	EXPECT1("cast", &to_f32, WEIR_BOOL, flags, WEIR_F32, 3,
		(float[]){ 0, 1, 1 });
}

Test(values, reductions_with_nan_and_of_nothing)
{
	const float a[] = { 1, NAN, 3, NAN }, b[] = { -0.0f, -0.0f };
	const float tied[] = { 2, 5, 5, 1 };
	weir_reduce_attrs all = { { 0 }, false };
	weir_argmax_attrs axis = { 0, false };
	struct array none = array_of(WEIR_F32, 0, a);

	EXPECT1("sum", &all, WEIR_F32, a, WEIR_F32, 1, (float[]){ NAN });
	EXPECT1("max", &all, WEIR_F32, a, WEIR_F32, 1, (float[]){ NAN });
	EXPECT1("argmax", &axis, WEIR_F32, a, WEIR_I64, 1, (int64_t[]){ 1 });
	EXPECT1("argmax", &axis, WEIR_F32, tied, WEIR_I64, 1,
		(int64_t[]){ 1 });
	EXPECT1("sum", &all, WEIR_F32, b, WEIR_F32, 1, (float[]){ -0.0f });
	expect("sum", &all, &none, 1, WEIR_F32, 1, (float[]){ 0 });
}

Test(values, bce_does_not_overflow)
{
	const double z[] = { 1000, -1000 }, t[] = { 1, 0 }, f[] = { 0, 1 };
	struct array right[] = { array_of(WEIR_F64, 2, z),
				 array_of(WEIR_F64, 2, t) };
	struct array wrong[] = { right[0], array_of(WEIR_F64, 2, f) };

	expect("bce_with_logits", NULL, right, 2, WEIR_F64, 1,
	       (double[]){ 0 });
	expect("bce_with_logits", NULL, wrong, 2, WEIR_F64, 1,
	       (double[]){ 1000 });
}

/* -- uniform ------------------------------------------------------------------ */

static struct run
uniform(weir_dtype dtype, int64_t n, double low, double high, int64_t counter)
{
	const int64_t state[] = { 42, counter };
	struct array in = array_of(WEIR_I64, 2, state);
	weir_uniform_attrs attrs = { dtype, { 1, { n } }, low, high };
	struct run run = run_op(weir_op_find("uniform"), &attrs, &in, 1,
				WHOLE);

	cr_assert_eq(run.status, WEIR_OK, "%s", weir_error_text());
	return run;
}

Test(uniform, moves_the_counter_on_by_the_blocks_it_used)
{
	static const struct {
		weir_dtype dtype;
		int64_t n, blocks;
	} cases[] = {
		{ WEIR_F32, 0, 0 }, { WEIR_F32, 1, 1 }, { WEIR_F32, 4, 1 },
		{ WEIR_F32, 5, 2 }, { WEIR_F64, 1, 1 }, { WEIR_F64, 2, 1 },
		{ WEIR_F64, 3, 2 }, { WEIR_F32, 40000, 10000 },
	};
	size_t i;

	for (i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct run run = uniform(cases[i].dtype, cases[i].n, 0, 1, 7);

		cr_expect_eq(array_get(&run.out[1], 0), 42);
		cr_expect_eq(array_get(&run.out[1], 1), 7 + cases[i].blocks,
			     "case %zu", i);
	}
}

Test(uniform, goes_on_where_the_last_call_ended)
{
	struct run both = uniform(WEIR_F32, 16, 0, 1, 0);
	struct run first = uniform(WEIR_F32, 8, 0, 1, 0);
	struct run second = uniform(WEIR_F32, 8, 0, 1, 2);

	cr_expect_arr_eq(both.out[0].data, first.out[0].data, 32);
	cr_expect_arr_eq(both.out[0].data + 32, second.out[0].data, 32);
}

Test(uniform, is_even_and_within_its_bounds)
{
	enum { N = 100000 };
	weir_dtype dtype;

	for (dtype = WEIR_F32; dtype <= WEIR_F64; dtype++) {
		struct run run = uniform(dtype, N, -1, 3, 0);
		double sum = 0, squares = 0;
		int64_t i;

		for (i = 0; i < N; i++) {
			double x = array_get(&run.out[0], i);

			cr_assert(x >= -1 && x < 3);
			sum += x;
			squares += x * x;
		}
		/* mean 1 and variance 16/12, within five standard errors */
		cr_expect_float_eq(sum / N, 1, 5 * sqrt(16.0 / 12 / N));
		cr_expect_float_eq(squares / N - 1, 16.0 / 12, 0.03);
	}
}

Test(uniform, is_less_than_high_even_where_rounding_reaches_it)
{
	float high = nextafterf(nextafterf(1, 2), 2);
	struct run run = uniform(WEIR_F32, 1000, 1, high, 0);
	int64_t i;

	for (i = 0; i < 1000; i++) {
		double x = array_get(&run.out[0], i);

		cr_assert(x >= 1 && x < high, "%.17g", x);
	}
}

Test(uniform, has_the_bits_of_philox)
{
	/* seed 0, counter 0: 6627e8d5 e169c58d bc57ac4c 9b00dbd8 */
	const int64_t state[] = { 0, 0 };
	struct array in = array_of(WEIR_I64, 2, state);
	weir_uniform_attrs f32 = { WEIR_F32, { 1, { 4 } }, 0, 1 };
	weir_uniform_attrs f64 = { WEIR_F64, { 1, { 2 } }, 0, 1 };

	expect("uniform", &f32, &in, 1, WEIR_F32, 4,
	       (float[]){ 0x6627e8 * 0x1p-24f, 0xe169c5 * 0x1p-24f,
			  0xbc57ac * 0x1p-24f, 0x9b00db * 0x1p-24f });
	expect("uniform", &f64, &in, 1, WEIR_F64, 2,
	       (double[]){ (double)(0xe169c58d6627e8d5u >> 11) * 0x1p-53,
			   (double)(0x9b00dbd8bc57ac4cu >> 11) * 0x1p-53 });
}
