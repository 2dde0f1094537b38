/* Tiled Cholesky as a weir task graph: dependencies follow from what the
 * tasks read and write. No priorities; what a kernel takes is measured. */
#include "chol.h"

#include <weir.h>

static weir_runtime *runtime;
static weir_schedule *schedule;
static double kernel_ns[CHOL_KINDS];

static void
must(weir_status status)
{
	if (!status)
		return;
	fprintf(stderr, "weir: %s\n", weir_error_text());
	exit(2);
}

static weir_status
body(void *arg)
{
	chol_exec((uint32_t)(uintptr_t)arg);
	return WEIR_OK;
}

/* The fastest of the first calls of each kernel, from a cold start twice. */
static void
measure_kernels(void)
{
	uint32_t t, gemms;
	int round, kind;
	double start, ns;

	for (round = 0; round < 2; round++) {
		for (t = gemms = 0; t < chol.g.n && gemms < 4; t++) {
			kind = chol.op[t].kind;
			gemms += kind == CHOL_GEMM;
			start = bench_now();
			chol_exec(t);
			ns = 1e9 * (bench_now() - start);
			if (!kernel_ns[kind] || kernel_ns[kind] > ns)
				kernel_ns[kind] = ns;
		}
		chol_reset();
	}
}

static void
p_open(int threads)
{
	weir_runtime_options options = {
		.size = sizeof options,
		.threads = (unsigned)threads,
	};

	must(weir_runtime_create(&options, &runtime));
	measure_kernels();
}

/* What a task accesses. */
static size_t
accesses(const chol_op *o, weir_access *a)
{
	size_t n = 0;

	a[n++] = (weir_access){ chol_tile(o->i, o->j), WEIR_READ_WRITE };
	if (o->kind == CHOL_TRSM)
		a[n++] = (weir_access){ chol_tile(o->k, o->k), WEIR_READ };
	if (o->kind == CHOL_SYRK || o->kind == CHOL_GEMM)
		a[n++] = (weir_access){ chol_tile(o->i, o->k), WEIR_READ };
	if (o->kind == CHOL_GEMM)
		a[n++] = (weir_access){ chol_tile(o->j, o->k), WEIR_READ };
	return n;
}

static void
p_build(const dag *g)
{
	weir_task_options options = { .size = sizeof options };
	weir_access a[3];
	weir_tasks *tasks;
	uint32_t t;

	must(weir_tasks_create(runtime, "cholesky", &tasks));
	for (t = 0; t < g->n; t++) {
		options.nanoseconds = kernel_ns[chol.op[t].kind];
		must(weir_tasks_add(tasks, body, (void *)(uintptr_t)t, a,
				    accesses(&chol.op[t], a), &options, NULL));
	}
	must(weir_tasks_compile(tasks, &schedule));
	weir_tasks_release(tasks);
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

static const bench_peer peer = {
	.name = "weir",
	.version = weir_version,
	.open = p_open,
	.build = p_build,
	.run = p_run,
	.drop = p_drop,
	.close = p_close,
};

int
main(int argc, char **argv)
{
	return chol_main(argc, argv, &peer);
}
