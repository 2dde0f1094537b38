/*
 * The harness that every peer program includes once (C11, also C++).
 *
 * A peer fills in a bench_peer and calls bench_main(); its tasks call
 * bench_task(id). So every program has the same command line and prints the
 * same line for each number of iterations:
 *
 *	prog --pattern P --width W --steps S --threads T --iters K[,K...]
 *	     [--reps N] [--min-ms N] [--builds N] [--idle]
 *
 * (at least N reps and at least that many ms of them, 200 reps at most)
 *
 *	peer= version= pattern= width= tasks= edges= threads= iters=
 *	build_ns=	median of the builds after the first, ns a task; "-":
 *			the peer has no build
 *	build1_ns=	the first build, cold
 *	run_ns= run_ns_min= run_ns_max=		wall ns a task over the reps
 *	cpu_ns=		CPU ns a task of all threads, mean; a few are the
 *			harness's checks
 *	share=		of the tasks, what the busiest thread ran
 *	bytes=		resident growth a task: the graph, or (no build) the
 *			peak of the first run
 *	bytes_run=	peak of resident growth a task, build and first run
 *	idle1_ms= idle2_ms=	CPU ms burnt in the 1st and 2nd second after
 *				a run
 *	foreign=	of the machine, what other processes used meanwhile
 *	check=ok	order and exactly-once in the runs after a build;
 *			count, hash of ids and sum of kernels after every run
 */
#ifndef PEERS_BENCH_H
#define PEERS_BENCH_H
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <malloc.h>
#include <math.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>
#include "dag.h"

typedef struct bench_peer {
	const char *name;
	const char *(*version)(void);
	void (*open)(int threads);	/* start the runtime */
	void (*build)(const dag *g);	/* record a graph to run again and
					   again; NULL: no such thing */
	void (*run)(const dag *g);	/* every task once, and wait */
	void (*drop)(void);		/* free the graph; NULL if build is */
	void (*close)(void);		/* stop the runtime */
	/* Tasks will take about that many ns: build the graph again if that
	 * makes a difference. Not timed. NULL: it makes none. */
	void (*expect)(const dag *g, double ns);
} bench_peer;

typedef struct bench_slot {	/* per thread, own pair of cache lines */
	uint64_t count, hash;
	double acc;
	char pad[128 - 24];
} bench_slot;

#define BENCH_SLOTS 256
#define BENCH_REPS 200
#define BENCH_BUILDS 64
#define BENCH_COLD __attribute__((noinline, cold, unused))
#define BENCH_UNUSED __attribute__((unused))

static bench_slot bench_slots[BENCH_SLOTS] __attribute__((aligned(128)));
static uint32_t bench_nslots;
static __thread bench_slot *bench_my;
static struct {
	uint64_t iters;
	uint32_t check, epoch;
	const dag *g;
	uint32_t *stamp;
	uint32_t bad;
	double share;
} bench_g __attribute__((aligned(128)));

/* -- tasks ----------------------------------------------------------------- */

static BENCH_COLD bench_slot *
bench_slot_new(void)
{
	uint32_t i = __atomic_fetch_add(&bench_nslots, 1, __ATOMIC_RELAXED);

	if (i >= BENCH_SLOTS) {
		fprintf(stderr, "bench: too many threads\n");
		_exit(3);
	}
	return bench_my = &bench_slots[i];
}

/* The kernel: a chain of k dependent fused multiply-adds. */
static double __attribute__((noinline, unused))
bench_kernel(uint64_t k)
{
	double x = 1.0, a = 0.999999, b = 1e-6;

	__asm__ volatile("" : "+x"(x), "+x"(a), "+x"(b));
	for (; k; k--)
		x = __builtin_fma(x, a, b);
	__asm__ volatile("" : "+x"(x));
	return x;
}

