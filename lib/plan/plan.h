/*
 * Plans: what a run does, laid out so that a run decides nothing but who does
 * it. Immutable once made; any number of runs share one.
 *
 * In: a closed graph and its rewrite. Out: steps (one a live node) in an
 * order, the blocks that are scheduled, and where each operand's bytes are.
 */
#ifndef WEIR_PLAN_PLAN_H
#define WEIR_PLAN_PLAN_H

#include "ops/fused.h"
#include "ops/schema.h"
#include "passes/pass.h"
#include "plan/schedule.h"
#include "topology/topology.h"

/* Where the elements of a value are found when a run starts. */
enum weir__where {
	WEIR__AT_INPUT,		/* operand `index` of the run */
	WEIR__AT_CONSTANT,	/* `constants[index]`: captured or folded */
	WEIR__AT_VARIABLE,	/* `variables[index]`: a snapshot */
	WEIR__AT_ARENA,		/* `offset` into the run's own memory */
	WEIR__AT_EXPORT		/* `exports[index]`: outlives the run */
};

enum { WEIR__NOWHERE = 0xffffffffu };

struct weir__slot {		/* an operand or result of a step */
	enum weir__where where;
	uint32_t index;		/* of an arena slot: the value whose bytes
				   they are */
	int64_t offset;		/* bytes from there, views included */
	const weir_spec *spec;
	const int64_t *strides;
	/* Of an operand: the step whose result it lies in, or WEIR__NOWHERE;
	 * and whether it is just that result, not a view of it. */
	uint32_t maker;
	uint32_t result;
	bool is_direct;
};

struct weir__step {		/* a node that runs */
	const struct weir__node *node;
	uint64_t first_ordinal;	/* of the ops that it does: it is left out only
				   where eager would not have begun it */
	weir_call call;
	uint32_t first_slot;	/* operands, then results */
	int64_t tiles;
	weir_cost cost;
	int64_t scratch;	/* offset into the arena; -1: none */
	size_t scratch_bytes;
	bool is_apart;		/* so much for each worker, one after another, */
	size_t shared_bytes;	/* after what they have in common: whole cache
				   lines */
	uint64_t again;		/* 0; or it does once more what another one
				   has done, and this is its ordinal in traces,
				   beyond those of calls */
	uint32_t first_dep, n_deps;	/* ordinals of the steps that it
					   needs, into plan->deps */
	/* What it runs in place of a kernel, see control_plan.h; or NULL. */
	struct weir__step_control *control;
	bool is_invariant;	/* of a loop's body: done in the first
				   iteration only */
};

/* What traces call it. */
static inline uint64_t
weir__step_ordinal(const struct weir__step *step)
{
	return step->again ? step->again : step->node->ordinal;
}

/* What a node that runs has become: a step, or so much of one. */
struct weir__node_part {
	uint32_t step;
	float share;
};

struct weir__work {		/* some tiles of a step */
	uint32_t step;
	bool has_finish;	/* the step's finish() comes after them */
	uint16_t near;		/* the system's number of the node that is
				   nearest to what it reads from outside;
				   WEIR__NO_NODE: not known, or it is all one */
	bool is_void;		/* its tiles are not there in this plan: see
				   lay_out_as.c */
	bool is_finished;	/* there is a finish(), and it comes then */
	int64_t begin, end;	/* begin == end: it comes after all others of
				   the step, or the step has no tiles, or it is
				   void */
	/* The step's kernel, if this and maybe finish() is all that it takes;
	 * or NULL. */
	weir_status (*simple)(const weir_kernel *kernel, int64_t begin,
			      int64_t end);
};

struct weir__output {
	struct weir__slot slot;
	bool is_whole;		/* the located tensor itself, not a view */
	bool takes;		/* the run's reference to the export: nothing
				   else needs it */
	struct weir__origin origin;	/* of the op that made it, if any */
};

struct weir__export {		/* made anew by each run */
	const struct weir__layout *layout;	/* without gaps */
	uint32_t value;			/* of the graph: a base */
	struct weir__origin origin;
	bool stays;			/* an invariant of a loop: by the first
					   run of many */
	uint32_t first_part, n_parts;	/* into plan->parts_of_exports: who
					   writes what of it; none: all
					   workers are of one node */
};

struct weir__write {		/* committed when the run has succeeded */
	uint32_t variable;	/* into plan->variables */
	enum weir__where where;	/* AT_EXPORT or AT_CONSTANT */
	uint32_t index;
	bool takes;		/* likewise */
};

struct weir_plan {
	atomic_uint refs;
	struct weir__heap *heap;
	struct weir__tracer *tracer;	/* of the runtime, as are the paths */
	struct weir__paths *paths;
	weir_graph *graph;		/* a reference */
	struct weir__rewrite *rewrite;	/* owned: folded values, fates */
	struct weir__arena arena;
	weir_plan_info info;
	unsigned skips;			/* passes that were left out */
	unsigned workers;		/* 1: the caller runs all */
	struct weir__team *team;	/* see exec/team.h */
	const struct weir__topology *topology;	/* whose workers they are */
	struct weir__outside *outside;	/* a reference; NULL: nothing is known
					   of where that is */

