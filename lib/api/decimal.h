/* Decimal numbers in text, the same in every locale. */
#ifndef WEIR_API_DECIMAL_H
#define WEIR_API_DECIMAL_H

#include <locale.h>
#include <weir/tensor.h>

enum weir__decimal {
	WEIR__DECIMAL_OK,
	WEIR__DECIMAL_NONE,	/* text that is no number */
	WEIR__DECIMAL_NONFINITE, /* nan or inf, in any case and spelling */
	WEIR__DECIMAL_RANGE	/* a number too large for the dtype */
};

/*
 * The number nearest to what is written, as a float (WEIR_F32) or a double:
 * "[+-]digits[.digits][e[+-]digits]", digits on one side of the point at
 * least. *number is set for OK and NONFINITE.
 *
 * text ends with a 0; c_locale is newlocale(LC_NUMERIC_MASK, "C", 0). To be
 * called in weir__fpenv.
 */
enum weir__decimal
weir__decimal_parse(const char *text, weir_dtype dtype, locale_t c_locale,
		    void *number);

#endif
