/*
 * Files that are written without being asked again: when the tracer is
 * released or, for programs that never do, when the process exits.
 *
 * Nothing is printed, not even where writing fails at exit: then there is no
 * file. weir_trace_write() is for those who want to know.
 */
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "trace/tracer.h"

/* A name that a trace of this process has, so that no other gets it. From
 * malloc(), as names outlive every heap. */
struct claim {
	struct claim *next;
	char name[];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* guards below */
static struct weir__tracer *watched;
static struct claim *claims;
static bool is_registered;

/* -- names */

static weir_status
claim_name(const char *name, bool *is_ours)
{
	size_t size = strlen(name) + 1;
	struct claim *claim;

	*is_ours = false;
	for (claim = claims; claim; claim = claim->next)
		if (strcmp(claim->name, name) == 0)
			return WEIR_OK;
	claim = malloc(sizeof *claim + size);
	if (!claim)
		return weir__no_memory(sizeof *claim + size);
	memcpy(claim->name, name, size);
	claim->next = claims;
	claims = claim;
	*is_ours = true;
	return WEIR_OK;
}

/* "out/t.json" with number 2 is "out/t-2.json". */
static void
number_name(char *to, size_t size, const char *file, unsigned number)
{
	const char *base = strrchr(file, '/');
	const char *dot = strrchr(base ? base : file, '.');
	size_t stem = dot ? (size_t)(dot - file) : strlen(file);

	snprintf(to, size, "%.*s-%u%s", (int)stem, file, number,
		 file + stem);
}

/* The name asked for or, where another trace of this process has it, the
 * next one that is free. Wants the lock. */
static weir_status
choose_path(struct weir__tracer *tracer)
{
	size_t size = strlen(tracer->file) + 16;
	char *name = weir__alloc(tracer->heap, size);
	bool is_ours = false;
	weir_status status;
	unsigned i;

	if (!name)
		return WEIR_ENOMEM;
	snprintf(name, size, "%s", tracer->file);
	status = claim_name(name, &is_ours);
	for (i = 2; !status && !is_ours; i++) {
		number_name(name, size, tracer->file, i);
		status = claim_name(name, &is_ours);
	}
	if (status)
		weir__free(tracer->heap, name);
	else
		tracer->path = name;
	return status;
}

char *
weir__exit_file_name(struct weir__heap *heap, const char *file)
{
	char here[PATH_MAX] = "", pid[24], *name, *to;
	size_t n = 0;
	const char *at;

	/* The program may have changed its folder by the time of writing. */
	if (file[0] != '/' && !getcwd(here, sizeof here))
		here[0] = '\0';
	for (at = file; (at = strstr(at, "%p")); at += 2)
		n++;
	snprintf(pid, sizeof pid, "%ld", (long)getpid());
	name = weir__alloc(heap, strlen(here) + strlen(file) +
				 n * strlen(pid) + 2);
	if (!name)
		return NULL;
	to = name;
	if (here[0])
		to += sprintf(to, "%s/", here);
	for (at = file; *at; ) {
		if (at[0] == '%' && at[1] == 'p') {
			to += sprintf(to, "%s", pid);
			at += 2;
		} else {
			*to++ = *at++;
		}
	}
	*to = '\0';
	return name;
}

/* -- at the end */

static void
write_file(struct weir__tracer *tracer)
{
	if (tracer->path && tracer->owner == getpid())
		(void)!weir__tracer_write(tracer, tracer->path);
}

static void
write_watched(void)
{
	struct weir__tracer *tracer;

	pthread_mutex_lock(&lock);
	for (tracer = watched; tracer; tracer = tracer->next_watched) {
		/* A child shares this list with its parent, and may have
		 * been forked while somebody held the tracer's lock. */
		if (tracer->owner != getpid())
			continue;
		weir__tracer_stop(tracer);
		write_file(tracer);
	}
	pthread_mutex_unlock(&lock);
}

static void
lock_lists(void)
{
	pthread_mutex_lock(&lock);
}

static void
unlock_lists(void)
{
	pthread_mutex_unlock(&lock);
}

weir_status
weir__exit_watch(struct weir__tracer *tracer)
{
	weir_status status = WEIR_OK;

	if (!tracer->file || tracer->is_watched)
		return WEIR_OK;
	pthread_mutex_lock(&lock);
	if (!is_registered) {
		/* The child of a fork must find the lists free. */
		if (atexit(write_watched) ||
		    pthread_atfork(lock_lists, unlock_lists, unlock_lists))
			status = weir__no_memory(sizeof(void *));
		else
			is_registered = true;
	}
	if (!status && !tracer->path)
		status = choose_path(tracer);
	if (!status) {
		tracer->next_watched = watched;
		watched = tracer;
		tracer->is_watched = true;
	}
	pthread_mutex_unlock(&lock);
	return status;
}

void
weir__exit_finish(struct weir__tracer *tracer)
{
	struct weir__tracer **at;

	if (!tracer->is_watched)
		return;
	pthread_mutex_lock(&lock);
	for (at = &watched; *at && *at != tracer; )
		at = &(*at)->next_watched;
	if (*at)
		*at = tracer->next_watched;
	pthread_mutex_unlock(&lock);
	write_file(tracer);
}
