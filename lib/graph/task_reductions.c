#include "graph/task_reductions.h"

#include "base/error.h"

void
weir__task_reductions_free(weir_tasks *t)
{
	size_t r;

	for (r = 0; r < t->n_reductions; r++)
		weir__free(t->heap, t->reductions[r].parts);
	weir__free(t->heap, t->reductions);
	weir__free(t->heap, t->parts);
	weir__free(t->heap, t->effective);
	weir__free(t->heap, t->effective_costs);
	weir__pointer_map_free(&t->reduction_of);
	weir__pointer_map_free(&t->part_of);
}

static struct weir__reduction *
find_reduction(const weir_tasks *t, const void *result)
{
	uint32_t number = weir__pointer_map_get(&t->reduction_of, result);

	return number == WEIR__NOT_MAPPED ? NULL : &t->reductions[number];
}

/* -- combining ------------------------------------------------------------------- */

struct combination {
	weir_combine_fn combine;
	void *into;
	const void *from;
	void *arg;
};

static weir_status
run_combination(void *arg)
{
	const struct combination *c = arg;

	return c->combine(c->into, c->from, c->arg);
}

static weir_status
record(weir_tasks *t, const struct weir__reduction *r,
       const struct weir__contribution *into,
       const struct weir__contribution *from)
{
	const struct combination combination = {
		.combine = r->combine, .into = into->part,
		.from = from->part, .arg = r->arg,
	};
	const weir_access accesses[] = {
		{ into->part, WEIR_READ_WRITE }, { from->part, WEIR_READ },
	};
	const double costs[] = { into->cost, from->cost };
	weir_task_options options = r->options;

	if (into->cost >= 0 && from->cost >= 0)
		options.edge_nanoseconds = costs;
	return weir__tasks_record_own(t, run_combination, &combination,
				      sizeof combination, accesses, 2,
				      &options);
}

/* Pairs of neighbours, pairs of those, and so on; then the result. */
static weir_status
combine(weir_tasks *t, struct weir__reduction *r)
{
	struct weir__contribution result = { .part = r->result };
	weir_status status;

	if (r->n == 0)
		return WEIR_OK;
	for (; r->stride < r->n; r->stride *= 2, r->at = 0)
		for (; r->at + r->stride < r->n; r->at += 2 * r->stride) {
			status = record(t, r, &r->parts[r->at],
					&r->parts[r->at + r->stride]);
			if (status)
				return status;
		}
	status = record(t, r, &result, &r->parts[0]);
	if (status)
		return status;
	r->n = r->at = 0;
	r->stride = 1;
	r->round++;
	return WEIR_OK;
}

weir_status
weir__tasks_combine_all(weir_tasks *t)
{
	weir_status status = WEIR_OK;
	size_t r;

	for (r = 0; r < t->n_reductions && !status; r++)
		status = combine(t, &t->reductions[r]);
	return status;
}

weir_status
weir__tasks_set_reduction(weir_tasks *t, void *result,
			  weir_combine_fn fn, void *arg,
			  const weir_task_options *options)
{
	struct weir__reduction *r = find_reduction(t, result);
	weir_status status;

	if (r) {
		status = combine(t, r);
		if (status)
			return status;
	} else {
		if (weir__grow(t->heap, &t->reductions, &t->reductions_room,
			       t->n_reductions, sizeof *t->reductions) ||
		    weir__pointer_map_put(&t->reduction_of, result,
					  (uint32_t)t->n_reductions))
			return WEIR_ENOMEM;
		r = &t->reductions[t->n_reductions++];
		*r = (struct weir__reduction){ .result = result, .stride = 1,
					       .round = 1 };
	}
	r->combine = fn;
	r->arg = arg;
	r->options = *options;
	r->options.edge_nanoseconds = NULL;
	r->options.parts = NULL;
	r->options.bytes = NULL;
	if (!r->options.name)
		r->options.name = "combine";
	return WEIR_OK;
}

/* -- contributing ------------------------------------------------------------------ */

/* Whether the part waits to be combined, or is a part of this task, too, for
 * another result. */
static bool
is_of_another(const weir_tasks *t, const weir_access *accesses,
	      void *const *parts, size_t which)
{
	uint32_t number = weir__pointer_map_get(&t->part_of, parts[which]);
	const struct weir__reduction *r;
	size_t i;

	for (i = 0; i < which; i++)
		if (accesses[i].mode == WEIR_REDUCE &&
		    parts[i] == parts[which] &&
		    accesses[i].memory != accesses[which].memory)
			return true;
	if (number == WEIR__NOT_MAPPED)
		return false;
	r = &t->reductions[t->parts[number].reduction];
	return r->round == t->parts[number].round &&
	       r->result != accesses[which].memory;
}

