/*
 * What steps do to memory, which is as in views without promises (Kang et al.,
 * POPL 2017): a location keeps all its stores in order; a thread's view is the
 * oldest store of each location that it may still see. Releasing publishes
 * views, acquiring takes them in.
 */
#include "model/machine.h"

#include <string.h>

static struct machine *const m = &model_machine;

/* -- views ---------------------------------------------------------------- */

void
model_join(struct view *to, const struct view *from)
{
	unsigned u;
	int i;

	for (i = 0; i < m->n_locations; i++)
		if (to->oldest[i] < from->oldest[i])
			to->oldest[i] = from->oldest[i];
	for (u = 0; u < m->config->threads; u++)
		if (to->clock.epoch[u] < from->clock.epoch[u])
			to->clock.epoch[u] = from->clock.epoch[u];
}

static void
new_epoch_of(unsigned thread)
{
	m->threads[thread].now.clock.epoch[thread]++;
}

void
model_new_epoch(void)
{
	new_epoch_of((unsigned)m->me);
}

static bool
acquires(enum model_order order)
{
	return order == MODEL_ACQUIRE || order >= MODEL_ACQ_REL;
}

static bool
releases(enum model_order order)
{
	return order >= MODEL_RELEASE;
}

/* -- memory --------------------------------------------------------------- */

static uint64_t
peek(const volatile void *p, size_t size)
{
	switch (size) {
	case 1:
		return *(const volatile uint8_t *)p;
	case 2:
		return *(const volatile uint16_t *)p;
	case 4:
		return *(const volatile uint32_t *)p;
	}
	return *(const volatile uint64_t *)p;
}

static void
poke(volatile void *p, size_t size, uint64_t value)
{
	switch (size) {
	case 1:
		*(volatile uint8_t *)p = (uint8_t)value;
		break;
	case 2:
		*(volatile uint16_t *)p = (uint16_t)value;
		break;
	case 4:
		*(volatile uint32_t *)p = (uint32_t)value;
		break;
	default:
		*(volatile uint64_t *)p = value;
	}
}

static uint64_t
cut_to(size_t size, uint64_t value)
{
	return size < 8 ? value & (((uint64_t)1 << 8 * size) - 1) : value;
}

int
model_find_location(const volatile void *p, size_t size)
{
	struct location *l;
	int i;

	for (i = 0; i < m->n_locations; i++)
		if (m->locations[i].p == p)
			return i;
	if (m->n_locations == LOCATIONS)
		model_give_up("too many locations");
	l = &m->locations[m->n_locations];
	l->p = p;
	l->size = size;
	l->n_stores = 1;
	memset(&l->stores[0], 0, sizeof l->stores[0]);
	if (size)
		l->stores[0].value = peek(p, size);
	l->holder = -1;
	memset(&l->released, 0, sizeof l->released);
	l->woken_at = 0;
	return m->n_locations++;
}

/* -- atomics -------------------------------------------------------------- */

uint64_t
model_see(int location, int number, enum model_order order)
{
	struct thread *t = &m->threads[m->me];
	const struct store *s = &m->locations[location].stores[number];

	if (t->now.oldest[location] < number)
		t->now.oldest[location] = (uint8_t)number;
	if (order == MODEL_SEQ_CST && m->total.oldest[location] < number)
		m->total.oldest[location] = (uint8_t)number;
	if (!(t->seen >> location & 1))
		t->seen_at[location] = (uint8_t)number;
	t->seen |= (uint64_t)1 << location;
	model_join(&t->acquired, &s->view);
	if (acquires(order))
		model_join(&t->now, &s->view);
	return s->value;
}

int
model_oldest_for(int location, enum model_order order)
{
	int oldest = m->threads[m->me].now.oldest[location];

	if (order == MODEL_SEQ_CST && m->total.oldest[location] > oldest)
		oldest = m->total.oldest[location];
	return oldest;
}

/* before: what a read-modify-write has read; its release goes on. */
static void
append(int location, uint64_t value, enum model_order order,
       const struct store *before)
{
	struct thread *t = &m->threads[m->me];
	struct location *l = &m->locations[location];
	int number = l->n_stores;
	struct store *s = &l->stores[number];
	unsigned u;

	if (number == STORES)
		model_give_up("too many stores to one location");
	t->now.oldest[location] = (uint8_t)number;
	if (t->acquired.oldest[location] < number)
		t->acquired.oldest[location] = (uint8_t)number;
	if (order == MODEL_SEQ_CST)
		m->total.oldest[location] = (uint8_t)number;
	s->value = cut_to(l->size, value);
	s->view = releases(order) ? t->now : t->released;
	s->view.oldest[location] = (uint8_t)number;
	if (before)
		model_join(&s->view, &before->view);
	l->n_stores++;
	poke((volatile void *)l->p, l->size, value);
	if (releases(order))
		model_new_epoch();
	t->seen = 0;
	for (u = 0; u < m->config->threads; u++) {
		t = &m->threads[u];
		if (t->is_paused && t->seen >> location & 1)
			m->is_repeat = true;
	}
}

struct step
model_access_to(enum kind kind, int location, enum model_order order)
{
	return (struct step){ .kind = kind, .location = location, .other = -1,
			      .is_total = order == MODEL_SEQ_CST };
}

uint64_t
model_load(const volatile void *p, size_t size, enum model_order order,
	   struct model_site *site)
{
	int location, least, number;
	uint64_t value;

