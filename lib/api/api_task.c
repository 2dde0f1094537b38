#include <weir/task.h>

#include <math.h>

#include "api/runtime.h"
#include "base/fpenv.h"
#include "exec/stream.h"
#include "graph/task_graphs.h"
#include "graph/task_loops.h"
#include "graph/task_reductions.h"
#include "graph/task_regions.h"

weir_status
weir_tasks_create(weir_runtime *runtime, const char *name, weir_tasks **tasks)
{
	if (!runtime || !tasks)
		return weir_fail(WEIR_ENULL, "weir_tasks_create: the %s is "
				 "NULL", runtime ? "result" : "runtime");
	if (!name || !*name)
		return weir_fail(WEIR_EINVAL, "weir_tasks_create: a task "
				 "graph needs a name");
	return weir__tasks_new(runtime->heap, runtime, name, tasks);
}

static weir_status
check_costs(const char *what, const char *of, const double *costs, size_t n)
{
	size_t i;

	for (i = 0; costs && i < n; i++)
		if (!(costs[i] >= 0) || isinf(costs[i]))
			return weir_fail(WEIR_EINVAL, "%s: %s %zu takes %g ns",
					 what, of, i, costs[i]);
	return WEIR_OK;
}

static weir_status
check_options(const char *what, const weir_task_options *given, size_t n,
	      weir_task_options *options)
{
	weir_status status = weir__take_options(options, sizeof *options,
						given, what,
						"weir_task_options");

	if (!status)
		status = check_costs(what, "edge", options->edge_nanoseconds,
				     n);
	if (!status && !options->group != !options->at_most)
		return weir_fail(WEIR_EINVAL, "%s: a group and at_most are "
				 "told together, or neither", what);
	return status;
}

static weir_status
check_modes(const char *what, const weir_access *accesses, size_t n,
	    bool *reduces)
{
	size_t i;

	for (i = 0; i < n; i++) {
		if (accesses[i].mode < WEIR_READ ||
		    accesses[i].mode > WEIR_REDUCE)
			return weir_fail(WEIR_EINVAL, "%s: access %zu has the "
					 "mode %d", what, i,
					 (int)accesses[i].mode);
		*reduces |= accesses[i].mode == WEIR_REDUCE;
	}
	return WEIR_OK;
}

static weir_status
null_argument(const char *what, const weir_tasks *tasks, bool has_function)
{
	return weir_fail(WEIR_ENULL, "%s: the %s is NULL", what,
			 !tasks ? "task graph"
			 : has_function ? "list" : "function");
}

static weir_status
check_task(const char *what, const weir_tasks *tasks, weir_task_fn fn,
	   const void *list, size_t n, const weir_task_options *given,
	   weir_task_options *options)
{
	if (!tasks || !fn || (n && !list))
		return null_argument(what, tasks, fn != NULL);
	return check_options(what, given, n, options);
}

weir_status
weir_tasks_add(weir_tasks *tasks, weir_task_fn fn, void *arg,
	       const weir_access *accesses, size_t n,
	       const weir_task_options *options, uint32_t *number)
{
	static const char what[] = "weir_tasks_add";
	weir_task_options own;
	weir_status status = check_task(what, tasks, fn, accesses, n, options,
					&own);
	bool reduces = false;

	if (!status)
		status = check_modes(what, accesses, n, &reduces);
	if (!status && (reduces || tasks->n_reductions))
		status = weir__tasks_begin_accesses(tasks, what, accesses, n,
						    own.parts);
	if (!status)
		status = reduces
			? weir__tasks_record_reducing(tasks, fn, arg, accesses,
						      n, &own)
			: weir__tasks_record(tasks, fn, arg, accesses, n,
					     &own);
	if (!status && number)
		*number = (uint32_t)(tasks->n - 1);
	return status;
}

static weir_status
no_such_task(const char *what, const weir_tasks *tasks, uint32_t number)
{
	return weir_fail(WEIR_ERANGE, "%s: task %u has not been recorded, "
			 "%zu have", what, number, tasks->n);
}

