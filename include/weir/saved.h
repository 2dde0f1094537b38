/*
 * Graphs in files: recorded in one process, loaded, compiled and run in
 * another, with the same bits on the same kind of processor.
 *
 * A file has the calls of ops as they were recorded, with their attributes,
 * scopes, names and places in the source; the bodies of calls, branches and
 * loops (control.h), and of their gradients; the inputs and outputs; the values
 * of variables and generators; and the constants that the graph captured, with
 * the order of their axes, but without gaps between elements. It is a
 * safetensors file, so other programs can read the variables in it by their
 * names (weir_safetensors_read(), or in Python). What threads and pools a plan
 * is for is not in it: a loaded graph is compiled where it is to run.
 *
 * A file is not trusted. Its checksum must be right, and its calls are made
 * again, by the same code that records others: what is not as it was when the
 * file was written is refused, in a sentence, and so is what this weir does
 * not know. (Who wants to mislead can also write checksums, of course: then
 * what the file says is recorded, but nothing out of bounds.)
 */
#ifndef WEIR_SAVED_H
#define WEIR_SAVED_H

#include <weir/export.h>
#include <weir/graph.h>
#include <weir/op.h>
#include <weir/runtime.h>
#include <weir/status.h>
#include <weir/tensor.h>

WEIR_BEGIN_DECLS

/**
 * Write a graph to a file, to a temporary name that is then renamed. It may be
 * open still, or compiled.
 *
 * @param graph  borrowed; not changed
 * @return WEIR_OK, WEIR_EIO, WEIR_ENOMEM, WEIR_ENULL, WEIR_ERANGE (what tells
 *         of it is more than 10^8 bytes, or bodies are in bodies more than 64
 *         deep), WEIR_EINVAL: two ops of the user have one name, the name of
 *         an op or a variable is not UTF-8, or an op keeps something in its
 *         attribute struct that its list of attributes does not name, such as
 *         a pointer; or the failure its scope keeps
 *
 * Variables have the values they have now, at one moment: no run's commit
 * falls between. Threads: not while it is recorded into.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_graph_save(const weir_graph *graph, const char *path);

/**
 * The same for the graph that a plan was compiled from; weir_function_plan()
 * has the plans of functions. Threads: any, also while it runs.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_plan_save(const weir_plan *plan, const char *path);

/** Set .size = sizeof(weir_load_options); 0 elsewhere for none. */
typedef struct weir_load_options {
	size_t size;
	/* The user's ops: the graph's are found among them by their names.
	 * Ops of weir need not be here. The list is borrowed, the ops as for
	 * weir_apply(). */
	const weir_op *const *ops;
	size_t n_ops;
	/* Variables that take the place of those of their names, and keep the
	 * values they have: of the same dtype and shape. Those that the graph
	 * does not have are left alone, so one list can be for several graphs
	 * that share weights. The list is borrowed. */
	weir_tensor *const *variables;
	size_t n_variables;
} weir_load_options;

/**
 * Load a graph. It can be compiled, described, recorded into further, and
 * saved again.
 *
 * @param options  borrows; NULL for none
 * @param graph    on success a new object: weir_graph_release() it; on failure
 *                 left as it was
 * @return WEIR_OK, WEIR_EIO, WEIR_ENOMEM, WEIR_ENULL, WEIR_EINVAL (of the
 *         options), WEIR_EFOREIGN (a variable of another runtime),
 *         WEIR_EFORMAT, WEIR_EDTYPE (no file of a graph, or not as it was
 *         written); or what an op's infer function said. The sentence names
 *         the file.
 *
 * Where variables have the same name, the i-th of the options takes the place
 * of the i-th of the graph. Cost: one pass over the file, and that of
 * recording.
 */
WEIR_API WEIR_MUST_CHECK weir_status
weir_graph_load(weir_runtime *runtime, const char *path,
		const weir_load_options *options, weir_graph **graph);

/* -- what a graph has: any graph, loaded or recorded ---------------------- */

WEIR_API size_t weir_graph_input_count(const weir_graph *graph);
WEIR_API size_t weir_graph_output_count(const weir_graph *graph);
WEIR_API size_t weir_graph_variable_count(const weir_graph *graph);

/** Dtype and shape of the i-th; owned by the graph. NULL: there is none. */
WEIR_API const weir_spec *
weir_graph_input_spec(const weir_graph *graph, size_t i);
WEIR_API const weir_spec *
weir_graph_output_spec(const weir_graph *graph, size_t i);

/** The name of the i-th, "" where none was given; NULL: there is none. */
WEIR_API const char *
weir_graph_input_name(const weir_graph *graph, size_t i);

/**
 * The i-th variable that the graph reads or writes, in the order of their
 * first uses; borrows from the graph. NULL: there is none.
 */
WEIR_API weir_tensor *
weir_graph_variable(const weir_graph *graph, size_t i);

/** The first of this name, likewise; NULL: there is none. Cost: O(n). */
WEIR_API weir_tensor *
weir_graph_find_variable(const weir_graph *graph, const char *name);

WEIR_END_DECLS

#endif /* WEIR_SAVED_H */
