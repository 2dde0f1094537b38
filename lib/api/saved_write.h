/* What a graph becomes in a file; see saved_graph.h. */
#ifndef WEIR_API_SAVED_WRITE_H
#define WEIR_API_SAVED_WRITE_H

#include "api/saved_graph.h"

/* Things that are told once and then meant by their numbers. */
struct weir__numbered {
	struct weir__pointer_map map;
	const void **list;
	size_t n, room;
};

/* A graph: that which is saved, or a body in it. */
struct weir__telling {
	struct weir__saving *saving;
	const weir_graph *graph;
	const struct weir__feed *feeds;	/* of a body's inputs; else NULL */
	const char **called;	/* what each value's symbol is called now */
	uint32_t *current;	/* value of each variable now */
	uint32_t told;		/* values */
	uint64_t ordinal;	/* of what has been told */
	bool is_first;
};

struct weir__saving {
	struct weir__arena arena;
	struct weir__numbered ops, scopes, sites;
	/* First the graph, then its bodies: those of a call one after the
	 * other, each with the bodies in it. */
	struct weir__telling *graphs;
	size_t n_graphs, graphs_room;
	const char **keys;	/* of each value's tensor in the file */
	bool has_rows;		/* version 3 */
};

/* -- saved_write.c -------------------------------------------------------- */

/* A site as it is listed, by its address: there is one for NULL. */
const char *
weir__saved_site(const char *site);

/* -- saved_tell_control.c ------------------------------------------------- */

/* A call that has bodies, but for what all calls have. */
void
weir__tell_control(const struct weir__telling *t,
		   const struct weir__control *control,
		   struct weir__text *text);

/* What an input of a body is fed, and where that came from. */
void
weir__tell_fed(const struct weir__telling *t, const struct weir__gvalue *input,
	       struct weir__text *text);

/* -- saved_program.c ------------------------------------------------------ */

/* The graph as JSON; arg is what is being saved, whose lists and keys are
 * complete. */
void
weir__saved_graph_print(const void *arg, struct weir__text *text);

#endif
