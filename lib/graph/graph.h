/*
 * The recorded graph: values, and the nodes that make them, in the order in
 * which the ops were called.
 *
 * In: calls that scope/ has checked. Out: read-only data for passes and plan.
 * Always: a node's operands have lower numbers than its results, so the order
 * of recording is a topological order. Variables are in single-assignment
 * form: a read is the value at that point of the program, a write makes
 * another value current; what is current in the end is what a run commits.
 *
 * Threads: one while recording; any number once closed.
 */
#ifndef WEIR_GRAPH_GRAPH_H
#define WEIR_GRAPH_GRAPH_H

#include <weir/graph.h>
#include <weir/op.h>
#include "base/arena.h"
#include "base/error.h"
#include "base/pointer_map.h"
#include "tensor/tensor.h"

enum weir__gvalue_kind {
	WEIR__GV_INPUT,		/* the run's operand number `index` */
	WEIR__GV_CAPTURE,	/* `tensor`, a value outside the graph */
	WEIR__GV_VARIABLE,	/* `tensor`, a variable: its value when the run
				   starts; `index` into graph->variables */
	WEIR__GV_RESULT		/* result `index` of `node` */
};

struct weir__gvalue {
	enum weir__gvalue_kind kind;
	uint32_t node;
	uint32_t index;
	/* Whose storage holds the elements: itself, or what it is a view of,
	 * from `offset` bytes on with `strides`. A base is no view. */
	uint32_t base;
	int64_t offset;
	weir_spec spec;
	int64_t strides[WEIR_RANK_MAX];
	weir_tensor *tensor;	/* a reference, or NULL */
	const char *name;	/* "" without one */
	/* Of an input that stands for a tensor outside a body: where that came
	 * from; else NULL. */
	const struct weir__origin *origin;
	/* Ordinal of the last call before its symbol was released, which is
	 * when eager would release it; 0: it was there to the end. */
	_Atomic uint64_t gone_after;
};

/* What the user called an operand. */
struct weir__operand_name {
	const char *name;	/* "": nothing */
	bool is_variable;
};

struct weir__node {
	const weir_op *op;
	const void *attrs;	/* the graph's copy, or NULL */
	uint32_t n_in, n_out;
	const uint32_t *in, *out;	/* values */
	uint64_t ordinal;		/* place among the calls, from 1 */
	const struct weir__path *path;	/* of its scope */
	const char *site;
	/* Of each operand, for errors; NULL: what their values know. */
	const struct weir__operand_name *names;
	bool is_view;			/* result 0 is a view of operand 0 */
	bool is_implied_copy;		/* of an operand of the call after it:
					   errors speak of that */
	/* What it runs in place of a kernel: see control_node.h.
	 * NULL: a kernel. */
	const struct weir__control *control;
};

struct weir__gvariable {
	weir_tensor *variable;	/* a reference */
	uint32_t start;		/* its value when a run starts */
	uint32_t current;	/* and at this point of the program */
	weir_tensor *symbol;	/* for `current`; a reference */
	uint64_t written_by;	/* ordinal of the last assign; 0: not written */
};

/* A call to assign: no node, its value becomes the variable's. */
struct weir__gassign {
	uint64_t ordinal;
	uint32_t value, variable;
	const struct weir__path *path;
	const char *site;
};

/* Told when a symbol is used as if it had a value. */
typedef void (*weir__misuse_fn)(void *arg, weir_tensor *symbol,
				weir_status status, const char *what,
				const char *site);

struct weir_graph {
	atomic_uint refs;
	struct weir__heap *heap;
	const struct weir__path *path;
	struct weir__arena arena;
	struct weir__gvalue **values;
	struct weir__node **nodes;
	uint32_t *inputs, *outputs;	/* values */
	struct weir__gvariable *variables;
	struct weir__gassign *assigns;
	size_t n_values, n_nodes, n_inputs, n_outputs, n_variables, n_assigns;
	size_t values_room, nodes_room, inputs_room, outputs_room,
		variables_room, assigns_room;
	struct weir__pointer_map captured;	/* tensor to value */
	struct weir__pointer_map variable_of;	/* tensor to variable */
	uint64_t ordinals;		/* calls recorded */
	bool is_closed;
	double record_ns;
	struct weir__recording *recording;	/* what its symbols share */
	/* Where it was derived (see pattern.h): from what, whose lists and
	 * names it uses; a reference. Else NULL. */
	weir_graph *like;
	weir_scope *scope;		/* owned by api/; NULL once released */
	weir__misuse_fn misuse;
	void *misuse_arg;
};

