#include "exec/waits.h"

#include <pthread.h>
#include <stddef.h>

#include "exec/team.h"

static _Thread_local struct weir__under_way under_way;

struct weir__under_way
weir__under_way(void)
{
	return under_way;
}

void
weir__set_under_way(struct weir__under_way now)
{
	under_way = now;
}

struct weir__waiting *
weir__run_under_way(void)
{
	return under_way.run;
}

struct weir__waiting *
weir__set_run_under_way(struct weir__waiting *run)
{
	struct weir__waiting *was = under_way.run;

	under_way.run = run;
	return was;
}

bool
weir__is_in_a_task(void)
{
	return under_way.run || weir__team_is_inside();
}

/* -- waits --------------------------------------------------------------------- */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct weir__wait_edge *edges;	/* under lock */
static atomic_uint n_edges;		/* at least those that are there */

/* In a forked child those of the threads that are not here are gone; one that
 * is here may end its own. */
static void
forget_all(void)
{
	pthread_mutex_init(&lock, NULL);
	edges = NULL;
}

static void
watch_forks(void)
{
	pthread_atfork(NULL, NULL, forget_all);
}

/* Whether a task of `inner` is one of `run`, too. */
static bool
is_in(const struct weir__waiting *inner, const struct weir__waiting *run)
{
	while (inner && inner != run)
		inner = inner->around;
	return inner;
}

/* Whether the run waits for a task of `target`. There may be very many behind
 * each other, but no more waits than threads. */
static bool
leads_to(const struct weir__waiting *run, const struct weir__waiting *target)
{
	const struct weir__wait_edge *e;

	while (run) {
		if (is_in(target, run))
			return true;
		for (e = edges; e; e = e->next)
			if (e->to && is_in(e->from, run) &&
			    leads_to(e->to, target))
				return true;
		/* acquire: what it was when it was put there */
		run = atomic_load_explicit(&run->behind, memory_order_acquire);
	}
	return false;
}

bool
weir__wait_begin(struct weir__wait_edge *edge, struct weir__waiting *to)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;
	bool may_wait;

	pthread_once(&once, watch_forks);
	*edge = (struct weir__wait_edge){ .from = under_way.run, .to = to };
	pthread_mutex_lock(&lock);
	may_wait = !under_way.run || !leads_to(to, under_way.run);
	if (may_wait) {
		edge->next = edges;
		edges = edge;
		atomic_fetch_add_explicit(&n_edges, 1, memory_order_relaxed);
	}
	pthread_mutex_unlock(&lock);
	return may_wait;
}

void
weir__wait_end(struct weir__wait_edge *edge)
{
	struct weir__wait_edge **e;

	pthread_mutex_lock(&lock);
	for (e = &edges; *e && *e != edge; e = &(*e)->next)
		;
	if (*e) {
		*e = edge->next;
		atomic_fetch_sub_explicit(&n_edges, 1, memory_order_relaxed);
	}
	pthread_mutex_unlock(&lock);
}

void
weir__wait_is_over(const struct weir__waiting *run)
{
	struct weir__wait_edge *e;

	if (!atomic_load_explicit(&n_edges, memory_order_relaxed))
		return;
	pthread_mutex_lock(&lock);
	for (e = edges; e; e = e->next)
		if (e->to == run)
			e->to = NULL;
	pthread_mutex_unlock(&lock);
}
