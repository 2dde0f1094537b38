/* A graph that is being derived: what derive.c and derive_control.c share. */
#ifndef WEIR_GRAPH_DERIVE_H
#define WEIR_GRAPH_DERIVE_H

#include "graph/control_node.h"
#include "graph/pattern.h"

struct weir__deriving {
	const struct weir__pattern *pattern;
	const weir_graph *from;
	weir_graph *graph;
	const struct weir__graph_inputs *inputs;
	int64_t point[WEIR__FORMULA_DIMENSIONS];	/* from the base */
	size_t next;			/* of pattern->varying */
	size_t next_body;		/* of pattern->bodies */
};

/* The graph at a point, closed; or the reason alone. */
weir_status
weir__derive_graph(const struct weir__pattern *pattern, const int64_t *point,
		   const struct weir__graph_inputs *inputs,
		   weir_graph **graph);

/* Set what varies of a node's attributes, or its control: a copy. */
weir_status
weir__derive_attrs(struct weir__deriving *deriving, uint32_t number,
		   void *attrs);

/* The value with this number, contiguous and of its own. */
weir_status
weir__derive_value(struct weir__deriving *deriving, uint32_t number,
		   const weir_spec *spec, struct weir__gvalue **value);

/* A node that has no control yet gets what follows from another one, and its
 * results. */
weir_status
weir__derive_control(struct weir__deriving *deriving, uint32_t number,
		     struct weir__node *node,
		     const struct weir__control *from);

#endif
