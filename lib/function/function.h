/*
 * Functions: one C function, a recording and a plan for each signature it has
 * been called with; or run eagerly, with the same results. Where signatures
 * differ in named dimensions only, recordings may follow from others.
 */
#ifndef WEIR_FUNCTION_FUNCTION_H
#define WEIR_FUNCTION_FUNCTION_H

#include "exec/run.h"
#include "exec/team.h"
#include "function/dimensions.h"
#include "function/last_call.h"
#include "scope/scope.h"

/* How a runtime's graphs are compiled. */
struct weir__compiler {
	struct weir__team *team;	/* who is to run the plans */
	unsigned skips;			/* passes: enum weir__pass */
	struct weir__dump *dump;	/* of what each pass does, or NULL */
	size_t max_bytes;	/* of a run's buffers; 0: as many as it takes */
	bool recomputes;	/* to keep within that */
	bool poisons;		/* runs spoil what is dead */
	/* Where that is which comes from outside, see plan/outside.h; borrowed,
	 * or NULL. */
	struct weir__outside *outside;
	/* As in weir__plan_options, of one plan. */
	const weir_plan *like;
	struct weir__text *unlike;
};

/* What functions take from a runtime. */
struct weir__function_parts {
	struct weir__heap *heap;
	struct weir__paths *paths;
	struct weir__tracer *tracer;
	weir_runtime *runtime;
	struct weir__compiler compiler;
	bool is_eager;		/* whatever the caller asks for */
	/* Held while a function runs eagerly: such a call takes variables one
	 * by one as it touches them, so two at once could wait for each
	 * other. Recursive. */
	pthread_mutex_t *eager_lock;
};

weir_status
weir__function_new(const struct weir__function_parts *parts, const char *name,
		   weir_function_fn fn, void *arg,
		   const weir_function_options *options,
		   weir_function **function);

/* Close the scope's recording and make its plan. */
weir_status
weir__compile(weir_scope *scope, const struct weir__compiler *compiler,
	      weir_plan **plan);

/* Make the plan of a closed graph. keeps_all: no buffer is used twice. */
weir_status
weir__compile_graph(weir_graph *graph, struct weir__tracer *tracer,
		    struct weir__paths *paths,
		    const struct weir__compiler *compiler, bool keeps_all,
		    weir_plan **plan);

/* The plan's graph once more, by what each of its steps takes. */
weir_status
weir__recompile(const weir_plan *plan, const double *node_ns,
		weir_plan **recompiled);

/* Measure the plan of these operands, and use it recompiled from now on. */
weir_status
weir__function_measure(weir_function *function, weir_tensor *const *in,
		       size_t n_in, size_t n_out, size_t times);

weir_status
weir__function_call(weir_function *function, weir_mode mode,
		    weir_tensor *const *in, size_t n_in, weir_tensor **out,
		    size_t n_out);

weir_status
weir__function_plan(weir_function *function, weir_tensor *const *in,
		    size_t n_in, size_t n_out, weir_plan **plan);

/* -- inside this folder --------------------------------------------------------- */

struct weir__function_entry;
struct weir__family;

/* Of how many plans that have gone it is known that they were there. */
enum { WEIR__EVICTED_KNOWN = 64 };

struct weir_function {
	struct weir__function_parts parts;
	struct weir__heap *heap;	/* a reference */
	char *name;
	weir_function_fn fn;
	void *arg;
	weir_function_options options;
	struct weir__dimensions dimensions;
	/* Most recently used first; of who records. */
	struct weir__family *families;
	struct weir__last_call last;	/* has a lock of its own */
	/* Of an eager call that is over, at rest, or NULL; the eager lock
	 * guards it. */
	weir_scope *rested;
	/* Of the list of entries: which are there, and their order. Written
	 * with the lock held. */
	_Atomic uint64_t changes;
	pthread_mutex_t lock;		/* guards all below */
	bool is_recording;
	pthread_t recorder;		/* who records */
	pthread_cond_t recorded;	/* a recording has ended */
	struct weir__function_entry *entries;	/* newest use first */
	size_t n_entries;
	/* Hashes of the signatures whose plans went last, so that reasons can
	 * tell what comes again from what is new; by n_evicted, in turn. */
	uint64_t evicted[WEIR__EVICTED_KNOWN];
	size_t n_evicted;
	weir_function_info info;
	char reason[1024];		/* of the last recording */
	char plan_reason[1024];		/* and of the last plan */
};

/* Record a call into a new graph, which is closed then; a reference. */
weir_status
weir__function_record(weir_function *function,
		      const struct weir__signature *signature,
		      weir_graph **graph);

/* Record once more; the first difference is WEIR_EUNREPEATABLE. */
weir_status
weir__function_check_repeatable(weir_function *function,
				const weir_graph *first,
				const struct weir__signature *signature);

/* Release all plans. */
void
weir__function_forget(weir_function *function);

/* Operands must be there, of this runtime, and no symbols. */
weir_status
weir__function_check_operands(const weir_function *function,
			      weir_tensor *const *in, size_t n_in);

/* What is cached as the one plan is another from now on. */
void
weir__function_replace(weir_function *function, const weir_plan *plan,
		       weir_plan *by);

/* Run the call eagerly in a new scope. Variables keep their new values only
 * if keeps and all went well. watcher may be NULL. */
weir_status
weir__function_eager(weir_function *function, weir_tensor *const *in,
		     size_t n_in, weir_tensor **out, size_t n_out, bool keeps,
		     struct weir__watcher *watcher);

/* -- batches.c, compare.c ------------------------------------------------------------ */

weir_status
weir__run_batches(weir_function *function, weir_mode mode,
		  weir_tensor *const *in, size_t n_in, weir_tensor **out,
		  size_t n_out, size_t n_batches);

weir_status
weir__function_compare(weir_function *function, weir_tensor *const *in,
		       size_t n_in, size_t n_out);

#endif
