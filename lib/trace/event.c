#include "trace/event.h"

#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#if defined(__GLIBC__) && __GLIBC_PREREQ(2, 35) && defined(__x86_64__)
#include <sys/rseq.h>
#define HAVE_RSEQ 1
#endif

#include "base/error.h"
#include "trace/tracer.h"

enum {
	DEFAULT_RING_BYTES = 64 << 20,
	REMEMBERED = 4		/* tracers whose ring a thread finds at once */
};

/*
 * Which ring is this thread's, by session: no tracer that is gone, or was
 * started anew, can be mistaken for one that is there.
 */
static _Thread_local struct {
	uint64_t serial;	/* of the thread, from 1 */
	struct {
		uint64_t session;
		struct weir__ring *ring;
	} known[REMEMBERED];
} self;

static _Atomic uint64_t last_serial, last_session;

/* -- a tracer's life */

weir_status
weir__tracer_create(struct weir__heap *heap, const char *file,
		    struct weir__tracer **tracer)
{
	void *memory;
	struct weir__tracer *t = weir__alloc_on_line(heap, sizeof *t, &memory);

	if (!t)
		return WEIR_ENOMEM;
	memset(t, 0, sizeof *t);
	t->memory = memory;
	t->heap = heap;
	t->owner = getpid();
	if (file && *file) {
		t->file = weir__exit_file_name(heap, file);
		if (!t->file) {
			weir__free(heap, memory);
			return WEIR_ENOMEM;
		}
	}
	pthread_mutex_init(&t->lock, NULL);
	weir__infos_init(&t->infos, heap);
	t->last_ring = &t->rings;
	t->last_notice = &t->notices;
	*tracer = t;
	return WEIR_OK;
}

/* Forget what was recorded; whoever records next begins a new ring. */
static void
forget(struct weir__tracer *tracer)
{
	struct weir__ring *ring, *next_ring;
	struct weir__trace_notice *notice, *next_notice;

	atomic_store_explicit(&tracer->session,
		atomic_fetch_add_explicit(&last_session, 1,
					  memory_order_relaxed) + 1,
		memory_order_relaxed);
	for (ring = tracer->rings; ring; ring = next_ring) {
		next_ring = ring->next;
		weir__ring_release(ring);
	}
	for (notice = tracer->notices; notice; notice = next_notice) {
		next_notice = notice->next;
		weir__free(tracer->heap, notice);
	}
	tracer->rings = NULL;
	tracer->last_ring = &tracer->rings;
	tracer->notices = NULL;
	tracer->last_notice = &tracer->notices;
	atomic_store_explicit(&tracer->lost, 0, memory_order_relaxed);
}

void
weir__tracer_release(struct weir__tracer *tracer)
{
	if (!tracer)
		return;
	weir__tracer_stop(tracer);
	weir__exit_finish(tracer);
	forget(tracer);
	weir__infos_free(&tracer->infos);
	pthread_mutex_destroy(&tracer->lock);
	weir__free(tracer->heap, tracer->node_of_cpu);
	weir__free(tracer->heap, tracer->file);
	weir__free(tracer->heap, tracer->path);
	weir__free(tracer->heap, tracer->memory);
}

/* The caller's options and the environment's, as one. */
static weir_status
read_options(const weir_trace_options *given, weir_trace_options *options)
{
	const char *clock = getenv("WEIR_TRACE_CLOCK");

	memset(options, 0, sizeof *options);
	if (given && given->size < sizeof given->size)
		return weir_fail(WEIR_EINVAL, "weir_trace_options.size is %zu:"
				 " set it to sizeof(weir_trace_options)",
				 given->size);
	if (given)
		memcpy(options, given, given->size < sizeof *options
		       ? given->size : sizeof *options);
	if (options->clock != WEIR_TRACE_TIME &&
	    options->clock != WEIR_TRACE_LOGICAL)
		return weir_fail(WEIR_EINVAL, "weir_trace_options.clock is "
				 "%d, which is no clock", (int)options->clock);
	if (clock && strcmp(clock, "logical") == 0)
		options->clock = WEIR_TRACE_LOGICAL;
	else if (clock && *clock && strcmp(clock, "time") != 0)
		return weir_fail(WEIR_EINVAL, "WEIR_TRACE_CLOCK is \"%s\": "
				 "it must be \"time\" or \"logical\"", clock);
	if (!options->ring_bytes)
		options->ring_bytes = DEFAULT_RING_BYTES;
	return WEIR_OK;
}

