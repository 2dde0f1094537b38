#include "api/runtime.h"

#include <stddef.h>
#include <string.h>

weir_status
weir_function_create(weir_runtime *runtime, const char *name,
		     weir_function_fn fn, void *arg, weir_function **function)
{
	return weir_function_create_with(runtime, name, fn, arg, NULL,
					 function);
}

weir_status
weir_function_create_with(weir_runtime *runtime, const char *name,
			  weir_function_fn fn, void *arg,
			  const weir_function_options *given,
			  weir_function **function)
{
	weir_function_options options;
	struct weir__function_parts parts;
	weir_status status;

	if (!runtime || !fn || !function)
		return weir_fail(WEIR_ENULL, "weir_function_create: the %s is "
				 "NULL", !runtime ? "runtime" : !fn
				 ? "C function" : "result");
	if (!name || !*name)
		return weir_fail(WEIR_EINVAL, "weir_function_create: a "
				 "function needs a name");
	status = weir__take_options(&options, sizeof options, given,
				    "weir_function_create",
				    "weir_function_options");
	if (status)
		return status;
	parts = weir__runtime_function_parts(runtime);
	return weir__function_new(&parts, name, fn, arg, &options, function);
}

/* What the caller asks for, unless the environment turns all eager. */
static weir_mode
mode_of(const weir_function *function, const weir_run_options *options)
{
	if (function->parts.is_eager)
		return WEIR_MODE_EAGER;
	if (options && options->size >= offsetof(weir_run_options, mode) +
					sizeof options->mode)
		return options->mode;
	return WEIR_MODE_GRAPH;
}

static weir_status
check_lists(const char *what, const weir_function *function,
	    weir_tensor *const *in, size_t n_in, weir_tensor **out,
	    size_t n_out)
{
	if (!function)
		return weir_fail(WEIR_ENULL, "%s: the function is NULL", what);
	if (n_in && !in)
		return weir_fail(WEIR_ENULL, "%s: the list of operands is "
				 "NULL", what);
	if (n_out && !out)
		return weir_fail(WEIR_ENULL, "%s: the list of results is NULL",
				 what);
	return WEIR_OK;
}

weir_status
weir_function_call(weir_function *function, const weir_run_options *options,
		   weir_tensor *const *in, size_t n_in, weir_tensor **out,
		   size_t n_out)
{
	weir_status status = check_lists("weir_function_call", function, in,
					 n_in, out, n_out);

	if (status)
		return status;
	return weir__function_call(function, mode_of(function, options), in, n_in, out,
				   n_out);
}

weir_status
weir_run_batches(weir_function *function, const weir_run_options *options,
		 weir_tensor *const *in, size_t n_in, weir_tensor **out,
		 size_t n_out, size_t n_batches)
{
	weir_status status = check_lists("weir_run_batches", function, in,
					 n_in, out, n_out);

	if (status)
		return status;
	return weir__run_batches(function, mode_of(function, options), in, n_in, out,
				 n_out, n_batches);
}

weir_status
weir_function_compare(weir_function *function, weir_tensor *const *in,
		      size_t n_in, size_t n_out)
{
	weir_status status = check_lists("weir_function_compare", function, in,
					 n_in, NULL, 0);

	if (status)
		return status;
	return weir__function_compare(function, in, n_in, n_out);
}

weir_status
weir_function_plan(weir_function *function, weir_tensor *const *in,
		   size_t n_in, size_t n_out, weir_plan **plan)
{
	weir_status status = check_lists("weir_function_plan", function, in,
					 n_in, NULL, 0);

	if (status)
		return status;
	if (!plan)
		return weir_fail(WEIR_ENULL, "weir_function_plan: the result "
				 "is NULL");
	return weir__function_plan(function, in, n_in, n_out, plan);
}

weir_status
weir_function_measure(weir_function *function, weir_tensor *const *in,
		      size_t n_in, size_t n_out, size_t times)
{
	static const char what[] = "weir_function_measure";
	weir_status status = check_lists(what, function, in, n_in, NULL, 0);

	if (status)
		return status;
	return times ? weir__function_measure(function, in, n_in, n_out, times)
		     : weir_fail(WEIR_EINVAL, "%s: no runs are asked for",
				 what);
}

uint64_t
weir_function_recordings(const weir_function *function)
{
	weir_function *f = (weir_function *)function;	/* for its lock */
	uint64_t recordings;

	if (!f)
		return 0;
	pthread_mutex_lock(&f->lock);
	recordings = f->info.recordings;
	pthread_mutex_unlock(&f->lock);
	return recordings;
}

weir_function_info
weir_function_get_info(const weir_function *function)
{
	weir_function *f = (weir_function *)function;	/* for its lock */
	weir_function_info info = { 0 };

	if (!f)
		return info;
	pthread_mutex_lock(&f->lock);
	info = f->info;
	pthread_mutex_unlock(&f->lock);
	return info;
}

const char *
weir_function_record_reason(const weir_function *function)
{
	return function ? function->reason : "";
}

const char *
weir_function_plan_reason(const weir_function *function)
{
	return function ? function->plan_reason : "";
}
