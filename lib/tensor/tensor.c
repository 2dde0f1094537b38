/*
 * Tensor structs: made, counted, recycled.
 *
 * An eager op makes and releases one tensor and one buffer, so both are taken
 * and given back under one hold of the cache's lock.
 */
#include <string.h>

#include "tensor/cache.h"
#include "tensor/layouts.h"

/* What is written of a tensor: all but a layout of its own. */
static void
fetch(const weir_tensor *t)
{
	__builtin_prefetch(t, 1);
	__builtin_prefetch((const char *)t + 64, 1);
}

void
weir__cache_fetch(const struct weir__heap *heap)
{
	fetch(atomic_load_explicit(&heap->cache->free_tensors,
				   memory_order_relaxed));
}

static weir_tensor *
take_tensor(struct weir__storage_cache *cache)
{
	weir_tensor *t = atomic_load_explicit(&cache->free_tensors,
					      memory_order_relaxed);

	if (t) {
		atomic_store_explicit(&cache->free_tensors, t->next_free,
				      memory_order_relaxed);
		cache->n_free_tensors--;
		cache->alive++;
	}
	return t;
}

/* Returns what is to be freed outside the lock, or NULL. */
static weir_tensor *
put_tensor(struct weir__storage_cache *cache, weir_tensor *t)
{
	cache->alive--;
	t->kind = WEIR__RELEASED;	/* to be noticed if it is used */
	if (cache->is_closed || cache->n_free_tensors == WEIR__FREE_TENSORS_MAX)
		return t;
	t->next_free = atomic_load_explicit(&cache->free_tensors,
					    memory_order_relaxed);
	atomic_store_explicit(&cache->free_tensors, t, memory_order_relaxed);
	cache->n_free_tensors++;
	return NULL;
}

static WEIR_COLD weir_tensor *
make_tensor(struct weir__heap *heap)
{
	void *memory;
	weir_tensor *t = weir__alloc_on_line(heap, sizeof *t, &memory);

	if (!t)
		return NULL;
	t->memory = memory;
	weir__spin_lock(&heap->cache->lock);
	heap->cache->alive++;
	weir__spin_unlock(&heap->cache->lock);
	return t;
}

static weir_tensor *
new_tensor(struct weir__heap *heap)
{
	weir_tensor *t;

	weir__spin_lock(&heap->cache->lock);
	t = take_tensor(heap->cache);
	weir__spin_unlock(&heap->cache->lock);
	return t ? t : make_tensor(heap);
}

static inline void
fill_header(weir_tensor *t, enum weir__tensor_kind kind,
	    struct weir__heap *heap, const struct weir__layout *layout)
{
	atomic_store_explicit(&t->refs, 1, memory_order_relaxed);
	t->kind = kind;
	t->heap = heap;
	t->layout = layout;
	if (!layout->is_shared) {
		t->own = *layout;
		t->layout = &t->own;
	}
	t->name = NULL;
}

static const struct weir__origin no_origin;

static inline void
fill_value(weir_tensor *t, struct weir__heap *heap,
	   const struct weir__layout *layout, struct weir__storage *storage,
	   void *data)
{
	fill_header(t, WEIR__VALUE, heap, layout);
	t->data = data;
	t->storage = storage;
	t->maker = 0;
	t->is_view = false;
	t->run = 0;
	t->ordinal = 0;
}

/* The shared layout of this kind, or made in room where there is none. */
static const struct weir__layout *
layout_of(struct weir__heap *heap, const weir_spec *spec,
	  const int64_t *strides, struct weir__layout *room)
{
	const struct weir__layout *shared;

	weir__layout_init(room, spec, strides);
	shared = weir__layout_share(heap, room);
	return shared ? shared : room;
}

/* Give back a tensor struct, and a storage that nobody holds, or NULL. */
static void
recycle(struct weir__heap *heap, weir_tensor *t, struct weir__storage *s)
{
	struct weir__storage_cache *cache = heap->cache;
	struct weir__storage *storages = NULL;

	weir__spin_lock(&cache->lock);
	if (s)
		storages = weir__cache_put(cache, s);
	t = put_tensor(cache, t);
	if (t || storages) {
		/* The heap must outlive what is freed after the unlock. */
		cache->alive++;
		weir__spin_unlock(&cache->lock);
		weir__storages_free(heap, storages);
		weir__free(heap, t ? t->memory : NULL);
		weir__spin_lock(&cache->lock);
		cache->alive--;
	}
	weir__cache_unlock(heap);
}

