/* Attribute structs, field by field. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ops/schema.h"

static const void *
field(const void *attrs, const weir_attr *attr)
{
	return (const char *)attrs + attr->offset;
}

/* A list as long as it may be: a struct that nobody has checked yet. */
static int
ints_count(const weir_ints *ints)
{
	return ints->n < 0 ? 0 : ints->n > WEIR_RANK_MAX ? WEIR_RANK_MAX
							 : ints->n;
}

static bool
field_equal(const weir_attr *attr, const void *a, const void *b)
{
	const weir_ints *la, *lb;

	a = field(a, attr);
	b = field(b, attr);
	switch (attr->type) {
	case WEIR_ATTR_I64:
		return *(const int64_t *)a == *(const int64_t *)b;
	case WEIR_ATTR_F64:	/* bits: NaN equals itself, 0 is not -0 */
		return !memcmp(a, b, sizeof(double));
	case WEIR_ATTR_BOOL:
		return *(const bool *)a == *(const bool *)b;
	case WEIR_ATTR_DTYPE:
		return *(const weir_dtype *)a == *(const weir_dtype *)b;
	case WEIR_ATTR_INTS:
		la = a;
		lb = b;
		return la->n == lb->n &&
		       !memcmp(la->v, lb->v,
			       (size_t)ints_count(la) * sizeof *la->v);
	}
	return false;
}

bool
weir__attrs_equal(const weir_op *op, const void *a, const void *b)
{
	const weir_attr *attr;

	if (!op->attrs || a == b)
		return true;
	if (!a || !b)
		return false;
	for (attr = op->attrs; attr->name; attr++)
		if (!field_equal(attr, a, b))
			return false;
	return true;
}

static uint64_t
mix(uint64_t hash, uint64_t value)
{
	hash = (hash ^ value) * 0x9e3779b97f4a7c15u;
	return hash ^ hash >> 32;
}

uint64_t
weir__attrs_hash(const weir_op *op, const void *attrs)
{
	uint64_t hash = 0, bits;
	const weir_attr *attr;
	const weir_ints *ints;
	int i;

	if (!op->attrs || !attrs)
		return hash;
	for (attr = op->attrs; attr->name; attr++) {
		const void *at = field(attrs, attr);

		switch (attr->type) {
		case WEIR_ATTR_I64:
		case WEIR_ATTR_F64:
			memcpy(&bits, at, sizeof bits);
			hash = mix(hash, bits);
			break;
		case WEIR_ATTR_BOOL:
			hash = mix(hash, *(const bool *)at);
			break;
		case WEIR_ATTR_DTYPE:
			hash = mix(hash, *(const weir_dtype *)at);
			break;
		case WEIR_ATTR_INTS:
			ints = at;
			hash = mix(hash, (uint64_t)ints->n);
			for (i = 0; i < ints_count(ints); i++)
				hash = mix(hash, (uint64_t)ints->v[i]);
			break;
		}
	}
	return hash;
}

/* As few digits as give the number back. */
static void
add_double(struct weir__text *text, double value)
{
	char digits[40];
	int precision;

	if (isnan(value)) {
		weir__text_add(text, "nan");
		return;
	}
	for (precision = 6; precision <= 17; precision++) {
		snprintf(digits, sizeof digits, "%.*g", precision, value);
		if (strtod(digits, NULL) == value)
			break;
	}
	weir__text_add(text, "%s", digits);
}

static void
add_field(struct weir__text *text, const weir_attr *attr, const void *attrs)
{
	const void *at = field(attrs, attr);
	const weir_ints *ints;
	int i;

	switch (attr->type) {
	case WEIR_ATTR_I64:
		weir__text_add(text, "%lld", (long long)*(const int64_t *)at);
		break;
	case WEIR_ATTR_F64:
		add_double(text, *(const double *)at);
		break;
	case WEIR_ATTR_BOOL:
		weir__text_add(text, *(const bool *)at ? "true" : "false");
		break;
	case WEIR_ATTR_DTYPE:
		weir__text_add(text, "%s",
			       weir_dtype_name(*(const weir_dtype *)at));
		break;
	case WEIR_ATTR_INTS:
		ints = at;
		weir__text_add(text, "[");
		for (i = 0; i < ints_count(ints); i++)
			weir__text_add(text, "%s%lld", i ? "," : "",
				       (long long)ints->v[i]);
		weir__text_add(text, "]");
		break;
	}
}

void
weir__attrs_text(const weir_op *op, const void *attrs, struct weir__text *text)
{
	const weir_attr *attr;

	if (!op->attrs || !attrs)
		return;
	for (attr = op->attrs; attr->name; attr++) {
		weir__text_add(text, "%s%s=", attr == op->attrs ? "" : ", ",
			       attr->name);
		add_field(text, attr, attrs);
	}
}
