/*
 * Graphs, plans and functions.
 *
 * A *function* is the usual way: an ordinary C function that is recorded the
 * first time it is called with a new signature, compiled into a plan, and run
 * from the plan from then on. A *graph* can also be recorded by hand, and its
 * *plan* run directly.
 */
#ifndef WEIR_GRAPH_H
#define WEIR_GRAPH_H

#include <weir/export.h>
#include <weir/run.h>
#include <weir/runtime.h>
#include <weir/scope.h>
#include <weir/status.h>
#include <weir/tensor.h>

WEIR_BEGIN_DECLS

typedef struct weir_graph weir_graph;
typedef struct weir_plan weir_plan;
typedef struct weir_function weir_function;

/* -- graphs and plans ----------------------------------------------------- */

/** Start a graph. name is the first part of the path of its ops. */
WEIR_API WEIR_MUST_CHECK weir_status
weir_graph_create(weir_runtime *runtime, const char *name,
		  weir_graph **graph);

/** Release the graph and its scope; NULL is fine. Plans live on. */
WEIR_API void
weir_graph_release(weir_graph *graph);

/** The scope that records into the graph; owned by the graph. */
WEIR_API weir_scope *
weir_graph_scope(weir_graph *graph);

/**
 * The next input of the graph, a contiguous symbol.
 *
 * @param name  copied, may be NULL
 * @return owned by the graph; NULL on failure (kept by its scope)
 */
WEIR_API weir_tensor *
weir_graph_input(weir_graph *graph, weir_dtype dtype, size_t rank,
		 const int64_t *shape, const char *name);

/** Make a symbol of the graph its next output. */
WEIR_API weir_status
weir_graph_output(weir_graph *graph, weir_tensor *tensor);

/** The graph as text, a line a node, or in Graphviz's DOT; with the bodies of
 * calls, branches and loops (control.h). */
WEIR_API WEIR_MUST_CHECK weir_status
weir_graph_describe(const weir_graph *graph, bool as_dot, char **text);

/**
 * Close the graph's scope and compile what was recorded.
 *
 * @param plan  on success a new reference: weir_plan_release() it
 * @return WEIR_OK, WEIR_ENOMEM, or the failure its scope keeps
 *
 * Cost: O(nodes + edges) per pass.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_graph_compile(weir_graph *graph, weir_plan **plan);

/** Set .size = sizeof(weir_compile_options); 0 elsewhere for defaults. */
typedef struct weir_compile_options {
	size_t size;
	/*
	 * The most bytes of buffers that a run may have (buffer_bytes of
	 * weir_plan_info; results are apart); 0: as many as it takes. Where
	 * workers who do more at one time would take more, they wait for each
	 * other more often, at the extreme until one does all. No bit of any
	 * result depends on it.
	 */
	size_t max_bytes;
	/*
	 * To look for plans made wrong: runs fill each value's bytes in their
	 * buffers, as soon as nobody may read it any more, with what shows
	 * wherever it comes: signalling NaNs, 0xdeadfeeddeadfeed, booleans of
	 * 0xff. No bit of any result depends on it, unless a value is read that
	 * should not be. It takes the time to write all buffers once more.
	 * WEIR_POISON=1, when the runtime is created, does it everywhere.
	 */
	bool poison;
	/*
	 * Where a run would take more than max_bytes, fuse fewer ops, do those
	 * sooner that make room, and do some a second time, late, in place of
	 * keeping what they made from the first time on: those whose results
	 * are needed early and then, long after, again, as gradients need what
	 * the forward pass has made. Such ops are pure and cannot fail, so no
	 * bit of any result depends on it.
	 */
	bool recompute;
	/*
	 * Values as runs will have them, as many as the graph has inputs;
	 * borrowed for the call. With them or with places, work is done by
	 * workers near what it reads from outside: these, what has been
	 * captured, and the values that variables have now. Getting it from
	 * another node is taken as a nanosecond for 10 bytes if that is twice
	 * as far, and so on. Only addresses count, so a run may have other
	 * operands; nor does any bit of any result depend on it. Where workers
	 * are of one pool, plans are the same as without.
	 */
	weir_tensor *const *operands;
	/* Where memory is: n_places of them in any order, of which none
	 * overlaps another; borrowed for the call. NULL: of what the plan would
	 * read, the system is asked where it is now (weir_memory_find()), and
	 * so plans may differ from one run of the program to the next. */
	const weir_memory_place *places;
	size_t n_places;
} weir_compile_options;

