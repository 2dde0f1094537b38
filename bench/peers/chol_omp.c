/* Tiled Cholesky with OpenMP tasks and depend clauses on the tiles. No
 * priorities. */
#include "chol.h"
#include <omp.h>
#ifndef PEER_NAME
#define PEER_NAME "omp"
#endif
#ifndef PEER_VERSION
#define PEER_VERSION "?"
#endif

static const char *
version(void)
{
	return PEER_VERSION;
}

static void
p_open(int threads)
{
	(void)threads;
	omp_set_dynamic(0);
}

static void
p_run(const dag *g)
{
	(void)g;
#pragma omp parallel num_threads(chol.threads)
#pragma omp master
	for (int k = 0; k < chol.nt; k++) {
		double *kk = chol_tile(k, k);

#pragma omp task firstprivate(kk) depend(inout : kk[0])
		k_potrf(kk);
		for (int i = k + 1; i < chol.nt; i++) {
			double *ik = chol_tile(i, k);

#pragma omp task firstprivate(kk, ik) depend(in : kk[0]) depend(inout : ik[0])
			k_trsm(kk, ik);
		}
		for (int i = k + 1; i < chol.nt; i++) {
			double *ik = chol_tile(i, k);

			for (int j = k + 1; j < i; j++) {
				double *jk = chol_tile(j, k),
				       *ij = chol_tile(i, j);

#pragma omp task firstprivate(ik, jk, ij) depend(in : ik[0], jk[0]) \
	depend(inout : ij[0])
				k_gemm(ik, jk, ij);
			}
			double *ii = chol_tile(i, i);
#pragma omp task firstprivate(ik, ii) depend(in : ik[0]) depend(inout : ii[0])
			k_syrk(ik, ii);
		}
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
	return chol_main(argc, argv, &peer);
}
