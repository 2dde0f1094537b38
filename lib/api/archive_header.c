/* The header of a safetensors file: bytes to entries and back. */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/archive.h"
#include "base/json.h"
#include "base/text.h"

static const char metadata_key[] = "__metadata__";

static const char *const dtypes[] = {
	[WEIR_F32] = "F32",
	[WEIR_F64] = "F64",
	[WEIR_I64] = "I64",
	[WEIR_BOOL] = "BOOL",
};
enum { DTYPES = sizeof dtypes / sizeof *dtypes };

/* -- reading -------------------------------------------------------------- */

weir_status
weir__shape_from_json(const struct weir__json *json, weir_dtype dtype,
		      weir_spec *spec)
{
	int64_t shape[WEIR_RANK_MAX];
	const struct weir__json *axis;
	size_t rank = 0;

	if (!weir__json_is(json, WEIR__JSON_ARRAY))
		return weir_fail(WEIR_EFORMAT, "its shape is no list");
	if (json->n > WEIR_RANK_MAX)
		return weir_fail(WEIR_EFORMAT, "it has more than %d axes",
				 WEIR_RANK_MAX);
	for (axis = json->first; axis; axis = axis->next) {
		if (axis->type != WEIR__JSON_INTEGER)
			return weir_fail(WEIR_EFORMAT, "its shape has what is "
					 "no integer");
		shape[rank++] = axis->integer;
	}
	if (weir__spec_init(spec, dtype, rank, shape))
		return weir_fail(WEIR_EFORMAT, "%s", weir_error_text());
	return WEIR_OK;
}

static weir_status
take_dtype(const struct weir__json *json, weir_dtype *dtype)
{
	size_t i;

	if (!weir__json_is(json, WEIR__JSON_STRING))
		return weir_fail(WEIR_EFORMAT, "its dtype is no string");
	for (i = WEIR_F32; i < DTYPES; i++)
		if (!strcmp(json->text, dtypes[i])) {
			*dtype = (weir_dtype)i;
			return WEIR_OK;
		}
	return weir_fail(WEIR_EDTYPE, "its elements are `%.40s'; they must be "
			 "F32, F64, I64 or BOOL", json->text);
}

static weir_status
take_range(const struct weir__json *json, struct weir__archive_entry *e)
{
	int64_t bytes = weir__spec_bytes(&e->spec);
	char text[128];

	if (!weir__json_is(json, WEIR__JSON_ARRAY) || json->n != 2 ||
	    json->first->type != WEIR__JSON_INTEGER ||
	    json->first->next->type != WEIR__JSON_INTEGER)
		return weir_fail(WEIR_EFORMAT, "its data_offsets are no two "
				 "integers");
	e->begin = json->first->integer;
	e->end = json->first->next->integer;
	if (e->begin < 0 || e->end < e->begin)
		return weir_fail(WEIR_EFORMAT, "its bytes are %" PRId64
				 " to %" PRId64, e->begin, e->end);
	weir__spec_text(&e->spec, text, sizeof text);
	if (e->end - e->begin != bytes)
		return weir_fail(WEIR_EFORMAT, "%s needs %" PRId64 " bytes, "
				 "and it has %" PRId64, text, bytes,
				 e->end - e->begin);
	return WEIR_OK;
}

static weir_status
take_entry(const struct weir__json *json, struct weir__archive_entry *e)
{
	static const char *const keys[] = { "dtype", "shape", "data_offsets" };
	const struct weir__json *found[3];
	weir_dtype dtype = WEIR_F32;
	weir_status status;
	size_t i;

	if (json->type != WEIR__JSON_OBJECT)
		return weir_fail(WEIR_EFORMAT, "it is no object");
	for (i = 0; i < 3; i++) {
		found[i] = weir__json_get(json, keys[i]);
		if (!found[i])
			return weir_fail(WEIR_EFORMAT, "it lacks `%s'",
					 keys[i]);
	}
	if (json->n > 3)
		return weir_fail(WEIR_EFORMAT, "it has more than dtype, shape "
				 "and data_offsets");
	status = take_dtype(found[0], &dtype);
	if (!status)
		status = weir__shape_from_json(found[1], dtype, &e->spec);
	return status ? status : take_range(found[2], e);
}

