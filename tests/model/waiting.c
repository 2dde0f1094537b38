/* What steps do to who waits: mutexes, conditions, futexes. */
#include "model/machine.h"

static struct machine *const m = &model_machine;

/* -- mutexes, conditions -------------------------------------------------- */

static void
take(int location)
{
	struct thread *t = &m->threads[m->me];

	m->locations[location].holder = m->me;
	model_join(&t->now, &m->locations[location].released);
	model_join(&t->acquired, &m->locations[location].released);
}

static void
let_go(int location)
{
	m->locations[location].holder = -1;
	m->locations[location].released = m->threads[m->me].now;
	model_new_epoch();
}

void
model_lock(void *mutex, struct model_site *site)
{
	int location;

	if (m->me < 0 || model_is_faulty(site, MODEL_MISSING))
		return;
	location = model_find_location(mutex, 0);
	model_step(model_access_to(LOCK, location, MODEL_RELAXED), site);
	take(location);
}

void
model_unlock(void *mutex, struct model_site *site)
{
	int location;

	if (m->me < 0 || model_is_faulty(site, MODEL_MISSING))
		return;
	location = model_find_location(mutex, 0);
	model_step(model_access_to(UNLOCK, location, MODEL_RELAXED), site);
	if (m->locations[location].holder != m->me)
		model_fail("unlocks what it does not hold");
	let_go(location);
}

void
model_sleep(void *cond, void *mutex, struct model_site *site)
{
	struct thread *t = &m->threads[m->me];
	struct step next;
	bool is_real = true;

	if (m->me < 0)
		model_give_up("a condition is waited for outside threads");
	next = model_access_to(SLEEP, model_find_location(mutex, 0),
			       MODEL_RELAXED);
	next.other = model_find_location(cond, 0);
	model_step(next, site);
	if (m->locations[next.location].holder != m->me)
		model_fail("sleeps without the mutex");
	let_go(next.location);
	if (m->wakes_for_nothing && model_choose(2)) {
		m->wakes_for_nothing = false;
		is_real = false;
	}
	t->is_asleep = is_real;
	t->asleep_on = next.other;
	model_step(model_access_to(LOCK, next.location, MODEL_RELAXED), site);
	take(next.location);
}

/* So many of those that sleep there. */
static void
wake(int location, unsigned most)
{
	int candidates[MODEL_THREADS], n, i;
	unsigned u;

	for (; most; most--) {
		n = 0;
		for (u = 0; u < m->config->threads; u++) {
			const struct thread *t = &m->threads[u];

			if (t->is_asleep && t->asleep_on == location)
				candidates[n++] = (int)u;
		}
		if (!n)
			return;
		i = (unsigned)n > most ? model_choose(n) : 0;
		m->threads[candidates[i]].is_asleep = false;
	}
}

void
model_wake(void *cond, bool all, struct model_site *site)
{
	int location;

	if (m->me < 0 || model_is_faulty(site, MODEL_MISSING))
		return;
	location = model_find_location(cond, 0);
	model_step(model_access_to(WAKE, location, MODEL_RELAXED), site);
	wake(location, all ? MODEL_THREADS : 1);
}

/* -- futexes -------------------------------------------------------------- */

void
model_futex_wait(const volatile void *p, uint64_t value,
		 struct model_site *site)
{
	struct thread *t = &m->threads[m->me];
	int location, least, number;

	if (m->me < 0)
		model_give_up("a futex is waited for outside threads");
	location = model_find_location(p, sizeof(uint32_t));
	model_step(model_access_to(WAIT, location, MODEL_RELAXED), site);
	least = model_oldest_for(location, MODEL_RELAXED);
	if (least < m->locations[location].woken_at)
		least = m->locations[location].woken_at;
	number = newest(location) - model_choose(newest(location) - least + 1);
	if (model_see(location, number, MODEL_RELAXED) != value)
		return;
	if (m->wakes_for_nothing && model_choose(2)) {
		m->wakes_for_nothing = false;
		return;
	}
	t->is_asleep = true;
	t->asleep_on = location;
	model_step(model_access_to(WOKEN, -1, MODEL_RELAXED), site);
}

void
model_futex_wake(const volatile void *p, unsigned most,
		 struct model_site *site)
{
	struct location *l;
	int location;

	if (m->me < 0 || model_is_faulty(site, MODEL_MISSING))
		return;
	location = model_find_location(p, sizeof(uint32_t));
	model_step(model_access_to(WAKE, location, MODEL_RELAXED), site);
	l = &m->locations[location];
	if (l->woken_at < m->threads[m->me].now.oldest[location])
		l->woken_at = m->threads[m->me].now.oldest[location];
	wake(location, most < MODEL_THREADS ? most : MODEL_THREADS);
}
