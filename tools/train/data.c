/*
 * Tables from files, and what all tables have in common.
 *
 * Comes in: a file of numbers. Goes out: finite numbers and a class per row.
 */
#include "data.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "fail.h"
#include "random.h"

/* A table as it was read, in either format. */
struct source {
	const char *path;
	weir_table *table;	/* of a CSV file */
	weir_tensor *numbers;	/* f64[rows, columns] */
	bool is_owned;		/* whether numbers must be released */
	int64_t rows, columns;
	const double *values;
};

static void
read_csv(weir_runtime *runtime, struct source *source)
{
	weir_csv_options options = { .size = sizeof(options),
				     .dtype = WEIR_F64 };

	if (weir_csv_read(runtime, source->path, &options, &source->table))
		fail("%s", weir_error_text());
	source->numbers = weir_table_values(source->table);
}

static void
read_npy(weir_runtime *runtime, struct source *source)
{
	weir_tensor *raw, *numbers;
	weir_scope *scope;

	if (weir_npy_read(runtime, source->path, &raw))
		fail("%s", weir_error_text());
	if (weir_tensor_rank(raw) != 2)
		fail("%s: a table has rows and columns, this array has rank "
		     "%zu", source->path, weir_tensor_rank(raw));
	check(weir_scope_create(runtime, "read", &scope), source->path);
	/* the copy is row-major whatever order the file had */
	numbers = weir_copy(scope, weir_cast(scope, raw, WEIR_F64));
	check(weir_scope_status(scope), source->path);
	source->numbers = weir_tensor_retain(numbers);
	source->is_owned = true;
	weir_scope_release(scope);
	weir_tensor_release(raw);
}

/* How messages and warnings call a column. */
static char *
column_name(const struct source *source, int64_t column)
{
	char number[32];

	if (source->table != NULL)
		return copy_text(weir_table_column_name(source->table,
							(size_t)column));
	snprintf(number, sizeof(number), "c%lld", (long long)column);
	return copy_text(number);
}

static int64_t
find_label(const struct source *source, const char *label)
{
	int64_t column;

	if (label == NULL)
		return source->columns - 1;
	if (source->table != NULL) {
		column = weir_table_find_column(source->table, label);
	} else {
		char *end;
		const char *digits = label[0] == 'c' ? label + 1 : label;

		column = strtoll(digits, &end, 10);
		if (end == digits || *end != '\0')
			column = source->columns;
		else if (column < 0 && digits == label)
			column += source->columns;
	}
	if (column < 0 || column >= source->columns)
		fail("%s: no column `%s' to use as the label; its %lld columns "
		     "are numbered from 0", source->path, label,
		     (long long)source->columns);
	return column;
}

/* The two values of the label, the smaller one as class 0. */
static void
find_classes(const struct source *source, int64_t label, struct data *data)
{
	double seen[2] = { 0, 0 };
	int n_seen = 0;
	int64_t i;

	for (i = 0; i < source->rows; i++) {
		double v = source->values[i * source->columns + label];

		if ((n_seen > 0 && v == seen[0]) || (n_seen > 1 && v == seen[1]))
			continue;
		if (n_seen == 2)
			fail("%s: column `%s' cannot be the label: a label has "
			     "two distinct values, and this has %g, %g, %g%s",
			     source->path, data->label, seen[0], seen[1], v,
			     i + 1 < source->rows ? ", ..." : "");
		seen[n_seen++] = v;
	}
	if (n_seen < 2)
		fail("%s: column `%s' cannot be the label: every row has the "
		     "value %g, and there is nothing to tell apart",
		     source->path, data->label, seen[0]);
	data->class_values[0] = fmin(seen[0], seen[1]);
	data->class_values[1] = fmax(seen[0], seen[1]);
}

static void
take_rows(const struct source *source, int64_t label, struct data *data)
{
	double *to = data->values;
	int64_t i, j;

	for (i = 0; i < source->rows; i++) {
		const double *row = source->values + i * source->columns;

		data->classes[i] = row[label] == data->class_values[1];
		for (j = 0; j < source->columns; j++) {
			/* CSV files were checked as they were read */
			if (!isfinite(row[j]))
				fail("%s: row %lld, column %lld is %g, not a "
				     "finite number", source->path,
				     (long long)i, (long long)j, row[j]);
			if (j != label)
				*to++ = row[j];
		}
	}
}

void
data_read(weir_runtime *runtime, const struct options *options,
	  struct data *data)
{
	struct source source = { .path = options->data };
	const char *dot = strrchr(options->data, '.');
	const int64_t *shape;
	int64_t label, i, n = 0;

	if (dot != NULL && strcasecmp(dot, ".csv") == 0)
		read_csv(runtime, &source);
	else if (dot != NULL && strcasecmp(dot, ".npy") == 0)
		read_npy(runtime, &source);
	else
		fail("%s: what kind of file is it? Its name should end in .csv "
		     "or .npy", options->data);

	shape = weir_tensor_shape(source.numbers);
	source.rows = shape[0];
	source.columns = shape[1];
	source.values = weir_tensor_data(source.numbers);
	if (source.rows < 2)
		fail("%s: %lld rows are too few: one to train on and one to "
		     "test with are needed", source.path,
		     (long long)source.rows);
	label = find_label(&source, options->label);
	if (source.columns < 2)
		fail("%s: there is no column beside the label to learn from",
		     source.path);

	*data = (struct data){
		.title = copy_text(source.path), .rows = source.rows,
		.columns = source.columns - 1,
		.label = column_name(&source, label), .best_accuracy = NAN
	};
	data->values = allocate((size_t)(data->rows * data->columns),
				sizeof(*data->values));
	data->classes = allocate((size_t)data->rows, 1);
	data->names = allocate((size_t)data->columns, sizeof(*data->names));
	for (i = 0; i < source.columns; i++) {
		if (i != label)
			data->names[n++] = column_name(&source, i);
	}
	find_classes(&source, label, data);
	take_rows(&source, label, data);

	if (source.is_owned)
		weir_tensor_release(source.numbers);
	weir_table_release(source.table);
}

void
data_drop_values(struct data *data)
{
	free(data->values);
	data->values = NULL;
}

void
data_release(struct data *data)
{
	int64_t i;

	data_drop_values(data);
	for (i = 0; i < data->columns; i++)
		free(data->names[i]);
	free(data->names);
	free(data->classes);
	free(data->best);
	free(data->source);
	free(data->label);
	free(data->title);
}

double
data_best_accuracy(const struct data *data, int64_t begin, int64_t end)
{
	int64_t i, n = 0;

	if (data->best == NULL)
		return NAN;
	for (i = begin; i < end; i++)
		n += data->best[i] == data->classes[i];
	return (double)n / (double)(end - begin);
}

int64_t
data_positives(const struct data *data, int64_t begin, int64_t end)
{
	int64_t i, n = 0;

	for (i = begin; i < end; i++)
		n += data->classes[i];
	return n;
}
