/*
 * Control flow: calls, branches and loops that are the same in both modes.
 *
 * Branches and bodies are C functions. An eager scope calls them at once, and
 * a loop's as often as it takes; a recording scope calls each once and makes a
 * graph of it, which is compiled, and run by the plan of the graph around it as
 * often as it takes. The results have the same bits.
 *
 * A body's ops go to the scope that it is given; that scope is gone when it
 * returns, and the one around it takes no ops meanwhile. It may use tensors of
 * the scope around it, by whatever way its arg leads to them, and read and
 * assign variables: what it does is then seen in order, as if the ops had been
 * called around it. What it gives are results of the call: tensors of their
 * own, without gaps.
 *
 * Under a tape all three have gradients, by going through the bodies once more:
 * so then the C functions are called again by weir_tape_gradients(), with the
 * same arg, and must do the same; variables are then what they were. Under a
 * tape around that one the gradients have gradients, too.
 */
#ifndef WEIR_CONTROL_H
#define WEIR_CONTROL_H

#include <weir/export.h>
#include <weir/scope.h>
#include <weir/status.h>
#include <weir/tensor.h>

WEIR_BEGIN_DECLS

/**
 * A branch or body.
 *
 * @param in   what the call has handed in; never variables, but their values
 * @param out  to be filled with tensors, or variables, of any scope around;
 *             NULL on entry
 * @return the scope's status, or a failure of its own
 */
typedef weir_status (*weir_body_fn)(weir_scope *scope, weir_tensor *const *in,
				    weir_tensor **out, void *arg);

/**
 * Call a function: its ops are one op, `call`, of the scope around it, and one
 * entry on a tape.
 *
 * @param name  copied; the last part of the path of its ops
 * @param arg   handed to fn; borrowed, until the gradients of a tape that
 *              watches have been taken
 * @param in    n_in tensors or variables
 * @param out   n_out results, owned by the scope; on failure left as they were
 * @return the scope's status
 *
 * Threads: as the scope.
 */
WEIR_API weir_status
weir_call_at(weir_scope *scope, const char *name, weir_body_fn fn, void *arg,
	     weir_tensor *const *in, size_t n_in, weir_tensor **out,
	     size_t n_out, const char *site);
#define weir_call(...) weir_call_at(__VA_ARGS__, WEIR_SITE)

/**
 * Call one of two functions.
 *
 * @param predicate  a tensor or variable of bool with one element: whether
 *                   then_fn is called, or else_fn
 * @param arg        handed to both, as for weir_call()
 * @param out        n_out results, of the same dtypes and shapes from both; a
 *                   variable that only one assigns stays as it is in the other
 * @return the scope's status
 *
 * No gradient flows to the predicate. Threads: as the scope.
 */
WEIR_API weir_status
weir_cond_at(weir_scope *scope, weir_tensor *predicate, weir_body_fn then_fn,
	     weir_body_fn else_fn, void *arg, weir_tensor *const *in,
	     size_t n_in, weir_tensor **out, size_t n_out, const char *site);
#define weir_cond(...) weir_cond_at(__VA_ARGS__, WEIR_SITE)

/**
 * A loop: while condition says true, body makes of the n states the next n.
 *
 * @param condition       gives one result, a bool with one element; must not
 *                        assign variables
 * @param body            gives n results of the states' dtypes and shapes
 * @param arg             handed to both, as for weir_call()
 * @param max_iterations  a loop that is to go on after so many fails with
 *                        WEIR_ERANGE; 0: any number. A tape needs it: the
 *                        states of so many iterations are kept for it
 * @param in              the n states at first: tensors or variables, whose
 *                        values they are
 * @param out             n results: the states at last; on failure left as
 *                        they were
 * @return the scope's status
 *
 * A run that does not end can be cancelled, or have a deadline: see
 * weir_plan_start(). Threads: as the scope.
 */
WEIR_API weir_status
weir_while_at(weir_scope *scope, weir_body_fn condition, weir_body_fn body,
	      void *arg, int64_t max_iterations, weir_tensor *const *in,
	      weir_tensor **out, size_t n, const char *site);
#define weir_while(...) weir_while_at(__VA_ARGS__, WEIR_SITE)

WEIR_END_DECLS

#endif /* WEIR_CONTROL_H */