weir_status
weir_tasks_add_after(weir_tasks *tasks, weir_task_fn fn, void *arg,
		     const uint32_t *after, size_t n,
		     const weir_task_options *options, uint32_t *number)
{
	weir_task_options own;
	weir_status status = check_task("weir_tasks_add_after", tasks, fn,
					after, n, options, &own);
	size_t i;

	for (i = 0; i < n && !status; i++)
		if (after[i] >= tasks->n)
			status = no_such_task("weir_tasks_add_after", tasks,
					      after[i]);
	if (!status)
		status = weir__tasks_record_after(tasks, fn, arg, after, n,
						  &own);
	if (!status && number)
		*number = (uint32_t)(tasks->n - 1);
	return status;
}

weir_status
weir_tasks_add_for(weir_tasks *tasks, weir_for_fn fn, void *arg, size_t n,
		   size_t grain, const weir_access *accesses,
		   size_t n_accesses, const weir_task_options *options,
		   uint32_t *number)
{
	static const char what[] = "weir_tasks_add_for";
	weir_task_options own;
	weir_status status;
	bool reduces = false;

	if (!tasks || !fn || (n_accesses && !accesses))
		return null_argument(what, tasks, fn != NULL);
	status = check_options(what, options, n_accesses, &own);
	if (!status && !grain)
		status = weir_fail(WEIR_EINVAL, "%s: pieces of 0", what);
	if (!status)
		status = check_modes(what, accesses, n_accesses, &reduces);
	if (!status && reduces)
		status = weir_fail(WEIR_EINVAL, "%s: the pieces of a loop "
				   "have no parts of their own", what);
	if (!status && tasks->n_reductions)
		status = weir__tasks_begin_accesses(tasks, what, accesses,
						    n_accesses, NULL);
	if (!status)
		status = weir__tasks_add_for(tasks, fn, arg, n, grain,
					     accesses, n_accesses, &own);
	if (!status && number)
		*number = (uint32_t)(tasks->n - 1);
	return status;
}

weir_status
weir_tasks_set_reduction(weir_tasks *tasks, void *result,
			 weir_combine_fn combine, void *arg,
			 const weir_task_options *given)
{
	static const char what[] = "weir_tasks_set_reduction";
	weir_task_options options;
	weir_status status;

	if (!tasks || !result || !combine)
		return weir_fail(WEIR_ENULL, "%s: the %s is NULL", what,
				 !tasks ? "task graph" : !result ? "result"
				 : "function");
	status = check_options(what, given, 0, &options);
	return status ? status : weir__tasks_set_reduction(
		tasks, result, combine, arg, &options);
}

weir_status
weir_tasks_add_graph(weir_tasks *tasks, weir_tasks *graph,
		     const uint32_t *after, size_t n, uint32_t *first)
{
	static const char what[] = "weir_tasks_add_graph";
	weir_status status;
	size_t i;

	if (!tasks || !graph || (n && !after))
		return weir_fail(WEIR_ENULL, "%s: the %s is NULL", what,
				 !tasks ? "task graph"
				 : !graph ? "graph to add" : "list");
	if (tasks == graph)
		return weir_fail(WEIR_EINVAL, "%s: %s cannot be added to "
				 "itself", what, tasks->name);
	for (i = 0; i < n; i++)
		if (after[i] >= tasks->n)
			return no_such_task(what, tasks, after[i]);
	status = weir__tasks_add_graph(tasks, graph, after, n);
	if (!status && first)
		*first = (uint32_t)(tasks->n - graph->n);
	return status;
}

void
weir_tasks_allow_overlap(weir_tasks *tasks)
{
	if (tasks)
		tasks->may_overlap = true;
}

void
weir_tasks_allow_reorder(weir_tasks *tasks)
{
	if (tasks)
		tasks->may_reorder = true;
}

weir_status
weir_tasks_set_places(weir_tasks *tasks, const weir_memory_place *places,
		      size_t n)
{
	if (!tasks || (n && !places))
		return weir_fail(WEIR_ENULL, "weir_tasks_set_places: the %s is "
				 "NULL", tasks ? "list of places"
				 : "task graph");
	return weir__tasks_set_places(tasks, places, n);
}

weir_status
weir_tasks_find_places(weir_tasks *tasks)
{
	if (!tasks)
		return weir_fail(WEIR_ENULL, "weir_tasks_find_places: the "
				 "task graph is NULL");
	return weir__tasks_find_places(tasks);
}

