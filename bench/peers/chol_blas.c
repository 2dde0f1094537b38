/* OpenBLAS's own dpotrf, one call, and its dgemm: each with 1 to T threads.
 * The same command line; --tile is taken and ignored. */
#include "chol.h"

char *openblas_get_corename(void);

static void
potrf(const dag *g)
{
	(void)g;
	k_potrf(chol.a);
}

static int
measure_potrf(int threads, int reps)
{
	chol_times m;

	openblas_set_num_threads(threads);
	m = chol_measure(reps, potrf);
	return chol_print("openblas-dpotrf", openblas_get_corename(), 0,
			  threads, -1e-3, &m);
}

enum { ORDER = 2048 };		/* of the products */

static double *factors[2], *product;

static void
gemm(void)
{
	double one = 1, zero = 0;
	int n = ORDER;

	dgemm_("N", "T", &n, &n, &n, &one, factors[0], &n, factors[1], &n,
	       &zero, product, &n);
}

static double
one_element(int row, int col)
{
	double sum = 0;
	size_t q;

	for (q = 0; q < ORDER; q++)
		sum += factors[0][row + q * ORDER] *
		       factors[1][col + q * ORDER];
	return sum;
}

static int
measure_gemm(int threads, int reps)
{
	double t[BENCH_REPS], busy, cpu, wall, median;
	double flops = 2e-9 * ORDER * ORDER * ORDER;
	int i, is_wrong;

	openblas_set_num_threads(threads);
	gemm();
	busy = bench_machine_busy();
	cpu = bench_cpu();
	wall = bench_now();
	for (i = 0; i < reps; i++) {
		t[i] = bench_now();
		gemm();
		t[i] = bench_now() - t[i];
	}
	cpu = bench_cpu() - cpu;
	busy = bench_machine_busy() - busy;
	wall = bench_now() - wall;
	median = bench_median(t, reps);
	/* small whole numbers: exact */
	is_wrong = product[5 + 7 * (size_t)ORDER] != one_element(5, 7);
	printf("peer=openblas-dgemm version=%s n=%d tile=0 threads=%d tasks=1 "
	       "build_ms=-1 gflops=%.1f gflops_min=%.1f gflops_max=%.1f "
	       "resid=0 foreign=%.2f check=%s\n",
	       openblas_get_corename(), ORDER, threads, flops / median,
	       flops / t[reps - 1], flops / t[0],
	       bench_foreign(busy, cpu, wall), is_wrong ? "FAILED" : "ok");
	fflush(stdout);
	return is_wrong ? 4 : 0;
}

int
main(int argc, char **argv)
{
	chol_args a = { 2048, 256, 2, 3 };
	size_t bytes = (size_t)ORDER * ORDER * sizeof(double);
	int status = 0, threads, i;

	if (chol_parse(argc, argv, &a)) {
		fprintf(stderr, "%s: bad argument\n", argv[0]);
		return 2;
	}
	chol_make(a.n, a.n);	/* one tile: plain column-major */
	for (threads = 1; threads <= a.threads; threads++)
		status |= measure_potrf(threads, a.reps);
	factors[0] = (double *)dag_alloc(bytes);
	factors[1] = (double *)dag_alloc(bytes);
	product = (double *)dag_alloc(bytes);
	for (i = 0; i < ORDER * ORDER; i++) {
		factors[0][i] = i % 17 - 8;
		factors[1][i] = i % 13 - 6;
	}
	for (threads = 1; threads <= a.threads; threads++)
		status |= measure_gemm(threads, a.reps);
	return status;
}
