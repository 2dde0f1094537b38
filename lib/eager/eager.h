/*
 * Eager: allocate the results and run the op now, on this thread.
 *
 * In: a call that scope/ has checked, its operands as values, with what it has
 * derived. Out: new values.
 */
#ifndef WEIR_EAGER_EAGER_H
#define WEIR_EAGER_EAGER_H

#include "base/fpenv.h"
#include "ops/applied.h"
#include "trace/event.h"

/* What surrounds a call; run is 0 until something is traced. */
struct weir__eager {
	struct weir__heap *heap;
	struct weir__paths *paths;
	struct weir__tracer *tracer;
	uint64_t maker;		/* of what its calls make */
	uint64_t run;
	struct weir__described *described;	/* see eager_trace.c, or NULL */
	bool has_fpenv;		/* who calls has entered weir__fpenv */
};

/*
 * Around many calls in a row, and around what is computed between them: the
 * floating-point state is the kernels' for all of it.
 */
struct weir__eager_calls {
	struct weir__fpenv fpenv;
	bool had_fpenv;
};

static inline void
weir__eager_calls_begin(struct weir__eager *eager,
			struct weir__eager_calls *calls)
{
	calls->had_fpenv = eager->has_fpenv;
	weir__fpenv_enter(&calls->fpenv);
	eager->has_fpenv = true;
}

static inline void
weir__eager_calls_end(struct weir__eager *eager,
		      const struct weir__eager_calls *calls)
{
	eager->has_fpenv = calls->had_fpenv;
	weir__fpenv_leave(&calls->fpenv);
}

/* A number that no maker of this process has had. */
uint64_t weir__eager_new_maker(void);

/* On success n_out new references in call->out; on failure none. */
weir_status
weir__eager_apply(struct weir__eager *eager, const struct weir__applied *call);

/* Remember the frame of ops from start until now (tracing only). */
void
weir__eager_trace_frame(struct weir__eager *eager,
			const struct weir__path *path, uint64_t start);

#endif
