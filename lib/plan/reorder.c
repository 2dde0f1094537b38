/*
 * The tasks of a set may come in any order, but never two at once. They are
 * dealt as if they did not mind each other, and then come one after another in
 * the order of that deal. All that orders tasks, then, goes along with one
 * deal, so nothing can wait for itself.
 *
 * A set is entered by one item and left by another while that is dealt, for
 * edges from all that comes before it to all its tasks, and from those to all
 * that comes after it, could be too many.
 */
#include "plan/reorder.h"

#include <limits.h>

#include "plan/dag_builder.h"
#include "plan/item_queue.h"
#include "plan/near.h"

enum { NONE = 0xffffffffu };

/* What an item takes that enters or leaves a set: next to nothing. */
static const float PASSING = 1e-3f;

struct set {
	uint32_t entry, exit;	/* items of the dealt graph */
	uint32_t last_use;	/* of a member so far; then of the last of the
				   order */
};

struct reorder {
	const weir_tasks *t;
	const struct weir__dag *dag;	/* as recorded */
	unsigned workers;
	struct weir__heap *heap;
	uint32_t *first_use;	/* per task, and one more */
	struct set *sets;
	uint32_t *before;	/* per use of a member: the one before it */
	uint32_t *item_of;	/* per task: in the dealt graph; then, in the
				   final one */
	uint32_t *task_of;	/* per item, or NONE */
	struct weir__dag_builder free_ones;	/* sets without an order */
	struct weir__dag_builder ordered;	/* with one, as tasks are */
	struct weir__dag_builder sorted;	/* preds lower than items */
	float *free_far, *sorted_far;	/* of their items; NULL: not known */
};

static float
edge_cost(const struct reorder *r, uint32_t edge)
{
	return r->dag->edge_cost ? r->dag->edge_cost[edge] : -1;
}

static float
item_cost(const struct reorder *r, uint32_t item)
{
	return (float)weir__dag_cost(r->dag, item);
}

static int
priority(const struct reorder *r, uint32_t item)
{
	return r->dag->priority ? r->dag->priority[item] : 0;
}

static bool
is_kept(const struct reorder *r, uint32_t edge)
{
	return !r->t->is_turn || !r->t->is_turn[edge];
}

/* -- without an order ------------------------------------------------------ */

/* Items of the dealt graph; NONE stands for no task. */
static uint32_t
add_item(struct reorder *r, uint32_t task)
{
	struct weir__dag_builder *b = &r->free_ones;
	uint32_t item = (uint32_t)b->n;

	r->task_of[item] = task;
	if (task == NONE) {
		weir__dag_add_item(b, PASSING, INT_MAX);
	} else {
		r->item_of[task] = item;
		weir__dag_add_item(b, item_cost(r, task), priority(r, task));
	}
	return item;
}

/* What all tasks of a set come after, as items or tasks. */
static weir_status
add_base(const struct reorder *r, struct weir__dag_builder *b,
	 const uint32_t *number_of, uint32_t set, float cost)
{
	const struct weir__set *s = &r->t->sets[set];
	uint32_t reader = s->first_reader, task;
	weir_status status = WEIR_OK;

	if (reader == WEIR__NO_TASK && s->writer != WEIR__NO_TASK)
		return weir__dag_add_pred(b, number_of ? number_of[s->writer]
						       : s->writer, cost);
	for (; reader != WEIR__NO_TASK && !status;
	     reader = r->t->readers[reader].next) {
		task = r->t->readers[reader].task;
		status = weir__dag_add_pred(b, number_of ? number_of[task]
							 : task, cost);
	}
	return status;
}

/* What a task comes after in any order, likewise. */
static weir_status
add_kept(const struct reorder *r, struct weir__dag_builder *b,
	 const uint32_t *number_of, uint32_t task)
{
	const struct weir__dag *dag = r->dag;
	weir_status status = WEIR_OK;
	uint32_t q = dag->first_pred[task], pred;

	for (; q < dag->first_pred[task + 1] && !status; q++) {
		if (!is_kept(r, q))
			continue;
		pred = dag->preds[q];
		status = weir__dag_add_pred(b, number_of ? number_of[pred]
							 : pred,
					    edge_cost(r, q));
	}
	return status;
}