static BENCH_COLD void
bench_check_task(uint32_t t)
{
	const dag *g = bench_g.g;
	uint32_t q, e = bench_g.epoch;

	for (q = g->pred_ptr[t]; q < g->pred_ptr[t + 1]; q++)
		if (__atomic_load_n(&bench_g.stamp[g->pred[q]],
				    __ATOMIC_RELAXED) != e)
			__atomic_fetch_add(&bench_g.bad, 1, __ATOMIC_RELAXED);
	if (__atomic_exchange_n(&bench_g.stamp[t], e, __ATOMIC_RELAXED) == e)
		__atomic_fetch_add(&bench_g.bad, 1, __ATOMIC_RELAXED);
}

static inline uint64_t
bench_mix(uint64_t t)
{
	t = (t + 1) * 0x9E3779B97F4A7C15ull;
	return t ^ (t >> 29);
}

/* The task body: what every peer runs for task t. */
static inline void
bench_task(uint32_t t)
{
	bench_slot *s = bench_my;

	if (__builtin_expect(!s, 0))
		s = bench_slot_new();
	s->count++;
	s->hash += bench_mix(t);
	if (bench_g.iters)
		s->acc += bench_kernel(bench_g.iters);
	if (__builtin_expect(bench_g.check, 0))
		bench_check_task(t);
}

/* -- measuring ------------------------------------------------------------- */

static inline double
bench_seconds(clockid_t clock)
{
	struct timespec ts;

	clock_gettime(clock, &ts);
	return ts.tv_sec + ts.tv_nsec * 1e-9;
}

static inline double
bench_now(void)
{
	return bench_seconds(CLOCK_MONOTONIC);
}

static inline double
bench_cpu(void)
{
	return bench_seconds(CLOCK_PROCESS_CPUTIME_ID);
}

/* CPU seconds that the whole machine has been busy. */
static BENCH_COLD double
bench_machine_busy(void)
{
	unsigned long long u, ni, sy, id, io, irq, sirq, st = 0;
	FILE *f = fopen("/proc/stat", "r");
	double r = -1;

	if (!f)
		return r;
	if (fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu", &u, &ni,
		   &sy, &id, &io, &irq, &sirq, &st) >= 7)
		r = (double)(u + ni + sy + irq + sirq + st) /
		    sysconf(_SC_CLK_TCK);
	fclose(f);
	return r;
}

static BENCH_COLD long
bench_status_kb(const char *key)
{
	FILE *f = fopen("/proc/self/status", "r");
	size_t n = strlen(key);
	char line[256];
	long v = 0;

	if (!f)
		return 0;
	while (fgets(line, sizeof line, f))
		if (!strncmp(line, key, n)) {
			v = atol(line + n);
			break;
		}
	fclose(f);
	return v;
}

static BENCH_COLD void
bench_reset_peak(void)
{
	FILE *f = fopen("/proc/self/clear_refs", "w");

	if (f) {
		fputs("5", f);
		fclose(f);
	}
}

static int
bench_cmp(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;

	return (x > y) - (x < y);
}

/* Sorts them, too. */
static double
bench_median(double *v, int n)
{
	qsort(v, n, sizeof *v, bench_cmp);
	return n & 1 ? v[n / 2] : 0.5 * (v[n / 2 - 1] + v[n / 2]);
}

/* What other processes have used of the machine. */
static BENCH_COLD double
bench_foreign(double busy, double cpu, double wall)
{
	double f = (busy - cpu) / (wall * sysconf(_SC_NPROCESSORS_ONLN));

	return f > 0 ? f : 0;
}

