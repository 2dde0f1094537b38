/* Tiled Cholesky on one thread: the kernels without any runtime. */
#include "chol.h"

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
		chol_exec(t);
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
	return chol_main(argc, argv, &peer);
}
