/*
 * The tasks of the added graph are copied with their edges. What ties them to
 * the graph they are added to follows from the places that both know: who read
 * one before the added graph had written it comes after who wrote it last, who
 * wrote it first comes after its readers too, and what comes later finds the
 * place as the added graph has left it.
 *
 * All that can fail is done first; then the places are noted.
 */
#include "graph/task_graphs.h"

#include "base/error.h"
#include "graph/task_groups.h"
#include "graph/task_paths.h"
#include "graph/task_reductions.h"
#include "graph/task_regions.h"

enum { NONE = 0xffffffffu };

struct touch {			/* of a place of the added graph */
	uint32_t place;
	bool writes;
};

struct addition {
	weir_tasks *t;
	const weir_tasks *g;	/* what is added */
	struct weir__heap *heap;
	const uint32_t *after;
	size_t n_after;
	uint32_t base;		/* number of its first task */
	uint32_t first_reader;	/* of its first reader, in t */
	uint32_t *place_of;	/* per place of g: in t */
	uint32_t *set_of;	/* per set of g: in t */
	uint32_t new_sets;
	uint32_t *first_touch;	/* per task of g, and one more */
	struct touch *touches;
	size_t next_set_use, next_group_use, next_own_arg, next_region;
						/* of g */
	struct weir__kept_slots slots;	/* of the groups of t, before */
};

static weir_status
check_groups(const struct addition *a)
{
	size_t i;

	for (i = 0; i < a->g->n_groups; i++) {
		const struct weir__task_group *own = &a->g->groups[i];
		uint32_t number = weir__pointer_map_get(&a->t->group_of,
							own->name);

		if (number != WEIR__NOT_MAPPED &&
		    a->t->groups[number].at_most != own->at_most)
			return weir_fail(WEIR_EINVAL, "%s: at most %u of a "
					 "group at once, but %u in %s",
					 a->t->name,
					 (unsigned)a->t->groups[number].at_most,
					 (unsigned)own->at_most, a->g->name);
	}
	return WEIR_OK;
}

/* -- what ties the two together ------------------------------------------------------- */

static weir_status
find_places(struct addition *a)
{
	weir_status status = WEIR_OK;
	size_t i;

	/* Combining is recorded before the added tasks. */
	for (i = 0; i < a->g->n_states && !status; i++)
		status = weir__tasks_combine(a->t, a->g->states[i].memory);
	for (i = 0; i < a->g->n_states && !status; i++)
		status = weir__tasks_find_place(a->t, a->g->states[i].memory,
						&a->place_of[i]);
	return status;
}

/* Whether the tasks that commute there first do so with those of t. */
static bool
joins(const struct addition *a, size_t place)
{
	const struct weir__place_state *own = &a->g->states[place];
	const struct weir__place_state *there =
		&a->t->states[a->place_of[place]];

	return own->early_set != WEIR__NO_SET && own->early_reader == NONE &&
	       there->set != WEIR__NO_SET && there->first_reader == NONE;
}

static void
number_sets(struct addition *a)
{
	size_t i;

	for (i = 0; i < a->g->n_sets; i++)
		a->set_of[i] = NONE;
	for (i = 0; i < a->g->n_states; i++)
		if (joins(a, i))
			a->set_of[a->g->states[i].early_set] =
				a->t->states[a->place_of[i]].set;
	for (i = 0; i < a->g->n_sets; i++)
		if (a->set_of[i] == NONE)
			a->set_of[i] = (uint32_t)a->t->n_sets + a->new_sets++;
}

/* The readers before the first write. */
static uint32_t
early_readers(const struct weir__place_state *place)
{
	return place->early_writer == NONE ? place->first_reader
					   : place->early_reader;
}

/* Each touch of a place, to be counted, or put where its task's are. */
static void
go_through_touches(struct addition *a, bool is_counting)
{
	const weir_tasks *g = a->g;
	uint32_t i, r;

	for (i = 0; i < g->n_states; i++) {
		const struct weir__place_state *place = &g->states[i];

		for (r = early_readers(place); r != NONE;
		     r = g->readers[r].next)
			if (is_counting)
				a->first_touch[g->readers[r].task + 2]++;
			else
				a->touches[a->first_touch[
					g->readers[r].task + 1]++] =
					(struct touch){ i, false };
		if (place->early_writer == NONE)
			continue;
		if (is_counting)
			a->first_touch[place->early_writer + 2]++;
		else
			a->touches[a->first_touch[place->early_writer + 1]++] =
				(struct touch){ i, true };
	}
}

static void
sort_touches(struct addition *a)
{
	size_t i;

	go_through_touches(a, true);
	for (i = 2; i <= a->g->n + 1; i++)
		a->first_touch[i] += a->first_touch[i - 1];
	go_through_touches(a, false);
}

