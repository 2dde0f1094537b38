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

static inline void
swap(weir_tensor *variable, weir_tensor **value)
{
	weir_tensor *old = variable->current;

	if (variable->loans)
		atomic_fetch_add_explicit(&old->refs, variable->loans,
					  memory_order_relaxed);
	variable->loans = 0;
	variable->swaps++;
	variable->current = *value;
	*value = old;
}

static void
lend(const struct weir__access *a)
{
	size_t i;

	for (i = 0; i < a->n; i++) {
		weir_tensor *v = a->variables[i];

		v->loans++;
		a->loans[i].value = v->current;
		a->loans[i].swaps = v->swaps;
	}
}

/* Loans of what variables no longer have are references, and stay. */
static bool
take_back(const struct weir__access *a)
{
	bool stays = false;
	size_t i;

	for (i = 0; i < a->n; i++) {
		weir_tensor *v = a->variables[i];

		if (v->swaps == a->loans[i].swaps) {
			v->loans--;
			a->loans[i].value = NULL;
		} else {
			stays = true;
		}
	}
	return stays;
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
	size_t i;

	if (n == 0)
		return;
	lock = &variables[0]->heap->cache->variables;
	weir__spin_lock(lock);
	for (i = 0; i < n; i++)
		swap(variables[i], &values[i]);
	weir__spin_unlock(lock);
}

/* -- runs that write -------------------------------------------------------- */

static bool
try_to_take(const struct weir__access *a, struct weir__attempt *attempt)
{
	size_t i;

	for (i = 0; i < a->n_written; i++)
		if (a->written[i]->is_taken) {
			attempt->endings = a->written[i]->heap->cache->endings;
			if (attempt->meet && a->written[i]->writer)
				attempt->meet(attempt, a->written[i]->writer);
			return false;
		}
	for (i = 0; i < a->n_written; i++) {
		a->written[i]->is_taken = true;
		a->written[i]->writer = attempt->writer;
	}
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
weir__variables_try(const struct weir__access *access,
		    struct weir__attempt *attempt)
{
	struct weir__spin *lock;
	bool has_begun;

	attempt->ours = NULL;
	if (access->n == 0)
		return true;
	lock = &access->variables[0]->heap->cache->variables;
	weir__spin_lock(lock);
	has_begun = try_to_take(access, attempt);
	if (has_begun)
		lend(access);
	else
		attempt->ours = taken_around(access->written,
					     access->n_written);
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
weir__variables_begin(const struct weir__access *access, void *writer)
{
	struct weir__attempt attempt = { .writer = writer };

	while (!weir__variables_try(access, &attempt)) {
		if (attempt.ours)
			return attempt.ours;
		weir__variables_await(access->variables[0]->heap, &attempt);
	}
	return NULL;
}

bool
weir__variable_take_eagerly(weir_tensor *variable, weir_tensor **out)
{
	struct weir__spin *lock = &variable->heap->cache->variables;
	const struct weir__access access = { .written = &variable,
					     .n_written = 1 };
	struct weir__attempt attempt = { .writer = NULL };
	bool is_new;

	weir__spin_lock(lock);
	for (;;) {
		is_new = !variable->is_taken_eagerly;
		if (!is_new || try_to_take(&access, &attempt))
			break;
		weir__spin_unlock(lock);
		weir__variables_await(variable->heap, &attempt);
		weir__spin_lock(lock);
	}
	snapshot(&variable, 1, out);
	if (is_new) {
		variable->is_taken_eagerly = true;
		variable->taker = pthread_self();
	}
	weir__spin_unlock(lock);
	return is_new;
}

static void
release_stayed(const struct weir__access *a)
{
	size_t i;

	for (i = 0; i < a->n; i++) {
		weir_tensor_release(a->loans[i].value);
		a->loans[i].value = NULL;
	}
}

void
weir__variables_end(const struct weir__access *access, weir_tensor **values)
{
	struct weir__storage_cache *cache;
	bool is_awaited = false, stays;
	size_t i;

	if (access->n == 0 && access->n_written == 0)
		return;
	cache = (access->n ? access->variables
			   : access->written)[0]->heap->cache;
	weir__spin_lock(&cache->variables);
	stays = take_back(access);
	if (access->n_written) {
		for (i = 0; i < access->n_written; i++) {
			weir_tensor *v = access->written[i];

			if (values)
				swap(v, &values[i]);
			v->is_taken = v->is_taken_eagerly = false;
		}
		cache->endings++;
		is_awaited = cache->waiters > 0;
	}
	weir__spin_unlock(&cache->variables);
	if (stays)
		release_stayed(access);
	if (!is_awaited)
		return;
	pthread_mutex_lock(&cache->wait_lock);
	pthread_cond_broadcast(&cache->written);
	pthread_mutex_unlock(&cache->wait_lock);
}

void
weir__variables_end_and_commit(const struct weir__access *access,
			       weir_tensor *const *variables, size_t n,
			       weir_tensor **values)
{
	struct weir__spin *lock = &access->variables[0]->heap->cache->variables;
	bool stays;
	size_t i;

	weir__spin_lock(lock);
	stays = take_back(access);
	for (i = 0; i < n; i++)
		swap(variables[i], &values[i]);
	weir__spin_unlock(lock);
	if (stays)
		release_stayed(access);
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