static weir_status
enter_sets(struct reorder *r, uint32_t task)
{
	weir_status status = WEIR_OK;
	uint32_t k;

	for (k = r->first_use[task]; k < r->first_use[task + 1] && !status;
	     k++) {
		const struct weir__set_use *use = &r->t->set_uses[k];
		struct set *set = &r->sets[use->set];

		if (!use->is_member || r->t->sets[use->set].first != task)
			continue;
		set->entry = add_item(r, NONE);
		set->last_use = NONE;
		status = add_base(r, &r->free_ones, r->item_of, use->set, 0);
	}
	return status;
}

static weir_status
leave_sets(struct reorder *r, uint32_t task)
{
	weir_status status = WEIR_OK;
	uint32_t k, m;

	for (k = r->first_use[task]; k < r->first_use[task + 1] && !status;
	     k++) {
		const struct weir__set_use *use = &r->t->set_uses[k];
		struct set *set = &r->sets[use->set];

		if (!use->is_member)
			continue;
		r->before[k] = set->last_use;	/* a use; a task, once there is
						   an order */
		set->last_use = k;
		if (r->t->sets[use->set].last != task)
			continue;
		set->exit = add_item(r, NONE);
		for (m = k; m != NONE && !status; m = r->before[m])
			status = weir__dag_add_pred(
				&r->free_ones,
				r->item_of[r->t->set_uses[m].task], 0);
	}
	return status;
}

static weir_status
add_free_task(struct reorder *r, uint32_t task)
{
	struct weir__dag_builder *b = &r->free_ones;
	weir_status status = WEIR_OK;
	uint32_t k;

	add_item(r, task);
	/* These first: the middle one says where the task is at home. */
	for (k = r->first_use[task]; k < r->first_use[task + 1] && !status;
	     k++) {
		const struct weir__set_use *use = &r->t->set_uses[k];
		const struct set *set = &r->sets[use->set];

		status = weir__dag_add_pred(b, use->is_member ? set->entry
							      : set->exit,
					    use->cost);
	}
	return status ? status : add_kept(r, b, r->item_of, task);
}

static weir_status
build_free(struct reorder *r)
{
	size_t items = r->dag->n + 2 * r->t->n_sets;
	weir_status status = weir__dag_builder_init(&r->free_ones, r->heap,
						    items);
	uint32_t task;

	r->task_of = weir__alloc(r->heap, items * sizeof *r->task_of);
	if (!status && !r->task_of)
		status = WEIR_ENOMEM;
	for (task = 0; task < r->dag->n && !status; task++) {
		status = enter_sets(r, task);
		if (!status)
			status = add_free_task(r, task);
		if (!status)
			status = leave_sets(r, task);
	}
	return status;
}

/* -- with an order --------------------------------------------------------- */

/* Each task of a set after the one that was dealt before it. */
static weir_status
find_order(struct reorder *r)
{
	struct weir__dag dag = weir__dag_built(&r->free_ones, r->dag);
	struct weir__succs succs = { NULL, NULL };
	struct weir__deal deal = { .heap = r->heap };
	weir_status status = weir__find_succs(&dag, r->heap, &succs);
	size_t s;
	uint32_t i, k;

	/* Then what is not ready yet is dealt by when it will be. */
	if (!dag.edge_cost)
		dag.priority = r->free_ones.priority;
	if (!status)
		status = weir__far_by(r->heap, r->dag, r->task_of, &dag,
				      &r->free_far);
	if (!status)
		status = weir__deal_items(&dag, &succs, r->workers, &deal);
	for (s = 0; s < r->t->n_sets; s++)
		r->sets[s].last_use = NONE;
	for (i = 0; i < deal.n && !status; i++) {
		uint32_t task = r->task_of[deal.items[i]];

		for (k = task == NONE ? 0 : r->first_use[task];
		     task != NONE && k < r->first_use[task + 1]; k++) {
			struct set *set = &r->sets[r->t->set_uses[k].set];

			if (!r->t->set_uses[k].is_member)
				continue;
			r->before[k] = set->last_use == NONE
				? NONE : r->t->set_uses[set->last_use].task;
			set->last_use = k;
		}
	}
	weir__deal_free(&deal);
	weir__free(r->heap, succs.first);
	weir__free(r->heap, succs.items);
	return status;
}

