/* Reference, not a library: the least a replayed DAG needs. CSR successors,
 * one atomic counter per task, a work-stealing deque per thread (Chase and Lev;
 * memory orders after Le et al., PPoPP 2013), first ready successor run inline.
 * Threads spin inside a run and sleep on a futex between runs. */
#include "bench.h"
#include <linux/futex.h>
#include <pthread.h>
#include <sys/syscall.h>

typedef struct {
	int64_t top;
	char p0[120];
	int64_t bottom;
	char p1[120];
	uint32_t *buf;
	char p2[120];
} deque;

static int nthr;
static deque *dq;
static pthread_t *thr;
static int32_t *cnt, *cnt0; /* live and initial in-degrees */
static uint32_t *roots, nroots, *rowp, *adj, ntask;
static uint32_t epoch __attribute__((aligned(128)));
static uint32_t stop, running;
static uint32_t done __attribute__((aligned(128)));

static const char *
version(void)
{
	return "1";
}

static void
push(deque *d, uint32_t t)
{
	int64_t b = __atomic_load_n(&d->bottom, __ATOMIC_RELAXED);

	__atomic_store_n(&d->buf[b], t, __ATOMIC_RELAXED);
	__atomic_store_n(&d->bottom, b + 1, __ATOMIC_RELEASE);
}

static int
pop(deque *d, uint32_t *t)
{
	int64_t b = __atomic_load_n(&d->bottom, __ATOMIC_RELAXED) - 1, top;
	int ok = 1;

	if (__atomic_load_n(&d->top, __ATOMIC_RELAXED) > b)
		return 0;
	__atomic_store_n(&d->bottom, b, __ATOMIC_SEQ_CST);
	top = __atomic_load_n(&d->top, __ATOMIC_SEQ_CST);
	if (top > b) {
		__atomic_store_n(&d->bottom, b + 1, __ATOMIC_RELAXED);
		return 0;
	}
	*t = __atomic_load_n(&d->buf[b], __ATOMIC_RELAXED);
	if (top == b) {
		ok = __atomic_compare_exchange_n(&d->top, &top, top + 1, 0,
						 __ATOMIC_SEQ_CST,
						 __ATOMIC_RELAXED);
		__atomic_store_n(&d->bottom, b + 1, __ATOMIC_RELAXED);
	}
	return ok;
}

static int
steal(deque *d, uint32_t *t)
{
	int64_t top = __atomic_load_n(&d->top, __ATOMIC_ACQUIRE), b;

	if (top >= __atomic_load_n(&d->bottom, __ATOMIC_RELAXED))
		return 0;
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	b = __atomic_load_n(&d->bottom, __ATOMIC_ACQUIRE);
	if (top >= b)
		return 0;
	*t = __atomic_load_n(&d->buf[top], __ATOMIC_RELAXED);
	return __atomic_compare_exchange_n(&d->top, &top, top + 1, 0,
					   __ATOMIC_SEQ_CST, __ATOMIC_RELAXED);
}

static void
work(int me)
{
	deque *d = &dq[me];
	uint32_t t, mine = 0;

	for (;;) {
		int got = pop(d, &t);

		if (!got) {
			if (mine) {
				__atomic_fetch_add(&done, mine,
						   __ATOMIC_RELEASE);
				mine = 0;
			}
			if (__atomic_load_n(&done, __ATOMIC_ACQUIRE) == ntask)
				return;
			for (int i = 1; i < nthr && !got; i++)
				got = steal(&dq[(me + i) % nthr], &t);
			if (!got) {
				__builtin_ia32_pause();
				continue;
			}
		}
		for (;;) {
			uint32_t next = UINT32_MAX, q, e;

			bench_task(t);
			mine++;
			for (q = rowp[t], e = rowp[t + 1]; q < e; q++) {
				uint32_t s = adj[q];

				if (cnt0[s] == 1 ||
				    __atomic_sub_fetch(&cnt[s], 1,
						       __ATOMIC_ACQ_REL) == 0) {
					if (next == UINT32_MAX)
						next = s;
					else
						push(d, s);
				}
			}
			if (next == UINT32_MAX)
				break;
			t = next;
		}
	}
}