static weir_status
prepare(struct addition *a)
{
	const weir_tasks *g = a->g;
	weir_tasks *t = a->t;
	weir_status status;

	a->place_of = weir__alloc(a->heap, (g->n_states + 1) *
				  sizeof *a->place_of);
	a->set_of = weir__alloc(a->heap, (g->n_sets + 1) * sizeof *a->set_of);
	a->first_touch = weir__calloc(a->heap, g->n + 2,
				      sizeof *a->first_touch);
	a->touches = weir__alloc(a->heap, (g->n_readers + g->n_states + 1) *
				 sizeof *a->touches);
	if (!a->place_of || !a->set_of || !a->first_touch || !a->touches)
		return WEIR_ENOMEM;
	status = find_places(a);
	if (status)
		return status;
	if (weir__tasks_keep_slots(t, &a->slots) ||
	    weir__grow(t->heap, &t->readers, &t->readers_room,
		       t->n_readers + g->n_readers, sizeof *t->readers) ||
	    weir__grow(t->heap, &t->sets, &t->sets_room,
		       t->n_sets + g->n_sets, sizeof *t->sets) ||
	    weir__task_paths_prepare(t, g))
		return WEIR_ENOMEM;
	a->base = (uint32_t)t->n;
	a->first_reader = (uint32_t)t->n_readers;
	number_sets(a);
	sort_touches(a);
	return WEIR_OK;
}

/* -- tasks ---------------------------------------------------------------------------- */

static weir_status
append(struct addition *a, uint32_t task)
{
	static const double told;
	const weir_tasks *g = a->g;
	weir_tasks *t = a->t;
	weir_task_options options = {
		.nanoseconds = g->costs ? (double)g->costs[task] : 0,
		.name = g->names ? g->names[task] : NULL,
		.edge_nanoseconds = g->edge_costs ? &told : NULL,
		.priority = g->priorities ? g->priorities[task] : 0,
	};
	const struct weir__task *entry = &g->tasks[task];

	if (a->next_own_arg == g->n_own_args ||
	    g->own_args[a->next_own_arg].task != task)
		return weir__tasks_append(t, entry->fn, entry->arg, &options);
	return weir__tasks_append_own(t, entry->fn, entry->arg,
				      g->own_args[a->next_own_arg++].size,
				      &options);
}

static weir_status
copy_edges(struct addition *a, uint32_t task)
{
	const weir_tasks *g = a->g;
	weir_tasks *t = a->t;
	weir_status status = WEIR_OK;
	uint32_t q = g->first_pred[task], end = g->first_pred[task + 1];
	for (; q < end && !status; q++) {
		if (g->edge_costs)
			t->edge_cost = g->edge_costs[q];
		status = g->is_turn && g->is_turn[q]
			? weir__tasks_take_turn(t, a->base + g->preds[q])
			: weir__tasks_after(t, a->base + g->preds[q]);
	}
	for (; a->next_set_use < g->n_set_uses && !status &&
	     g->set_uses[a->next_set_use].task == task; a->next_set_use++) {
		const struct weir__set_use *use =
			&g->set_uses[a->next_set_use];

		status = weir__tasks_use_set(t, a->set_of[use->set],
					     use->is_member, use->cost);
	}
	return status;
}

/* What edges between the graphs cost has not been told. */
static weir_status
come_after_others(struct addition *a, uint32_t task)
{
	bool is_first = a->g->first_pred[task] == a->g->first_pred[task + 1];
	weir_status status = WEIR_OK;
	uint32_t k;
	size_t i;

	a->t->edge_cost = -1;
	for (i = 0; i < a->n_after && is_first && !status; i++)
		status = weir__tasks_after(a->t, a->after[i]);
	for (k = a->first_touch[task]; k < a->first_touch[task + 1] &&
	     !status; k++) {
		const struct touch *touch = &a->touches[k];
		bool is_member = touch->writes && joins(a, touch->place);

		/* Its cost as a member is that of its own graph. */
		status = weir__tasks_come_after(
			a->t, &a->t->states[a->place_of[touch->place]],
			is_member ? WEIR_COMMUTE
				  : touch->writes ? WEIR_WRITE : WEIR_READ,
			is_member ? 0 : -1);
	}
	return status;
}

static weir_status
enter_group(struct addition *a, uint32_t task)
{
	const weir_tasks *g = a->g;
	const struct weir__task_group *group;

	if (a->next_group_use == g->n_group_uses ||
	    g->group_uses[a->next_group_use].task != task)
		return WEIR_OK;
	group = &g->groups[g->group_uses[a->next_group_use++].group];
	return weir__tasks_enter_group(
		a->t, &(weir_task_options){ .group = group->name,
					    .at_most = group->at_most });
}

