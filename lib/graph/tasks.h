/*
 * Recorded tasks: functions in program order, and which earlier ones each
 * comes after. Arrays only, so that ten million fit.
 */
#ifndef WEIR_GRAPH_TASKS_H
#define WEIR_GRAPH_TASKS_H

#include <weir/task.h>
#include "base/pointer_map.h"

struct weir__task {
	weir_task_fn fn;
	void *arg;
};

/* The tasks that have touched one address since it was last written; and those
 * that did before any task of this graph had written it, who come after what
 * is there when the graph is added to another. */
struct weir__place_state {
	const void *memory;
	uint32_t writer;	/* the last one, or WEIR__NO_TASK */
	uint32_t first_reader;	/* since then: a list through readers */
	uint32_t set;		/* that the writer is of, or WEIR__NO_SET */
	uint32_t early_writer;	/* the first one */
	uint32_t early_reader;	/* before it: such a list */
	uint32_t early_set;	/* that it is of */
};

struct weir__reader {
	uint32_t task, next;
};

/* A task whose argument was made here, see task_args.h. */
struct weir__own_arg {
	uint32_t task, size;
};

/* Tasks that commute on one address, with no others between them there. */
struct weir__set {
	uint32_t first, last, n;	/* in program order */
	uint32_t writer, first_reader;	/* all of them come after the readers,
					   or after the writer if none */
};

/* A task that is of a set, or that comes after all of it. */
struct weir__set_use {
	uint32_t task, set;
	float cost;		/* of what the set hands to it; < 0: not
				   told */
	bool is_member;
};

enum { WEIR__NO_TASK = 0xffffffffu, WEIR__NO_SET = 0xffffffffu };

struct weir_tasks {
	struct weir__heap *heap;	/* a reference */
	weir_runtime *runtime;
	char *name;
	struct weir__task *tasks;
	uint32_t *first_pred;		/* n + 1 */
	uint32_t *preds;
	float *costs;			/* NULL while nobody has told one */
	float *edge_costs;		/* beside preds; < 0: not told. NULL
					   while nobody has told one */
	float edge_cost;		/* of each new edge of the last task */
	const char **names;		/* NULL while nobody has told one */
	int *priorities;		/* likewise */
	uint32_t *seen;			/* per task: last one to come after it,
					   plus 1: so no edge is there twice */
	bool *is_turn;			/* beside preds: the edge only keeps
					   the order of a set, or comes after
					   its last. NULL while none does */
	bool may_overlap;		/* runs of its schedules */
	bool may_reorder;		/* tasks that commute */
	size_t n, tasks_room, first_pred_room, n_preds, preds_room,
		costs_room, edge_costs_room, names_room, priorities_room,
		seen_room, is_turn_room;
	struct weir__pointer_map places;
	struct weir__place_state *states;
	struct weir__reader *readers;
	struct weir__set *sets;
	struct weir__set_use *set_uses;		/* in the order of tasks */
	size_t n_states, states_room, n_readers, readers_room, n_sets,
		sets_room, n_set_uses, set_uses_room;
	struct weir__pointer_map group_of;	/* what names it: its number */
	struct weir__task_group *groups;	/* see task_groups.h */
	struct weir__group_use *group_uses;	/* in the order of tasks */
	size_t n_groups, groups_room, n_group_uses, group_uses_room;
	struct weir__pointer_map reduction_of, part_of;
	struct weir__reduction *reductions;	/* see task_reductions.h */
	struct weir__part *parts;
	size_t n_reductions, reductions_room, n_parts, parts_room;
	weir_access *effective;		/* of the task being recorded: parts
					   in place of results */
	double *effective_costs;
	size_t effective_room, effective_costs_room;
	struct weir__task_args *args;	/* see task_args.h; or NULL */
	struct weir__own_arg *own_args;	/* in the order of tasks */
	size_t n_own_args, own_args_room;
	struct weir__region *regions;	/* see task_regions.h; in the order
					   of tasks */
	size_t n_regions, regions_room;
	struct weir__memory_map *map;	/* of where they are, or NULL */
	struct weir__task_path *paths;	/* see task_paths.h */
	size_t n_paths, paths_room;
};