/**
 * weir_graph_compile() with options.
 *
 * @param options  borrows; NULL for defaults
 * @return the same; WEIR_EINVAL (places overlap), WEIR_ENULL or WEIR_EFOREIGN
 *         (an operand); WEIR_ERANGE if a run takes more than max_bytes even if
 *         one worker does all: the sentence says how many it takes; with
 *         recompute, the least that was found, whatever ops are done twice
 *
 * Cost: as without; with recompute, where a plan does not fit without, some
 * hundred times O(nodes + edges).
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_graph_compile_with(weir_graph *graph, const weir_compile_options *options,
			weir_plan **plan);

WEIR_API weir_plan *
weir_plan_retain(weir_plan *plan);

WEIR_API void
weir_plan_release(weir_plan *plan);

/** What a plan is made of. */
typedef struct weir_plan_info {
	size_t recorded;	/* ops called while recording */
	size_t nodes;		/* of those, nodes that run */
	size_t merged, folded, dropped, views; /* what became of the others */
	size_t fused;		/* of the nodes, those that run as a part of
				   another */
	size_t blocks;		/* what is scheduled */
	unsigned workers;	/* that it is planned for; 1: runs inline */
	size_t buffer_bytes;	/* allocated once for each run in flight */
	size_t buffers;		/* that share them; values that are written one
				   over the other, in place, are one */
	/* The most bytes of buffers, each a multiple of 64, that are needed at
	 * one time if one worker takes the steps in the order of the program:
	 * no placement does with less. */
	size_t live_bytes;
	size_t result_bytes;	/* of results and variables, allocated by each
				   run */
	size_t moved_bytes;	/* of operands and results of the nodes that
				   run, added up: what a run reads and writes */
	/* The most bytes of ops' results and scratch that the recorded calls,
	 * made eagerly, would hold at one time: a result until the scope that
	 * it was made in is popped, or to the end. weir_runtime_memory() would
	 * show as much more in use. */
	size_t eager_bytes;
	double record_ns;	/* time taken to record */
	double compile_ns;	/* and to compile */
	double estimate_ns;	/* of one run on one processor */
	/* Ops that are done a second time to keep within max_bytes, and what
	 * that is expected to take in flops and, on one processor, in time. */
	size_t recomputed;
	double recompute_flops, recompute_ns;
} weir_plan_info;

WEIR_API weir_plan_info
weir_plan_get_info(const weir_plan *plan);

/** The plan as text: nodes, blocks, workers, buffers; and those of bodies. */
WEIR_API WEIR_MUST_CHECK weir_status
weir_plan_describe(const weir_plan *plan, char **text);

/** Check the plan's invariants; WEIR_EINVAL and a sentence if one fails. */
WEIR_API WEIR_MUST_CHECK weir_status
weir_plan_check(const weir_plan *plan);

