#include "scope/rows.h"

weir_status
weir__rows_new(struct weir__heap *heap, weir_tensor *like, size_t n,
	       struct weir__rows **rows)
{
	struct weir__rows *r = weir__calloc(heap, 1, sizeof *r);

	if (!r)
		return WEIR_ENOMEM;
	r->values = weir__calloc(heap, n + 1, sizeof *r->values);
	if (!r->values) {
		weir__free(heap, r);
		return WEIR_ENOMEM;
	}
	atomic_init(&r->refs, 1);
	r->heap = heap;
	r->like = weir_tensor_retain(like);
	r->n = n;
	*rows = r;
	return WEIR_OK;
}

struct weir__rows *
weir__rows_retain(struct weir__rows *rows)
{
	atomic_fetch_add_explicit(&rows->refs, 1, memory_order_relaxed);
	return rows;
}

void
weir__rows_release(struct weir__rows *rows)
{
	size_t i;

	if (!rows || atomic_fetch_sub_explicit(&rows->refs, 1,
					       memory_order_acq_rel) != 1)
		return;
	for (i = 0; i < rows->n; i++)
		weir_tensor_release(rows->values[i]);
	weir_tensor_release(rows->like);
	weir_tensor_release(rows->recorded);
	weir__free(rows->heap, rows->values);
	weir__free(rows->heap, rows);
}

void
weir__rows_list_free(struct weir__heap *heap, struct weir__rows **list,
		     size_t n)
{
	size_t i;

	for (i = 0; list && i < n; i++)
		weir__rows_release(list[i]);
	weir__free(heap, list);
}

struct weir__rows **
weir__rows_list_copy(struct weir__heap *heap, struct weir__rows *const *list,
		     size_t n)
{
	struct weir__rows **copy = weir__calloc(heap, n + 1, sizeof *copy);
	size_t i;

	for (i = 0; copy && i < n; i++)
		copy[i] = weir__rows_retain(list[i]);
	return copy;
}
