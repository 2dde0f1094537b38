/*
 * Tasks: the scheduler without tensors.
 *
 * A task graph is a list of C functions with what they read and write, in
 * program order; their dependencies follow from that. It is compiled once
 * into a schedule, which runs any number of times.
 */
#ifndef WEIR_TASK_H
#define WEIR_TASK_H

#include <weir/export.h>
#include <weir/run.h>
#include <weir/runtime.h>
#include <weir/status.h>

WEIR_BEGIN_DECLS

typedef struct weir_tasks weir_tasks;
typedef struct weir_schedule weir_schedule;

/**
 * What a task does. WEIR_OK, or a failure whose sentence may be left with
 * weir_fail(); tasks recorded later are then not run.
 */
typedef weir_status (*weir_task_fn)(void *arg);

typedef enum weir_access_mode {
	WEIR_READ = 1,
	WEIR_WRITE = 2,		/* what was there before does not matter */
	WEIR_READ_WRITE = 3,
	WEIR_COMMUTE = 4,	/* read and write, in any order with others
				   that commute there, but never at once: in
				   that of the program unless
				   weir_tasks_allow_reorder() */
	WEIR_REDUCE = 5		/* contribute to it, see
				   weir_tasks_set_reduction() */
} weir_access_mode;

/**
 * One access of a task. Memory is named by an address: two accesses meet if
 * they name the same one, so the parts of an array that tasks work on (tiles,
 * rows) are named by their first element.
 */
typedef struct weir_access {
	const void *memory;
	weir_access_mode mode;
} weir_access;

/** Set .size = sizeof(weir_task_options); 0 elsewhere for defaults. */
typedef struct weir_task_options {
	size_t size;
	double nanoseconds;	/* what it is expected to take; 0: like the
				   others. Only ratios matter */
	const char *name;	/* for traces, texts and errors; borrowed for
				   as long as schedules run it. NULL: "task" */
	const double *edge_nanoseconds;	/* for each entry of `after`, or of
				   `accesses` if it reads: what it takes to get
				   that from another worker of the same pool,
				   >= 0, in the unit of .nanoseconds; of
				   another pool twice that. Of the same earlier
				   task they add up; what only keeps an order
				   costs nothing. Borrowed for the call; NULL:
				   not told, 400 ns an edge */
	const void *group;	/* any address: of tasks that name the same
				   one, in a run of their schedule ... */
	uint32_t at_most;	/* ... so many run at once: as a licence, a
				   device or a disk wants. Which of them come
				   after which is settled when they are
				   recorded, and is the same in each run */
	int priority;		/* higher ones first, below 0 too; see
				   weir_tasks_compile() */
	void *const *parts;	/* for each entry of `accesses`, if it reduces:
				   where the task leaves what it contributes.
				   The list is borrowed for the call */
	const size_t *bytes;	/* for each entry of `accesses`: how many bytes,
				   from its address on, the task works on (of
				   an access that reduces: of the part); see
				   weir_tasks_set_places(). The list is
				   borrowed for the call; NULL: not told */
} weir_task_options;

/**
 * Start a task graph.
 *
 * @param name   copied; appears in errors, and as the first part of the path of
 *               its tasks in traces
 * @param tasks  on success a new object: weir_tasks_release() it
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_tasks_create(weir_runtime *runtime, const char *name,
		  weir_tasks **tasks);

/** Release it; NULL is fine. Schedules live on. */
WEIR_API void
weir_tasks_release(weir_tasks *tasks);