/**
 * Run a plan.
 *
 * @param in   as many as the graph has inputs, of the recorded dtypes, shapes
 *             and strides; borrowed
 * @param out  on success as many new references as the graph has outputs; on
 *             failure left as they were
 * @return WEIR_OK or the failure of the op with the lowest ordinal; the
 *         sentence is weir_error_text()
 *
 * Variables written by the plan change only when the whole run has
 * succeeded. Threads: many may run one plan at once; runs that write a
 * common variable wait for each other. A task, or an op, that has to wait so
 * takes part in the other run if there is a place for it; a wait for a run that
 * waits for that task is WEIR_ESTATE. From a task the calling thread runs the
 * ops, and threads of its team that have nothing to do meanwhile take some.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_plan_run(weir_plan *plan, weir_tensor *const *in, size_t n_in,
	      weir_tensor **out, size_t n_out);

/**
 * Run it as weir_plan_run() does, but do not wait. Runs that are under way
 * share the runtime's resident team, which the first one makes. Operands are
 * kept until the run is over; so must `out` be, which then, if all went well,
 * has the results, before anybody is told that the run is over.
 *
 * @param options  borrows; NULL for defaults
 * @param run      on success a new reference: weir_run_release() it at any
 *                 time
 * @return WEIR_OK, what is wrong with the operands, WEIR_ENOMEM (also: no
 *         thread to be had), WEIR_EINVAL, WEIR_ENULL, WEIR_ESTATE (a forked
 *         child)
 *
 * Threads: any; the call waits for runs under way that write a variable which
 * this one writes, too. From a task it is run at once, before the call
 * returns, as by weir_plan_run(). The runtime must outlive the run; the plan need not.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_plan_start(weir_plan *plan, weir_tensor *const *in, size_t n_in,
		weir_tensor **out, size_t n_out,
		const weir_start_options *options, weir_run **run);

/* -- measured costs: see also weir_function_measure() ---------------------- */

/**
 * Find out what a plan's nodes take on one processor: run it `times` times on
 * the calling thread alone, and discard what it does. Variables stay as they
 * were; what user ops write elsewhere is written.
 *
 * @param in       as for weir_plan_run()
 * @param node_ns  on success the least time of each node that runs, in the
 *                 order of recording, with about 20 ns of the clock in it, or
 *                 in each of its pieces where it is cut; of several that are
 *                 run as one its share, by what they expect. Room for
 *                 weir_plan_get_info().nodes; on failure left as it was
 * @return as weir_plan_run(); WEIR_EINVAL if times is 0
 *
 * Threads: as weir_plan_run(). Cost: that of the runs.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_plan_measure(weir_plan *plan, weir_tensor *const *in, size_t n_in,
		  size_t times, double *node_ns);

/**
 * Compile a plan's graph once more, by what its nodes take in place of what
 * their ops expect: so others may be cut into pieces, and who runs what, and
 * when, may differ. Results are the same, to the bit. The same costs give the
 * same plan.
 *
 * @param plan        borrowed; not changed
 * @param node_ns     borrows n of them, >= 0, as weir_plan_measure() has them
 * @param n           as many as weir_plan_get_info().nodes
 * @param recompiled  on success a new reference: weir_plan_release() it
 * @return WEIR_OK, WEIR_ENOMEM, WEIR_EINVAL (a cost is negative or not
 *         finite), WEIR_ENULL, WEIR_ERANGE (another number of nodes)
 *
 * Threads: any, also while it runs. Cost: that of weir_graph_compile().
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_plan_recompile(const weir_plan *plan, const double *node_ns, size_t n,
		    weir_plan **recompiled);

/* -- functions ------------------------------------------------------------ */

/** One and the same in both modes. Fill out; return the scope's status. */
typedef weir_status (*weir_function_fn)(weir_scope *scope,
					weir_tensor *const *in,
					weir_tensor **out, void *arg);

/**
 * A named dimension of a function: an axis of one of its operands whose length,
 * its *extent*, is another from call to call. Axes of one name have one extent
 * within a call.
 */
typedef struct weir_dimension {
	const char *name;	/* copied */
	size_t operand;		/* of the call, from 0 */
	size_t axis;		/* of it, from 0 */
	int64_t most;		/* the largest extent to expect; 0: any */
} weir_dimension;

/** The most names of dimensions that a function may have. */
#define WEIR_DIMENSIONS_MAX 3