static weir_status
add_ordered_task(struct reorder *r, uint32_t task)
{
	struct weir__dag_builder *b = &r->ordered;
	weir_status status;
	uint32_t k;

	weir__dag_add_item(b, item_cost(r, task), priority(r, task));
	status = add_kept(r, b, NULL, task);
	for (k = r->first_use[task]; k < r->first_use[task + 1] && !status;
	     k++) {
		const struct weir__set_use *use = &r->t->set_uses[k];
		uint32_t last = r->sets[use->set].last_use;

		if (!use->is_member)
			status = weir__dag_add_pred(
				b, r->t->set_uses[last].task, use->cost);
		else if (r->before[k] != NONE)
			status = weir__dag_add_pred(b, r->before[k],
						    use->cost);
		else if (r->t->sets[use->set].first != task)
			status = add_base(r, b, NULL, use->set, use->cost);
	}
	return status;
}

static weir_status
build_ordered(struct reorder *r)
{
	weir_status status = weir__dag_builder_init(&r->ordered, r->heap,
						    r->dag->n);
	uint32_t task;

	for (task = 0; task < r->dag->n && !status; task++)
		status = add_ordered_task(r, task);
	return status;
}

/* -- numbered so that it can be dealt --------------------------------------- */

/* As the program has them, as far as the order allows. */
static weir_status
sort(struct reorder *r, const struct weir__dag *dag)
{
	size_t room = (size_t)dag->n + 1;
	struct weir__queued *nodes = weir__alloc(r->heap,
						 room * sizeof *nodes);
	uint32_t *missing = weir__alloc(r->heap, room * sizeof *missing);
	struct weir__succs succs = { NULL, NULL };
	weir_status status = weir__find_succs(dag, r->heap, &succs);
	uint32_t first = WEIR__NO_ITEM, i, q;

	if (!nodes || !missing)
		status = WEIR_ENOMEM;
	for (i = 0; i < dag->n && !status; i++) {
		missing[i] = dag->first_pred[i + 1] - dag->first_pred[i];
		if (!missing[i])
			weir__item_queue_add(nodes, &first, i, i, 0);
	}
	for (i = 0; i < dag->n && !status; i++) {
		uint32_t task = weir__item_queue_take(nodes, &first);

		r->task_of[i] = task;
		r->item_of[task] = i;
		for (q = succs.first[task]; q < succs.first[task + 1]; q++)
			if (!--missing[succs.items[q]])
				weir__item_queue_add(nodes, &first,
						     succs.items[q],
						     succs.items[q], 0);
	}
	weir__free(r->heap, nodes);
	weir__free(r->heap, missing);
	weir__free(r->heap, succs.first);
	weir__free(r->heap, succs.items);
	return status;
}

static weir_status
build_sorted(struct reorder *r, const struct weir__dag *dag)
{
	weir_status status = weir__dag_builder_init(&r->sorted, r->heap,
						    dag->n);
	uint32_t i, q;

	if (!status)
		status = sort(r, dag);
	for (i = 0; i < dag->n && !status; i++) {
		uint32_t task = r->task_of[i];

		weir__dag_add_item(&r->sorted, item_cost(r, task),
				   priority(r, task));
		for (q = dag->first_pred[task];
		     q < dag->first_pred[task + 1] && !status; q++)
			status = weir__dag_add_pred(
				&r->sorted, r->item_of[dag->preds[q]],
				dag->edge_cost ? dag->edge_cost[q] : -1);
	}
	return status;
}

/* Whether any two tasks commute. */
static bool
is_any(const weir_tasks *t)
{
	size_t s;

	for (s = 0; s < t->n_sets; s++)
		if (t->sets[s].n > 1)
			return true;
	return false;
}

/* -- all of it -------------------------------------------------------------- */

