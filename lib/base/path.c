#include "base/path.h"

#include <pthread.h>
#include <stdint.h>
#include <string.h>

#include "base/arena.h"

enum { BUCKETS = 1024 };

struct weir__paths {
	struct weir__heap *heap;
	pthread_mutex_t lock;		/* guards all below */
	struct weir__arena arena;
	struct weir__path *buckets[BUCKETS];
};

weir_status
weir__paths_create(struct weir__heap *heap, struct weir__paths **paths)
{
	struct weir__paths *p = weir__calloc(heap, 1, sizeof *p);

	if (!p)
		return WEIR_ENOMEM;
	p->heap = heap;
	pthread_mutex_init(&p->lock, NULL);
	weir__arena_init(&p->arena, heap);
	*paths = p;
	return WEIR_OK;
}

void
weir__paths_release(struct weir__paths *paths)
{
	if (!paths)
		return;
	weir__arena_free(&paths->arena);
	pthread_mutex_destroy(&paths->lock);
	weir__free(paths->heap, paths);
}

static size_t
hash_of(const struct weir__path *parent, const char *name)
{
	size_t hash = parent ? parent->hash : 14695981039346656037u;

	for (; *name; name++)	/* FNV-1a */
		hash = (hash ^ (unsigned char)*name) * 1099511628211u;
	return hash * 1099511628211u;
}

static bool
is_named(const struct weir__path *path, const struct weir__path *parent,
	 const char *name)
{
	return path->parent == parent && strcmp(path->name, name) == 0;
}

static struct weir__path *
add_path(struct weir__paths *paths, const struct weir__path *parent,
	 const char *name, size_t hash)
{
	size_t head = parent ? strlen(parent->text) + 1 : 0;
	struct weir__path *path;
	char *text;

	path = weir__arena_alloc(&paths->arena, sizeof *path);
	text = weir__arena_alloc(&paths->arena, head + strlen(name) + 1);
	if (!path || !text)
		return NULL;
	if (parent) {
		memcpy(text, parent->text, head - 1);
		text[head - 1] = '/';
	}
	memcpy(text + head, name, strlen(name) + 1);
	path->parent = parent;
	path->text = text;
	path->name = text + head;
	path->hash = hash;
	path->next = paths->buckets[hash % BUCKETS];
	paths->buckets[hash % BUCKETS] = path;
	return path;
}

const struct weir__path *
weir__path_intern(struct weir__paths *paths, const struct weir__path *parent,
		  const char *name)
{
	_Atomic(struct weir__path *) *recent = NULL;
	struct weir__path *path;
	size_t hash;

	if (parent) {
		recent = (_Atomic(struct weir__path *) *)&parent->recent[
			(unsigned char)name[0] % WEIR__RECENT_PATHS];
		path = atomic_load_explicit(recent, memory_order_acquire);
		if (path && strcmp(path->name, name) == 0)
			return path;
	}
	hash = hash_of(parent, name);
	pthread_mutex_lock(&paths->lock);
	path = paths->buckets[hash % BUCKETS];
	while (path && !(path->hash == hash && is_named(path, parent, name)))
		path = path->next;
	if (!path)
		path = add_path(paths, parent, name, hash);
	pthread_mutex_unlock(&paths->lock);
	if (recent && path)
		atomic_store_explicit(recent, path, memory_order_release);
	return path;
}
