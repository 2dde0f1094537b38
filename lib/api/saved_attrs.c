/* Attributes of calls in the file of a graph. */
#include <inttypes.h>
#include <string.h>

#include "api/saved_graph.h"
#include "base/json.h"

static const char *const types[] = {
	[WEIR_ATTR_I64] = "i64",
	[WEIR_ATTR_F64] = "f64",
	[WEIR_ATTR_BOOL] = "bool",
	[WEIR_ATTR_DTYPE] = "dtype",
	[WEIR_ATTR_INTS] = "ints",
};

static const size_t sizes[] = {
	[WEIR_ATTR_I64] = sizeof(int64_t),
	[WEIR_ATTR_F64] = sizeof(double),
	[WEIR_ATTR_BOOL] = sizeof(bool),
	[WEIR_ATTR_DTYPE] = sizeof(weir_dtype),
	[WEIR_ATTR_INTS] = sizeof(weir_ints),
};

bool
weir__saved_dtype(const struct weir__json *json, weir_dtype *dtype)
{
	weir_dtype d;

	for (d = WEIR_F32; weir__dtype_is_valid(d); d++)
		if (weir__json_is(json, WEIR__JSON_STRING) &&
		    !strcmp(json->text, weir_dtype_name(d))) {
			*dtype = d;
			return true;
		}
	return false;
}

/* -- what a file cannot have ---------------------------------------------- */

/* Padding is shorter than a pointer: a whole word that no attribute touches is
 * something that the list does not tell of. */
weir_status
weir__saved_attrs_check(const weir_op *op)
{
	bool is_told[WEIR_ATTRS_MAX] = { false };
	const weir_attr *attr;
	size_t at, i;

	for (attr = op->attrs; attr && attr->name; attr++)
		memset(is_told + attr->offset, true, sizes[attr->type]);
	for (at = 0; at + sizeof(void *) <= op->attrs_size;
	     at += sizeof(void *)) {
		for (i = 0; i < sizeof(void *) && !is_told[at + i]; i++)
			;
		if (i == sizeof(void *))
			return weir_fail(WEIR_EINVAL, "op %s has something at "
					 "byte %zu of its attributes that its "
					 "list of them does not name, such as "
					 "a pointer, which a file cannot have",
					 op->name, at);
	}
	return WEIR_OK;
}

/* -- the list ------------------------------------------------------------- */

void
weir__saved_attrs_list(const weir_op *op, struct weir__text *text)
{
	const weir_attr *attr;

	weir__text_add(text, "[");
	for (attr = op->attrs; attr && attr->name; attr++) {
		weir__text_add(text, "%s[", attr == op->attrs ? "" : ",");
		weir__json_add_string(text, attr->name);
		weir__text_add(text, ",\"%s\"]", types[attr->type]);
	}
	weir__text_add(text, "]");
}

weir_status
weir__saved_attrs_list_check(const weir_op *op, const struct weir__json *list)
{
	const weir_attr *attr = op->attrs;
	const struct weir__json *entry, *name, *type;

	if (!weir__json_is(list, WEIR__JSON_ARRAY))
		return weir_fail(WEIR_EFORMAT, "its list of ops is malformed");
	for (entry = list->first; entry; entry = entry->next) {
		if (entry->type != WEIR__JSON_ARRAY || entry->n != 2 ||
		    entry->first->type != WEIR__JSON_STRING ||
		    entry->first->next->type != WEIR__JSON_STRING)
			return weir_fail(WEIR_EFORMAT, "its list of ops is "
					 "malformed");
		name = entry->first;
		type = name->next;
		if (!attr || !attr->name || strcmp(attr->name, name->text) ||
		    strcmp(types[attr->type], type->text))
			return weir_fail(WEIR_EFORMAT, "op %s had the "
					 "attribute `%.100s' of type %.100s "
					 "when the file was written, and has "
					 "%s%s%s now", op->name, name->text,
					 type->text, attr && attr->name
					 ? attr->name : "none in its place",
					 attr && attr->name ? " of type " : "",
					 attr && attr->name ? types[attr->type]
							    : "");
		attr++;
	}
	if (attr && attr->name)
		return weir_fail(WEIR_EFORMAT, "op %s has an attribute %s, "
				 "which the file does not know", op->name,
				 attr->name);
	return WEIR_OK;
}