	struct weir__step *steps;
	struct weir__step_control *controls;	/* of them, a list */
	struct weir__slot *slots;
	uint64_t *deps;
	struct weir__node_part *parts;	/* of the nodes that run, as recorded:
					   info.nodes of them */
	uint32_t n_steps, n_slots, n_deps;
	size_t n_values;	/* whose bytes slots may be: those of the
				   graph, and of what is done once more */
	weir_tensor **constants;	/* borrowed from graph and rewrite */
	weir_tensor **variables;	/* borrowed from graph */
	struct weir__export *exports;
	struct weir__output *outputs;
	struct weir__write *writes;
	uint32_t n_constants, n_variables, n_exports, n_outputs, n_writes;
	bool has_loose_exports;		/* that neither takes: see takes.c */
	bool writes_constants;
	size_t arena_bytes;
	/* For each WEIR__PAGE bytes of the arena: the system's number of the
	 * node where they are, or WEIR__NO_NODE. NULL: all workers are of
	 * one. */
	uint16_t *node_of_page;
	size_t n_pages;
	struct weir__placed *parts_of_exports;	/* or NULL */
	uint64_t first_layout;	/* of the exports' memory, one each; 0: no
				   export has parts */
	atomic_bool is_placed;	/* that of the streams; see exec/run_state.c */
	size_t max_bytes;	/* that the arena may have; 0: any */
	bool recomputes;	/* to keep within max_bytes */
	uint32_t fuses_within;	/* so many steps of the program; 0: any */
	struct weir__poison *poison;	/* what is dead when, if runs are to
					   spoil it; else NULL */
	bool is_laid_out_as_other;	/* see lay_out_as.c */
	bool is_measured;	/* what steps take */
	unsigned fused_for;	/* so many workers have something to do, */
	bool is_fused_for_many;	/* else more would have been fused */
	bool has_user_ops;	/* or a body has: their kernels may wait for
				   each other */
	bool is_tight;		/* that was not enough: where values are does
				   not follow from who writes them */
	/* Per step: those that it comes after, beside the makers of what it
	 * reads, so that it may write over what they use. NULL: none. */
	uint32_t *first_after, *after;

	struct weir__schedule *schedule;	/* of the work */
	struct weir__work *work;	/* in the order of the streams, as
					   schedule->items */
	struct weir__dag dag;		/* what it waits for: owned */

	/* The trace session that has been told of the ops without an event. */
	_Atomic uint64_t noted_session;

	/* Runs in waiting: filled by exec/, which alone knows their shape. */
	pthread_mutex_t idle_lock;
	void *idle;
	_Atomic(void *) idle_first;	/* one more, taken without the lock */
	void (*free_idle)(weir_plan *plan);
};

struct weir__plan_options {
	struct weir__tracer *tracer;
	struct weir__paths *paths;
	unsigned workers;	/* at most; at least 1 */
	struct weir__team *team;	/* for exec/: who is to run it */
	const struct weir__topology *topology;	/* borrowed, as is the team */
	struct weir__outside *outside;	/* likewise, see outside.h; or NULL */
	bool keeps_all;		/* no buffer is used twice, nothing is fused */
	unsigned skips;		/* enum weir__pass */
	const double *node_ns;	/* what each node takes that runs, in place of
				   what its op expects; NULL: that */
	size_t max_bytes;	/* of the arena; 0: as many as it takes */
	bool poisons;		/* runs spoil what is dead, see poison.h */
	bool recomputes;	/* to keep within max_bytes, see recompute.h */
	/* Of the body of a loop: per input, see graph/control_node.h; else
	 * NULL. */
	const struct weir__feed *feeds;
	/* A plan of the same calls with larger shapes, to be laid out as this
	 * is if that can be; NULL: none. Why it cannot goes to *unlike. */
	const weir_plan *like;
	struct weir__text *unlike;
};

/* Takes the rewrite, also on failure. */
weir_status
weir__plan_new(weir_graph *graph, struct weir__rewrite *rewrite,
	       const struct weir__plan_options *options, weir_plan **plan);

/* -- takes.c --------------------------------------------------------------- */

weir_status
weir__plan_find_takers(weir_plan *plan);

/* -- lay_out.c ------------------------------------------------------------- */

/* Fuse steps, unless that is left out, with something to do for so many
 * workers. */
weir_status
weir__plan_fuse_steps(weir_plan *plan, const struct weir__plan_options *options,
		      unsigned workers);

/* Fuse them and lay them out: if the work is for one worker after all, as one
 * worker has them. */
weir_status
weir__plan_arrange(weir_plan *plan, const struct weir__plan_options *options);

/* Steps to what a run does. WEIR_ERANGE: not within the budget; arena_bytes is
 * what it takes at least. */
weir_status
weir__plan_lay_out(weir_plan *plan, const struct weir__plan_options *options);

/* Free what it made, but for the offsets of slots; fine if it has not. */
void
weir__plan_undo(weir_plan *plan);

