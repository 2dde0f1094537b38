/*
 * Curves in text.
 *
 * Drawn on a grid of dots first: a character holds 2 x 4 of them as a Braille
 * pattern, or one of them as a star.
 */
#include "curve.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { DOTS_WIDE = 2 * CURVE_COLUMNS, DOTS_HIGH = 4 * CURVE_ROWS };

struct grid {
	int wide, high;
	bool dots[DOTS_HIGH][DOTS_WIDE];
};

/* The mean of the values that fall on dot column x; where there are fewer
 * values than columns, a point on the line between two of them. */
static double
value_at(const double *values, size_t n, int x, int wide)
{
	size_t begin = (size_t)x * n / (size_t)wide;
	size_t end = ((size_t)x + 1) * n / (size_t)wide, i;
	double sum = 0;

	if (n < (size_t)wide) {
		double place = (double)x * (double)(n - 1) / (wide - 1);
		size_t left = (size_t)place;
		size_t right = left + 1 < n ? left + 1 : left;

		return values[left] +
			(place - (double)left) * (values[right] - values[left]);
	}
	for (i = begin; i < end; i++)
		sum += values[i];
	return sum / (double)(end - begin);
}

static void
find_range(const double *values, int n, double *low, double *high)
{
	int i;

	*low = *high = NAN;
	for (i = 0; i < n; i++) {
		if (!isfinite(values[i]))
			continue;
		*low = fmin(*low, values[i]);
		*high = fmax(*high, values[i]);
	}
}

/* Dots from the height of the neighbour to this one, so that steep parts hold
 * together. */
static void
draw_column(struct grid *grid, int x, int from, int to)
{
	int y, step = from < to ? 1 : -1;

	for (y = to; y != from; y -= step)
		grid->dots[y][x] = true;
	grid->dots[to][x] = true;
}

static void
draw(struct grid *grid, const double *values, double low, double high)
{
	int x, y, before = -1;

	for (x = 0; x < grid->wide; x++) {
		if (!isfinite(values[x])) {
			before = -1;
			continue;
		}
		y = high > low ? (int)lround((high - values[x]) /
			(high - low) * (grid->high - 1)) : grid->high - 1;
		draw_column(grid, x, before < 0 ? y : before, y);
		before = y;
	}
}

/* U+2800 plus a bit for each dot, in the order of ISO 11548-1. */
static void
write_braille(const struct grid *grid, int row, char *to)
{
	static const unsigned char bits[4][2] = { { 0x01, 0x08 },
						  { 0x02, 0x10 },
						  { 0x04, 0x20 },
						  { 0x40, 0x80 } };
	int column, x, y;

	for (column = 0; column < CURVE_COLUMNS; column++) {
		unsigned pattern = 0;

		for (y = 0; y < 4; y++) {
			for (x = 0; x < 2; x++) {
				if (grid->dots[4 * row + y][2 * column + x])
					pattern |= bits[y][x];
			}
		}
		*to++ = (char)0xe2;
		*to++ = (char)(0xa0 | pattern >> 6);
		*to++ = (char)(0x80 | (pattern & 0x3f));
	}
	*to = '\0';
}

static void
write_stars(const struct grid *grid, int row, char *to)
{
	int column;

	for (column = 0; column < CURVE_COLUMNS; column++)
		*to++ = grid->dots[row][column] ? '*' : ' ';
	*to = '\0';
}

struct curve
curve_draw(const double *values, size_t n, bool braille)
{
	struct grid grid = { .wide = braille ? DOTS_WIDE : CURVE_COLUMNS,
			     .high = braille ? DOTS_HIGH : CURVE_ROWS };
	double columns[DOTS_WIDE];
	struct curve curve;
	int x, row;

	for (x = 0; x < grid.wide; x++)
		columns[x] = n != 0 ? value_at(values, n, x, grid.wide) : NAN;
	find_range(columns, grid.wide, &curve.low, &curve.high);
	draw(&grid, columns, curve.low, curve.high);
	for (row = 0; row < CURVE_ROWS; row++) {
		if (braille)
			write_braille(&grid, row, curve.lines[row]);
		else
			write_stars(&grid, row, curve.lines[row]);
	}
	return curve;
}
