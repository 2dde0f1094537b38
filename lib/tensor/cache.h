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
						   writes them, and waiters */
	unsigned waiters;	/* runs that wait to write */
	pthread_mutex_t wait_lock;		/* for the next only */
	pthread_cond_t written;			/* a run has ended that wrote */
	bool is_closed;
	size_t limit, in_use, peak, cached;	/* bytes */
	size_t alive;		/* tensors and storages, 1 more while open */
	uint64_t ticks;		/* buffers taken and put */
	weir_tensor *free_tensors;
	size_t n_free_tensors;
	struct weir__size_class classes[WEIR__SIZE_CLASSES];
};

/* -- with the lock held ---------------------------------------------------- */

/* A cached buffer for bytes, now in use and alive; NULL where there is none. */
struct weir__storage *
weir__cache_take(struct weir__storage_cache *cache, size_t bytes);

/*
 * Give back a buffer that nobody holds. Returns those to be freed outside
 * the lock with weir__storages_free(), linked by next: what has to make room,
 * or the buffer itself.
 */
struct weir__storage *
weir__cache_put(struct weir__storage_cache *cache,
		struct weir__storage *storage);

/* -- without it ------------------------------------------------------------ */

/* A fresh buffer, in use and alive. */
struct weir__storage *
weir__storage_make(struct weir__heap *heap, size_t bytes);

void
weir__storages_free(struct weir__heap *heap, struct weir__storage *list);

/* Unlock; if nothing is alive any more, free the cache and the heap with it. */
void
weir__cache_unlock(struct weir__heap *heap);

#endif
