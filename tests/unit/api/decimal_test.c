#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/decimal.h"

static locale_t c_locale;

static void
begin(void)
{
	c_locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
}

static void
end(void)
{
	freelocale(c_locale);
}

TestSuite(decimal, .init = begin, .fini = end);

static enum weir__decimal
kind_of(const char *text)
{
	double number;

	return weir__decimal_parse(text, WEIR_F64, c_locale, &number);
}

static const struct word {
	const char *text;
	enum weir__decimal kind;
} words[] = {
	{ "0", WEIR__DECIMAL_OK },
	{ "-0", WEIR__DECIMAL_OK },
	{ "+1", WEIR__DECIMAL_OK },
	{ "1.", WEIR__DECIMAL_OK },
	{ ".5", WEIR__DECIMAL_OK },
	{ "-1.5e-3", WEIR__DECIMAL_OK },
	{ "1E+06", WEIR__DECIMAL_OK },
	{ "1e-999999999999", WEIR__DECIMAL_OK },
	{ "0e999999999999", WEIR__DECIMAL_OK },
	{ "", WEIR__DECIMAL_NONE },
	{ ".", WEIR__DECIMAL_NONE },
	{ "-", WEIR__DECIMAL_NONE },
	{ "e5", WEIR__DECIMAL_NONE },
	{ "1e", WEIR__DECIMAL_NONE },
	{ "1e+", WEIR__DECIMAL_NONE },
	{ "1,5", WEIR__DECIMAL_NONE },
	{ "1 5", WEIR__DECIMAL_NONE },
	{ " 1", WEIR__DECIMAL_NONE },
	{ "1x", WEIR__DECIMAL_NONE },
	{ "0x10", WEIR__DECIMAL_NONE },
	{ "1.2.3", WEIR__DECIMAL_NONE },
	{ "--1", WEIR__DECIMAL_NONE },
	{ "1_000", WEIR__DECIMAL_NONE },
	{ "nano", WEIR__DECIMAL_NONE },
	{ "nan(1)", WEIR__DECIMAL_NONE },
	{ "nan", WEIR__DECIMAL_NONFINITE },
	{ "-NaN", WEIR__DECIMAL_NONFINITE },
	{ "inf", WEIR__DECIMAL_NONFINITE },
	{ "-Infinity", WEIR__DECIMAL_NONFINITE },
	{ "1e999", WEIR__DECIMAL_RANGE },
	{ "-1e309", WEIR__DECIMAL_RANGE },
	{ "1e99999999999999999999", WEIR__DECIMAL_RANGE },
};

ParameterizedTestParameters(decimal, is_told_from_other_text)
{
	static size_t index[sizeof words / sizeof *words];
	size_t i, n = sizeof words / sizeof *words;

	for (i = 0; i < n; i++)
		index[i] = i;
	return cr_make_param_array(size_t, index, n);
}

ParameterizedTest(size_t *i, decimal, is_told_from_other_text)
{
	cr_expect_eq(kind_of(words[*i].text), words[*i].kind, "`%s'",
		     words[*i].text);
}

static void
expect_nearest(const char *text)
{
	double wide = 0, wanted_wide = strtod(text, NULL);
	float narrow = 0, wanted_narrow = strtof(text, NULL);

	if (isfinite(wanted_wide)) {
		cr_assert_eq(weir__decimal_parse(text, WEIR_F64, c_locale,
						 &wide), WEIR__DECIMAL_OK);
		cr_assert_eq(memcmp(&wide, &wanted_wide, sizeof wide), 0,
			     "%s: %a, not %a", text, wide, wanted_wide);
	}
	if (isfinite(wanted_narrow)) {
		cr_assert_eq(weir__decimal_parse(text, WEIR_F32, c_locale,
						 &narrow), WEIR__DECIMAL_OK);
		cr_assert_eq(memcmp(&narrow, &wanted_narrow, sizeof narrow),
			     0, "%s: %a, not %a", text, narrow, wanted_narrow);
	}
}

Test(decimal, is_the_nearest_number)
{
	char text[128];
	int round;

	srand(1);
	for (round = 0; round < 200000; round++) {
		double x = (double)(rand() - rand()) / (1 + rand() % 1000000);

		snprintf(text, sizeof text, "%.*g", 1 + rand() % 20, x);
		expect_nearest(text);
		snprintf(text, sizeof text, "%d.%de%d", rand() % 1000,
			 rand(), rand() % 60 - 30);
		expect_nearest(text);
		snprintf(text, sizeof text, "%d%09d%09d%d.%09d", rand() % 10,
			 rand() % 1000000000, rand() % 1000000000,
			 rand() % 100, rand() % 1000000000);
		expect_nearest(text);
	}
}

Test(decimal, is_the_nearest_number_at_the_edges)
{
	static const char *const edges[] = {
		"9007199254740992", "9007199254740993", "9007199254740994",
		"9007199254740993e22", "1e22", "1e23", "1e-22", "1e-23",
		"4.9e-324", "2.4e-324", "2.2250738585072011e-308",
		"1.7976931348623157e308", "3.4028235e38", "1e-45", "7e-46",
		/* half-way between two floats, and a hair beside it */
		"1.000000059604644775390625",
		"1.00000005960464477539062500000000001",
		"1.00000005960464477539062499999999999",
		"16777217", "16777217.0000000001", "16777216.9999999999",
		"18446744073709551615", "18446744073709551616",
		"0.0000000000000000000000000000000000000000001",
		"100000000000000000000000000000000000000000000",
	};
	size_t i;

	for (i = 0; i < sizeof edges / sizeof *edges; i++)
		expect_nearest(edges[i]);
}

Test(decimal, has_its_dtypes_range)
{
	float narrow;

	cr_expect_eq(weir__decimal_parse("3.5e38", WEIR_F32, c_locale,
					 &narrow), WEIR__DECIMAL_RANGE);
	cr_expect_eq(weir__decimal_parse("1e-60", WEIR_F32, c_locale,
					 &narrow), WEIR__DECIMAL_OK);
	cr_expect_eq(narrow, 0);
	cr_expect_eq(weir__decimal_parse("-inf", WEIR_F32, c_locale,
					 &narrow), WEIR__DECIMAL_NONFINITE);
	cr_expect(isinf(narrow) && narrow < 0);
}
