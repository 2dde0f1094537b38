/*
 * A graph in a file: a safetensors file whose `__metadata__' says
 *
 *	format	"weir.graph"
 *	version	"1"; "2" if it has bodies (graph/control_node.h); "3" if it has
 *		gradients of gradients of loops
 *	crc32	of the data and of `graph', in hexadecimal
 *	graph	the graph, as JSON
 *
 * and whose tensors are the values of its variables and constants. The JSON
 * tells how the graph was recorded, and a loaded graph is recorded again, by
 * the same calls: nothing that it says of shapes is believed.
 *
 *	ops	[name, is it a user's, [[attribute, type], ...]], ...
 *	scopes	[number of the one around it or -1, name], ...: the first is
 *		the graph's
 *	sites	"file:line", ...
 *	bodies	[scope, program, outputs], ...: those of a call one after the
 *		other, each with those in it; so the calls that have bodies,
 *		gone through in order, take them in order. Not in version 1
 *	program	what was made and called, in order; each input, constant,
 *		variable and result of a call is the next value, from 0 on:
 *		["input", name, dtype, shape, strides]
 *		["constant", name, tensor, dtype, shape, strides, is it an op's
 *		 result, is it a view]
 *		["variable", name, tensor, dtype, shape, is it a generator]
 *		["call", op, attributes, operands, [[dtype, shape], ...],
 *		 scope, site]
 *		["copy", ...]: a call, too, which the one after it has made of
 *		 an operand, for itself
 *		["assign", variable, value, scope, site]
 *		["control", kind, how many operands were given, most iterations,
 *		 are rows kept, what states begin as, variables assigned,
 *		 operands, [[dtype, shape], ...], scope, site]
 *		and in version 3, of a loop's gradient, before what states
 *		begin as: does it go forward, how many results are rows
 *	outputs	values
 *
 * The last of the states of a control call, or of the results of one that has
 * none, become the values of the variables that it assigns.
 *
 * A body has values of its own, inputs and results, and neither constants nor
 * variables: its inputs are
 *
 *		["input", name, dtype, shape, fed, origin]
 *
 * fed operand i of the call (as i), state i (-1 - i) or the iteration's row of
 * operand i ([i]), as which they lie; their origin is [] or [scope or -1, op,
 * site]. What is no call there but had a number is ["skip"]; an operand that
 * was a variable is [value, name, true].
 *
 * An operand is a value; or the variable v, as it was at that point of the
 * program, as -1 - v; or [value, name] if it has another name from there on.
 * Strides are [] where there are no gaps. Attributes are in the order of the
 * op's list; f64 as a string with the 16 hexadecimal digits of its bits.
 */
#ifndef WEIR_API_SAVED_GRAPH_H
#define WEIR_API_SAVED_GRAPH_H

#include <weir/saved.h>
#include "api/archive.h"
#include "graph/graph.h"

#define WEIR__SAVED_FORMAT "weir.graph"
#define WEIR__SAVED_VERSION "1"
#define WEIR__SAVED_WITH_BODIES "2"
#define WEIR__SAVED_WITH_ROWS "3"

/* How deep bodies may be in bodies. */
enum { WEIR__SAVED_DEPTH_MAX = 64 };

/* -- saved_attrs.c -------------------------------------------------------- */

/* "f32"; false where it is no dtype. */
bool
weir__saved_dtype(const struct weir__json *json, weir_dtype *dtype);

/* Whether an op's list of attributes tells all of its struct. The reason
 * alone, as in all of these. */
weir_status
weir__saved_attrs_check(const weir_op *op);

/* The list, and whether a file's is the same. */
void
weir__saved_attrs_list(const weir_op *op, struct weir__text *text);

weir_status
weir__saved_attrs_list_check(const weir_op *op, const struct weir__json *list);

/* Their values; to WEIR_ATTRS_MAX bytes of 0. */
void
weir__saved_attrs_print(const weir_op *op, const void *attrs,
			struct weir__text *text);

weir_status
weir__saved_attrs_parse(const weir_op *op, const struct weir__json *values,
			void *attrs);

/* -- saved_write.c -------------------------------------------------------- */

weir_status
weir__saved_graph_write(const weir_graph *graph, const char *path);

/* -- saved_read.c --------------------------------------------------------- */

/* What a loaded graph is made of, beside the file. */
struct weir__saved_parts {
	weir_runtime *runtime;
	const weir_op *const *ops;		/* of the user */
	size_t n_ops;
	weir_tensor *const *variables;	/* in place of the file's */
	size_t n_variables;
};

weir_status
weir__saved_graph_read(const struct weir__saved_parts *parts,
		       const char *path, weir_graph **graph);

/* -- saved_replay.c ------------------------------------------------------- */

/* The lists of a file, which program and outputs refer to. */
struct weir__saved_lists {
	const weir_op **ops;
	const struct weir__path **scopes;
	const char **sites;
	size_t n_ops, n_scopes, n_sites;
	bool has_rows;		/* version 3 */
};

/* Record the program of the tree into a new graph, which takes the archive's
 * tensors.
 * WEIR_EFORMAT and other statuses, with the reason alone. */
weir_status
weir__saved_replay(const struct weir__saved_parts *parts,
		   const struct weir__saved_lists *lists,
		   weir_archive *archive,
		   const struct weir__json *tree, weir_graph *graph);

#endif