/** Set .size = sizeof(weir_function_options); 0 elsewhere for defaults. */
typedef struct weir_function_options {
	size_t size;
	/* Plans kept, one a signature, least recently used out; 0: 8. */
	size_t cache_limit;
	/* Record twice and fail with WEIR_EUNREPEATABLE at the first
	 * difference. */
	bool check_repeatable;
	/* As in weir_compile_options, for each of its plans; eager calls take
	 * what they take. */
	size_t max_bytes;
	bool poison, recompute;	/* likewise */
	/* Each plan is made near the operands of the call that it is made for,
	 * where the system has them then: see operands in
	 * weir_compile_options. */
	bool near_operands;
	/*
	 * Axes whose extents vary, n_dimensions of them; copied. When there
	 * have been calls with two different extents, fn is recorded for a few
	 * more that no call had, to learn how what it records follows from
	 * them: next to the second, at half the smallest, and at twice the
	 * largest or at the `most` that is declared, never beyond that. All
	 * integers (shapes, bounds, axes) have to be sums of products of
	 * extents and constants, all numbers such integers or 1 over them. If
	 * they are, recordings at extents in between are *derived* from that
	 * and fn is not called; else, and where a length becomes 0 or 1, it is
	 * recorded for each, and weir_function_record_reason() says why.
	 *
	 * To declare a dimension is to promise that in between fn does nothing
	 * else by its extents: no `if (n == 17)`.
	 */
	const weir_dimension *dimensions;
	size_t n_dimensions;
	/* Hold fn to that: record what is derived, too, and fail with
	 * WEIR_EUNREPEATABLE at the first difference. Also at an extent at
	 * which one call less is recorded, as where a shape happens to be what
	 * a gradient would be reshaped to: the results are the same. */
	bool check_dimensions;
} weir_function_options;

typedef enum weir_mode {
	WEIR_MODE_GRAPH = 0,
	WEIR_MODE_EAGER = 1
} weir_mode;

/** Set .size = sizeof(weir_run_options); 0 elsewhere for defaults. */
typedef struct weir_run_options {
	size_t size;
	/* WEIR_MODE=eager in the environment, when the runtime is created,
	 * turns every call eager. */
	weir_mode mode;
} weir_run_options;

