/*
 * Tiled Cholesky, shared by the chol_* programs (C11, also C++).
 *
 *	prog --n 4096 --tile 256 --threads 2 [--reps N]
 *
 *	peer= version= n= tile= threads= tasks= build_ms= gflops= gflops_min=
 *	gflops_max= resid= foreign= check=ok
 *
 * The lower triangle, tile after tile, right-looking; BLAS and LAPACK on one
 * thread for each tile. The graph comes as the CSR arrays of dag.h, too. Link
 * with a threaded build of OpenBLAS, which then uses one thread: Debian's
 * serial build gives wrong results to concurrent callers.
 *
 * resid = |A x - L (L' x)| / (n eps |A| |x|), maximum norms, after every run.
 */
#ifndef PEERS_CHOL_H
#define PEERS_CHOL_H
#include "bench.h"
#include <float.h>

#ifdef __cplusplus
extern "C" {
#endif
void openblas_set_num_threads(int);
void dpotrf_(const char *, const int *, double *, const int *, int *);
void dtrsm_(const char *, const char *, const char *, const char *,
	    const int *, const int *, const double *, const double *,
	    const int *, double *, const int *);
void dsyrk_(const char *, const char *, const int *, const int *,
	    const double *, const double *, const int *, const double *,
	    double *, const int *);
void dgemm_(const char *, const char *, const int *, const int *, const int *,
	    const double *, const double *, const int *, const double *,
	    const int *, const double *, double *, const int *);
#ifdef __cplusplus
}
#endif

enum { CHOL_POTRF, CHOL_TRSM, CHOL_SYRK, CHOL_GEMM, CHOL_KINDS };

typedef struct chol_op {
	int kind, i, j, k;	/* tile (i, j), in step k */
} chol_op;

static struct {
	int n, b, nt;		/* order, of a tile, tiles a side */
	double *a, *orig;	/* tiles to work on, and as they were */
	chol_op *op;		/* of each task */
	dag g;
	int threads, info;
} chol __attribute__((unused));

/* -- tiles ----------------------------------------------------------------- */

static inline size_t
chol_number(int i, int j)
{
	return (size_t)i * (i + 1) / 2 + j;
}

static inline size_t
chol_words(void)
{
	return chol_number(chol.nt, 0) * chol.b * chol.b;
}

static inline double *
chol_tile(int i, int j)
{
	return chol.a + chol_number(i, j) * chol.b * chol.b;
}

static inline double *
chol_orig(int i, int j)
{
	return chol.orig + chol_number(i, j) * chol.b * chol.b;
}

static inline void
k_potrf(double *a)
{
	int info = 0;

	dpotrf_("L", &chol.b, a, &chol.b, &info);
	if (info)
		chol.info = info;
}

static inline void
k_trsm(const double *l, double *a)
{
	double one = 1;

	dtrsm_("R", "L", "T", "N", &chol.b, &chol.b, &one, l, &chol.b, a,
	       &chol.b);
}

static inline void
k_syrk(const double *l, double *a)
{
	double one = 1, neg = -1;

	dsyrk_("L", "N", &chol.b, &chol.b, &neg, l, &chol.b, &one, a, &chol.b);
}

static inline void
k_gemm(const double *l, const double *r, double *a)
{
	double one = 1, neg = -1;

	dgemm_("N", "T", &chol.b, &chol.b, &chol.b, &neg, l, &chol.b, r,
	       &chol.b, &one, a, &chol.b);
}

static inline void
chol_exec(uint32_t t)
{
	const chol_op *o = &chol.op[t];

	switch (o->kind) {
	case CHOL_POTRF:
		k_potrf(chol_tile(o->k, o->k));
		break;
	case CHOL_TRSM:
		k_trsm(chol_tile(o->k, o->k), chol_tile(o->i, o->k));
		break;
	case CHOL_SYRK:
		k_syrk(chol_tile(o->i, o->k), chol_tile(o->i, o->i));
		break;
	default:
		k_gemm(chol_tile(o->i, o->k), chol_tile(o->j, o->k),
		       chol_tile(o->i, o->j));
	}
}

/* -- the matrix and its graph ---------------------------------------------- */

static inline double
chol_elem(int i, int j)
{
	uint64_t low = (uint32_t)(i < j ? i : j), high = i < j ? j : i;

	return (double)(dag_hash(high << 32 | low) >> 11) * 0x1p-53 - 0.5 +
	       (i == j ? chol.n : 0);
}

