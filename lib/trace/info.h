/*
 * What is said about ops, each text once per tracer: events hold a pointer,
 * and equal texts have equal pointers. Kept until the tracer is released,
 * because plans keep the pointers from one run to the next.
 */
#ifndef WEIR_TRACE_INFO_H
#define WEIR_TRACE_INFO_H

#include <pthread.h>

#include "base/arena.h"
#include "trace/event.h"

struct weir__infos {
	pthread_mutex_t lock;	/* guards all below */
	struct weir__arena arena;
	struct info_entry **buckets;
	size_t n_buckets, n;
};

void
weir__infos_init(struct weir__infos *infos, struct weir__heap *heap);

void
weir__infos_free(struct weir__infos *infos);

/* The copy of *info; made if need be, NULL without memory. Threads: any. */
const struct weir__trace_info *
weir__infos_find(struct weir__infos *infos,
		 const struct weir__trace_info *info);

bool
weir__info_equals(const struct weir__trace_info *a,
		  const struct weir__trace_info *b);

#endif