/* One run, verified; wall seconds. */
static double
bench_run(const bench_peer *p, const dag *g, uint64_t iters, int check)
{
	double t0, t1, acc = 0, want;
	uint64_t count = 0, hash = 0, ref = 0, most = 0;
	uint32_t i, bad = 0;

	bench_g.g = g;
	bench_g.iters = iters;
	bench_g.check = check;
	bench_g.epoch++;
	bench_g.bad = 0;
	for (i = 0; i < BENCH_SLOTS; i++) {
		bench_slots[i].count = bench_slots[i].hash = 0;
		bench_slots[i].acc = 0;
	}
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	t0 = bench_now();
	p->run(g);
	t1 = bench_now();
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	for (i = 0; i < BENCH_SLOTS; i++) {
		count += bench_slots[i].count;
		hash += bench_slots[i].hash;
		acc += bench_slots[i].acc;
		if (bench_slots[i].count > most)
			most = bench_slots[i].count;
	}
	bench_g.share = (double)most / g->n;
	for (i = 0; i < g->n; i++)
		ref += bench_mix(i);
	want = iters ? bench_kernel(iters) * g->n : 0;
	if (check)
		for (i = 0; i < g->n; i++)
			bad += bench_g.stamp[i] != bench_g.epoch;
	if (count != g->n || hash != ref || bad || bench_g.bad ||
	    fabs(acc - want) > 1e-9 * (1 + fabs(want))) {
		printf("peer=%s pattern=%s tasks=%u iters=%llu check=FAILED "
		       "count=%llu hash=%d order=%u missed=%u acc=%g want=%g\n",
		       p->name, g->pattern, g->n, (unsigned long long)iters,
		       (unsigned long long)count, hash == ref, bench_g.bad, bad,
		       acc, want);
		fflush(stdout);
		_exit(4);
	}
	return t1 - t0;
}

/* Tell the peer what a task takes. */
static BENCH_COLD void
bench_tell(const bench_peer *p, const dag *g, uint64_t iters)
{
	double best = 1, t0, t;
	int i;

	if (!p->expect || !iters)
		return;
	for (i = 0; i < 5; i++) {
		t0 = bench_now();
		bench_kernel(iters < 4096 ? 4096 : iters);
		t = bench_now() - t0;
		if (t < best)
			best = t;
	}
	p->expect(g, best * 1e9 * iters / (iters < 4096 ? 4096 : iters));
	bench_run(p, g, 0, 1);
}

/* -- the program ----------------------------------------------------------- */

typedef struct bench_args {
	const char *pattern, *iters;
	int width, steps, threads, reps, builds, min_ms, idle;
} bench_args;

typedef struct bench_built {	/* in text, for "-" */
	char warm[32], cold[32];	/* ns a task */
	long graph, peak;		/* kB */
} bench_built;

static BENCH_COLD int
bench_parse(int argc, char **argv, bench_args *a)
{
	const struct {
		const char *name;
		int *value;
	} numbers[] = {
		{ "--width", &a->width },     { "--steps", &a->steps },
		{ "--threads", &a->threads }, { "--reps", &a->reps },
		{ "--min-ms", &a->min_ms },   { "--builds", &a->builds },
	};
	size_t k;
	int i;

	for (i = 1; i < argc; i++) {
		if (!strcmp(argv[i], "--idle")) {
			a->idle = 1;
			continue;
		}
		if (i + 1 >= argc)
			return -1;
		if (!strcmp(argv[i], "--pattern")) {
			a->pattern = argv[++i];
			continue;
		}
		if (!strcmp(argv[i], "--iters")) {
			a->iters = argv[++i];
			continue;
		}
		for (k = 0; k < sizeof numbers / sizeof *numbers; k++)
			if (!strcmp(argv[i], numbers[k].name))
				break;
		if (k == sizeof numbers / sizeof *numbers)
			return -1;
		*numbers[k].value = atoi(argv[++i]);
	}
	return a->width < 1 || a->steps < 1 || a->reps < 1 ||
	       a->reps > BENCH_REPS || a->builds < 1 ||
	       a->builds > BENCH_BUILDS ? -1 : 0;
}

/* Build it, several times, with a checking run after the first and last. */
static BENCH_COLD bench_built
bench_build(const bench_peer *p, const dag *g, int builds)
{
	bench_built built = { "-", "-", 0, 0 };
	double t[BENCH_BUILDS], t0, first = 0, median;
	long before;
	int b;

	malloc_trim(0);
	bench_reset_peak();
	before = bench_status_kb("VmRSS:");
	if (p->build) {
		t0 = bench_now();
		p->build(g);
		first = bench_now() - t0;
	}
	built.graph = bench_status_kb("VmRSS:") - before;
	bench_run(p, g, 0, 1);
	built.peak = bench_status_kb("VmHWM:") - before;
	if (!p->build) {
		built.graph = built.peak;
		return built;
	}
	for (b = 1; b < builds; b++) {
		p->drop();
		t0 = bench_now();
		p->build(g);
		t[b - 1] = bench_now() - t0;
	}
	median = builds > 1 ? bench_median(t, builds - 1) : first;
	if (builds > 1)
		bench_run(p, g, 0, 1);
	snprintf(built.warm, sizeof built.warm, "%.1f", median * 1e9 / g->n);
	snprintf(built.cold, sizeof built.cold, "%.1f", first * 1e9 / g->n);
	return built;
}

