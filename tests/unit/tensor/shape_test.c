#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <string.h>

#include "support/heap.h"

Test(spec, has_zeros_behind_its_rank)
{
	weir_spec spec;
	int i;

	memset(&spec, 0xff, sizeof spec);
	cr_assert_eq(weir__spec_init(&spec, WEIR_F32, 2,
				     (int64_t[]){ 3, 4 }), WEIR_OK);
	cr_expect_eq(spec.shape[0], 3);
	cr_expect_eq(spec.shape[1], 4);
	for (i = 2; i < WEIR_RANK_MAX; i++)
		cr_expect_eq(spec.shape[i], 0);
}

Test(spec, counts_elements_and_bytes)
{
	weir_spec scalar = spec_of(WEIR_F64, 0, NULL);
	weir_spec matrix = spec_of_shape(WEIR_F32, 3, 5);
	weir_spec empty = spec_of_shape(WEIR_I64, 3, 0, 5);

	cr_expect_eq(weir__spec_elements(&scalar), 1);
	cr_expect_eq(weir__spec_bytes(&scalar), 8);
	cr_expect_eq(weir__spec_elements(&matrix), 15);
	cr_expect_eq(weir__spec_bytes(&matrix), 60);
	cr_expect_eq(weir__spec_elements(&empty), 0);
}

static const struct refused {
	const char *label;
	int dtype;
	size_t rank;
	int64_t shape[9];
	const char *says;
} refused[] = {
	{ "no dtype", 0, 1, { 1 }, "not a dtype" },
	{ "a dtype too many", 9, 1, { 1 }, "not a dtype" },
	{ "nine axes", WEIR_F32, 9, { 1, 1, 1, 1, 1, 1, 1, 1, 1 }, "rank 9" },
	{ "a negative length", WEIR_F32, 2, { 2, -1 }, "axis 1" },
	{ "the least length", WEIR_F32, 1, { INT64_MIN }, "negative" },
	{ "2^62 bytes", WEIR_F64, 1, { (int64_t)1 << 59 }, "2^62" },
	{ "an overflow", WEIR_F64, 2, { INT64_MAX, INT64_MAX }, "2^62" },
	{ "an overflow behind a 0", WEIR_BOOL, 3,
	  { 0, INT64_MAX, 2 }, "2^62" },
	{ "an overflow to 0", WEIR_F32, 2,
	  { (int64_t)1 << 32, (int64_t)1 << 32 }, "2^62" },
};

ParameterizedTestParameters(spec, is_refused)
{
	static size_t index[sizeof refused / sizeof *refused];
	size_t i, n = sizeof refused / sizeof *refused;

	for (i = 0; i < n; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, n);
}

ParameterizedTest(size_t *i, spec, is_refused)
{
	const struct refused *c = &refused[*i];
	weir_spec spec = { .dtype = WEIR_BOOL };

	cr_expect_eq(weir__spec_init(&spec, (weir_dtype)c->dtype, c->rank,
				     c->shape), WEIR_EINVAL, "%s", c->label);
	cr_expect_not_null(strstr(weir_error_text(), c->says), "%s: %s",
			   c->label, weir_error_text());
	cr_expect_eq(spec.dtype, WEIR_BOOL, "it was changed");
}

Test(spec, is_refused_without_a_shape)
{
	weir_spec spec;

	cr_expect_eq(weir__spec_init(&spec, WEIR_F32, 1, NULL), WEIR_EINVAL);
	cr_expect_eq(weir__spec_init(&spec, WEIR_F32, 0, NULL), WEIR_OK);
}

Test(spec, can_be_as_large_as_the_bound)
{
	weir_spec spec = spec_of_shape(WEIR_BOOL, ((int64_t)1 << 62) - 1);

	cr_expect_eq(weir__spec_bytes(&spec), ((int64_t)1 << 62) - 1);
}