weir_status
weir_tasks_compile(weir_tasks *tasks, weir_schedule **schedule)
{
	struct weir__fpenv fpenv;
	weir_status status;

	if (!tasks || !schedule)
		return weir_fail(WEIR_ENULL, "weir_tasks_compile: the %s is "
				 "NULL", tasks ? "result" : "task graph");
	weir__fpenv_enter(&fpenv);	/* costs are floats */
	status = weir__tasks_combine_all(tasks);
	if (!status)
		status = weir__stream_compile(tasks, tasks->runtime->team,
					      tasks->runtime->tracer,
					      schedule);
	weir__fpenv_leave(&fpenv);
	return status;
}

weir_schedule_info
weir_schedule_get_info(const weir_schedule *schedule)
{
	return schedule ? schedule->info : (weir_schedule_info){ 0 };
}

weir_status
weir_schedule_check(const weir_schedule *schedule)
{
	if (!schedule)
		return weir_fail(WEIR_ENULL, "weir_schedule_check: the "
				 "schedule is NULL");
	return weir__schedule_check(schedule->streams, &schedule->dag);
}

weir_status
weir_schedule_simulate(const weir_schedule *schedule, const double *task_ns,
		       const double *edge_ns, weir_task_span *spans,
		       double *makespan)
{
	static const char what[] = "weir_schedule_simulate";
	struct weir__fpenv fpenv;
	weir_status status;

	if (!schedule || !makespan)
		return weir_fail(WEIR_ENULL, "%s: the %s is NULL", what,
				 schedule ? "result" : "schedule");
	status = check_costs(what, "task", task_ns, schedule->info.tasks);
	if (!status)
		status = check_costs(what, "edge", edge_ns,
				     schedule->info.edges);
	if (status)
		return status;
	weir__fpenv_enter(&fpenv);
	status = weir__schedule_simulate(schedule->streams, &schedule->dag,
					 task_ns, edge_ns, spans, makespan);
	weir__fpenv_leave(&fpenv);
	return status;
}

weir_status
weir_schedule_describe(const weir_schedule *schedule, bool as_dot,
		       char **text)
{
	if (!schedule || !text)
		return weir_fail(WEIR_ENULL, "weir_schedule_describe: the %s "
				 "is NULL", schedule ? "result" : "schedule");
	return weir__stream_describe(schedule, as_dot, text);
}

weir_status
weir_schedule_run(weir_schedule *schedule, size_t times)
{
	if (!schedule)
		return weir_fail(WEIR_ENULL, "weir_schedule_run: the schedule "
				 "is NULL");
	return weir__stream_run(schedule, times, NULL);
}

weir_status
weir_schedule_measure(weir_schedule *schedule, size_t times, double *task_ns)
{
	uint32_t i;

	if (!schedule || !task_ns)
		return weir_fail(WEIR_ENULL, "weir_schedule_measure: the %s "
				 "is NULL", schedule ? "list of times"
						     : "schedule");
	if (!times)
		return weir_fail(WEIR_EINVAL, "weir_schedule_measure: no runs "
				 "are asked for");
	for (i = 0; i < schedule->info.tasks; i++)
		task_ns[i] = HUGE_VAL;
	return weir__stream_run(schedule, times, task_ns);
}

weir_status
weir_tasks_set_costs(weir_tasks *tasks, const double *task_ns, size_t n)
{
	static const char what[] = "weir_tasks_set_costs";
	weir_status status;

	if (!tasks || (n && !task_ns))
		return weir_fail(WEIR_ENULL, "%s: the %s is NULL", what,
				 tasks ? "list of times" : "task graph");
	if (n > tasks->n)
		return weir_fail(WEIR_ERANGE, "%s: %zu costs, %zu tasks have "
				 "been recorded", what, n, tasks->n);
	status = check_costs(what, "task", task_ns, n);
	return status ? status : weir__tasks_set_costs(tasks, task_ns, n);
}

weir_status
weir_schedule_start(weir_schedule *schedule, size_t times,
		    const weir_start_options *given, weir_run **run)
{
	weir_start_options options;
	weir_status status;

	if (!schedule || !run)
		return weir_fail(WEIR_ENULL, "weir_schedule_start: the %s is "
				 "NULL", schedule ? "result" : "schedule");
	status = weir__start_options_take("weir_schedule_start", given,
					  &options);
	if (status)
		return status;
	return weir__stream_start(schedule, times, &options, run);
}
