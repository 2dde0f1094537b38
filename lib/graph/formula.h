/*
 * Integers that follow from others: polynomials, known by their values at the
 * points of a simplex, by Newton's forward differences. All is done with
 * integers, so a polynomial that is one at these points is so everywhere.
 */
#ifndef WEIR_GRAPH_FORMULA_H
#define WEIR_GRAPH_FORMULA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WEIR__FORMULA_DIMENSIONS = 3, WEIR__FORMULA_POINTS = 20 };

/* All points of n coordinates >= 0 whose sum is at most the degree, the origin
 * first. */
struct weir__simplex {
	size_t n_dimensions;
	size_t n;
	unsigned char at[WEIR__FORMULA_POINTS][WEIR__FORMULA_DIMENSIONS];
};

/* Of degree 2, or as many as there are dimensions, 1 to 3: enough for what is
 * the product of all. */
void
weir__simplex_init(struct weir__simplex *simplex, size_t n_dimensions);

/* The polynomial of that degree with these values at the points; false where
 * its coefficients are too large. */
bool
weir__formula_fit(const struct weir__simplex *simplex, const int64_t *values,
		  int64_t *coefficients);

/* Its value at a point, with coordinates from the origin; likewise. */
bool
weir__formula_value(const struct weir__simplex *simplex,
		    const int64_t *coefficients, const int64_t *point,
		    int64_t *value);

#endif
