/*
 * Variables' values: read and replaced under one short lock a heap, so that
 * several can be read, or replaced, at one moment.
 */
#include "tensor/cache.h"

static void
snapshot(weir_tensor *const *variables, size_t n, weir_tensor **out)
{
	size_t i;

	for (i = 0; i < n; i++)
		out[i] = weir_tensor_retain(variables[i]->current);
}

static void
swap(weir_tensor *const *variables, size_t n, weir_tensor **values)
{
	size_t i;

	for (i = 0; i < n; i++) {
		weir_tensor *old = variables[i]->current;

		variables[i]->current = values[i];
		values[i] = old;
	}
}

void
weir__variables_snapshot(weir_tensor *const *variables, size_t n,
			 weir_tensor **out)
{
	struct weir__spin *lock;

	if (n == 0)
		return;
	lock = &variables[0]->heap->cache->variables;
	weir__spin_lock(lock);
	snapshot(variables, n, out);
	weir__spin_unlock(lock);
}

void
weir__variables_commit(weir_tensor *const *variables, size_t n,
		       weir_tensor **values)
{
	struct weir__spin *lock;

	if (n == 0)
		return;
	lock = &variables[0]->heap->cache->variables;
	weir__spin_lock(lock);
	swap(variables, n, values);
	weir__spin_unlock(lock);
}

/* -- runs that write -------------------------------------------------------- */

static bool
try_to_begin(weir_tensor *const *written, size_t n_written,
	     weir_tensor *const *variables, size_t n, weir_tensor **snapshots,
	     struct weir__attempt *attempt)
{
	struct weir__storage_cache *cache = variables[0]->heap->cache;
	size_t i;

	for (i = 0; i < n_written; i++)
		if (written[i]->is_taken) {
			attempt->endings = cache->endings;
			if (attempt->meet && written[i]->writer)
				attempt->meet(attempt, written[i]->writer);
			return false;
		}
	for (i = 0; i < n_written; i++) {
		written[i]->is_taken = true;
		written[i]->writer = attempt->writer;
	}
	snapshot(variables, n, snapshots);
	return true;
}

/* The variable that an eager call around this one has taken, or NULL. */
static weir_tensor *
taken_around(weir_tensor *const *written, size_t n_written)
{
	size_t i;

	for (i = 0; i < n_written; i++)
		if (written[i]->is_taken_eagerly &&
		    pthread_equal(written[i]->taker, pthread_self()))
			return written[i];
	return NULL;
}

bool
weir__variables_try(weir_tensor *const *written, size_t n_written,
		    weir_tensor *const *variables, size_t n,
		    weir_tensor **snapshots, struct weir__attempt *attempt)
{
	struct weir__spin *lock;
	bool has_begun;

	attempt->ours = NULL;
	if (n == 0)		/* what is written is also among the n */
		return true;
	lock = &variables[0]->heap->cache->variables;
	weir__spin_lock(lock);
	has_begun = try_to_begin(written, n_written, variables, n, snapshots,
				 attempt);
	if (!has_begun)
		attempt->ours = taken_around(written, n_written);
	weir__spin_unlock(lock);
	return has_begun;
}

void
weir__variables_await(struct weir__heap *heap,
		      const struct weir__attempt *attempt)
{
	struct weir__storage_cache *cache = heap->cache;
	bool waits;

	/* Whoever ends sees that somebody waits, and then needs wait_lock,
	 * which is free only once the waiter is asleep. */
	pthread_mutex_lock(&cache->wait_lock);
	weir__spin_lock(&cache->variables);
	waits = cache->endings == attempt->endings;
	cache->waiters += waits;
	weir__spin_unlock(&cache->variables);
	if (waits) {
		pthread_cond_wait(&cache->written, &cache->wait_lock);
		weir__spin_lock(&cache->variables);
		cache->waiters--;
		weir__spin_unlock(&cache->variables);
	}
	pthread_mutex_unlock(&cache->wait_lock);
}

weir_tensor *
weir__variables_begin(weir_tensor *const *written, size_t n_written,
		      weir_tensor *const *variables, size_t n,
		      weir_tensor **snapshots, void *writer)
{
	struct weir__attempt attempt = { .writer = writer };

	while (!weir__variables_try(written, n_written, variables, n,
				    snapshots, &attempt)) {
		if (attempt.ours)
			return attempt.ours;
		weir__variables_await(variables[0]->heap, &attempt);
	}
	return NULL;
}

bool
weir__variable_take_eagerly(weir_tensor *variable, weir_tensor **out)
{
	struct weir__spin *lock = &variable->heap->cache->variables;
	bool is_ours_already;

	weir__spin_lock(lock);
	is_ours_already = variable->is_taken_eagerly;
	if (is_ours_already)
		snapshot(&variable, 1, out);
	weir__spin_unlock(lock);
	if (is_ours_already)
		return false;
	weir__variables_begin(&variable, 1, &variable, 1, out, NULL);
	weir__spin_lock(lock);
	variable->is_taken_eagerly = true;
	variable->taker = pthread_self();
	weir__spin_unlock(lock);
	return true;
}

void
weir__variables_end(weir_tensor *const *written, size_t n_written,
		    weir_tensor **values)
{
	struct weir__storage_cache *cache;
	bool is_awaited;
	size_t i;

	if (n_written == 0)
		return;
	cache = written[0]->heap->cache;
	weir__spin_lock(&cache->variables);
	if (values)
		swap(written, n_written, values);
	for (i = 0; i < n_written; i++)
		written[i]->is_taken = written[i]->is_taken_eagerly = false;
	cache->endings++;
	is_awaited = cache->waiters > 0;
	weir__spin_unlock(&cache->variables);
	if (!is_awaited)
		return;
	pthread_mutex_lock(&cache->wait_lock);
	pthread_cond_broadcast(&cache->written);
	pthread_mutex_unlock(&cache->wait_lock);
}

weir_tensor *
weir__variable_snapshot(weir_tensor *variable)
{
	weir_tensor *value;

	weir__variables_snapshot(&variable, 1, &value);
	return value;
}

weir_tensor *
weir__variable_swap(weir_tensor *variable, weir_tensor *value)
{
	weir__variables_commit(&variable, 1, &value);
	return value;
}
