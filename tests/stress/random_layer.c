/* What may follow a product in a random program: the rest of a layer, or of the
 * gradient of one. */
#include "stress/random_program.h"

/* A value of the pool that has as long rows; of as many rows, if it must. */
static weir_tensor *
like(struct walk *w, weir_tensor *x, size_t rank, bool is_as_high)
{
	const int64_t *shape = weir_tensor_shape(x), *other;
	int i;

	for (i = w->limit; i-- > 0;) {
		weir_tensor *y = w->pool[i].tensor;

		other = weir_tensor_shape(y);
		if (weir_tensor_rank(y) == rank &&
		    weir_tensor_dtype(y) == weir_tensor_dtype(x) &&
		    other[rank - 1] == shape[1] &&
		    (!is_as_high || other[0] == shape[0]))
			return y;
	}
	return NULL;
}

static weir_tensor *
bias(struct walk *w, weir_tensor *x)
{
	weir_tensor *row = like(w, x, 1, false);
	int64_t first = 0;

	if (row)
		return row;
	row = like(w, x, 2, false);
	return row && weir_tensor_elements(row)
		? weir_mean(w->scope, row, 1, &first, false) : NULL;
}

weir_tensor *
random_layer(struct walk *w, weir_tensor *x, bool *is_rich)
{
	const unsigned parts = (unsigned)random_below(&w->random, 32);
	weir_tensor *number, *other;

	if (!x || parts & 16)
		return x;
	number = walk_number(w, weir_tensor_dtype(x), 0.25);
	other = parts & 1 ? bias(w, x) : NULL;
	if (other)
		x = weir_add(w->scope, x, other);
	other = parts & 2 && x ? like(w, x, 2, true) : NULL;
	if (other) {
		other = weir_greater(w->scope, other, number);
		x = weir_where(w->scope, other, x, number);
		*is_rich = false;
	}
	if (parts & 4) {
		x = weir_relu(w->scope, x);
		*is_rich = false;
	}
	if (parts & 8)
		walk_add(w, weir_greater(w->scope, x, number), 1, false);
	return x;
}
