/* Schedules of tasks that have told what their edges cost. */
#ifndef WEIR_API_TASK_EDGES_H
#define WEIR_API_TASK_EDGES_H

#include "exec/stream.h"

/*
 * Deal a schedule's tasks again, by what their edges cost. It has been
 * compiled from these tasks just now, and nobody else has it yet. On failure
 * it is as it was, or to be released.
 */
weir_status
weir__schedule_mind_edges(weir_schedule *schedule, const weir_tasks *tasks);

#endif
