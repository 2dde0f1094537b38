#include "api/runtime.h"

#include <fenv.h>
#include <stdlib.h>
#include <string.h>

#include "function/dump.h"
#include "ops/blas.h"
#include "ops/gemm.h"
#include "topology/memory_map.h"

struct weir__heap *
weir__runtime_heap(const weir_runtime *runtime)
{
	return runtime->heap;
}

struct weir__scope_parts
weir__runtime_scope_parts(weir_runtime *runtime)
{
	return (struct weir__scope_parts){
		.heap = runtime->heap,
		.paths = runtime->paths,
		.tracer = runtime->tracer,
		.runtime = runtime,
	};
}

struct weir__function_parts
weir__runtime_function_parts(weir_runtime *runtime)
{
	return (struct weir__function_parts){
		.heap = runtime->heap,
		.paths = runtime->paths,
		.tracer = runtime->tracer,
		.runtime = runtime,
		.compiler = { .team = runtime->team, .skips = runtime->skips,
			      .dump = runtime->dump,
			      .poisons = runtime->poisons },
		.is_eager = runtime->is_eager,
		.eager_lock = &runtime->eager_lock,
	};
}

static weir_status
start_tracing(weir_runtime *runtime, const char *file)
{
	size_t n;
	const int *node_of_cpu;
	weir_status status;

	status = weir__tracer_create(runtime->heap, file, &runtime->tracer);
	if (status)
		return status;
	node_of_cpu = weir__topology_node_of_cpu(runtime->topology, &n);
	status = weir__tracer_set_places(
		runtime->tracer, node_of_cpu, n,
		weir__team_is_resident(runtime->team) &&
			weir__team_is_bound(runtime->team));
	if (status || !file)
		return status;
	return weir__tracer_start(runtime->tracer, NULL);
}

/* What is asked for, else what the environment says; else resident where there
 * are several pools, whose workers must stay in their nodes. */
static weir_status
make_team(weir_runtime *r, weir_team team)
{
	const char *text = getenv("WEIR_TEAM");
	bool is_resident = weir__topology_pools(r->topology) > 1 &&
			   weir__topology_is_this_machine(r->topology);

	if ((unsigned)team > WEIR_TEAM_RESIDENT)
		return weir_fail(WEIR_EINVAL, "weir_runtime_create: "
				 "options->team is %d", (int)team);
	if (text && *text && strcmp(text, "borrowed") != 0 &&
	    strcmp(text, "resident") != 0)
		return weir_fail(WEIR_EINVAL, "weir_runtime_create: WEIR_TEAM "
				 "is \"%s\"; it must be borrowed or resident",
				 text);
	if (team != WEIR_TEAM_DEFAULT)
		is_resident = team == WEIR_TEAM_RESIDENT;
	else if (text && *text)
		is_resident = strcmp(text, "resident") == 0;
	return weir__team_new(r->heap, r->topology, is_resident, &r->team);
}

/* What is asked for, else what the environment says. */
static weir_status
find_skips(weir_runtime *r, const char *names)
{
	bool is_asked = names != NULL;

	if (!is_asked)
		names = getenv("WEIR_SKIP_PASSES");
	if (!weir__passes_named(names, &r->skips))
		return WEIR_OK;
	return weir_fail(WEIR_EINVAL, "weir_runtime_create: %s: %s", is_asked ?
			 "options->skip_passes" : "WEIR_SKIP_PASSES",
			 weir_error_text());
}

static weir_status
make_dump(weir_runtime *r, const char *what)
{
	bool is_asked = what != NULL;

	if (!is_asked)
		what = getenv("WEIR_DUMP");
	if (!weir__dump_new(r->heap, what, &r->dump))
		return WEIR_OK;
	return weir_fail(WEIR_EINVAL, "weir_runtime_create: %s: %s", is_asked ?
			 "options->dump" : "WEIR_DUMP", weir_error_text());
}

static weir_status
find_poison(weir_runtime *r)
{
	const char *text = getenv("WEIR_POISON");

	r->poisons = text && strcmp(text, "1") == 0;
	if (!text || !*text || r->poisons || strcmp(text, "0") == 0)
		return WEIR_OK;
	return weir_fail(WEIR_EINVAL, "weir_runtime_create: WEIR_POISON is "
			 "\"%s\"; it must be 0 or 1", text);
}

static weir_status
check_products(void)
{
	if (!weir__gemm_check())
		return WEIR_OK;
	return weir_fail(WEIR_EINVAL, "weir_runtime_create: %s",
			 weir_error_text());
}

static weir_status
build(weir_runtime *r, const weir_runtime_options *options)
{
	const char *file = options->trace_file;
	const char *mode = getenv("WEIR_MODE");
	const struct weir__topology_options topology = {
		.threads = options->threads,
		.synthetic = options->synthetic_topology,
		.file = options->topology_file,
		.pools = options->pools,
		.distances = options->distances,
		.huge_pages = options->huge_pages,
	};
	weir_status status;

	r->is_eager = mode && strcmp(mode, "eager") == 0;
	if (mode && *mode && !r->is_eager && strcmp(mode, "graph") != 0)
		return weir_fail(WEIR_EINVAL, "weir_runtime_create: WEIR_MODE "
				 "is \"%s\"; it must be eager or graph", mode);
	status = find_skips(r, options->skip_passes);
	if (!status)
		status = make_dump(r, options->dump);
	if (!status)
		status = find_poison(r);
	if (!status)
		status = check_products();
	if (status)
		return status;
	status = weir__storage_cache_create(r->heap, options->cache_bytes
					    ? options->cache_bytes
					    : (size_t)256 << 20);
	if (!status)
		status = weir__paths_create(r->heap, &r->paths);
	if (!status)
		status = weir__topology_create(r->heap, &topology,
					       &r->topology);
	if (!status)
		status = make_team(r, options->team);
	if (status)
		return status;
	if (!file)
		file = getenv("WEIR_TRACE");
	if (file && !*file)
		file = NULL;
	status = start_tracing(r, file);
	if (status)
		return status;
	weir__blas_enter();
	r->uses_blas = true;
	return WEIR_OK;
}