/**
 * Wrap a C function.
 *
 * @param name  copied; the first part of the path of its ops
 * @param arg   handed to fn; borrowed until the function is released
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_function_create(weir_runtime *runtime, const char *name,
		     weir_function_fn fn, void *arg, weir_function **function);

/**
 * The same with options.
 *
 * @param options  borrows, and copies; NULL for defaults
 * @return WEIR_OK, WEIR_ENOMEM, WEIR_ENULL (also: a dimension without a name),
 *         WEIR_EINVAL (no name; one axis declared twice), WEIR_ERANGE (an axis
 *         or an extent that cannot be, too many names of dimensions)
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_function_create_with(weir_runtime *runtime, const char *name,
			  weir_function_fn fn, void *arg,
			  const weir_function_options *options,
			  weir_function **function);

WEIR_API void
weir_function_release(weir_function *function);

/**
 * Call it: by default from its plan, which is made where there is none yet
 * for these operands (their dtypes, shapes and strides).
 *
 * @param options  borrows; NULL for defaults
 * @param out      on success n_out new references, in both modes; on failure
 *                 left as they were
 * @return WEIR_OK or what failed; the sentence is weir_error_text()
 *
 * Threads: many may call one function at once. Graph runs that write a common
 * variable wait for each other; eager calls of one runtime run one at a time,
 * wait for graph runs that write what they touch, and while they run others
 * see what they have written so far. fn may call other functions; to call
 * itself while it is recorded, or from an eager call a plan that writes what
 * the eager call has used, is WEIR_ESTATE.
 *
 * Cost: from a plan that is there, see docs/performance.md; eagerly that of the
 * ops, and for each variable touched as much as one op more. Calls that are
 * like the one before take no memory from the system, but eagerly for bodies,
 * names of operands and tapes of very many ops. A function keeps what its last
 * call had, eagerly 200 KB or more.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_function_call(weir_function *function, const weir_run_options *options,
		   weir_tensor *const *in, size_t n_in, weir_tensor **out,
		   size_t n_out);

/**
 * Independent calls of one function, spread over the workers.
 *
 * @param in   n_batches x n_in operands, batch after batch
 * @param out  n_batches x n_out, on success new references; on failure (that
 *             of the lowest batch) left as they were
 *
 * A function that writes variables is refused (WEIR_ESTATE, naming the
 * variable).
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_run_batches(weir_function *function, const weir_run_options *options,
		 weir_tensor *const *in, size_t n_in, weir_tensor **out,
		 size_t n_out, size_t n_batches);

/**
 * Run the call in both modes from the same state and compare the bits of
 * every op that a plan runs, in the order in which they were called. (What is
 * folded, merged or a view shows in the ops that use it; nothing is fused.)
 * Variables stay as they were.
 *
 * Gradients of branches, and of what has branches in it, may be said to differ
 * though they do not: in which order their operands come depends on which of
 * two branches that differ is taken.
 *
 * @return WEIR_OK, or WEIR_EBITS with a sentence that names the first op
 *         whose bits differ, or what failed
 *
 * Cost: several runs, and memory for every intermediate.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_function_compare(weir_function *function, weir_tensor *const *in,
		      size_t n_in, size_t n_out);

/**
 * The plan that a call with these operands would run.
 *
 * @param plan  on success a new reference
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_function_plan(weir_function *function, weir_tensor *const *in,
		   size_t n_in, size_t n_out, weir_plan **plan);

/**
 * Measure the plan that a call with these operands would run, as
 * weir_plan_measure() does, and recompile it by that: calls, batches included,
 * run it so from now on, for as long as it is kept. Results are the same, to
 * the bit; but who computes what is not always the same from one run of the
 * program to the next. Nothing is measured unless this is called.
 *
 * @param times  runs, at least 1; three or so
 * @return WEIR_OK or what failed; WEIR_EINVAL if times is 0. Then the plan is
 *         the one it was
 *
 * Threads: any; calls under way end with the plan that they have begun. Cost:
 * so many runs on one thread, and compiling.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_function_measure(weir_function *function, weir_tensor *const *in,
		      size_t n_in, size_t n_out, size_t times);

/** Recordings made so far. */
WEIR_API uint64_t
weir_function_recordings(const weir_function *function);

/**
 * Why the last recording was made, in words: "argument 1 `x`: f32[32,20] ->
 * f32[8,20]"; of a signature whose plan had to go for others, "planned before,
 * but no longer among the 8 that are kept; argument 1 ..."; and, where
 * dimensions are declared, why it was not derived. Valid until the next
 * recording.
 */
WEIR_API const char *
weir_function_record_reason(const weir_function *function);

/** What calls of a function have come to so far. */
typedef struct weir_function_info {
	uint64_t recordings;	/* for calls: weir_function_recordings() */
	uint64_t trials;	/* recordings at extents that no call had, or
				   to check what was derived */
	uint64_t derived;	/* graphs that took the place of a recording */
	uint64_t compiled;	/* plans of recordings and of those; */
	uint64_t resized;	/* or laid out as one of larger extents is */
} weir_function_info;

/** All 0 of NULL. Threads: any. */
WEIR_API weir_function_info
weir_function_get_info(const weir_function *function);

/**
 * Why and how the last plan was made, in words: "argument 0 `x`: f32[8,20] ->
 * f32[20,20]; derived from `batch` = 8; laid out as for `batch` = 32", or "not
 * laid out as for `batch` = 32: op 7 `sum` has other tiles". Valid until the
 * next one is.
 */
WEIR_API const char *
weir_function_plan_reason(const weir_function *function);

WEIR_END_DECLS

#endif /* WEIR_GRAPH_H */
