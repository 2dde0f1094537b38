/* Random graphs to schedule. */
#ifndef UNIT_PLAN_RANDOM_DAG_H
#define UNIT_PLAN_RANDOM_DAG_H

#include <criterion/criterion.h>
#include <stdlib.h>

#include "plan/schedule.h"

enum { ITEMS = 2000, PREDS_MAX = 4 };

struct graph {
	uint32_t first_pred[ITEMS + 1], preds[ITEMS * PREDS_MAX];
	float cost[ITEMS], edge_cost[ITEMS * PREDS_MAX];
	int priority[ITEMS];
	struct weir__dag dag;
};

static inline uint32_t
draw(uint64_t *state, uint32_t below)
{
	*state = *state * 6364136223846793005u + 1442695040888963407u;
	return (uint32_t)(*state >> 33) % below;
}

/* Each item has some predecessors among the `reach` items before it. */
static inline struct graph *
random_graph(uint64_t seed, uint32_t n, uint32_t reach, bool has_costs)
{
	struct graph *g = calloc(1, sizeof *g);
	uint32_t i, k, m = 0;

	cr_assert(g);
	for (i = 0; i < n; i++) {
		uint32_t preds = i ? draw(&seed, PREDS_MAX + 1) : 0;

		g->first_pred[i] = m;
		for (k = 0; k < preds; k++) {
			uint32_t back = 1 + draw(&seed, i < reach ? i : reach);
			uint32_t q;

			for (q = g->first_pred[i]; q < m; q++)
				if (g->preds[q] == i - back)
					break;
			if (q == m)
				g->preds[m++] = i - back;
		}
		g->cost[i] = (float)(1 + draw(&seed, 1000));
	}
	g->first_pred[n] = m;
	g->dag = (struct weir__dag){ .n = n, .first_pred = g->first_pred,
				     .preds = g->preds,
				     .cost = has_costs ? g->cost : NULL };
	return g;
}

/* The same with priorities. */
static inline struct graph *
with_priorities(struct graph *g, uint64_t seed)
{
	uint32_t i;

	for (i = 0; i < g->dag.n; i++)
		g->priority[i] = (int)draw(&seed, 5) - 2;
	g->dag.priority = g->priority;
	return g;
}

/* The same with edges that cost less than `below`, or are not told. */
static inline struct graph *
random_graph_with_edges(uint64_t seed, uint32_t n, uint32_t below)
{
	struct graph *g = random_graph(seed, n, 64, true);
	uint32_t q;

	for (q = 0; q < g->first_pred[n]; q++)
		g->edge_cost[q] = (float)draw(&seed, below + 1) - 1;
	g->dag.edge_cost = g->edge_cost;
	return g;
}

#endif
