#include "base/alloc.h"

#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"

enum { LARGE = 1 << 17 };	/* has pages of its own, mostly */

static void *
system_allocate(size_t size, void *arg)
{
	(void)arg;
	return malloc(size);
}

static void
system_release(void *memory, void *arg)
{
	(void)arg;
	free(memory);
}

weir_status
weir__heap_create(const weir_allocator *allocator, struct weir__heap **heap)
{
	weir_allocator a = { system_allocate, system_release, NULL };
	struct weir__heap *h;

	if (allocator)
		a = *allocator;
	h = a.allocate(sizeof *h, a.arg);
	if (!h)
		return weir__no_memory(sizeof *h);
	memset(h, 0, sizeof *h);
	atomic_init(&h->refs, 1);
	atomic_init(&h->allocations, 1);
	h->allocator = a;
	*heap = h;
	return WEIR_OK;
}

struct weir__heap *
weir__heap_retain(struct weir__heap *heap)
{
	atomic_fetch_add_explicit(&heap->refs, 1, memory_order_relaxed);
	return heap;
}

void
weir__heap_release(struct weir__heap *heap)
{
	if (!heap || atomic_fetch_sub_explicit(&heap->refs, 1,
					       memory_order_acq_rel) != 1)
		return;
	heap->allocator.release(heap, heap->allocator.arg);
}

/* One more allocation, of so many bytes; NULL: it failed. */
static void *
note(struct weir__heap *heap, void *memory, size_t size)
{
	atomic_fetch_add_explicit(&heap->allocations, 1,
				  memory_order_relaxed);
	if (!memory)
		weir__no_memory(size);
	return memory;
}

void *
weir__alloc(struct weir__heap *heap, size_t size)
{
	return note(heap, heap->allocator.allocate(size ? size : 1,
						   heap->allocator.arg), size);
}

static bool
is_of_system(const struct weir__heap *heap)
{
	return heap->allocator.allocate == system_allocate;
}

void *
weir__calloc(struct weir__heap *heap, size_t count, size_t size)
{
	void *memory;

	if (size && count > SIZE_MAX / size) {
		weir__no_memory(SIZE_MAX);
		return NULL;
	}
	/* The system's pages are zero, and not there before they are used. */
	if (is_of_system(heap) && count * size >= LARGE)
		return note(heap, calloc(count, size), count * size);
	memory = weir__alloc(heap, count * size);
	if (memory)
		memset(memory, 0, count * size);
	return memory;
}

void *
weir__calloc_apart(struct weir__heap *heap, size_t count, size_t size,
		   void **memory)
{
	*memory = weir__calloc(heap, count + 1, size);
	return *memory ? (char *)*memory + (-(uintptr_t)*memory & (size - 1))
		       : NULL;
}

void *
weir__alloc_on_line(struct weir__heap *heap, size_t size, void **memory)
{
	const size_t line = WEIR__CACHE_LINE;

	*memory = weir__alloc(heap, size + line - 1);
	return *memory ? (char *)*memory + (-(uintptr_t)*memory & (line - 1))
		       : NULL;
}

void
weir__free(struct weir__heap *heap, void *memory)
{
	if (memory)
		heap->allocator.release(memory, heap->allocator.arg);
}

char *
weir__strdup(struct weir__heap *heap, const char *text)
{
	size_t size = strlen(text) + 1;
	char *copy = weir__alloc(heap, size);

	return copy ? memcpy(copy, text, size) : NULL;
}

/* The same bytes with room for more. The system moves pages, not bytes, and
 * these need not be made again. NULL: what was is as it was. */
static void *
widened(struct weir__heap *heap, void *old, size_t bytes, size_t want)
{
	void *wider;

	if (is_of_system(heap) && bytes >= LARGE)
		return note(heap, realloc(old, want), want);
	wider = weir__alloc(heap, want);
	if (!wider)
		return NULL;
	if (old)
		memcpy(wider, old, bytes);
	weir__free(heap, old);
	return wider;
}

weir_status
weir__widen(struct weir__heap *heap, void *array, size_t *room, size_t n,
	    size_t size)
{
	void *old, *wider;
	size_t want = *room < 8 ? 8 : *room;

	while (want <= n) {
		if (want > SIZE_MAX / 2 / size)
			return weir__no_memory(SIZE_MAX);
		want *= 2;
	}
	memcpy(&old, array, sizeof old);
	wider = widened(heap, old, *room * size, want * size);
	if (!wider)
		return WEIR_ENOMEM;
	memcpy(array, &wider, sizeof wider);
	*room = want;
	return WEIR_OK;
}