static weir_status
create(const weir_runtime_options *given, weir_runtime **runtime)
{
	weir_runtime_options options;
	pthread_mutexattr_t recursive;
	struct weir__heap *heap;
	weir_runtime *r;
	weir_status status;

	status = weir__take_options(&options, sizeof options, given,
				    "weir_runtime_create",
				    "weir_runtime_options");
	if (status)
		return status;
	status = weir__heap_create(options.allocator, &heap);
	if (status)
		return status;
	r = weir__calloc(heap, 1, sizeof *r);
	if (!r) {
		weir__heap_release(heap);
		return WEIR_ENOMEM;
	}
	r->heap = heap;
	pthread_mutexattr_init(&recursive);
	pthread_mutexattr_settype(&recursive, PTHREAD_MUTEX_RECURSIVE);
	pthread_mutex_init(&r->eager_lock, &recursive);
	pthread_mutexattr_destroy(&recursive);
	status = build(r, &options);
	if (status) {
		weir_runtime_release(r);
		return status;
	}
	*runtime = r;
	return WEIR_OK;
}

/* Here and at the end the whole floating-point environment is kept, x87
 * included: what libraries do when they are first used is their business. */
weir_status
weir_runtime_create(const weir_runtime_options *given, weir_runtime **runtime)
{
	weir_status status;
	fenv_t env;

	if (!runtime)
		return weir_fail(WEIR_ENULL, "weir_runtime_create: runtime is "
				 "NULL");
	fegetenv(&env);
	fesetenv(FE_DFL_ENV);
	status = create(given, runtime);
	fesetenv(&env);
	return status;
}

void
weir_runtime_release(weir_runtime *runtime)
{
	struct weir__heap *heap;
	fenv_t env;

	if (!runtime)
		return;
	fegetenv(&env);
	fesetenv(FE_DFL_ENV);
	heap = runtime->heap;
	weir__team_free(runtime->team);
	if (runtime->uses_blas)
		weir__blas_leave();
	weir__dump_free(runtime->dump);
	weir__tracer_release(runtime->tracer);
	weir__topology_release(runtime->topology);
	weir__paths_release(runtime->paths);
	weir__storage_cache_close(heap);
	pthread_mutex_destroy(&runtime->eager_lock);
	weir__free(heap, runtime);
	weir__heap_release(heap);
	fesetenv(&env);
}

unsigned
weir_runtime_threads(const weir_runtime *runtime)
{
	return runtime ? weir__team_size(runtime->team) : 0;
}

bool
weir_runtime_is_forked(const weir_runtime *runtime)
{
	return runtime && weir__team_is_forked(runtime->team);
}

weir_status
weir_runtime_revive(weir_runtime *runtime)
{
	if (!runtime)
		return weir_fail(WEIR_ENULL, "weir_runtime_revive: the "
				 "runtime is NULL");
	weir__team_revive(runtime->team);
	return WEIR_OK;
}

size_t
weir_runtime_pools(const weir_runtime *runtime)
{
	return runtime ? weir__topology_pools(runtime->topology) : 0;
}

weir_pool_info
weir_runtime_pool(const weir_runtime *runtime, size_t i)
{
	if (!runtime || i >= weir__topology_pools(runtime->topology))
		return (weir_pool_info){ 0 };
	return weir__topology_pool(runtime->topology, i);
}

bool
weir_runtime_is_this_machine(const weir_runtime *runtime)
{
	return runtime && weir__topology_is_this_machine(runtime->topology);
}

weir_status
weir_memory_find(const weir_runtime *runtime, const void *memory, size_t bytes,
		 weir_memory_place *places, size_t room, size_t *n)
{
	const weir_memory_place all = { .memory = memory, .bytes = bytes };
	struct weir__memory_map *map;
	const weir_memory_place *found;
	weir_status status;

	if (!runtime || !n || (bytes && !memory) || (room && !places))
		return weir_fail(WEIR_ENULL, "weir_memory_find: the %s is "
				 "NULL", !runtime ? "runtime" : !n ? "result"
				 : bytes && !memory ? "memory"
				 : "list of places");
	status = weir__memory_map_ask(runtime->heap, &all, 1, &map);
	if (status)
		return status;
	*n = weir__memory_map_places(map, &found);
	if (*n && room)
		memcpy(places, found, (*n < room ? *n : room) * sizeof *found);
	weir__memory_map_free(map);
	return WEIR_OK;
}

weir_memory_info
weir_runtime_memory(const weir_runtime *runtime)
{
	if (!runtime)
		return (weir_memory_info){ 0 };
	return weir__storage_info(runtime->heap);
}

void
weir_runtime_reset_peak(weir_runtime *runtime)
{
	if (runtime)
		weir__storage_reset_peak(runtime->heap);
}

void
weir_runtime_trim(weir_runtime *runtime)
{
	if (runtime)
		weir__storage_cache_trim(runtime->heap);
}