static weir_status
check_metadata(const struct weir__json *json)
{
	const struct weir__json *entry;

	if (json->type != WEIR__JSON_OBJECT)
		return weir_fail(WEIR_EFORMAT, "`%s' is no object",
				 metadata_key);
	for (entry = json->first; entry; entry = entry->next)
		if (entry->type != WEIR__JSON_STRING)
			return weir_fail(WEIR_EFORMAT, "`%.200s' of `%s' is "
					 "no string", entry->key,
					 metadata_key);
	return WEIR_OK;
}

/* By what they begin with; those without elements first. */
static int
by_range(const void *a, const void *b)
{
	const struct weir__archive_entry *x = a, *y = b;

	if (x->begin != y->begin)
		return x->begin < y->begin ? -1 : 1;
	if (x->end != y->end)
		return x->end < y->end ? -1 : 1;
	return strcmp(x->name, y->name);
}

static weir_status
check_ranges(const weir_archive *a)
{
	int64_t end = 0;
	size_t i;

	for (i = 0; i < a->n; i++) {
		const struct weir__archive_entry *e = &a->entries[i];

		if (e->begin != end)
			return weir_fail(WEIR_EFORMAT, "tensor `%.200s' begins "
					 "at byte %" PRId64 " of the data: %s "
					 "%" PRId64, e->name, e->begin,
					 e->begin < end ? "others go on to"
					 : "nothing is there from", end);
		end = e->end;
	}
	return WEIR_OK;
}

static weir_status
take_entries(weir_archive *a, const struct weir__json *tree)
{
	struct weir__json *json;
	weir_status status = WEIR_OK;

	a->entries = weir__arena_alloc(&a->arena,
				       tree->n * sizeof *a->entries);
	if (!a->entries)
		return WEIR_ENOMEM;
	for (json = tree->first; json; json = json->next) {
		struct weir__archive_entry *e = &a->entries[a->n];

		if (!strcmp(json->key, metadata_key)) {
			status = check_metadata(json);
			if (status)
				return status;
			a->metadata = json;
			continue;
		}
		status = take_entry(json, e);
		if (status)
			return weir_fail(status, "tensor `%.200s': %s",
					 json->key, weir_error_text());
		e->name = json->key;
		a->n++;
	}
	if (a->n)
		qsort(a->entries, a->n, sizeof *a->entries, by_range);
	return check_ranges(a);
}

weir_status
weir__archive_header_parse(weir_archive *a, size_t size)
{
	struct weir__json *tree;
	weir_status status;

	if (!size || a->header[0] != '{')
		return weir_fail(WEIR_EFORMAT, "it does not begin as "
				 "safetensors files do");
	status = weir__json_parse(&a->arena, a->header, size, &tree);
	if (status == WEIR_EFORMAT)
		return weir_fail(status, "its header is malformed: %s",
				 weir_error_text());
	return status ? status : take_entries(a, tree);
}

int64_t
weir__archive_bytes(const weir_archive *a)
{
	return a->n ? a->entries[a->n - 1].end : 0;
}

/* -- writing -------------------------------------------------------------- */

/* As the format's own library has them: so that elements are aligned. */
static int
by_dtype(const void *a, const void *b)
{
	static const int places[] = { [WEIR_I64] = 1, [WEIR_F64] = 2,
				      [WEIR_F32] = 3, [WEIR_BOOL] = 4 };
	const struct weir__archive_entry *x = a, *y = b;
	int order = places[x->spec.dtype] - places[y->spec.dtype];

	return order ? order : strcmp(x->name, y->name);
}

static int
by_name(const void *a, const void *b)
{
	const struct weir__archive_entry *x = a, *y = b;

	return strcmp(x->name, y->name);
}

