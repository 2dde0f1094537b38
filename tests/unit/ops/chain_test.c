/* Chains do to each element what their calls do, whatever the processor has. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "ops/chain.h"
#include "ops/table.h"

enum { MOST = 1500, GUARD = 16 };

struct numbers {
	double f64[MOST + GUARD];
	float f32[MOST + GUARD];
};

static struct numbers from, other, made;

/* Of all kinds but NaN; what is infinite is so in one of the two only. */
static void
fill(void)
{
	static const double special[] = { 0.0, -0.0, 1e-310, -1e-40, 3.4e38,
					  -1.5, 1e300, INFINITY };
	enum { SPECIAL = sizeof special / sizeof *special };
	int64_t i;

	for (i = 0; i < MOST; i++) {
		from.f64[i] = i % 3 ? (double)(i * 7919 % 1009) / 64 - 7
				    : special[i / 3 % SPECIAL];
		other.f64[i] = i % 5 ? (double)(i * 104729 % 997) / 32 - 15
				     : special[i / 5 % (SPECIAL - 1)];
		from.f32[i] = (float)from.f64[i];
		other.f32[i] = i % 5 ? (float)other.f64[i] : -0.0f;
	}
}

static void *
data_of(struct numbers *numbers, weir_dtype dtype)
{
	return dtype == WEIR_F32 ? (void *)numbers->f32 : numbers->f64;
}

#define DEFINE_EXPECTED(name, T, root)					\
static T								\
name(unsigned code, T a, T b)						\
{									\
	switch (code) {							\
	case WEIR__LINK_NEG: return -a;					\
	case WEIR__LINK_SQUARE: return a * a;				\
	case WEIR__LINK_RELU: return a <= 0 ? 0 : a;			\
	case WEIR__LINK_SQRT: return root(a);				\
	case WEIR__LINK_ADD: return a + b;				\
	case WEIR__LINK_MUL: return a * b;				\
	case WEIR__LINK_SUB: return a - b;				\
	case WEIR__LINK_FROM: return b - a;				\
	case WEIR__LINK_DIV: return a / b;				\
	case WEIR__LINK_INTO: return b / a;				\
	case WEIR__LINK_MAX: return a >= b || a != a ? a : b;		\
	default: return b >= a || b != b ? b : a;			\
	}								\
}

DEFINE_EXPECTED(expected_f32, float, sqrtf)
DEFINE_EXPECTED(expected_f64, double, sqrt)

/* Of an element, through all links, as bits; whether it is a number. */
static bool
expect_element(weir_dtype dtype, const struct weir__link *links,
	       uint32_t n_links, int64_t i, int64_t column, double *bits)
{
	double a64 = from.f64[i];
	float a32 = from.f32[i];
	uint32_t l;

	for (l = 0; l < n_links; l++) {
		bool is_one = links[l].code > WEIR__LINK_ONE;
		int64_t at = is_one ? 0 : links[l].by_row ? column : i;
		unsigned code = links[l].code - is_one * WEIR__LINK_ONE;

		a32 = expected_f32(code, a32, other.f32[at]);
		a64 = expected_f64(code, a64, other.f64[at]);
	}
	*bits = 0;
	memcpy(bits, dtype == WEIR_F32 ? (void *)&a32 : &a64,
	       weir_dtype_size(dtype));
	return dtype == WEIR_F32 ? !isnan(a32) : !isnan(a64);
}

/* Whether it is done where there is no NaN and only there, and done right. */
static void
check(const struct weir__chain_loops *loops, weir_dtype dtype,
      const struct weir__link *links, uint32_t n_links, int64_t rows,
      int64_t n)
{
	const size_t size = weir_dtype_size(dtype);
	const char *got = data_of(&made, dtype);
	bool are_numbers = true, is_done;
	int64_t i, wrong = -1;
	double bits;

	memset(&made, 0xff, sizeof made);
	is_done = (dtype == WEIR_F32 ? loops->f32 : loops->f64)(
		links, n_links, data_of(&from, dtype), data_of(&made, dtype),
		rows, n, n % 2);
	weir__chain_fence();
	for (i = 0; i < rows * n; i++) {
		are_numbers &= expect_element(dtype, links, n_links, i, i % n,
					      &bits);
		if (memcmp(got + (size_t)i * size, &bits, size))
			wrong = i;
	}
	cr_expect_eq(is_done, are_numbers, "code %u, %lld x %lld",
		     links[0].code, (long long)rows, (long long)n);
	if (is_done)
		cr_expect_eq(wrong, -1, "code %u, %lld x %lld, %s: element "
			     "%lld", links[0].code, (long long)rows,
			     (long long)n, weir_dtype_name(dtype),
			     (long long)wrong);
	for (i = 0; i < GUARD * (int64_t)size; i++)
		cr_assert_eq(got[rows * n * (int64_t)size + i], (char)0xff);
}