weir_status
weir__tracer_start(struct weir__tracer *tracer,
		   const weir_trace_options *given)
{
	weir_trace_options options;
	weir_status status = read_options(given, &options);

	if (status)
		return status;
	if (weir__trace_is_on(tracer))
		return WEIR_OK;
	status = weir__exit_watch(tracer);
	if (status)
		return status;
	pthread_mutex_lock(&tracer->lock);
	forget(tracer);
	tracer->ring_bytes = options.ring_bytes;
	weir__clock_start(&tracer->clock, options.clock == WEIR_TRACE_LOGICAL);
	pthread_mutex_unlock(&tracer->lock);
	/* release: who sees it on sees the clock and the session. Those who
	 * record were started, or handed work, after this call. */
	atomic_store_explicit(&tracer->on.is_on, true, memory_order_release);
	return WEIR_OK;
}

void
weir__tracer_stop(struct weir__tracer *tracer)
{
	if (tracer)
		atomic_store_explicit(&tracer->on.is_on, false,
				      memory_order_release);
}

weir_status
weir__tracer_write(struct weir__tracer *tracer, const char *path)
{
	weir_status status;

	if (!path || !*path)
		return weir_fail(WEIR_EINVAL, "a trace needs a file name");
	pthread_mutex_lock(&tracer->lock);
	status = weir__chrome_write(tracer, path);
	if (!status) {
		forget(tracer);
		weir__clock_start(&tracer->clock, tracer->clock.kind ==
				  WEIR__CLOCK_LOGICAL);
	}
	pthread_mutex_unlock(&tracer->lock);
	return status;
}

weir_status
weir__tracer_set_places(struct weir__tracer *tracer, const int *node_of_cpu,
			size_t n, bool are_bound)
{
	int *copy = weir__alloc(tracer->heap, n * sizeof *copy);

	if (!copy)
		return WEIR_ENOMEM;
	if (n)
		memcpy(copy, node_of_cpu, n * sizeof *copy);
	pthread_mutex_lock(&tracer->lock);
	weir__free(tracer->heap, tracer->node_of_cpu);
	tracer->node_of_cpu = copy;
	tracer->n_cpus = n;
	tracer->are_bound = are_bound;
	tracer->has_places = true;
	pthread_mutex_unlock(&tracer->lock);
	return WEIR_OK;
}

/* -- a thread's ring */

/* The ring of a thread that this tracer has met already, or a new one. */
static struct weir__ring *
register_thread(struct weir__tracer *tracer)
{
	struct weir__ring *ring;

	if (!self.serial)
		self.serial = atomic_fetch_add_explicit(&last_serial, 1,
						memory_order_relaxed) + 1;
	pthread_mutex_lock(&tracer->lock);
	for (ring = tracer->rings; ring; ring = ring->next)
		if (ring->thread == self.serial)
			break;
	if (!ring) {
		ring = weir__ring_create(tracer->heap, tracer->ring_bytes,
					 self.serial);
		if (ring) {
			*tracer->last_ring = ring;
			tracer->last_ring = &ring->next;
		}
	}
	pthread_mutex_unlock(&tracer->lock);
	return ring;
}

static struct weir__ring *
look_further(struct weir__tracer *tracer, uint64_t session)
{
	char said[WEIR__ERROR_SIZE];
	struct weir__ring *ring = NULL;
	int i;

	for (i = 1; i < REMEMBERED - 1; i++)
		if (self.known[i].session == session)
			break;
	if (self.known[i].session == session)
		ring = self.known[i].ring;
	if (!ring) {
		/* Recording must not touch what the thread knows of its last
		 * failure. */
		memcpy(said, weir_error_text(), strlen(weir_error_text()) + 1);
		ring = register_thread(tracer);
		if (!ring) {
			weir_fail(WEIR_ENOMEM, "%s", said);
			return NULL;
		}
	}
	/* To the front; the last of them is forgotten. */
	memmove(&self.known[1], &self.known[0],
		(size_t)i * sizeof self.known[0]);
	self.known[0].session = session;
	self.known[0].ring = ring;
	return ring;
}

static inline struct weir__ring *
own_ring(struct weir__tracer *tracer)
{
	uint64_t session = atomic_load_explicit(&tracer->session,
						memory_order_relaxed);

	if (__builtin_expect(self.known[0].session == session, 1))
		return self.known[0].ring;
	return look_further(tracer, session);
}

uint64_t
weir__trace_span(struct weir__tracer *tracer, enum weir__trace_kind kind,
		 uint64_t run, const char *name, const char *path,
		 uint64_t start)
{
	struct weir__trace_info info = { .op = name, .path = path,
					 .site = "", .shapes = "" };
	struct weir__trace_event event = {
		.kind = kind,
		.run = run,
		.start = start,
		.end = weir__trace_now(tracer),
		.block = -1,
		.eager = kind == WEIR__TRACE_FRAME,
	};

	event.info = weir__trace_intern(tracer, &info);
	if (event.info)
		weir__trace_event(tracer, &event);
	else
		weir__trace_lose(tracer);
	return event.end;
}