static weir_status
check_names(weir_archive *a)
{
	size_t i;

	for (i = 0; i < a->n; i++) {
		const char *name = a->entries[i].name;

		if (!weir__is_utf8(name))
			return weir_fail(WEIR_EINVAL, "the name of tensor %zu "
					 "is not UTF-8", i);
		if (!strcmp(name, metadata_key))
			return weir_fail(WEIR_EINVAL, "no tensor can be "
					 "called `%s'", metadata_key);
	}
	if (a->n)
		qsort(a->entries, a->n, sizeof *a->entries, by_name);
	for (i = 1; i < a->n; i++)
		if (!strcmp(a->entries[i - 1].name, a->entries[i].name))
			return weir_fail(WEIR_EINVAL, "two tensors are called "
					 "`%.200s'", a->entries[i].name);
	return WEIR_OK;
}

static weir_status
set_ranges(weir_archive *a)
{
	int64_t end = 0;
	size_t i;

	for (i = 0; i < a->n; i++) {
		struct weir__archive_entry *e = &a->entries[i];

		e->begin = end;
		if (__builtin_add_overflow(end, weir__spec_bytes(&e->spec),
					   &end))
			return weir_fail(WEIR_EINVAL, "the tensors have 2^63 "
					 "bytes or more");
		e->end = end;
	}
	return WEIR_OK;
}

void
weir__shape_to_json(const weir_spec *spec, struct weir__text *text)
{
	int i;

	weir__text_add(text, "[");
	for (i = 0; i < spec->rank; i++)
		weir__text_add(text, i ? ",%" PRId64 : "%" PRId64,
			       spec->shape[i]);
	weir__text_add(text, "]");
}

struct header {
	const weir_archive *archive;
	const struct weir__archive_note *notes;
	size_t n_notes;
};

static void
print_notes(const struct header *h, struct weir__text *text)
{
	size_t i;

	weir__text_add(text, "\"%s\":{", metadata_key);
	for (i = 0; i < h->n_notes; i++) {
		weir__text_add(text, "%s", i ? "," : "");
		weir__json_add_string(text, h->notes[i].key);
		weir__text_add(text, ":");
		weir__json_add_string(text, h->notes[i].value);
	}
	weir__text_add(text, "}");
}

static void
print_header(const void *arg, struct weir__text *text)
{
	const struct header *h = arg;
	const weir_archive *a = h->archive;
	size_t i;

	weir__text_add(text, "{");
	if (h->n_notes)
		print_notes(h, text);
	for (i = 0; i < a->n; i++) {
		const struct weir__archive_entry *e = &a->entries[i];

		weir__text_add(text, "%s", i || h->n_notes ? "," : "");
		weir__json_add_string(text, e->name);
		weir__text_add(text, ":{\"dtype\":\"%s\",\"shape\":",
			       dtypes[e->spec.dtype]);
		weir__shape_to_json(&e->spec, text);
		weir__text_add(text, ",\"data_offsets\":[%" PRId64 ",%" PRId64
			       "]}", e->begin, e->end);
	}
	weir__text_add(text, "}");
	while (text->length % 8)
		weir__text_add(text, " ");
}

weir_status
weir__archive_arrange(weir_archive *a)
{
	weir_status status = check_names(a);

	if (status)
		return status;
	if (a->n)
		qsort(a->entries, a->n, sizeof *a->entries, by_dtype);
	return set_ranges(a);
}

weir_status
weir__archive_header_print(const weir_archive *a,
			   const struct weir__archive_note *notes, size_t n,
			   char **text)
{
	struct header header = { a, notes, n };
	weir_status status;

	status = weir__text_make(a->heap, print_header, &header, text);
	if (!status && strlen(*text) > WEIR__ARCHIVE_HEADER_MAX) {
		status = weir_fail(WEIR_ERANGE, "its header would have %zu "
				   "bytes, the most are %d", strlen(*text),
				   WEIR__ARCHIVE_HEADER_MAX);
		weir_text_release(*text);
	}
	return status;
}
