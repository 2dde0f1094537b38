/*
 * Random tasks that notice by themselves when they are begun too early, or
 * beside others with whom they must not be: visits to places.
 */
#ifndef SUPPORT_VISITS_H
#define SUPPORT_VISITS_H

#include <stdatomic.h>
#include <string.h>
#include <time.h>

#include "support/weir_test.h"

enum { PLACES = 4, VISITS = 160 };

struct place {
	atomic_int inside;	/* who reads counts 1, who changes it 1000 */
	atomic_int changes;
};

struct visit {
	struct place *places;
	weir_access_mode modes[PLACES];		/* 0: it does not go there */
	int changes[PLACES];	/* that the program has made before; not asked
				   of who commutes */
	double nanoseconds;
	int priority;
	bool is_wrong;
};

static inline uint32_t
visits_random(uint64_t *state, uint32_t below)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33) % below;
}

/* Who changes a place must be alone there; who does not commute finds all that
 * the program has changed before. */
static inline weir_status
visit(void *arg)
{
	const struct timespec while_inside = { .tv_nsec = 1000 };
	struct visit *v = arg;
	int p;

	for (p = 0; p < PLACES; p++) {
		struct place *place = &v->places[p];
		int weight = v->modes[p] > WEIR_READ ? 1000 : 1;

		if (!v->modes[p])
			continue;
		if (v->modes[p] != WEIR_COMMUTE &&
		    atomic_load(&place->changes) != v->changes[p])
			v->is_wrong = true;
		if (atomic_fetch_add(&place->inside, weight) >=
		    (weight == 1 ? 1000 : 1))
			v->is_wrong = true;
	}
	nanosleep(&while_inside, NULL);
	for (p = 0; p < PLACES; p++) {
		struct place *place = &v->places[p];
		bool is_change = v->modes[p] > WEIR_READ;

		if (!v->modes[p])
			continue;
		if (is_change)
			atomic_fetch_add(&place->changes, 1);
		atomic_fetch_sub(&place->inside, is_change ? 1000 : 1);
	}
	return WEIR_OK;
}

/* What VISITS tasks do: each goes to two places, and most commute. */
static inline void
visits_draw(struct visit *visits, struct place *places, uint64_t seed)
{
	int changes[PLACES] = { 0 };
	int i, k;

	memset(places, 0, PLACES * sizeof *places);
	for (i = 0; i < VISITS; i++) {
		visits[i] = (struct visit){
			.places = places,
			.nanoseconds = 1000 + visits_random(&seed, 60000),
			.priority = (int)visits_random(&seed, 3),
		};
		for (k = 0; k < 2; k++) {
			uint32_t p = visits_random(&seed, PLACES / 2) * 2 +
				     (uint32_t)k;
			weir_access_mode mode = 1 + visits_random(&seed, 8);

			if (mode > WEIR_COMMUTE)
				mode = WEIR_COMMUTE;
			visits[i].modes[p] = mode;
			visits[i].changes[p] = changes[p];
			changes[p] += mode != WEIR_READ;
		}
	}
}

/* Record those from begin on, up to end. */
static inline void
visits_add(struct visit *visits, int begin, int end, weir_tasks *tasks,
	   bool has_edges)
{
	static const double edges[] = { 30, 300 };
	int i, p;

	for (i = begin; i < end; i++) {
		weir_task_options options = {
			.size = sizeof options,
			.nanoseconds = visits[i].nanoseconds,
			.edge_nanoseconds = has_edges ? edges : NULL,
			.priority = has_edges ? 0 : visits[i].priority,
		};
		weir_access accesses[2];
		size_t n = 0;

		for (p = 0; p < PLACES; p++)
			if (visits[i].modes[p])
				accesses[n++] = (weir_access){
					&visits[i].places[p],
					visits[i].modes[p] };
		must(weir_tasks_add(tasks, visit, &visits[i], accesses, n,
				    &options, NULL));
	}
}

static inline void
visits_expect_right(const struct visit *visits, int seed)
{
	int i;

	for (i = 0; i < VISITS; i++)
		cr_expect_not(visits[i].is_wrong, "seed %d, task %d", seed, i);
}

#endif