void
weir__trace_lose(struct weir__tracer *tracer)
{
	atomic_fetch_add_explicit(&tracer->lost, 1, memory_order_relaxed);
}

/* -- what eager and exec call */

uint64_t
weir__trace_now(struct weir__tracer *tracer)
{
	return weir__clock_now(&tracer->clock);
}

uint64_t
weir__trace_session(const struct weir__tracer *tracer)
{
	return atomic_load_explicit(&tracer->session, memory_order_relaxed);
}

uint64_t
weir__trace_new_run(struct weir__tracer *tracer)
{
	return atomic_fetch_add_explicit(&tracer->runs, 1,
					 memory_order_relaxed) + 1;
}

const struct weir__trace_info *
weir__trace_intern(struct weir__tracer *tracer,
		   const struct weir__trace_info *info)
{
	const struct weir__trace_info **recent = NULL, *found;
	struct weir__ring *ring = NULL;
	char said[WEIR__ERROR_SIZE];
	uintptr_t hint;

	/* The same call, told again, most often has its texts in the same
	 * places: where to look, though not what to believe. */
	if (weir__trace_is_on(tracer))
		ring = own_ring(tracer);
	if (ring) {
		hint = (uintptr_t)info->op ^ (uintptr_t)info->path << 1 ^
		       (uintptr_t)info->site << 2;
		hint ^= hint >> 12 ^ hint >> 6;
		recent = &ring->recent[hint % (sizeof ring->recent /
					       sizeof *ring->recent)];
		if (*recent && weir__info_equals(*recent, info))
			return *recent;
	}
	memcpy(said, weir_error_text(), strlen(weir_error_text()) + 1);
	found = weir__infos_find(&tracer->infos, info);
	if (!found)
		weir_fail(WEIR_ENOMEM, "%s", said);
	else if (recent)
		*recent = found;
	return found;
}

/* The processor this thread is on; -1: not known. */
static inline int
current_cpu(void)
{
#ifdef HAVE_RSEQ
	/* What the kernel keeps up to date for sched_getcpu(), at a tenth of
	 * its cost. */
	const char *self_pointer = (const char *)__builtin_thread_pointer();
	const volatile struct rseq *area =
		(const volatile void *)(self_pointer + __rseq_offset);

	if (__rseq_size && (int)area->cpu_id >= 0)
		return (int)area->cpu_id;
#endif
	return sched_getcpu();
}

void
weir__trace_event(struct weir__tracer *tracer,
		  const struct weir__trace_event *event)
{
	struct weir__ring *ring = own_ring(tracer);
	int cpu = -1;

	if (__builtin_expect(!ring || !event->info, 0)) {
		weir__trace_lose(tracer);
		return;
	}
	/* Left out where the file must repeat byte for byte. */
	if (tracer->clock.kind != WEIR__CLOCK_LOGICAL)
		cpu = current_cpu();
	weir__ring_event(ring, event, cpu);
}

void
weir__trace_counter(struct weir__tracer *tracer, const char *name,
		    uint64_t when, double value)
{
	const struct weir__trace_info info = { name, "", "", "", 0, 0 };
	const struct weir__trace_info *kept = weir__trace_intern(tracer,
								 &info);
	struct weir__ring *ring = own_ring(tracer);

	if (!ring || !kept)
		weir__trace_lose(tracer);
	else
		weir__ring_counter(ring, kept, when, value);
}

void
weir__trace_notes(struct weir__tracer *tracer, uint64_t run,
		  const struct weir__trace_note *notes, size_t n)
{
	struct weir__trace_notice *notice;
	char said[WEIR__ERROR_SIZE];

	if (!n)
		return;
	memcpy(said, weir_error_text(), strlen(weir_error_text()) + 1);
	notice = weir__alloc(tracer->heap, sizeof *notice + n * sizeof *notes);
	if (!notice) {
		weir_fail(WEIR_ENOMEM, "%s", said);
		atomic_fetch_add_explicit(&tracer->lost, n,
					  memory_order_relaxed);
		return;
	}
	notice->next = NULL;
	notice->run = run;
	notice->n = n;
	memcpy(notice->notes, notes, n * sizeof *notes);
	pthread_mutex_lock(&tracer->lock);
	*tracer->last_notice = notice;
	tracer->last_notice = &notice->next;
	pthread_mutex_unlock(&tracer->lock);
}
