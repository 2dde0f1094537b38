/*
 * Graphs of one program at several extents of its named dimensions: what they
 * have in common, how their attributes follow from the extents, and the graph
 * at others.
 *
 * In: closed graphs that scope/ has checked. Out: graphs as they would be
 * recorded, as far as attributes go: shapes, and what is a view of what, are
 * inferred anew. Bodies are graphs with patterns of their own.
 *
 * Threads: any number, once made.
 */
#ifndef WEIR_GRAPH_PATTERN_H
#define WEIR_GRAPH_PATTERN_H

#include "graph/formula.h"
#include "graph/graph.h"

struct weir__extents {
	size_t n;
	int64_t of[WEIR__FORMULA_DIMENSIONS];
};

/* What the inputs of a graph are. */
struct weir__graph_inputs {
	const weir_spec *specs;
	int64_t (*strides)[WEIR_RANK_MAX];
	const char *const *names;	/* each may be NULL; NULL: as they were
					   named before */
};

/* A number in an attribute that depends on the extents. */
struct weir__varying {
	uint32_t node;
	const weir_attr *attr;		/* of the op, or a control's */
	int entry;			/* of a list */
	enum weir__varying_as {
		WEIR__AS_WHOLE,		/* it is the integer */
		WEIR__AS_INVERSE,	/* 1 over it */
		WEIR__AS_INVERSE_F32	/* rounded to f32 */
	} as;
	int64_t coefficients[WEIR__FORMULA_POINTS];
};

struct weir__pattern {
	struct weir__heap *heap;
	weir_graph *graph;		/* at the base; a reference */
	struct weir__extents base;
	struct weir__simplex simplex;
	struct weir__varying *varying;	/* by node */
	size_t n, room;
	struct weir__pattern **bodies;	/* by node, and number */
	size_t n_bodies, bodies_room;
};

/*
 * From recordings at base + each point of the simplex.
 *
 * @return WEIR_OK, WEIR_ENOMEM, WEIR_EUNREPEATABLE with what does not follow
 *         from the extents
 */
weir_status
weir__pattern_new(weir_graph *const *graphs,
		  const struct weir__simplex *simplex,
		  const struct weir__extents *base,
		  struct weir__pattern **pattern);

/* NULL is fine. */
void
weir__pattern_free(struct weir__pattern *pattern);

/*
 * The graph at these extents, closed. Where it would not have the same calls,
 * and where one of them would fail, the reason alone.
 *
 * Cost: O(values + nodes), those of bodies included.
 */
weir_status
weir__pattern_derive(const struct weir__pattern *pattern,
		     const struct weir__extents *extents,
		     const struct weir__graph_inputs *inputs,
		     weir_graph **graph);

/* -- alike.c -------------------------------------------------------------- */

/* The first difference between two graphs, in words, but for attributes,
 * shapes and strides; and, if exactly, in these, too. WEIR_EUNREPEATABLE. */
weir_status
weir__graph_alike(const weir_graph *a, const weir_graph *b, bool exactly);

/* "op 7 `constant`, called at model.c:5" */
void
weir__node_say(const struct weir__node *node, struct weir__text *text);

#endif