weir_status
weir__tasks_new(struct weir__heap *heap, weir_runtime *runtime,
		const char *name, weir_tasks **tasks);

/* What the first n tasks take, instead of what was told. */
weir_status
weir__tasks_set_costs(weir_tasks *tasks, const double *nanoseconds, size_t n);

/* One more task. Dependencies are then added to it, before the next. */
weir_status
weir__tasks_append(weir_tasks *tasks, weir_task_fn fn, void *arg,
		   const weir_task_options *options);

/* A task with its accesses, which do not reduce, or with tasks that it comes
 * after; and with its group. On failure nothing is recorded. */
weir_status
weir__tasks_record(weir_tasks *tasks, weir_task_fn fn, void *arg,
		   const weir_access *accesses, size_t n,
		   const weir_task_options *options);

/* The same with a copy of `size` bytes for the function's argument, which is
 * there for as long as schedules run it. */
weir_status
weir__tasks_record_own(weir_tasks *tasks, weir_task_fn fn, const void *arg,
		       size_t size, const weir_access *accesses, size_t n,
		       const weir_task_options *options);

weir_status
weir__tasks_record_after(weir_tasks *tasks, weir_task_fn fn, void *arg,
			 const uint32_t *after, size_t n,
			 const weir_task_options *options);

/* Take the last task back: a dependency could not be added. */
void
weir__tasks_forget_last(weir_tasks *tasks);

/* One more task, which has a copy of its argument, likewise. */
weir_status
weir__tasks_append_own(weir_tasks *tasks, weir_task_fn fn, const void *arg,
		       size_t size, const weir_task_options *options);

/* The last task, with its dependencies, is put into its group, if any. */
weir_status
weir__tasks_enter_group(weir_tasks *tasks, const weir_task_options *options);

/* -- task_edges.c ---------------------------------------------------------- */

/* The last task comes after an earlier one; twice is as good as once. */
weir_status
weir__tasks_after(weir_tasks *tasks, uint32_t earlier);

/* The same, where it need not be that one: see is_turn. */
weir_status
weir__tasks_take_turn(weir_tasks *tasks, uint32_t earlier);

/* So much more it takes to hand over what the last task needs of one that it
 * comes after. Only if its options tell what edges cost. */
void
weir__tasks_add_edge_cost(weir_tasks *tasks, uint32_t earlier,
			  double nanoseconds);

/* Where the state of an address is in `states`. */
weir_status
weir__tasks_find_place(weir_tasks *tasks, const void *memory,
		       uint32_t *number);

/* The last task comes after what has touched a place, as somebody who accesses
 * it so. cost: of what it is handed; < 0: not told. */
weir_status
weir__tasks_come_after(weir_tasks *tasks,
		       const struct weir__place_state *state,
		       weir_access_mode mode, double cost);

/* The last task is of a set, or comes after it. */
weir_status
weir__tasks_use_set(weir_tasks *tasks, uint32_t set, bool is_member,
		    float cost);

/* What the last task accesses, all at once, and, where edge_nanoseconds is not
 * NULL, what it takes to hand over what each of them reads. On failure nothing
 * is noted but dependencies: forget the task. */
weir_status
weir__tasks_access(weir_tasks *tasks, const weir_access *accesses, size_t n,
		   const double *edge_nanoseconds);

/* Its two halves, of which the second cannot fail, for one task that comes
 * after what is accessed, and a later one after which others come. Between the
 * two nothing is accessed. */
weir_status
weir__tasks_order(weir_tasks *tasks, const weir_access *accesses, size_t n,
		  const double *edge_nanoseconds);

void
weir__tasks_note(weir_tasks *tasks, const weir_access *accesses, size_t n,
		 const double *edge_nanoseconds);

#endif