/**
 * Record a task. It comes after all earlier tasks that write what it reads or
 * writes, and after all that read what it writes; who commutes does both.
 *
 * @param arg       handed to fn; borrowed for as long as schedules run it
 * @param accesses  n of them, borrowed for the call
 * @param options   borrows; NULL for defaults
 * @param number    where its number goes, counted from 0; may be NULL
 * @return WEIR_OK, WEIR_ENOMEM, WEIR_EINVAL (also: an access reduces that
 *         nobody told how to combine, or its part is a part of another
 *         result), WEIR_ENULL
 *
 * Threads: one at a time per task graph. Cost: O(n) amortised.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_tasks_add(weir_tasks *tasks, weir_task_fn fn, void *arg,
	       const weir_access *accesses, size_t n,
	       const weir_task_options *options, uint32_t *number);

/**
 * The same with the dependencies given: numbers of n earlier tasks.
 *
 * @return WEIR_OK, WEIR_ENOMEM, WEIR_EINVAL, WEIR_ENULL, WEIR_ERANGE (a task
 *         that has not been recorded)
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_tasks_add_after(weir_tasks *tasks, weir_task_fn fn, void *arg,
		     const uint32_t *after, size_t n,
		     const weir_task_options *options, uint32_t *number);

/** What a loop does for begin <= i < end. */
typedef weir_status (*weir_for_fn)(void *arg, size_t begin, size_t end);

/**
 * Record a loop over 0 <= i < n, cut into pieces of `grain` (the last may be
 * shorter), which are tasks that run beside each other. It is cut by n and
 * grain alone, never by workers; so what a piece computes does not depend on
 * those.
 *
 * The accesses are those of the whole loop: each piece comes after what it
 * comes after, and what comes after it comes after all pieces. Accesses that
 * commute read and write; none reduces. Where it is needed a task that does
 * nothing comes before the pieces ("fork"), and one after them ("join"; not
 * after a single piece), and one is all there is if n is 0.
 *
 * @param fn       called once for each piece
 * @param options  of the loop: its .nanoseconds are shared out among the
 *                 pieces, its group is that of each piece, priority and name
 *                 likewise. borrows; NULL for defaults
 * @param number   where the number goes of the task that comes after all
 *                 pieces; may be NULL
 * @return WEIR_OK, WEIR_ENOMEM, WEIR_EINVAL (also: grain is 0), WEIR_ENULL,
 *         WEIR_ERANGE (too many pieces). On failure nothing is recorded
 *
 * arg and accesses as for weir_tasks_add(). Threads: one at a time per task
 * graph. Cost: O(pieces + accesses) amortised, and with groups that of looking
 * for a place.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_tasks_add_for(weir_tasks *tasks, weir_for_fn fn, void *arg, size_t n,
		   size_t grain, const weir_access *accesses,
		   size_t n_accesses, const weir_task_options *options,
		   uint32_t *number);

/**
 * Add all tasks of another graph, as if they were recorded here now, in their
 * order: with their arguments, costs, names, priorities and groups, with what
 * they come after among themselves, and ordered with the tasks here, earlier
 * and later ones, by what both access. It is copied, so it may be added again,
 * and released. Later tasks may name its tasks by their numbers here.
 *
 * What has been contributed (WEIR_REDUCE) in the added graph is combined there
 * first, and what has been contributed here to memory that it accesses, here.
 * What edges between tasks of the two cost is not told: 400 ns.
 *
 * Traces, texts and errors call its tasks by its name and theirs,
 * "solver/step"; those that had been added to it, "solver/smoother/sweep".
 *
 * @param graph  borrowed for the call; not `tasks`
 * @param after  numbers of n tasks recorded here, borrowed for the call: tasks
 *               of the graph that come after none of it come after those too
 * @param first  the number here of its first task, which the others follow;
 *               may be NULL
 * @return WEIR_OK, WEIR_ENOMEM, WEIR_EINVAL (a group has another limit here),
 *         WEIR_ENULL, WEIR_ERANGE (a task that has not been recorded; or too
 *         many). On failure none of its tasks is added
 *
 * Threads: one at a time for both graphs. Cost: that of recording them, or
 * less.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_tasks_add_graph(weir_tasks *tasks, weir_tasks *graph,
		     const uint32_t *after, size_t n, uint32_t *first);

/** Make *into of *into and *from, which stays as it is. */
typedef weir_status (*weir_combine_fn)(void *into, const void *from,
				       void *arg);