/* -- unfuse.c -------------------------------------------------------------- */

struct weir__unfused {
	struct weir__step *steps;
	struct weir__slot *slots;
	struct weir__node_part *parts;
	uint32_t n_steps, n_slots;
};

/* The steps of a plan; weir__unfused_free() the copy, also on failure. */
weir_status
weir__unfused_copy(const weir_plan *plan, struct weir__unfused *u);

void
weir__unfused_free(struct weir__heap *heap, struct weir__unfused *u);

/* The plan, which is laid out no more, has what was copied, and the copy what
 * the plan had. */
void
weir__unfuse(weir_plan *plan, struct weir__unfused *u);

/* -- lay_out_as.c ---------------------------------------------------------- */

/* As another plan is, whose steps are the same with larger shapes.
 * WEIR_ESTATE: not possible, with the reason alone; on failure there may be
 * something to undo. */
weir_status
weir__plan_lay_out_as(weir_plan *plan, const weir_plan *other);

/* -- compile.c ------------------------------------------------------------- */

/* The passes, and that, of a closed graph. passed() is told of each pass; it may
 * be NULL. */
weir_status
weir__plan_compile(weir_graph *graph, const struct weir__plan_options *options,
		   weir__passed_fn passed, void *arg, weir_plan **plan);

/* -- partition.c ----------------------------------------------------------- */

/* Whether steps that take so many nanoseconds are done by one worker. */
bool
weir__is_for_one(double estimate);

/* Cut the steps into work, find what it waits for, and deal it to as many
 * workers as the plan is worth. Fills schedule, work, dag, workers. */
weir_status
weir__partition(weir_plan *plan, unsigned workers);

/* Free what it filled; fine if it has not. */
void
weir__partition_undo(weir_plan *plan);

/* Anew, of a plan that has been: by plan->after. */
weir_status
weir__partition_again(weir_plan *plan, unsigned workers);

/* -- reach.c ------------------------------------------------------------------ */

/* The elements that work reads of an operand, or writes of a result; all if
 * it is what comes after the others. Results count on from n_in. */
void
weir__work_reach(const struct weir__step *step, const struct weir__work *work,
		 uint32_t operand, int64_t *first, int64_t *last);

/* The same of the bytes that hold the operand's value, by element: all where
 * the operand is a view. */
void
weir__work_reach_of_value(const weir_plan *plan, const struct weir__work *work,
			  uint32_t operand, int64_t *first, int64_t *last);

/* The bytes between the lowest and the highest element that work reads of an
 * operand, from the first of what that lies in; false where it reads none. */
bool
weir__work_reach_bytes(const weir_plan *plan, const struct weir__work *work,
		       uint32_t operand, int64_t *begin, int64_t *end);

/* The same of tiles begin..end of step `number`, there is one at least, for an
 * operand that a step makes. */
void
weir__tiles_reach_of_value(const weir_plan *plan, uint32_t number,
			   uint32_t operand, int64_t begin, int64_t end,
			   int64_t *first, int64_t *last);

/* Whether something is to be done when all tiles of a step have been. */
static inline bool
weir__step_finishes(const struct weir__step *step)
{
	const weir_op *op = step->call.op;

	return op->finish && (step->scratch_bytes ||
			      !(op->flags & WEIR_OP_FINISHES_SCRATCH));
}

/* Whether a result is there only then. */
static inline bool
weir__step_finishes_result(const struct weir__step *step, uint32_t result)
{
	return weir__step_finishes(step) &&
	       weir__fused_finishes(&step->call, result);
}

/* Bytes of scratch of a step, of all workers. */
static inline size_t
weir__step_scratch(const weir_plan *plan, const struct weir__step *step)
{
	return step->scratch_bytes * (step->is_apart ? plan->workers : 1) +
	       step->shared_bytes;
}

/* -- lifetime.c, memory_alone.c, budget.c -------------------------------------- */

/* Give every arena slot and scratch its offset; fills arena_bytes and
 * node_of_page. */
weir_status
weir__plan_memory(weir_plan *plan, bool keeps_all);

/* The same for one worker, where values may share bytes. */
weir_status
weir__plan_memory_alone(weir_plan *plan);

/* The same within a budget, for which workers may have to wait for each other
 * more often, or one does all. WEIR_ERANGE: that takes more, too. */
weir_status
weir__plan_memory_within(weir_plan *plan, size_t max_bytes);

/* -- plan_info.c, eager_peak.c ------------------------------------------------- */

/* Fill plan->info, but for what has been filled on the way. */
weir_status
weir__plan_tell(weir_plan *plan);

/* The most bytes that eager would hold of the results of a graph's calls. */
weir_status
weir__eager_peak(const weir_graph *graph, size_t *bytes);

/* -- plan_check.c, plan_print.c, plan_dot.c ------------------------------------ */

weir_status weir__plan_check(const weir_plan *plan);
weir_status weir__plan_print(const weir_plan *plan, char **text);
weir_status weir__plan_dot(const weir_plan *plan, char **text);

#endif
