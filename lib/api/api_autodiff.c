#include <weir/autodiff.h>

#include "api/runtime.h"
#include "autodiff/tape.h"

weir_tape *
weir_tape_begin_at(weir_scope *scope, const char *site)
{
	if (!scope) {
		weir_fail(WEIR_ENULL, "weir_tape_begin: the scope is NULL");
		return NULL;
	}
	return weir__tape_begin(scope, site ? site : "");
}

weir_status
weir_tape_gradients_at(weir_tape *tape, weir_tensor *loss,
		       weir_tensor *const *with, size_t n,
		       weir_tensor **gradients, const char *site)
{
	/* A failed begin gives NULL; its scope keeps the reason. */
	if (!tape)
		return weir_fail(WEIR_ENULL, "weir_tape_gradients: the tape "
				 "is NULL");
	if (n && (!with || !gradients))
		return weir_fail(WEIR_ENULL, "weir_tape_gradients: a list is "
				 "NULL");
	return weir__tape_gradients(tape, loss, with, n, gradients,
				    site ? site : "");
}

weir_status
weir_sgd_create(weir_runtime *runtime, weir_tensor *const *params, size_t n,
		double rate, double momentum, weir_sgd **sgd)
{
	if (!runtime || !params || !sgd)
		return weir_fail(WEIR_ENULL, "weir_sgd_create: the %s is NULL",
				 !runtime ? "runtime" : !params
				 ? "list of parameters" : "result");
	return weir__sgd_new(runtime->heap, params, n, rate, momentum, sgd);
}

weir_status
weir_sgd_step_at(weir_scope *scope, weir_sgd *sgd, weir_tensor *const *params,
		 weir_tensor *const *gradients, size_t n, const char *site)
{
	site = site ? site : "";
	if (!scope)
		return weir_fail(WEIR_ENULL, "weir_sgd_step: the scope is "
				 "NULL");
	if (!sgd || !params || !gradients)
		return weir__scope_fail(scope, WEIR_ENULL, site,
					"weir_sgd_step: the %s is NULL",
					!sgd ? "optimizer" : !params
					? "list of parameters"
					: "list of gradients");
	return weir__sgd_step(scope, sgd, params, gradients, n, site);
}