static weir_status
prepare(struct reorder *r)
{
	size_t n = (size_t)r->dag->n + 1, k;

	r->first_use = weir__calloc(r->heap, n, sizeof *r->first_use);
	r->sets = weir__calloc(r->heap, r->t->n_sets, sizeof *r->sets);
	r->before = weir__alloc(r->heap, r->t->n_set_uses *
				sizeof *r->before);
	r->item_of = weir__alloc(r->heap, n * sizeof *r->item_of);
	if (!r->first_use || !r->sets || !r->before || !r->item_of)
		return WEIR_ENOMEM;
	for (k = 0; k < r->t->n_set_uses; k++)
		r->first_use[r->t->set_uses[k].task + 1]++;
	for (k = 1; k < n; k++)
		r->first_use[k] += r->first_use[k - 1];
	return WEIR_OK;
}

static weir_status
schedule_ordered(struct reorder *r, const struct weir__dag *ordered,
		 struct weir__schedule **schedule)
{
	struct weir__dag sorted;
	weir_status status = build_sorted(r, ordered);
	uint32_t i;

	if (status)
		return status;
	sorted = weir__dag_built(&r->sorted, r->dag);
	status = weir__far_by(r->heap, r->dag, r->task_of, &sorted,
			      &r->sorted_far);
	if (!status)
		status = weir__schedule_new(r->heap, &sorted, r->workers,
					    schedule);
	for (i = 0; !status && i < ordered->n; i++)
		(*schedule)->items[i] = r->task_of[(*schedule)->items[i]];
	return status;
}

/* The graph has the arrays now, but for its costs, which stay the same. */
static void
take(struct reorder *r, struct weir__dag *dag)
{
	struct weir__dag_builder *b = &r->ordered;

	weir__free(r->heap, (void *)dag->first_pred);
	weir__free(r->heap, (void *)dag->preds);
	dag->first_pred = b->first_pred;
	dag->preds = b->preds;
	b->first_pred = b->preds = NULL;
	if (!dag->edge_cost)
		return;
	weir__free(r->heap, (void *)dag->edge_cost);
	dag->edge_cost = b->edge_cost;
	b->edge_cost = NULL;
}

static weir_status
find_another(struct reorder *r, struct weir__dag *dag,
	     struct weir__schedule **schedule)
{
	struct weir__schedule *other = NULL;
	struct weir__dag ordered;
	bool is_earlier = false;
	weir_status status = prepare(r);

	if (!status)
		status = build_free(r);
	if (!status)
		status = find_order(r);
	if (!status)
		status = build_ordered(r);
	if (status)
		return status;
	ordered = weir__dag_built(&r->ordered, dag);
	ordered.cost = dag->cost;
	ordered.far = dag->far;
	status = schedule_ordered(r, &ordered, &other);
	if (!status)
		status = weir__schedule_compare(*schedule, dag, other,
						&ordered, &is_earlier);
	if (!status && is_earlier) {
		take(r, dag);
		weir__schedule_free(*schedule);
		*schedule = other;
		other = NULL;
	}
	weir__schedule_free(other);
	return status;
}

weir_status
weir__reorder(const weir_tasks *tasks, unsigned workers,
	      struct weir__dag *dag, struct weir__schedule **schedule)
{
	struct reorder r = {
		.t = tasks, .dag = dag, .workers = workers,
		.heap = tasks->heap,
	};
	weir_status status;

	/* One worker runs them in any order just as well. */
	if (workers < 2 || !is_any(tasks))
		return WEIR_OK;
	status = find_another(&r, dag, schedule);
	weir__free(r.heap, r.first_use);
	weir__free(r.heap, r.sets);
	weir__free(r.heap, r.before);
	weir__free(r.heap, r.item_of);
	weir__free(r.heap, r.task_of);
	weir__free(r.heap, r.free_far);
	weir__free(r.heap, r.sorted_far);
	weir__dag_builder_free(&r.free_ones);
	weir__dag_builder_free(&r.ordered);
	weir__dag_builder_free(&r.sorted);
	/* It would be too large: as recorded, then. */
	return status == WEIR_ERANGE ? WEIR_OK : status;
}
