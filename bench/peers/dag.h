/*
 * The graphs that all peer programs run (C11, also C++): as two CSR arrays,
 * predecessors and successors. Ids are in topological order.
 *
 * After Task Bench (Slaughter et al., SC20): a grid of `width` columns and
 * `steps` rows, where task (s, i) depends on tasks of row s - 1:
 *
 *	trivial		nothing
 *	no_comm		i
 *	stencil_1d	i - 1, i, i + 1 (clipped at the borders)
 *	fft		i - 2^d, i, i + 2^d; d = (s + D - 1) mod D,
 *			D = ceil(log2 width)
 *	nearest		i - radix / 2 .. i + (radix - 1) / 2 (clipped)
 *	random_nearest	of those, each with probability `fraction`, i always;
 *			the choice repeats with period 3 in s (own hash)
 *	tree		i / 2; row s has min(width, 2^s) columns
 *
 * and of our own, width * steps tasks each:
 *
 *	chain		one line
 *	fan		1 -> N -> 1
 *	bintree		task t depends on (t - 1) / 2
 */
#ifndef PEERS_DAG_H
#define PEERS_DAG_H
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct dag {
	const char *pattern;
	uint32_t n, m;		/* tasks, edges */
	uint32_t width, steps;
	uint32_t *pred_ptr;	/* predecessors of t: pred[pred_ptr[t]] up to */
	uint32_t *pred;		/* pred[pred_ptr[t + 1]], without it */
	uint32_t *succ_ptr;	/* successors likewise */
	uint32_t *succ;
	uint32_t *col;		/* column of t: a hint where to put it */
} dag;

#define DAG_RADIX 5
#define DAG_FRACTION 0.25
#define DAG_PERIOD 3
#define DAG_MOST_PREDS (DAG_RADIX + 3)

static inline void *
dag_alloc(size_t bytes)
{
	void *p = malloc(bytes ? bytes : 1);

	if (!p) {
		fprintf(stderr, "dag: out of memory\n");
		exit(2);
	}
	memset(p, 0, bytes);	/* and touched */
	return p;
}

static inline uint32_t *
dag_alloc_u32(size_t n)
{
	return (uint32_t *)dag_alloc(n * sizeof(uint32_t));
}

/* The last mixing of splitmix64. */
static inline uint64_t
dag_hash(uint64_t x)
{
	x += 0x9E3779B97F4A7C15ull;
	x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9ull;
	x = (x ^ (x >> 27)) * 0x94D049BB133111EBull;
	return x ^ (x >> 31);
}

static inline int
dag_is_chosen(long s, long i, long j)
{
	uint64_t h = dag_hash(((uint64_t)(s % DAG_PERIOD) << 48) ^
			      ((uint64_t)j << 24) ^ (uint64_t)i);

	return i == j || (double)(h >> 11) * 0x1p-53 < DAG_FRACTION;
}

/* Columns of row s - 1 that (s, i) depends on; how many, or -1. */
static inline int
dag_row_deps(const char *p, long W, long s, long i, long *out)
{
	long j, D = 0, d;
	int k = 0;

	if (!strcmp(p, "trivial"))
		return 0;
	if (!strcmp(p, "no_comm")) {
		out[k++] = i;
	} else if (!strcmp(p, "tree")) {
		out[k++] = i / 2;
	} else if (!strcmp(p, "stencil_1d")) {
		for (j = i - 1; j <= i + 1; j++)
			if (j >= 0 && j < W)
				out[k++] = j;
	} else if (!strcmp(p, "fft")) {
		while ((1L << D) < W)
			D++;
		d = D ? 1L << ((s + D - 1) % D) : W;
		if (i - d >= 0)
			out[k++] = i - d;
		out[k++] = i;
		if (i + d < W)
			out[k++] = i + d;
	} else if (!strcmp(p, "nearest") || !strcmp(p, "random_nearest")) {
		for (j = i - DAG_RADIX / 2; j <= i + (DAG_RADIX - 1) / 2; j++)
			if (j >= 0 && j < W &&
			    (p[0] == 'n' || dag_is_chosen(s, i, j)))
				out[k++] = j;
	} else {
		return -1;
	}
	return k;
}

