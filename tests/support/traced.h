/* A runtime of two threads for a suite's fixtures, and what has been traced. */
#ifndef SUPPORT_TRACED_H
#define SUPPORT_TRACED_H

#include <criterion/criterion.h>
#include <unistd.h>
#include <weir.h>

#include "support/spans.h"
#include "support/temporary.h"

static weir_runtime *runtime;
static char path[TEMPORARY];

static inline void
begin_traced(void)
{
	weir_runtime_options options = { .size = sizeof options,
					 .threads = 2 };

	temporary_file(path);
	cr_assert_eq(weir_runtime_create(&options, &runtime), WEIR_OK);
	cr_assert_eq(weir_runtime_threads(runtime), 2);
}

static inline void
end_traced(void)
{
	unlink(path);
	weir_runtime_release(runtime);
}

/* By way of the file; no more is traced. */
static inline void
stop_and_read(struct spans *spans)
{
	weir_trace_stop(runtime);
	cr_assert_eq(weir_trace_write(runtime, path), WEIR_OK, "%s",
		     weir_error_text());
	spans_read(spans, path);
	cr_assert_eq(spans->lost, 0);
}

#endif
