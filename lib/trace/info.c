#include "trace/info.h"

#include <string.h>

enum { FIRST_BUCKETS = 64 };

struct info_entry {
	struct info_entry *next;
	uint64_t hash;
	struct weir__trace_info info;
};

void
weir__infos_init(struct weir__infos *infos, struct weir__heap *heap)
{
	memset(infos, 0, sizeof *infos);
	pthread_mutex_init(&infos->lock, NULL);
	weir__arena_init(&infos->arena, heap);
}

void
weir__infos_free(struct weir__infos *infos)
{
	weir__free(infos->arena.heap, infos->buckets);
	weir__arena_free(&infos->arena);
	pthread_mutex_destroy(&infos->lock);
}

static bool
same_text(const char *a, const char *b)
{
	return a == b || strcmp(a ? a : "", b ? b : "") == 0;
}

bool
weir__info_equals(const struct weir__trace_info *a,
		  const struct weir__trace_info *b)
{
	return memcmp(&a->bytes, &b->bytes, sizeof a->bytes) == 0 &&
	       memcmp(&a->flops, &b->flops, sizeof a->flops) == 0 &&
	       same_text(a->op, b->op) && same_text(a->site, b->site) &&
	       same_text(a->path, b->path) && same_text(a->shapes, b->shapes);
}

static uint64_t
hash_text(uint64_t hash, const char *text)
{
	for (; text && *text; text++)	/* FNV-1a */
		hash = (hash ^ (unsigned char)*text) * 1099511628211u;
	return (hash ^ 0xff) * 1099511628211u;
}

static uint64_t
hash_info(const struct weir__trace_info *info)
{
	uint64_t hash = 14695981039346656037u;

	hash = hash_text(hash, info->op);
	hash = hash_text(hash, info->path);
	hash = hash_text(hash, info->site);
	hash = hash_text(hash, info->shapes);
	return hash ^ hash >> 32;
}

static weir_status
double_buckets(struct weir__infos *infos)
{
	size_t n = infos->n_buckets ? infos->n_buckets * 2 : FIRST_BUCKETS;
	struct info_entry **wider, *entry, *next;
	size_t i;

	wider = weir__calloc(infos->arena.heap, n, sizeof *wider);
	if (!wider)
		return WEIR_ENOMEM;
	for (i = 0; i < infos->n_buckets; i++)
		for (entry = infos->buckets[i]; entry; entry = next) {
			next = entry->next;
			entry->next = wider[entry->hash % n];
			wider[entry->hash % n] = entry;
		}
	weir__free(infos->arena.heap, infos->buckets);
	infos->buckets = wider;
	infos->n_buckets = n;
	return WEIR_OK;
}

static const char *
copy_text(struct weir__infos *infos, const char *text)
{
	return text && *text ? weir__arena_strdup(&infos->arena, text) : "";
}

static struct info_entry *
add_info(struct weir__infos *infos, const struct weir__trace_info *info,
	 uint64_t hash)
{
	struct info_entry *entry, **bucket;

	if (infos->n >= infos->n_buckets && double_buckets(infos) &&
	    !infos->n_buckets)
		return NULL;
	entry = weir__arena_alloc(&infos->arena, sizeof *entry);
	if (!entry)
		return NULL;
	entry->hash = hash;
	entry->info.op = copy_text(infos, info->op);
	entry->info.path = copy_text(infos, info->path);
	entry->info.site = copy_text(infos, info->site);
	entry->info.shapes = copy_text(infos, info->shapes);
	entry->info.bytes = info->bytes;
	entry->info.flops = info->flops;
	if (!entry->info.op || !entry->info.path || !entry->info.site ||
	    !entry->info.shapes)
		return NULL;	/* the arena has the pieces */
	bucket = &infos->buckets[hash % infos->n_buckets];
	entry->next = *bucket;
	*bucket = entry;
	infos->n++;
	return entry;
}

const struct weir__trace_info *
weir__infos_find(struct weir__infos *infos,
		 const struct weir__trace_info *info)
{
	uint64_t hash = hash_info(info);
	struct info_entry *entry = NULL;

	pthread_mutex_lock(&infos->lock);
	if (infos->n_buckets)
		entry = infos->buckets[hash % infos->n_buckets];
	while (entry && !(entry->hash == hash &&
			  weir__info_equals(&entry->info, info)))
		entry = entry->next;
	if (!entry)
		entry = add_info(infos, info, hash);
	pthread_mutex_unlock(&infos->lock);
	return entry ? &entry->info : NULL;
}
