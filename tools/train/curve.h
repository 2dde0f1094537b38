/* A curve drawn in text. */
#ifndef CURVE_H
#define CURVE_H

#include <stdbool.h>
#include <stddef.h>

enum { CURVE_ROWS = 6, CURVE_COLUMNS = 60 };

/** A drawn curve: lines of text, each CURVE_COLUMNS wide. */
struct curve {
	char lines[CURVE_ROWS][3 * CURVE_COLUMNS + 1];
	double low, high;	/* at the bottom and the top; NaN: no values */
};

/**
 * Draw n values from left to right. Neighbours that share a column of dots
 * are averaged; values that are no numbers leave a gap.
 *
 * @param braille  dots of 1/2 column and 1/4 row in Braille patterns (UTF-8),
 *                 else stars
 */
struct curve
curve_draw(const double *values, size_t n, bool braille);

#endif /* CURVE_H */