static double *
chol_alloc(void)
{
	size_t bytes = chol_words() * sizeof(double);
	void *p = aligned_alloc(4096, (bytes + 4095) / 4096 * 4096);

	if (!p) {
		fprintf(stderr, "chol: out of memory\n");
		exit(2);
	}
	return (double *)p;
}

static void
chol_fill(void)
{
	int b = chol.b, i, j, r, c;

	for (i = 0; i < chol.nt; i++)
		for (j = 0; j <= i; j++)
			for (c = 0; c < b; c++)
				for (r = 0; r < b; r++)
					chol_orig(i, j)[(size_t)c * b + r] =
						chol_elem(i * b + r,
							  j * b + c);
}

static void
chol_reset(void)
{
	memcpy(chol.a, chol.orig, chol_words() * sizeof(double));
	chol.info = 0;
}

/* The next task, which writes tile (i, j); last: who wrote it last, plus 1. */
static uint32_t
chol_add(uint32_t *edges, uint32_t *last, int kind, int i, int j, int k)
{
	uint32_t t = chol.g.n++, *writer = &last[i * chol.nt + j];
	chol_op op = { kind, i, j, k };

	chol.op[t] = op;
	chol.g.pred_ptr[t] = *edges;
	chol.g.col[t] = (uint32_t)j;
	if (*writer)
		chol.g.pred[(*edges)++] = *writer - 1;
	*writer = t + 1;
	return t;
}

static void
chol_make_graph(void)
{
	int nt = chol.nt, i, j, k;
	uint32_t e = 0, most = (uint32_t)((long)nt * (nt + 1) * (nt + 2) / 6);
	uint32_t *last = dag_alloc_u32((size_t)nt * nt);
	uint32_t *trsm = dag_alloc_u32(nt), potrf;

	chol.op = (chol_op *)dag_alloc(most * sizeof *chol.op);
	chol.g.pattern = "cholesky";
	dag_room(&chol.g, most, (size_t)most * 3);
	chol.g.n = 0;
	for (k = 0; k < nt; k++) {
		potrf = chol_add(&e, last, CHOL_POTRF, k, k, k);
		for (i = k + 1; i < nt; i++) {
			trsm[i] = chol_add(&e, last, CHOL_TRSM, i, k, k);
			chol.g.pred[e++] = potrf;
		}
		for (i = k + 1; i < nt; i++)
			for (j = k + 1; j <= i; j++) {
				chol_add(&e, last, i == j ? CHOL_SYRK
				         : CHOL_GEMM, i, j, k);
				chol.g.pred[e++] = trsm[i];
				if (i != j)
					chol.g.pred[e++] = trsm[j];
			}
	}
	chol.g.pred_ptr[chol.g.n] = e;
	free(last);
	free(trsm);
	if (dag_finish(&chol.g)) {
		fprintf(stderr, "chol: bad graph\n");
		exit(2);
	}
}

static void
chol_make(int n, int b)
{
	chol.n = n;
	chol.b = b;
	chol.nt = n / b;
	chol.a = chol_alloc();
	chol.orig = chol_alloc();
	chol_fill();
	chol_reset();
	chol_make_graph();
}

/* -- the check ------------------------------------------------------------- */

/* y += L' x of one tile */
static void
chol_add_ltx(int i, int j, const double *x, double *y)
{
	const double *l = chol_tile(i, j);
	int b = chol.b, r, c;

	for (c = 0; c < b; c++)
		for (r = i == j ? c : 0; r < b; r++)
			y[j * b + c] += l[(size_t)c * b + r] * x[i * b + r];
}

/* z += L y - A x of one tile and its mirror image; sum += |A| by rows */
static void
chol_add_rest(int i, int j, const double *x, const double *y, double *z,
	      double *sum)
{
	const double *l = chol_tile(i, j), *a = chol_orig(i, j);
	int b = chol.b, r, c, row, col;

	for (c = 0; c < b; c++)
		for (r = i == j ? c : 0; r < b; r++) {
			double v = a[(size_t)c * b + r];

			row = i * b + r;
			col = j * b + c;
			z[row] += l[(size_t)c * b + r] * y[col] - v * x[col];
			sum[row] += fabs(v);
			if (row != col) {
				z[col] -= v * x[row];
				sum[col] += fabs(v);
			}
		}
}