static inline long
dag_row_width(const char *p, long W, long s)
{
	if (!strcmp(p, "tree") && s < 31 && (1L << s) < W)
		return 1L << s;
	return W;
}

/* Given n, col, pred_ptr and pred: m and the successors. */
static inline int
dag_finish(dag *g)
{
	uint32_t t, q, e = g->pred_ptr[g->n];
	uint32_t *fill = dag_alloc_u32(g->n);

	g->m = e;
	g->pred = (uint32_t *)realloc(g->pred, (e ? e : 1) * sizeof *g->pred);
	g->succ_ptr = dag_alloc_u32(g->n + 1);
	g->succ = dag_alloc_u32(e);
	for (q = 0; q < e; q++)
		g->succ_ptr[g->pred[q] + 1]++;
	for (t = 0; t < g->n; t++)
		g->succ_ptr[t + 1] += g->succ_ptr[t];
	for (t = 0; t < g->n; t++)
		for (q = g->pred_ptr[t]; q < g->pred_ptr[t + 1]; q++) {
			uint32_t p = g->pred[q];

			if (p >= t) {
				free(fill);
				return -1;
			}
			g->succ[g->succ_ptr[p] + fill[p]++] = t;
		}
	free(fill);
	return 0;
}

static inline void
dag_room(dag *g, uint32_t n, size_t preds)
{
	g->n = n;
	g->pred_ptr = dag_alloc_u32((size_t)n + 1);
	g->pred = dag_alloc_u32(preds);
	g->col = dag_alloc_u32(n);
}

static inline int
dag_make_rows(dag *g)
{
	uint32_t s, i, w, n = 0, t = 0, e = 0, first = 0, above = 0;
	long deps[DAG_MOST_PREDS];
	int q, k;

	if (dag_row_deps(g->pattern, g->width, 1, 0, deps) < 0)
		return -1;
	for (s = 0; s < g->steps; s++)
		n += (uint32_t)dag_row_width(g->pattern, g->width, s);
	dag_room(g, n, (size_t)n * DAG_MOST_PREDS);
	/* first, above: where the row above begins, and its width */
	for (s = 0; s < g->steps; s++) {
		w = (uint32_t)dag_row_width(g->pattern, g->width, s);
		for (i = 0; i < w; i++, t++) {
			k = s ? dag_row_deps(g->pattern, g->width, s, i, deps)
			      : 0;
			g->pred_ptr[t] = e;
			g->col[t] = i;
			for (q = 0; q < k; q++)
				if (deps[q] < (long)above)
					g->pred[e++] = first +
						       (uint32_t)deps[q];
		}
		first = t - w;
		above = w;
	}
	g->pred_ptr[t] = e;
	return dag_finish(g);
}

/* chain, fan, bintree */
static inline int
dag_make_other(dag *g)
{
	uint32_t t, j, e = 0, n = g->width * g->steps;
	char kind = g->pattern[0];

	dag_room(g, n, 2 * (size_t)n);
	for (t = 0; t < n; t++) {
		g->pred_ptr[t] = e;
		g->col[t] = kind == 'c' ? 0 : t % g->width;
		if (t == 0)
			continue;
		if (kind == 'c')
			g->pred[e++] = t - 1;
		else if (kind == 'b')
			g->pred[e++] = (t - 1) / 2;
		else if (t < n - 1)
			g->pred[e++] = 0;
		else
			for (j = 1; j < n - 1; j++)
				g->pred[e++] = j;
	}
	g->pred_ptr[n] = e;
	return dag_finish(g);
}

static inline int
dag_make(dag *g, const char *pattern, uint32_t width, uint32_t steps)
{
	memset(g, 0, sizeof *g);
	g->pattern = pattern;
	g->width = width;
	g->steps = steps;
	if (!strcmp(pattern, "chain") || !strcmp(pattern, "fan") ||
	    !strcmp(pattern, "bintree"))
		return dag_make_other(g);
	return dag_make_rows(g);
}

static inline void
dag_free(dag *g)
{
	free(g->pred_ptr);
	free(g->pred);
	free(g->succ_ptr);
	free(g->succ);
	free(g->col);
	memset(g, 0, sizeof *g);
}

#endif
