/*
 * Scopes: where ops go. An eager scope runs each op at once, on the calling
 * thread; a recording scope (see graph.h) adds it to a graph.
 *
 * A scope owns the tensors that ops make in it. Once an op has failed, every
 * further op does nothing and gives NULL, and the first failure is kept.
 *
 * Threads: a scope is used by one thread at a time; different scopes by
 * different threads at once. What an op assigns to a variable in an eager
 * scope is there at once: it does not wait for the run of a function that
 * writes the same variable, whose result then replaces it.
 */
#ifndef WEIR_SCOPE_H
#define WEIR_SCOPE_H

#include <weir/export.h>
#include <weir/op.h>
#include <weir/status.h>
#include <weir/tensor.h>

WEIR_BEGIN_DECLS

/**
 * A new eager scope.
 *
 * @param name   copied; the first part of the path of its ops
 * @param scope  on success a new object: weir_scope_release() it
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_scope_create(weir_runtime *runtime, const char *name,
		  weir_scope **scope);

/** Release the scope, its frames and their tensors; NULL is fine. */
WEIR_API void
weir_scope_release(weir_scope *scope);

/**
 * Open a frame: name becomes part of the path of the ops in it, and the
 * tensors they make live until the matching weir_scope_pop().
 */
WEIR_API void
weir_scope_push(weir_scope *scope, const char *name);

/** Close the innermost frame. Without one, the scope fails (WEIR_ESTATE). */
WEIR_API void
weir_scope_pop(weir_scope *scope);
WEIR_API void
weir_scope_pop_at(weir_scope *scope, const char *site);
#define weir_scope_pop(...) weir_scope_pop_at(__VA_ARGS__, WEIR_SITE)

/**
 * Carry a tensor out of the innermost frame into the one around it.
 *
 * @return the tensor, still owned by the scope; NULL for NULL
 */
WEIR_API weir_tensor *
weir_keep(weir_scope *scope, weir_tensor *tensor);

/** WEIR_OK, or the status of the first op that failed. */
WEIR_API weir_status
weir_scope_status(const weir_scope *scope);

/**
 * The first failure in one sentence: op, what is wrong, scope path,
 * file:line, every operand's dtype, shape and producer. "" without one.
 */
WEIR_API const char *
weir_scope_error(const weir_scope *scope);

/** Forget the failure, so that the scope can be used again. */
WEIR_API void
weir_scope_clear(weir_scope *scope);

/** Whether ops are recorded rather than run. */
WEIR_API bool
weir_scope_is_recording(const weir_scope *scope);

WEIR_API weir_runtime *
weir_scope_runtime(const weir_scope *scope);

WEIR_END_DECLS

#endif /* WEIR_SCOPE_H */
