#include "exec/trial.h"

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>

struct trial {
	pthread_mutex_t lock;
	pthread_cond_t over;
	bool is_over;
};

/* They must all be there at once to count. */
static void *
stay(void *arg)
{
	struct trial *trial = arg;

	pthread_mutex_lock(&trial->lock);
	while (!trial->is_over)
		pthread_cond_wait(&trial->over, &trial->lock);
	pthread_mutex_unlock(&trial->lock);
	return NULL;
}

unsigned
weir__threads_to_be_had(unsigned want)
{
	enum { MANY = 1024 };
	struct trial trial = { PTHREAD_MUTEX_INITIALIZER,
			       PTHREAD_COND_INITIALIZER, false };
	pthread_t threads[MANY];
	sigset_t all, mask;
	unsigned n = 0, i;

	if (want > MANY)
		want = MANY;
	sigfillset(&all);	/* signals are for the program's own threads */
	pthread_sigmask(SIG_SETMASK, &all, &mask);
	while (n < want && !pthread_create(&threads[n], NULL, stay, &trial))
		n++;
	pthread_sigmask(SIG_SETMASK, &mask, NULL);
	pthread_mutex_lock(&trial.lock);
	trial.is_over = true;
	pthread_cond_broadcast(&trial.over);
	pthread_mutex_unlock(&trial.lock);
	for (i = 0; i < n; i++)
		pthread_join(threads[i], NULL);
	pthread_mutex_destroy(&trial.lock);
	pthread_cond_destroy(&trial.over);
	return n;
}