static void *
worker(void *arg)
{
	uint32_t seen = 0;

	for (;;) {
		while (__atomic_load_n(&epoch, __ATOMIC_ACQUIRE) == seen)
			syscall(SYS_futex, &epoch, FUTEX_WAIT_PRIVATE, seen,
				NULL, NULL, 0);
		seen = __atomic_load_n(&epoch, __ATOMIC_ACQUIRE);
		if (stop)
			return NULL;
		work((int)(intptr_t)arg);
		__atomic_fetch_sub(&running, 1, __ATOMIC_RELEASE);
	}
}

static void
p_open(int threads)
{
	nthr = threads;
	dq = (deque *)aligned_alloc(128, sizeof(deque) * nthr);
	memset(dq, 0, sizeof(deque) * nthr);
	thr = (pthread_t *)malloc(sizeof *thr * nthr);
	for (int i = 1; i < nthr; i++)
		pthread_create(&thr[i], NULL, worker, (void *)(intptr_t)i);
}

static void
p_build(const dag *g)
{
	ntask = g->n;
	cnt = (int32_t *)malloc(4 * (size_t)ntask);
	cnt0 = (int32_t *)malloc(4 * (size_t)ntask);
	roots = (uint32_t *)malloc(4 * (size_t)ntask);
	rowp = (uint32_t *)malloc(4 * ((size_t)ntask + 1));
	adj = (uint32_t *)malloc(4 * ((size_t)g->m + 1));
	nroots = 0;
	for (uint32_t t = 0; t < ntask; t++) {
		cnt0[t] = (int32_t)(g->pred_ptr[t + 1] - g->pred_ptr[t]);
		if (!cnt0[t])
			roots[nroots++] = t;
	}
	memcpy(rowp, g->succ_ptr, 4 * ((size_t)ntask + 1));
	memcpy(adj, g->succ, 4 * (size_t)g->m);
	for (int i = 0; i < nthr; i++)
		dq[i].buf = (uint32_t *)malloc(4 * ((size_t)ntask + 1));
}

static void
p_run(const dag *g)
{
	(void)g;
	memcpy(cnt, cnt0, 4 * (size_t)ntask);
	for (int i = 0; i < nthr; i++)
		dq[i].top = dq[i].bottom = 0;
	for (uint32_t r = 0; r < nroots; r++)
		push(&dq[r * (uint64_t)nthr / nroots], roots[r]);
	done = 0;
	running = (uint32_t)nthr - 1;
	__atomic_fetch_add(&epoch, 1, __ATOMIC_SEQ_CST);
	if (nthr > 1)
		syscall(SYS_futex, &epoch, FUTEX_WAKE_PRIVATE, nthr, NULL, NULL,
			0);
	work(0);
	while (__atomic_load_n(&running, __ATOMIC_ACQUIRE))
		__builtin_ia32_pause();
}

static void
p_drop(void)
{
	free(cnt);
	free(cnt0);
	free(roots);
	free(rowp);
	free(adj);
	for (int i = 0; i < nthr; i++)
		free(dq[i].buf);
}

static void
p_close(void)
{
	stop = 1;
	__atomic_fetch_add(&epoch, 1, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, &epoch, FUTEX_WAKE_PRIVATE, nthr, NULL, NULL, 0);
	for (int i = 1; i < nthr; i++)
		pthread_join(thr[i], NULL);
}

static const bench_peer peer = {
	.name = "ref-csr",
	.version = version,
	.open = p_open,
	.build = p_build,
	.run = p_run,
	.drop = p_drop,
	.close = p_close,
};

int
main(int argc, char **argv)
{
	return bench_main(argc, argv, &peer);
}
