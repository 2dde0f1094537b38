/*
 * Stages 2 and 3, in f64 and by weir's own ops.
 *
 * Mean, deviation and what counts as constant are taken from the training
 * rows alone: nothing of the test rows may leak into the model.
 */
#include "model_input.h"

#include <math.h>
#include <stdlib.h>

#include "fail.h"

static const int64_t rows_axis[] = { 0 };

/* Whether each column is constant, as bool[1, columns]. The spread of a
 * constant column is compared, not its deviation: rounding may leave some of
 * that. */
static weir_tensor *
constant_columns(weir_scope *s, weir_tensor *train)
{
	weir_tensor *high, *low;

	weir_scope_push(s, "spread");
	high = weir_max(s, train, 1, rows_axis, true);
	low = weir_neg(s, weir_max(s, weir_neg(s, train), 1, rows_axis, true));
	high = weir_keep(s, weir_equal(s, high, low));
	weir_scope_pop(s);
	return high;
}

static weir_tensor *
deviation(weir_scope *s, weir_tensor *train, weir_tensor *mean)
{
	weir_tensor *squares, *result;

	weir_scope_push(s, "deviation");
	squares = weir_square(s, weir_sub(s, train, mean));
	result = weir_sqrt(s, weir_mean(s, squares, 1, rows_axis, true));
	result = weir_keep(s, result);
	weir_scope_pop(s);
	return result;
}

static void
name_constant_columns(const struct data *data, const bool *is_constant,
		      struct features *features)
{
	int64_t i;

	features->constant = allocate((size_t)data->columns,
				      sizeof(*features->constant));
	for (i = 0; i < data->columns; i++) {
		if (!is_constant[i])
			continue;
		warn("column `%s' is constant in the training rows and becomes "
		     "0", data->names[i]);
		features->constant[features->n_constant++] = i;
	}
}

static void
check_scale(const struct data *data, const double *scale)
{
	int64_t i;

	for (i = 0; i < data->columns; i++) {
		if (!isfinite(scale[i]) || scale[i] <= 0)
			fail("%s: the values of column `%s' are too %s to be "
			     "normalised", data->title, data->names[i],
			     scale[i] == 0 ? "close to each other" : "large");
	}
}

void
features_normalise(weir_scope *s, const struct data *data,
		   struct features *features, weir_tensor **normalised)
{
	int64_t shape[] = { data->rows, data->columns };
	int64_t first[] = { 0 }, last[] = { data->train_rows };
	int64_t one_row[] = { 1, data->columns };
	weir_tensor *raw, *train, *mean, *constant, *scale, *zero, *one;

	check(weir_tensor_wrap(weir_scope_runtime(s), WEIR_F64, 2, shape, NULL,
			       data->values, NULL, NULL, &raw), "the data");
	weir_scope_push(s, "normalise");
	train = weir_slice(s, raw, 1, first, last, NULL);
	mean = weir_mean(s, train, 1, rows_axis, true);
	constant = constant_columns(s, train);
	zero = weir_constant(s, WEIR_F64, 2, one_row, 0);
	one = weir_constant(s, WEIR_F64, 2, one_row, 1);
	scale = weir_where(s, constant, one, deviation(s, train, mean));
	*normalised = weir_div(s, weir_sub(s, raw, mean), scale);
	*normalised = weir_where(s, constant, zero, *normalised);
	*normalised = weir_keep(s, *normalised);
	check(weir_scope_status(s), "normalise");

	*features = (struct features){
		.rows = data->rows, .columns = 2 * data->columns,
		.train_rows = data->train_rows
	};
	name_constant_columns(data, weir_tensor_data(constant), features);
	check_scale(data, weir_tensor_data(scale));
	weir_scope_pop(s);
	weir_tensor_release(raw);
}

void
features_add_squares(weir_scope *s, const struct data *data,
		     weir_tensor *normalised, weir_dtype dtype,
		     struct features *features)
{
	int64_t shape[] = { data->rows, 1 };
	weir_tensor *both[2], *x, *y, *classes;

	check(weir_tensor_wrap(weir_scope_runtime(s), WEIR_BOOL, 2, shape,
			       NULL, data->classes, NULL, NULL, &classes),
	      "the classes");
	weir_scope_push(s, "squares");
	/* first converted, then joined: half the memory for f32 */
	both[0] = weir_cast(s, normalised, dtype);
	both[1] = weir_cast(s, weir_square(s, normalised), dtype);
	x = weir_concat(s, both, 2, 1);
	y = weir_cast(s, classes, dtype);
	check(weir_scope_status(s), "add squares");
	features->x = weir_tensor_retain(x);
	features->y = weir_tensor_retain(y);
	weir_scope_pop(s);
	weir_tensor_release(classes);
}

void
features_release(struct features *features)
{
	weir_tensor_release(features->x);
	weir_tensor_release(features->y);
	free(features->constant);
}
