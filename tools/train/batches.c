/* Batches are views over the features' memory, for whichever runtime. */
#include "batches.h"

#include <stdlib.h>

#include "fail.h"
#include "random.h"

/* A part of a contiguous table, from row begin on. */
static weir_tensor *
part(weir_runtime *runtime, weir_tensor *table, int64_t begin, int64_t rows)
{
	int64_t shape[] = { rows, weir_tensor_shape(table)[1] };
	char *data = weir_tensor_data(table);
	weir_tensor *tensor;

	data += begin * weir_tensor_strides(table)[0];
	check(weir_tensor_wrap(runtime, weir_tensor_dtype(table), 2, shape,
			       NULL, data, NULL, NULL, &tensor), "a batch");
	return tensor;
}

void
batches_create(weir_runtime *runtime, const struct features *features,
	       int64_t begin, int64_t end, int64_t rows,
	       struct batches *batches)
{
	size_t i;

	if (rows > end - begin)
		rows = end - begin;
	batches->n = (size_t)((end - begin + rows - 1) / rows);
	batches->rows = rows;
	batches->last_rows = end - begin - (int64_t)(batches->n - 1) * rows;
	batches->in = allocate(batches->n, sizeof(*batches->in));
	for (i = 0; i < batches->n; i++) {
		int64_t n = batches_rows(batches, i);

		batches->in[i][0] = part(runtime, features->x, begin, n);
		batches->in[i][1] = part(runtime, features->y, begin, n);
		begin += n;
	}
}

void
batches_release(struct batches *batches)
{
	size_t i;

	for (i = 0; i < batches->n; i++) {
		weir_tensor_release(batches->in[i][0]);
		weir_tensor_release(batches->in[i][1]);
	}
	free(batches->in);
}

void
batches_shuffle(const struct batches *batches, uint64_t seed, size_t epoch,
		int64_t *order)
{
	/* streams 1 and 2 are those of data and split */
	struct random random = random_of(seed, 100 + epoch);
	size_t i;

	for (i = 0; i < batches->n; i++)
		order[i] = (int64_t)i;
	random_shuffle(&random, order, batches->n);
}

int64_t
batches_rows(const struct batches *batches, size_t i)
{
	return i + 1 == batches->n ? batches->last_rows : batches->rows;
}
