/*
 * Scopes: frames that own tensors, the name path, the first failure; and the
 * one place where a call is checked, in either mode.
 *
 * In: calls from api/ and from gradients. Out: to eager/ or graph/, then to
 * the watchers (tapes, comparisons).
 *
 * Threads: one at a time.
 */
#ifndef WEIR_SCOPE_SCOPE_H
#define WEIR_SCOPE_SCOPE_H

#include <weir/graph.h>
#include <weir/scope.h>
#include "base/pointer_map.h"
#include "eager/eager.h"
#include "graph/graph.h"
#include "ops/emit.h"
#include "scope/memo.h"

/* Somebody who sees each call that has succeeded; embedded in what it belongs
 * to. */
struct weir__watcher {
	weir_status (*see)(struct weir__watcher *watcher,
			   const struct weir__applied *applied);
	struct weir__watcher *next;
};

/* Something that ends with a frame; embedded likewise. What has ended may be
 * kept by the scope to be used again, and is freed with it. */
struct weir__attached {
	void (*end)(struct weir__attached *attached);
	void (*free)(struct weir__attached *attached);
	struct weir__attached *next;
};

struct weir__frame {
	struct weir__frame *outer;	/* or the next free one */
	const struct weir__path *path;
	weir_tensor **tensors;		/* references */
	size_t n, room;
	struct weir__attached *attached;
	uint64_t start;			/* of its trace; 0: not traced */
};

/* The value a variable had when this scope first touched it. */
struct weir__undo {
	weir_tensor *variable, *value;	/* references */
	bool is_taken;			/* by this scope: not by a call around
					   it */
};

struct weir_scope {
	struct weir__emit_head head;	/* first: see ops/emit.h */
	struct weir__eager eager;	/* heap, paths, tracer in both modes */
	weir_runtime *runtime;
	weir_graph *graph;		/* recorded into; NULL: eager */
	struct weir__frame *frame;	/* innermost; the root one never pops */
	struct weir__frame *free_frames;
	struct weir__attached *spares;	/* ended, to be used again */
	struct weir__watcher *watchers;
	/* Whose gradients are emitted now, by calls that take the values of
	 * variables for operands; or NULL. */
	struct weir_tape *pulling;
	struct weir__memo *memo;	/* see memo.h; NULL: recording */
	bool borrows_memo;
	struct weir__body *body;	/* see body.h; NULL: it is none */
	unsigned n_bodies;		/* under way: it takes no ops */
	bool is_in_call;		/* what it gave is in use */
	const struct weir__path *path;	/* of calls made now */
	const char *site;		/* of calls made now, or NULL: theirs */
	uint64_t ordinal;		/* of the last call */
	weir_status status;
	char *error;			/* WEIR__ERROR_SIZE bytes */
	bool is_closed;
	bool keeps_undo;
	struct weir__undo *undo;
	struct weir__pointer_map touched;	/* variables in it */
	size_t n_undo, undo_room;
};

struct weir__scope_parts {
	struct weir__heap *heap;
	struct weir__paths *paths;
	struct weir__tracer *tracer;	/* may be NULL */
	weir_runtime *runtime;
	weir_graph *graph;		/* kept by reference, or NULL */
	const struct weir__path *path;	/* around the scope's, or NULL */
	struct weir__memo *memo;	/* borrowed; NULL: one of its own */
};

weir_status
weir__scope_new(const struct weir__scope_parts *parts, const char *name,
		weir_scope **scope);

/* Ops fail from now on: the recording is over. */
void
weir__scope_close(weir_scope *scope);

/* End all that an eager scope has and close it: it is as good as released, but
 * for what it remembers of calls. */
void
weir__scope_rest(weir_scope *scope);

/* After that it is a new scope of the same name, whatever somebody who still
 * has it has done. */
void
weir__scope_resume(weir_scope *scope);

/*
 * An operand as a function called in the scope sees it, which has the alias:
 * its elements and this name (NULL: none), but not where it came from, which a
 * recording does not know either. So errors say the same.
 */
weir_status
weir__scope_hand_in(weir_scope *scope, weir_tensor *operand, const char *name,
		    weir_tensor **alias);