/* A new value in a buffer of its own. */
static inline weir_status
new_value(struct weir__heap *heap, const struct weir__layout *layout,
	  const struct weir__origin *origin, const void *frame,
	  weir_tensor **tensor)
{
	struct weir__storage *s;
	weir_tensor *t;

	weir__spin_lock(&heap->cache->lock);
	t = take_tensor(heap->cache);
	s = weir__cache_take(heap->cache, layout->bytes);
	weir__spin_unlock(&heap->cache->lock);
	if (!t)
		t = make_tensor(heap);
	if (t && !s)
		s = weir__storage_make(heap, layout->bytes);
	if (!t || !s)
		goto fail;
	fill_value(t, heap, layout, s, s->data);
	weir__tensor_made(t, origin, frame);
	*tensor = t;
	return WEIR_OK;
fail:
	weir__storage_release(s);
	if (t)
		recycle(heap, t, NULL);
	return WEIR_ENOMEM;
}

weir_status
weir__value_new(struct weir__heap *heap, const weir_spec *spec,
		weir_tensor **tensor)
{
	struct weir__layout room;

	return new_value(heap, layout_of(heap, spec, NULL, &room), &no_origin,
			 NULL, tensor);
}

weir_status
weir__result_new(struct weir__heap *heap, const struct weir__layout *layout,
		 const struct weir__origin *origin, uint64_t maker,
		 const void *frame, weir_tensor **tensor)
{
	weir_status status = new_value(heap, layout, origin, frame, tensor);

	if (!status)
		(*tensor)->maker = maker;
	return status;
}

weir_status
weir__value_laid_over(struct weir__heap *heap,
		      const struct weir__layout *layout,
		      struct weir__storage *storage, void *data,
		      weir_tensor **tensor)
{
	weir_tensor *t = new_tensor(heap);

	if (!t)
		return WEIR_ENOMEM;
	fill_value(t, heap, layout, storage, data);
	weir__tensor_made(t, &no_origin, NULL);
	*tensor = t;
	return WEIR_OK;
}

weir_status
weir__value_over(struct weir__heap *heap, const weir_spec *spec,
		 const int64_t *strides, struct weir__storage *storage,
		 void *data, weir_tensor **tensor)
{
	struct weir__layout room;

	return weir__value_laid_over(heap, layout_of(heap, spec, strides,
						     &room),
				     storage, data, tensor);
}

weir_status
weir__recording_new(struct weir__heap *heap, struct weir_graph *graph,
		    struct weir__recording **recording)
{
	struct weir__recording *r = weir__alloc(heap, sizeof *r);

	if (!r)
		return WEIR_ENOMEM;
	atomic_init(&r->refs, 1);
	r->heap = weir__heap_retain(heap);
	atomic_init(&r->graph, graph);
	atomic_init(&r->gone, NULL);
	*recording = r;
	return WEIR_OK;
}

void
weir__recording_release(struct weir__recording *recording)
{
	struct weir__heap *heap;

	if (!recording ||
	    atomic_fetch_sub_explicit(&recording->refs, 1,
				      memory_order_acq_rel) != 1)
		return;
	heap = recording->heap;
	weir__free(heap, recording);
	weir__heap_release(heap);
}

weir_status
weir__value_alias(struct weir__heap *heap, const weir_tensor *value,
		  weir_tensor **alias)
{
	weir_status status = weir__value_laid_over(
		heap, value->layout, weir__storage_retain(value->storage),
		value->data, alias);

	if (status)
		weir__storage_release(value->storage);
	return status;
}

weir_status
weir__value_copy(struct weir__heap *heap, const weir_tensor *value,
		 weir_tensor **copy)
{
	weir_view from = weir__view_of(value), to;
	weir_status status;

	status = weir__value_new(heap, from.spec, copy);
	if (status)
		return status;
	to = weir__view_of(*copy);
	weir__copy_view(&from, &to);
	return WEIR_OK;
}

weir_status
weir__symbol_new(struct weir__heap *heap, const weir_spec *spec,
		 const int64_t *strides, struct weir__recording *recording,
		 uint32_t value, weir_tensor **tensor)
{
	weir_tensor *t = new_tensor(heap);
	struct weir__layout room;

	if (!t)
		return WEIR_ENOMEM;
	fill_header(t, WEIR__SYMBOL, heap,
		    layout_of(heap, spec, strides, &room));
	weir__tensor_made(t, &no_origin, NULL);
	atomic_fetch_add_explicit(&recording->refs, 1, memory_order_relaxed);
	t->recording = recording;
	t->value = value;
	*tensor = t;
	return WEIR_OK;
}

weir_status
weir__variable_new(struct weir__heap *heap, const char *name,
		   weir_tensor *value, bool is_generator,
		   weir_tensor **variable)
{
	weir_tensor *t = new_tensor(heap);
	struct weir__layout room;
	char *copy = NULL;

	if (!t)
		return WEIR_ENOMEM;
	if (name) {
		copy = weir__strdup(heap, name);
		if (!copy) {
			recycle(heap, t, NULL);
			return WEIR_ENOMEM;
		}
	}
	fill_header(t, WEIR__VARIABLE, heap,
		    layout_of(heap, &value->layout->spec, NULL, &room));
	weir__tensor_made(t, &no_origin, NULL);
	t->name = copy;
	value->maker = WEIR__MADE;	/* nobody writes to it any more */
	t->current = value;
	t->is_taken = t->is_taken_eagerly = false;
	t->loans = 0;
	t->swaps = 0;
	t->writer = NULL;
	t->is_generator = is_generator;
	*variable = t;
	return WEIR_OK;
}

