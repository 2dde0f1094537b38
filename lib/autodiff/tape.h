/*
 * A tape: the calls of one scope, to be walked backwards.
 *
 * It is a watcher of the scope and ends with the frame it was begun in. The
 * gradients it emits are ordinary calls in the same scope, so they run or are
 * recorded like any other.
 */
#ifndef WEIR_AUTODIFF_TAPE_H
#define WEIR_AUTODIFF_TAPE_H

#include <weir/autodiff.h>
#include "scope/scope.h"

weir_tape *
weir__tape_begin(weir_scope *scope, const char *site);

weir_status
weir__tape_gradients(weir_tape *tape, weir_tensor *loss,
		     weir_tensor *const *with, size_t n,
		     weir_tensor **gradients, const char *site);

/* -- sgd.c ------------------------------------------------------------------- */

weir_status
weir__sgd_new(struct weir__heap *heap, weir_tensor *const *params, size_t n,
	      double rate, double momentum, weir_sgd **sgd);

weir_status
weir__sgd_step(weir_scope *scope, weir_sgd *sgd, weir_tensor *const *params,
	       weir_tensor *const *gradients, size_t n, const char *site);

#endif
