/*
 * All heap traffic of a runtime: one allocator, counted, and shared by
 * whatever outlives the runtime (tensors), hence counted references.
 */
#ifndef WEIR_BASE_ALLOC_H
#define WEIR_BASE_ALLOC_H

#include <stdatomic.h>
#include <weir/runtime.h>

struct weir__heap {
	atomic_uint refs;
	weir_allocator allocator;
	_Atomic uint64_t allocations;	/* relaxed: a statistic */
	_Atomic uint64_t layouts;	/* relaxed: a number */
	/* Kept by tensor/storage.c, which fills them; here, so that all that
	 * a runtime's memory is has one owner. */
	struct weir__storage_cache *cache;
};

/* A heap over the allocator, or malloc and free where it is NULL. */
weir_status
weir__heap_create(const weir_allocator *allocator, struct weir__heap **heap);

struct weir__heap *
weir__heap_retain(struct weir__heap *heap);

/* The last reference frees the heap; its cache must be gone by then. */
void
weir__heap_release(struct weir__heap *heap);

/* Uninitialised; NULL (and the error text) when there is no memory. */
void *
weir__alloc(struct weir__heap *heap, size_t size);

/* count elements of size bytes, zeroed; NULL on overflow too. */
void *
weir__calloc(struct weir__heap *heap, size_t count, size_t size);

/*
 * The same on a boundary of size bytes, a power of two: elements that share no
 * cache line. By hand, as any allocator will do: what is to be freed goes to
 * *memory.
 */
void *
weir__calloc_apart(struct weir__heap *heap, size_t count, size_t size,
		   void **memory);

/* The first of n numbers, above 0, that nobody else has been given. */
static inline uint64_t
weir__heap_layouts(struct weir__heap *heap, uint64_t n)
{
	return 1 + atomic_fetch_add_explicit(&heap->layouts, n,
					     memory_order_relaxed);
}

enum { WEIR__CACHE_LINE = 64 };

/* Uninitialised, from the beginning of a cache line on; likewise. */
void *
weir__alloc_on_line(struct weir__heap *heap, size_t size, void **memory);

void
weir__free(struct weir__heap *heap, void *memory);

char *
weir__strdup(struct weir__heap *heap, const char *text);

/* weir__grow() where there is no room. */
weir_status
weir__widen(struct weir__heap *heap, void *array, size_t *room, size_t n,
	    size_t size) WEIR_COLD;

/*
 * Make room for one more than n elements of size bytes in *array, which has
 * room for *room; at least doubles. *array and *room change on success only.
 */
static inline weir_status
weir__grow(struct weir__heap *heap, void *array, size_t *room, size_t n,
	   size_t size)
{
	return n < *room ? WEIR_OK : weir__widen(heap, array, room, n, size);
}

#endif