Test(spec, is_equal_by_dtype_and_shape)
{
	weir_spec a = spec_of_shape(WEIR_F32, 2, 3);
	weir_spec same = spec_of_shape(WEIR_F32, 2, 3);
	weir_spec other_dtype = spec_of_shape(WEIR_F64, 2, 3);
	weir_spec other_shape = spec_of_shape(WEIR_F32, 3, 2);
	weir_spec other_rank = spec_of_shape(WEIR_F32, 2, 3, 1);

	cr_expect(weir__spec_equal(&a, &same));
	cr_expect_not(weir__spec_equal(&a, &other_dtype));
	cr_expect(weir__spec_same_shape(&a, &other_dtype));
	cr_expect_not(weir__spec_equal(&a, &other_shape));
	cr_expect_not(weir__spec_equal(&a, &other_rank));
}

Test(spec, is_written_as_dtype_and_shape)
{
	weir_spec scalar = spec_of(WEIR_BOOL, 0, NULL);
	weir_spec matrix = spec_of_shape(WEIR_F32, 32, 20);
	char text[32], short_text[6];

	cr_expect_eq(weir__spec_text(&matrix, text, sizeof text), 10);
	cr_expect_str_eq(text, "f32[32,20]");
	weir__spec_text(&scalar, text, sizeof text);
	cr_expect_str_eq(text, "bool[]");
	cr_expect_eq(weir__spec_text(&matrix, short_text, sizeof short_text),
		     10);
	cr_expect_eq(strlen(short_text), 5);
	cr_expect_eq(weir__spec_text(&matrix, NULL, 0), 10);
}

Test(strides, are_row_major)
{
	weir_spec spec = spec_of_shape(WEIR_F32, 2, 3, 5);
	int64_t strides[WEIR_RANK_MAX];

	weir__contiguous_strides(&spec, strides);
	cr_expect_eq(strides[0], 60);
	cr_expect_eq(strides[1], 20);
	cr_expect_eq(strides[2], 4);
	cr_expect_eq(strides[3], 0);
}

Test(strides, of_single_entries_do_not_matter)
{
	weir_spec spec = spec_of_shape(WEIR_F64, 1, 4, 1);
	weir_spec empty = spec_of_shape(WEIR_F64, 4, 0);

	cr_expect(weir__is_contiguous(&spec, (int64_t[]){ 7, 8, -3 }));
	cr_expect_not(weir__is_contiguous(&spec, (int64_t[]){ 7, 16, -3 }));
	cr_expect_not(weir__is_contiguous(&spec, (int64_t[]){ 32, 0, 8 }));
	cr_expect(weir__is_contiguous(&empty, (int64_t[]){ 1, 2 }));
}

static const struct broadcast_case {
	const char *label;
	int rank_a, rank_b, rank;	/* rank -1: they do not go together */
	int64_t a[3], b[3], out[3];
} broadcasts[] = {
	{ "equal", 2, 2, 2, { 2, 3 }, { 2, 3 }, { 2, 3 } },
	{ "a row", 2, 1, 2, { 2, 3 }, { 3 }, { 2, 3 } },
	{ "a column", 2, 2, 2, { 2, 3 }, { 2, 1 }, { 2, 3 } },
	{ "outer", 2, 1, 2, { 4, 1 }, { 5 }, { 4, 5 } },
	{ "a scalar", 0, 2, 2, { 0 }, { 2, 3 }, { 2, 3 } },
	{ "two scalars", 0, 0, 0, { 0 }, { 0 }, { 0 } },
	{ "an empty axis", 2, 1, 2, { 0, 3 }, { 3 }, { 0, 3 } },
	{ "1 against 0", 1, 1, 1, { 1 }, { 0 }, { 0 } },
	{ "2 against 0", 1, 1, -1, { 2 }, { 0 }, { 0 } },
	{ "unequal", 2, 2, -1, { 2, 3 }, { 2, 4 }, { 0 } },
	{ "unequal in front", 3, 3, -1, { 2, 1, 3 }, { 3, 1, 3 }, { 0 } },
};

ParameterizedTestParameters(shapes, broadcast)
{
	static size_t index[sizeof broadcasts / sizeof *broadcasts];
	size_t i, n = sizeof broadcasts / sizeof *broadcasts;

	for (i = 0; i < n; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, n);
}