/* Call a C function in it. On failure the sentence is the scope's, or, where
 * only the function has failed, says so with what it may have left. */
weir_status
weir__scope_enter(weir_scope *scope, const char *name, weir_function_fn fn,
		  void *arg, weir_tensor *const *in, weir_tensor **out);

/* A result of such a function must be there, and of this runtime and
 * recording. */
weir_status
weir__scope_check_result(weir_scope *scope, const weir_tensor *result,
			 size_t i);

/* Take a failure that has no call around it, if it is the first. */
weir_status
weir__scope_fail(weir_scope *scope, weir_status status, const char *site,
		 const char *format, ...) WEIR_PRINTF(4, 5) WEIR_COLD;

/* Fail as another scope has, with its sentence. */
weir_status
weir__scope_fail_as(weir_scope *scope, weir_status status,
		    const char *sentence) WEIR_COLD;

/* Release a tensor that no frame has room for, and fail. */
weir_status
weir__scope_disown(weir_scope *scope, weir_tensor *tensor) WEIR_COLD;

/* Give a reference to the innermost frame, which the tensor knows already.
 * Fails only without memory, and then the reference is released and the scope
 * has failed. */
static inline weir_status
weir__scope_hold(weir_scope *scope, weir_tensor *tensor)
{
	struct weir__frame *frame = scope->frame;

	if (weir__grow(scope->eager.heap, &frame->tensors, &frame->room,
		       frame->n, sizeof *frame->tensors))
		return weir__scope_disown(scope, tensor);
	frame->tensors[frame->n++] = tensor;
	return WEIR_OK;
}

/* The same, and the tensor learns of it. */
static inline weir_status
weir__scope_own(weir_scope *scope, weir_tensor *tensor)
{
	atomic_store_explicit(&tensor->frame, scope->frame,
			      memory_order_relaxed);
	return weir__scope_hold(scope, tensor);
}

void
weir__scope_attach(weir_scope *scope, struct weir__attached *attached);

/* Keep what has ended, and take one of the same kind again, or NULL. */
void
weir__scope_keep_spare(weir_scope *scope, struct weir__attached *attached);

struct weir__attached *
weir__scope_take_spare(weir_scope *scope,
		       void (*end)(struct weir__attached *attached));

void
weir__scope_watch(weir_scope *scope, struct weir__watcher *watcher);

/* Fine if it does not watch (any more). */
void
weir__scope_unwatch(weir_scope *scope, struct weir__watcher *watcher);

/* -- undo.c: writes to variables as one transaction (eager functions) ------- */

void weir__scope_begin_undo(weir_scope *scope);
/* Before a variable is first read or written. */
weir_status
weir__scope_note_touch(weir_scope *scope, weir_tensor *variable);
/* Whether there is nothing to note any more; of a scope that is no body. */
static inline bool
weir__scope_has_noted(const weir_scope *scope, const weir_tensor *variable)
{
	return !scope->keeps_undo ||
	       weir__pointer_map_get(&scope->touched, variable) !=
		       WEIR__NOT_MAPPED;
}
/* Give the variables their old values back, or let the new ones be. */
void weir__scope_end_undo(weir_scope *scope, bool give_back);

/* -- apply.c ---------------------------------------------------------------- */

/* As weir_apply_at(). */
weir_status
weir__scope_apply(weir_scope *scope, const weir_op *op, const void *attrs,
		  weir_tensor *const *in, size_t n_in, weir_tensor **out,
		  size_t n_out, const char *site);

/* The same, and then each result is assigned to a variable: so many calls more,
 * with ordinals of their own. */
weir_status
weir__scope_apply_and_assign(weir_scope *scope, const weir_op *op,
			     const void *attrs, weir_tensor *const *in,
			     size_t n_in, weir_tensor *const *variables,
			     size_t n_out, const char *site);

/* -- repeat.c --------------------------------------------------------------- */

/* The same as weir__scope_apply() in a scope that has not failed, if it is
 * nothing out of the ordinary: else false, and nothing has happened but that
 * variables may have been noted. */
