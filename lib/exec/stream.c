/* Schedules of tasks: made from what was recorded, and released. */
#include "exec/stream.h"

#include <string.h>

#include "base/now.h"
#include "graph/task_args.h"
#include "graph/task_regions.h"
#include "plan/reorder.h"
#include "plan/streams.h"

static weir_status
copy_dag(weir_schedule *s, const weir_tasks *tasks)
{
	size_t n = tasks->n;
	uint32_t *first_pred, *preds;
	float *cost = NULL, *edge_cost = NULL;

	first_pred = weir__alloc(s->heap, (n + 1) * sizeof *first_pred);
	preds = weir__alloc(s->heap, (tasks->n_preds + 1) * sizeof *preds);
	if (tasks->costs)
		cost = weir__alloc(s->heap, (n + 1) * sizeof *cost);
	if (tasks->edge_costs)
		edge_cost = weir__alloc(s->heap, (tasks->n_preds + 1) *
					sizeof *edge_cost);
	s->dag = (struct weir__dag){ .n = (uint32_t)n,
				     .first_pred = first_pred,
				     .preds = preds, .cost = cost,
				     .edge_cost = edge_cost };
	if (!first_pred || !preds || (tasks->costs && !cost) ||
	    (tasks->edge_costs && !edge_cost))
		return WEIR_ENOMEM;
	memcpy(first_pred, tasks->first_pred, (n + 1) * sizeof *first_pred);
	if (tasks->n_preds)
		memcpy(preds, tasks->preds, tasks->n_preds * sizeof *preds);
	if (cost && n)
		memcpy(cost, tasks->costs, n * sizeof *cost);
	if (edge_cost && tasks->n_preds)
		memcpy(edge_cost, tasks->edge_costs,
		       tasks->n_preds * sizeof *edge_cost);
	return WEIR_OK;
}

static weir_status
find_far(weir_schedule *s, const weir_tasks *tasks)
{
	float *far;
	weir_status status = weir__tasks_find_far(
		tasks, weir__team_topology(s->team), 1 / WEIR__BYTES_A_NS,
		&far);

	if (!status)
		s->dag.far = far;
	return status;
}

static weir_status
copy_paths(weir_schedule *s, const weir_tasks *tasks)
{
	if (!tasks->n_paths)
		return WEIR_OK;
	s->paths = weir__alloc(s->heap, tasks->n_paths * sizeof *s->paths);
	if (!s->paths)
		return WEIR_ENOMEM;
	s->n_paths = tasks->n_paths;
	memcpy(s->paths, tasks->paths, s->n_paths * sizeof *s->paths);
	return WEIR_OK;
}

static weir_status
make_entries(weir_schedule *s, const weir_tasks *tasks)
{
	uint32_t i;

	s->entries = weir__alloc(s->heap, ((size_t)s->dag.n + 1) *
				 sizeof *s->entries);
	if (!s->entries)
		return WEIR_ENOMEM;
	for (i = 0; i < s->dag.n; i++)
		s->entries[i] = tasks->tasks[s->streams->items[i]];
	if (!tasks->names)
		return WEIR_OK;
	s->names = weir__alloc(s->heap, ((size_t)s->dag.n + 1) *
			       sizeof *s->names);
	if (!s->names)
		return WEIR_ENOMEM;
	memcpy(s->names, tasks->names, s->dag.n * sizeof *s->names);
	return WEIR_OK;
}

static void
fill_info(weir_schedule *s, double start)
{
	const struct weir__schedule *streams = s->streams;

	s->info.tasks = s->dag.n;
	s->info.edges = s->dag.first_pred[s->dag.n];
	s->info.blocks = streams->n_blocks;
	s->info.waits = streams->n_waits;
	s->info.workers = streams->workers;
	s->info.speedup = streams->speedup;
	s->info.bytes = sizeof *s + weir__schedule_bytes(streams) +
			s->dag.n * (sizeof *s->entries + sizeof(uint32_t) +
				    (s->dag.cost ? sizeof(float) : 0) +
				    (s->dag.far ? s->dag.distances->pools *
						  sizeof(float) : 0) +
				    (s->names ? sizeof *s->names : 0)) +
			s->n_paths * sizeof *s->paths +
			s->info.edges * (sizeof(uint32_t) +
					 (s->dag.edge_cost ? sizeof(float)
							   : 0));
	s->info.compile_ns = weir__now_ns() - start;
}

weir_status
weir__stream_compile(const weir_tasks *tasks, struct weir__team *team,
		     struct weir__tracer *tracer, weir_schedule **schedule)
{
	weir_schedule *s = weir__calloc(tasks->heap, 1, sizeof *s);
	double start = weir__now_ns();
	weir_status status;

	if (!s)
		return WEIR_ENOMEM;
	s->heap = weir__heap_retain(tasks->heap);
	s->team = team;
	s->tracer = tracer;
	s->may_overlap = tasks->may_overlap;
	s->args = weir__task_args_retain(tasks->args);
	atomic_init(&s->refs, 1);
	pthread_mutex_init(&s->lock, NULL);
	pthread_cond_init(&s->turn, NULL);
	s->name = weir__strdup(s->heap, tasks->name);
	status = s->name ? copy_dag(s, tasks) : WEIR_ENOMEM;
	s->dag.distances = weir__topology_distances(
		weir__team_topology(team));
	s->dag.hand_over = weir__topology_hand_over(weir__team_topology(team));
	s->dag.priority = tasks->priorities;	/* until it is dealt */
	s->dag.edges_are_all = true;
	if (!status)
		status = find_far(s, tasks);
	if (!status)
		status = weir__schedule_new(s->heap, &s->dag,
					    weir__team_size(team),
					    &s->streams);
	if (!status && tasks->may_reorder)
		status = weir__reorder(tasks, weir__team_size(team), &s->dag,
				       &s->streams);
	s->dag.priority = NULL;
	if (!status)
		status = make_entries(s, tasks);
	if (!status)
		status = copy_paths(s, tasks);
#ifdef WEIR_DEBUG
	if (!status)
		status = weir__schedule_check(s->streams, &s->dag);
#endif
	if (status) {
		weir_schedule_release(s);
		return status;
	}
	if (s->streams->workers > 1 && weir__team_is_placed(team))
		weir__streams_place(s->streams, weir__team_topology(team),
				    s->entries, sizeof *s->entries);
	fill_info(s, start);
	*schedule = s;
	return WEIR_OK;
}

weir_schedule *
weir__schedule_retain(weir_schedule *s)
{
	atomic_fetch_add_explicit(&s->refs, 1, memory_order_relaxed);
	return s;
}

void
weir_schedule_release(weir_schedule *s)
{
	struct weir__heap *heap;

	if (!s || atomic_fetch_sub_explicit(&s->refs, 1,
					    memory_order_acq_rel) != 1)
		return;
	heap = s->heap;
	weir__stream_runs_free(s);
	weir__schedule_free(s->streams);
	weir__free(heap, (void *)s->dag.first_pred);
	weir__free(heap, (void *)s->dag.preds);
	weir__free(heap, (void *)s->dag.cost);
	weir__free(heap, (void *)s->dag.edge_cost);
	weir__free(heap, (void *)s->dag.far);
	weir__free(heap, s->entries);
	weir__task_args_release(s->args);
	weir__free(heap, s->names);
	weir__free(heap, s->paths);
	weir__free(heap, s->name);
	pthread_cond_destroy(&s->turn);
	pthread_mutex_destroy(&s->lock);
	weir__free(heap, s);
	weir__heap_release(heap);
}
