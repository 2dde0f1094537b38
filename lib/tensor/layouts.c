#include "tensor/layouts.h"

#include <string.h>

#include "tensor/cache.h"

enum { LAYOUTS_MAX = 4096, BUCKETS = 2 * LAYOUTS_MAX };

struct weir__layouts {
	atomic_bool is_full;
	pthread_mutex_t lock;			/* guards all below */
	struct weir__arena arena;
	size_t n;
	struct weir__layout *buckets[BUCKETS];	/* open addressing */
};

struct weir__layouts *
weir__layouts_new(struct weir__heap *heap)
{
	struct weir__layouts *l = weir__calloc(heap, 1, sizeof *l);

	if (!l)
		return NULL;
	atomic_init(&l->is_full, false);
	pthread_mutex_init(&l->lock, NULL);
	weir__arena_init(&l->arena, heap);
	return l;
}

void
weir__layouts_free(struct weir__layouts *layouts, struct weir__heap *heap)
{
	if (!layouts)
		return;
	weir__arena_free(&layouts->arena);
	pthread_mutex_destroy(&layouts->lock);
	weir__free(heap, layouts);
}

void
weir__layout_init(struct weir__layout *layout, const weir_spec *spec,
		  const int64_t *strides)
{
	layout->spec = *spec;
	weir__contiguous_strides(spec, layout->strides);
	if (strides)		/* as many as the rank, no more */
		memcpy(layout->strides, strides,
		       (size_t)spec->rank * sizeof *strides);
	layout->bytes = (size_t)weir__spec_bytes(spec);
	layout->is_shared = false;
}

static size_t
bucket_of(const struct weir__layout *layout)
{
	const weir_spec *spec = &layout->spec;
	uint64_t hash = (uint64_t)spec->dtype << 8 | (uint64_t)spec->rank;
	int i;

	for (i = 0; i < spec->rank; i++) {
		hash = (hash ^ (uint64_t)spec->shape[i]) *
		       0x9e3779b97f4a7c15u;
		hash = (hash ^ hash >> 29 ^ (uint64_t)layout->strides[i]) *
		       0x9e3779b97f4a7c15u;
	}
	return (hash >> 32) % BUCKETS;
}

static bool
is_equal(const struct weir__layout *a, const struct weir__layout *b)
{
	return weir__spec_equal(&a->spec, &b->spec) &&
	       !memcmp(a->strides, b->strides,
		       (size_t)a->spec.rank * sizeof *a->strides);
}

static struct weir__layout *
add(struct weir__layouts *l, const struct weir__layout *given)
{
	struct weir__layout *layout = weir__arena_copy(&l->arena, given,
						       sizeof *given);

	if (!layout)
		return NULL;
	layout->is_shared = true;
	if (++l->n == LAYOUTS_MAX)
		atomic_store_explicit(&l->is_full, true,
				      memory_order_relaxed);
	return layout;
}

const struct weir__layout *
weir__layout_share(struct weir__heap *heap, const struct weir__layout *given)
{
	struct weir__layouts *l = heap->cache->layouts;
	struct weir__layout *layout;
	size_t i;

	/* Those that are kept would still be found, but at the price of a
	 * search for each tensor of a program that has too many to profit. */
	if (atomic_load_explicit(&l->is_full, memory_order_relaxed))
		return NULL;
	pthread_mutex_lock(&l->lock);
	for (i = bucket_of(given); l->buckets[i]; i = (i + 1) % BUCKETS)
		if (is_equal(l->buckets[i], given))
			break;
	if (!l->buckets[i])
		l->buckets[i] = add(l, given);
	layout = l->buckets[i];
	pthread_mutex_unlock(&l->lock);
	return layout;
}

const struct weir__layout *
weir__layout_of(struct weir__heap *heap, struct weir__arena *arena,
		const weir_spec *spec)
{
	const struct weir__layout *shared;
	struct weir__layout layout;

	weir__layout_init(&layout, spec, NULL);
	shared = weir__layout_share(heap, &layout);
	return shared ? shared
		      : weir__arena_copy(arena, &layout, sizeof layout);
}