/* -- values --------------------------------------------------------------- */

static void
print_value(const weir_attr *attr, const void *at, struct weir__text *text)
{
	const weir_ints *ints = at;
	uint64_t bits;
	int i;

	switch (attr->type) {
	case WEIR_ATTR_I64:
		weir__text_add(text, "%" PRId64, *(const int64_t *)at);
		break;
	case WEIR_ATTR_F64:
		memcpy(&bits, at, sizeof bits);
		weir__text_add(text, "\"%016" PRIx64 "\"", bits);
		break;
	case WEIR_ATTR_BOOL:
		weir__text_add(text, *(const bool *)at ? "true" : "false");
		break;
	case WEIR_ATTR_DTYPE:
		weir__text_add(text, "\"%s\"",
			       weir_dtype_name(*(const weir_dtype *)at));
		break;
	case WEIR_ATTR_INTS:
		weir__text_add(text, "[");
		for (i = 0; i < ints->n && i < WEIR_RANK_MAX; i++)
			weir__text_add(text, i ? ",%" PRId64 : "%" PRId64,
				       ints->v[i]);
		weir__text_add(text, "]");
		break;
	}
}

void
weir__saved_attrs_print(const weir_op *op, const void *attrs,
			struct weir__text *text)
{
	const weir_attr *attr;

	weir__text_add(text, "[");
	for (attr = op->attrs; attr && attr->name; attr++) {
		weir__text_add(text, "%s", attr == op->attrs ? "" : ",");
		print_value(attr, (const char *)attrs + attr->offset, text);
	}
	weir__text_add(text, "]");
}

static bool
parse_bits(const struct weir__json *value, void *at)
{
	uint64_t bits = 0;
	size_t i;

	if (value->type != WEIR__JSON_STRING || value->length != 16)
		return false;
	for (i = 0; i < 16; i++) {
		static const char digits[] = "0123456789abcdef";
		const char *digit = strchr(digits, value->text[i]);

		if (!digit)
			return false;
		bits = bits << 4 | (uint64_t)(digit - digits);
	}
	memcpy(at, &bits, sizeof bits);
	return true;
}

static bool
parse_ints(const struct weir__json *value, weir_ints *ints)
{
	const struct weir__json *entry;

	if (value->type != WEIR__JSON_ARRAY || value->n > WEIR_RANK_MAX)
		return false;
	for (entry = value->first; entry; entry = entry->next) {
		if (entry->type != WEIR__JSON_INTEGER)
			return false;
		ints->v[ints->n++] = entry->integer;
	}
	return true;
}

static bool
parse_value(const weir_attr *attr, const struct weir__json *value, void *at)
{
	switch (attr->type) {
	case WEIR_ATTR_I64:
		*(int64_t *)at = value->integer;
		return value->type == WEIR__JSON_INTEGER;
	case WEIR_ATTR_F64:
		return parse_bits(value, at);
	case WEIR_ATTR_BOOL:
		*(bool *)at = value->type == WEIR__JSON_BOOL && value->integer;
		return value->type == WEIR__JSON_BOOL;
	case WEIR_ATTR_DTYPE:
		return weir__saved_dtype(value, at);
	case WEIR_ATTR_INTS:
		return parse_ints(value, at);
	}
	return false;
}

weir_status
weir__saved_attrs_parse(const weir_op *op, const struct weir__json *values,
			void *attrs)
{
	const struct weir__json *value = values->first;
	const weir_attr *attr;

	for (attr = op->attrs; attr && attr->name; attr++) {
		if (!value || !parse_value(attr, value,
					   (char *)attrs + attr->offset))
			return weir_fail(WEIR_EFORMAT, "its attribute %s is "
					 "%s", attr->name,
					 value ? "malformed" : "missing");
		value = value->next;
	}
	return value ? weir_fail(WEIR_EFORMAT, "it has more attributes than "
				 "op %s", op->name)
		     : WEIR_OK;
}
