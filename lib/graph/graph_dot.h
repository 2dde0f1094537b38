/*
 * Pictures in DOT, of graphs, of what passes have left of them, and of plans:
 * boxes are calls, ellipses what no call makes, edges values. A call that has
 * bodies is in a frame with these, each in a frame of its own, with what its
 * inputs are fed and what becomes of its outputs.
 */
#ifndef WEIR_GRAPH_GRAPH_DOT_H
#define WEIR_GRAPH_GRAPH_DOT_H

#include "graph/control_node.h"

/* One of the graphs in a picture: that which is drawn, or a body. */
struct weir__drawn {
	struct weir__text *text;
	uint32_t *graphs;		/* bodies in the picture so far */
	uint32_t number;		/* of the body; 0: it is none */
	const struct weir__control *control;	/* whose body it is; or NULL */
	uint32_t body;
};

/* Draws a body into its frame. */
typedef void (*weir__draw_body_fn)(const struct weir__drawn *d,
				   const void *arg, uint32_t body);

/* All of a picture: draw_all() is handed the arg. */
void
weir__dot_draw(const weir_graph *graph,
	       void (*draw_all)(const struct weir__drawn *d, const void *arg),
	       const void *arg, struct weir__text *text);

/* The box nNUMBER of a call, and its bodies. */
void
weir__dot_call(const struct weir__drawn *d, const struct weir__node *node,
	       uint32_t number, weir__draw_body_fn draw, const void *arg);

/* The ellipse vVALUE of what no call makes. */
void
weir__dot_source(const struct weir__drawn *d, const weir_graph *graph,
		 uint32_t value);

/* What input i of the body in the picture is fed, below its name; nothing
 * where it is no body. */
void
weir__dot_fed(const struct weir__drawn *d, uint32_t input);

/* A value: from KINDFROM to the box nTO. */
void
weir__dot_edge(const struct weir__drawn *d, const char *kind, uint32_t from,
	       uint32_t to, const weir_spec *spec);

/* The same to output i of the body, an ellipse that says what it becomes. */
void
weir__dot_output(const struct weir__drawn *d, const char *kind, uint32_t from,
		 uint32_t output, const weir_spec *spec);

/* The name of a box or ellipse. */
void
weir__dot_name(const struct weir__drawn *d, const char *kind, uint32_t number);

#endif
