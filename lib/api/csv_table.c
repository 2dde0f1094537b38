/*
 * The first row decides how many columns there are, and whether it holds
 * their names: it is kept as text until its end. All others are turned into
 * numbers field by field, in chunks that become one tensor when their number
 * is known.
 */
#include "api/csv_table.h"

#include <errno.h>
#include <fenv.h>
#include <stdio.h>
#include <string.h>

#include "api/csv_scan.h"
#include "api/decimal.h"
#include "base/fpenv.h"

enum { CHUNK_BYTES = 256 * 1024, EXCERPT = 40 };

struct chunk {
	struct chunk *next;
	size_t used;			/* bytes */
	char bytes[CHUNK_BYTES];	/* a multiple of any element */
};

/* A field of the first row. */
struct kept_field {
	char *text;
	uint64_t line, column;
};

struct reader {
	struct weir__heap *heap;
	struct weir__csv_scan scan;
	weir_csv_options options;
	size_t element_size;
	locale_t c_locale;
	struct weir__arena arena;	/* the first row's texts */
	struct kept_field *first;
	size_t columns, first_room;
	struct chunk *chunks, *last;
	uint64_t rows;
};

static const char *
excerpt(const char *text, char *out)
{
	size_t i;

	for (i = 0; text[i] && i < EXCERPT; i++)
		out[i] = (unsigned char)text[i] < ' ' || text[i] == 0x7f
			? '?' : text[i];
	while (i && (text[i] & 0xc0) == 0x80)	/* within a character */
		i--;
	strcpy(out + i, text[i] ? "..." : "");
	return out;
}

/* -- numbers -------------------------------------------------------------- */

static weir_status
add_chunk(struct reader *r)
{
	struct chunk *chunk = weir__alloc(r->heap, sizeof *chunk);

	if (!chunk)
		return WEIR_ENOMEM;
	chunk->next = NULL;
	chunk->used = 0;
	if (r->last)
		r->last->next = chunk;
	else
		r->chunks = chunk;
	r->last = chunk;
	return WEIR_OK;
}

static weir_status
add_number(struct reader *r, const char *text, uint64_t line, uint64_t column)
{
	weir_status status;
	char shown[EXCERPT + 4];

	if (!r->last || r->last->used == CHUNK_BYTES) {
		status = add_chunk(r);
		if (status)
			return status;
	}
	switch (weir__decimal_parse(text, r->options.dtype, r->c_locale,
				    r->last->bytes + r->last->used)) {
	case WEIR__DECIMAL_OK:
		break;
	case WEIR__DECIMAL_NONFINITE:
		if (r->options.allow_nonfinite)
			break;
		return weir__csv_fail(&r->scan, line, column, "`%s' is not "
				      "finite", excerpt(text, shown));
	case WEIR__DECIMAL_RANGE:
		return weir__csv_fail(&r->scan, line, column, "`%s' is too "
				      "large for %s", excerpt(text, shown),
				      weir_dtype_name(r->options.dtype));
	default:
		if (*text == '\0')
			return weir__csv_fail(&r->scan, line, column,
					      "the field is empty");
		return weir__csv_fail(&r->scan, line, column, "`%s' is no "
				      "number", excerpt(text, shown));
	}
	r->last->used += r->element_size;
	return WEIR_OK;
}

/* -- rows ----------------------------------------------------------------- */

static bool
is_empty_line(const struct weir__csv_field *field)
{
	return field->length == 0 && !field->is_quoted &&
	       field->end != WEIR__CSV_SEPARATOR;
}

/*
 * The first field of the next row; is_over where there is none. Empty lines
 * may only come last, because elsewhere they are rows without fields.
 */
static weir_status
start_row(struct reader *r, struct weir__csv_field *field, bool *is_over)
{
	uint64_t empty_line = 0;
	weir_status status;

	do {
		status = weir__csv_scan_field(&r->scan, field);
		if (status)
			return status;
		*is_over = is_empty_line(field) &&
			   field->end == WEIR__CSV_FILE;
		if (!is_empty_line(field) && empty_line)
			return weir__csv_fail(&r->scan, empty_line, 1,
					      "the line is empty");
		if (!empty_line)
			empty_line = field->line;
	} while (is_empty_line(field) && !*is_over);
	return WEIR_OK;
}

static weir_status
keep_field(struct reader *r, const struct weir__csv_field *field)
{
	struct kept_field *kept;
	weir_status status;

	status = weir__grow(r->heap, &r->first, &r->first_room, r->columns,
			    sizeof *r->first);
	if (status)
		return status;
	kept = &r->first[r->columns];
	kept->text = weir__arena_copy(&r->arena, field->text,
				      field->length + 1);
	if (!kept->text)
		return WEIR_ENOMEM;
	kept->line = field->line;
	kept->column = field->column;
	r->columns++;
	return WEIR_OK;
}

static bool
is_header(const struct reader *r)
{
	double unused;
	size_t i;

	if (r->options.header != WEIR_CSV_HEADER_AUTO)
		return r->options.header == WEIR_CSV_HEADER_YES;
	/* an empty field says nothing: a row of numbers may lack one, and is
	 * then to be refused as such */
	for (i = 0; i < r->columns; i++)
		if (*r->first[i].text &&
		    weir__decimal_parse(r->first[i].text, WEIR_F64,
					r->c_locale, &unused) ==
		    WEIR__DECIMAL_NONE)
			return true;
	return false;
}

