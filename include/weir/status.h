/* What a call can come back with, and the sentence that goes with it. */
#ifndef WEIR_STATUS_H
#define WEIR_STATUS_H

#include <weir/export.h>

WEIR_BEGIN_DECLS

typedef enum weir_status {
	WEIR_OK = 0,
	WEIR_ENOMEM,	/* no memory, from the system or the allocator */
	WEIR_EINVAL,	/* an argument outside its domain */
	WEIR_ENULL,	/* a NULL where a tensor was needed */
	WEIR_EDTYPE,	/* element types that do not go together */
	WEIR_ESHAPE,	/* ranks or shapes that do not go together */
	WEIR_ERANGE,	/* an index, axis or value out of range */
	WEIR_ESTATE,	/* not now: a closed scope, an unbalanced pop */
	WEIR_EFOREIGN,	/* a tensor of another runtime or recording */
	WEIR_ESYMBOLIC,	/* a value was asked for while recording */
	WEIR_ENOGRAD,	/* a gradient that does not exist */
	WEIR_EIO,	/* the system refused to read or write a file */
	WEIR_EFORMAT,	/* a file says what it should not */
	WEIR_EOP,	/* a user's kernel reported a failure */
	WEIR_EBITS,	/* two runs that must agree bit for bit do not */
	WEIR_EUNREPEATABLE, /* a function records differently each time */
	WEIR_ECANCELED,	/* a run was cancelled before its end */
	WEIR_ETIMEDOUT	/* a run was not done by its deadline */
} weir_status;

/**
 * The name of a status, such as "WEIR_ESHAPE". Never NULL.
 *
 * Threads: any.
 */
WEIR_API const char *
weir_status_name(weir_status status);

/**
 * The sentence that goes with this thread's last failed call.
 *
 * Overwritten by the next failure on the same thread; "" where nothing has
 * failed. Failures of ops are also kept by their scope, see
 * weir_scope_error().
 *
 * Threads: each has its own.
 */
WEIR_API const char *
weir_error_text(void);

/**
 * Set this thread's error sentence and hand the status back, for the
 * callbacks of user ops: `return weir_fail(WEIR_ERANGE, "row %d", row);`
 *
 * The library adds the op, its scope path, call site and operands.
 *
 * Threads: each has its own sentence.
 */
WEIR_API weir_status
weir_fail(weir_status status, const char *format, ...)
	WEIR_PRINTF(2, 3) WEIR_COLD;

WEIR_END_DECLS

#endif /* WEIR_STATUS_H */