weir_tensor *
weir_tensor_retain(weir_tensor *tensor)
{
	if (tensor)
		atomic_fetch_add_explicit(&tensor->refs, 1,
					  memory_order_relaxed);
	return tensor;
}

/* Give up one of the references; whether it was the last. A sole owner need
 * not write: nobody else is there to count. */
static bool
give_up(atomic_uint *refs)
{
	return atomic_load_explicit(refs, memory_order_acquire) == 1 ||
	       atomic_fetch_sub_explicit(refs, 1, memory_order_acq_rel) == 1;
}

static void
release_recording(const weir_tensor *symbol)
{
	struct weir__recording *r = symbol->recording;
	weir__symbol_gone_fn gone = atomic_load(&r->gone);
	struct weir_graph *graph = atomic_load(&r->graph);

	if (gone && graph)
		gone(graph, symbol->value);
	weir__recording_release(r);
}

void
weir_tensor_release(weir_tensor *tensor)
{
	struct weir__storage *storage = NULL;
	struct weir__heap *heap;

	if (!tensor || !give_up(&tensor->refs))
		return;
	heap = tensor->heap;
	weir__free(heap, tensor->name);
	if (tensor->kind == WEIR__VALUE) {
		storage = tensor->storage;
		if (storage->size_class == WEIR__WRAPPED) {
			weir__storage_release(storage);
			storage = NULL;
		} else if (!give_up(&storage->refs)) {
			storage = NULL;
		}
	} else if (tensor->kind == WEIR__SYMBOL) {
		release_recording(tensor);
	} else if (tensor->kind == WEIR__VARIABLE) {
		weir_tensor_release(tensor->current);
	}
	recycle(heap, tensor, storage);
}

/* Whether all there is to releasing the last reference is to put the struct,
 * and maybe the storage, into the cache. */
static bool
is_plain(const weir_tensor *t)
{
	return t->kind == WEIR__VALUE &&
	       t->storage->size_class != WEIR__WRAPPED;
}

void
weir__frame_release(weir_tensor *const *tensors, size_t n)
{
	struct weir__storage_cache *cache;
	struct weir__storage *storages = NULL, *list, *end;
	weir_tensor *structs = NULL;
	struct weir__heap *heap;
	size_t i;

	if (n == 0)
		return;
	heap = weir__heap_retain(tensors[0]->heap);
	cache = heap->cache;
	weir__spin_lock(&cache->lock);
	cache->alive++;			/* until what is freed is freed */
	for (i = 0; i < n; i++) {
		weir_tensor *t = tensors[i];

		if (i + 4 < n)
			__builtin_prefetch(tensors[i + 4], 1);
		if (i + 2 < n)
			__builtin_prefetch(tensors[i + 2]->storage, 1);
		/* Who is alone with it needs not write. */
		if (atomic_load_explicit(&t->refs, memory_order_acquire) != 1)
			atomic_store_explicit(&t->frame, NULL,
					      memory_order_relaxed);
		if (t->name || !is_plain(t)) {
			weir__spin_unlock(&cache->lock);
			weir_tensor_release(t);
			weir__spin_lock(&cache->lock);
			continue;
		}
		if (!give_up(&t->refs))
			continue;
		if (give_up(&t->storage->refs)) {
			list = weir__cache_put(cache, t->storage);
			for (end = list; end && end->next; end = end->next)
				;
			if (list) {
				end->next = storages;
				storages = list;
			}
		}
		t = put_tensor(cache, t);
		if (t) {
			t->next_free = structs;
			structs = t;
		}
	}
	weir__spin_unlock(&cache->lock);
	weir__storages_free(heap, storages);
	while (structs) {
		weir_tensor *t = structs;

		structs = t->next_free;
		weir__free(heap, t->memory);
	}
	weir__spin_lock(&cache->lock);
	cache->alive--;
	weir__cache_unlock(heap);
	weir__heap_release(heap);
}

weir_view
weir__view_of(const weir_tensor *tensor)
{
	weir_view view;

	if (tensor->kind == WEIR__VARIABLE)
		tensor = tensor->current;
	weir__view_into(tensor, &view);
	return view;
}

bool
weir__value_is_sole(const weir_tensor *value)
{
	/* acquire: what earlier holders did is over when they are gone */
	return value->kind == WEIR__VALUE &&
	       atomic_load_explicit(&value->refs, memory_order_acquire) == 1 &&
	       atomic_load_explicit(&value->storage->refs,
				    memory_order_acquire) == 1;
}