/* The first row, then whether it holds names. */
static weir_status
read_first_row(struct reader *r, bool *has_names)
{
	struct weir__csv_field field;
	weir_status status;
	bool is_over;
	size_t i;

	status = start_row(r, &field, &is_over);
	if (status)
		return status;
	if (is_over)
		return weir__csv_fail(&r->scan, 1, 1, "the file is empty");
	status = keep_field(r, &field);
	while (!status && field.end == WEIR__CSV_SEPARATOR) {
		status = weir__csv_scan_field(&r->scan, &field);
		if (!status)
			status = keep_field(r, &field);
	}
	if (status)
		return status;
	*has_names = is_header(r);
	if (*has_names)
		return WEIR_OK;
	for (i = 0; i < r->columns && !status; i++)
		status = add_number(r, r->first[i].text, r->first[i].line,
				    r->first[i].column);
	r->rows = 1;
	return status;
}

/* A row whose first field is here. */
static weir_status
read_row(struct reader *r, struct weir__csv_field *field)
{
	weir_status status;
	size_t n = 1;

	for (;; n++) {
		if (n > r->columns)
			return weir__csv_fail(&r->scan, field->line,
					      field->column, "field %zu of a "
					      "row, where the first row has "
					      "%zu", n, r->columns);
		status = add_number(r, field->text, field->line,
				    field->column);
		if (status)
			return status;
		if (field->end != WEIR__CSV_SEPARATOR)
			break;
		status = weir__csv_scan_field(&r->scan, field);
		if (status)
			return status;
	}
	if (n < r->columns)
		return weir__csv_fail(&r->scan, field->line, field->column,
				      "the row ends after %zu field%s, where "
				      "the first row has %zu", n,
				      n == 1 ? "" : "s", r->columns);
	r->rows++;
	return WEIR_OK;
}

static weir_status
read_rows(struct reader *r, bool *has_names)
{
	struct weir__csv_field field;
	weir_status status;
	bool is_over = false;

	status = read_first_row(r, has_names);
	while (!status) {
		status = start_row(r, &field, &is_over);
		if (status || is_over)
			break;
		status = read_row(r, &field);
	}
	return status;
}

/* -- the table ------------------------------------------------------------ */

static weir_status
gather_values(const struct reader *r, weir_tensor **values)
{
	int64_t shape[2] = { (int64_t)r->rows, (int64_t)r->columns };
	const struct chunk *chunk;
	weir_status status;
	weir_spec spec;
	char *to;

	status = weir__spec_init(&spec, r->options.dtype, 2, shape);
	if (!status)
		status = weir__value_new(r->heap, &spec, values);
	if (status)
		return status;
	to = (*values)->data;
	for (chunk = r->chunks; chunk; chunk = chunk->next) {
		memcpy(to, chunk->bytes, chunk->used);
		to += chunk->used;
	}
	return WEIR_OK;
}

static weir_status
make_names(struct reader *r, bool has_names, weir_table *table)
{
	char numbered[32];
	size_t i;

	table->names = weir__arena_alloc(&r->arena, r->columns *
					 sizeof *table->names);
	if (!table->names)
		return WEIR_ENOMEM;
	for (i = 0; i < r->columns; i++) {
		snprintf(numbered, sizeof numbered, "c%zu", i);
		table->names[i] = has_names
			? r->first[i].text
			: weir__arena_strdup(&r->arena, numbered);
		if (!table->names[i])
			return WEIR_ENOMEM;
	}
	return WEIR_OK;
}

static weir_status
make_table(struct reader *r, bool has_names, weir_table **table)
{
	weir_table *t = weir__calloc(r->heap, 1, sizeof *t);
	weir_status status;

	if (!t)
		return WEIR_ENOMEM;
	t->heap = weir__heap_retain(r->heap);
	weir__arena_init(&t->arena, r->heap);
	t->columns = r->columns;
	status = gather_values(r, &t->values);
	if (!status)
		status = make_names(r, has_names, t);
	if (status) {
		weir__csv_table_free(t);
		return status;
	}
	t->arena = r->arena;		/* with the names */
	weir__arena_init(&r->arena, r->heap);
	*table = t;
	return WEIR_OK;
}

static void
free_reader(struct reader *r)
{
	struct chunk *chunk, *next;

	weir__csv_scan_close(&r->scan);
	for (chunk = r->chunks; chunk; chunk = next) {
		next = chunk->next;
		weir__free(r->heap, chunk);
	}
	weir__free(r->heap, r->first);
	weir__arena_free(&r->arena);
	if (r->c_locale)
		freelocale(r->c_locale);
}

weir_status
weir__csv_table_read(struct weir__heap *heap, const char *path,
		     const weir_csv_options *options, weir_table **table)
{
	struct reader r = { .heap = heap, .options = *options };
	int rounding = fegetround();
	struct weir__fpenv caller;
	bool has_names = false;
	weir_status status;

	weir__arena_init(&r.arena, heap);
	r.element_size = weir_dtype_size(options->dtype);
	status = weir__csv_scan_open(&r.scan, heap, path, options->separator);
	if (status)
		return status;
	r.c_locale = newlocale(LC_NUMERIC_MASK, "C", (locale_t)0);
	if (!r.c_locale) {
		status = weir_fail(WEIR_ENOMEM, "no memory for a locale: %s",
				   strerror(errno));
		goto done;
	}
	/* to nearest, for our arithmetic and, on x86, for strtod(), which
	 * looks at the mode of the old unit */
	weir__fpenv_enter(&caller);
	fesetround(FE_TONEAREST);
	status = read_rows(&r, &has_names);
	fesetround(rounding);
	weir__fpenv_leave(&caller);
	if (!status)
		status = make_table(&r, has_names, table);
done:
	free_reader(&r);
	return status;
}

void
weir__csv_table_free(weir_table *table)
{
	struct weir__heap *heap;

	if (!table)
		return;
	heap = table->heap;
	weir_tensor_release(table->values);
	weir__arena_free(&table->arena);
	weir__free(heap, table);
	weir__heap_release(heap);
}