/**
 * Say how contributions to a result are combined, before the first task that
 * contributes (WEIR_REDUCE, with the result as the memory of the access).
 *
 * Such a task writes to a part of its own, which its options name in .parts,
 * and does not touch the result; so those that contribute run beside each
 * other. The parts stay the caller's, are there for as long as schedules run,
 * and hold anything afterwards. Tasks that name the same part come one after
 * the other, in the order of the program, and make one contribution together.
 *
 * The first task after that which accesses the result in any other mode, or
 * weir_tasks_compile(), has the contributions combined: the 1st with the 2nd,
 * the 3rd with the 4th and so on, each into the earlier one; then those with
 * each other, likewise, until one is left (an odd one waits for the next
 * round); and that one into the result, which was there before. The order of
 * contributions is that in which their first tasks were recorded: so the bits
 * are the same with any number of workers. Of n contributions are made n tasks
 * more, with numbers of their own. Without contributions the result stays as
 * it is. What is contributed later is combined later, as another n.
 *
 * What edge_nanoseconds tells of an access that reduces is what it takes to
 * hand the part to who combines it.
 *
 * @param arg      handed to combine; borrowed for as long as schedules run it
 * @param options  of the tasks that combine, borrows but for what they name;
 *                 .nanoseconds, .name (NULL: "combine"), .group and .priority
 *                 count. NULL for defaults
 * @return WEIR_OK, WEIR_ENOMEM, WEIR_EINVAL, WEIR_ENULL
 *
 * Of one result it may be said again: contributions so far are combined as was
 * said before. Threads: one at a time per task graph. Cost: O(1), and what is
 * combined.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_tasks_set_reduction(weir_tasks *tasks, void *result,
			 weir_combine_fn combine, void *arg,
			 const weir_task_options *options);

/**
 * Let runs of its schedules overlap, each with state of its own: for tasks
 * that may be called from several threads at once. Of schedules compiled
 * before nothing changes.
 */
WEIR_API void
weir_tasks_allow_overlap(weir_tasks *tasks);

/**
 * Let weir_tasks_compile() choose in which order tasks come that commute
 * (WEIR_COMMUTE) on the same memory. It deals the tasks as if such tasks did
 * not mind each other, has them come one after another in the order that they
 * got, and keeps that if all is over earlier than in the order of the program,
 * by what weir_schedule_simulate() tells of both. So the order is the same in
 * each run of a schedule; but it depends on the costs told and the number of
 * workers, and so may the bits of what such tasks add up.
 *
 * A task that names the memory in another access too does not commute there.
 * Of schedules compiled before nothing changes.
 *
 * Cost: where tasks commute, compiling takes about three times as long.
 */
WEIR_API void
weir_tasks_allow_reorder(weir_tasks *tasks);

