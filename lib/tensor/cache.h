/*
 * What a heap keeps for reuse: released buffers by size class, and tensor
 * structs. Only storage.c and tensor.c look inside.
 *
 * The cache counts what is alive of both, so that it ends with the last of
 * them, however long that is after the runtime: it holds one reference to the
 * heap for all of them.
 */
#ifndef WEIR_TENSOR_CACHE_H
#define WEIR_TENSOR_CACHE_H

#include "tensor/spin.h"
#include "tensor/tensor.h"

/* Sizes up to 2^62 bytes: 64, 128, 192, 256, then four steps a power of two. */
enum { WEIR__SIZE_CLASSES = 220, WEIR__FREE_TENSORS_MAX = 4096 };

struct weir__size_class {
	struct weir__storage *first;	/* last released */
	uint64_t used;			/* when: ticks of the cache */
};

struct weir__storage_cache {
	struct weir__spin lock;			/* guards all but the next */
	struct weir__spin variables;		/* guards variables' values, who
						   writes them, and the next
						   two */
	unsigned waiters;	/* runs that wait to write */
	uint64_t endings;	/* of runs that wrote */
	pthread_mutex_t wait_lock;		/* for the next only */
	pthread_cond_t written;			/* a run has ended that wrote */
	bool is_closed;
	size_t limit, in_use, peak, cached;	/* bytes */
	size_t alive;		/* tensors and storages, 1 more while open */
	uint64_t ticks;		/* buffers taken and put */
	/* Written with the lock held; a look without it is for prefetching. */
	_Atomic(weir_tensor *) free_tensors;
	size_t n_free_tensors;
	struct weir__layouts *layouts;		/* of its own lock */
	struct weir__size_class classes[WEIR__SIZE_CLASSES];
};

/* -- size classes ----------------------------------------------------------- */

enum { WEIR__STORAGE_UNIT = 64 };

static inline unsigned
weir__size_class_of(size_t bytes)
{
	size_t n = bytes ? (bytes - 1) / WEIR__STORAGE_UNIT : 0;
	unsigned e;

	if (n < 4)		/* n: units, less one */
		return (unsigned)n;
	e = 63 - (unsigned)__builtin_clzll(n);
	return 4 * (e - 1) + ((n >> (e - 2)) & 3);
}

static inline size_t
weir__size_class_bytes(unsigned size_class)
{
	unsigned e = size_class / 4;

	if (e == 0)
		return (size_class + 1) * WEIR__STORAGE_UNIT;
	return ((size_t)(size_class % 4 + 5) << (e - 1)) * WEIR__STORAGE_UNIT;
}

/* -- with the lock held ---------------------------------------------------- */

static inline void
weir__cache_count(struct weir__storage_cache *cache, size_t bytes)
{
	cache->alive++;
	cache->in_use += bytes;
	if (cache->in_use > cache->peak)
		cache->peak = cache->in_use;
}

/* A cached buffer for bytes, now in use and alive; NULL where there is none. */
static inline struct weir__storage *
weir__cache_take(struct weir__storage_cache *cache, size_t bytes)
{
	unsigned size_class = weir__size_class_of(bytes);
	struct weir__size_class *c = &cache->classes[size_class];
	struct weir__storage *s = c->first;

	c->used = ++cache->ticks;
	if (!s)
		return NULL;
	c->first = s->next;
	cache->cached -= s->room;
	s->bytes = bytes;
	atomic_store_explicit(&s->refs, 1, memory_order_relaxed);
	weir__cache_count(cache, bytes);
	return s;
}

/* Take out buffers, linked by next, until there is room for so many bytes. */
struct weir__storage *
weir__cache_make_room(struct weir__storage_cache *cache, size_t room)
	WEIR_COLD;

/*
 * Give back a buffer that nobody holds. Returns those to be freed outside
 * the lock with weir__storages_free(), linked by next: what has to make room,
 * or the buffer itself.
 */
static inline struct weir__storage *
weir__cache_put(struct weir__storage_cache *cache, struct weir__storage *s)
{
	struct weir__size_class *c = &cache->classes[s->size_class];
	size_t room = s->room;
	struct weir__storage *list = NULL;

	cache->alive--;
	cache->in_use -= s->bytes;
	c->used = ++cache->ticks;
	if (cache->is_closed || room > cache->limit) {
		s->next = NULL;
		return s;
	}
	if (cache->cached + room > cache->limit)
		list = weir__cache_make_room(cache, room);
	s->next = c->first;
	c->first = s;
	cache->cached += room;
	return list;
}

/* -- without it ------------------------------------------------------------ */

/* A fresh buffer, in use and alive. */
struct weir__storage *
weir__storage_make(struct weir__heap *heap, size_t bytes) WEIR_COLD;

void
weir__storages_free(struct weir__heap *heap, struct weir__storage *list);

/* Unlock; if nothing is alive any more, free the cache and the heap with it. */
void
weir__cache_unlock(struct weir__heap *heap);

#endif
