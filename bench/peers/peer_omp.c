/* OpenMP tasks with depend clauses; the compiler decides whose runtime
 * (-DPEER_NAME and -DPEER_VERSION name it). One cell per task, so only true
 * dependences exist. The initial thread creates, then helps at the barrier. */
#include "bench.h"
#include <omp.h>
#ifndef PEER_NAME
#define PEER_NAME "omp"
#endif
#ifndef PEER_VERSION
#define PEER_VERSION "?"
#endif

static int nthr;
static char *cell;
static uint32_t ncell;

static const char *
version(void)
{
	return PEER_VERSION;
}

static void
p_open(int threads)
{
	nthr = threads;
	omp_set_dynamic(0);
}

static void
create(const dag *g, uint32_t t)
{
	const uint32_t *p = g->pred + g->pred_ptr[t];
	uint32_t k = g->pred_ptr[t + 1] - g->pred_ptr[t];
	char *c = cell;

	(void)c;
	switch (k) {
	case 0:
		if (g->succ_ptr[t + 1] == g->succ_ptr[t]) {
#pragma omp task firstprivate(t)
			bench_task(t);
		} else {
#pragma omp task firstprivate(t) depend(out : c[t])
			bench_task(t);
		}
		break;
	case 1:
#pragma omp task firstprivate(t) depend(in : c[p[0]]) depend(out : c[t])
		bench_task(t);
		break;
	case 2:
#pragma omp task firstprivate(t) depend(in : c[p[0]], c[p[1]]) \
	depend(out : c[t])
		bench_task(t);
		break;
	case 3:
#pragma omp task firstprivate(t) depend(in : c[p[0]], c[p[1]], c[p[2]]) \
	depend(out : c[t])
		bench_task(t);
		break;
	case 4:
#pragma omp task firstprivate(t) \
	depend(in : c[p[0]], c[p[1]], c[p[2]], c[p[3]]) depend(out : c[t])
		bench_task(t);
		break;
	case 5:
#pragma omp task firstprivate(t)                                 \
	depend(in : c[p[0]], c[p[1]], c[p[2]], c[p[3]], c[p[4]]) \
	depend(out : c[t])
		bench_task(t);
		break;
	default:
#pragma omp task firstprivate(t) \
	depend(iterator(unsigned i = 0 : k), in : c[p[i]]) depend(out : c[t])
		bench_task(t);
	}
}

static void
p_run(const dag *g)
{
	if (ncell < g->n) {
		free(cell);
		cell = (char *)malloc(g->n);
		ncell = g->n;
	}
#pragma omp parallel num_threads(nthr)
	{
#pragma omp master
		for (uint32_t t = 0; t < g->n; t++)
			create(g, t);
	}
}

static const bench_peer peer = {
	.name = PEER_NAME,
	.version = version,
	.open = p_open,
	.run = p_run,
};

int
main(int argc, char **argv)
{
	return bench_main(argc, argv, &peer);
}
