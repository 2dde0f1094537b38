/* Items in the order of some figure: a rank, a time, a load. */
#include <stdlib.h>

#include "plan/timetable.h"

static int
ascending(const void *a, const void *b)
{
	const struct weir__key *x = a, *y = b;

	if (x->value != y->value)
		return x->value < y->value ? -1 : 1;
	return x->item < y->item ? -1 : x->item > y->item;
}

void
weir__keys_sort(struct weir__key *keys, uint32_t n)
{
	qsort(keys, n, sizeof *keys, ascending);
}
