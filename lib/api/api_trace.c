#include "api/runtime.h"
#include "base/fpenv.h"

#include <string.h>

weir_status
weir_trace_start(weir_runtime *runtime, const weir_trace_options *given)
{
	weir_trace_options options = { .size = sizeof options };

	if (!runtime)
		return weir_fail(WEIR_ENULL, "weir_trace_start: the runtime "
				 "is NULL");
	if (given && !given->size)
		return weir_fail(WEIR_EINVAL, "weir_trace_start: "
				 "options->size is 0, it must be "
				 "sizeof(weir_trace_options)");
	if (given)
		memcpy(&options, given, given->size < sizeof options
		       ? given->size : sizeof options);
	return weir__tracer_start(runtime->tracer, &options);
}

void
weir_trace_stop(weir_runtime *runtime)
{
	if (runtime)
		weir__tracer_stop(runtime->tracer);
}

weir_status
weir_trace_write(weir_runtime *runtime, const char *path)
{
	struct weir__fpenv fpenv;
	weir_status status;

	if (!runtime || !path)
		return weir_fail(WEIR_ENULL, "weir_trace_write: the %s is "
				 "NULL", runtime ? "path" : "runtime");
	weir__fpenv_enter(&fpenv);
	status = weir__tracer_write(runtime->tracer, path);
	weir__fpenv_leave(&fpenv);
	return status;
}
