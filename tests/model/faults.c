/* Faults, and the atomics that could have one. */
#include "model/machine.h"

#include <string.h>

enum { ORDERED = 64 };

static struct machine *const m = &model_machine;
static struct ordered ordered[ORDERED];
static size_t n_ordered;

bool
model_is_faulty(struct model_site *site, enum model_fault_kind kind)
{
	if (!m->fault)
		return false;
	if (site->checked != m->n_explorations) {
		site->checked = m->n_explorations;
		site->fault = strcmp(m->fault->function, site->function) == 0 &&
			      strcmp(m->fault->text, site->text) == 0
			      ? m->fault : NULL;
	}
	return site->fault && m->fault->kind == kind;
}

enum model_order
model_order_at(struct model_site *site, enum model_order order)
{
	size_t i;

	if (order == MODEL_RELAXED)
		return order;
	if (model_is_faulty(site, MODEL_WEAKER))
		return MODEL_RELAXED;
	if (m->fault)
		return order;
	for (i = 0; i < n_ordered; i++)
		if (strcmp(ordered[i].function, site->function) == 0 &&
		    strcmp(ordered[i].text, site->text) == 0)
			return order;
	if (n_ordered == ORDERED)
		model_give_up("too many ordered atomics");
	ordered[n_ordered++] = (struct ordered){ site->function, site->text };
	return order;
}

const struct ordered *
model_ordered(size_t *n)
{
	*n = n_ordered;
	return ordered;
}

void
model_forget_ordered(void)
{
	n_ordered = 0;
}
