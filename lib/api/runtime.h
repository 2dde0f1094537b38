/* What a runtime is made of; only api/ sees all of it. */
#ifndef WEIR_API_RUNTIME_H
#define WEIR_API_RUNTIME_H

#include <weir/runtime.h>
#include "base/alloc.h"
#include "base/options.h"
#include "base/path.h"
#include "function/function.h"
#include "scope/scope.h"
#include "topology/topology.h"
#include "trace/event.h"

struct weir_runtime {
	struct weir__heap *heap;
	struct weir__paths *paths;
	struct weir__topology *topology;
	struct weir__tracer *tracer;
	struct weir__team *team;
	bool uses_blas;			/* weir__blas_leave() is owed */
	bool is_eager;			/* WEIR_MODE=eager when it was made */
	unsigned skips;			/* passes: enum weir__pass */
	struct weir__dump *dump;	/* or NULL */
	bool poisons;			/* WEIR_POISON=1 when it was made */
	pthread_mutex_t eager_lock;	/* see struct weir__function_parts */
};

/* The heap of all the runtime's memory, borrowed. */
struct weir__heap *
weir__runtime_heap(const weir_runtime *runtime);

/* What scopes and functions take from a runtime. */
struct weir__scope_parts
weir__runtime_scope_parts(weir_runtime *runtime);

struct weir__function_parts
weir__runtime_function_parts(weir_runtime *runtime);

/* "program+0x1234": the place of a call through a plain function. */
const char *
weir__caller_site(weir_scope *scope, const void *address);

#define WEIR__CALLER(scope) \
	weir__caller_site(scope, __builtin_return_address(0))

#endif
