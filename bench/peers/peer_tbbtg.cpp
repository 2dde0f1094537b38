/* oneTBB task_group with hand-made atomic counters over the CSR arrays.
 * Default: every ready successor is spawned (tbb-tg).
 * -DKEEP_ONE: the first one runs inline (tbb-tg1), as is usual by hand. */
#include "bench.h"
#include <atomic>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/task_group.h>
#include <oneapi/tbb/version.h>
#ifdef KEEP_ONE
#define NAME "tbb-tg1"
#else
#define NAME "tbb-tg"
#endif

static oneapi::tbb::global_control *ctl;
static oneapi::tbb::task_arena *arena;
static oneapi::tbb::task_group *tg;
static std::atomic<int32_t> *cnt;
static const dag *gg;

static const char *
version(void)
{
	return TBB_VERSION_STRING;
}

static void
p_open(int threads)
{
	ctl = new oneapi::tbb::global_control(
		oneapi::tbb::global_control::max_allowed_parallelism, threads);
	arena = new oneapi::tbb::task_arena(threads);
}

static void
exec(uint32_t t)
{
	for (;;) {
		uint32_t next = UINT32_MAX;

		bench_task(t);
		for (uint32_t q = gg->succ_ptr[t]; q < gg->succ_ptr[t + 1];
		     q++) {
			uint32_t s = gg->succ[q];

			if (cnt[s].fetch_sub(1, std::memory_order_acq_rel) != 1)
				continue;
#ifdef KEEP_ONE
			if (next == UINT32_MAX) {
				next = s;
				continue;
			}
#endif
			tg->run([s] { exec(s); });
		}
		if (next == UINT32_MAX)
			return;
		t = next;
	}
}

static void
p_build(const dag *g)
{
	cnt = new std::atomic<int32_t>[g->n];
}

static void
p_run(const dag *g)
{
	gg = g;
	arena->execute([=] {
		oneapi::tbb::task_group group;

		tg = &group;
		for (uint32_t t = 0; t < g->n; t++)
			cnt[t].store(
				(int32_t)(g->pred_ptr[t + 1] - g->pred_ptr[t]),
				std::memory_order_relaxed);
		for (uint32_t t = 0; t < g->n; t++)
			if (g->pred_ptr[t] == g->pred_ptr[t + 1])
				group.run([t] { exec(t); });
		group.wait();
	});
}

static void
p_drop(void)
{
	delete[] cnt;
}

static void
p_close(void)
{
	delete arena;
	delete ctl;
}

static const bench_peer peer = {
	.name = NAME,
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