static void
check_everywhere(const struct weir__link *links, uint32_t n_links)
{
	static const int64_t lengths[] = { 1, 5, 31, 63, 64, 65, 127, 128, 129,
					   300, 384 };
	const struct weir__link *link = links;
	struct weir__link own[WEIR__LINKS_MAX];
	size_t loops, i;
	uint32_t l;
	int dtype;

	for (loops = 0; loops < WEIR__CHAIN_LOOPS; loops++)
		for (dtype = WEIR_F32; dtype <= WEIR_F64; dtype++)
			for (i = 0; i < sizeof lengths / sizeof *lengths; i++) {
				for (l = 0; l < n_links; l++) {
					own[l] = link[l];
					own[l].other = data_of(
						&other, (weir_dtype)dtype);
				}
				if (!weir__chain_loops[loops].are_there())
					continue;
				check(&weir__chain_loops[loops],
				      (weir_dtype)dtype, own, n_links, 1,
				      lengths[i]);
				check(&weir__chain_loops[loops],
				      (weir_dtype)dtype, own, n_links, 3,
				      lengths[i]);
			}
}

Test(chain, of_one_is_that_call)
{
	struct weir__link link;
	unsigned code, kind;

	fill();
	for (code = WEIR__LINK_NEG; code < WEIR__LINK_ONE; code++)
		for (kind = 0; kind < 3; kind++) {
			link = (struct weir__link){ .code = (uint8_t)code,
						    .by_row = kind == 1 };
			if (kind == 2 && code >= WEIR__LINK_ADD)
				link.code += WEIR__LINK_ONE;
			check_everywhere(&link, 1);
		}
}

Test(chain, of_many_is_one_after_the_other)
{
	static const struct weir__link links[] = {
		{ .code = WEIR__LINK_ADD, .by_row = 1 },
		{ .code = WEIR__LINK_RELU },
		{ .code = WEIR__LINK_MUL },
		{ .code = WEIR__LINK_OF_MAX + WEIR__LINK_ONE },
		{ .code = WEIR__LINK_FROM },
		{ .code = WEIR__LINK_SQUARE },
		{ .code = WEIR__LINK_SQRT },
		{ .code = WEIR__LINK_SUB, .by_row = 1 },
	};
	int64_t i;

	fill();
	for (i = 0; i < MOST; i++)	/* nothing infinite */
		if (fabs(from.f64[i]) > 1e30)
			from.f64[i] = from.f32[i] = 1;
	for (i = 0; i < MOST; i++)
		if (fabs(other.f64[i]) > 1e30)
			other.f64[i] = other.f32[i] = 1;
	check_everywhere(links, sizeof links / sizeof *links);
}

/* Wherever it is; and what is left of a row is filled with no NaN. */
Test(chain, with_a_nan_is_not_done)
{
	static const struct weir__link links[] = {
		{ .code = WEIR__LINK_RELU },
		{ .code = WEIR__LINK_MAX },
		{ .code = WEIR__LINK_NEG },
	};
	int64_t i;

	for (i = 0; i < 300; i += 7) {
		fill();
		from.f64[i] = from.f32[i] = NAN;
		check_everywhere(links, 3);
		fill();
		other.f64[i] = other.f32[i] = NAN;
		check_everywhere(links, 3);
	}
}

Test(chain, has_arithmetic_on_floats_only)
{
	const weir_spec f = { WEIR_F64, 1, { 3 } }, n = { WEIR_I64, 1, { 3 } };
	const weir_spec *in[] = { &f, &f }, *out = &f, *whole = &n;
	weir_call call = { .op = &weir__op_sub, .n_in = 2, .n_out = 1,
			   .in = in, .out = &out };

	cr_expect_eq(weir__link_code(&call, 0), WEIR__LINK_SUB);
	cr_expect_eq(weir__link_code(&call, 1), WEIR__LINK_FROM);
	call.out = &whole;
	cr_expect_eq(weir__link_code(&call, 0), WEIR__LINK_NONE);
	call.out = &out;
	call.op = &weir__op_tanh;
	cr_expect_eq(weir__link_code(&call, 0), WEIR__LINK_NONE);
}
