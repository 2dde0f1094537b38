/* One entry of the program of a file: JSON of which nothing is known. */
#include "api/saved_entry.h"

const struct weir__json *
weir__take_field(struct weir__fields *f, enum weir__json_type type)
{
	const struct weir__json *field = f->next;

	if (!weir__json_is(field, type))
		return NULL;
	f->next = field->next;
	return field;
}

bool
weir__take_text(struct weir__fields *f, const char **text)
{
	const struct weir__json *field;

	field = weir__take_field(f, WEIR__JSON_STRING);
	if (field)
		*text = field->text;
	return field;
}

bool
weir__take_number(struct weir__fields *f, size_t n, size_t *number)
{
	const struct weir__json *field;

	field = weir__take_field(f, WEIR__JSON_INTEGER);
	if (!field || field->integer < 0 || (uint64_t)field->integer >= n)
		return false;
	*number = (size_t)field->integer;
	return true;
}

bool
weir__take_count(struct weir__fields *f, int64_t *count)
{
	const struct weir__json *field;

	field = weir__take_field(f, WEIR__JSON_INTEGER);
	if (field)
		*count = field->integer;
	return field && *count >= 0;
}

bool
weir__take_bool(struct weir__fields *f, bool *truth)
{
	const struct weir__json *field;

	field = weir__take_field(f, WEIR__JSON_BOOL);
	if (field)
		*truth = field->integer;
	return field;
}

bool
weir__take_spec(struct weir__fields *f, weir_spec *spec)
{
	const struct weir__json *dtype, *shape;
	weir_dtype d;

	dtype = weir__take_field(f, WEIR__JSON_STRING);
	shape = weir__take_field(f, WEIR__JSON_ARRAY);
	return dtype && shape && weir__saved_dtype(dtype, &d) &&
	       !weir__shape_from_json(shape, d, spec);
}

weir_status
weir__malformed(void)
{
	return weir_fail(WEIR_EFORMAT, "it is malformed");
}

weir_status
weir__take_strides(struct weir__fields *f, const weir_spec *spec,
		   int64_t *strides, bool *are_given)
{
	const struct weir__json *list, *entry;
	int64_t before, bytes;
	int i = 0;

	weir__contiguous_strides(spec, strides);
	list = weir__take_field(f, WEIR__JSON_ARRAY);
	if (!list || (list->n && list->n != (size_t)spec->rank))
		return weir__malformed();
	for (entry = list->first; entry; entry = entry->next) {
		if (entry->type != WEIR__JSON_INTEGER)
			return weir__malformed();
		strides[i++] = entry->integer;
	}
	*are_given = list->n > 0;
	return *are_given ? weir__strides_span(spec, strides, &before, &bytes)
			  : WEIR_OK;
}