static weir_status
check(const weir_tasks *t, const char *what, const weir_access *accesses,
      void *const *parts, size_t i)
{
	if (!find_reduction(t, accesses[i].memory))
		return weir_fail(WEIR_EINVAL, "%s: access %zu reduces, and "
				 "nothing tells how: see "
				 "weir_tasks_set_reduction()", what, i);
	if (!parts || !parts[i])
		return weir_fail(WEIR_ENULL, "%s: access %zu reduces, and its "
				 "part is NULL", what, i);
	if (parts[i] == accesses[i].memory)
		return weir_fail(WEIR_EINVAL, "%s: the part of access %zu is "
				 "the result", what, i);
	if (is_of_another(t, accesses, parts, i))
		return weir_fail(WEIR_EINVAL, "%s: the part of access %zu is "
				 "a part of another result, too", what, i);
	return WEIR_OK;
}

weir_status
weir__tasks_combine(weir_tasks *t, const void *result)
{
	struct weir__reduction *r = find_reduction(t, result);

	return r ? combine(t, r) : WEIR_OK;
}

/* What has been contributed to what the task reads or writes. A reduction some
 * of which has been combined gets no more. */
static weir_status
combine_for(weir_tasks *t, const weir_access *access, const void *part)
{
	const struct weir__reduction *r = find_reduction(t, access->memory);
	weir_status status;

	if (access->mode != WEIR_REDUCE)
		return weir__tasks_combine(t, access->memory);
	status = r->at > 0 || r->stride > 1
		? weir__tasks_combine(t, access->memory) : WEIR_OK;
	return status ? status : weir__tasks_combine(t, part);
}

weir_status
weir__tasks_begin_accesses(weir_tasks *t, const char *what,
			   const weir_access *accesses, size_t n,
			   void *const *parts)
{
	weir_status status = WEIR_OK;
	size_t i;

	for (i = 0; i < n && !status; i++)
		if (accesses[i].mode == WEIR_REDUCE)
			status = check(t, what, accesses, parts, i);
	for (i = 0; i < n && !status; i++)
		status = combine_for(t, &accesses[i],
				     parts ? parts[i] : NULL);
	return status;
}

/* For a part, and for `more` contributions. */
static weir_status
make_room(weir_tasks *t, const void *result, const void *part, size_t more)
{
	struct weir__reduction *r = find_reduction(t, result);

	if (weir__grow(t->heap, &r->parts, &r->room, r->n + more - 1,
		       sizeof *r->parts))
		return WEIR_ENOMEM;
	if (weir__pointer_map_get(&t->part_of, part) != WEIR__NOT_MAPPED)
		return WEIR_OK;
	if (weir__grow(t->heap, &t->parts, &t->parts_room, t->n_parts,
		       sizeof *t->parts) ||
	    weir__pointer_map_put(&t->part_of, part, (uint32_t)t->n_parts))
		return WEIR_ENOMEM;
	t->parts[t->n_parts++] = (struct weir__part){ .round = 0 };
	return WEIR_OK;
}

/* Who adds to what is there already makes no new contribution. */
static void
contribute(weir_tasks *t, const void *result, void *part, double cost)
{
	struct weir__reduction *r = find_reduction(t, result);
	uint32_t number = (uint32_t)(r - t->reductions);
	struct weir__part *p = &t->parts[weir__pointer_map_get(&t->part_of,
							       part)];

	if (p->reduction == number && p->round == r->round)
		return;
	*p = (struct weir__part){ .reduction = number, .round = r->round };
	r->parts[r->n++] = (struct weir__contribution){ part, cost };
}

weir_status
weir__tasks_record_reducing(weir_tasks *t, weir_task_fn fn, void *arg,
			    const weir_access *accesses, size_t n,
			    const weir_task_options *options)
{
	const double *told = options->edge_nanoseconds;
	weir_task_options own = *options;
	weir_status status;
	size_t i;

	if (weir__grow(t->heap, &t->effective, &t->effective_room, n - 1,
		       sizeof *t->effective) ||
	    weir__grow(t->heap, &t->effective_costs,
		       &t->effective_costs_room, n - 1,
		       sizeof *t->effective_costs))
		return WEIR_ENOMEM;
	for (i = 0; i < n; i++) {
		bool reduces = accesses[i].mode == WEIR_REDUCE;

		t->effective_costs[i] = told && !reduces ? told[i] : 0;
		t->effective[i] = accesses[i];
		if (!reduces)
			continue;
		t->effective[i] = (weir_access){ options->parts[i],
						 WEIR_READ_WRITE };
		if (make_room(t, accesses[i].memory, options->parts[i], n))
			return WEIR_ENOMEM;
	}
	if (told)
		own.edge_nanoseconds = t->effective_costs;
	status = weir__tasks_record(t, fn, arg, t->effective, n, &own);
	for (i = 0; i < n && !status; i++)
		if (accesses[i].mode == WEIR_REDUCE)
			contribute(t, accesses[i].memory, options->parts[i],
				   told ? told[i] : -1);
	return status;
}