static double
chol_resid(void)
{
	int n = chol.n, i, j;
	double *x = (double *)dag_alloc(4 * n * sizeof *x);
	double *y = x + n, *z = y + n, *sum = z + n, worst = 0, norm = 0;

	for (i = 0; i < n; i++)
		x[i] = (double)(dag_hash(12345 + i) >> 11) * 0x1p-53 - 0.5;
	for (i = 0; i < chol.nt; i++)
		for (j = 0; j <= i; j++)
			chol_add_ltx(i, j, x, y);
	for (i = 0; i < chol.nt; i++)
		for (j = 0; j <= i; j++)
			chol_add_rest(i, j, x, y, z, sum);
	for (i = 0; i < n; i++) {
		if (!(fabs(z[i]) <= worst))	/* NaN, too */
			worst = fabs(z[i]);
		if (sum[i] > norm)
			norm = sum[i];
	}
	free(x);
	return worst / (n * DBL_EPSILON * norm * 0.5);
}

/* -- the program ----------------------------------------------------------- */

typedef struct chol_args {
	int n, tile, threads, reps;
} chol_args;

static int
chol_parse(int argc, char **argv, chol_args *a)
{
	int i;

	for (i = 1; i + 1 < argc; i += 2) {
		if (!strcmp(argv[i], "--n"))
			a->n = atoi(argv[i + 1]);
		else if (!strcmp(argv[i], "--tile"))
			a->tile = atoi(argv[i + 1]);
		else if (!strcmp(argv[i], "--threads"))
			a->threads = atoi(argv[i + 1]);
		else if (!strcmp(argv[i], "--reps"))
			a->reps = atoi(argv[i + 1]);
		else
			break;
	}
	return i < argc || a->n < 1 || a->tile < 1 || a->n % a->tile ||
	       a->reps < 1 || a->reps > BENCH_REPS ? -1 : 0;
}

/* What several runs took; sorted. */
typedef struct chol_times {
	double t[BENCH_REPS], median, foreign, resid;
	int n;
} chol_times;

static chol_times
chol_measure(int reps, void (*run)(const dag *))
{
	chol_times m;
	double t0, busy = 0, cpu = 0, wall = 0, resid;

	memset(&m, 0, sizeof m);
	run(&chol.g);		/* warm-up */
	for (m.n = 0; m.n < reps; m.n++) {
		chol_reset();
		busy -= bench_machine_busy();
		cpu -= bench_cpu();
		t0 = bench_now();
		run(&chol.g);
		m.t[m.n] = bench_now() - t0;
		cpu += bench_cpu();
		busy += bench_machine_busy();
		wall += m.t[m.n];
		resid = chol_resid();
		if (!(resid <= m.resid))
			m.resid = resid;
	}
	m.foreign = bench_foreign(busy, cpu, wall);
	m.median = bench_median(m.t, reps);
	return m;
}

/* Print the line; the exit status. */
static int
chol_print(const char *peer, const char *version, int tile, int threads,
	   double build, const chol_times *m)
{
	double n = chol.n, flops = (n * n * n / 3 + n * n / 2) * 1e-9;
	int is_wrong = chol.info || !(m->resid < 10);

	printf("peer=%s version=%s n=%d tile=%d threads=%d tasks=%u "
	       "build_ms=%.3f gflops=%.1f gflops_min=%.1f gflops_max=%.1f "
	       "resid=%.3g foreign=%.2f check=%s\n",
	       peer, version, chol.n, tile, threads, chol.g.n, build * 1e3,
	       flops / m->median, flops / m->t[m->n - 1], flops / m->t[0],
	       m->resid, m->foreign, is_wrong ? "FAILED" : "ok");
	fflush(stdout);
	return is_wrong ? 4 : 0;
}

static BENCH_UNUSED int
chol_main(int argc, char **argv, const bench_peer *p)
{
	chol_args a = { 2048, 256, 2, 3 };
	double build = -1e-3;
	chol_times m;

	if (chol_parse(argc, argv, &a)) {
		fprintf(stderr, "%s: bad argument\n", argv[0]);
		return 2;
	}
	chol.threads = a.threads;
	openblas_set_num_threads(1);
	chol_make(a.n, a.tile);
	p->open(a.threads);
	if (p->build) {
		build = bench_now();
		p->build(&chol.g);
		build = bench_now() - build;
	}
	m = chol_measure(a.reps, p->run);
	if (p->drop)
		p->drop();
	if (p->close)
		p->close();
	return chol_print(p->name, p->version(), a.tile, a.threads, build, &m);
}

#endif
