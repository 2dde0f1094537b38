/* The tables of <weir/io.h>: check arguments, call down. */
#include <ctype.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/csv_table.h"
#include "api/runtime.h"
#include "api/tensor_argument.h"

/* Whether a byte can stand between two numbers and nowhere else. */
static bool
can_separate(char c)
{
	return c > 0 && c < 0x7f && !isalnum((unsigned char)c) &&
	       !strchr("\"\r\n+-.", c);
}

/* What the caller set, and defaults for the rest. */
static weir_status
complete_options(const weir_csv_options *given, weir_csv_options *options)
{
	memset(options, 0, sizeof *options);
	if (given && given->size < sizeof given->size)
		return weir_fail(WEIR_EINVAL, "weir_csv_read: options.size is "
				 "not set");
	if (given)
		memcpy(options, given, given->size < sizeof *options
		       ? given->size : sizeof *options);
	if (!options->separator)
		options->separator = ',';
	if (!options->dtype)
		options->dtype = WEIR_F64;
	if (!can_separate(options->separator))
		return weir_fail(WEIR_EINVAL, "weir_csv_read: byte 0x%02x "
				 "cannot be a separator",
				 (unsigned char)options->separator);
	if (options->dtype != WEIR_F32 && options->dtype != WEIR_F64)
		return weir_fail(WEIR_EINVAL, "weir_csv_read: a table can be "
				 "f32 or f64, not %s",
				 weir_dtype_name(options->dtype));
	if ((unsigned)options->header > WEIR_CSV_HEADER_NO)
		return weir_fail(WEIR_EINVAL, "weir_csv_read: %d is no "
				 "weir_csv_header", (int)options->header);
	return WEIR_OK;
}

weir_status
weir_csv_read(weir_runtime *runtime, const char *path,
	      const weir_csv_options *options, weir_table **table)
{
	weir_csv_options complete;
	weir_status status;

	if (!runtime)
		return weir__no_argument("weir_csv_read", "the runtime");
	if (!path)
		return weir__no_argument("weir_csv_read", "the path");
	if (!table)
		return weir__no_argument("weir_csv_read",
					 "the place for the result");
	status = complete_options(options, &complete);
	if (status)
		return status;
	return weir__csv_table_read(weir__runtime_heap(runtime), path,
				    &complete, table);
}

void
weir_table_release(weir_table *table)
{
	weir__csv_table_free(table);
}

weir_tensor *
weir_table_values(const weir_table *table)
{
	if (!table) {
		weir__no_argument("weir_table_values", "the table");
		return NULL;
	}
	return table->values;
}

const char *
weir_table_column_name(const weir_table *table, size_t column)
{
	if (!table) {
		weir__no_argument("weir_table_column_name", "the table");
		return NULL;
	}
	if (column >= table->columns) {
		weir_fail(WEIR_ERANGE, "weir_table_column_name: column %zu of "
			  "%zu", column, table->columns);
		return NULL;
	}
	return table->names[column];
}

int64_t
weir_table_find_column(const weir_table *table, const char *name)
{
	long long number;
	char *end;
	size_t i;

	if (!table || !name) {
		weir__no_argument("weir_table_find_column",
				  table ? "the name" : "the table");
		return -1;
	}
	for (i = 0; i < table->columns; i++)
		if (strcmp(table->names[i], name) == 0)
			return (int64_t)i;
	errno = 0;
	number = strtoll(name, &end, 10);
	if (number < 0)
		number += (long long)table->columns;
	if (!errno && *name && !*end && !isspace((unsigned char)*name) &&
	    number >= 0 && number < (long long)table->columns)
		return number;
	weir_fail(WEIR_ERANGE, "weir_table_find_column: the table has no "
		  "column `%s'", name);
	return -1;
}