/* -- graph.c ----------------------------------------------------------------- */

weir_status
weir__graph_new(struct weir__heap *heap, const struct weir__path *path,
		weir_graph **graph);

weir_graph *weir__graph_retain(weir_graph *graph);
void weir__graph_unref(weir_graph *graph);

/* Nothing is recorded any more. */
void weir__graph_close(weir_graph *graph);

static inline bool
weir__symbol_is_of(const weir_tensor *symbol, const weir_graph *graph)
{
	return graph && symbol->recording == graph->recording;
}

/* A symbol was used as a value: the recording, if still there, fails. The
 * site is NULL where it is not known. */
void
weir__symbol_misused(weir_tensor *symbol, weir_status status,
		     const char *what, const char *site);

/* The operand as errors and traces speak of it. */
const char *
weir__node_text(const struct weir__node *node, char *buffer, size_t size);

/* Whether a run of the node can fail. */
bool
weir__node_is_fallible(const weir_graph *graph, const struct weir__node *node);

/* Whether leaving it out could be noticed, even if nobody uses its results. */
bool
weir__node_has_effects(const weir_graph *graph, const struct weir__node *node);

/* -- node_fail.c ------------------------------------------------------------- */

/* The sentence about a node that has failed, with the operands as they were
 * recorded: the same that eager would have said. Returns status. */
weir_status
weir__node_fail(const weir_graph *graph, const struct weir__node *node,
		weir_status status, const char *why);

/* -- record.c ---------------------------------------------------------------- */

/* A new input with these strides (NULL: contiguous); its symbol is new. */
weir_status
weir__graph_add_input(weir_graph *graph, const weir_spec *spec,
		      const int64_t *strides, const char *name,
		      weir_tensor **symbol);

/* The number of an operand: a symbol of this graph, or a captured value. */
weir_status
weir__graph_operand(weir_graph *graph, weir_tensor *operand, uint32_t *value);

/* The symbol of a variable's current value: borrowed. */
weir_status
weir__graph_read(weir_graph *graph, weir_tensor *variable,
		 weir_tensor **symbol);

/* Make a symbol of this graph the variable's current value. call: NULL where
 * it is the last node that has assigned it. */
weir_status
weir__graph_write(weir_graph *graph, weir_tensor *variable,
		  weir_tensor *symbol, const struct weir__gassign *call);

/* What the operands were called, where a value cannot know it: a variable
 * that was written before, a symbol with a name. NULL where there is none. */
weir_status
weir__graph_name_operands(weir_graph *graph, weir_tensor *const *given,
			  size_t n, const struct weir__operand_name **names);

/*
 * Add a node; its results are new symbols.
 *
 * view_strides, view_offset: where result 0 is a view of operand 0, else NULL.
 */
weir_status
weir__graph_add_node(weir_graph *graph, const struct weir__node *node,
		     weir_tensor *const *in, const weir_spec *out_specs,
		     const int64_t *view_strides, int64_t view_offset,
		     weir_tensor **out);

weir_status
weir__graph_add_output(weir_graph *graph, weir_tensor *symbol);

/* Say where what an input stands for came from. */
weir_status
weir__graph_set_origin(weir_graph *graph, const weir_tensor *input,
		       const struct weir__origin *origin);

/* -- graph_check.c, graph_print.c, graph_dot.c ----------------------------------- */

weir_status weir__graph_check(const weir_graph *graph);

/* The first difference between two recordings of one function, in words;
 * WEIR_OK where there is none. */
weir_status
weir__graph_compare(const weir_graph *a, const weir_graph *b);

weir_status
weir__graph_print(const weir_graph *graph, bool as_dot, char **text);

void
weir__graph_dot(const weir_graph *graph, struct weir__text *text);

void
weir__graph_value_text(const weir_graph *graph, uint32_t value,
		       struct weir__text *text);

/* A line: the call, its results and its place. same_as: which value stands for
 * which, or NULL. */
void
weir__graph_node_text(const weir_graph *graph, const struct weir__node *node,
		      const uint32_t *same_as, struct weir__text *text);

#endif
