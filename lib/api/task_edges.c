/*
 * A schedule comes from exec, dealt as if no edge had told what it costs. Here
 * it gets other streams, dealt by those costs, and with them another order of
 * its entries; all else stays.
 */
#include "api/task_edges.h"

#include "base/now.h"

weir_status
weir__schedule_mind_edges(weir_schedule *s, const weir_tasks *tasks)
{
	double start = weir__now_ns();
	struct weir__schedule *streams = NULL;
	weir_status status;
	uint32_t i;

	s->dag.edge_cost = tasks->edge_costs;
	status = weir__schedule_new(s->heap, &s->dag,
				    weir__team_size(s->team), &streams);
#ifdef WEIR_DEBUG
	if (!status)
		status = weir__schedule_check(streams, &s->dag);
#endif
	s->dag.edge_cost = NULL;
	if (status) {
		weir__schedule_free(streams);
		return status;
	}
	s->info.bytes += weir__schedule_bytes(streams);
	s->info.bytes -= weir__schedule_bytes(s->streams);
	weir__schedule_free(s->streams);
	s->streams = streams;
	s->dag.edge_cost = streams->edge_cost;	/* lives as long */
	for (i = 0; i < s->dag.n; i++)
		s->entries[i] = tasks->tasks[streams->items[i]];
	s->info.blocks = streams->n_blocks;
	s->info.waits = streams->n_waits;
	s->info.workers = streams->workers;
	s->info.speedup = streams->speedup;
	s->info.compile_ns += weir__now_ns() - start;
	return WEIR_OK;
}
