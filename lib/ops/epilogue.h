/*
 * What is done to the sums of a matrix product before they are stored, while
 * they are in registers: calls that come after it element by element.
 *
 * The bits are those of the calls one by one, as with a chain (chain.h): all of
 * these operations hand on what is not a number, unless it is not chosen; so if
 * no result is NaN each has only one value that it can have, and if any is, the
 * calls have to be done one by one after all.
 */
#ifndef WEIR_OPS_EPILOGUE_H
#define WEIR_OPS_EPILOGUE_H

#include <stdbool.h>
#include <stdint.h>

/* In this order; what is NULL, or false, is left out. For m rows of n results. */
struct weir__epilogue {
	bool is_one_product;		/* each sum is 0 + a product, rounded */
	const void *row;		/* n elements, added to each row */
	/* m rows of n bools, so many bytes apart: where one is false the result
	 * is this element. */
	const unsigned char *chosen;
	int64_t chosen_row;
	const void *other;
	bool is_relu;
	/* m rows of n bools: which results are greater than this element. */
	unsigned char *greater;
	int64_t greater_row;
	const void *bound;
};

#endif
