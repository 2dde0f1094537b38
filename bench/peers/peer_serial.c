/* Floor: one thread walks the tasks in topological order. Also the shortest
 * example of a peer program; copy it to add another one. */
#include "bench.h"

static const char *
version(void)
{
	return "1";
}

static void
p_open(int threads)
{
	(void)threads;
}

static void
p_run(const dag *g)
{
	for (uint32_t t = 0; t < g->n; t++)
		bench_task(t);
}

static const bench_peer peer = {
	.name = "serial",
	.version = version,
	.open = p_open,
	.run = p_run,
};

int
main(int argc, char **argv)
{
	return bench_main(argc, argv, &peer);
}
