/*
 * weir: a task a node, recorded with weir_tasks_add_after() and compiled; its
 * schedule runs again and again.
 *
 * Default (weir): as many workers as threads, so each thread runs a stream of
 * its own. -DCLAIMED (weir-claimed): planned for twice as many workers as
 * OpenMP may have threads, so that the threads claim the streams' blocks.
 */
#include "bench.h"

#include <weir.h>

#ifdef CLAIMED
#define NAME "weir-claimed"
enum { WORKERS_A_THREAD = 2 };
#else
#define NAME "weir"
enum { WORKERS_A_THREAD = 1 };
#endif

static weir_runtime *runtime;
static weir_schedule *schedule;

static void
must(weir_status status)
{
	if (!status)
		return;
	fprintf(stderr, NAME ": %s\n", weir_error_text());
	_exit(2);
}

static weir_status
body(void *arg)
{
	bench_task((uint32_t)(uintptr_t)arg);
	return WEIR_OK;
}

static void
p_open(int threads)
{
	weir_runtime_options options = {
		.size = sizeof options,
		.threads = (unsigned)(threads * WORKERS_A_THREAD),
	};

	must(weir_runtime_create(&options, &runtime));
}

/* ns: what a task takes; 0: not known */
static void
build(const dag *g, double ns)
{
	weir_task_options options = {
		.size = sizeof options,
		.nanoseconds = ns,
	};
	weir_tasks *tasks;
	uint32_t t, first;

	must(weir_tasks_create(runtime, g->pattern, &tasks));
	for (t = 0; t < g->n; t++) {
		first = g->pred_ptr[t];
		must(weir_tasks_add_after(tasks, body, (void *)(uintptr_t)t,
					  g->pred + first,
					  g->pred_ptr[t + 1] - first,
					  ns > 0 ? &options : NULL, NULL));
	}
	must(weir_tasks_compile(tasks, &schedule));
	weir_tasks_release(tasks);
}

static void
p_build(const dag *g)
{
	build(g, 0);
}

static void
p_run(const dag *g)
{
	(void)g;
	must(weir_schedule_run(schedule, 1));
}

static void
p_drop(void)
{
	weir_schedule_release(schedule);
}

static void
p_close(void)
{
	weir_runtime_release(runtime);
}

static void
p_expect(const dag *g, double ns)
{
	p_drop();
	build(g, ns);
}

static const bench_peer peer = {
	.name = NAME,
	.version = weir_version,
	.open = p_open,
	.build = p_build,
	.run = p_run,
	.drop = p_drop,
	.close = p_close,
	.expect = p_expect,
};

#ifdef CLAIMED
/* OpenMP reads its limit when it is loaded: set it and start over. */
static void
limit_threads(int argc, char **argv)
{
	const char *threads = "2";
	int i;

	for (i = 1; i + 1 < argc; i++)
		if (!strcmp(argv[i], "--threads"))
			threads = argv[i + 1];
	if (getenv("OMP_THREAD_LIMIT"))
		return;
	setenv("OMP_THREAD_LIMIT", threads, 1);
	execv("/proc/self/exe", argv);
	perror(argv[0]);
	_exit(2);
}
#endif

int
main(int argc, char **argv)
{
#ifdef CLAIMED
	limit_threads(argc, argv);
#endif
	return bench_main(argc, argv, &peer);
}
