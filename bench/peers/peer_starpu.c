/* StarPU with explicit task dependencies, no data handles.
 * Default (starpu): every run initialises, declares and submits all tasks.
 * -DRERUN (starpu-re): tasks and dependencies are declared once and submitted
 * again for every run. The main thread submits, T workers execute. */
#include "bench.h"
#include <starpu.h>
#ifdef RERUN
#define NAME "starpu-re"
#else
#define NAME "starpu"
#endif

static struct starpu_task *task;
static struct starpu_task **dep;
static char ver[32];

static void
body(void *buf[], void *arg)
{
	(void)buf;
	bench_task((uint32_t)(uintptr_t)arg);
}

static struct starpu_codelet cl = { .cpu_funcs = { body },
				    .cpu_funcs_name = { "body" },
				    .nbuffers = 0,
				    .name = "bench" };

static const char *
version(void)
{
	int a, b, c;

	starpu_get_version(&a, &b, &c);
	snprintf(ver, sizeof ver, "%d.%d.%d", a, b, c);
	return ver;
}

static void
p_open(int threads)
{
	struct starpu_conf conf;

	starpu_conf_init(&conf);
	conf.ncpus = threads;
	conf.ncuda = conf.nopencl = 0;
	if (starpu_init(&conf)) {
		fprintf(stderr, "starpu_init failed\n");
		exit(2);
	}
}

static void
declare(const dag *g)
{
	task = (struct starpu_task *)malloc((size_t)g->n * sizeof *task);
	dep = (struct starpu_task **)malloc(((size_t)g->n + 1) * sizeof *dep);
}

static void
make(const dag *g, uint32_t t)
{
	uint32_t q, k = 0;

	starpu_task_init(&task[t]);
	task[t].cl = &cl;
	task[t].cl_arg = (void *)(uintptr_t)t;
	task[t].destroy = 0;
	for (q = g->pred_ptr[t]; q < g->pred_ptr[t + 1]; q++)
		dep[k++] = &task[g->pred[q]];
	if (k)
		starpu_task_declare_deps_array(&task[t], k, dep);
}

static void
submit(uint32_t t)
{
	if (starpu_task_submit(&task[t])) {
		fprintf(stderr, "starpu submit failed\n");
		_exit(2);
	}
}

static uint32_t built;

static void
p_drop(void)
{
	for (uint32_t t = 0; t < built; t++)
		starpu_task_clean(&task[t]);
	free(task);
	free(dep);
	built = 0;
}

#ifdef RERUN
static void
p_build(const dag *g)
{
	declare(g);
	for (uint32_t t = 0; t < g->n; t++)
		make(g, t);
	built = g->n;
}

static void
p_run(const dag *g)
{
	for (uint32_t t = 0; t < g->n; t++)
		submit(t);
	starpu_task_wait_for_all();
}
#else
static void
p_run(const dag *g)
{
	declare(g);
	for (uint32_t t = 0; t < g->n; t++) {
		make(g, t);
		submit(t);
	}
	starpu_task_wait_for_all();
	built = g->n;
	p_drop();
}
#endif

static void
p_close(void)
{
	starpu_shutdown();
}

#ifdef RERUN
static const bench_peer peer = {
	.name = NAME,
	.version = version,
	.open = p_open,
	.build = p_build,
	.run = p_run,
	.drop = p_drop,
	.close = p_close,
};
#else
static const bench_peer peer = {
	.name = NAME,
	.version = version,
	.open = p_open,
	.run = p_run,
	.close = p_close,
};
#endif

int
main(int argc, char **argv)
{
	return bench_main(argc, argv, &peer);
}
