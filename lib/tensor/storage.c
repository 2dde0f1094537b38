/*
 * Buffers: one allocation holds the struct, on a cache line of its own, and
 * the data.
 *
 * A released buffer goes to the cache, from which the next of its size class
 * is taken, last in first out; when the cache is full, buffers of the size
 * class that has rested longest go. What is in use is counted in bytes asked
 * for, what is cached in bytes kept.
 */
#include <string.h>

#include "tensor/cache.h"
#include "tensor/layouts.h"

_Static_assert(sizeof(struct weir__storage) <= WEIR__CACHE_LINE,
	       "the data begins on the next line");

/* Of those that have buffers, the class that has rested longest. */
static unsigned
oldest_class(const struct weir__storage_cache *cache)
{
	unsigned oldest = WEIR__SIZE_CLASSES, i;

	for (i = 0; i < WEIR__SIZE_CLASSES; i++)
		if (cache->classes[i].first &&
		    (oldest == WEIR__SIZE_CLASSES ||
		     cache->classes[i].used < cache->classes[oldest].used))
			oldest = i;
	return oldest;
}

/* Take buffers out until no more than limit bytes are left. */
static struct weir__storage *
evict(struct weir__storage_cache *cache, size_t limit)
{
	struct weir__storage *list = NULL, *s;

	while (cache->cached > limit) {
		unsigned oldest = oldest_class(cache);

		/* a whole class at once is one search */
		while (cache->cached > limit &&
		       (s = cache->classes[oldest].first)) {
			cache->classes[oldest].first = s->next;
			cache->cached -= weir__size_class_bytes(oldest);
			s->next = list;
			list = s;
		}
	}
	return list;
}

struct weir__storage *
weir__cache_make_room(struct weir__storage_cache *cache, size_t room)
{
	return evict(cache, cache->limit - room);
}

void
weir__storages_free(struct weir__heap *heap, struct weir__storage *list)
{
	struct weir__storage *next;

	for (; list; list = next) {
		next = list->next;
		weir__free(heap, list->memory);
	}
}

static void
tensors_free(struct weir__heap *heap, weir_tensor *list)
{
	weir_tensor *next;

	for (; list; list = next) {
		next = list->next_free;
		weir__free(heap, list->memory);
	}
}

void
weir__cache_unlock(struct weir__heap *heap)
{
	struct weir__storage_cache *cache = heap->cache;
	bool is_last = cache->alive == 0;

	weir__spin_unlock(&cache->lock);
	if (!is_last)
		return;
	/* Closed, hence empty; and whoever unlocked before us has no more
	 * business here. */
	heap->cache = NULL;
	pthread_cond_destroy(&cache->written);
	pthread_mutex_destroy(&cache->wait_lock);
	weir__layouts_free(cache->layouts, heap);
	weir__free(heap, cache);
	weir__heap_release(heap);
}

/* Empty the cache of buffers; whether there were any. */
static bool
give_back_buffers(struct weir__heap *heap)
{
	struct weir__storage *list;

	weir__spin_lock(&heap->cache->lock);
	list = evict(heap->cache, 0);
	weir__spin_unlock(&heap->cache->lock);
	weir__storages_free(heap, list);
	return list;
}

struct weir__storage *
weir__storage_make(struct weir__heap *heap, size_t bytes)
{
	unsigned size_class = weir__size_class_of(bytes);
	size_t room = weir__size_class_bytes(size_class);
	struct weir__storage *s;
	void *memory;

	s = weir__alloc_on_line(heap, WEIR__CACHE_LINE + room, &memory);
	/* what is cached may be what is missing */
	if (!s && give_back_buffers(heap))
		s = weir__alloc_on_line(heap, WEIR__CACHE_LINE + room,
					&memory);
	if (!s)
		return NULL;
	atomic_init(&s->refs, 1);
	s->size_class = size_class;
	s->heap = heap;
	s->data = (char *)s + WEIR__CACHE_LINE;
	s->memory = memory;
	s->bytes = bytes;
	s->room = room;
	s->layout = 0;
	weir__spin_lock(&heap->cache->lock);
	weir__cache_count(heap->cache, bytes);
	weir__spin_unlock(&heap->cache->lock);
	return s;
}

struct weir__storage *
weir__storage_new(struct weir__heap *heap, size_t bytes)
{
	struct weir__storage *s;

	weir__spin_lock(&heap->cache->lock);
	s = weir__cache_take(heap->cache, bytes);
	weir__spin_unlock(&heap->cache->lock);
	return s ? s : weir__storage_make(heap, bytes);
}

bool
weir__storage_can_be_had(struct weir__heap *heap, size_t bytes)
{
	size_t room = weir__size_class_bytes(weir__size_class_of(bytes));
	void *memory;

	weir__alloc_on_line(heap, WEIR__CACHE_LINE + room, &memory);
	weir__free(heap, memory);
	return memory != NULL;
}

