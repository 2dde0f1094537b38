/* Threads of the library's own. */
#ifndef WEIR_BASE_THREAD_H
#define WEIR_BASE_THREAD_H

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

/* Start one that takes no signals: they are for the program's own threads.
 * False where the system refuses it. */
static inline bool
weir__thread_start(pthread_t *thread, void *(*run)(void *), void *arg)
{
	sigset_t all, mask;
	bool has_started;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &mask);
	has_started = !pthread_create(thread, NULL, run, arg);
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	return has_started;
}

#endif