ParameterizedTest(size_t *i, shapes, broadcast)
{
	const struct broadcast_case *c = &broadcasts[*i];
	weir_spec a = spec_of(WEIR_F32, (size_t)c->rank_a, c->a);
	weir_spec b = spec_of(WEIR_F64, (size_t)c->rank_b, c->b);
	weir_spec ab, ba;

	cr_assert_eq(weir__broadcast(&a, &b, &ab), c->rank >= 0, "%s",
		     c->label);
	cr_assert_eq(weir__broadcast(&b, &a, &ba), c->rank >= 0, "%s",
		     c->label);
	if (c->rank < 0)
		return;
	cr_expect_eq(ab.rank, c->rank, "%s", c->label);
	cr_expect_arr_eq(ab.shape, c->out, (size_t)c->rank * 8, "%s",
			 c->label);
	cr_expect_eq(ab.dtype, WEIR_F32);
	cr_expect_eq(ba.dtype, WEIR_F64);
	cr_expect(weir__spec_same_shape(&ab, &ba));
}

Test(strides, are_zero_along_broadcast_axes)
{
	weir_spec column = spec_of_shape(WEIR_F32, 4, 1);
	weir_spec out = spec_of_shape(WEIR_F32, 2, 4, 5);
	int64_t strides[WEIR_RANK_MAX];

	weir__broadcast_strides(&column, (int64_t[]){ 4, 4 }, &out, strides);
	cr_expect_eq(strides[0], 0);
	cr_expect_eq(strides[1], 4);
	cr_expect_eq(strides[2], 0);
}

static void
expect_packed(const weir_spec *spec, const int64_t *strides,
	      const int64_t *wanted)
{
	int64_t packed[WEIR_RANK_MAX], again[WEIR_RANK_MAX];

	weir__pack_strides(spec, strides, packed);
	cr_expect_arr_eq(packed, wanted, (size_t)spec->rank * sizeof *wanted);
	weir__pack_strides(spec, packed, again);
	cr_expect_arr_eq(again, packed, sizeof packed, "packed stay");
}

#define STRIDES(...) ((int64_t[]){ __VA_ARGS__ })

Test(shape, packed_strides_keep_order_and_direction)
{
	weir_spec s = spec_of_shape(WEIR_F64, 2, 3);

	expect_packed(&s, STRIDES(24, 8), STRIDES(24, 8));
	expect_packed(&s, STRIDES(80, 16), STRIDES(24, 8));
	expect_packed(&s, STRIDES(8, 80), STRIDES(8, 16));
	expect_packed(&s, STRIDES(-80, 8), STRIDES(-24, 8));
	expect_packed(&s, STRIDES(0, 16), STRIDES(0, 8));
	expect_packed(&s, STRIDES(8, 8), STRIDES(24, 8));
	s = spec_of_shape(WEIR_F32, 1, 5, 1);
	expect_packed(&s, STRIDES(4, 8, 40), STRIDES(4, 4, 20));
	expect_packed(&s, STRIDES(INT64_MIN, 8, 0), STRIDES(-20, 4, 0));
	s = spec_of_shape(WEIR_F32, 4, 0, 2);
	expect_packed(&s, STRIDES(100, 40, 16), STRIDES(8, 8, 4));
}

Test(shape, span_of_strides_has_what_is_before_the_first_element)
{
	weir_spec s = spec_of_shape(WEIR_F64, 2, 3);
	int64_t before = -1, bytes = -1;

	cr_assert_eq(weir__strides_span(&s, STRIDES(-80, 16), &before,
					&bytes), WEIR_OK);
	cr_expect_eq(before, 80);
	cr_expect_eq(bytes, 80 + 32 + 8);
	cr_expect_eq(weir__strides_span(&s, STRIDES(4, 8), &before, &bytes),
		     WEIR_EINVAL);
	cr_expect_eq(weir__strides_span(&s, STRIDES(INT64_MAX - 7, 8), &before,
					&bytes), WEIR_EINVAL);
	cr_expect_eq(weir__strides_span(&s, STRIDES(0, INT64_MIN), &before,
					&bytes), WEIR_EINVAL);
	s = spec_of_shape(WEIR_F64, 0, 1);
	cr_expect_eq(weir__strides_span(&s, STRIDES(1, INT64_MIN), &before,
					&bytes), WEIR_OK);
}
