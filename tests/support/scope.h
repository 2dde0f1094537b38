/* A runtime of one thread and an eager scope, for a suite's fixtures. */
#ifndef SUPPORT_SCOPE_H
#define SUPPORT_SCOPE_H

#include "support/eager.h"
#include "support/tasks.h"

static weir_runtime *runtime;
static weir_scope *s;

static inline void
begin_scope(void)
{
	runtime = must_runtime(1);
	s = must_scope(runtime, "e");
}

static inline void
end_scope(void)
{
	weir_scope_release(s);
	weir_runtime_release(runtime);
}

#endif
