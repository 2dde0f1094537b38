/* Gradients by reverse mode (a tape), and the optimizer. */
#ifndef WEIR_AUTODIFF_H
#define WEIR_AUTODIFF_H

#include <weir/export.h>
#include <weir/scope.h>
#include <weir/status.h>
#include <weir/tensor.h>

WEIR_BEGIN_DECLS

/** The ops of one scope since weir_tape_begin(), to be differentiated. */
typedef struct weir_tape weir_tape;

/**
 * Watch all further ops of the scope.
 *
 * @return a tape owned by the scope's innermost frame; NULL on failure (kept
 *         by the scope)
 */
WEIR_API weir_tape *
weir_tape_begin_at(weir_scope *scope, const char *site);
#define weir_tape_begin(scope) weir_tape_begin_at(scope, WEIR_SITE)

/**
 * The gradients of a scalar with respect to tensors or variables. The tape
 * stops watching and cannot be used again.
 *
 * Contributions are added in the order in which their consumers were called,
 * last first, in both modes: the sums have the same bits. They are computed by
 * calls like others, which tapes around this one see: so there are gradients of
 * gradients.
 *
 * @param loss       a float tensor with one element, made under the tape
 * @param with       n tensors or variables of the loss's dtype; of a variable
 *                   it is the value it had when the tape began, wherever that
 *                   was read. What is assigned to a variable under the tape
 *                   passes its gradient on to the value assigned
 * @param gradients  n results owned by the scope; zeros where the loss does
 *                   not depend on with[i]; on failure left as they were
 * @return the scope's status
 */
WEIR_API weir_status
weir_tape_gradients_at(weir_tape *tape, weir_tensor *loss,
		       weir_tensor *const *with, size_t n,
		       weir_tensor **gradients, const char *site);
#define weir_tape_gradients(...) weir_tape_gradients_at(__VA_ARGS__, WEIR_SITE)

/** Stochastic gradient descent with momentum: its rate and its velocities. */
typedef struct weir_sgd weir_sgd;

/**
 * v <- momentum * v + g; p <- p - rate * v (Sutskever et al. 2013, the form
 * that PyTorch uses). Without momentum no velocities are kept.
 *
 * @param params  n variables of one float dtype; keeps references
 * @param sgd     on success a new object: weir_sgd_release() it
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_sgd_create(weir_runtime *runtime, weir_tensor *const *params, size_t n,
		double rate, double momentum, weir_sgd **sgd);

WEIR_API void
weir_sgd_release(weir_sgd *sgd);

/** Set the rate of the steps to come, in recorded functions too. */
WEIR_API WEIR_MUST_CHECK weir_status
weir_sgd_set_rate(weir_sgd *sgd, double rate);

/**
 * One step: update the n params from their gradients.
 *
 * @param params  those the optimizer was made for, in the same order
 * @return the scope's status
 */
WEIR_API weir_status
weir_sgd_step_at(weir_scope *scope, weir_sgd *sgd, weir_tensor *const *params,
		 weir_tensor *const *gradients, size_t n, const char *site);
#define weir_sgd_step(...) weir_sgd_step_at(__VA_ARGS__, WEIR_SITE)

WEIR_END_DECLS

#endif /* WEIR_AUTODIFF_H */