bool
weir__scope_repeat(weir_scope *scope, const weir_op *op, const void *attrs,
		   weir_tensor *const *in, size_t n_in, weir_tensor **out,
		   size_t n_out, const char *site, weir_status *status);

/* As weir__scope_apply_and_assign(), likewise. */
bool
weir__scope_repeat_and_assign(weir_scope *scope, const weir_op *op,
			      const void *attrs, weir_tensor *const *in,
			      size_t n_in, weir_tensor *const *variables,
			      size_t n_out, const char *site,
			      weir_status *status);

/* -- apply.c again ---------------------------------------------------------- */

/* Whether an eager scope has made the tensor, or a frame of it has it. */
bool
weir__scope_owns(const weir_scope *scope, const weir_tensor *tensor);

/* Whether an op of the scope has made a tensor, which has no gaps and is no
 * view: then nobody else can write to it. The same in both modes. */
bool
weir__scope_has_made(const weir_scope *scope, const weir_tensor *tensor);

/* A variable's value now, as ops of the scope take it: a new reference. */
weir_status
weir__scope_read(weir_scope *scope, weir_tensor *variable,
		 weir_tensor **value);

/* Operand i of a call as ops of the scope take it: a new reference; or the
 * reason alone. */
weir_status
weir__scope_take(weir_scope *scope, weir_tensor *operand, size_t i,
		 weir_tensor **value);

/* An operand that is not of the scope alone (of a recording, or from around a
 * body) as its ops take it: borrowed. */
weir_status
weir__scope_resolve(weir_scope *scope, weir_tensor *operand, size_t i,
		    weir_tensor **value);

/* An operand that is none, as the reason alone. */
weir_status
weir__scope_refuse_operand(const weir_tensor *operand, size_t i) WEIR_COLD;

/* Whether it takes ops now; if not, the reason alone. */
weir_status
weir__scope_check_open(const weir_scope *scope) WEIR_COLD;

/* Whoever watches sees a call. */
weir_status
weir__scope_tell(weir_scope *scope, const struct weir__applied *applied);

/* The variable has another value from now on. call: its ordinal and place, or
 * NULL, as of weir__graph_write(). */
weir_status
weir__scope_assign(weir_scope *scope, weir_tensor *variable,
		   weir_tensor *value, const struct weir__gassign *call);

/* Fail as a call of op would that was refused for a reason: with the whole
 * sentence. */
weir_status
weir__scope_fail_call(weir_scope *scope, weir_status status,
		      const weir_op *op, const void *attrs,
		      weir_tensor *const *in, size_t n_in, const char *site,
		      const char *why) WEIR_COLD;

/* The same of a call that has failed; the reason is the thread's text. */
weir_status
weir__scope_fail_applied(weir_scope *scope, const struct weir__applied *applied,
			 weir_status status) WEIR_COLD;

/* Release the results of a call from there on; returns the status. */
weir_status
weir__scope_drop_results(const struct weir__applied *applied, size_t owned,
			 weir_status status) WEIR_COLD;

/* Into the processor's caches what the next eager call takes. */
static inline void
weir__scope_fetch(const weir_scope *scope)
{
	weir__memo_fetch(scope->memo);
	weir__cache_fetch(scope->eager.heap);
}

/* What a call has made goes to the innermost frame, then all who watch are told
 * of it, and whoever has called gets it. On failure the scope has failed. */
static inline weir_status
weir__scope_hand_over(weir_scope *scope, const struct weir__applied *a,
		      weir_tensor **out)
{
	const size_t n_out = a->call.n_out;
	weir_status status;
	size_t i;

	for (i = 0; i < n_out; i++) {
		status = weir__scope_hold(scope, a->out[i]);
		if (status)
			return weir__scope_drop_results(a, i + 1, status);
	}
	status = scope->watchers ? weir__scope_tell(scope, a) : WEIR_OK;
	if (status)
		return weir__scope_fail_applied(scope, a, status);
	for (i = 0; i < n_out; i++)
		out[i] = a->out[i];
	if (scope->memo)
		weir__scope_fetch(scope);
	return WEIR_OK;
}

#endif