struct weir__storage *
weir__storage_wrap(struct weir__heap *heap, void *data, size_t bytes,
		   weir_release_fn release, void *arg)
{
	struct weir__storage *s = weir__alloc(heap, sizeof *s);

	if (!s)
		return NULL;
	atomic_init(&s->refs, 1);
	s->size_class = WEIR__WRAPPED;
	s->heap = heap;
	s->data = data;
	s->memory = s;
	s->bytes = bytes;
	s->release = release;
	s->release_arg = arg;
	weir__spin_lock(&heap->cache->lock);
	heap->cache->alive++;
	weir__spin_unlock(&heap->cache->lock);
	return s;
}

struct weir__storage *
weir__storage_retain(struct weir__storage *storage)
{
	atomic_fetch_add_explicit(&storage->refs, 1, memory_order_relaxed);
	return storage;
}

void
weir__storage_release(struct weir__storage *storage)
{
	struct weir__storage *list = NULL;
	struct weir__heap *heap;

	if (!storage || atomic_fetch_sub_explicit(&storage->refs, 1,
						  memory_order_acq_rel) != 1)
		return;
	heap = storage->heap;
	if (storage->size_class == WEIR__WRAPPED) {
		if (storage->release)
			storage->release(storage->data, storage->release_arg);
		weir__free(heap, storage->memory);
		weir__spin_lock(&heap->cache->lock);
		heap->cache->alive--;
	} else {
		weir__spin_lock(&heap->cache->lock);
		list = weir__cache_put(heap->cache, storage);
		if (list) {
			/* The heap must outlive what is freed after the
			 * unlock. */
			heap->cache->alive++;
			weir__spin_unlock(&heap->cache->lock);
			weir__storages_free(heap, list);
			weir__spin_lock(&heap->cache->lock);
			heap->cache->alive--;
		}
	}
	weir__cache_unlock(heap);
}

weir_status
weir__storage_cache_create(struct weir__heap *heap, size_t limit)
{
	struct weir__storage_cache *cache = weir__calloc(heap, 1,
							 sizeof *cache);

	if (cache)
		cache->layouts = weir__layouts_new(heap);
	if (!cache || !cache->layouts) {
		weir__free(heap, cache);
		return WEIR_ENOMEM;
	}
	cache->limit = limit;
	cache->alive = 1;
	pthread_mutex_init(&cache->wait_lock, NULL);
	pthread_cond_init(&cache->written, NULL);
	heap->cache = cache;
	weir__heap_retain(heap);
	return WEIR_OK;
}

static weir_tensor *
take_free_tensors(struct weir__storage_cache *cache)
{
	weir_tensor *list = atomic_load_explicit(&cache->free_tensors,
						 memory_order_relaxed);

	atomic_store_explicit(&cache->free_tensors, NULL,
			      memory_order_relaxed);
	cache->n_free_tensors = 0;
	return list;
}

void
weir__storage_cache_trim(struct weir__heap *heap)
{
	weir_tensor *tensors;

	weir__spin_lock(&heap->cache->lock);
	tensors = take_free_tensors(heap->cache);
	weir__spin_unlock(&heap->cache->lock);
	tensors_free(heap, tensors);
	give_back_buffers(heap);
}

void
weir__storage_cache_close(struct weir__heap *heap)
{
	struct weir__storage_cache *cache = heap->cache;
	struct weir__storage *buffers;
	weir_tensor *tensors;

	if (!cache)
		return;
	weir__spin_lock(&cache->lock);
	cache->is_closed = true;
	buffers = evict(cache, 0);
	tensors = take_free_tensors(cache);
	weir__spin_unlock(&cache->lock);
	weir__storages_free(heap, buffers);
	tensors_free(heap, tensors);
	weir__spin_lock(&cache->lock);
	cache->alive--;		/* the one that kept it open */
	weir__cache_unlock(heap);
}

weir_memory_info
weir__storage_info(const struct weir__heap *heap)
{
	struct weir__storage_cache *cache = heap->cache;
	weir_memory_info info;

	weir__spin_lock(&cache->lock);
	info.in_use = cache->in_use;
	info.peak = cache->peak;
	info.cached = cache->cached;
	weir__spin_unlock(&cache->lock);
	info.allocations = atomic_load_explicit(&heap->allocations,
						memory_order_relaxed);
	return info;
}

void
weir__storage_reset_peak(struct weir__heap *heap)
{
	weir__spin_lock(&heap->cache->lock);
	heap->cache->peak = heap->cache->in_use;
	weir__spin_unlock(&heap->cache->lock);
}