/**
 * Say in which NUMA nodes memory is: so that tasks whose .bytes are told are
 * dealt to workers near what they work on. Getting them from another node is
 * taken as a nanosecond for 10 bytes if that is twice as far, and so on. Of
 * bytes that are in no place, and of memory that is next to no worker's node,
 * nothing is known. Where workers are of one pool it does not matter; nor do
 * results depend on it anywhere. The pieces of a loop (weir_tasks_add_for())
 * each work on the same part of the memory as of the loop.
 *
 * It is for schedules that are compiled from now on, and in place of what was
 * said before; of those the same places give the same ones.
 *
 * @param places  borrows n of them, in any order; none overlap
 * @return WEIR_OK, WEIR_ENOMEM, WEIR_EINVAL, WEIR_ENULL. On failure what was
 *         said before still holds
 *
 * Threads: one at a time per task graph. Cost: O(n log n); and for compiling
 * four bytes a task and pool.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_tasks_set_places(weir_tasks *tasks, const weir_memory_place *places,
		      size_t n);

/**
 * The same as the system has it now, of all memory that tasks recorded so far
 * work on; see weir_memory_find(). Memory that is used for the first time later
 * is nowhere yet: let the tasks of a run initialise it, and ask then.
 *
 * @return WEIR_OK, WEIR_ENOMEM, WEIR_EINVAL (bytes beyond the last address),
 *         WEIR_ENULL
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_tasks_find_places(weir_tasks *tasks);

/**
 * Compile what has been recorded so far: give the tasks to workers, and each
 * worker's an order.
 *
 * While no task has told what its edges cost, work is shared out where that
 * promises to be worth a team (1.3 times one worker), by list scheduling with
 * affinity (Graham 1969; ETF, Hwang et al. 1989); where tasks have told what
 * they take, those with the longest way to the end behind them come first.
 * Where tasks take less than 400 ns in the mean, and workers are of one pool,
 * supersteps (GrowLocal, Boehnlein et al. 2025) are taken instead if all is
 * over earlier with them, although all workers wait for all after each.
 * Once a task has told what edges cost, that is believed: of HEFT (Topcuoglu et
 * al. 2002), clusters by edge zeroing (Sarkar 1989; graphs of up to some hundred
 * tasks), both improved forwards and backwards (Li and Willis 1992), and one
 * worker alone, that schedule is taken which is over first. The same graph gives
 * the same schedule.
 *
 * Where tasks have told priorities, of those that are ready for a worker the
 * one with the highest is started first, of equals the one that has been ready
 * longest, or, where one worker has all, that was recorded first. Dependencies
 * always win. With edge costs tasks get their places in that order, equals by
 * rank, none delayed by one that got its place later, and the forwards and
 * backwards improvement is left out.
 *
 * @param schedule  on success a new reference: weir_schedule_release() it
 * @return WEIR_OK, WEIR_ENOMEM
 *
 * Cost: about 0.1 to 0.5 microseconds a task for few workers, up to twice that
 * where both ways are tried, and some more with priorities; with
 * edge costs 1 to 40, more with more workers.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_tasks_compile(weir_tasks *tasks, weir_schedule **schedule);

WEIR_API void
weir_schedule_release(weir_schedule *schedule);

/** What a schedule is made of. */
typedef struct weir_schedule_info {
	uint32_t tasks, edges;
	uint32_t blocks, waits;	/* tasks are run in blocks; blocks wait */
	unsigned workers;	/* 1: the caller runs all tasks */
	size_t bytes;		/* that the schedule takes */
	double compile_ns;
	double speedup;		/* expected of its workers */
} weir_schedule_info;

WEIR_API weir_schedule_info
weir_schedule_get_info(const weir_schedule *schedule);

/** Check the schedule's invariants against its task graph. */
WEIR_API WEIR_MUST_CHECK weir_status
weir_schedule_check(const weir_schedule *schedule);

/** Where and when a task runs in a simulation, in nanoseconds from the start,
 * or whatever unit the costs have. */
typedef struct weir_task_span {
	unsigned worker;
	double start, end;
} weir_task_span;

