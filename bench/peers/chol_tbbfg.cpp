/* Tiled Cholesky as a static oneTBB flow graph over the shared CSR arrays. */
#include "chol.h"
#include <deque>
#include <oneapi/tbb/flow_graph.h>
#include <oneapi/tbb/global_control.h>
#include <oneapi/tbb/task_arena.h>
#include <oneapi/tbb/version.h>

namespace fl = oneapi::tbb::flow;
typedef fl::continue_node<fl::continue_msg> node;
static oneapi::tbb::global_control *ctl;
static oneapi::tbb::task_arena *arena;
static fl::graph *fg;
static std::deque<node> *nodes;

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
p_build(const dag *g)
{
	arena->execute([=] {
		fg = new fl::graph;
		nodes = new std::deque<node>;
		for (uint32_t t = 0; t < g->n; t++) {
			nodes->emplace_back(*fg, [t](const fl::continue_msg &) {
				chol_exec(t);
			});
			for (uint32_t q = g->pred_ptr[t];
			     q < g->pred_ptr[t + 1]; q++)
				fl::make_edge((*nodes)[g->pred[q]],
					      (*nodes)[t]);
		}
	});
}

static void
p_run(const dag *g)
{
	arena->execute([=] {
		for (uint32_t t = 0; t < g->n; t++)
			if (g->pred_ptr[t] == g->pred_ptr[t + 1])
				(*nodes)[t].try_put(fl::continue_msg());
		fg->wait_for_all();
	});
}

static void
p_drop(void)
{
	arena->execute([] {
		delete nodes;
		delete fg;
	});
}

static void
p_close(void)
{
	delete arena;
	delete ctl;
}

static const bench_peer peer = {
	.name = "tbb-fg",
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
	return chol_main(argc, argv, &peer);
}
