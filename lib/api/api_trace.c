#include "api/runtime.h"
#include "base/fpenv.h"

#include <string.h>

weir_status
weir_trace_start(weir_runtime *runtime, const weir_trace_options *given)
{
	weir_trace_options options;
	weir_status status;

	if (!runtime)
		return weir_fail(WEIR_ENULL, "weir_trace_start: the runtime "
				 "is NULL");
	status = weir__take_options(&options, sizeof options, given,
				    "weir_trace_start", "weir_trace_options");
	return status ? status : weir__tracer_start(runtime->tracer, &options);
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