static BENCH_COLD void
bench_measure(const bench_peer *p, const dag *g, const bench_args *a,
	      const bench_built *built, uint64_t k)
{
	double t[BENCH_REPS], share[BENCH_REPS], f = 1e9 / g->n, median;
	double busy, cpu, wall, idle[2] = { -1e-3, -1e-3 };
	int n, i;

	bench_tell(p, g, k);
	busy = bench_machine_busy();
	cpu = bench_cpu();
	wall = bench_now();
	for (n = 0; n < BENCH_REPS &&
		    (n < a->reps || (bench_now() - wall) * 1e3 < a->min_ms);
	     n++) {
		t[n] = bench_run(p, g, k, 0);
		share[n] = bench_g.share;
	}
	cpu = bench_cpu() - cpu;
	busy = bench_machine_busy() - busy;
	wall = bench_now() - wall;
	for (i = 0; i < 2 && a->idle; i++) {
		idle[i] = bench_cpu();
		sleep(1);
		idle[i] = bench_cpu() - idle[i];
	}
	median = bench_median(t, n);
	printf("peer=%s version=%s pattern=%s width=%d tasks=%u edges=%u "
	       "threads=%d iters=%llu build_ns=%s build1_ns=%s run_ns=%.1f "
	       "run_ns_min=%.1f run_ns_max=%.1f cpu_ns=%.1f share=%.2f "
	       "bytes=%.0f bytes_run=%.0f idle1_ms=%.1f idle2_ms=%.1f "
	       "foreign=%.2f check=ok\n",
	       p->name, p->version(), a->pattern, a->width, g->n, g->m,
	       a->threads, (unsigned long long)k, built->warm, built->cold,
	       median * f, t[0] * f, t[n - 1] * f, cpu / n * f,
	       bench_median(share, n), built->graph * 1024.0 / g->n,
	       built->peak * 1024.0 / g->n, idle[0] * 1e3, idle[1] * 1e3,
	       bench_foreign(busy, cpu, wall));
	fflush(stdout);
}

static BENCH_UNUSED int
bench_main(int argc, char **argv, const bench_peer *p)
{
	bench_args a = { "stencil_1d", "0", 64, 1000, 2, 3, 3, 0, 0 };
	bench_built built;
	dag g, small;
	const char *s;
	char *end;

	if (bench_parse(argc, argv, &a)) {
		fprintf(stderr, "%s: bad argument\n", argv[0]);
		return 2;
	}
	if (dag_make(&g, a.pattern, a.width, a.steps) ||
	    dag_make(&small, "stencil_1d", 8, 64)) {
		fprintf(stderr, "unknown pattern %s\n", a.pattern);
		return 2;
	}
	bench_g.stamp = (uint32_t *)dag_alloc(
		(g.n > small.n ? g.n : small.n) * sizeof(uint32_t));

	p->open(a.threads);
	if (p->build)
		p->build(&small);	/* wakes threads, stacks, pools */
	bench_run(p, &small, 0, 1);
	if (p->drop)
		p->drop();
	built = bench_build(p, &g, a.builds);
	for (s = a.iters; *s; s = *end == ',' ? end + 1 : end) {
		uint64_t k = strtoull(s, &end, 10);

		if (end == s)
			break;
		bench_measure(p, &g, &a, &built, k);
	}
	if (p->drop)
		p->drop();
	if (p->close)
		p->close();
	free(bench_g.stamp);
	dag_free(&g);
	dag_free(&small);
	return 0;
}

#endif