/**
 * Find when all would be over if each task took just what it is said to take,
 * and what one worker hands to another arrived just so much later as the edge
 * is said to take, or twice that in another pool; and each task took longer by
 * what it takes to get its memory from another node, where places have been
 * told (weir_tasks_set_places()). On one worker edges take nothing. No task is
 * run. The same schedule and costs give the same figures, to the bit.
 *
 * Task i is the i-th recorded, from 0. Edges are numbered task by task, and of
 * each task in the order in which its dependencies came up, each once: as
 * `after` has them, or access by access the last writer and then, for a
 * write, who has read that since, latest first; where tasks that commute got
 * another order than the program's, edges of that order come last.
 * weir_schedule_get_info() has their number.
 *
 * @param task_ns   borrows: what each task takes, >= 0; NULL: as declared (10
 *                  where nothing was)
 * @param edge_ns   borrows: what each edge takes, >= 0; NULL: as declared (400
 *                  where nothing was)
 * @param spans     room for one a task, in the order of recording; may be NULL
 * @param makespan  when the last worker has ended
 * @return WEIR_OK, WEIR_ENOMEM, WEIR_EINVAL (a cost is negative or not
 *         finite), WEIR_ENULL
 *
 * Threads: any, also while it runs. Cost: O(tasks + edges), tens of
 * nanoseconds each.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_schedule_simulate(const weir_schedule *schedule, const double *task_ns,
		       const double *edge_ns, weir_task_span *spans,
		       double *makespan);

/**
 * What each worker runs in which order and what it waits for, as text; or the
 * tasks and their dependencies by worker, for Graphviz.
 *
 * @param text  on success a new string: weir_text_release() it
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_schedule_describe(const weir_schedule *schedule, bool as_dot,
		       char **text);

/**
 * Run it `times` times, one run after the other, and wait.
 *
 * @return WEIR_OK, or the failure of the task recorded first among those that
 *         failed; tasks recorded later than it may not have run. The other
 *         runs of the `times` go as far as that task, too
 *
 * Threads: any; runs of one schedule take turns unless they may overlap. From
 * inside a task the calling thread runs the tasks, once it has helped the runs
 * before this one, and threads of its team that have nothing to do meanwhile
 * take blocks of them (docs/executor.md); with a borrowed team from an OpenMP
 * parallel region it runs them alone. A task must not run its own schedule, or
 * one that has a run under way which waits for that task (WEIR_ESTATE). Traces
 * show each task, with the ends of what it waited for; of a task's dependencies
 * 64 are drawn.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_schedule_run(weir_schedule *schedule, size_t times);

/* -- measured costs ---------------------------------------------------------- */

/**
 * Run it as weir_schedule_run() does and find out what each task takes: the
 * least of its times, with about 40 ns of the clock in it.
 *
 * @param task_ns  room for one a task, in the order of recording; HUGE_VAL
 *                 where a task has not run, after a failure
 * @return as weir_schedule_run(); WEIR_EINVAL if times is 0
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_schedule_measure(weir_schedule *schedule, size_t times, double *task_ns);

/**
 * Say what the first n tasks take, as measured, instead of what was told when
 * they were recorded: for schedules that are compiled from now on.
 * Dependencies, and so results, are the same; who runs what, and when, is not.
 * Of reductions the tasks that combine are there once they have been compiled.
 *
 * @param task_ns  borrows n of them, >= 0
 * @return WEIR_OK, WEIR_ENOMEM, WEIR_EINVAL (a cost is negative or not
 *         finite), WEIR_ENULL, WEIR_ERANGE (n is more than have been recorded)
 *
 * Threads: one at a time per task graph.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_tasks_set_costs(weir_tasks *tasks, const double *task_ns, size_t n);

/* -- runs that nobody waits for: see run.h ----------------------------------- */

/**
 * Run it as weir_schedule_run() does, but do not wait. Runs that are under
 * way share the runtime's resident team, which the first one makes. The
 * schedule and its runtime must outlive the run.
 *
 * @param options  borrows; NULL for defaults
 * @param run      on success a new reference: weir_run_release() it at any
 *                 time
 * @return WEIR_OK, WEIR_ENOMEM (also: no thread to be had), WEIR_EINVAL,
 *         WEIR_ENULL, WEIR_ESTATE (a forked child; or as weir_schedule_run())
 *
 * Threads: any. From a task it is run at once, before the call returns, as by
 * weir_schedule_run(). The runs of a schedule end in the order in which they
 * were started, unless they may overlap.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_schedule_start(weir_schedule *schedule, size_t times,
		    const weir_start_options *options, weir_run **run);

WEIR_END_DECLS

#endif /* WEIR_TASK_H */
