#include "graph/formula.h"

void
weir__simplex_init(struct weir__simplex *s, size_t n_dimensions)
{
	unsigned degree = n_dimensions > 2 ? (unsigned)n_dimensions : 2;
	unsigned most[WEIR__FORMULA_DIMENSIONS], sum, i, j, k;

	for (i = 0; i < WEIR__FORMULA_DIMENSIONS; i++)
		most[i] = i < n_dimensions ? degree : 0;
	s->n_dimensions = n_dimensions;
	s->n = 0;
	for (sum = 0; sum <= degree; sum++)
		for (i = 0; i <= most[0]; i++)
			for (j = 0; j <= most[1]; j++)
				for (k = 0; k <= most[2]; k++) {
					if (i + j + k != sum)
						continue;
					s->at[s->n][0] = (unsigned char)i;
					s->at[s->n][1] = (unsigned char)j;
					s->at[s->n++][2] = (unsigned char)k;
				}
}

/* x (x - 1) ... (x - k + 1) / k!, which is an integer for any x. */
static bool
binomial(int64_t x, unsigned k, int64_t *result)
{
	int64_t product = 1, factor;
	unsigned i;

	for (i = 0; i < k; i++) {
		if (__builtin_sub_overflow(x, (int64_t)i, &factor) ||
		    __builtin_mul_overflow(product, factor, &product))
			return false;
		product /= i + 1;	/* i + 1 numbers in a row */
	}
	*result = product;
	return true;
}

/* The product of one for each coordinate. */
static bool
term(const struct weir__simplex *s, const int64_t *point,
     const unsigned char *power, int64_t *result)
{
	int64_t one;
	size_t i;

	*result = 1;
	for (i = 0; i < s->n_dimensions; i++)
		if (!binomial(point[i], power[i], &one) ||
		    __builtin_mul_overflow(*result, one, result))
			return false;
	return true;
}

bool
weir__formula_value(const struct weir__simplex *s, const int64_t *coefficients,
		    const int64_t *point, int64_t *value)
{
	int64_t one, sum = 0;
	size_t i;

	for (i = 0; i < s->n; i++) {
		if (!coefficients[i])
			continue;
		if (!term(s, point, s->at[i], &one) ||
		    __builtin_mul_overflow(one, coefficients[i], &one) ||
		    __builtin_add_overflow(sum, one, &sum))
			return false;
	}
	*value = sum;
	return true;
}

/* A term is 0 at all points that come before its own, and 1 there: so each
 * coefficient is what those before it leave of its value. */
bool
weir__formula_fit(const struct weir__simplex *s, const int64_t *values,
		  int64_t *coefficients)
{
	int64_t point[WEIR__FORMULA_DIMENSIONS], sum;
	size_t i, j;

	for (i = 0; i < s->n; i++)
		coefficients[i] = 0;
	for (i = 0; i < s->n; i++) {
		for (j = 0; j < WEIR__FORMULA_DIMENSIONS; j++)
			point[j] = s->at[i][j];
		if (!weir__formula_value(s, coefficients, point, &sum) ||
		    __builtin_sub_overflow(values[i], sum, &coefficients[i]))
			return false;
	}
	return true;
}
