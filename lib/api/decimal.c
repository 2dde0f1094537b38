#include "api/decimal.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* What was read of a number, as mantissa * 10^exponent. */
struct digits {
	uint64_t mantissa;
	int exponent;
	bool is_exact;		/* all digits went into the mantissa */
	bool is_negative;
};

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static void
add_digit(struct digits *d, char c, bool is_fraction)
{
	if (d->mantissa > (UINT64_MAX - 9) / 10) {
		d->is_exact = false;
		return;
	}
	d->mantissa = d->mantissa * 10 + (uint64_t)(c - '0');
	d->exponent -= is_fraction;
}

/* Whether all of text is a number. */
static bool
scan(const char *text, struct digits *d)
{
	bool has_digits = false, is_down;
	int exponent = 0;

	*d = (struct digits){ .is_exact = true };
	if (*text == '+' || *text == '-')
		d->is_negative = *text++ == '-';
	for (; is_digit(*text); text++, has_digits = true)
		add_digit(d, *text, false);
	if (*text == '.')
		for (text++; is_digit(*text); text++, has_digits = true)
			add_digit(d, *text, true);
	if (!has_digits)
		return false;
	if (*text == 'e' || *text == 'E') {
		is_down = *++text == '-';
		if (*text == '+' || *text == '-')
			text++;
		if (!is_digit(*text))
			return false;
		for (; is_digit(*text); text++)
			if (exponent < 100000)
				exponent = exponent * 10 + (*text - '0');
		if (exponent >= 100000)
			d->is_exact = false;
		d->exponent += is_down ? -exponent : exponent;
	}
	return *text == '\0';
}

/*
 * Powers of ten up to 10^22 and integers up to 2^53 are doubles without
 * error, so one operation on them gives the nearest double (Clinger 1990).
 * False where that does not apply.
 */
static bool
convert_exactly(const struct digits *d, double *number)
{
	static const double tens[] = {
		1e0,  1e1,  1e2,  1e3,	1e4,  1e5,  1e6,  1e7,
		1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
		1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22
	};
	double x = (double)d->mantissa;

	/* wider registers (x87) would round twice */
	if (FLT_EVAL_METHOD != 0 || !d->is_exact ||
	    d->mantissa > (uint64_t)1 << 53 || d->exponent < -22 ||
	    d->exponent > 22)
		return false;
	x = d->exponent < 0 ? x / tens[-d->exponent] : x * tens[d->exponent];
	*number = d->is_negative ? -x : x;
	return true;
}

/* A double half-way between two floats may be the rounded image of a number
 * on either side of it. */
static bool
is_halfway(double number)
{
	uint64_t bits;

	memcpy(&bits, &number, sizeof bits);
	return (bits & 0x1fffffff) == 0x10000000 || fabs(number) < FLT_MIN;
}

static bool
is_nonfinite(const char *text, double *number)
{
	bool is_negative = *text == '-';

	if (*text == '+' || *text == '-')
		text++;
	if (strcasecmp(text, "nan") == 0)
		*number = (double)NAN;
	else if (strcasecmp(text, "inf") == 0 ||
		 strcasecmp(text, "infinity") == 0)
		*number = (double)INFINITY;
	else
		return false;
	if (is_negative)
		*number = -*number;
	return true;
}

enum weir__decimal
weir__decimal_parse(const char *text, weir_dtype dtype, locale_t c_locale,
		    void *number)
{
	enum weir__decimal kind = WEIR__DECIMAL_OK;
	struct digits d;
	double wide = 0;
	float narrow;

	if (!scan(text, &d)) {
		if (!is_nonfinite(text, &wide))
			return WEIR__DECIMAL_NONE;
		kind = WEIR__DECIMAL_NONFINITE;
		narrow = (float)wide;
	} else if (dtype == WEIR_F32) {
		if (convert_exactly(&d, &wide) &&
		    (wide == 0 || !is_halfway(wide)))
			narrow = (float)wide;
		else
			narrow = strtof_l(text, NULL, c_locale);
		if (isinf(narrow))
			return WEIR__DECIMAL_RANGE;
	} else {
		narrow = 0;
		if (!convert_exactly(&d, &wide))
			wide = strtod_l(text, NULL, c_locale);
		if (isinf(wide))
			return WEIR__DECIMAL_RANGE;
	}
	if (dtype == WEIR_F32)
		memcpy(number, &narrow, sizeof narrow);
	else
		memcpy(number, &wide, sizeof wide);
	return kind;
}
