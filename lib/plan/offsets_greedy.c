/*
 * Buffers put in any order, each as low as it can be.
 *
 * Of those that lie already, the ones that are needed at the same time are
 * found in a tree over all buffers by their first step, in which each node
 * knows the last step of what lies below it.
 */
#include "plan/offsets.h"

#include <string.h>

weir_status
weir__greedy_init(struct weir__greedy *g, const struct weir__buffers *buffers)
{
	struct weir__heap *heap = buffers->heap;
	size_t n = (size_t)buffers->n + 1;

	g->buffers = buffers;
	for (g->leaves = 1; g->leaves < buffers->n; g->leaves *= 2)
		;
	g->offset = weir__alloc(heap, n * sizeof *g->offset);
	g->last = weir__alloc(heap, 2 * (size_t)g->leaves * sizeof *g->last);
	g->found = weir__alloc(heap, n * sizeof *g->found);
	return g->offset && g->last && g->found ? WEIR_OK : WEIR_ENOMEM;
}

void
weir__greedy_free(struct weir__greedy *g)
{
	struct weir__heap *heap = g->buffers->heap;

	weir__free(heap, g->offset);
	weir__free(heap, g->last);
	weir__free(heap, g->found);
}

void
weir__greedy_clear(struct weir__greedy *g)
{
	memset(g->last, 0, 2 * (size_t)g->leaves * sizeof *g->last);
}

/* -- what lies already ---------------------------------------------------- */

/* Those below a node, which stands for `width` buffers from `from` on, that
 * lie already and are needed at the same time as b, into g->found. */
static uint32_t
find(struct weir__greedy *g, uint32_t node, uint32_t from, uint32_t width,
     const struct weir__buffer *b, uint32_t n)
{
	g->work++;
	if (g->last[node] <= b->first || from >= g->buffers->n ||
	    g->buffers->list[from].first > b->last)
		return n;
	if (width == 1) {
		g->found[n] = from;
		return n + 1;
	}
	n = find(g, 2 * node, from, width / 2, b, n);
	return find(g, 2 * node + 1, from + width / 2, width / 2, b, n);
}

uint32_t
weir__greedy_find(struct weir__greedy *g, uint32_t number)
{
	return find(g, 1, 0, g->leaves, &g->buffers->list[number], 0);
}

static void
remember(struct weir__greedy *g, uint32_t number)
{
	uint32_t node = g->leaves + number;
	uint32_t last = g->buffers->list[number].last + 1;

	for (; node > 0 && g->last[node] < last; node /= 2)
		g->last[node] = last;
}

void
weir__greedy_take(struct weir__greedy *g, uint32_t number)
{
	uint32_t node = g->leaves + number;

	g->last[node] = 0;
	for (node /= 2; node > 0; node /= 2) {
		uint32_t a = g->last[2 * node], b = g->last[2 * node + 1];

		g->last[node] = a > b ? a : b;
	}
}

/* -- putting one more ----------------------------------------------------- */

/* Sort the found by offset: a heap sort, as they may be many. */
static void
sift(const struct weir__greedy *g, uint32_t at, uint32_t n)
{
	uint32_t *heap = g->found, moved = heap[at], child;

	for (; (child = 2 * at + 1) < n; at = child) {
		child += child + 1 < n && g->offset[heap[child]] <
					  g->offset[heap[child + 1]];
		if (g->offset[moved] >= g->offset[heap[child]])
			break;
		heap[at] = heap[child];
	}
	heap[at] = moved;
}

static void
sort_found(struct weir__greedy *g, uint32_t n)
{
	uint32_t i, swapped;

	for (i = n / 2; i-- > 0;)
		sift(g, i, n);
	for (i = n; i-- > 1;) {
		swapped = g->found[0];
		g->found[0] = g->found[i];
		g->found[i] = swapped;
		sift(g, 0, i);
	}
	g->work += 4 * (uint64_t)n;
}

/* The lowest gap between the found that has so many bytes. */
static size_t
lowest_gap(const struct weir__greedy *g, uint32_t n, size_t bytes)
{
	size_t end = 0;
	uint32_t i;

	for (i = 0; i < n; i++) {
		uint32_t k = g->found[i];

		if (g->offset[k] >= end + bytes)
			break;
		if (end < g->offset[k] + g->buffers->list[k].bytes)
			end = g->offset[k] + g->buffers->list[k].bytes;
	}
	return end;
}

void
weir__greedy_put(struct weir__greedy *g, uint32_t number)
{
	uint32_t n = weir__greedy_find(g, number);

	sort_found(g, n);
	g->offset[number] = lowest_gap(g, n, g->buffers->list[number].bytes);
	remember(g, number);
}