static weir_status
copy_regions(struct addition *a, uint32_t task)
{
	const weir_tasks *g = a->g;
	weir_status status = WEIR_OK;

	for (; a->next_region < g->n_regions && !status &&
	     g->regions[a->next_region].task == task; a->next_region++) {
		const struct weir__region *r = &g->regions[a->next_region];

		status = weir__tasks_add_regions(
			a->t, &(weir_access){ r->memory, WEIR_READ }, 1,
			&r->bytes);
	}
	return status;
}

static weir_status
copy_tasks(struct addition *a)
{
	weir_status status = WEIR_OK;
	uint32_t task;

	for (task = 0; task < a->g->n && !status; task++) {
		status = append(a, task);
		if (!status)
			status = copy_edges(a, task);
		if (!status)
			status = copy_regions(a, task);
		if (!status)
			status = come_after_others(a, task);
		if (!status)
			status = enter_group(a, task);
	}
	if (!status)
		return WEIR_OK;
	while (a->t->n > a->base)
		weir__tasks_forget_last(a->t);
	weir__tasks_restore_slots(a->t, &a->slots);
	return status;
}

/* -- places: nothing fails from here on ------------------------------------------------- */

static uint32_t
task_in_t(const struct addition *a, uint32_t task)
{
	return task == NONE ? NONE : a->base + task;
}

static uint32_t
reader_in_t(const struct addition *a, uint32_t reader)
{
	return reader == NONE ? NONE : a->first_reader + reader;
}

static void
copy_readers(struct addition *a)
{
	const weir_tasks *g = a->g;
	size_t r;

	for (r = 0; r < g->n_readers; r++)
		a->t->readers[a->t->n_readers++] = (struct weir__reader){
			a->base + g->readers[r].task,
			reader_in_t(a, g->readers[r].next) };
}

static void
copy_sets(struct addition *a)
{
	weir_tasks *t = a->t;
	size_t i;

	t->n_sets += a->new_sets;
	for (i = 0; i < a->g->n_sets; i++) {
		const struct weir__set *own = &a->g->sets[i];
		struct weir__set *set = &t->sets[a->set_of[i]];

		if (a->set_of[i] < t->n_sets - a->new_sets) {
			set->last = a->base + own->last;
			set->n += own->n;
			continue;
		}
		*set = (struct weir__set){
			.first = a->base + own->first,
			.last = a->base + own->last, .n = own->n,
			.writer = task_in_t(a, own->writer),
			.first_reader = reader_in_t(a, own->first_reader),
		};
	}
}

/* The readers before the added graph's first write, and before them those that
 * were there. */
static uint32_t
join_readers(struct addition *a, const struct weir__place_state *own,
	     const struct weir__place_state *there)
{
	uint32_t first = reader_in_t(a, early_readers(own)), r = first;

	if (first == NONE)
		return there->first_reader;
	while (a->t->readers[r].next != NONE)
		r = a->t->readers[r].next;
	a->t->readers[r].next = there->first_reader;
	return first;
}

static void
note_place(struct addition *a, size_t place)
{
	const struct weir__place_state *own = &a->g->states[place];
	struct weir__place_state *there = &a->t->states[a->place_of[place]];
	bool is_joined = joins(a, place);
	uint32_t readers = join_readers(a, own, there);

	if (own->writer == NONE) {
		there->first_reader = readers;
		return;
	}
	if (own->early_set != WEIR__NO_SET && !is_joined) {
		struct weir__set *set = &a->t->sets[a->set_of[own->early_set]];

		set->writer = there->writer;
		set->first_reader = readers;
	}
	if (there->writer == NONE) {
		there->early_writer = a->base + own->early_writer;
		there->early_reader = readers;
		there->early_set = own->early_set == WEIR__NO_SET
			? WEIR__NO_SET : a->set_of[own->early_set];
	}
	there->writer = a->base + own->writer;
	there->first_reader = reader_in_t(a, own->first_reader);
	there->set = own->set == WEIR__NO_SET ? WEIR__NO_SET
					      : a->set_of[own->set];
}

weir_status
weir__tasks_add_graph(weir_tasks *t, weir_tasks *added, const uint32_t *after,
		      size_t n)
{
	struct addition a = { .t = t, .g = added, .heap = t->heap,
			      .after = after, .n_after = n };
	weir_status status = check_groups(&a);
	size_t i;

	if (!status)
		status = weir__tasks_combine_all(added);
	if (!status)
		status = prepare(&a);
	if (!status)
		status = copy_tasks(&a);
	if (!status) {
		copy_readers(&a);
		copy_sets(&a);
		weir__task_paths_commit(t, added);
		for (i = 0; i < added->n_states; i++)
			note_place(&a, i);
	}
	weir__free(a.heap, a.place_of);
	weir__free(a.heap, a.set_of);
	weir__free(a.heap, a.first_touch);
	weir__free(a.heap, a.touches);
	weir__tasks_free_slots(t, &a.slots);
	return status;
}
