#include "exec/trial.h"

#include "base/thread.h"

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
	unsigned n = 0, i;

	if (want > MANY)
		want = MANY;
	while (n < want && weir__thread_start(&threads[n], stay, &trial))
		n++;
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
