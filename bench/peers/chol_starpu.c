/* Tiled Cholesky on StarPU in its usual way: tiles are data handles, tasks are
 * inserted in sequential order and dependences follow from the access modes.
 * Default scheduler, no priorities; the main thread submits, T workers
 * execute. */
#include "chol.h"
#include <starpu.h>

static starpu_data_handle_t *h;
static char ver[32];
#define PTR(x) ((double *)STARPU_MATRIX_GET_PTR(buf[x]))

static void
f_potrf(void *buf[], void *a)
{
	(void)a;
	k_potrf(PTR(0));
}

static void
f_trsm(void *buf[], void *a)
{
	(void)a;
	k_trsm(PTR(0), PTR(1));
}

static void
f_syrk(void *buf[], void *a)
{
	(void)a;
	k_syrk(PTR(0), PTR(1));
}

static void
f_gemm(void *buf[], void *a)
{
	(void)a;
	k_gemm(PTR(0), PTR(1), PTR(2));
}

static struct starpu_codelet c_potrf = { .cpu_funcs = { f_potrf },
					 .nbuffers = 1,
					 .modes = { STARPU_RW },
					 .name = "potrf" };
static struct starpu_codelet c_trsm = { .cpu_funcs = { f_trsm },
					.nbuffers = 2,
					.modes = { STARPU_R, STARPU_RW },
					.name = "trsm" };
static struct starpu_codelet c_syrk = { .cpu_funcs = { f_syrk },
					.nbuffers = 2,
					.modes = { STARPU_R, STARPU_RW },
					.name = "syrk" };
static struct starpu_codelet c_gemm = { .cpu_funcs = { f_gemm },
					.nbuffers = 3,
					.modes = { STARPU_R, STARPU_R,
						   STARPU_RW },
					.name = "gemm" };

static const char *
version(void)
{
	int a, b, c;

	starpu_get_version(&a, &b, &c);
	snprintf(ver, sizeof ver, "%d.%d.%d", a, b, c);
	return ver;
}

#define H(i, j) h[(size_t)(i) * ((i) + 1) / 2 + (j)]

static void
p_open(int threads)
{
	struct starpu_conf conf;
	int i, j;

	starpu_conf_init(&conf);
	conf.ncpus = threads;
	conf.ncuda = conf.nopencl = 0;
	if (starpu_init(&conf)) {
		fprintf(stderr, "starpu_init failed\n");
		exit(2);
	}
	h = (starpu_data_handle_t *)calloc((size_t)chol.nt * (chol.nt + 1) / 2,
					   sizeof *h);
	for (i = 0; i < chol.nt; i++)
		for (j = 0; j <= i; j++)
			starpu_matrix_data_register(&H(i, j), STARPU_MAIN_RAM,
						    (uintptr_t)chol_tile(i, j),
						    chol.b, chol.b, chol.b,
						    sizeof(double));
}

static void
p_run(const dag *g)
{
	int i, j, k;

	(void)g;
	for (k = 0; k < chol.nt; k++) {
		starpu_task_insert(&c_potrf, STARPU_RW, H(k, k), 0);
		for (i = k + 1; i < chol.nt; i++)
			starpu_task_insert(&c_trsm, STARPU_R, H(k, k),
					   STARPU_RW, H(i, k), 0);
		for (i = k + 1; i < chol.nt; i++) {
			for (j = k + 1; j < i; j++)
				starpu_task_insert(&c_gemm, STARPU_R, H(i, k),
						   STARPU_R, H(j, k), STARPU_RW,
						   H(i, j), 0);
			starpu_task_insert(&c_syrk, STARPU_R, H(i, k),
					   STARPU_RW, H(i, i), 0);
		}
	}
	starpu_task_wait_for_all();
}

static void
p_close(void)
{
	size_t i, n = (size_t)chol.nt * (chol.nt + 1) / 2;

	for (i = 0; i < n; i++)
		starpu_data_unregister(h[i]);
	starpu_shutdown();
	free(h);
}

static const bench_peer peer = {
	.name = "starpu",
	.version = version,
	.open = p_open,
	.run = p_run,
	.close = p_close,
};

int
main(int argc, char **argv)
{
	return chol_main(argc, argv, &peer);
}
