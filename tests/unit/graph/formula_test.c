#include <criterion/criterion.h>

#include "graph/formula.h"

/* 3 x y - 2 x + 5, or with z: x y z - 7 z z + 1. */
static int64_t
polynomial(size_t n, const int64_t *x)
{
	return n < 3 ? 3 * x[0] * (n > 1 ? x[1] : x[0]) - 2 * x[0] + 5
		     : x[0] * x[1] * x[2] - 7 * x[2] * x[2] + 1;
}

static bool
fit(size_t n, int64_t (*of)(size_t n, const int64_t *x),
    struct weir__simplex *s, int64_t *coefficients)
{
	int64_t values[WEIR__FORMULA_POINTS], x[3] = { 0 };
	size_t i, j;

	weir__simplex_init(s, n);
	for (i = 0; i < s->n; i++) {
		for (j = 0; j < n; j++)
			x[j] = s->at[i][j];
		values[i] = of(n, x);
	}
	return weir__formula_fit(s, values, coefficients);
}

Test(formula, is_the_polynomial_everywhere)
{
	int64_t coefficients[WEIR__FORMULA_POINTS], x[3], value;
	static const size_t points[] = { 0, 3, 6, 20 };
	struct weir__simplex s;
	size_t n;

	for (n = 1; n <= 3; n++) {
		cr_assert(fit(n, polynomial, &s, coefficients));
		cr_expect_eq(s.n, points[n]);
		for (x[0] = -9; x[0] < 40; x[0] += 7)
			for (x[1] = -3; x[1] < 30; x[1] += 5)
				for (x[2] = -20; x[2] < 20; x[2] += 3) {
					cr_assert(weir__formula_value(
						&s, coefficients, x, &value));
					cr_expect_eq(value, polynomial(n, x));
				}
	}
}

static int64_t
half(size_t n, const int64_t *x)
{
	return n ? x[0] / 2 : 0;
}

Test(formula, of_a_half_is_another_one_elsewhere)
{
	int64_t coefficients[WEIR__FORMULA_POINTS], value;
	struct weir__simplex s;

	cr_assert(fit(1, half, &s, coefficients));
	cr_assert(weir__formula_value(&s, coefficients, (int64_t[]){ 24 },
				      &value));
	cr_expect_neq(value, 12);
}

Test(formula, says_where_it_is_too_large)
{
	int64_t values[] = { 0, INT64_MAX, 0 }, coefficients[3], value;
	struct weir__simplex s;

	weir__simplex_init(&s, 1);
	cr_expect_not(weir__formula_fit(&s, values, coefficients));
	values[1] = INT64_MAX / 4;
	cr_assert(weir__formula_fit(&s, values, coefficients));
	cr_expect(weir__formula_value(&s, coefficients, (int64_t[]){ 2 },
				      &value) && value == 0);
	cr_expect_not(weir__formula_value(&s, coefficients, (int64_t[]){ 9 },
					  &value));
	cr_expect_not(weir__formula_value(&s, coefficients,
					  (int64_t[]){ INT64_MIN }, &value));
}