	order = model_order_at(site, order);
	if (model_is_faulty(site, MODEL_READS))
		return cut_to(size, m->fault->value);
	if (m->me < 0)
		return peek(p, size);
	location = model_find_location(p, size);
	model_step(model_access_to(LOAD, location, order), site);
	least = model_oldest_for(location, order);
	if (least < m->threads[m->me].must_see)
		least = m->threads[m->me].must_see;
	m->threads[m->me].must_see = 0;
	number = newest(location) - model_choose(newest(location) - least + 1);
	value = model_see(location, number, order);
	model_this_step()->value = value;
	model_this_step()->is_stale = number < newest(location);
	return value;
}

void
model_store(volatile void *p, size_t size, uint64_t value,
	    enum model_order order, struct model_site *site)
{
	int location;

	order = model_order_at(site, order);
	if (model_is_faulty(site, MODEL_MISSING))
		return;
	if (m->me < 0) {
		poke(p, size, value);
		return;
	}
	location = model_find_location(p, size);
	model_step(model_access_to(STORE, location, order), site);
	append(location, value, order, NULL);
	model_this_step()->value = cut_to(size, value);
}

bool
model_swap(volatile void *p, size_t size, void *expected, uint64_t value,
	   enum model_order order, enum model_order failure_order,
	   struct model_site *site)
{
	int candidates[STORES], n = 0, location, i;
	uint64_t wanted = peek(expected, size), found;
	const struct location *l;

	order = model_order_at(site, order);
	if (model_is_faulty(site, MODEL_SPLIT) || m->me < 0) {
		found = model_load(p, size, order, site);
		poke(expected, size, found);
		if (found == wanted)
			model_store(p, size, value, order, site);
		return found == wanted;
	}
	location = model_find_location(p, size);
	l = &m->locations[location];
	model_step(model_access_to(SWAP, location, order), site);
	/* The newest store; or an older one that differs, as failing is only
	 * a load. */
	for (i = newest(location);
	     i >= model_oldest_for(location, failure_order); i--)
		if (i == newest(location) || l->stores[i].value != wanted)
			candidates[n++] = i;
	i = candidates[model_choose(n)];
	if (l->stores[i].value == wanted) {
		model_see(location, i, order);
		append(location, value, order, &l->stores[i]);
		model_this_step()->value = cut_to(size, value);
		return true;
	}
	found = model_see(location, i, failure_order);
	poke(expected, size, found);
	model_this_step()->value = found;
	model_this_step()->is_stale = true;
	return false;
}

static uint64_t
changed(uint64_t before, char operation, uint64_t operand)
{
	switch (operation) {
	case '+':
		return before + operand;
	case '-':
		return before - operand;
	case '|':
		return before | operand;
	}
	return operand;
}

uint64_t
model_change(volatile void *p, size_t size, char operation, uint64_t operand,
	     enum model_order order, struct model_site *site)
{
	int location, number;
	uint64_t before, after;

	order = model_order_at(site, order);
	if (model_is_faulty(site, MODEL_MISSING))
		return 0;
	if (model_is_faulty(site, MODEL_SPLIT) || m->me < 0) {
		before = model_load(p, size, order, site);
		after = changed(before, operation, operand);
		model_store(p, size, after, order, site);
		return before;
	}
	location = model_find_location(p, size);
	model_step(model_access_to(CHANGE, location, order), site);
	number = newest(location);
	before = model_see(location, number, order);
	after = changed(before, operation, operand);
	append(location, after, order, &m->locations[location].stores[number]);
	model_this_step()->value = cut_to(size, after);
	return before;
}

static void
fence(unsigned thread, enum model_order order)
{
	struct thread *t = &m->threads[thread];

	if (acquires(order))
		model_join(&t->now, &t->acquired);
	if (order == MODEL_SEQ_CST) {
		model_join(&t->now, &m->total);
		model_join(&m->total, &t->now);
		model_join(&t->acquired, &t->now);
	}
	if (releases(order)) {
		t->released = t->now;
		new_epoch_of(thread);
	}
}

void
model_fence(enum model_order order, struct model_site *site)
{
	if (m->me < 0 || model_is_faulty(site, MODEL_MISSING))
		return;
	if (order == MODEL_SEQ_CST)
		model_step(model_access_to(FENCE, -1, order), site);
	fence((unsigned)m->me, order);
}

/* The caller before the others, which are to see what it has done; and after
 * them, for it is to see what they have. */
void
model_fence_all(struct model_site *site)
{
	struct step step = model_access_to(FENCE, -1, MODEL_SEQ_CST);
	unsigned u;

	if (m->me < 0 || model_is_faulty(site, MODEL_MISSING))
		return;
	step.is_of_all = true;
	model_step(step, site);
	fence((unsigned)m->me, MODEL_SEQ_CST);
	for (u = 0; u < m->config->threads; u++)
		if ((int)u != m->me)
			fence(u, MODEL_SEQ_CST);
	fence((unsigned)m->me, MODEL_SEQ_CST);
}

bool
model_is_long(const char *function)
{
	const struct model_config *c = m->config;

	if (m->me < 0 || !(c->impatient >> m->me & 1) ||
	    (c->impatient_in && strcmp(c->impatient_in, function) != 0) ||
	    (c->long_waits && m->long_waits == c->long_waits) ||
	    !model_choose(2))
		return false;
	m->long_waits++;
	return true;
}

void
model_pause(void)
{
	struct thread *t;
	int i;

	if (m->me < 0)	/* nobody else is there to change anything */
		model_give_up("a loop waits outside threads");
	t = &m->threads[m->me];
	t->is_paused = true;
	for (i = 0; i < m->n_locations; i++)
		if (t->seen >> i & 1 && newest(i) > t->seen_at[i])
			m->is_repeat = true;
	model_note((struct traced){ .thread = (unsigned)m->me, .kind = PAUSE,
				    .location = -1 });
	model_to_scheduler();
}

unsigned long
model_self(void)
{
	return (unsigned long)(m->me + 1);
}
